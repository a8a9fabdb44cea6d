"""A tape in which a side that is not taken computes with numbers inside its domain: no slope is 0 times inf."""

import math

import pytest

from autodiff import Value, log, sqrt, step, stop_gradient, where
from autodiff.program.passes.safe import safe
from autodiff.program.recording.record import tape_of


def choice(x, w):
    return where(step(x), lambda: log(x) * w, lambda: x * w)


def nested(x, w):
    return where(step(x), lambda: where(step(x - 1.0), lambda: sqrt(x - 1.0), x) * w, w * w)


def constant(x, w):
    return where(1.0, x * w, lambda: log(x))


def stopped(x, w):
    return where(step(x), lambda: stop_gradient(log(x)) + w, x)


def tape_at(f, number):
    x, w = Value(number, "x"), Value(3.0, "w")
    return tape_of([f(x, w)], [x], [w])


@pytest.mark.parametrize("f", [choice, nested, constant, stopped])
@pytest.mark.parametrize("number", [-2.0, 0.5, 2.5])
def test_values_labels_and_leaves_stay(f, number, run):
    tape = tape_at(f, number)
    changed = safe(tape)
    assert (changed.n_inputs, changed.n_parameters, len(changed.outputs)) == (1, 1, 1)
    assert [line.label for line in changed.lines[:2]] == ["x", "w"]
    for x in (-2.0, 0.5, 1.5):
        assert run(changed, [x, 3.0])[changed.outputs[0]] == run(tape, [x, 3.0])[tape.outputs[0]]


def test_a_side_that_is_not_taken_computes_inside_its_domain(run):
    tape = tape_at(choice, -2.0)
    assert not all(map(math.isfinite, run(tape, [-2.0, 3.0])))
    assert all(map(math.isfinite, run(safe(tape), [-2.0, 3.0])))


def test_a_label_on_the_way_stays():
    def labelled(x, w):
        product = x * w
        product.label = "product"
        return where(step(x), product, x)

    assert "product" in [line.label for line in safe(tape_at(labelled, 2.0)).lines]


def test_a_tape_without_a_choice_is_the_same():
    tape = tape_at(lambda x, w: log(x) * w, 2.0)
    assert safe(tape) is tape
