"""Any label in a derivation: brackets around a formula, a symbol for each node, and LaTeX that a reader accepts."""

import json
import random
import re
import shutil
import subprocess
from itertools import chain, groupby
from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import viz
from autodiff import PRIMITIVES, Value, parse, topological_order
from autodiff.primitive import WidePrimitive
from autodiff.testing.strategies import expressions
from nn import MLP, losses
from viz.graph.names import Namer
from viz.mathematics.formula import ATOM_LEVEL, LABEL_LEVEL, POWER_LEVEL, named
from viz.mathematics.notation import Latex, MathML, Plain

NAMES = ["x", "w", "f(A)", "W1[0,2]", "x'", "_hidden", "δ", "Δw", "x̂", "rate.first", "(x+y)", "long_" * 9]
FORMULAS = ["x+y", "x*w", "-x", "x/y", "x - y", "x^k", "2x", "a b", "x,y", "a>b", "(a)+(b)", "q²·p", "x!", "(x)(w)"]
RAISED = ["q²", "a⁽²⁾", "xᵀ"]
ALIKE = ["x1", "x_1", "x₁", "x[1]", "x(1)", "theta", "θ", "θ_2", "theta2", "v1", "v₁", "v_2", "f", "w[1]", "w1", "w_2"]
TYPED = ["W_{ij}", "\\theta", "x_{1}", "\\theta_2", "W_ij"]  # as in LaTeX
HOSTILE = [*NAMES, *FORMULAS, *RAISED, *ALIKE, *TYPED]
POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def evaluated(formula, values):
    """The value of a plain formula in which each key of `values` is a name."""
    ids = {name: f"n{i}_" for i, name in enumerate(values)}
    names = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
    code = re.sub(rf"(?<![\w.])(?:{names})(?![A-Za-z0-9_.])", lambda name: ids[name[0]], formula)
    code = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(POWERS)})", code)
    before = ""
    while before != code:  # brackets within brackets, from the inside
        before = code
        code = re.sub(r"\[([^][]*?) = ([^][]*?)\]", r"(1-abs(sign(\1-(\2))))", code)
        code = re.sub(r"\[([^][]*?) > ([^][]*?)\]", r"(0.5+0.5*sign(\1-(\2)))", code)
    code = re.sub(r"√(\w+)", r"sqrt(\1)", code)
    for old, new in {"·": "*", "−": "-", "^": "**", "√": "sqrt", "σ": "sigmoid", "logΣexp": "logsumexp"}.items():
        code = code.replace(old, new)
    code = code.replace("max(", "largest(").replace("min(", "smallest(")
    code = re.sub(r"\|([^|]*)\|", r"abs(\1)", code)
    return parse(code, **{ids[name]: value for name, value in values.items()}).data


@given(expressions(), st.data())
def test_every_line_of_a_derivation_with_hostile_labels_is_true(f, data):
    leaves = [Value(x, data.draw(st.sampled_from(HOSTILE))) for x in f.point]
    out = f(*leaves)
    for node in topological_order(out):
        node.label = node.label or data.draw(st.sampled_from(["", "", *HOSTILE]))
    derivation = viz.derive(out, leaves[0], digits=17)
    assume(0 < derivation.n_paths <= 6)
    values = {name: node.data for node, name in derivation.board.names.items()}
    size = max(1.0, *map(abs, derivation.terms), *map(abs, values.values()))
    *definitions, rows = [
        [*lines] for is_note, lines in groupby(derivation._lines(Plain(17)), lambda line: line.note) if not is_note
    ]
    assume(all(line.left in values for line in chain(*definitions)))  # p = softmax(...) is no number
    lines = [(values[line.left], line) for line in chain(*definitions)] + [(derivation.value, line) for line in rows]
    for expected, line in lines:
        if not re.search("/∂|…|′", str(line.terms)):
            terms = [prod(evaluated(factor, values) for factor in term) for term in line.terms]
            got = sum(-term if i in line.negative else term for i, term in enumerate(terms))
            assert got == pytest.approx(expected, rel=1e-6, abs=1e-6 * size), (line, str(derivation))


@pytest.mark.parametrize("notation", [Plain(), Latex(), MathML()], ids=lambda notation: type(notation).__name__)
@pytest.mark.parametrize(
    ("labels", "level"),
    [([*NAMES, *TYPED], ATOM_LEVEL), (RAISED, POWER_LEVEL), (FORMULAS, LABEL_LEVEL)],
    ids=["name", "power", "formula"],
)
def test_a_label_binds_as_tightly_as_what_it_says(labels, level, notation):
    assert {label: named(label, notation).level for label in labels} == dict.fromkeys(labels, level)


def test_a_formula_is_in_brackets_where_it_is_used_in_every_notation():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    total = x + y
    total.label = "x+y"
    out = y / total + total * y - total + total**2
    text = "f   = y/(x+y) + (x+y)·y − (x+y) + (x+y)²"
    derivation = viz.derive(out, x)
    assert text in str(derivation).splitlines()
    assert "df/dx = ∂f/∂(x+y) · ∂(x+y)/∂x" in re.sub(" +", " ", str(derivation)).splitlines()
    assert (
        r"\left(\mathrm{x+y}\right) \, y - \left(\mathrm{x+y}\right) + {\left(\mathrm{x+y}\right)}^{2}"
        in derivation.latex()
    )
    brackets = "<mrow><mo>(</mo><mi>x+y</mi><mo>)</mo></mrow>"
    assert f"<msup><mrow>{brackets}</mrow>" in derivation.html()
    steps = "\n".join(map(str, viz.steps(out)))
    assert "(x+y)·y = " in steps
    assert "df/d(x+y) · ∂(x+y)/∂x" in steps


def test_bars_within_bars_can_be_read_in_one_way_in_text():
    x, y = Value(0.5, "x"), Value(3.0, "y")
    assert str(viz.derive(x * abs(abs(-y) + 1.0), x)).splitlines()[0] == "f = x·abs(|−y| + 1)"


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=40)))
def test_no_notation_writes_two_names_alike(labels):
    namer = Namer(labels)
    names = [namer.of(label) for label in labels] + [namer.new("f"), namer.new("x"), namer.new(), namer.new()]
    for notation in (Plain(), Latex(), MathML()):
        assert len({notation.name(name) for name in names}) == len(names)
    assert all(len(name) <= 30 for name in names)


def test_derive_and_steps_take_no_name_of_a_label():
    v1, w, other, far = (Value(x, label) for x, label in ((2.0, "v1"), (3.0, "w"), (4.0, "w"), (5.0, "w_2")))
    out = (v1**2 * w + other) * far
    assert str(viz.derive(out, v1)).splitlines()[:4] == ["f  = v₄·w_2", "v₄ = v₃ + w_3", "v₃ = v₂·w", "v₂ = v1²"]
    assert "v₂ = v1² = 2² = 4." in "\n".join(map(str, viz.steps(out)))
    assert "The forward pass begins at the leaves: v1 = 2, w = 3, w_3 = 4, w_2 = 5." in str(viz.steps(out)[0])


LATEX = """
const katex = require("katex");
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const errors = formulas.map((formula) => {
  try {
    katex.renderToString(formula, { throwOnError: true, strict: false });
    return "";
  } catch (error) {
    return String(error);
  }
});
console.log(JSON.stringify(errors));
"""


@pytest.fixture(scope="module")
def read_by_katex():
    """A function: the answer of KaTeX to each formula, "" or an error."""
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", 'require("katex")'], capture_output=True, check=False).returncode:
        pytest.skip("needs node with katex: the package node-katex, or npm install katex and NODE_PATH")

    def read(formulas):
        ran = subprocess.run(
            [node, "-e", LATEX], input=json.dumps(formulas), capture_output=True, text=True, check=True
        )
        return json.loads(ran.stdout)

    return read


def test_katex_reads_the_derivation_of_every_primitive_and_of_a_network(read_by_katex):
    formulas = []
    for primitive in PRIMITIVES.values():
        n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
        operands = [Value(x, name) for x, name in zip((0.5, 0.25, 0.75, 0.125), ("x", "a_b", "θ", "%"), strict=False)][
            :n
        ]
        formulas += [viz.derive(-primitive(*operands) * 1e-9, operands).latex()]
    for activation, target in (("sigmoid", [0.5, 0.0]), ("identity", 1), ("identity", [0.5, 0.5])):
        model = MLP(2, [5, 2], output_activation=activation, rng=random.Random(0))
        loss = losses.squared_error if activation == "sigmoid" else losses.cross_entropy
        cost = loss(model([Value(0.5), Value(-1.0)]), target)
        weights = [neuron.weights[0] for neuron in model.layers[0].neurons]
        formulas += [viz.derive(cost, model).latex(), viz.derive(cost, weights, model=model).latex()]
    errors = {formula: error for formula, error in zip(formulas, read_by_katex(formulas), strict=True) if error}
    assert errors == {}


def test_katex_reads_every_label_in_a_formula_and_in_a_note(read_by_katex):
    assert [bool(error) for error in read_by_katex([r"\frac{1}{2}", r"\text{50%", r"\Deltaw"])] == [False, True, True]
    characters = [chr(code) for code in (*range(32, 127), *range(0xA0, 0x100), *range(0x391, 0x3CA), 0x2202, 0x3A3)]
    labels = [f"{before}{c}{after}" for c in characters for before, after in (("", ""), ("a", "b"), ("", "w"))]
    labels += [
        *HOSTILE,
        r"\input{/etc/passwd}",
        r"\deltaa",
        "%%",
        "$$x$$",
        "^^41",
        "\n",
        "\x00",
        "日本",
        "שלום",
        "🎲",
        "a&b\\\\",
    ]
    formulas = []
    for label in labels:
        x, y = Value(2.0, label), Value(3.0, "y")
        out = (x * y) ** 2 * 3.0**x
        out.label = label
        formulas += [viz.derive(out, x).latex(), viz.derive(out, Value(1.0, label)).latex()]
    errors = {formula: error for formula, error in zip(formulas, read_by_katex(formulas), strict=True) if error}
    assert errors == {}
