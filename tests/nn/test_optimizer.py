"""What optimisers refuse, and how they read."""

import math

import numpy as np
import pytest

from autodiff import Value
from nn import MLP, SGD, Adam, AdamW, RMSProp
from nn.schedules import cosine

# ------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0.1, momentum=1.0), "SGD: expected 0 <= momentum < 1, got 1.0"),
        (lambda: SGD(0.1, momentum=-0.1), "SGD: expected 0 <= momentum < 1, got -0.1"),
        (lambda: SGD(0.1, nesterov=True), "SGD: expected a momentum > 0 with nesterov=True, got 0; 0.9 is usual"),
        (lambda: SGD(0.1, clip_norm=0), "SGD: expected clip_norm > 0, got 0.0"),
        (lambda: RMSProp(0.1, decay=math.nan), "RMSProp: expected 0 <= decay < 1, got nan"),
        (lambda: RMSProp(0.1, epsilon=0.0), "RMSProp: expected epsilon > 0, got 0.0"),
        (lambda: Adam(0.1, beta1=1.0), "Adam: expected 0 <= beta1 < 1, got 1.0"),
        (lambda: Adam(0.1, beta2=2.0), "Adam: expected 0 <= beta2 < 1, got 2.0"),
        (lambda: Adam(0.1, epsilon=-1.0), "Adam: expected epsilon > 0, got -1.0"),
        (lambda: AdamW(0.1, weight_decay=-1.0), "AdamW: expected weight_decay >= 0, got -1.0"),
    ],
)
def test_a_number_outside_its_domain_is_refused(make, message, refuses):
    with refuses(ValueError, message):
        make()


def test_nesterov_is_true_or_false(refuses):
    with refuses(TypeError, "SGD: expected nesterov to be True or False, got 0.9"):
        SGD(0.1, momentum=0.9, nesterov=0.9)


def test_a_model_is_not_its_parameters(refuses):
    with refuses(TypeError, "SGD: expected parameters, got MLP; pass model.parameters()"):
        SGD(0.1).step(MLP(1, [1]))


def test_numbers_are_not_parameters(refuses):
    with refuses(TypeError, "SGD: expected parameters that are Values, got float"):
        SGD(0.1).step([Value(1.0), 2.0])


@pytest.mark.parametrize("n", [1, 3])
def test_another_number_of_parameters_is_refused_by_what_remembers(n, refuses):
    message = f"Adam: expected 2 parameters, as in the steps before, got {n}; make a new optimiser for another model"
    optimizer = Adam()
    optimizer.step([Value(1.0), Value(2.0)])
    with refuses(ValueError, message):
        optimizer.step([Value(1.0)] * n)
    with refuses(ValueError, message):
        optimizer.update(np.ones(n), np.ones(n))
    assert optimizer.steps == 1


def test_plain_descent_remembers_nothing_and_takes_any_parameters():
    optimizer = SGD(0.1)
    optimizer.step([Value(1.0)])
    optimizer.step([Value(1.0), Value(2.0)])
    optimizer.update(np.ones(3), np.ones(3))
    assert optimizer.steps == 3


@pytest.mark.parametrize(
    ("theta", "gradient", "kind", "message"),
    [
        ([1.0], [1.0], TypeError, "SGD: expected theta to be an array of floats with one axis, got list"),
        (np.ones(1), [1.0], TypeError, "SGD: expected gradient to be an array of floats with one axis, got list"),
        (
            np.array([1]),
            np.ones(1),
            TypeError,
            "SGD: expected theta to be an array of floats with one axis, got int64 of shape (1,)",
        ),
        (
            np.ones((2, 1)),
            np.ones((2, 1)),
            TypeError,
            "SGD: expected theta to be an array of floats with one axis, got float64 of shape (2, 1)",
        ),
        (np.ones(2), np.ones(1), ValueError, "SGD: expected a gradient of 2 numbers, as theta, got 1"),
    ],
)
def test_what_is_no_pair_of_arrays_is_refused(theta, gradient, kind, message, refuses):
    with refuses(kind, message):
        SGD(0.1).update(theta, gradient)


def test_a_gradient_of_another_length_is_refused_in_a_later_step_too(refuses):
    optimizer = SGD(0.1)
    optimizer.update(np.ones(2), np.ones(2))
    with refuses(ValueError, "SGD: expected a gradient of 2 numbers, as theta, got 1"):
        optimizer.update(np.ones(2), np.ones(1))


# ------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "text",
    [
        "SGD(learning_rate=0.5)",
        "SGD(learning_rate=0.5, momentum=0.9, nesterov=True)",
        "SGD(learning_rate=cosine(0.5, 0.0, 100), clip_norm=1.0)",
        "RMSProp(learning_rate=0.001)",
        "Adam(learning_rate=0.001, beta2=0.99)",
        "AdamW(learning_rate=0.01, weight_decay=0.1)",
    ],
)
def test_repr_is_the_call_that_makes_it(text):
    names = {"SGD": SGD, "RMSProp": RMSProp, "Adam": Adam, "AdamW": AdamW, "cosine": cosine}
    assert repr(eval(text, names)) == text
