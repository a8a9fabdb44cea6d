"""Derivatives written by hand: right ones pass, wrong ones are named and explained, and what cannot be told is said."""

import contextlib
import math
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import GradientError, Value, exp, sin
from autodiff.testing import CannotTellError, check_gradients, check_jacobian, check_jvp, check_vjp
from autodiff.testing.differences import slope_at_zero
from autodiff.testing.measure import halved


def caught(f, *point, check=check_gradients, kind=GradientError, **options) -> str:
    """The message with which a derivative is refused."""
    with pytest.raises(kind) as error:
        check(f, *point, **options)
    assert error.type is kind
    return str(error.value)


# ----------------------------------------------------------------------------------- right gradients of hard functions


def cross_entropy(z):
    m = z.max()
    return m + np.log(np.exp(z - m).sum()) - z[0]


def cross_entropy_gradient(z):
    p = np.exp(z - z.max())
    p /= p.sum()
    p[0] -= 1.0
    return p


@settings(max_examples=100)
@given(st.lists(st.floats(-10.0, 10.0), min_size=2, max_size=6))
def test_the_gradient_of_softmax_cross_entropy_passes_at_every_point(z):
    check_gradients(cross_entropy, np.array(z), gradient=cross_entropy_gradient)


@settings(max_examples=100)
@given(st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=6))
def test_it_passes_with_an_absolute_tolerance_also_where_the_function_is_a_few_units_of_its_rounding(z):
    check_gradients(cross_entropy, np.array(z), gradient=cross_entropy_gradient, atol=1e-9)


def test_where_the_function_cancels_to_a_few_units_of_its_rounding_the_error_counts_these():
    z = np.array([30.0, -1.0])  # f is 10 units in the last place of 30, and still at steps below 1/32
    slope = slope_at_zero(lambda t: cross_entropy(z + np.array([t, 0.0])), 16.0)
    assert slope.is_still
    assert abs(slope.value - cross_entropy_gradient(z)[0]) <= 2.0 * slope.error
    check_gradients(cross_entropy, z, gradient=cross_entropy_gradient)


def test_a_slope_of_what_does_not_change_cannot_be_told():
    message = caught(lambda x: 3.0, 1.0, gradient=lambda x: 1.0, kind=CannotTellError)
    assert message == (
        "cannot tell whether d f / d x is right at x = 1.0\n    by hand         1.0\n    by differences  0"
        "\n    f does not change here: f = 3 at every small step: it is constant, or rounded"
        "\n    if it is constant, the derivative is 0; else choose another point, or a larger atol"
    )


def test_a_gradient_passes_where_the_function_is_0_to_rounding():
    def loss(z):
        p = np.exp(z - z.max())
        return -np.log(p[1] / p.sum())

    def gradient(z):
        p = np.exp(z - z.max())
        p /= p.sum()
        p[1] -= 1.0
        return p

    check_gradients(loss, np.array([0.0, 50.0]), gradient=gradient)


def test_a_kink_of_large_steps_alone_is_no_kink():
    z = np.full(
        2, 1.2965841302986556e-07
    )  # far away, the slope of either side is 0 or -1; at every step the difference is -1/2
    check_gradients(cross_entropy, z, gradient=cross_entropy_gradient)


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (math.log, 2e-5, 5e4),
        (lambda x: 1.0 / x, 1e-6, -1e12),
        (math.sin, 1e7, math.cos(1e7)),
        (lambda x: math.tanh(1e7 * x), 5e-8, 1e7 / math.cosh(0.5) ** 2),
        (lambda x: math.exp(-x * 1e8), 1e-8, -1e8 / math.e),
        (lambda x: 1.0 + x * x, 0.0, 0.0),
        (lambda x: 3.0, 1.0, 0.0),
        (lambda x: round(math.exp(x), 6), 1.0, math.e),
        (lambda x: max(x, 0.0), 1e-7, 1.0),
        (lambda x: float(np.sin(np.float32(x))), 2.0, math.cos(2.0)),
        (lambda x: x * math.cos(x) if x >= 0.0 else math.log(x), 0.0, 1.0),
    ],
)
def test_a_right_slope_passes_and_a_wrong_one_does_not(f, x, slope):
    rounded = f(x) == round(f(x), 6)
    options = {"rtol": 1e-4} if rounded and slope == math.e else {}
    check_gradients(f, x, gradient=lambda x: slope, **options)
    for wrong in (1.001 * slope, -slope, 0.0) if slope else (1e-3, -1.0):
        with pytest.raises(AssertionError):
            check_gradients(f, x, gradient=lambda x, wrong=wrong: wrong, **options)


# ------------------------------------------------------------------------------------------------------ cannot tell


def test_a_random_function_cannot_be_told():
    rng = random.Random(0)
    message = caught(lambda x: x + 1e-3 * rng.random(), 1.0, gradient=lambda x: 1.0, kind=CannotTellError)
    assert "f gives another value when it is called again at the same point: it is random, or keeps a state" in message


def test_a_kink_cannot_be_told():
    for slope in (-1.0, 0.0, 1.0):
        message = caught(abs, 0.0, gradient=lambda x, slope=slope: slope, kind=CannotTellError)
        assert "f has a kink here, or too near: its slopes on the two sides differ" in message


@pytest.mark.parametrize("f", [lambda x: 1.0 if x > 0 else 0.0, lambda x: math.sin(1e17 * x)], ids=["jump", "waves"])
def test_what_is_too_rough_cannot_be_told(f):
    for slope in (5.0, 1e17, 0.1):
        message = caught(f, 0.5 * (f(0.5) != 1.0), gradient=lambda x, slope=slope: slope, kind=CannotTellError)
        assert "choose another point" in message


def test_a_function_that_is_not_finite_cannot_be_told():
    message = caught(lambda x: math.inf * x, 1.0, gradient=lambda x: 1.0, kind=CannotTellError)
    assert "f is inf here; choose another point" in message


def test_more_tolerance_tells_of_a_noisy_function():
    def solver(x):
        return round(math.exp(x), 2)

    caught(solver, 1.0, gradient=math.exp, kind=CannotTellError)
    check_gradients(solver, 1.0, gradient=math.exp, rtol=0.01)
    caught(solver, 1.0, gradient=lambda x: 1.1 * math.exp(x), rtol=0.01)


def test_an_error_of_the_function_itself_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        check_gradients(lambda x: 1.0 / x, 0.0, gradient=lambda x: 0.0)


# ------------------------------------------------------------------------------------- where differences cannot tell


def rounded(function):
    """A function whose value is good to two decimals, while complex numbers go through it whole."""

    def f(x):
        y = function(x)
        return y if isinstance(y, complex | Value) else round(y, 2)

    return f


def nearly(x, slope=3.0):
    """A slope that differences do not tell from the right one."""
    return slope * (1.0 + 4e-4)


@pytest.mark.parametrize(
    ("f", "by"),
    [
        (rounded(lambda x: x**3), "complex step "),
        (rounded(lambda x: x**3 if x > 0.0 else 0.0), "forward mode "),
        (rounded(lambda x: abs(x) ** 3), "forward mode "),
    ],
    ids=["analytic", "comparison", "abs"],
)
def test_what_takes_complex_numbers_or_values_is_told_where_differences_are_too_rough(f, by):
    check_gradients(f, 1.0, gradient=lambda x: 3.0)
    assert by in caught(f, 1.0, gradient=nearly)


@pytest.mark.parametrize(
    "f",
    [
        rounded(lambda x: x**3 + 1e-2 * x.real if isinstance(x, complex) else 1.01 * x**3),
        rounded(lambda x: complex(x.real**3, 0.0) if isinstance(x, complex) else float(x) ** 3),
        lambda x: np.round(x**3, 2),
        lambda x: float(np.round(x.real**3, 2)),
        lambda x: round(math.pow(x, 3), 2),
    ],
    ids=["partly real", "cast", "numpy's round", "real", "math"],
)
def test_a_complex_step_through_what_is_not_analytic_is_not_believed(f):
    for slope in (nearly(1.0), 0.0, 2.99):
        with pytest.raises(AssertionError) as error:
            check_gradients(f, 1.0, gradient=lambda x, slope=slope: slope)
        assert "by complex step" not in str(error.value)


def test_a_small_rtol_is_kept_by_the_complex_step():
    check_gradients(
        lambda x: np.exp(x) * np.sin(x), 1.0, gradient=lambda x: np.exp(x) * (np.sin(x) + np.cos(x)), rtol=1e-14
    )
    caught(np.exp, 1.0, gradient=lambda x: np.exp(x) * (1.0 + 1e-12), rtol=1e-14)


def test_a_function_of_float32_is_looked_at_in_double_precision_where_it_takes_that():
    def f(x):
        return np.float32(1.0) + np.float32(1e-5) * np.sin(x)

    x = np.float32(2.0)
    slope = 1e-5 * math.cos(2.0)
    check_gradients(f, x, gradient=lambda x: slope)
    assert "by double precision  -4.16" in caught(f, x, gradient=lambda x: 1.0001 * slope)
    caught(lambda x: f(np.float32(x)), x, gradient=lambda x: slope, kind=CannotTellError)


def test_a_gradient_in_float32_may_be_off_by_the_rounding_of_its_largest_numbers():
    for z in (2.0, 5.0, 9.0, 12.0):
        with contextlib.suppress(CannotTellError):  # at 5 the slope is 0.007, and rounded in the fifth digit
            check_gradients(cross_entropy, np.array([z, 0.0], np.float32), gradient=cross_entropy_gradient)


# ------------------------------------------------------------------------------------------------- structures


def test_arrays_go_in_as_arrays_of_their_type_and_as_copies():
    W = np.arange(6.0, dtype=np.float32).reshape(3, 2) / 4
    before = W.copy()

    def f(W):
        assert (W.dtype, W.shape) == (np.float32, (3, 2))
        W *= 2.0
        return (W.T @ W).sum()

    check_gradients(f, W, gradient=lambda W: 8.0 * W.sum(axis=1, keepdims=True) * np.ones_like(W))
    assert (before == W).all()


def test_a_dict_may_come_back_in_another_order():
    check_gradients(
        lambda p: p["a"] ** 2 * p["b"],
        {"a": 2.0, "b": 3.0},
        gradient=lambda p: {"b": p["a"] ** 2, "a": 2 * p["a"] * p["b"]},
    )


def test_only_the_arguments_of_argnums_count():
    def f(x, label, flag, index):
        return x[index] ** 2 if flag and label == "square" else math.nan

    check_gradients(f, [3.0, 4.0], "square", True, 1, argnums=0, gradient=lambda x, *_: [0.0, 2 * x[1]])
    check_gradients(lambda x, y: x * y, 2.0, 3.0, argnums=(1,), gradient=lambda x, y: x)


def test_what_is_not_a_number_is_refused_with_a_hint(refuses):
    point = "check_gradients: the point: expected"
    with refuses(
        TypeError,
        f"{point} numbers, or arrays, lists or dicts of numbers, got str; leave out what is no number by argnums=",
    ):
        check_gradients(lambda x, name: x, 1.0, "a", gradient=lambda x, name: 1.0)
    with refuses(TypeError, f"{point} numbers, got a function; pass it as gradient="):
        check_gradients(math.sin, math.cos, 1.0)
    with refuses(TypeError, f"{point} floats for i, got an array of int64; convert it, or leave it out by argnums="):
        check_gradients(lambda i: 1.0, np.array([1]), gradient=lambda i: i)
    with refuses(
        TypeError, "check_gradients: expected f to return one number, got 2; use check_jacobian, check_vjp or check_jvp"
    ):
        check_gradients(lambda x: [x, x], 1.0, gradient=lambda x: 1.0)
    with refuses(ValueError, "check_gradients: expected argnums among 0 to 0, got 1"):
        check_gradients(math.sin, 1.0, gradient=math.cos, argnums=1)
    with refuses(
        TypeError,
        "the gradient: expected numbers, or arrays, lists or dicts of numbers, got NoneType; did you forget return?",
    ):
        check_gradients(math.sin, 1.0, gradient=lambda x: None)


@pytest.mark.parametrize(
    ("point", "gradient", "message"),
    [
        ([1.0, 2.0], [1.0], "expected 2 numbers (x[0], x[1]), got one number (x[0])"),
        (
            [[1.0, 2.0], [3.0, 4.0]],
            [1.0, 1.0, 1.0, 1.0],
            "expected 4 numbers (x[0][0], x[0][1], x[1][0], x[1][1]), got 4 numbers (x[0], x[1], x[2], x[3])",
        ),
        ([[1.0, 2.0, 3.0]] * 2, [1.0], "expected 6 numbers (x[0][0] to x[1][2]), got one number (x[0])"),
        ({"a": 1.0}, {"b": 1.0}, "expected one number (x['a']), got one number (x['b'])"),
        (1.0, [1.0, 2.0], "expected one number (x), got 2 numbers (x[0], x[1])"),
    ],
)
def test_a_gradient_of_another_structure_is_refused(point, gradient, message):
    assert caught(lambda x: 1.0, point, gradient=lambda x: gradient) == f"the gradient: {message}"


# --------------------------------------------------------------------------------------- functions of many outputs


def rotated(x, angle):
    return np.array([np.cos(angle) * x[0] - np.sin(angle) * x[1], np.sin(angle) * x[0] + np.cos(angle) * x[1]])


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


X = np.array([0.3, -1.2])


def test_a_jacobian_passes_and_a_transposed_one_does_not():
    check_jacobian(rotated, X, 0.7, argnums=0, jacobian=lambda x, angle: rotation(angle))
    message = caught(rotated, X, 0.7, argnums=0, check=check_jacobian, jacobian=lambda x, angle: rotation(angle).T)
    assert message.startswith("d f[0] / d x[1] is wrong at x[0] = 0.3, x[1] = -1.2\n    by hand         0.644")
    assert "1 of 2 numbers is wrong: x[1]\n    1 is right: x[0]" in message


def test_a_backward_pass_passes_and_one_without_a_path_does_not():
    def backward(x, angle, g):
        return rotation(angle).T @ g, g @ (rotation(angle + np.pi / 2) @ x)

    check_vjp(rotated, X, 0.7, vjp=backward)
    message = caught(rotated, X, 0.7, check=check_vjp, vjp=lambda x, angle, g: (rotation(angle).T @ g, 0.0))
    assert "d f[0] / d angle is wrong" in message
    assert "perhaps: it is 0: a path is missing" in message


def test_a_forward_derivative_passes_and_a_wrong_one_does_not():
    check_jvp(rotated, X, 0.7, argnums=0, jvp=lambda x, angle, dx: rotation(angle) @ dx)
    message = caught(rotated, X, 0.7, argnums=0, check=check_jvp, jvp=lambda x, angle, dx: -rotation(angle) @ dx)
    assert "perhaps: the sign is wrong" in message


def test_a_backward_pass_that_ignores_its_cotangent_is_told_so():
    message = caught(np.sin, X, check=check_vjp, vjp=lambda x, g: np.cos(x))
    assert message.endswith("perhaps: the cotangent is not a factor of all of it: for a cotangent of 0 it is not 0")
    message = caught(np.sin, X, check=check_jvp, jvp=lambda x, dx: np.cos(x))
    assert message.endswith("perhaps: the tangent is not a factor of all of it: for a tangent of 0 it is not 0")


def newton(a):
    """The root of a, good to four digits; it does not end for a negative a."""
    x = 1.0
    while abs(x * x - a) > 1e-3:
        x = 0.5 * (x + a / x)
    return x


def test_a_solver_is_looked_at_no_farther_than_a_step_and_told_which_rtol_it_needs():
    def gradient(a):
        return 0.5 / math.sqrt(a)

    assert caught(newton, 2.0, gradient=gradient, step=0.5).endswith(
        "perhaps: f is not exact, as a solver that stops early; if that is meant, give rtol=1e-04"
    )
    check_gradients(newton, 2.0, gradient=gradient, step=0.5, rtol=1e-4)
    caught(newton, 2.0, gradient=lambda a: 1.01 * gradient(a), step=0.5, rtol=1e-4)


@pytest.mark.parametrize("step", [0.3, 0.5])
def test_no_number_goes_farther_than_the_step(step):
    seen = []

    def f(x):
        seen.extend(abs(x - np.array([1.0, -2.0])))
        return round(float(x[0] * x[1] ** 2), 3)

    with pytest.raises(CannotTellError):
        check_gradients(f, np.array([1.0, -2.0]), gradient=lambda x: [x[1] ** 2, 2 * x[0] * x[1]], step=step)
    assert 0.5 * step < max(seen) <= step


def test_a_jacobian_with_too_few_rows_is_refused():
    message = caught(lambda x: [x, x], 1.0, check=check_jacobian, jacobian=lambda x: [1.0])
    assert message == "the jacobian: expected a row for each of 2 outputs, got 1"


# -------------------------------------------------------------------------------------------------------- messages


def test_the_message_names_the_number_and_shows_where_it_is_right():
    W = [[0.5, 1.0], [2.0, -1.0]]

    def f(x, W):
        return sum(w * v for row, v in zip(W, x, strict=True) for w in row)

    assert (
        caught(f, [3.0, 4.0], W, gradient=lambda x, W: ([sum(W[0]), sum(W[1])], [[x[0], x[0]], [x[0], x[1]]]))
        == """\
d f / d W[1][0] is wrong at x[0] = 3.0, x[1] = 4.0, W[0][0] = 0.5, W[0][1] = 1.0, W[1][0] = 2.0, W[1][1] = -1.0
    by hand         3.0
    by differences  4
    they differ by 1, more than the tolerance 4e-07
    1 of 6 numbers is wrong: W[1][0]
    5 are right: x[0], x[1], W[0][0], W[0][1], W[1][1]"""
    )


SIGMOID = [lambda x: 1.0 / (1.0 + math.exp(-x)), 0.8]


@pytest.mark.parametrize(
    ("f", "x", "gradient", "idea"),
    [
        (lambda x: x**2, 3.0, lambda x: x, "a factor 2 is missing"),
        (lambda x: x**2, 3.0, lambda x: -4 * x, "a factor 2 too many and the sign"),
        (math.sin, 1.0, lambda x: -math.cos(x), "the sign is wrong"),
        (
            math.sin,
            1.0,
            lambda x: 0.0 * x,
            "it is 0: a path is missing, or a part of the computation was cut off (detach, float, an early return)",
        ),
        (math.sin, 1.0, lambda x: 0.1, "it is the same at another point: it does not depend on the arguments"),
        (math.sin, 1.0, lambda x: math.nan * x, "it is not finite: look for a division by 0, or inf - inf"),
        (math.tan, 0.7, math.tan, "it is the value of the function, not its derivative"),
        (lambda x: 3.0 + math.tanh(x), 0.7, math.tanh, "it looks like the value of a tanh: its derivative is 1 - t**2"),
        (
            lambda x: 3.0 + SIGMOID[0](x),
            0.8,
            SIGMOID[0],
            "it looks like the value of a sigmoid: its derivative is s (1 - s)",
        ),
        (math.tanh, 0.7, lambda x: 1 - x * x, "1 - t**2 is meant with t = tanh(x), not with x"),
        (math.log, 0.7, lambda x: x, "it is the reciprocal of the derivative"),
        (lambda x: x**3, 1.7, lambda x: 3.0 * x, "a factor x is missing"),
        (lambda x: x**3, 1.7, lambda x: 3.0 * x**3, "a factor x too many"),
        (SIGMOID[0], 0.8, lambda x: x * (1 - x), "s (1 - s) is meant with s = sigmoid(x), not with x"),
        (
            lambda x: math.log1p(math.exp(x)),
            0.8,
            lambda x: SIGMOID[0](-x),
            "it looks like sigmoid(-x) where sigmoid(x) is meant, or the other way round",
        ),
        (
            lambda x: 2.0 + math.log1p(math.exp(x)),
            0.8,
            lambda x: math.log1p(math.exp(x)),
            "it looks like softplus: its derivative is the sigmoid",
        ),
        (
            lambda x: np.mean(x**2),
            np.arange(1.0, 8.0),
            lambda x: 2 * x,
            "a factor 7 too many, such as n = 7, where a mean is meant or a sum",
        ),
        (
            lambda x: np.sum(x**2),
            np.arange(1.0, 8.0),
            lambda x: 2 * x / 7,
            "a factor 7 is missing, such as n = 7, where a mean is meant or a sum",
        ),
        (
            lambda x: np.sum(x**3),
            np.array([1.0, 2.0, 3.0]),
            lambda x: 4.2 * x**2,
            "every wrong number is 1.4 times what it should be",
        ),
        (
            lambda x: np.sum(x**3),
            np.array([1.0, 2.0, 3.0]),
            lambda x: 450.0 * x**2,
            "every wrong number is 150 times what it should be",
        ),
        (
            lambda x: np.mean(x**2),
            np.arange(1.0, 129.0),
            lambda x: 2.0 * x,
            "a factor 128 too many, such as n = 128, where a mean is meant or a sum",
        ),
        (
            lambda W: W[0, 1] ** 3 + W[1, 0] ** 2,
            np.full((2, 2), 5.0),
            lambda W: np.array([[0.0, 2 * W[1, 0]], [3 * W[0, 1] ** 2, 0.0]]),
            "it is transposed: row and column are exchanged",
        ),
        (
            lambda x: x[0] * x[1] ** 2,
            [3.0, 4.0],
            lambda x: [2 * x[0] * x[1], x[1] ** 2],
            "the right numbers stand in other places: it is the derivative by another argument",
        ),
        (lambda x: x**2 * sin(x), 0.7, lambda x: 2 * x * math.sin(x), "the path through x in sin(x) is missing"),
        (
            lambda w: (w**2).sum() + np.exp(w[0] * w[1]),
            np.array([0.3, -0.5]),
            lambda w: 2 * w - np.exp(w[0] * w[1]) * w[::-1],
            "the path through w[0] * w[1] in exp(w[0] * w[1]) has the wrong sign",
        ),
        (
            lambda x: x**2 + exp(x) / x,
            1.5,
            lambda x: 2 * x + 2 * math.exp(x) / x - math.exp(x) / x**2,
            "the path through x in exp(x) is counted twice",
        ),
        (
            lambda w: np.log1p(w).sum() + 0.05 * (w**2).sum(),
            np.array([0.3, 0.5, 2.0]),
            lambda w: 1 / (1 + w),
            "every wrong number lacks 0.1 x, with x its argument, as from a term 0.05 x**2",
        ),
        (
            lambda w: np.log1p(w).sum() + 3 * w.sum(),
            np.array([0.3, 0.5, 2.0]),
            lambda w: 1 / (1 + w),
            "every wrong number lacks the same term, 3",
        ),
    ],
)
def test_the_usual_mistakes_are_guessed(f, x, gradient, idea):
    assert caught(f, x, gradient=gradient).splitlines()[-1] == f"    perhaps: {idea}"


@pytest.mark.parametrize("j", [0, 1])
def test_a_kink_in_any_output_is_named(j):
    message = f"""\
cannot tell whether d f[{j}] / d x is right at x = 1.0
    by hand         1.0
    by differences  0
    f has a kink here, or too near: its slopes on the two sides differ"""
    order = slice(None, None, 1 if j else -1)
    with pytest.raises(CannotTellError) as error:
        check_jacobian(lambda x: [2.0 * x, abs(x - 1.0)][order], 1.0, jacobian=lambda x: [2.0, 1.0][order])
    assert str(error.value) == message


def test_an_absolute_tolerance_may_be_0():
    check_gradients(math.sin, 1.0, gradient=math.cos, atol=0.0)


def test_a_model_with_a_gradient_by_hand_is_a_function_of_its_inputs():
    class Model:
        def named_parameters(self):
            raise AssertionError

        def __call__(self, x):
            return x * x

    check_gradients(Model(), 3.0, gradient=lambda x: 2.0 * x)


def test_nothing_is_guessed_of_a_function_without_a_value_at_another_point():
    assert "perhaps" not in caught(math.asin, 0.95, gradient=lambda x: 7.3)


@pytest.mark.full
def test_ten_thousand_parameters_take_few_evaluations():
    rng = np.random.default_rng(0)
    x, calls = rng.normal(size=10_000), [0]

    def f(x):
        calls[0] += 1
        return np.sum(x**3)

    start = time.process_time()
    check_gradients(f, x, gradient=lambda x: 3 * x**2)
    assert calls[0] < 300
    assert time.process_time() - start < 20.0  # 0.4 s on the machine where it was written

    def wrong(x):
        slopes = 3 * x**2
        slopes[largest] *= 1.001
        return slopes

    largest = np.abs(x).argmax()
    assert f"d f / d x[{largest}] is wrong" in caught(f, x, gradient=wrong)


def test_the_kit_s_own_frames_are_not_in_the_traceback():
    with pytest.raises(GradientError) as error:
        check_gradients(math.sin, 1.0, gradient=math.sin)
    assert [entry.name for entry in error.traceback] == [
        "test_the_kit_s_own_frames_are_not_in_the_traceback",
        "check_gradients",
    ]
    assert "__tracebackhide__" in error.traceback[-1].frame.code.raw.co_varnames


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_cutting_into_halves_finds_each_number(n):
    for wrong in range(n):
        assert halved(range(n), lambda part, wrong=wrong: wrong in part) == wrong
