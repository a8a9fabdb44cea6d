"""Activations by name: what a neuron applies to its weighted sum."""

from collections.abc import Callable
from typing import TypeAlias

from autodiff import Value, relu, sigmoid, sin, softplus, tanh

Activation: TypeAlias = Callable[[Value], Value]


def identity(x: Value) -> Value:
    """Return x itself: a linear neuron."""
    return x


ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "relu": relu,
    "sigmoid": sigmoid,
    "sin": sin,
    "softplus": softplus,
    "tanh": tanh,
}
"""The names that `activation=` takes."""
