"""Activations by name: the functions that a neuron can apply to its weighted sum."""

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

from autodiff import Value, maximum, relu, sigmoid, sin, softplus, tanh

Activation: TypeAlias = Callable[[Value], Value]
ActivationName: TypeAlias = Literal["gelu", "identity", "leaky_relu", "relu", "sigmoid", "sin", "softplus", "tanh"]
T = TypeVar("T", Value, float)
F = TypeVar("F", bound=Callable[..., Any])


def identity(x: T) -> T:
    """Return x itself: a linear neuron.

    >>> identity(2.0)
    2.0
    """
    return x


def leaky_relu(x: T) -> T:
    """Return max(x, 0) - 0.01 max(-x, 0), a relu whose gradient is never 0: 1 or 0.01, and the mean of both at 0.

    References:
        Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models (2013), section 2.

    >>> leaky_relu(-2.0)
    -0.02
    """
    return maximum(x, 0.0) - 0.01 * maximum(-x, 0.0)


def gelu(x: T) -> T:
    """Return 1/2 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))), a smooth relu: an approximation of x Phi(x).

    Phi is the distribution function of the standard normal. The error is at most 0.0005; JAX uses the same
    approximation by default. The code has sigmoid(2 u) for 1/2 (1 + tanh(u)): no digits are lost where tanh is near -1.

    References:
        Hendrycks & Gimpel, Gaussian error linear units (2016), section 2.

    >>> round(gelu(1.0), 4)
    0.8412
    """
    return x * sigmoid(_GELU * (x + 0.044715 * x**3))


_GELU = math.sqrt(8.0 / math.pi)

ACTIVATIONS: dict[str, Activation] = {
    "gelu": gelu,
    "identity": identity,
    "leaky_relu": leaky_relu,
    "relu": relu,
    "sigmoid": sigmoid,
    "sin": sin,
    "softplus": softplus,
    "tanh": tanh,
}
"""The names for `activation=`."""


def by_name(what: str, table: Mapping[str, F], choice: str | F) -> F:
    """Return the function that the table has by the name `choice`, or `choice` itself if it is a function.

    Anything else is a ValueError or a TypeError, whose message begins with `what`, the name of the option.

    >>> by_name("activation", {"relu": abs, "tanh": abs}, "ReLU")
    Traceback (most recent call last):
        ...
    ValueError: activation: expected one of relu, tanh, or a function, got 'ReLU'; did you mean 'relu'?
    """
    if isinstance(choice, str) and choice in table:
        return table[choice]
    if isinstance(choice, str) or not callable(choice):
        close = difflib.get_close_matches(choice.lower(), table, n=1) if isinstance(choice, str) else []
        hint = f"; did you mean {close[0]!r}?" if close else ""
        error = ValueError if isinstance(choice, str) else TypeError
        raise error(f"{what}: expected one of {', '.join(table)}, or a function, got {choice!r}{hint}")
    return choice
