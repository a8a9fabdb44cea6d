"""A Program gives what its graph gives: values and gradients, at every point, on each backend."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, exp, gradients, sin
from autodiff.primitive import WidePrimitive
from autodiff.program import Program
from autodiff.testing import expressions, points, reals
from nn import losses
from nn.testing import networks

N_WIDE = 6  # operands of a wide primitive


LENGTHS = range(18)


def eager(f, point, parameters=()):
    """The value of a recorded call, and its gradient by inputs, then by parameters: by `backward`."""
    inputs = [Value(x) for x in point]
    for parameter in parameters:
        parameter.grad = 0.0
    out = f(*inputs)
    out.backward()
    return np.array([out.data, *[leaf.grad for leaf in (*inputs, *parameters)]])


def allowed(program, wrt, leaves, rounding, eps=sys.float_info.epsilon):
    """How far value and gradient may be from `eager`, per output.

    Twice a running error bound: of the derived program, which does what `backward` does, and of the one that runs. The
    bound takes 1 eps an operation; the elementary functions are right to 2 ulp here and 1 ulp in `math`, and an ulp is
    at most 1 eps. What is left of the factor of 4 covers terms of second order.
    """
    passes = program.passes(wrt)
    two = zip(rounding(passes["derive"], leaves, eps=eps), rounding(passes["fuse"], leaves, eps=eps), strict=True)
    return 4.0 * np.array([sum(both) for both in two]) + 1e-300  # or what underflows


def neighbours(f):
    """Points at which all of an expression is defined: `expressions` looks at these."""
    moved = [list(f.point)]
    for j, x in enumerate(f.point):
        for side in (-1e-3, 1e-3):
            moved.append([*f.point[:j], x + side * max(1.0, abs(x)), *f.point[j + 1 :]])
    return moved


@pytest.mark.full
@settings(max_examples=25)
@given(f=expressions(["x", "y"], max_nodes=60))
def test_a_random_expression_has_its_eager_value_and_gradient_by_inputs(backend, rounding, f):
    inputs = [Value(x) for x in f.point]
    program = Program(f(*inputs), inputs, backend=backend)
    rows = neighbours(f)
    values, gradient = program.value_and_grad(rows)
    for point, value, slopes, alone in zip(rows, values, gradient, program(rows), strict=True):
        expected, bounds = eager(f, point), allowed(program, "inputs", point, rounding)
        assert (np.abs([value, *slopes] - expected) <= bounds).all()
        assert abs(alone - expected[0]) <= bounds[0]


@pytest.mark.full
@settings(max_examples=25)
@given(f=expressions(["x", "p"], max_nodes=60))
def test_a_random_expression_has_its_eager_gradient_by_a_parameter_that_has_moved(backend, rounding, f):
    x, p = [Value(x) for x in f.point]
    program = Program(f(x, p), [x], [p], backend=backend)
    for point in neighbours(f):
        value, gradient = program.mean_and_grad([point[:1]] * 3, point[1:])  # equal points: the mean is each one's
        error = np.abs([value, *gradient] - eager(f, point)[[0, 2]])
        bounds = allowed(program, "parameters", point, rounding)
        assert (error <= bounds + 3 * np.finfo(float).eps * np.abs([value, *gradient])).all()  # and of adding up three


@pytest.mark.full
@settings(max_examples=20)
@given(drawn=networks(), data=st.data())
def test_a_random_network_has_its_eager_loss_and_gradients(backend, rounding, drawn, data):
    model, start, targets = drawn
    inputs, parameters = [Value(x) for x in start], list(model.parameters())
    rows = [start, *data.draw(st.lists(st.tuples(*[reals(-2.0, 2.0)] * len(start)), max_size=5))]

    def loss(*point):
        return losses.squared_error(model(list(point)), targets)

    program = Program(loss(*inputs), inputs, parameters, backend=backend)
    values, by_inputs = program.value_and_grad(rows)
    mean, by_parameters = program.mean_and_grad(rows)
    expected, bounds = [], []
    for point, value, slopes in zip(rows, values, by_inputs, strict=True):
        expected.append(eager(loss, point, parameters))
        leaves = [*point, *[parameter.data for parameter in parameters]]
        error = np.abs([value, *slopes] - expected[-1][: 1 + len(start)])
        assert (error <= allowed(program, "inputs", leaves, rounding)).all()
        bounds.append(allowed(program, "parameters", leaves, rounding))
    wanted = np.delete(expected, range(1, 1 + len(start)), axis=1)
    adding_up = len(rows) * np.finfo(float).eps * np.abs(wanted).mean(axis=0)
    error = np.abs([mean, *by_parameters] - wanted.mean(axis=0))
    assert (error <= np.mean(bounds, axis=0) + 2 * adding_up).all()


def samples(primitive):
    """17 points where a primitive is smooth, of one length."""
    if isinstance(primitive, WidePrimitive):
        return st.lists(st.tuples(*[reals()] * N_WIDE), min_size=17, max_size=17)
    return st.lists(points(primitive), min_size=17, max_size=17)


@pytest.mark.full
@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_every_primitive_has_its_eager_value_and_gradient_in_a_batch_of_any_length(primitive, backend, rounding):
    made = {}

    @settings(max_examples=4)
    @given(samples(primitive))
    def check(rows):
        n = len(rows[0])
        if not made:
            inputs, parameters = [[Value(x) for x in rows[0]] for _ in range(2)]
            made["inputs"] = Program(primitive(*inputs), inputs, backend=backend)
            made["parameters"] = Program(primitive(*parameters), [], parameters, backend=backend)
        expected = np.array([eager(primitive, row) for row in rows])
        bounds = np.array([allowed(made["inputs"], "inputs", row, rounding) for row in rows])
        for length in LENGTHS:
            values, gradient = made["inputs"].value_and_grad(np.array(rows[:length]).reshape(length, n))
            error = np.abs(np.column_stack([values, gradient]) - expected[:length])
            assert (error <= bounds[:length]).all()
            if length:  # the same for all points; the mean over n of these is off by n eps
                value, gradient = made["parameters"].mean_and_grad(np.empty((length, 0)), rows[length - 1])
                error = np.abs([value, *gradient] - expected[length - 1])
                bound = bounds[length - 1] + length * np.finfo(float).eps * np.abs(expected[length - 1])
                assert (error <= bound).all()

    check()


@pytest.mark.full
@settings(max_examples=15)
@given(drawn=networks(), data=st.data())
def test_single_precision_is_as_close_as_its_eps_allows(backend, rounding, drawn, data):
    model, start, targets = drawn
    inputs, parameters = [Value(x) for x in start], list(model.parameters())
    for leaf in (*inputs, *parameters):
        leaf.data = float(np.float32(leaf.data))
    targets = [0.25] * len(targets) if isinstance(targets, list) else 0.25  # exact in single precision

    def loss(*point):
        return losses.squared_error(model(list(point)), targets)

    point = [leaf.data for leaf in inputs]
    program = Program(loss(*inputs), inputs, parameters, backend=backend, dtype="float32")
    expected = eager(loss, point, parameters)
    leaves = [*point, *[parameter.data for parameter in parameters]]
    for wrt, got, wanted in (
        ("inputs", program.value_and_grad([point] * 3), expected[: 1 + len(point)]),
        ("parameters", program.mean_and_grad([point] * 3), np.delete(expected, range(1, 1 + len(point)))),
    ):
        value, gradient = got
        assert gradient.dtype == np.float32
        row = [np.ravel(value)[0], *(gradient if wrt == "parameters" else gradient[1])]
        bound = allowed(program, wrt, leaves, rounding, eps=float(np.finfo(np.float32).eps))
        # a mean of three, and numbers below the smallest normal one, 1.2e-38
        assert (np.abs(row - wanted) <= bound + 3 * np.finfo(np.float32).eps * np.abs(wanted) + 1e-37).all()


def test_a_gradient_program_can_be_made_of_a_gradient(backend):
    x, y = Value(0.7, "x"), Value(1.3, "y")
    f = x**3 * sin(y) + exp(x * y)
    f_x, f_y = gradients(f, [x, y])
    f_xx, f_xy = gradients(f_x, [x, y])
    expected = {  # by hand
        f_x: 3 * 0.7**2 * math.sin(1.3) + 1.3 * math.exp(0.91),
        f_y: 0.7**3 * math.cos(1.3) + 0.7 * math.exp(0.91),
        f_xx: 6 * 0.7 * math.sin(1.3) + 1.3**2 * math.exp(0.91),
        f_xy: 3 * 0.7**2 * math.cos(1.3) + 1.91 * math.exp(0.91),
    }
    got = Program(list(expected), [x, y], backend=backend)([0.7, 1.3])
    np.testing.assert_allclose(got, list(expected.values()), rtol=1e-14)  # all terms are positive: a few eps
    value, gradient = Program(f_x, [x, y], backend=backend).value_and_grad([0.7, 1.3])
    np.testing.assert_allclose([value, *gradient], [expected[f_x], expected[f_xx], expected[f_xy]], rtol=1e-14)


def test_a_sum_in_the_manner_of_micrograd_is_the_dot_of_nn(backend):
    w, x, b = [Value(0.5), Value(-1.5)], [Value(2.0), Value(3.0)], Value(0.1)
    out = sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
    assert Program(out, x, [*w, b], backend=backend).passes()["fuse"].counts() == {"dot": 1, "add": 1}
