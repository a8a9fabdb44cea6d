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


def activation_by_name(activation: str | Activation) -> Activation:
    """Return the activation of that name; a function is returned as it is.

    Raises:
        ValueError: if there is no such name.
        TypeError: if it is neither a name nor a function.

    >>> activation_by_name("step")
    Traceback (most recent call last):
        ...
    ValueError: activation: expected one of identity, relu, sigmoid, sin, softplus, tanh, or a function, got 'step'
    """
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if callable(activation):
        return activation
    kind = ValueError if isinstance(activation, str) else TypeError
    raise kind(f"activation: expected one of {', '.join(ACTIVATIONS)}, or a function, got {activation!r}")
