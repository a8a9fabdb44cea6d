"""The Python backend writes what eager gives into arrays; outside the domain, what IEEE arithmetic gives."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given

from autodiff import Program, Value, defprimitive, exp, log, maximum
from autodiff.program.interpret import interpret
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.python import PythonKernel
from autodiff.program.recording.record import tape_of
from autodiff.testing import expressions

EPS = sys.float_info.epsilon


NONE = np.empty(0)


def run(tape, points, theta=(), *, n_values=1, mean=False):
    """The values and the derivatives."""
    points = np.asarray(points, dtype=float)
    rows = () if mean else (len(points),)
    values, gradient = np.empty((*rows, n_values)), np.empty((*rows, len(tape.outputs) - n_values))
    PythonKernel(tape, n_values, mean)(points, np.asarray(theta, dtype=float), values, gradient)
    return values, gradient


def a_product():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    return tape_of([w * x * x], [x], [w])


def test_values_and_gradients_are_written_for_every_point():
    tape = a_product()
    values, gradient = run(derive(tape, tape.inputs), [[2.0], [-1.0]], [3.0])
    assert values.tolist() == [[12.0], [3.0]]
    assert gradient.tolist() == [[12.0], [-6.0]]


def test_means_are_taken_over_the_points():
    tape = a_product()
    values, gradient = run(derive(tape, tape.parameters), [[2.0], [-1.0]], [3.0], mean=True)
    assert values.tolist() == [7.5]
    assert gradient.tolist() == [2.5]


def test_derivatives_by_labelled_parameters_are_told_from_those_by_labelled_inputs():
    x, w, b = Value(2.0, "x"), Value(3.0, "w"), Value(4.0, "b")
    _, gradient = Program((w * x + b) ** 2, [x], [w, b], backend="python").mean_and_grad([[2.0]])
    assert gradient.tolist() == [40.0, 20.0]  # 2 (w x + b) x and 2 (w x + b)


def test_a_batch_of_no_points_gives_arrays_without_rows():
    values, gradient = run(a_product(), np.empty((0, 1)), [3.0])
    assert values.shape == (0, 1)
    assert gradient.shape == (0, 0)


def test_a_program_may_have_several_values_and_no_inputs():
    w = Value(2.0)
    values, _ = run(tape_of([w * w, w, Value(5.0)], [], [w]), np.empty((2, 0)), [3.0], n_values=3)
    assert values.tolist() == [[9.0, 3.0, 5.0]] * 2


@given(expressions(["x", "y"], max_nodes=60))
def test_random_expressions_are_interpreted_as_they_are_run(f):
    leaves = [Value(x) for x in f.point]
    output = f(*leaves)
    if not isinstance(output, Value):
        return
    tape = tape_of([output], leaves)
    points = np.array([f.point, f.point])
    (value,), (again,) = run(tape, points)[0]
    assert value == again
    # the two differ by numpy's exp and so on, 1 ulp each, as far as 60 nodes pass it on
    size = max(1.0, *(abs(x) for values in interpret(tape, points, NONE) for x in values))
    assert abs(interpret(tape, points, NONE)[tape.outputs[0]][0] - value) <= 1e-12 * size * size
    assert value == output.data or abs(value - output.data) <= 1e-12 * size * size


@pytest.mark.parametrize("mean", [False, True])
def test_points_outside_the_domain_get_inf_and_nan(mean):
    x = Value(1.0, "x")
    tape = tape_of([log(x), exp(x)], [x])
    values, _ = run(tape, [[1.0], [0.0], [-1.0], [1000.0]], n_values=2, mean=mean)
    wanted = np.array([[0.0, math.e], [-np.inf, 1.0], [np.nan, math.exp(-1.0)], [math.log(1000.0), np.inf]])
    if mean:
        wanted = wanted.mean(axis=0)
    assert np.allclose(values, wanted, rtol=4 * EPS, atol=0.0, equal_nan=True)


def test_the_gradient_outside_the_domain_is_that_of_ieee_arithmetic():
    x = Value(1.0, "x")
    tape = tape_of([log(x)], [x])
    values, gradient = run(fuse(simplify(derive(tape, tape.inputs))), [[2.0], [0.0], [-2.0]])
    assert values[1:].ravel().tolist() == pytest.approx([-math.inf, math.nan], nan_ok=True)
    assert gradient.ravel().tolist() == [0.5, math.inf, -0.5]


def test_a_primitive_of_ones_own_runs_and_is_nan_where_it_raises():
    root = defprimitive("root 3", lambda x: math.pow(x, 1 / 3), lambda out, x: out / (3.0 * x))
    x = Value(8.0, "x")
    values, _ = run(tape_of([root(x) + maximum(x, 0.0)], [x]), [[8.0], [-8.0]])
    assert abs(values[0, 0] - 10.0) <= 8 * EPS
    assert math.isnan(values[1, 0])


@pytest.mark.full
def test_fifty_thousand_operations_compile():
    x = Value(0.5)
    y = x
    for _ in range(12_500):
        y = (y * x + 1.0) * 0.5 - y
    tape = tape_of([y], [x])
    assert len(tape) == 50_000
    values, _ = run(tape, [[0.5]])
    assert abs(values[0, 0] - y.data) <= 8 * EPS  # y is about 0.29, and every step shrinks an error by 3/4
