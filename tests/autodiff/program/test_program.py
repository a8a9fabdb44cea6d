"""A Program gives what its graph gives: values and gradients, at every point, on each backend."""

import math
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viz
from autodiff import PRIMITIVES, DomainError, Value, defprimitive, dot, exp, gradients, log, logsumexp, sin, sqrt, tanh
from autodiff.primitive import WidePrimitive
from autodiff.program import Program
from autodiff.program.record import graph_of
from autodiff.testing import expressions, points, reals
from nn import MLP, losses
from nn.testing import networks

BACKENDS = ["python", "llvm", "arrays"]
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


# ---------------------------------------------------------------------------------------- values and gradients


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
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


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sum_in_the_manner_of_micrograd_is_the_dot_of_nn(backend):
    w, x, b = [Value(0.5), Value(-1.5)], [Value(2.0), Value(3.0)], Value(0.1)
    out = sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
    assert Program(out, x, [*w, b], backend=backend).passes()["fuse"].counts() == {"dot": 1, "add": 1}


# ----------------------------------------------------------------------------------------------------- outputs


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_outputs_may_be_nodes_inputs_parameters_and_constants_and_may_be_repeated(backend):
    x, y, p, c = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    node = x * p
    program = Program([node, y, p, c, node, x, y], [x, y], [p], backend=backend)
    assert program([5.0, 6.0]).tolist() == [15.0, 6.0, 3.0, 4.0, 15.0, 5.0, 6.0]
    assert program([[5.0, 6.0], [7.0, 8.0]], [-1.0]).tolist() == [
        [-5.0, 6.0, -1.0, 4.0, -5.0, 5.0, 6.0],
        [-7.0, 8.0, -1.0, 4.0, -7.0, 7.0, 8.0],
    ]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("which", ["input", "parameter", "constant"])
def test_a_single_output_may_be_a_leaf(which, backend):
    x, y, p, c = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    output, values, by_inputs, mean, by_parameters = {
        "input": (x, [5.0, 6.0], [[1.0, 0.0], [1.0, 0.0]], 5.5, [0.0]),
        "parameter": (p, [7.0, 7.0], [[0.0, 0.0], [0.0, 0.0]], 7.0, [1.0]),
        "constant": (c, [4.0, 4.0], [[0.0, 0.0], [0.0, 0.0]], 4.0, [0.0]),
    }[which]
    program = Program(output, [x, y], [p], backend=backend)
    rows = [[5.0, 0.0], [6.0, 0.0]]
    assert len(program) == 0
    assert program(rows, [7.0]).tolist() == values
    assert [array.tolist() for array in program.value_and_grad(rows, [7.0])] == [values, by_inputs]
    value, gradient = program.mean_and_grad(rows, [7.0])
    assert (value, gradient.tolist()) == (mean, by_parameters)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_derivative_by_an_input_that_the_output_does_not_depend_on_is_zero(backend):
    x, unused, p, unused_p = Value(3.0), Value(4.0), Value(5.0), Value(6.0)
    program = Program(p * x**2, [unused, x], [unused_p, p], backend=backend)
    assert program.value_and_grad([math.nan, 3.0])[1].tolist() == [0.0, 30.0]
    assert program.mean_and_grad([math.inf, 3.0])[1].tolist() == [0.0, 9.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_may_have_no_inputs_or_no_parameters_or_neither(backend):
    x = Value(3.0)
    of_parameters = Program(x * x, [], [x], backend=backend)
    assert of_parameters([]) == 9.0
    assert of_parameters(np.empty((2, 0)), [4.0]).tolist() == [16.0, 16.0]
    value, gradient = of_parameters.mean_and_grad([])
    assert (value, gradient.tolist()) == (9.0, [6.0])
    assert Program(x * x, [x], backend=backend)([[1.0], [3.0]]).tolist() == [1.0, 9.0]
    assert Program(x * x, [], backend=backend)([]) == 9.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_by_nothing_is_refused(backend, refuses):
    x = Value(3.0)
    message = "{}: expected {} to differentiate by, the program has none; make it with Program(..., {}=[x])"
    of_inputs = Program(x * x, [x], backend=backend)
    with refuses(ValueError, message.format("mean_and_grad", "parameters", "parameters")):
        of_inputs.mean_and_grad([[1.0], [3.0]])
    with refuses(ValueError, message.format("passes", "parameters", "parameters")):
        of_inputs.passes("parameters")
    of_parameters = Program(x * x, [], [x], backend=backend)
    with refuses(ValueError, message.format("value_and_grad", "inputs", "inputs")):
        of_parameters.value_and_grad([])
    for language in ("python", "javascript", "numpy"):
        with refuses(ValueError, message.format("source", "parameters", "parameters")):
            of_inputs.source(language, wrt="parameters")
        with refuses(ValueError, message.format("source", "inputs", "inputs")):
            of_parameters.source(language, wrt="inputs")


def test_outputs_inputs_and_parameters_that_make_no_program_are_refused(refuses):
    x, y, p = Value(1.0, "x"), Value(2.0), Value(3.0, "p")
    product = x * y
    with refuses(ValueError, "Program: inputs[2] ('x') was given before, as inputs[0] ('x'); give every leaf once"):
        Program(product, [x, y, x])
    with refuses(ValueError, "Program: parameters[0] was given before, as inputs[1]; give every leaf once"):
        Program(product, [x, y], [y])
    with refuses(
        ValueError,
        "Program: expected leaves, got parameters[1], the result of <primitive mul>; "
        "a program starts from Values that were given, not computed",
    ):
        Program(product, [x], [p, product])
    with refuses(TypeError, "Program: expected inputs to be Values, got float"):
        Program(product, [x, 1.0])
    with refuses(TypeError, "Program: expected inputs to be a list of Values, got Value; write [x]"):
        Program(product, x)
    with refuses(TypeError, "Program: expected outputs to be a list of Values, got float; write [x]"):
        Program(1.0, [x])
    with refuses(TypeError, "Program: expected parameters to be Values, got str"):
        Program(product, [x], "p")
    with refuses(TypeError, "Program: expected inputs to be a list of Values, got set, which has no order"):
        Program(product, {x, y})
    with refuses(TypeError, "Program: expected parameters to be a list of Values, got frozenset, which has no order"):
        Program(product, [x], frozenset([y]))
    with refuses(TypeError, "Program: expected outputs to be a list of Values, got set, which has no order"):
        Program({product, x}, [x, y])
    with refuses(ValueError, "Program: expected at least one output, got none"):
        Program([], [x])
    with refuses(ValueError, "Program: expected backend to be one of auto, python, llvm, arrays, got 'numpy'"):
        Program(product, [x], backend="numpy")
    with refuses(ValueError, "Program: expected dtype to be one of float64, float32, got 'float16'"):
        Program(product, [x], dtype="float16")
    with refuses(ValueError, 'Program: expected wrt to be "inputs", "parameters" or None, got \'x\''):
        Program(product, [x]).passes("x")


@pytest.mark.parametrize("outputs", [1, 2])
def test_derivatives_of_a_sequence_of_outputs_are_refused(outputs, refuses):
    x = Value(1.0)
    program = Program([x * 2] * outputs, [x])
    message = (
        f"Program: expected one output to differentiate, got {outputs} in a list; "
        "give a Value, not a list, or make a Program of each"
    )
    with refuses(ValueError, message):
        program.value_and_grad([1.0])
    with refuses(ValueError, message):
        program.mean_and_grad([1.0])


def test_what_was_recorded_is_kept_whatever_happens_to_the_graph():
    x, p = Value(3.0), Value(2.0)
    out = log(x) * p
    program = Program(out, [x], [p])
    x.data = -1.0
    del out
    assert program([math.e]) == 2.0
    assert program.value_and_grad([2.0])[1].tolist() == [1.0]


# ------------------------------------------------------------------------------------------ points, theta, out

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
VALUES = [1.5, 3.5, 5.5]  # x - y/4 of these, exactly, in every dtype


@pytest.fixture(scope="module", params=BACKENDS)
def difference(request):
    """x - y/4, with a parameter that is 1."""
    x, y, one = Value(0.0), Value(0.0), Value(1.0)
    return Program(x - y * 0.25 * one, [x, y], [one], backend=request.param)


def misaligned(array):
    """The same numbers at an address that is odd."""
    return np.frombuffer(b"?" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)


KINDS = {
    "lists": ROWS,
    "tuples": tuple(map(tuple, ROWS)),
    "integers": [[1, 2], [3, 4], [5, 6]],
    "an array": np.array(ROWS),
    "an array of int8": np.array(ROWS, np.int8),
    "an array of uint64": np.array(ROWS, np.uint64),
    "an array of float32": np.array(ROWS, np.float32),
    "an array of float16": np.array(ROWS, np.float16),
    "a long double array": np.array(ROWS, np.longdouble),
    "big-endian": np.array(ROWS, ">f8"),
    "every other number": np.repeat(np.repeat(ROWS, 2, axis=0), 2, axis=1)[::2, ::2],
    "backwards": np.array(ROWS)[::-1, ::-1][::-1, ::-1],
    "really backwards": np.array([row[::-1] for row in ROWS[::-1]])[::-1, ::-1],
    "in Fortran's order": np.asfortranarray(ROWS),
    "a list of arrays": [np.array(row) for row in ROWS],
    "misaligned": misaligned(np.array(ROWS)),
    "misaligned integers": misaligned(np.array(ROWS, np.int64)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_points_may_be_anything_like_an_array_of_real_numbers(kind, difference):
    rows = KINDS[kind]
    before = np.array(rows)
    assert difference(rows).tolist() == [1 - 0.5, 3 - 1.0, 5 - 1.5]
    assert difference.value_and_grad(rows)[1].tolist() == [[1.0, -0.25]] * 3
    assert (np.array(rows) == before).all()


def test_points_may_be_read_only(difference):
    rows = np.array(ROWS)
    rows.flags.writeable = False
    assert difference(rows).tolist() == [0.5, 2.0, 3.5]


def test_a_single_point_gives_a_number_and_a_batch_an_array(difference):
    number = difference([1.0, 2.0])
    assert (type(number), number) == (float, 0.5)
    for method in (difference.value_and_grad, difference.mean_and_grad):
        assert type(method([1.0, 2.0])[0]) is float
    assert difference([[1.0, 2.0]]).shape == (1,)
    value, gradient = difference.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (0.5, [1.0, -0.25])
    assert difference(np.empty((0, 2))).shape == (0,)
    assert [array.shape for array in difference.value_and_grad(np.empty((0, 2)))] == [(0,), (0, 2)]


REAL = "Program: expected points to be real numbers, got {}"
SHAPE = "Program: expected points of shape (2,) or (batch, 2), got {}"
REFUSED = {
    "complex": ([1.0, 2j], TypeError, REAL.format("complex128")),
    "text": (["1", "2"], TypeError, REAL.format("<U1")),
    "a word": ("ab", TypeError, REAL.format("<U2")),
    "booleans": ([True, False], TypeError, REAL.format("bool")),
    "None": (None, TypeError, REAL.format("object")),
    "Values": ([Value(1.0), Value(2.0)], TypeError, REAL.format("Values")),
    "rows of Values": ([[Value(1.0), 2.0]], TypeError, REAL.format("Values")),
    "dates": (np.array(["2020-01-01"] * 2, "M8[D]"), TypeError, REAL.format("datetime64[D]")),
    "a number": (1.0, ValueError, SHAPE.format("()")),
    "too few": ([1.0], ValueError, SHAPE.format("(1,)")),
    "too many": ([[1.0, 2.0, 3.0]], ValueError, SHAPE.format("(1, 3)")),
    "nothing": ([], ValueError, SHAPE.format("(0,)")),
    "three axes": ([ROWS], ValueError, SHAPE.format("(1, 3, 2)")),
    "points in columns": (np.array(ROWS).T, ValueError, SHAPE.format("(2, 3)")),
    "ragged": (
        [[1.0, 2.0], [3.0]],
        ValueError,
        "Program: expected points to be rows of one length; got rows of several",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_points_that_are_none_are_refused(kind, difference, refuses):
    given_points, error, message = REFUSED[kind]
    for method in (difference, difference.value_and_grad, difference.mean_and_grad):
        with refuses(error, message):
            method(given_points)


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_of_one_input_that_are_no_column_are_refused_with_a_hint(backend, refuses):
    x = Value(1.0)
    program = Program(x * x, [x], backend=backend)
    expected = "Program: expected points of shape (1,) or (batch, 1), got "
    with refuses(ValueError, f"{expected}(3,); write [[1.0], [2.0]] for two points of one input"):
        program([1.0, 2.0, 3.0])
    with refuses(ValueError, f"{expected}(1, 2)"):
        program([[1.0, 2.0]])


def test_the_mean_of_no_point_is_refused(difference, refuses):
    with refuses(ValueError, "mean_and_grad: expected at least one point, got none; there is no mean of nothing"):
        difference.mean_and_grad(np.empty((0, 2)))


@pytest.fixture(scope="module", params=BACKENDS)
def line(request):
    """A program w x + b, and its parameters."""
    x, w, b = Value(0.0, "x"), Value(2.0, "w"), Value(1.0, "b")
    return Program(w * x + b, [x], [w, b], backend=request.param), w, b


def test_without_theta_the_parameters_are_read_anew_in_every_call(line):
    program, w, b = line
    try:
        assert program([3.0]) == 7.0
        w.data, b.data = -1.0, 0.5
        assert program([3.0]) == -2.5
        assert program.value_and_grad([3.0])[1].tolist() == [-1.0]
        assert program.mean_and_grad([[3.0], [5.0]])[0] == -3.5
        assert program([3.0], [1.0, 1.0]) == 4.0
        assert (w.data, b.data) == (-1.0, 0.5)
        w.data = math.nan
        assert math.isnan(program([3.0]))
    finally:
        w.data, b.data = 2.0, 1.0


@pytest.mark.parametrize(
    "theta",
    [(4, 5), np.array([4, 5]), np.array([4.0, 0, 5.0])[::2], misaligned(np.array([4.0, 5.0])), [4.0, np.float32(5)]],
)
def test_theta_may_be_anything_like_an_array_of_real_numbers(theta, line):
    program, *_ = line
    assert program([[1.0], [2.0]], theta).tolist() == [9.0, 13.0]
    value, gradient = program.mean_and_grad([[1.0], [2.0]], theta)
    assert (value, gradient.tolist()) == (11.0, [1.5, 1.0])


def test_theta_that_is_none_is_refused(line, refuses):
    program, w, b = line
    with refuses(ValueError, "Program: expected theta of shape (2,), got (3,)"):
        program([1.0], [1.0, 2.0, 3.0])
    with refuses(ValueError, "Program: expected theta of shape (2,), got (1, 2)"):
        program([1.0], [[1.0, 2.0]])
    with refuses(TypeError, "Program: expected theta to be real numbers, got Values"):
        program([1.0], [w, b])
    with refuses(TypeError, "Program: expected theta to be real numbers, got complex128"):
        program.mean_and_grad([1.0], [1.0, 2j])


def test_results_land_in_out(line):
    program, *_ = line
    values, gradient = np.empty(2), np.empty((2, 1))
    assert program([[1.0], [2.0]], out=values) is values
    assert values.tolist() == [3.0, 5.0]
    given_back = program.value_and_grad([[3.0], [4.0]], out=(values, gradient))
    assert given_back[0] is values
    assert given_back[1] is gradient
    assert (values.tolist(), gradient.tolist()) == ([7.0, 9.0], [[2.0], [2.0]])
    slopes = np.empty(2)
    assert program.mean_and_grad([[3.0], [4.0]], out=slopes)[1] is slopes
    assert slopes.tolist() == [3.5, 1.0]
    number = np.empty(())
    assert program([3.0], out=number) == 7.0
    assert number == 7.0


def test_parts_of_a_larger_array_may_be_out(line):
    program, *_ = line
    whole = np.zeros((4, 3))
    program([[1.0], [2.0], [3.0]], out=whole[1])
    assert whole.tolist() == [[0.0] * 3, [3.0, 5.0, 7.0], [0.0] * 3, [0.0] * 3]


APART = "Program: expected {} to be an array of its own, got one that shares memory with an argument"


@pytest.mark.parametrize("backend", BACKENDS)
def test_out_that_shares_memory_with_an_argument_or_the_other_out_is_refused(backend, refuses):
    x, w, b = Value(0.0), Value(2.0), Value(1.0)
    program = Program(w * x + b, [x], [w, b], backend=backend)
    rows, theta = np.array([[1.0], [2.0]]), np.array([2.0, 1.0])
    values, gradient = np.empty(2), np.empty((2, 1))
    for shared in (rows.reshape(2), theta):
        with refuses(ValueError, APART.format("out")):
            program(rows, theta, out=shared)
        with refuses(ValueError, APART.format("out[0]")):
            program.value_and_grad(rows, theta, out=(shared, gradient))
        with refuses(ValueError, APART.format("out[1]")):
            program.value_and_grad(rows, theta, out=(values, shared.reshape(2, 1)))
        with refuses(ValueError, APART.format("out")):
            program.mean_and_grad(rows, theta, out=shared)
    with refuses(ValueError, APART.format("out[1]")):
        program.value_and_grad(rows, theta, out=(None, rows))
    with refuses(ValueError, "Program: expected out to be two arrays of their own, got two that share memory"):
        program.value_and_grad(rows, theta, out=(values, values.reshape(2, 1)))
    assert (rows.tolist(), theta.tolist()) == ([[1.0], [2.0]], [2.0, 1.0])
    whole = np.empty(5)  # beside each other is apart, and an argument that has to be converted is read before
    program.value_and_grad(rows.astype("f4"), theta, out=(whole[:2], whole[2:4].reshape(2, 1)))
    assert whole[:4].tolist() == [3.0, 5.0, 2.0, 2.0]
    assert program.value_and_grad(np.empty((0, 1)), theta, out=(np.empty(0), np.empty((0, 1))))[0].shape == (0,)


WRONG = {
    "a list": ([0.0, 0.0], TypeError, "to be an array of float64, got list"),
    "single precision": (np.empty(2, np.float32), TypeError, "to be an array of float64, got an array of float32"),
    "integers": (np.empty(2, int), TypeError, "to be an array of float64, got an array of int64"),
    "big-endian": (np.empty(2, ">f8"), TypeError, "to be an array of float64, got an array of >f8"),
    "too short": (np.empty(1), ValueError, "of shape (2,), got (1,)"),
    "a column": (np.empty((2, 1)), ValueError, "of shape (2,), got (2, 1)"),
    "a masked array": (np.ma.zeros(2), TypeError, "to be an array of float64, got MaskedArray"),
    "gaps": (np.empty(4)[::2], ValueError, "to be C-contiguous, aligned and writeable; use np.empty((2,))"),
    "misaligned": (
        np.frombuffer(bytearray(17), offset=1),
        ValueError,
        "to be C-contiguous, aligned and writeable; use np.empty((2,))",
    ),
    "read-only": (
        np.frombuffer(bytes(16)),
        ValueError,
        "to be C-contiguous, aligned and writeable; use np.empty((2,))",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_out_of_the_wrong_kind_is_refused(kind, line, refuses):
    program, *_ = line
    out, error, message = WRONG[kind]
    with refuses(error, f"Program: expected out {message}"):
        program([[1.0], [2.0]], out=out)
    with refuses(error, f"Program: expected out[0] {message}"):
        program.value_and_grad([[1.0], [2.0]], out=(out, np.empty((2, 1))))
    with refuses(error, f"Program: expected out {message}"):
        program.mean_and_grad([[1.0], [2.0]], out=out)


def test_out_of_value_and_grad_is_two_arrays(line, refuses):
    program, *_ = line
    with refuses(TypeError, "Program: expected out to be a tuple of two arrays, got ndarray"):
        program.value_and_grad([1.0], out=np.empty(2))
    with refuses(ValueError, "Program: expected out[1] of shape (1,), got (2,)"):
        program.value_and_grad([1.0], out=(np.empty(()), np.empty(2)))


def test_one_of_the_two_may_be_left_to_be_made(line):
    program, *_ = line
    gradient = np.empty((1, 1))
    values, same = program.value_and_grad([[1.0]], out=(None, gradient))
    assert same is gradient
    assert values.tolist() == [3.0]


# ------------------------------------------------------------------------------------------ options and upkeep


def test_a_primitive_of_ones_own_runs_in_python_and_is_refused_by_llvm(refuses):
    cube = defprimitive("exp", lambda x: x**3, lambda out, x: 3.0 * x**2)  # of a name that the table has too
    x = Value(2.0)
    program = Program(cube(x) + exp(x), [x])
    assert program.backend == "python"
    assert program([3.0]) == 27.0 + math.exp(3.0)
    value, gradient = program.value_and_grad([[3.0], [4.0]])
    np.testing.assert_allclose(value, [27.0 + math.exp(3.0), 64.0 + math.exp(4.0)], rtol=1e-15)
    np.testing.assert_allclose(gradient[:, 0], [27.0 + math.exp(3.0), 48.0 + math.exp(4.0)], rtol=1e-15)
    with refuses(ValueError, 'Program: backend="llvm" has no machine code for <primitive exp>; use backend="python"'):
        Program(cube(x), [x], backend="llvm")
    with refuses(TypeError, "pickle: a program with <primitive exp>, which is not in the table, cannot be kept"):
        pickle.dumps(program)


def test_auto_is_llvm_for_primitives_of_the_table():
    x = Value(2.0)
    assert Program(exp(x), [x]).backend == "llvm"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_pickled_program_is_the_same_program_with_parameters_of_its_own(backend):
    x, w = Value(0.5, "x"), Value(3.0, "w")
    program = Program(tanh(w * x), [x], [w], backend=backend, dtype="float32")
    program([1.0])  # what is compiled is left out
    again = pickle.loads(pickle.dumps(program))
    w.data = 100.0
    assert again.backend == backend
    assert again.passes()["fuse"] == program.passes()["fuse"]
    assert again([0.5]) == program([0.5], [3.0])
    assert again.mean_and_grad([[0.5]])[1] == program.mean_and_grad([[0.5]], [3.0])[1]
    assert again([[0.5]]).dtype == np.float32


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_pickled_program_runs_in_another_process(backend, root, tmp_path):
    x, w = Value(0.5), Value(3.0)
    (tmp_path / "program").write_bytes(pickle.dumps(Program([sin(w * x), x], [x], [w], backend=backend)))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'program')!r}, 'rb'))([[0.5], [0.0]]).tolist())"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(np.array(eval(run.stdout)), [[math.sin(1.5), 0.5], [0.0, 0.0]], rtol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_check_names_the_first_line_that_is_not_finite(backend, refuses):
    x, y = Value(2.0, "x"), Value(4.0, "y")
    program = Program(log(x) * sqrt(y), [x, y], backend=backend, check=True)
    assert program([[1.0, 1.0]]).tolist() == [0.0]
    text = "Program: log(x = 0.0) = -inf at point 1; check=True asks for finite numbers"
    with refuses(DomainError, text):
        program([[1.0, 1.0], [0.0, 1.0]])
    with refuses(DomainError, text):
        program.value_and_grad([[1.0, 1.0], [0.0, 1.0]])
    with refuses(DomainError, "Program: sqrt(y = -1.0) = nan at point 0; check=True asks for finite numbers"):
        program([1.0, -1.0])
    assert program([1.0, 0.0]) == 0.0
    text = "Program: reciprocal(0.0) = inf in the derivative at point 0; check=True asks for finite numbers"
    with refuses(DomainError, text):
        program.value_and_grad([1.0, 0.0])  # the slope of the root


def test_without_check_what_is_not_finite_goes_through():
    x = Value(2.0)
    assert Program(log(x), [x])([[0.0], [-1.0], [1.0]]).tolist()[::2] == [-math.inf, 0.0]


def test_the_repr_counts_what_each_pass_leaves():
    x, w = Value(2.0), Value(3.0)
    program = Program((x * w + x * x + 0.0) * 1.0, [x], [w], backend="llvm")
    start = "<Program 1 output, 1 input, 1 parameter; llvm; operations: record 5, simplify 3, fuse 1"
    assert repr(program) == f"{start}>"
    assert len(program) == 1
    by = {wrt: program.passes(wrt) for wrt in ("parameters", "inputs")}  # which come in the other order
    for wrt in ("inputs", "parameters"):
        start += f"; with the gradient by {wrt}: " + ", ".join(f"{name} {len(tape)}" for name, tape in by[wrt].items())
    assert repr(program) == f"{start}>"


def test_the_repr_says_why_a_backend_was_chosen():
    x, y = Value(2.0), Value(3.0)
    program = Program([x * y, x + y], [x, y])
    assert repr(program) == (
        "<Program 2 outputs, 2 inputs, 0 parameters; llvm (2 operations); operations: record 2, simplify 2, fuse 2>"
    )


@pytest.mark.parametrize("wrt", [None, "inputs", "parameters"])
def test_the_passes_are_tapes_that_are_in_order_and_can_be_drawn(wrt, verify):
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    x = [Value(0.5, "x0"), Value(-1.0, "x1")]
    program = Program(losses.squared_error(model(x), 1.0), x, model.parameters())
    passes = program.passes(wrt)
    assert list(passes) == ["record", *["derive"] * (wrt is not None), "simplify", "fuse"]
    n = {None: 1, "inputs": 1 + 2, "parameters": 1 + 13}[wrt]
    for name, tape in passes.items():
        verify(tape)
        assert (tape.n_inputs, tape.n_parameters, len(tape.outputs)) == (2, 13, 1 if name == "record" else n)
        values = graph_of(tape)  # the recipe of `passes` and of docs/program.md
        assert "tanh" in str(viz.draw(*(values[i] for i in tape.outputs)))
    sizes = [len(tape) for tape in passes.values()][wrt is not None :]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_source_is_that_of_what_runs(language):
    x, w = Value(2.0, "x"), Value(3.0, "w")
    program = Program(logsumexp([w * x, x]) + dot([w, x], [x, w]), [x], [w])
    for wrt in (None, "inputs", "parameters"):
        assert "logsumexp" in program.source(language, wrt=wrt) or "log1p" in program.source(language, wrt=wrt)


# ------------------------------------------------------------------------------------------- what is not installed

WITHOUT = """
import sys
for name in {missing}:
    sys.modules[name] = None
from autodiff import Value, exp
from autodiff.program import Program
x = Value(1.0)
def attempt(f):
    try:
        print(f())
    except ImportError as error:
        print(type(error).__name__, error, sep=": ")
attempt(lambda: Program(exp(x), [x]).backend)
attempt(lambda: Program(exp(x), [x])([0.0]))
attempt(lambda: Program(exp(x), [x], backend="llvm"))
attempt(lambda: "exp(" in Program(exp(x), [x]).source("python"))
"""
INSTALL = 'pip install ".[fast]" in the folder of chainrule'
NO_NUMPY = f"MissingDependencyError: Program: to replay at points needs the package numpy: {INSTALL}"
NO_LLVMLITE = f'MissingDependencyError: Program: backend="llvm" needs the package llvmlite: {INSTALL}'


@pytest.mark.parametrize(
    ("missing", "lines"),
    [
        (["llvmlite"], ["python", "1.0", NO_LLVMLITE, "True"]),
        (["numpy", "llvmlite"], ["python", NO_NUMPY, NO_LLVMLITE, "True"]),
    ],
)
def test_without_the_extra_auto_is_python_and_the_errors_name_it(missing, lines, root):
    code = WITHOUT.format(missing=missing)
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == lines


def test_importing_programs_loads_neither_numpy_nor_llvmlite(root):
    code = "import sys, autodiff.program; print({'numpy', 'llvmlite'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
