"""Where a primitive is smooth: off its kinks, and nearly straight over the steps of a difference quotient."""

import math
from collections.abc import Sequence

from autodiff.domain import REALS, Interval, Intervals
from autodiff.errors import DomainError
from autodiff.primitive import Primitive, WidePrimitive

HUGE = 1e6  # no node of an expression is larger
MARGIN = 0.05  # how far from the ends of a domain and from kinks, for operands of size 1
STEP = 1e-3  # the size of the neighbourhood, for operands of size 1; a central difference takes 6e-6
BEND = 0.01  # across STEP: the second difference, in units of 1 + |value|
RISE = 0.1  # across 2 STEP: the first difference, in the same units


def is_smooth(primitive: Primitive, point: tuple[float, ...]) -> bool:
    """Whether a primitive is off its kinks there, and nearly straight in each operand."""
    scales = [scale_of(x, domain) for x, domain in zip(point, domains_of(primitive, len(point)), strict=True)]
    if not all(scales) or not is_on_one_side(primitive, axes(point, scales, MARGIN)):
        return False
    return row_of(primitive, axes(point, scales)) is not None


def smooth_row(primitive: Primitive, rows: Sequence[Sequence[float]]) -> list[float] | None:
    """As `row_of`; None too if the result is huge, or a kink is near or among the places that the row stands for."""
    row = row_of(primitive, rows)
    if row is None or max(map(abs, row)) > HUGE:
        return None
    if primitive.kink is not None:
        point = [row[0] for row in rows]
        scales = [scale_of(x, domain) for x, domain in zip(point, domains_of(primitive, len(point)), strict=True)]
        if not (is_on_one_side(primitive, rows) and is_on_one_side(primitive, axes(point, scales, MARGIN))):
            return None
    return row


def row_of(primitive: Primitive, rows: Sequence[Sequence[float]]) -> list[float] | None:
    """The row of a primitive from those of its operands; None if it is not smooth."""
    try:
        row = [primitive.evaluate(operands) for operands in zip(*rows, strict=True)]
    except DomainError:
        return None
    here, unit = row[0], 1.0 + abs(row[0])
    smooth = math.isfinite(here) and all(
        abs(below - 2.0 * here + above) <= BEND * unit and abs(above - below) <= RISE * unit
        for below, above in zip(row[1::2], row[2::2], strict=True)
    )
    return row if smooth else None


def is_on_one_side(primitive: Primitive, rows: Sequence[Sequence[float]]) -> bool:
    """Whether all places are on one side of the kink."""
    if primitive.kink is None:
        return True
    try:
        kinks = [primitive.kink(*place) for place in zip(*rows, strict=True)]
    except (ArithmeticError, ValueError):
        return False
    # A kink at a point, as that of `hypot`, has one side: then its distance counts.
    return abs(kinks[0]) >= MARGIN and all(kink * kinks[0] > 0.0 for kink in kinks)


def axes(point: Sequence[float], scales: Sequence[float], step: float = STEP) -> list[list[float]]:
    """For each coordinate a row: its value at the point, then below and above the point along each axis."""
    return [
        [x, *(x + side * step * scale if i == j else x for j in range(len(point)) for side in (-1.0, 1.0))]
        for i, (x, scale) in enumerate(zip(point, scales, strict=True))
    ]


def scale_of(x: float, domain: Intervals) -> float:
    """The size of an operand in its interval, to which steps and margins are relative; 0 outside the margins."""
    for interval in domain:
        low, high = inside(interval)
        if low <= x <= high:
            return min(max(1.0, abs(x)), interval[1] - interval[0])
    return 0.0


def domains_of(primitive: Primitive, count: int) -> Sequence[Intervals]:
    """The domain of each operand."""
    return (REALS,) * count if isinstance(primitive, WidePrimitive) else primitive.domain


def inside(interval: Interval) -> Interval:
    """An interval without its margins."""
    low, high = interval
    length = high - low
    if low > -math.inf:
        low += MARGIN * min(max(1.0, abs(low)), length)
    if high < math.inf:
        high -= MARGIN * min(max(1.0, abs(high)), length)
    return low, high
