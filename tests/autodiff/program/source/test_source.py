"""Sources run by themselves and give the values and gradients of the graph, in Python and in JavaScript."""

import json
import keyword
import math
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autodiff import PRIMITIVES, DomainError, Value, defprimitive, exp, gradients, log, parse, sigmoid, sin
from autodiff.primitive import WidePrimitive
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels
from autodiff.program.passes.simplify import simplify
from autodiff.program.record import record
from autodiff.program.source.function import source
from autodiff.program.source.identifiers import Names, identifier
from autodiff.testing import expressions

EPS = sys.float_info.epsilon
node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
KINKS = [-1000.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1000.0, math.inf, -math.inf, math.nan]


def passed(tape, wrt=None):
    """The tape as it is shown: with the derivatives, through all passes."""
    tape = fuse(simplify(tape))
    return tape if wrt is None else fuse(simplify(derive(with_line_labels(tape), wrt)))


def shown(outputs, inputs, parameters=(), wrt=None, language="python"):
    tape = record(outputs, inputs, parameters)
    leaves = {None: None, "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
    return source(passed(tape, leaves), language, name="f", n_values=len(outputs), wrt=leaves)


def run_python(text, *arguments):
    """What the source gives when it is all there is: no module but math can be imported."""

    def only_math(name, *rest):
        assert name == "math"
        return math

    builtins = {"__import__": only_math, "abs": abs, "any": any, "sorted": sorted, "sum": sum}
    namespace = {"__builtins__": builtins}
    exec(text, namespace)
    return namespace["f"](*arguments)


def run_javascript(text, calls):
    """What the source gives for each list of arguments, in one run of node; JSON has no inf and nan, so as text."""
    data = re.sub("-?Infinity|NaN", lambda found: f'"{found[0]}"', json.dumps(calls))
    text += f"""
const revived = (key, x) => (typeof x === "string" ? Number(x) : x);
const calls = JSON.parse({data!r}, revived);
const written = (key, x) => (typeof x === "number" ? String(x) : x);
console.log(JSON.stringify(calls.map((call) => f(...call)), written));
"""
    run = subprocess.run(["node", "--input-type=module", "-"], input=text, capture_output=True, text=True, check=True)

    def number(x):
        return [number(item) for item in x] if isinstance(x, list) else float(x.replace("Infinity", "inf"))

    return number(json.loads(run.stdout))


def same(got, wanted, tolerance):
    if math.isnan(wanted) or math.isnan(got):
        return math.isnan(wanted) and math.isnan(got)
    return got == wanted or abs(got - wanted) <= tolerance


def test_the_product_of_two_powers():
    x, y = Value(1.5, "x"), Value(2.5, "y")
    assert (
        shown([2 * x**2 * y**3], [x, y], wrt="inputs")
        == '''\
def f(inputs):
    """Return the value and its gradient: ∂value/∂v for each v of inputs, in order."""
    x, y = inputs

    # forward
    v1 = 2 * x**2
    v2 = y**3
    value = v1 * v2

    # backward: d_v is ∂value/∂v
    d_y = v1 * (3 * y**2)  # ∂value/∂v2 · ∂v2/∂y
    d_x = 2 * v2 * (2 * x)  # ∂value/∂v1 · ∂v1/∂x
    return value, [d_x, d_y]
'''
    )


def a_neuron():
    x, w, b = Value(1.0, "x"), Value(2.0, "w"), Value(0.5, "b")
    z = w * x + b
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    return [a], [x], [w, b]


def test_a_neuron_in_python():
    assert (
        shown(*a_neuron(), wrt="parameters")
        == '''\
from math import exp


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    z = exp(x)
    return z / (1 + z)


def f(inputs, parameters):
    """Return a and its gradient: ∂a/∂v for each v of parameters, in order."""
    (x,) = inputs
    w, b = parameters

    # forward
    z = w*x + b
    a = sigmoid(z)

    # backward: d_v is ∂a/∂v
    d_z = a * (1 - a)  # ∂a/∂z
    d_w = d_z * x  # d_z · ∂z/∂w
    d_b = d_z  # d_z · ∂z/∂b
    return a, [d_w, d_b]
'''
    )


def test_a_neuron_in_javascript():
    assert (
        shown(*a_neuron(), wrt="parameters", language="javascript")
        == """\
// 1 / (1 + exp(-x)), without overflow.
function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const z = Math.exp(x);
  return z / (1 + z);
}

/**
 * Return a and its gradient: ∂a/∂v for each v of parameters, in order.
 */
function f(inputs, parameters) {
  const [x] = inputs;
  const [w, b] = parameters;

  // forward
  const z = w*x + b;
  const a = sigmoid(z);

  // backward: d_v is ∂a/∂v
  const d_z = a * (1 - a);  // ∂a/∂z
  const d_w = d_z * x;  // d_z · ∂z/∂w
  const d_b = d_z;  // d_z · ∂z/∂b
  return [a, [d_w, d_b]];
}
"""
    )


@pytest.mark.parametrize(
    ("formula", "python", "javascript"),
    [
        ("x + y - x*y", "x + y - x*y", None),
        ("x - (y - 1)", "x - (y - 1)", None),
        ("(x + y) * (x - y)", "(x + y) * (x - y)", None),
        ("x / (2*y) / 3", "x / (2 * y) / 3", None),
        ("x * (y / 4)", "x * (y / 4)", None),
        ("-x**2", "-x**2", "-(x**2)"),
        ("(-x)**2", "(-x)**2", None),
        ("y - x**2", "y - x**2", None),
        ("-(x**2) * y", "-x**2 * y", "-(x**2 * y)"),
        ("(x**2)**3", "(x**2)**3", None),
        ("x**-2", "x**-2", None),
        ("x**0.5", "pow(x, 0.5)", "x**0.5"),
        ("2**x", "pow(2.0, x)", "pow(2, x)"),
        ("x**y", "pow(x, y)", None),
        ("-(x + y)", "-(x + y)", None),
        ("x * (1 / y)", "x / y", None),
        ("exp(-x)", "exp(-x)", "Math.exp(-x)"),
        ("1e300 * x + 0.1", "1e+300*x + 0.1", None),
        ("abs(x - 3)", "abs(x - 3)", "Math.abs(x - 3)"),
    ],
)
def test_a_formula_has_no_needless_parentheses(formula, python, javascript):
    x, y = Value(1.5, "x"), Value(2.5, "y")
    output = parse(formula, x=x, y=y)
    assert shown([output], [x, y]).splitlines()[-1] == f"    return {python}"
    lines = shown([output], [x, y], language="javascript").splitlines()
    assert lines[-2] == f"  return {javascript or python};"


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_what_is_returned(language):
    x = Value(3.0, "x")
    texts = [shown([x + 1], [x], language=language), shown([x + 1, x, Value(2.0)], [x], language=language)]
    if language == "python":
        assert [run_python(text, [3.0]) for text in texts] == [4.0, (4.0, 3.0, 2.0)]
    elif shutil.which("node"):
        assert [run_javascript(text, [[[3.0]]])[0] for text in texts] == [4.0, [4.0, 3.0, 2.0]]


def test_a_gradient_by_the_inputs_or_by_the_parameters_as_asked():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    assert run_python(shown([x * x * w], [x], [w], wrt="inputs"), [2.0], [3.0]) == (12.0, [12.0])
    assert run_python(shown([x * x * w], [x], [w], wrt="parameters"), [2.0], [3.0]) == (12.0, [4.0])


def test_derivatives_that_are_constants_leaves_or_shared():
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(5.0, "z")
    text = shown([x * y + z], [x, y, z, Value(0.0, "unused")], wrt="inputs")
    assert run_python(text, [2.0, 3.0, 5.0, 7.0]) == (11.0, [3.0, 2.0, 1.0, 0.0])
    assert run_python(shown([x], [x], wrt="inputs"), [2.0]) == (2.0, [1.0])


def test_the_source_of_a_gradient_can_be_differentiated():
    x, y = Value(1.5, "x"), Value(0.5, "y")
    first, _ = gradients(sin(x * y) * exp(x), [x, y])
    wanted = [float(second) for second in gradients(first, [x, y])]
    value, got = run_python(shown([first], [x, y], wrt="inputs"), [1.5, 0.5])
    # about ten operations on numbers below 5, each right to half an eps of those: 20 eps * 5
    assert same(value, first.data, 100 * EPS)
    assert all(same(a, b, 100 * EPS) for a, b in zip(got, wanted, strict=True))


# --------------------------------------------------------------------------------------------- the same numbers


@given(f=expressions(["x", "y"], max_nodes=60))
def test_random_expressions_give_what_eager_gives(f, rounding):
    check(f, run_python, "python", rounding)


@node
@given(f=expressions(["x", "y"], max_nodes=60))
@settings(max_examples=30)  # each starts node
def test_random_expressions_give_it_in_javascript(f, rounding):
    check(f, lambda text, point: run_javascript(text, [[point]])[0], "javascript", rounding)


def check(f, run, language, rounding):
    """Compare value and gradient with eager ones."""
    leaves = [Value(x) for x in f.point]
    output = f(*leaves)
    if not isinstance(output, Value):
        return
    try:
        output.backward()
        text = shown([output], leaves, wrt="inputs", language=language)
    except DomainError:
        return  # a derivative has no value there
    value, gradient = run(text, list(f.point))
    # Eager and source are within the bound of the exact result, each to first order; twice that for the rest. What has
    # an infinite slope has no bound.
    tape = record([output], leaves)
    bounds = rounding(derive(tape, tape.inputs))
    wanted = [output.data, *(x.grad for x in leaves)]
    for a, b, bound in zip([value, *gradient], wanted, bounds, strict=True):
        assert same(a, b, 4 * bound) or not math.isfinite(bound), text


def cases(primitive):
    """Operands at the kinks, at ties, at the edges and beyond."""
    if isinstance(primitive, WidePrimitive):
        return [[1.0, 2.0], [1000.0, -1000.0], [0.0, 0.0], [-0.5, 3.0, 2.0, 1.0], [math.nan, 1.0], [math.inf, 1.0]]
    if len(primitive.partials) == 1:
        return [[x] for x in KINKS]
    return [[x, y] for x in KINKS for y in KINKS]


def is_exact(name):
    """Whether the same operations are done in the same order: IEEE gives the same bits."""
    return name in {"identity", "add", "sub", "mul", "div", "neg", "reciprocal", "relu", "abs", "sign", "step"} | {
        "compare",
        "maximum",
        "minimum",
        "sqrt",
    }


def operands_of(primitive, count):
    return [Value(1.0) for _ in range(count)]


def texts_of(primitive, language):
    """For each number of operands, the source of the primitive alone, as recorded."""
    texts = {}
    for count in {len(case) for case in cases(primitive)}:
        leaves = operands_of(primitive, count)
        tape = record([Value.record(primitive, *leaves)], leaves)
        texts[count] = source(tape, language, name="f", n_values=1)
    return texts


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_every_primitive_in_python_is_that_of_the_table(primitive):
    texts = texts_of(primitive, "python")
    for case in cases(primitive):
        try:
            wanted = primitive.forward(*case)
        except (ArithmeticError, ValueError):
            if math.nan not in case:
                with pytest.raises((ArithmeticError, ValueError)):
                    run_python(texts[len(case)], case)
            continue
        assert same(run_python(texts[len(case)], case), wanted, 4 * EPS * abs(wanted)), case


@node
@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_every_primitive_in_javascript_is_that_of_the_table_or_of_ieee(primitive):
    np = pytest.importorskip("numpy")
    evaluate = pytest.importorskip("autodiff.program.ieee").evaluate
    for count, text in texts_of(primitive, "javascript").items():
        points = [case for case in cases(primitive) if len(case) == count]
        for case, got in zip(points, run_javascript(text, [[case] for case in points]), strict=True):
            wanted = float(np.asarray(evaluate(primitive.name, case)))
            assert same(got, wanted, 8 * EPS * abs(wanted)), case  # fdlibm and libm: 1 ulp each, a few operations


# ---------------------------------------------------------------------------------------------- names and numbers


AWKWARD = ["", "lambda", "class", "let", "sum", "exp", "sigmoid", "inputs", "parameters", "f", "value", "v1", "d_a"]
AWKWARD += [
    "a",
    "a",
    "ŷ",
    "θ₁",
    "∂a",
    "2x",
    "a.b[3]",
    "+",
    "#3",
    "x0",
    "__builtins__",
    "Math",
    "undefined",
    "ﬁ",
    'a"\n',
]


@pytest.mark.parametrize("run", [run_python, pytest.param(lambda t, x: run_javascript(t, [[x]])[0], marks=node)])
def test_any_label_becomes_a_name_that_clashes_with_none(run):
    leaves = [Value(1.0 + i / 8, label) for i, label in enumerate(AWKWARD)]
    total = Value(0.0)
    for leaf in leaves:
        total = total + sigmoid(leaf) * exp(-leaf)
        total.label = leaf.label
    total.backward()
    language = "python" if run is run_python else "javascript"
    text = shown([total], leaves, wrt="inputs", language=language)
    value, gradient = run(text, [leaf.data for leaf in leaves])
    assert same(value, total.data, 100 * EPS)  # 28 terms below 1
    assert all(same(got, leaf.grad, 100 * EPS) for got, leaf in zip(gradient, leaves, strict=True))


@given(st.text(max_size=8))
def test_a_label_becomes_an_identifier(label):
    name = identifier(label)
    assert name == "" or (name.isidentifier() and not keyword.iskeyword(Names().new(name)))


def test_names_are_those_that_one_would_choose():
    names = Names()
    assert [names.new(name) for name in ["a", "a", "lambda", "lambda", "sum", "a_2"]] == [
        "a",
        "a_2",
        "lambda_",
        "lambda__2",
        "sum_",
        "a_2_2",
    ]
    assert [names.numbered("v"), names.new("v2"), names.numbered("v")] == ["v1", "v2", "v3"]


@pytest.mark.parametrize("number", [2.0, -2.0, 0.1, -0.0, 1e16, 1e300, 5e-324, math.inf, -math.inf, math.nan])
def test_a_number_is_written_exactly(number):
    x = Value(1.0, "x")
    for output, wanted in [(Value(number), number), (x * Value(number), number)]:
        tape = record([output], [x])
        got = run_python(source(tape, "python", name="f", n_values=1), [1.0])
        assert isinstance(got, float)
        assert same(got, wanted, 0.0)
        assert math.isnan(number) or math.copysign(1.0, got) == math.copysign(1.0, number)


# ------------------------------------------------------------------------------------------------------- sizes


def chain():
    x = Value(1.0, "x")
    y = x
    for _ in range(100_000):
        y = y + x
    return [y], [x]


def test_a_chain_of_a_hundred_thousand_additions():
    tape = record(*chain())
    text = source(tape, "python", name="f", n_values=1)
    assert run_python(text, [0.5]) == 0.5 * 100_001
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("run", [run_python, pytest.param(lambda t, x: run_javascript(t, [[x]])[0], marks=node)])
def test_a_sum_of_five_thousand_terms_is_cut(run):
    language = "python" if run is run_python else "javascript"
    text = shown(*chain_of_products(), wrt="inputs", language=language)
    value, gradient = run(text, [2.0] * 5000)
    assert value == 20_000.0
    assert gradient == [4.0] * 5000


def chain_of_products():
    xs = [Value(1.0) for _ in range(5000)]
    return [nn.losses.squared_error(xs, [0.0] * 5000) * 2.0], xs


def test_no_line_is_longer_than_a_hundred_columns_where_names_are_short():
    model = nn.MLP(3, [12, 2], activation="tanh")
    xs = [Value(0.5) for _ in range(3)]
    text = shown([nn.losses.squared_error(model(xs), [0.0, 1.0])], xs, model.parameters(), wrt="parameters")
    assert max(map(len, text.splitlines())) <= 100


# ------------------------------------------------------------------------------------------------------ errors


def test_an_unknown_language_is_refused(refuses):
    x = Value(1.0)
    with refuses(ValueError, "source: expected language to be 'python' or 'javascript', got 'fortran'"):
        source(record([x], [x]), "fortran", name="f", n_values=1)


def test_a_primitive_of_ones_own_is_refused(refuses):
    x = Value(1.0)
    cube = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    with refuses(
        ValueError,
        "source: 'cube' is a primitive of your own, which has no source; "
        "write it with functions of autodiff, or run the program without its source",
    ):
        source(record([cube(x)], [x]), "python", name="f", n_values=1)


def test_a_wrong_number_of_derivatives_is_refused(refuses):
    x, y = Value(1.0), Value(2.0)
    with refuses(ValueError, "source: expected a derivative for each of 2 leaves, got 1"):
        source(record([x * y, x], [x, y]), "python", name="f", n_values=1)


def test_outside_the_domain_python_raises_and_says_so():
    x = Value(1.0, "x")
    text = shown([log(x)], [x])
    assert "raises ValueError" in text
    with pytest.raises(ValueError, match="domain"):
        run_python(text, [-1.0])
    assert "raises" not in shown([x * x], [x])
