"""Initial weights. An initialiser takes a `random.Random` and a layer's sizes, and draws one weight.

A weighted sum of n_in inputs should be neither so small that the signal fades from layer to layer, nor so large that
the activation is flat there. How large the weights may be depends on the activation: `matched` is the table.
"""

import math
import random
from collections.abc import Callable
from typing import TypeAlias

from nn.activations import ACTIVATIONS, Activation
from nn.names import by_name

Initialiser: TypeAlias = Callable[[random.Random, int, int], float]
"""(rng, n_in, n_out) -> one weight."""


def uniform(rng: random.Random, n_in: int, n_out: int) -> float:
    """Draw from the uniform distribution on [-1, 1], as micrograd does."""
    return rng.uniform(-1.0, 1.0)


def standard_normal(rng: random.Random, n_in: int, n_out: int) -> float:
    """Draw from the normal distribution with mean 0 and variance 1, as the article's author does."""
    return rng.gauss(0.0, 1.0)


def xavier(rng: random.Random, n_in: int, n_out: int) -> float:
    """Draw from the uniform distribution on [-r, r], r = sqrt(6 / (n_in + n_out)); for tanh and sigmoid.

    References:
        Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), eq. 16.
    """
    r = math.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-r, r)


def he(rng: random.Random, n_in: int, n_out: int) -> float:
    """Draw from the normal distribution with mean 0 and variance 2 / n_in; for relu.

    References:
        He et al., Delving deep into rectifiers (2015), eq. 10.
    """
    return rng.gauss(0.0, math.sqrt(2.0 / n_in))


def siren(rng: random.Random, n_in: int, n_out: int) -> float:
    """Draw from the uniform distribution on [-r, r], r = sqrt(6 / n_in); for sin.

    References:
        Sitzmann et al., Implicit neural representations with periodic activation functions (2020), section 3.2, with
        omega_0 = 1: a neuron here is sin(w . x + b).
    """
    r = math.sqrt(6.0 / n_in)
    return rng.uniform(-r, r)


INITIALISERS: dict[str, Initialiser] = {
    "he": he,
    "siren": siren,
    "standard_normal": standard_normal,
    "uniform": uniform,
    "xavier": xavier,
}
"""The names that `init=` takes."""

_MATCHED: dict[str, Initialiser] = {
    "gelu": he,
    "identity": xavier,
    "leaky_relu": he,
    "relu": he,
    "sigmoid": xavier,
    "sin": siren,
    "softplus": he,
    "tanh": xavier,
}


def matched(activation: str | Activation) -> Initialiser:
    """Return the initialiser for neurons with this activation.

    | activation | initialiser |
    |---|---|
    | relu, leaky_relu, gelu, softplus | `he`: half of the sums are lost, so the variance is doubled |
    | tanh, sigmoid, identity | `xavier`: both the signal and the gradient keep their size |
    | sin | `siren`: the sums have a standard deviation of 1 |
    | any other function | `xavier` |

    Args:
        activation: a name in `nn.ACTIVATIONS`, or a function; one that has a name there counts as the name.

    Raises:
        ValueError: if there is no such name.
        TypeError: if it is neither a name nor a function.

    >>> matched("relu").__name__
    'he'
    """
    function = by_name("activation", ACTIVATIONS, activation)
    names = [name for name, known in ACTIVATIONS.items() if known is function]
    return _MATCHED.get(names[0], xavier) if names else xavier


def initialiser(init: str | Initialiser, activation: str | Activation) -> Initialiser:
    """Return the initialiser of that name, the one that `matched` gives for "matched", or the function as it is.

    Args:
        init: "matched", a name in `INITIALISERS`, or a function (rng, n_in, n_out) -> weight.
        activation: see `matched`.

    Raises:
        ValueError: if there is no such name.
        TypeError: if `init` is neither a name nor a function.

    >>> initialiser("matched", "tanh").__name__
    'xavier'
    """
    return by_name("init", {"matched": matched(activation), **INITIALISERS}, init)
