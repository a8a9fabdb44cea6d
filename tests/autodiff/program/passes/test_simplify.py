"""simplify: each rule by example and at inf, nan and -0.0, what labels become, and that only the work changes."""

import math
import random
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, dot, parse, sin
from autodiff.program.passes.derive import derive
from autodiff.program.passes.simplify import RULES, simplify
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.program.recording.tape import Line, Tape
from autodiff.testing import expressions
from nn import MLP
from nn.losses import squared_error

EPS = sys.float_info.epsilon
IDENTITY, NEG, SUM, DOT, DIV, LOG = (PRIMITIVES[name] for name in ("identity", "neg", "sum", "dot", "div", "log"))
POINTS = [math.inf, -math.inf, math.nan, 0.0, -0.0, 0.1, -1.0, 3.7, 1e200, -1e-200]


def recorded(function):
    """A function of x and y as a tape."""
    x, y = Value(2.0), Value(3.0)
    return tape_of([function(x, y)], [x, y])


def labelled(value, label):
    value.label = label
    return value


def formula(text):
    """A formula of x and y as a tape; dot(a, b, ..., p, q, ...) is a p + b q + ..."""
    return recorded(
        lambda x, y: parse(text, x=x, y=y) if "dot" not in text else eval(text, {"dot": DOT, "x": x, "y": y})
    )


# Those of the docstrings, with numbers for the constants c and d, and more.
EQUATIONS = [
    re.sub(r"\bc\b", "0.3", re.sub(r"\bd\b", "0.1", equation))
    for rule in RULES.values()
    for equation in rule.__doc__.split("; ")
    if " = " in equation
] + [
    "x + -0.0 = x",
    "-x + -y = -x - y",
    "x + -1 * y = x - y",
    "0 - -x = x",
    "-(inf * x) = -inf * x",
    "3 * -x = -3 * x",
    "0.5 * (2 * x) = x",
    "-0.5 * (2 * x) = -x",
    "sum(1, x, -1) = x",
    "sum(-x, y) = y - x",
    "dot(x, y) = x * y",
    "dot(2.0, x) = 2.0 * x",
    "dot(x, 2.0, y, 3.0) = x * y + 6.0",
    "dot(x, 0.0, x, y, 3.0, x) = dot(x, x, y, x)",
    "dot(0.5, x, 2.0 * x, y) = dot(1.0, x, x, y)",
    "dot(-x, x, 3.0, y) = dot(x, x, -3.0, y)",
]
SAME = {  # what looks like a rule, and is not
    "0 x": lambda x, y: 0.0 * x,
    "x - x": lambda x, y: x - x,
    "x / x": lambda x, y: x / x,
    "inf (2 x)": lambda x, y: math.inf * (2.0 * x),
    "0 (2 x)": lambda x, y: 0.0 * (2.0 * x),
    "1e200 (1e200 x)": lambda x, y: 1e200 * (1e200 * x),
    "1e-200 (1e-200 x)": lambda x, y: 1e-200 * (1e-200 * x),
    "1e-200 (1e-110 x)": lambda x, y: 1e-200 * (1e-110 * x),  # the product, a denormal number, has few digits
    "x ** 2": lambda x, y: x**2,
    "1 + 1/x": lambda x, y: 1.0 + 1.0 / x,
    "sum with one constant": lambda x, y: SUM(x, 2.0, y),
    "sum with a constant too many": lambda x, y: SUM(x, 1e308, y, 1e308),
    "dot with 0": lambda x, y: DOT(0.0, 1.0, x, y),
    "dot with inf inf": lambda x, y: DOT(math.inf, 1.0, math.inf, y),
    "dot with a constant": lambda x, y: DOT(x, 2.0, y, x),
}


def close(a, b, abs_tol=0.0):
    """Whether two numbers differ by no more than the rounding of three operations; two zeros may differ in sign."""
    return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=3 * EPS, abs_tol=abs_tol)


# --------------------------------------------------------------------------------------------------- the rules


def test_every_rule_but_that_of_dot_says_its_equations():
    assert {primitive.name for primitive, rule in RULES.items() if " = " not in rule.__doc__} == {"dot"}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_left_side_of_an_equation_becomes_the_right_side(equation, verify):
    left, right = map(formula, equation.split(" = "))
    assert simplify(left) == right
    verify(simplify(left))


@pytest.mark.parametrize("equation", EQUATIONS)
def test_both_sides_of_an_equation_are_equal_at_every_number(equation, run):
    tape = formula(equation.split(" = ")[0])
    simpler = simplify(tape)
    abs_tol = 3 * EPS if equation == "sum(1, x, -1) = x" else 0.0  # 1 and -1 are of size 1, the result is not
    for x in POINTS:
        for y in POINTS:
            before, after = run(tape, [x, y])[tape.outputs[0]], run(simpler, [x, y])[simpler.outputs[0]]
            assert close(before, after, abs_tol), (x, y)


@pytest.mark.parametrize("name", SAME)
def test_what_is_not_equal_at_every_number_stays(name):
    before, after = recorded(SAME[name]), simplify(recorded(SAME[name]))
    # but equal constants are one
    assert [(line.primitive, len(line.operands)) for line in after.lines if line.primitive] == [
        (line.primitive, len(line.operands)) for line in before.lines if line.primitive
    ]


def test_a_product_of_constants_may_spare_an_overflow():
    tape = simplify(recorded(lambda x, y: 1e-9 * (1e9 * x)))
    assert tape.outputs == (0,)


# ---------------------------------------------------------------------------------------------------- constants


def test_operations_on_constants_are_folded():
    a, b = Value(2.0), Value(3.0)
    tape = simplify(tape_of([sin(a * b) + dot([a, b], [b, a])], []))
    assert tape.lines == (Line(None, (), math.sin(6.0) + 12.0),)


def test_constants_fold_to_inf_and_nan():
    big = Value(1e308)
    assert simplify(tape_of([10.0 * big], [])).lines[0].number == math.inf
    difference = simplify(tape_of([10.0 * big - 10.0 * big], [])).lines[0].number
    assert math.isnan(difference)


def test_an_operation_on_constants_outside_its_domain_is_left_to_the_backend():
    zero = Line(None, (), 0.0)
    tape = Tape((zero, Line(LOG, (0,)), Line(DIV, (1, 0))), 0, 0, (2,))
    assert simplify(tape) == tape


def test_sums_and_dots_of_nothing_are_zero():
    tape = Tape((Line(SUM), Line(DOT)), 0, 0, (0, 1))
    assert simplify(tape) == Tape((Line(None, (), 0.0),), 0, 0, (0, 0))


def test_equal_constants_are_one_and_zeros_of_both_signs_two():
    tape = simplify(recorded(lambda x, y: sin(x * 2.0) + y * 2.0))
    assert [line.number for line in tape.lines if line.primitive is None] == [2.0, 3.0, 2.0]
    lines = tuple(Line(None, (), number) for number in (0.0, -0.0, 0.0, -0.0, math.nan, math.nan))
    merged = simplify(Tape(lines, 0, 0, (0, 1, 2, 3, 4, 5)))
    assert merged.outputs == (0, 1, 0, 1, 2, 2)
    assert [math.copysign(1.0, line.number) for line in merged.lines[:2]] == [1.0, -1.0]


def test_an_input_is_not_a_constant_whatever_its_number():
    one = Value(1.0)
    x = Value(2.0)
    tape = tape_of([x * one], [x], [one])
    assert simplify(tape) == tape


# ---------------------------------------------------------------------------------------- equal and unused lines


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x, y: sin(x), lambda x, y: sin(x)),
        (lambda x, y: x + y, lambda x, y: y + x),
        (lambda x, y: x * y, lambda x, y: y * x),
        (lambda x, y: x * 2.0, lambda x, y: 2.0 * x),
        (lambda x, y: DOT(x, y, y, 3.0), lambda x, y: DOT(y, 3.0, x, y)),
        (lambda x, y: DOT(x, y, y, 3.0), lambda x, y: DOT(y, y, x, 3.0)),
        (lambda x, y: sin(x * 1.0) * (y - 0.0), lambda x, y: y * sin(x)),
    ],
)
def test_equal_operations_are_one(first, second):
    x, y = Value(2.0), Value(3.0)
    tape = simplify(tape_of([first(x, y), second(x, y)], [x, y]))
    assert tape.outputs[0] == tape.outputs[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x, y: x - y, lambda x, y: y - x),
        (lambda x, y: x / y, lambda x, y: y / x),
        (lambda x, y: DOT(x, y, x, y), lambda x, y: DOT(x, x, y, y)),
        (lambda x, y: SUM(x, y, x), lambda x, y: SUM(x, x, y)),  # equal but for rounding
    ],
)
def test_operations_that_are_not_equal_to_the_last_digit_are_two(first, second):
    x, y = Value(2.0), Value(3.0)
    tape = simplify(tape_of([first(x, y), second(x, y)], [x, y]))
    assert tape.outputs[0] != tape.outputs[1]


def test_unused_lines_go_and_inputs_and_parameters_stay():
    lines = (*[Line(None, (), 1.0)] * 3, Line(None, (), 5.0), Line(SUM, (0, 1, 3)), Line(DOT, (0, 1)))
    assert simplify(Tape(lines, 2, 1, (5,))).lines == (*lines[:3], Line(PRIMITIVES["mul"], (0, 1)))


# ------------------------------------------------------------------------------------------------------- labels


def test_a_line_takes_the_label_of_one_that_it_replaces():
    tape = simplify(recorded(lambda x, y: labelled(sin(x) * 1.0, "s") + y))
    assert [line.label for line in tape.lines] == ["", "", "s", ""]


def test_of_two_equal_lines_the_first_keeps_its_label():
    x = Value(2.0)
    tape = simplify(tape_of([labelled(sin(x), "a"), labelled(sin(x), "b")], [x]))
    assert [line.label for line in tape.lines] == ["", "a"]


def test_a_leaf_takes_no_label():
    x = Value(2.0)
    tape = simplify(tape_of([labelled(x * 1.0, "a")], [x]))
    assert tape == tape_of([x], [x])


def test_a_constant_that_was_computed_keeps_the_label():
    tape = simplify(tape_of([labelled(Value(2.0) * 3.0, "six"), Value(6.0)], []))
    assert [tape.lines[i] for i in tape.outputs] == [Line(None, (), 6.0, "six"), Line(None, (), 6.0)]


def test_constants_of_different_names_are_kept_apart():
    rate, decay = Value(0.1, "rate"), Value(0.1, "decay")
    x = Value(2.0)
    tape = tape_of([rate * x, decay * x], [x])
    assert simplify(tape) == tape


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: 0.5 * labelled(2.0 * x, "d"),
        lambda x, y: -labelled(-x, "n"),
        lambda x, y: y + labelled(-x, "n"),
        lambda x, y: DOT(0.5, x, labelled(2.0 * x, "d"), y),
    ],
)
def test_no_rule_looks_through_a_labelled_line(function):
    assert simplify(recorded(function)) == recorded(function)


# ------------------------------------------------------------------------------------------------ the whole pass


def arithmetic(tape):
    """How many operations on two numbers there are; a wide line is as many as its operands, less one."""
    return sum(max(len(line.operands) - 1, 1) for line in tape.lines[tape.n_leaves :] if line.primitive)


@given(data=st.data())
def test_once_is_enough(data, tapes, verify):
    tape = data.draw(tapes)
    verify(tape)
    simpler = simplify(tape)
    assert simplify(simpler) == simpler
    assert repr(simplify(tape)) == repr(simpler)  # whose NaNs are not equal
    assert arithmetic(simpler) <= arithmetic(tape)  # a dot of ones may become two sums
    assert simpler.lines[: tape.n_leaves] == tape.lines[: tape.n_leaves]


@given(f=expressions(["x", "y", "z"]))
def test_a_derived_tape_keeps_its_results(f, rounding, verify):
    inputs = [Value(x) for x in f.point]
    tape = tape_of([f(*inputs)], inputs)
    derived = derive(tape, tape.inputs)
    simpler = simplify(derived)
    verify(simpler)
    assert simplify(simpler) == simpler
    before, after = graph_of(derived), graph_of(simpler)
    # Both round as they go, and merged constants once more: twice the bound, and the same again.
    for i, j, error in zip(derived.outputs, simpler.outputs, rounding(derived), strict=True):
        assert math.isclose(before[i].data, after[j].data, rel_tol=0.0, abs_tol=4.0 * error)


def test_the_articles_network_is_what_one_derives_by_hand():
    rng = random.Random(0)
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=rng)
    x, y = [Value(0.5), Value(0.25)], [Value(0.0), Value(1.0)]
    tape = tape_of([squared_error(model(x), y)], [*x, *y], model.parameters())
    derived = simplify(derive(tape, tape.parameters))
    assert derived.counts() == {
        "dot": 5 + 3,  # W a of 5 neurons; W^T delta of the 3 hidden ones
        "add": 5 + 1,  # + b; the two errors
        "sigmoid": 5 + 5,  # a; its slope is a sigmoid(-z)
        "neg": 5,
        "sub": 2,  # a - y
        "pow": 2,
        "mul": 1 + 5 + 5 + 12,  # 1/2; a sigmoid(-z); delta; delta a^T for 12 weights
    }


@pytest.mark.full
def test_a_long_chain_is_no_deeper_than_a_short_one():
    x = y = Value(1.0)
    for _ in range(50_000):
        y = NEG(NEG(y)) * 1.0 + 0.0 + x
    tape = simplify(tape_of([y], [x]))
    assert tape.counts() == {"add": 50_000}
