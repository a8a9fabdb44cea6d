"""The derivative of a tape: what the eager engine gives, with a label for each adjoint."""

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autodiff import Value, dot, sin
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.reverse import adjoints
from autodiff.testing import expressions


@given(f=expressions(["x", "y", "z"]))
def test_the_derived_tape_computes_the_output_and_the_eager_gradient(f, rounding, verify, recorded, values):
    tape, output = recorded(f)
    derived = derive(tape, tape.inputs)
    verify(derived)
    order = graph_of(tape)
    want = [output.data, *adjoints(order[tape.outputs[0]], order[: tape.n_inputs])]
    # Both are rounded results of the same formula, added up in orders of their own: twice the bound, and as much for
    # library functions that are off by two eps.
    for got, wanted, error in zip(values(derived), want, rounding(derived), strict=True):
        assert math.isclose(got, wanted, rel_tol=0.0, abs_tol=4.0 * error)


def test_the_derived_tape_has_the_same_leaves_and_one_output_more_for_each_of_the_wanted(values):
    x, w, b = Value(2.0, "x"), Value(3.0, "w"), Value(4.0, "b")
    tape = tape_of([w * x + b], [x], [w, b])
    derived = derive(tape, tape.parameters)
    assert derived.lines[:3] == tape.lines[:3]
    assert (derived.n_inputs, derived.n_parameters) == (1, 2)
    assert values(derived) == [10.0, 2.0, 1.0]  # w x + b; x; 1


def test_an_adjoint_is_labelled_after_its_line():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    n = w * x
    n.label = "n"
    y = sin(n)
    tape = tape_of([y * y], [x], [w])
    labels = [line.label for line in derive(tape, tape.parameters).lines]
    assert sorted(filter(None, labels)) == ["n", "w", "x", "∂n", "∂w"]


def test_a_leaf_that_the_output_does_not_depend_on_has_the_derivative_zero(verify, values):
    x, w = Value(2.0, "x"), Value(3.0, "w")
    tape = tape_of([sin(x)], [x], [w])
    derived = derive(tape, tape.parameters)
    verify(derived)
    assert values(derived) == [math.sin(2.0), 0.0]


def test_an_output_that_is_a_leaf_has_the_derivative_one_by_itself(values):
    x, y = Value(2.0), Value(3.0)
    tape = tape_of([x], [x, y])
    assert values(derive(tape, tape.inputs)) == [2.0, 1.0, 0.0]


def test_a_derived_tape_can_be_derived_again(values):
    x = Value(2.0, "x")
    tape = tape_of([x**3], [x])
    slope = derive(tape, tape.inputs)
    curvature = derive(replace(slope, outputs=slope.outputs[1:]), slope.inputs)
    assert values(curvature) == [12.0, 12.0]  # 3 x^2 and 6 x


@given(n=st.integers(1, 30))
def test_the_derivative_of_a_dot_costs_no_operation(n):
    w, x = [Value(1.0) for _ in range(n)], [Value(2.0) for _ in range(n)]
    tape = tape_of([dot(w, x)], x, w)
    assert derive(tape, tape.parameters).counts() == {"dot": 1}
