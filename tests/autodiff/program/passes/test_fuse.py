"""fuse: what becomes one line and what does not, and that the results are those of the chain."""

import math
import random
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, dot, sin, tanh
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.testing import expressions
from nn import MLP
from nn.losses import squared_error

ADD, SUM, DOT = (PRIMITIVES[name] for name in ("add", "sum", "dot"))


def recorded(function):
    """A function of four inputs as a tape."""
    inputs = [Value(x, name) for x, name in zip([2.0, 3.0, 5.0, 7.0], "abcd", strict=True)]
    output = function(*inputs)
    return tape_of(output if isinstance(output, list) else [output], inputs)


def labelled(value, label):
    value.label = label
    return value


def used_twice(make):
    """A value that is used in a sum and elsewhere."""
    return lambda a, b, c, d: (lambda m: (m + a * d) * sin(m))(make(a, b, c))


FUSED = {
    "a + b + c": (lambda a, b, c, d: a + b + c, lambda a, b, c, d: SUM(a, b, c)),
    "a + (b + c)": (lambda a, b, c, d: a + (b + c), lambda a, b, c, d: SUM(a, b, c)),
    "(a + b) + (c + d)": (lambda a, b, c, d: (a + b) + (c + d), lambda a, b, c, d: SUM(a, b, c, d)),
    "a sum of sums": (lambda a, b, c, d: SUM(a, SUM(b, c, a), d), lambda a, b, c, d: SUM(a, b, c, a, d)),
    "a sum of two": (lambda a, b, c, d: SUM(a, b), lambda a, b, c, d: a + b),
    "a b + c d": (lambda a, b, c, d: a * b + c * d, lambda a, b, c, d: DOT(a, c, b, d)),
    "d c + b a": (lambda a, b, c, d: d * c + b * a, lambda a, b, c, d: DOT(d, b, c, a)),
    "a a + b b": (lambda a, b, c, d: a * a + b * b, lambda a, b, c, d: DOT(a, b, a, b)),
    "2 a + 3 b": (lambda a, b, c, d: a * 2.0 + b * 3.0, lambda a, b, c, d: DOT(a, b, 2.0, 3.0)),
    "a b + c d + a": (lambda a, b, c, d: a * b + c * d + a, lambda a, b, c, d: DOT(a, c, b, d) + a),
    "a + a b + c d": (lambda a, b, c, d: a + a * b + c * d, lambda a, b, c, d: DOT(a, c, b, d) + a),
    "a + a b + b + c d": (
        lambda a, b, c, d: a + a * b + b + c * d,
        lambda a, b, c, d: SUM(DOT(a, c, b, d), a, b),
    ),
    "a dot and a product": (
        lambda a, b, c, d: DOT(a, b, c, d) + a * b,
        lambda a, b, c, d: DOT(a, b, a, c, d, b),
    ),
    "a product and two dots": (
        lambda a, b, c, d: SUM(a * b, DOT(a, b, c, d), DOT(b, c, b, c)),
        lambda a, b, c, d: DOT(a, a, b, b, c, b, c, d, b, c),
    ),
    "in a factor": (lambda a, b, c, d: (a * b + c * d) * a, lambda a, b, c, d: DOT(a, c, b, d) * a),
    "a product of sums": (
        lambda a, b, c, d: (a + b + c) * (b + c + d),
        lambda a, b, c, d: SUM(a, b, c) * SUM(b, c, d),
    ),
    "two uses of a fused sum": (
        lambda a, b, c, d: (lambda s: s * s)(a + b + c),
        lambda a, b, c, d: (lambda s: s * s)(SUM(a, b, c)),
    ),
}
SAME = {
    "a + b": lambda a, b, c, d: a + b,
    "a b + c": lambda a, b, c, d: a * b + c,
    "a b": lambda a, b, c, d: a * b,
    "one product among more": lambda a, b, c, d: SUM(a, b * c, d),
    "a dot and another term": lambda a, b, c, d: DOT(a, b, c, d) + a,
    "a dot and other terms": lambda a, b, c, d: SUM(DOT(a, b, c, d), a, b),
    "a - b - c": lambda a, b, c, d: a - b - c,
    "a b - c d": lambda a, b, c, d: a * b - c * d,
    "a (b + c)": lambda a, b, c, d: a * (b + c),
    "a product used elsewhere": used_twice(lambda a, b, c: b * c),
    "a sum used elsewhere": used_twice(lambda a, b, c: b + c),
    "a product used twice in the sum": lambda a, b, c, d: (lambda m: m + m)(a * b),
    "a product that is an output": lambda a, b, c, d: (lambda m: [m, m + c * d])(a * b),
    "a sum that is an output": lambda a, b, c, d: (lambda s: [s + c, s])(a + b),
    "labelled products": lambda a, b, c, d: labelled(a * b, "ab") + labelled(c * d, "cd"),
    "a labelled sum": lambda a, b, c, d: labelled(a + b, "s") + c,
    "a labelled dot": lambda a, b, c, d: labelled(DOT(a, b, c, d), "s") + a * b,
}


@pytest.mark.parametrize("name", FUSED)
def test_a_chain_becomes_one_line(name):
    written, wanted = map(recorded, FUSED[name])
    assert fuse(written) == wanted


@pytest.mark.parametrize("name", SAME)
def test_what_is_no_chain_or_is_wanted_elsewhere_stays(name):
    tape = recorded(SAME[name])
    assert fuse(tape) == tape


def test_the_fused_line_has_the_label_of_the_chain():
    written = recorded(lambda a, b, c, d: labelled(a * b + c * d, "s"))
    assert fuse(written) == recorded(lambda a, b, c, d: labelled(DOT(a, c, b, d), "s"))
    written = recorded(lambda a, b, c, d: labelled(a * b + c * d + a, "s"))
    assert fuse(written) == recorded(lambda a, b, c, d: labelled(DOT(a, c, b, d) + a, "s"))


def test_a_labelled_sum_inside_a_chain_is_fused_by_itself():
    fused = fuse(recorded(lambda a, b, c, d: labelled(a * b + c * d, "s") + a * a + b * b))
    assert [(line.primitive, line.operands, line.label) for line in fused.lines[4:]] == [
        (DOT, (0, 2, 1, 3), "s"),
        (DOT, (0, 1, 0, 1), ""),
        (ADD, (5, 4), ""),
    ]


# ------------------------------------------------------------------------------------------------ micrograd's code


def test_a_neuron_in_the_manner_of_micrograd_is_the_one_that_nn_records():
    w, x, b = [Value(0.1 * i) for i in range(5)], [Value(float(i)) for i in range(5)], Value(1.0)
    micrograd = tanh(sum((wi * xi for wi, xi in zip(w, x, strict=True)), b))
    assert fuse(tape_of([micrograd], x, [*w, b])) == tape_of([tanh(dot(w, x) + b)], x, [*w, b])


def test_a_network_and_its_gradient_in_the_manner_of_micrograd_cost_what_those_of_nn_do():
    model = MLP(2, [4, 4, 1], activation="tanh", output_activation="tanh", rng=random.Random(0))
    x, y = [Value(0.5), Value(0.25)], Value(1.0)
    a = x
    for layer in model.layers:
        a = [
            sum((wi * ai for wi, ai in zip(neuron.weights, a, strict=True)), neuron.bias).tanh()
            for neuron in layer.neurons
        ]
    tapes = [
        tape_of([loss], [*x, y], model.parameters()) for loss in ((a[0] - y) ** 2 / 2.0, (model(x) - y) ** 2 / 2.0)
    ]
    assert len(tapes[0]) > 2 * len(tapes[1])
    micrograd, ours = (fuse(simplify(derive(tape, tape.parameters))) for tape in tapes)
    assert micrograd == ours


def test_a_network_of_nn_has_nothing_to_fuse():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    x, y = [Value(0.5), Value(0.25)], [Value(0.0), Value(1.0)]
    tape = tape_of([squared_error(model(x), y)], [*x, *y], model.parameters())
    simpler = simplify(derive(tape, tape.parameters))
    assert fuse(simpler) == simpler


# -------------------------------------------------------------------------------------------------- the whole pass


@given(data=st.data())
def test_once_is_enough(data, tapes):
    tape = data.draw(tapes)
    fused = fuse(tape)
    assert fuse(fused) == fused
    assert fuse(tape) == fused
    assert len(fused) <= len(tape)
    assert fused.lines[: tape.n_leaves] == tape.lines[: tape.n_leaves]


@given(data=st.data())
def test_no_label_is_lost(data, tapes):
    tape = data.draw(tapes)
    before, after = ([line.label for line in t.lines if line.label] for t in (tape, fuse(tape)))
    assert before == after


@given(f=expressions(["x", "y", "z"], [PRIMITIVES[name] for name in ("add", "mul", "sum", "dot", "sub", "sin", "exp")]))
def test_a_derived_tape_keeps_its_results(f, rounding, verify):
    inputs = [Value(x) for x in f.point]
    tape = tape_of([f(*inputs)], inputs)
    derived = simplify(derive(tape, tape.inputs))
    fused = fuse(derived)
    verify(fused)
    assert fuse(fused) == fused
    before, after = graph_of(derived), graph_of(fused)
    bounds = zip(rounding(derived), rounding(fused), strict=True)  # of n terms, for an order that neither has
    for i, j, errors in zip(derived.outputs, fused.outputs, bounds, strict=True):
        assert math.isclose(before[i].data, after[j].data, rel_tol=0.0, abs_tol=2.0 * sum(errors))


def test_a_long_chain_of_differences_is_a_difference_of_two_sums():
    x = [Value(1.0 + i) for i in range(12)]
    chain = labelled(x[0] - x[1] - x[2] * x[3] + x[4] - x[5] - x[6] - x[7] - x[8] - x[9] - x[10] * x[11], "c")
    rest = SUM(DOT(x[2], x[10], x[3], x[11]), x[1], x[5], x[6], x[7], x[8], x[9])
    expected = labelled(x[0] + x[4] - rest, "c")
    assert fuse(tape_of([chain], x)) == tape_of([expected], x)
    assert fuse(tape_of([chain], x)).lines[-1].label == "c"


def test_a_few_differences_and_those_that_are_wanted_elsewhere_stay():
    x = [Value(1.0 + i) for i in range(12)]
    few, partial = reduce(lambda s, xi: s - xi, x[:8]), [x[0]]
    for xi in x[1:]:
        partial.append(partial[-1] - xi)
    labels = reduce(lambda s, xi: labelled(s - xi, f"minus {xi.data}"), x)
    for outputs in ([few], partial, [labels]):
        assert fuse(tape_of(outputs, x)) == tape_of(outputs, x)


@pytest.mark.full
@pytest.mark.parametrize("turn", [lambda s, x: s + x, lambda s, x: x + s])
def test_a_long_chain_is_one_line(turn):
    x = [Value(float(i)) for i in range(50_000)]
    tape = tape_of([reduce(turn, [xi * xi for xi in x])], x)
    fused = fuse(tape)
    assert fused.counts() == {"dot": 1}
    assert len(fused.lines[-1].operands) == 100_000
