"""Checks of the arguments that several functions take: they say who expected what."""

import math
from collections.abc import Collection
from typing import Any

from autodiff.real import as_float

DIRECTIONS = ("LR", "TB", "RL", "BT")


def check_choice(who: str, name: str, given: str, choices: Collection[str]) -> None:
    """Refuse what is not one of the choices."""
    if given not in choices:
        raise ValueError(f"{who}: expected {name} to be one of {', '.join(choices)}, got {given!r}")


def check_positive(who: str, **numbers: int) -> None:
    """Refuse what is not a positive int."""
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ValueError(f"{who}: expected {name} to be a positive int, got {number!r}")


def check_size(who: str, n_nodes: int, max_nodes: int, verb: str) -> None:
    """Refuse a graph that is too large; the verb says what to do with a part of it."""
    if n_nodes > max_nodes:
        raise ValueError(
            f"{who}: expected a graph of at most {max_nodes} nodes, got {n_nodes}; "
            f"{verb} a part of it (an inner node, one sample), or pass max_nodes={n_nodes}"
        )


def hint_of_model(given: Any) -> str:
    """What to pass instead of an estimator in scikit-learn's manner, which holds the model that it trained; else ""."""
    return "; pass the network that it trained, as in clf.model_" if hasattr(given, "model_") else ""


def as_range(who: str, given: tuple[float, float]) -> tuple[float, float]:
    """Return a range, if it is one."""
    try:
        low, high = given
    except (TypeError, ValueError):
        raise TypeError(f"{who}: expected a range (low, high), got {given!r}") from None
    low, high = as_float(low, who), as_float(high, who)
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{who}: expected a range (low, high) with low < high, got ({low!r}, {high!r})")
    return low, high
