"""Points and rectangles of a layout, before it is turned to the direction of the drawing.

Coordinates are in points: u along the flow, v across it. In a picture from left to right, v grows downward.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

from viz.graph.description import BoxPath

Point: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
Rect: TypeAlias = tuple[float, float, float, float]
"""(least u, least v, greatest u, greatest v)"""
Places: TypeAlias = dict[str | BoxPath, Rect]
"""The rectangles of nodes, by id, and of boxes, by path."""


def around(u: float, v: float, size: Size) -> Rect:
    """Return the rectangle of a size whose middle is (u, v)."""
    return u - size[0] / 2, v - size[1] / 2, u + size[0] / 2, v + size[1] / 2


def middle(rect: Rect) -> Point:
    """Return the middle of a rectangle."""
    return (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2


def hull(places: Places) -> Rect:
    """Return the smallest rectangle around all places."""
    u0, v0, u1, v1 = zip(*places.values(), strict=True)
    return min(u0), min(v0), max(u1), max(v1)


def moved(places: Places, u: float, v: float) -> Places:
    """Return all places moved by (u, v)."""
    return {key: (u0 + u, v0 + v, u1 + u, v1 + v) for key, (u0, v0, u1, v1) in places.items()}


def spread(wishes: Sequence[float], extents: Sequence[Size], gap: float) -> list[float]:
    """Return the coordinates of items in order, `gap` apart, as near to their wishes as least squares allow.

    An item at x reaches from x + extent[0] to x + extent[1]. Items that would overlap move as one, to their average
    wish: pool adjacent violators (Barlow et al., Statistical Inference under Order Restrictions, 1972).
    """
    packed, end = [], 0.0
    for first, last in extents:
        packed.append(end - first)
        end += last - first + gap
    pools: list[list[float]] = []
    for wish, at in zip(wishes, packed, strict=True):
        pools.append([wish - at])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            pool = pools.pop()
            pools[-1] += pool
    shifts = [shift for pool in pools for shift in [fmean(pool)] * len(pool)]
    return [at + shift for at, shift in zip(packed, shifts, strict=True)]
