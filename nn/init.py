"""Initial weights. An initializer takes a `random.Random` and the sizes of a layer, and draws one weight.

If the weighted sums of a layer are too small, the signal fades from layer to layer; if they are too large, the
activation is flat there. The right size of the weights depends on the activation: `matched` is the table.
"""

import math
import random
from collections.abc import Callable
from typing import Literal, TypeAlias

from nn.activations import ACTIVATIONS, Activation, ActivationName, by_name

Initializer: TypeAlias = Callable[[random.Random, int, int], float]  # (rng, n_in, n_out) -> one weight
InitializerName: TypeAlias = Literal["matched", "he", "siren", "standard_normal", "uniform", "xavier"]


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


INITIALIZERS: dict[str, Initializer] = {draw.__name__: draw for draw in (he, siren, standard_normal, uniform, xavier)}
"""The names for `init=`."""

_MATCHED: dict[str, Initializer] = {"gelu": he, "leaky_relu": he, "relu": he, "sin": siren, "softplus": he}


def matched(activation: ActivationName | Activation) -> Initializer:
    """Return the initializer for neurons with an activation.

    | activation | initializer |
    |---|---|
    | relu, leaky_relu, gelu, softplus | `he`: half of the sums are lost, so the variance is doubled |
    | tanh, sigmoid, identity | `xavier`: both the signal and the gradient keep their size |
    | sin | `siren`: the sums have a standard deviation of 1 |
    | any other function | `xavier` |

    A function in `nn.ACTIVATIONS` counts as its name. Another name is a ValueError, anything else a TypeError.

    >>> matched("relu").__name__
    'he'
    """
    function = by_name("activation", ACTIVATIONS, activation)
    names = [name for name, known in ACTIVATIONS.items() if known is function]
    return _MATCHED.get(names[0], xavier) if names else xavier


def initializer(init: InitializerName | Initializer, activation: ActivationName | Activation) -> Initializer:
    """Return the initializer with a name, or the function itself; for "matched", that of the activation.

    A name that `INITIALIZERS` lacks is a ValueError, anything else a TypeError.

    >>> initializer("matched", "tanh").__name__
    'xavier'
    """
    return by_name("init", {"matched": matched(activation), **INITIALIZERS}, init)


Initialiser, INITIALISERS, initialiser = Initializer, INITIALIZERS, initializer  # the old spelling
