"""Activations by name: what a neuron applies to its weighted sum."""

import math
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from autodiff import Value, maximum, relu, sigmoid, sin, softplus, tanh

Activation: TypeAlias = Callable[[Value], Value]
T = TypeVar("T", Value, float)


def identity(x: T) -> T:
    """Return x itself: a linear neuron.

    >>> identity(2.0)
    2.0
    """
    return x


def leaky_relu(x: T) -> T:
    """Return max(x, 0.01 x), a relu that is never silent; its derivative is 1 or 0.01, and the middle at the kink.

    References:
        Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models (2013), section 2.

    >>> leaky_relu(-2.0)
    -0.02
    """
    return maximum(x, 0.01 * x)  # type: ignore[no-any-return]


def gelu(x: T) -> T:
    """Return 1/2 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))), a smooth relu: the approximation of x Phi(x).

    Phi is the distribution function of the standard normal; the approximation is off by at most 0.0005, and JAX's
    default. It is written with 1/2 (1 + tanh(u)) = sigmoid(2 u), which keeps its digits where tanh is near -1.

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
"""The names that `activation=` takes."""
