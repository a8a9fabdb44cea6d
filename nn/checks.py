"""Checks of arguments: each returns the number it was given, or says who required what."""

import math
import operator
import random

from autodiff.real import as_float


def positive(who: str, name: str, number: float) -> float:
    """The number as a float, if it is > 0 and finite."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 < x < math.inf:
        raise ValueError(f"{who}: expected {name} > 0, got {x!r}")
    return x


def not_negative(who: str, name: str, number: float) -> float:
    """The number as a float, if it is >= 0 and finite."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 <= x < math.inf:
        raise ValueError(f"{who}: expected {name} >= 0, got {x!r}")
    return x


def fraction(who: str, name: str, number: float) -> float:
    """The number as a float, if it is >= 0 and < 1."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 <= x < 1.0:
        raise ValueError(f"{who}: expected 0 <= {name} < 1, got {x!r}")
    return x


def count(who: str, name: str, number: int) -> int:
    """The number as an int, if it is a positive one, or numpy's."""
    n = as_int(number)
    if n is None or n < 1:
        raise ValueError(f"{who}: expected {name} to be a positive int, got {number!r}")
    return n


def as_int(number: object) -> int | None:
    """The number as an int, if it is one, or numpy's; a bool is none.

    >>> as_int(3), as_int(True), as_int(3.0)
    (3, None, None)
    """
    if isinstance(number, bool):
        return None
    try:
        return operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return None


def check_rng(who: str, rng: object) -> None:
    """Raise TypeError unless it is a `random.Random`."""
    if not isinstance(rng, random.Random):
        got = type(rng).__name__
        raise TypeError(f"{who}: expected rng to be a random.Random, got {got}; use random.Random(seed)")
