"""The losses: their formulas, their signed derivatives, and which shapes they take."""

import random

import numpy as np
import pytest

from autodiff import Value
from nn import MLP
from nn.losses import absolute_error, hinge, squared_error

LOSSES = [squared_error, absolute_error, hinge]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "value", "slope"),
    [
        (squared_error, 3.0, 1.0, 2.0, 2.0),
        (squared_error, 1.0, 3.0, 2.0, -2.0),
        (squared_error, 1.0, 1.0, 0.0, 0.0),
        (absolute_error, 3.0, 1.0, 2.0, 1.0),
        (absolute_error, 1.0, 3.0, 2.0, -1.0),
        (absolute_error, 1.0, 1.0, 0.0, 0.0),  # the kink
        (hinge, 0.5, 1.0, 0.5, -1.0),
        (hinge, 0.5, -1.0, 1.5, 1.0),
        (hinge, 2.0, 1.0, 0.0, 0.0),
        (hinge, 1.0, 1.0, 0.0, 0.0),  # the kink
    ],
)
def test_the_value_and_the_signed_derivative(loss, prediction, target, value, slope):
    p = Value(prediction)
    output = loss(p, target)
    output.backward()
    assert (output.data, p.grad) == (value, slope)
    assert (loss(prediction, target), type(loss(prediction, target))) == (value, float)


@each_loss
def test_a_list_sums_over_its_elements(loss):
    predictions, targets = [0.5, -2.0, 3.0], [1.0, 1.0, -1.0]
    want = sum(loss(p, t) for p, t in zip(predictions, targets, strict=True))
    assert loss([*map(Value, predictions)], targets).data == loss(predictions, targets) == want


@each_loss
def test_a_tuple_and_an_array_are_lists(loss):
    assert loss((Value(0.5), Value(2.0)), np.array([1.0, -1.0])).data == loss([0.5, 2.0], [1.0, -1.0])


@each_loss
def test_the_target_may_be_a_value_too(loss):
    p, t = Value(0.5), Value(1.0)
    loss(p, t).backward()
    slope = {squared_error: 0.5, absolute_error: 1.0, hinge: -0.5}  # t - p, sign(t - p), -p
    assert t.grad == slope[loss]


@each_loss
def test_the_loss_of_a_list_of_one_is_that_of_the_number(loss):
    p = Value(0.5)
    assert loss([p], [1.0]).data == loss(p, 1.0).data
    assert loss([p], [1.0]).primitive is loss(p, 1.0).primitive


@each_loss
def test_lists_of_different_lengths_are_refused(loss, refuses):
    message = f"{loss.__name__}: expected as many targets as predictions, got 1 and 2"
    with refuses(ValueError, message):
        loss([1.0, 2.0], [1.0])


@each_loss
def test_a_list_against_a_number_is_refused(loss, refuses):
    start = f"{loss.__name__}: expected two numbers or two lists, got a list"
    with refuses(ValueError, f"{start} as prediction and one number as target"):
        loss([1.0], 1.0)
    with refuses(ValueError, f"{start} as target and one number as prediction"):
        loss(Value(1.0), [1.0])


def test_a_loss_reaches_every_parameter_of_a_network():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    squared_error(model([0.5, -1.0]), [1.0, 0.0]).backward()
    assert all(parameter.grad for parameter in model.parameters())


@pytest.mark.parametrize("thing", [{0: 1.0}, {1.0}, "1", iter([1.0]), np.ones((1, 1)), np.array(1.0)])
def test_what_is_neither_number_nor_list_is_refused(thing, refuses):
    message = f"squared_error: expected a number, a Value, or a list of them, got {type(thing).__name__}"
    with refuses(TypeError, message):
        squared_error(thing, [1.0])


def test_a_batch_is_refused(refuses):
    message = "squared_error: expected numbers or Values in the list, got list; a loss is of one sample"
    with refuses(TypeError, message):
        squared_error([[Value(1.0)]], [[1.0]])
