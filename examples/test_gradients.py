"""The tests of docs/testing.md, as a file of your own would have them: python -m pytest examples/test_gradients.py"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import GradientError, defprimitive, grad, tanh
from autodiff.testing import check_gradients, expressions, points

# ------------------------------------------------------------------------------------------ a primitive of your own

bump = defprimitive("bump", lambda x: math.exp(-x * x), lambda out, x: -2.0 * x * out)


@settings(deadline=None)
@given(points(bump))
def test_the_derivatives_of_bump(point):
    check_gradients(bump, *point)


# --------------------------------------------------------------------------------------- a backward pass in numpy

numbers = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))
vectors = st.lists(numbers, min_size=2, max_size=2)
matrices = st.lists(vectors, min_size=2, max_size=2)


def loss(x, weights):
    """1/2 |tanh(W x)|^2, for 2 x 2 weights."""
    return float(np.sum(np.tanh(np.array(weights) @ x) ** 2) / 2)


def loss_gradient(x, weights):
    """d loss / d x and d loss / d W, by hand."""
    a = np.tanh(np.array(weights) @ x)
    delta = a * (1 - a**2)
    return np.array(weights).T @ delta, np.outer(delta, x)


@settings(deadline=None)
@given(vectors, matrices)
def test_the_gradient_in_numpy_agrees_with_differences(x, weights):
    check_gradients(loss, x, weights, gradient=loss_gradient)


@settings(deadline=None)
@given(vectors, matrices)
def test_the_gradient_in_numpy_agrees_with_the_engine(x, weights):
    def scalar_loss(x, weights):
        activations = [tanh(row[0] * x[0] + row[1] * x[1]) for row in weights]
        return 0.5 * (activations[0] ** 2 + activations[1] ** 2)

    for by_hand, derived in zip(loss_gradient(x, weights), grad(scalar_loss, argnums=(0, 1))(x, weights), strict=True):
        assert np.allclose(by_hand, derived, rtol=1e-12, atol=1e-14)  # some ten roundings of numbers up to 10


# --------------------------------------------------------------------------------------------------- an exercise


def student(x):
    """The derivative of x**2 sin(x), as handed in."""
    return 2 * x * math.sin(x) + x**2 * math.cos(x)


def another_student(x):
    """The same, forgetting the product rule."""
    return 2 * x * math.cos(x)


def exercise(x):
    return x**2 * math.sin(x)


def test_the_exercise_is_solved():
    for x in (-1.0, 0.5, 2.0):
        check_gradients(exercise, x, gradient=student)


def test_a_wrong_solution_is_told_what_came_and_what_should_have():
    with pytest.raises(GradientError, match=r"by hand +1\.08.*\n.*by differences +2\.22"):
        check_gradients(exercise, 1.0, gradient=another_student)


# --------------------------------------------------------------------------------- a law that holds for any formula


@settings(deadline=None)
@given(expressions(["x", "y"]))
def test_the_derivative_of_a_multiple_is_the_multiple_of_the_derivative(f):
    x, y = f.point
    slope = grad(f, argnums=(0, 1))(x, y)
    twice = grad(lambda x, y: 2.0 * f(x, y), argnums=(0, 1))(x, y)
    assert twice == (2.0 * slope[0], 2.0 * slope[1])  # exactly: a factor of 2 shifts no digit
