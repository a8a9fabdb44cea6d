"""A network as on the blackboard, as shapes and texts: circles with z, a and δ, lines with w and its gradient.

In a network with a large layer, numbers on all lines cannot be read. Its neurons are flat, with a, b and δ, and a line
is as wide as its weight is large.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from viz.drawing.paths import circle, curve, outline, pointed
from viz.drawing.picture import MARGIN, Group, Picture, Shape
from viz.drawing.texts import Run, Text, name_runs
from viz.graph.names import typeset
from viz.layout.geometry import Places, Point, Rect, around, hull, middle

# Lengths are in points.
RADIUS = 36.0
ROW_STEP, COLUMN_STEP = 120.0, 245.0  # distances between the middles of circles
BELOW = 20.0  # height of the bias and of δ below a circle
MAX_CIRCLES = 4  # the largest layer whose neurons are circles
FLAT_HEIGHT, FLAT_STEP, FLAT_GAP = 38.0, 44.0, 120.0  # height of a flat neuron, distances between rows and columns
LINE_WIDTHS = 0.5, 4.0  # widths of the lines for weight 0 and for the largest weight, in a network of flat neurons
MANY_LINES = 64  # of more lines all are thinner, so that they still can be told apart
LABEL_HEIGHT = 28.0  # height of a weight and its gradient
SHARES = sorted((i / 40 for i in range(5, 36)), key=lambda t: abs(t - 0.42))  # places of a label on its line
ROUNDS = 40  # of placing all labels


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
    bias: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Line:
    """A weight, or a way without one, between two circles, by their ids."""

    id: str
    source: str
    target: str
    weight: tuple[str, str] = ("", "")
    grad: tuple[str, str] = ("", "")
    size: float = 0.0  # the weight as a share of the largest


def network_picture(columns: Sequence[Sequence[Circle]], lines: Sequence[Line]) -> Picture:
    """Return the picture of columns of circles; `grad` and the other numbers are the widest that will be shown."""
    if max(map(len, columns)) > MAX_CIRCLES:
        return _flat_picture(columns, lines)
    places: dict[str, Point] = {}
    for i, column in enumerate(columns):
        for j, one in enumerate(column):
            places[one.id] = i * COLUMN_STEP, (j - (len(column) - 1) / 2) * ROW_STEP
    taken = [around(x, y, (2 * RADIUS, 2 * RADIUS)) for x, y in places.values()]
    for one in (one for column in columns for one in column):
        x, y = places[one.id]
        taken.append(around(x, y + RADIUS + BELOW / 2, (_below_width(one), BELOW)))
    groups = [_line(line, *_ends(line, places)) for line in lines]
    weights = [line for line in lines if line.weight[0]]
    rects = _label_rects(weights, places, taken)
    groups += [_label(line, rects[line.id]) for line in weights]  # above all lines
    groups += [_circle(one, places[one.id]) for column in columns for one in column]
    xs, ys = zip(*places.values(), strict=True)
    left, top = min(xs) - RADIUS - MARGIN, min(ys) - RADIUS - MARGIN
    width = max(xs) + RADIUS + MARGIN - left
    return Picture(tuple(groups), left, top, width, max(ys) + RADIUS + BELOW + MARGIN - top)


def _flat_picture(columns: Sequence[Sequence[Circle]], lines: Sequence[Line]) -> Picture:
    """The picture of a network with a large layer."""
    rects: Places = {}
    x, groups = 0.0, []
    for column in columns:
        rows = [_flat_texts(one) for one in column]
        width = max(sum(run.width for run in line) for row in rows for line in row) + 12
        for i, (one, row) in enumerate(zip(column, rows, strict=True)):
            y = (i - (len(column) - 1) / 2) * FLAT_STEP
            rects[one.id] = around(x + width / 2, y, (width, FLAT_HEIGHT))
            top = y + (5.0 if len(row) == 1 else -3.0)
            texts = [Text(x + width / 2, top + 16 * k, "middle", line) for k, line in enumerate(row)]
            shape = Shape("box", outline(rects[one.id], FLAT_HEIGHT / 2))
            groups.append(Group(one.id, _classes(one), one.name, (shape, *texts)))
        x += width + FLAT_GAP
    ends = [(rects[line.source], rects[line.target]) for line in lines]
    share = min(1.0, MANY_LINES / len(lines)) ** 0.5
    wires = [
        _line(line, (source[2], middle(source)[1]), (target[0], middle(target)[1]), share)
        for line, (source, target) in zip(lines, ends, strict=True)
    ]
    left, top, right, bottom = hull(rects)
    size = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    return Picture((*wires, *groups), left - MARGIN, top - MARGIN, *size)


def _flat_texts(one: Circle) -> list[tuple[Run, ...]]:
    """The lines of a flat neuron: its name with a, and its bias with δ."""
    data = Run("name", "\xa0", 11.0), Run("data", one.a[1], 14.0, key=one.a[0])
    return [(*name_runs(*typeset(one.name), 11.0), *data), *_below(one, 12.0)]


def _below(one: Circle, size: float) -> list[tuple[Run, ...]]:
    """The line of the bias and δ, if there is one."""
    runs = []
    if one.bias[0]:
        runs = [Run("caption", "b\xa0=\xa0", 11.0), Run("caption", one.bias[1], 11.0, key=one.bias[0])]
    if one.grad[0]:
        space = "\xa0\xa0" if runs else ""
        runs += [Run("caption", f"{space}{one.symbol}\xa0", 11.0), Run("grad", one.grad[1], size, key=one.grad[0])]
    return [tuple(runs)] if runs else []


def _below_width(one: Circle) -> float:
    """The width of the line of the bias and δ."""
    return sum(run.width for line in _below(one, 13.0) for run in line)


def _classes(one: Circle) -> tuple[str, ...]:
    return ("node", one.kind, *(("output",) if one.kind == "operation" else ()))


def _circle(one: Circle, place: Point) -> Group:
    x, y = place
    runs = [
        (-16.0, name_runs(*typeset(one.name), 11.0)),
        (5.0, (Run("data", one.a[1], 14.0, key=one.a[0]),)),
        (20.0, (Run("caption", "z\xa0", 9.0), Run("data", one.z[1], 10.0, key=one.z[0])) if one.z[0] else ()),
        *[(RADIUS + 15, line) for line in _below(one, 13.0)],
    ]
    texts = [Text(x, y + down, "middle", line) for down, line in runs if line]
    below = around(x, y + RADIUS + BELOW / 2 + 1, (_below_width(one), BELOW - 4))
    shapes = Shape("ground", outline(below, 0.0)), Shape("box", circle(place, RADIUS))
    return Group(one.id, _classes(one), one.name, (*shapes[0 if one.grad[0] else 1 :], *texts))


def _ends(line: Line, places: Mapping[str, Point]) -> tuple[Point, Point]:
    """The ends of a line, on the circles."""
    (x0, y0), (x1, y1) = places[line.source], places[line.target]
    length = math.dist(places[line.source], places[line.target])
    u, v = (x1 - x0) / length * RADIUS, (y1 - y0) / length * RADIUS
    return (x0 + u, y0 + v), (x1 - u, y1 - v)


def _line(line: Line, start: Point, end: Point, share: float = 0.0) -> Group:
    """A line, as wide as its weight is large, times a share; without one, as all others."""
    is_wide = share > 0.0 and line.weight[0] != ""
    width = share * (LINE_WIDTHS[0] + (LINE_WIDTHS[1] - LINE_WIDTHS[0]) * abs(line.size)) if is_wide else 0.0
    sign = ["positive" if line.size > 0 else "negative"] if is_wide else []
    shapes = Shape("wire", curve([start, end]), width), Shape("tail", pointed(start, end, 9.0, 4.5))
    return Group(line.id, ("edge", *sign), "", shapes)


def _label_rects(lines: Sequence[Line], places: Mapping[str, Point], taken: Sequence[Rect]) -> dict[str, Rect]:
    """The rectangle of the label of each line, where it is free: each is placed again when all others are known.

    One that lies on another gets more weight, so that others make room for it (Morris, The breakout method for escaping
    from local minima, 1993).
    """
    options: dict[str, list[Rect]] = {}
    for line in lines:
        (x0, y0), (x1, y1) = _ends(line, places)
        size = max(run.width for run in _label_runs(line)) + 2, LABEL_HEIGHT
        rects = [around(x0 + t * (x1 - x0), y0 + t * (y1 - y0), size) for t in SHARES]
        options[line.id] = [rect for rect in rects if not any(_overlap(rect, other) for other in taken)] or rects
    chosen: dict[str, Rect] = {}
    weights = dict.fromkeys(options, 1.0)
    for _ in range(ROUNDS):
        for id_, rects in options.items():
            others = [(weights[key], other) for key, other in chosen.items() if key != id_]
            chosen[id_] = min(rects, key=lambda rect: sum(weight * _overlap(rect, other) for weight, other in others))
        pairs = [pair for pair in combinations(chosen, 2) if _overlap(chosen[pair[0]], chosen[pair[1]])]
        if not pairs:
            break
        for id_ in {*chain.from_iterable(pairs)}:
            weights[id_] += 1.0
    return chosen


def _label_runs(line: Line) -> tuple[Run, Run]:
    return Run("partial", line.weight[1], 11.0, key=line.weight[0]), Run("grad", line.grad[1], 11.0, key=line.grad[0])


def _label(line: Line, rect: Rect) -> Group:
    """The weight and its gradient on a line."""
    x, y = middle(rect)
    weight, grad = _label_runs(line)
    texts = [Text(x, y - 2, "middle", (weight,)), Text(x, y + 11, "middle", (grad,))]
    return Group("", ("edge",), "", (Shape("ground", outline(rect, 0.0)), *texts))


def _overlap(a: Rect, b: Rect) -> float:
    """The area of the overlap of two rectangles."""
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    return max(width, 0.0) * max(height, 0.0)


def complete(sources: Sequence[Circle], targets: Sequence[Circle]) -> list[tuple[int, int]]:
    """Return the indices of all pairs of a source and a target, in the order in which labels find their places."""
    pairs = product(range(len(sources)), range(len(targets)))
    return sorted(pairs, key=lambda pair: abs(pair[0] - pair[1]))
