"""A budget of lines: files and functions that a reader takes in at once, a core of an evening, bounds for the packages.

All lines of a file count, docstrings and blank ones too. A function counts without its docstring.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    path.relative_to(ROOT).as_posix()
    for package in ("autodiff", "nn", "viz")
    for path in sorted((ROOT / package).rglob("*.py"))
]
CORE = [f"autodiff/{name}.py" for name in ("reverse", "value", "node", "primitive", "primitives", "graph")]

LINES_OF_A_FILE = 350
LINES_OF_A_CORE_FILE = 250
LINES_OF_THE_CORE = 1200
LINES_OF_A_FUNCTION = 60
ENTRIES_OF_A_PACKAGE = 16  # files and folders at the top of nn and of viz
LINES_OF_A_PACKAGE = {  # lower a bound when its package has shrunk
    "autodiff": 17_956,
    "nn": 5_360,
    "viz": 14_313,
}

LONG_FUNCTIONS = {}  # "file: function" and the reason


def lines_of(name):
    return len((ROOT / name).read_text(encoding="utf-8").splitlines())


def functions():
    """(file: function, its lines without the docstring) for every function of the packages."""
    for name in FILES:
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                documented = ast.get_docstring(node) is not None
                docstring = first.end_lineno - first.lineno + 1 if documented else 0
                yield f"{name}: {node.name}", node.end_lineno - node.lineno + 1 - docstring


def test_no_file_is_longer_than_a_reader_takes_in():
    assert {name: lines_of(name) for name in FILES if lines_of(name) > LINES_OF_A_FILE} == {}


def test_the_core_is_an_evening():
    lines = {name: lines_of(name) for name in CORE}
    assert {name: count for name, count in lines.items() if count > LINES_OF_A_CORE_FILE} == {}
    assert sum(lines.values()) <= LINES_OF_THE_CORE


def test_no_function_is_longer_than_a_screen_but_those_with_a_reason():
    long = {name: count for name, count in functions() if count > LINES_OF_A_FUNCTION}
    assert long.keys() == LONG_FUNCTIONS.keys()


def test_no_package_outgrows_its_bound():
    assert [*LINES_OF_A_PACKAGE] == ["autodiff", "nn", "viz"]  # a merge of bounds may drop one
    lines = {
        package: sum(lines_of(name) for name in FILES if name.startswith(f"{package}/"))
        for package in LINES_OF_A_PACKAGE
    }
    assert {package: count for package, count in lines.items() if count > LINES_OF_A_PACKAGE[package]} == {}


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_the_top_of_a_package_is_seen_at_a_glance(package):
    entries = {path.name for path in (ROOT / package).iterdir()} - {"__pycache__"}
    assert len(entries) <= ENTRIES_OF_A_PACKAGE, sorted(entries)
