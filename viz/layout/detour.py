"""A way around rectangles, along level and upright lines: the shortest one with few corners."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any

from viz.layout.geometry import Point, Rect

CORNER_COST = 20.0  # the length that a corner is worth, in points


def detour(start: Point, end: Point, obstacles: Sequence[Rect], gap: float) -> list[Point]:
    """Return the corners of a way from start to end that keeps a gap from all rectangles.

    The way leaves the start and reaches the end in the direction of u. It follows lines `gap` outside the sides of the
    rectangles, by Dijkstra's algorithm (1959) on their crossings.

    >>> detour((0.0, 0.0), (20.0, 0.0), [(5.0, -10.0, 15.0, 5.0)], 1.0)
    [(0.0, 0.0), (4.0, 0.0), (4.0, 6.0), (16.0, 6.0), (16.0, 0.0), (20.0, 0.0)]
    """
    us = sorted({start[0], end[0], *(u for rect in obstacles for u in (rect[0] - gap, rect[2] + gap))})
    vs = sorted({start[1], end[1], *(v for rect in obstacles for v in (rect[1] - gap, rect[3] + gap))})
    near = 0.9 * gap  # so that no line of one rectangle runs along the border of another
    obstacles = [(u0 - near, v0 - near, u1 + near, v1 + near) for u0, v0, u1, v1 in obstacles]
    free_u, free_v = _free(us, vs, obstacles), _free(vs, us, [(v0, u0, v1, u1) for u0, v0, u1, v1 in obstacles])
    first, last = (us.index(start[0]), vs.index(start[1])), (us.index(end[0]), vs.index(end[1]))
    order = count()
    path: Any = ()
    heap: list[tuple[float, int, tuple[int, int], bool, Any]] = [(0.0, next(order), first, True, ())]
    done: set[tuple[tuple[int, int], bool]] = set()
    while heap:
        cost, _, place, level, way = heappop(heap)
        if (place, level) in done:
            continue
        done.add((place, level))
        i, j = place
        path = (place, way)
        if place == last and level:
            break
        for u, v, is_free in (
            (i + 1, j, i + 1 < len(us) and free_u[i][j]),
            (i - 1, j, i > 0 and free_u[i - 1][j]),
            (i, j + 1, j + 1 < len(vs) and free_v[j][i]),
            (i, j - 1, j > 0 and free_v[j - 1][i]),
        ):
            if is_free:
                turns = CORNER_COST * ((v == j) != level)
                far = abs(us[u] - us[i]) + abs(vs[v] - vs[j])
                heappush(heap, (cost + far + turns, next(order), (u, v), v == j, path))
    corners: list[Point] = []
    while path:
        (i, j), path = path
        point = us[i], vs[j]
        if len(corners) > 1 and (
            corners[-2][0] == corners[-1][0] == point[0] or corners[-2][1] == corners[-1][1] == point[1]
        ):
            corners.pop()
        corners.append(point)
    return corners[::-1]


def _free(us: Sequence[float], vs: Sequence[float], obstacles: Sequence[Rect]) -> list[list[bool]]:
    """Whether the piece from us[i] to us[i + 1] at vs[j] is outside all rectangles, for each i and j."""
    free = [[True] * len(vs) for _ in us]
    for u0, v0, u1, v1 in obstacles:
        for i in range(max(bisect_right(us, u0) - 1, 0), bisect_left(us, u1)):
            for j in range(bisect_right(vs, v0), bisect_left(vs, v1)):
                free[i][j] = False
    return free
