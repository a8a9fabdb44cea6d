"""The arguments of a call: points, theta and out, of any kind that is an array of real numbers."""

import math

import numpy as np
import pytest

from autodiff import Value
from autodiff.program import Program

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


VALUES = [1.5, 3.5, 5.5]  # x - y/4 of these, exactly, in every dtype


@pytest.fixture(scope="module")
def difference(backend):
    """x - y/4, with a parameter that is 1."""
    x, y, one = Value(0.0), Value(0.0), Value(1.0)
    return Program(x - y * 0.25 * one, [x, y], [one], backend=backend)


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


@pytest.fixture(scope="module")
def line(backend):
    """A program w x + b, and its parameters."""
    x, w, b = Value(0.0, "x"), Value(2.0, "w"), Value(1.0, "b")
    return Program(w * x + b, [x], [w, b], backend=backend), w, b


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


@pytest.mark.parametrize("backend", ["python", "arrays", "llvm"])
def test_a_program_without_inputs_needs_no_points(backend, refuses):
    a, b = Value(1.5, "a"), Value(2.0, "b")
    program = Program(a**2 * b, inputs=[], parameters=[a, b], backend=backend)
    for _ in range(2):  # the first call compiles
        assert program() == program([]) == 4.5
        assert program(theta=[3.0, 2.0]) == 18.0
        value, gradient = program.mean_and_grad()
        assert (value, gradient.tolist()) == (4.5, [6.0, 2.25])
        value, gradient = program.mean_and_grad(theta=[3.0, 2.0])
        assert (value, gradient.tolist()) == (18.0, [12.0, 9.0])
    assert Program([a, a * b], [], backend=backend)().tolist() == [1.5, 3.0]
    with refuses(ValueError, "Program: expected points of shape (2,) or (batch, 2), got (0,)"):
        Program(a * b, [a, b], backend=backend)()
