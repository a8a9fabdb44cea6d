"""Printed code reads as one would have written it, and is refused where it cannot be written."""

import math
import sys

import pytest

import nn
from autodiff import PRIMITIVES, Value, atan2, defprimitive, dot, exp, gradients, log, parse, sigmoid, sin
from autodiff import sum as sum_of_values
from autodiff.program.recording.record import tape_of
from autodiff.program.source.function import source
from autodiff.program.source.plan import MAX_TERMS, MAX_UNPACKED_LEAVES

EPS = sys.float_info.epsilon


def test_the_product_of_two_powers_reads_as_by_hand(printed):
    x, y = Value(1.5, "x"), Value(2.5, "y")
    assert (
        printed([2 * x**2 * y**3], [x, y], wrt="inputs")
        == '''\
def value(inputs):
    """Return the value and its gradient: df/dv for each v of inputs, in order."""
    x, y = inputs

    # forward
    v2 = 2 * x**2
    v3 = y**3
    f = v2 * v3

    # backward: d_v is df/dv
    d_y = v2 * (3 * y**2)  # df/dv3 · ∂v3/∂y
    d_x = 2 * v3 * (2 * x)  # df/dv2 · ∂v2/∂x
    return f, [d_x, d_y]
'''
    )


def a_neuron():
    x, w, b = Value(1.0, "x"), Value(2.0, "w"), Value(0.5, "b")
    z = w * x + b
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    return [a], [x], [w, b]


def test_a_neuron_reads_as_by_hand_in_python(printed):
    assert (
        printed(*a_neuron(), wrt="parameters")
        == '''\
from math import exp


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    z = exp(-abs(x))
    return (z if x < 0.0 else 1.0) / (1.0 + z)


def value(inputs, parameters):
    """Return a and its gradient: da/dv for each v of parameters, in order."""
    (x,) = inputs
    w, b = parameters

    # forward
    z = w*x + b
    a = sigmoid(z)

    # backward: d_v is da/dv
    d_z = a * sigmoid(-z)  # ∂a/∂z
    d_w = d_z * x  # d_z · ∂z/∂w
    d_b = d_z  # d_z · ∂z/∂b
    return a, [d_w, d_b]
'''
    )


def test_a_neuron_reads_as_by_hand_in_javascript(printed):
    assert (
        printed(*a_neuron(), wrt="parameters", language="javascript")
        == """\
// 1 / (1 + exp(-x)), without overflow.
function sigmoid(x) {
  const z = Math.exp(-Math.abs(x));
  return (x < 0 ? z : 1) / (1 + z);
}

/**
 * Return a and its gradient: da/dv for each v of parameters, in order.
 */
function value(inputs, parameters) {
  const [x] = inputs;
  const [w, b] = parameters;

  // forward
  const z = w*x + b;
  const a = sigmoid(z);

  // backward: d_v is da/dv
  const d_z = a * sigmoid(-z);  // ∂a/∂z
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
def test_a_formula_has_no_needless_parentheses(formula, python, javascript, printed):
    x, y = Value(1.5, "x"), Value(2.5, "y")
    output = parse(formula, x=x, y=y)
    assert printed([output], [x, y]).splitlines()[-1] == f"    return {python}"
    lines = printed([output], [x, y], language="javascript").splitlines()
    assert lines[-2] == f"  return {javascript or python};"


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_one_value_is_returned_as_a_number_and_several_as_a_tuple_or_an_array(language, printed, run_printed):
    x = Value(3.0, "x")
    texts = [printed([x + 1], [x], language=language), printed([x + 1, x, Value(2.0)], [x], language=language)]
    several = (4.0, 3.0, 2.0) if language == "python" else [4.0, 3.0, 2.0]
    assert [run_printed(language, text, [3.0]) for text in texts] == [4.0, several]


def test_a_gradient_by_the_inputs_or_by_the_parameters_as_asked(printed, run_python):
    x, w = Value(2.0, "x"), Value(3.0, "w")
    assert run_python(printed([x * x * w], [x], [w], wrt="inputs"), [2.0], [3.0]) == (12.0, [12.0])
    assert run_python(printed([x * x * w], [x], [w], wrt="parameters"), [2.0], [3.0]) == (12.0, [4.0])


def test_derivatives_may_be_constants_leaves_or_shared(printed, run_python):
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(5.0, "z")
    text = printed([x * y + z], [x, y, z, Value(0.0, "unused")], wrt="inputs")
    assert run_python(text, [2.0, 3.0, 5.0, 7.0]) == (11.0, [3.0, 2.0, 1.0, 0.0])
    assert run_python(printed([x], [x], wrt="inputs"), [2.0]) == (2.0, [1.0])


def test_the_source_of_a_gradient_can_be_differentiated(printed, run_python, same):
    x, y = Value(1.5, "x"), Value(0.5, "y")
    first, _ = gradients(sin(x * y) * exp(x), [x, y])
    wanted = [float(second) for second in gradients(first, [x, y])]
    value, got = run_python(printed([first], [x, y], wrt="inputs"), [1.5, 0.5])
    # about ten operations on numbers below 5, each right to half an eps of those: 20 eps * 5
    assert same(value, first.data, 100 * EPS)
    assert all(same(a, b, 100 * EPS) for a, b in zip(got, wanted, strict=True))


def chain():
    x = Value(1.0, "x")
    y = x
    for _ in range(100_000):
        y = y + x
    return [y], [x]


@pytest.mark.full
def test_a_chain_of_a_hundred_thousand_additions_is_written_in_short_lines(run_python):
    tape = tape_of(*chain())
    text = source(tape, "python", name="value")
    assert run_python(text, [0.5]) == 0.5 * 100_001
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.full
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_sum_of_five_thousand_terms_is_cut(language, printed, run_printed):
    text = printed(*chain_of_products(), wrt="inputs", language=language)
    value, gradient = run_printed(language, text, [2.0] * 5000)
    assert value == 20_000.0
    assert gradient == [4.0] * 5000


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("function", [sum_of_values, dot])
def test_each_term_of_a_long_sum_is_added_once(function, language, printed, run_printed):
    xs = [Value(1.0) for _ in range(2 * MAX_TERMS + 50)]
    numbers = [0.25 * k for k in range(len(xs))]  # sums of these are exact
    out = function(xs, numbers) if function is dot else function(xs)
    expected = sum(x * x for x in numbers) if function is dot else sum(numbers)
    assert run_printed(language, printed([out], xs, language=language), numbers) == expected


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("name", ["sum", "dot"])
def test_a_sum_of_nothing_is_zero(name, language, printed, run_printed):
    x = Value(1.0)
    nothing = Value.record(PRIMITIVES[name])
    assert run_printed(language, printed([nothing + 2.0 * x], [x], language=language), [3.0]) == 6.0


def test_derivatives_by_many_leaves_are_named_by_their_numbers(printed):
    xs = [Value(float(i)) for i in range(MAX_UNPACKED_LEAVES + 1)]
    text = printed([sin(xs[3] * xs[40])], xs, wrt="inputs")
    assert [name for name in ("d_x3", "d_x40") if f"    {name} = " in text] == ["d_x3", "d_x40"]


def chain_of_products():
    xs = [Value(1.0) for _ in range(5000)]
    return [nn.losses.squared_error(xs, [0.0] * 5000) * 2.0], xs


def test_no_line_is_longer_than_a_hundred_columns_where_names_are_short(printed):
    model = nn.MLP(3, [12, 2], activation="tanh")
    xs = [Value(0.5) for _ in range(3)]
    text = printed([nn.losses.squared_error(model(xs), [0.0, 1.0])], xs, model.parameters(), wrt="parameters")
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_zero_keeps_its_sign(language, printed, run_printed):
    x = Value(-1.0)
    for zero, angle in ((0.0, math.pi), (-0.0, -math.pi)):
        text = printed([atan2(Value.record(PRIMITIVES["identity"], zero), x)], [x], language=language)
        assert run_printed(language, text, [-1.0]) == angle


def test_a_zero_of_python_is_no_int_which_has_no_sign(printed, run_python):
    x = Value(2.0)
    assert repr(run_python(printed([Value.record(PRIMITIVES["identity"], -0.0) / x], [x]), [2.0])) == "-0.0"


def test_an_unknown_language_is_refused(refuses):
    x = Value(1.0)
    with refuses(ValueError, "source: expected language to be 'python' or 'javascript', got 'fortran'"):
        source(tape_of([x], [x]), "fortran", name="value")


def test_a_primitive_of_ones_own_is_refused(refuses):
    x = Value(1.0)
    cube = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    with refuses(
        ValueError,
        "source: 'cube' is a primitive of your own, which has no source; "
        "write it with functions of autodiff, or run the program without its source",
    ):
        source(tape_of([cube(x)], [x]), "python", name="value")


def test_outside_the_domain_python_raises_and_says_so(printed, run_python):
    x = Value(1.0, "x")
    text = printed([log(x)], [x])
    assert "raises ValueError" in text
    with pytest.raises(ValueError, match="domain"):
        run_python(text, [-1.0])
    assert "raises" not in printed([x * x], [x])
