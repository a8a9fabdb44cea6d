"""Checks of arguments, shared by all packages: each returns the checked argument, or says who expected what.

`who` is the public function or class, for the message, such as "draw".
"""

import math
import operator
import random
from collections.abc import Collection
from typing import Any

from autodiff.real import as_float


def check_positive(who: str, name: str, number: float) -> float:
    """Return a number as a float; raise ValueError unless it is > 0 and finite."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 < x < math.inf:
        raise ValueError(f"{who}: expected {name} > 0, got {x!r}")
    return x


def check_not_negative(who: str, name: str, number: float) -> float:
    """Return a number as a float; raise ValueError unless it is >= 0 and finite."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 <= x < math.inf:
        raise ValueError(f"{who}: expected {name} >= 0, got {x!r}")
    return x


def check_fraction(who: str, name: str, number: float) -> float:
    """Return a number as a float; raise ValueError unless it is >= 0 and < 1."""
    x = as_float(number, f"{who}: {name}")
    if not 0.0 <= x < 1.0:
        raise ValueError(f"{who}: expected 0 <= {name} < 1, got {x!r}")
    return x


def check_positive_int(who: str, name: str, number: int) -> int:
    """Return an int, which may have been one of numpy; raise ValueError unless it is >= 1."""
    n = as_int(number)
    if n is None or n < 1:
        raise ValueError(f"{who}: expected {name} to be a positive int, got {number!r}")
    return n


def as_int(number: object) -> int | None:
    """Return an int or an integer of numpy as an int; None for anything else, bool included.

    >>> as_int(3), as_int(True), as_int(3.0)
    (3, None, None)
    """
    if isinstance(number, bool):
        return None
    try:
        return operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return None


def check_range(who: str, ends: tuple[float, float]) -> tuple[float, float]:
    """Return (low, high) as floats; raise unless both are finite and low < high."""
    try:
        low, high = ends
    except (TypeError, ValueError):
        raise TypeError(f"{who}: expected a range (low, high), got {ends!r}") from None
    low, high = as_float(low, who), as_float(high, who)
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{who}: expected a range (low, high) with low < high, got ({low!r}, {high!r})")
    return low, high


def check_choice(who: str, name: str, choice: str, choices: Collection[str]) -> str:
    """Return a choice; raise ValueError unless it is one of the choices."""
    if choice not in choices:
        raise ValueError(f"{who}: expected {name} to be one of {', '.join(choices)}, got {choice!r}")
    return choice


def check_rng(who: str, rng: object) -> None:
    """Raise TypeError unless `rng` is a `random.Random`."""
    if not isinstance(rng, random.Random):
        got = type(rng).__name__
        raise TypeError(f"{who}: expected rng to be a random.Random, got {got}; use random.Random(seed)")


def type_name(argument: object) -> str:
    """Return the name of an argument's type, for a message; of a class, which lacks its arguments, "the class MLP"."""
    return f"the class {argument.__name__}" if isinstance(argument, type) else type(argument).__name__


def check_whole(what: str, data: Any) -> None:
    """Raise ValueError if numpy would drop a part of what an array or a table means: a mask, a missing value, a unit.

    The data are an array of any package, a frame or series of pandas; anything else passes. `what` is the caller and
    its argument.
    """
    missing = data.isna() if hasattr(data, "isna") else data.mask if hasattr(data, "filled") else None
    if missing is None:  # the data are not of pandas, nor of numpy.ma
        unit = getattr(data, "units", getattr(data, "unit", "")) if hasattr(data, "__array__") else ""
        if str(unit) not in ("", "dimensionless"):
            raise ValueError(f"{what}: expected plain numbers, got {type_name(data)} in {unit}; divide by the unit")
        return
    import numpy as np

    gaps = np.asarray(missing)
    if gaps.any():
        where = f" in sample {gaps.reshape(len(data), -1).any(axis=1).argmax()}" if gaps.ndim else ""
        raise ValueError(
            f"{what}: expected numbers, got a missing one{where}; leave such samples out, or fill the gaps"
        )
