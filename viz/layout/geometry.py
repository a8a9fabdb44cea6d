"""Rectangles in a plane that has not been turned yet, and things in a line.

Distances are in points: u along the flow, and v across it, which is downwards in a picture from left to right.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

from viz.graph.description import BoxPath

Point: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
Rect: TypeAlias = tuple[float, float, float, float]
"""The least u and v, and the greatest."""
Places: TypeAlias = dict[str | BoxPath, Rect]
"""Of nodes, by id, and of boxes, by path."""


def around(u: float, v: float, size: Size) -> Rect:
    """The rectangle of a size with its middle at (u, v)."""
    return u - size[0] / 2, v - size[1] / 2, u + size[0] / 2, v + size[1] / 2


def middle(rect: Rect) -> Point:
    """The middle of a rectangle."""
    return (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2


def hull(places: Places) -> Rect:
    """The rectangle around all."""
    u0, v0, u1, v1 = zip(*places.values(), strict=True)
    return min(u0), min(v0), max(u1), max(v1)


def moved(places: Places, u: float, v: float) -> Places:
    """All places moved by (u, v)."""
    return {key: (u0 + u, v0 + v, u1 + u, v1 + v) for key, (u0, v0, u1, v1) in places.items()}


def spread(wishes: Sequence[float], extents: Sequence[Size], gap: float) -> list[float]:
    """The coordinates nearest to the wishes, by least squares, of things in order and `gap` apart.

    A thing reaches from `extent[0]` to `extent[1]`, as seen from its coordinate. Things that are in each other's way
    move as one, to where all are best off on average ("pool adjacent violators").
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
