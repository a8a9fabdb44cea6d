"""A network as on the blackboard, as shapes and texts: circles with z, a and δ, lines with w and its gradient."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from viz.drawing.paths import circle, curve, outline, pointed
from viz.drawing.picture import MARGIN, Group, Picture, Shape
from viz.drawing.texts import Run, Text
from viz.layout.geometry import Point, Rect, around

# Lengths are in points.
RADIUS = 36.0
ROW_STEP, COLUMN_STEP = 114.0, 225.0  # distances between the middles of circles
BELOW = 36.0  # height of the bias and of δ below a circle
LABEL_HEIGHT = 28.0  # height of a weight and its gradient
SHARES = sorted((i / 40 for i in range(6, 35)), key=lambda t: abs(t - 0.42))  # places of a label on its line


@dataclass(frozen=True)
class Circle:
    """An input, a neuron, or the cost, with the texts in it and below it; `texts` are keys and numbers."""

    id: str
    kind: str  # "leaf", "part" or "operation", as in a graph
    name: str
    a: tuple[str, str]
    z: tuple[str, str] = ("", "")
    grad: tuple[str, str] = ("", "")
    symbol: str = "δ"  # of the gradient
    bias: str = ""


@dataclass(frozen=True)
class Line:
    """A weight, or a way without one, between two circles, by their ids."""

    id: str
    source: str
    target: str
    weight: str = ""
    grad: tuple[str, str] = ("", "")


def network_picture(columns: Sequence[Sequence[Circle]], lines: Sequence[Line]) -> Picture:
    """Return the picture of columns of circles; `grad` and the other numbers are the widest that will be shown."""
    places: dict[str, Point] = {}
    for i, column in enumerate(columns):
        for j, one in enumerate(column):
            places[one.id] = i * COLUMN_STEP, (j - (len(column) - 1) / 2) * ROW_STEP
    taken = [around(x, y + BELOW / 2, (2 * RADIUS, 2 * RADIUS + BELOW)) for x, y in places.values()]
    groups = [_line(line, places) for line in lines]
    groups += [_label(line, places, taken) for line in lines if line.weight]  # above all lines
    groups += [_circle(one, places[one.id]) for column in columns for one in column]
    xs, ys = zip(*places.values(), strict=True)
    left, top = min(xs) - RADIUS - MARGIN, min(ys) - RADIUS - MARGIN
    width = max(xs) + RADIUS + MARGIN - left
    return Picture(tuple(groups), left, top, width, max(ys) + RADIUS + BELOW + MARGIN - top)


def _circle(one: Circle, place: Point) -> Group:
    x, y = place
    runs = [
        (-16.0, [Run("name", one.name, 11.0, italic=True)]),
        (5.0, [Run("data", one.a[1], 14.0, key=one.a[0])]),
        (20.0, [Run("caption", "z\xa0", 9.0), Run("data", one.z[1], 10.0, key=one.z[0])] if one.z[0] else []),
        (RADIUS + 14, [Run("caption", f"b\xa0=\xa0{one.bias}", 11.0)] if one.bias else []),
        (
            RADIUS + (30.0 if one.bias else 16.0),
            [Run("caption", f"{one.symbol}\xa0", 12.0), Run("grad", one.grad[1], 13.0, key=one.grad[0])]
            if one.grad[0]
            else [],
        ),
    ]
    texts = [Text(x, y + down, "middle", tuple(line)) for down, line in runs if line]
    classes = ("node", one.kind, *(("output",) if one.kind == "operation" else ()))
    return Group(one.id, classes, one.name, (Shape("box", circle(place, RADIUS)), *texts))


def _ends(line: Line, places: Mapping[str, Point]) -> tuple[Point, Point]:
    """The ends of a line, on the circles."""
    (x0, y0), (x1, y1) = places[line.source], places[line.target]
    length = math.dist(places[line.source], places[line.target])
    u, v = (x1 - x0) / length * RADIUS, (y1 - y0) / length * RADIUS
    return (x0 + u, y0 + v), (x1 - u, y1 - v)


def _line(line: Line, places: Mapping[str, Point]) -> Group:
    start, end = _ends(line, places)
    return Group(
        line.id, ("edge",), "", (Shape("wire", curve([start, end])), Shape("tail", pointed(start, end, 9.0, 4.5)))
    )


def _label(line: Line, places: Mapping[str, Point], taken: list[Rect]) -> Group:
    """The weight and its gradient on a line, where it is free."""
    start, end = _ends(line, places)
    runs = Run("partial", line.weight, 11.0), Run("grad", line.grad[1], 11.0, key=line.grad[0])
    size = max(run.width for run in runs) + 4, LABEL_HEIGHT
    rects = [around(start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]), size) for t in SHARES]
    rect = min(rects, key=lambda rect: sum(_overlap(rect, other) for other in taken))
    taken.append(rect)
    x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
    texts = [Text(x, y - 2, "middle", runs[:1]), Text(x, y + 11, "middle", runs[1:])]
    return Group("", ("edge",), "", (Shape("ground", outline(rect, 0.0)), *texts))


def _overlap(a: Rect, b: Rect) -> float:
    """The area of the overlap of two rectangles."""
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    return max(width, 0.0) * max(height, 0.0)


def complete(sources: Sequence[Circle], targets: Sequence[Circle]) -> list[tuple[int, int]]:
    """Return the indices of all pairs of a source and a target, in the order in which labels find their places."""
    pairs = product(range(len(sources)), range(len(targets)))
    return sorted(pairs, key=lambda pair: abs(pair[0] - pair[1]))
