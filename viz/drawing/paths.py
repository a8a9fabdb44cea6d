"""The paths of SVG, read and written."""

import math
import re
from collections.abc import Sequence

from viz.layout.geometry import Point, Rect, around

SVG = "{http://www.w3.org/2000/svg}"  # the namespace, as ElementTree writes it before a tag


def points_of(path: str) -> list[tuple[float, float]]:
    """Return the points of a path, control points of its curves included."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def tip_of(head: str, neck: tuple[float, float]) -> tuple[float, float]:
    """Return the tip of an arrow's head: its point farthest from the end of the line."""
    return max(points_of(head), key=lambda point: math.dist(point, neck))


def coordinate(x: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{x + 0.0:.2f}".rstrip("0").rstrip(".")


def _point(point: Point) -> str:
    return f"{coordinate(point[0])},{coordinate(point[1])}"


def moved(path: str, x: float, y: float) -> str:
    """Return a path moved by (x, y).

    >>> moved("M1,2L-3,0.5Z", 10, 20)
    'M11,22L7,20.5Z'
    """
    return re.sub(r"(-?[\d.]+),(-?[\d.]+)", lambda at: _point((float(at[1]) + x, float(at[2]) + y)), path)


def polygon(points: Sequence[Point]) -> str:
    """Return a closed path of straight lines."""
    return f"M{'L'.join(map(_point, points))}Z"


def curve(points: Sequence[Point]) -> str:
    """Return a path of cubic Bezier curves through 3 n + 1 points, or a straight line between two."""
    return f"M{_point(points[0])}{'L' if len(points) == 2 else 'C'}{' '.join(map(_point, points[1:]))}"


def outline(rect: Rect, radius: float) -> str:
    """Return the path of a rectangle, with round corners if the radius is not 0."""
    x0, y0, x1, y1 = rect
    if not radius:
        return polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    path = ""
    sides = [((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))]
    for (a, b), (c, d) in sides:
        u, v = (c > a) - (c < a), (d > b) - (d < b)
        line = [(a + radius * u, b + radius * v), (c - radius * u, d - radius * v)]
        turn = [(c - 0.45 * radius * u, d - 0.45 * radius * v), (c - 0.45 * radius * v, d + 0.45 * radius * u)]
        end = c - radius * v, d + radius * u
        path += f"{'L' if path else 'M'}{'L'.join(map(_point, line))}C{' '.join(map(_point, [*turn, end]))}"
    return f"{path}Z"


def circle(middle: Point, radius: float) -> str:
    """Return the path of a circle."""
    return outline(around(*middle, (2 * radius, 2 * radius)), radius)


def pointed(tip: Point, back: Point, length: float, half: float) -> str:
    """Return the path of the head of an arrow, whose line comes from `back`; its second point is the tip.

    >>> pointed((10.0, 20.0), (13.0, 24.0), 5.0, 2.0)
    'M11.4,25.2L10,20L14.6,22.8Z'
    """
    distance = math.dist(tip, back)
    u, v = (back[0] - tip[0]) / distance, (back[1] - tip[1]) / distance
    x, y = tip[0] + length * u, tip[1] + length * v
    return polygon([(x - half * v, y + half * u), tip, (x + half * v, y - half * u)])
