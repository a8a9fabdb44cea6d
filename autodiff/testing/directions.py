"""Directions drawn at random, and the slopes of a function along them: what both kinds of check are made of.

A sum of errors over all numbers shows along one direction, unless the errors cancel there. The lengths are drawn from
2**11 numbers, so two equal errors cancel in one direction of 2048.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from autodiff.testing.arguments import Arguments
from autodiff.testing.differences import Slope, slope_at_zero

Vector: TypeAlias = list[float]
BITS = 10  # of the length of a direction in one number, besides its sign


def power_of_two(x: float) -> float:
    """The power of two below a size; 1 for 0."""
    return 2.0 ** (math.frexp(x)[1] - 1) if x else 1.0


def drawn(rng: random.Random, sizes: Sequence[float]) -> Vector:
    """A direction in which every number moves by once to twice its size; for one number it is its size."""
    if len(sizes) == 1:
        return [power_of_two(sizes[0])]
    return [rng.choice((-1.0, 1.0)) * (1.0 + rng.getrandbits(BITS) / 2.0**BITS) * power_of_two(size) for size in sizes]


def unit(i: int, size: float, n: int) -> Vector:
    """The direction of one number."""
    return [size if j == i else 0.0 for j in range(n)]


def sizes_of(case: Arguments, step: float | None, by_group: bool) -> Vector:
    """How far numbers may move at first: by the largest of their argument, or each by its own size."""
    if step is not None:
        return [step] * len(case.numbers)
    return [group if by_group or not x else abs(x) for x, group in zip(case.numbers, case.groups, strict=True)]


def measured(case: Arguments, v: Vector, w: Vector, numbers: Vector | None = None) -> Slope:
    """The slope of the weighted outputs in a direction, at the point or at other numbers."""
    numbers = case.numbers if numbers is None else numbers

    def at(t: float) -> float:
        outputs = case.evaluate([x + t * dx if dx else x for x, dx in zip(numbers, v, strict=True)])
        return math.fsum(a * b for a, b in zip(w, outputs, strict=True) if a)

    return slope_at_zero(at)


def halved(part: range, is_wrong: Callable[[range], bool]) -> int:
    """One of the indices to blame, by cutting the range into halves."""
    while len(part) > 1:
        half = part[: len(part) // 2]
        part = half if is_wrong(half) else part[len(half) :]
    return part[0]


def why_unsure(case: Arguments, slope: Slope) -> str:
    """Why nothing can be told, and what to do."""
    if slope.trouble:
        return f"\n    {slope.trouble}"
    value = case.evaluate(case.numbers)[0]
    return (
        f"\n    f is too rough or too noisy here: f = {value:.6g}, the best slope is {shown(slope)}, "
        f"off by up to {slope.error:.1g}"
        "\n    choose another point, a larger rtol or atol, or compute f in double precision"
    )


def shown(slope: Slope) -> str:
    """A measured slope with the digits that are known."""
    if not math.isfinite(slope.value):
        return "none"
    known = math.log10(abs(slope.value) / slope.error) if slope.value and slope.error else 16.0
    return f"{slope.value:.{min(16, max(1, math.floor(known) + 1))}g}"
