"""What modules keep in tables is written down: limits that were measured, texts for users, the facts of primitives.

Where a limit lies one step further no result is wrong, and no clock tells; a text is wrong only for its reader. What is
meant to change is written by `python -m pytest tests/test_tables.py --write`, and the difference is read: the comment
beside a number says what was measured.
"""

import ast
from pathlib import Path

import pytest

from autodiff import PRIMITIVES

FOLDER = Path(__file__).parent
FACTS = ("symbol", "requires", "domain", "formula", "spellings", "words", "source", "commutes", "is_activation", "cost")


def constants(tree):
    """The assignments of numbers and texts, or of formulas and tables of them, to names in capitals."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name | ast.Tuple) and ast.unparse(target).isupper() and node.value:
            kinds = [type(each) for each in ast.walk(node.value)]
            if ast.Constant in kinds and not {ast.Call, ast.Lambda, ast.ListComp, ast.DictComp} & {*kinds}:
                yield f"{ast.unparse(target)} = {ast.unparse(node.value)}"


@pytest.mark.parametrize("package", ["autodiff", "nn"])
def test_constants_are_those_that_are_written_down(package, root, as_written):
    lines = [
        f"{path.relative_to(root).as_posix()}: {constant}"
        for path in sorted((root / package).rglob("*.py"))
        for constant in constants(ast.parse(path.read_bytes()))
    ]
    as_written(FOLDER / "constants.txt", package, lines)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_facts_of_a_primitive_are_those_that_are_written_down(name, as_written):
    primitive = PRIMITIVES[name]
    facts = [f"{fact}: {getattr(primitive, fact)}" for fact in FACTS]
    as_written(FOLDER / "primitives.txt", name, [line for fact in facts for line in fact.splitlines()])
