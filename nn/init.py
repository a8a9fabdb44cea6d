"""Initial weights. An initialiser takes a `random.Random` and a layer's sizes, and draws one weight."""

import math
import random
from collections.abc import Callable
from typing import TypeAlias

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


INITIALISERS: dict[str, Initialiser] = {
    "he": he,
    "standard_normal": standard_normal,
    "uniform": uniform,
    "xavier": xavier,
}
"""The names that `init=` takes."""
