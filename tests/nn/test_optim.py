"""SGD is one formula: parameter - learning_rate * gradient."""

import math

import pytest

from autodiff import Value
from nn import MLP, SGD


def test_a_step_moves_every_parameter_against_its_gradient():
    parameters = [Value(1.0), Value(2.0), Value(3.0)]
    for parameter, grad in zip(parameters, [2.0, -4.0, 0.0], strict=True):
        parameter.grad = grad
    SGD(0.25).step(parameters)
    assert [parameter.data for parameter in parameters] == [0.5, 3.0, 3.0]


def test_a_step_leaves_the_gradients():
    parameter = Value(1.0)
    parameter.grad = 2.0
    SGD(0.25).step([parameter])
    assert parameter.grad == 2.0


def test_on_a_parabola_each_step_shrinks_the_distance_by_the_same_factor():
    m = Value(1.0)
    for _ in range(10):
        m.grad = 0.0
        (m**2).backward()
        SGD(learning_rate=0.25).step([m])
    assert m.data == 0.5**10  # m - 0.25 * 2m = m/2


@pytest.mark.parametrize("learning_rate", [0.0, -0.1, math.nan])
def test_the_learning_rate_is_positive(learning_rate, refuses):
    message = f"SGD: expected learning_rate > 0, got {learning_rate!r}; the formula has the minus sign"
    with refuses(ValueError, message):
        SGD(learning_rate)


def test_repr_says_the_learning_rate():
    assert repr(SGD(0.5)) == "SGD(learning_rate=0.5)"


@pytest.mark.parametrize("learning_rate", [float("inf"), float("nan")])
def test_a_learning_rate_that_is_not_finite_is_refused(learning_rate):
    with pytest.raises(ValueError, match=r"^SGD: expected learning_rate > 0, got"):
        SGD(learning_rate)


def test_a_learning_rate_that_is_no_number_is_refused(refuses):
    message = (
        "SGD: learning_rate: expected a real number, got str '0.1'; pass an int or a float (use float(...) to convert)"
    )
    with refuses(TypeError, message):
        SGD("0.1")


def test_a_model_is_not_its_parameters(refuses):
    with refuses(TypeError, "SGD: expected parameters, got MLP; pass model.parameters()"):
        SGD(0.1).step(MLP(1, [1]))
