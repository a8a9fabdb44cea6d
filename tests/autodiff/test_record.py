"""A primitive is said once: a formula is enough for every language, and nothing else names it."""

import math
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from autodiff import PRIMITIVES, Value
from autodiff.composite import composite
from autodiff.languages import Text, parsed
from autodiff.program.ieee import NUMPY
from autodiff.program.llvm.lowering import LLVM
from autodiff.program.source.dialects import JAVASCRIPT, PYTHON
from autodiff.spelling import function, helpers, spell

ROOT = Path(__file__).parents[2]
COMPOSITES = [name for name, primitive in PRIMITIVES.items() if primitive.formula and len(primitive.formula) > 5]
COMPOSITES.remove("step")  # a word with other meanings

bump = composite(
    "bump",
    "bump",
    "z = x * x\nexp(-z) if z < y else sigmoid(-z) if z > y else nan",
    (lambda out, x, y: 0.0, lambda out, x, y: 0.0),
    words="A function of no use.",
    source="a test",
)
POINTS = [(0.5, 1.0), (2.0, 1.0), (-3.0, 1.5), (1.0, 1.0), (math.nan, 1.0), (0.0, math.inf)]


def same(got, wanted):
    return math.isclose(got, wanted, rel_tol=1e-14) or (math.isnan(got) and math.isnan(wanted))


def test_a_formula_alone_gives_the_function_and_its_code_in_printed_languages():
    in_numpy, in_python = function(bump, NUMPY, {"np": np}), function(bump, PYTHON.language, vars(math))
    with np.errstate(all="ignore"):
        for point in POINTS:
            wanted = (
                math.exp(-(point[0] ** 2))
                if point[0] ** 2 < point[1]
                else (1 / (1 + math.exp(point[0] ** 2)) if point[0] ** 2 > point[1] else math.nan)
            )
            assert same(bump.forward(*point), wanted)
            assert same(in_python(*point), wanted)
            assert same(float(in_numpy(*map(np.float64, point))), wanted)
    definitions = "\n".join(helpers([bump], JAVASCRIPT.language).values())
    call = spell(bump, [Text("x"), Text("y")], JAVASCRIPT.language).text
    numbers = str(POINTS).replace("(", "[").replace(")", "]").replace("nan", "NaN").replace("inf", "Infinity")
    text = f"{definitions}\nconsole.log({numbers}.map(([x, y]) => {call}).join())"
    out = subprocess.run(["node", "-"], input=text, capture_output=True, text=True, check=True).stdout
    assert all(same(float(got), bump.forward(*point)) for got, point in zip(out.split(","), POINTS, strict=True))


def test_a_formula_alone_is_differentiated_and_drawn():
    x = Value(0.5)
    node = bump(x, 1.0)
    assert (node.primitive, node.primitive.symbol) == (bump, "bump")


def test_no_file_but_the_records_names_a_composite_primitive():
    """The number of product files to touch to add a primitive is one, beside its public function."""
    named = set()
    for folder in ("autodiff/program", "autodiff/testing", "viz/mathematics", "viz/graph", "viz/derivation"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = re.sub(r">>> .*", "", path.read_text(encoding="utf-8"))
            quoted = set(re.findall(r"(?<!get\()[\"'](\w+)[\"']", text))  # get("step") reads an option
            if path.name != "mistakes.py":  # the names of mistakes, such as "sign"
                named |= {(path.name, name) for name in COMPOSITES if name in quoted}
    assert named == set()


@pytest.mark.parametrize("formula", ["x +", "x if y", "f'{x}'", "[x]", "x = 1.0", "lambda x: x", "import os"])
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(ValueError, match="formula: expected"):
        NUMPY.define("f", formula)


def test_a_formula_names_its_parts():
    lines, _ = parsed("z = exp(x)\nz / (1.0 + z)")
    assert [name for name, _ in lines] == ["z"]


def test_machine_code_has_a_word_for_every_function():
    assert {name for name, primitive in PRIMITIVES.items() if primitive.partials and not primitive.formula} <= {
        *LLVM.library
    }
