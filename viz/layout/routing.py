"""The ways of the edges in the picture of a network: level within boxes, and with a swing between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from viz.graph.description import BoxPath, Edge, Graph, Node
from viz.layout.boxes import Layout
from viz.layout.geometry import Point, Rect, Size, hull, middle

LANE = 4.0  # how far above a row of parameters they leave it for other boxes, and from a node that edges pass by
TURN = 12.0  # how far a swing goes that takes an edge past the operations of another sample

Lane: TypeAlias = tuple[BoxPath, float]
"""A place across the flow where edges pass operations, in a box."""


@dataclass(frozen=True)
class Way:
    """Cubic Bezier curves, one after the other: 3 n + 1 points; and where the label is, and the name of the place."""

    points: list[Point]
    label: Point
    name: Point


def ways(graph: Graph, layout: Layout, label: Size) -> list[Way | None]:
    """Return the way of each edge; None where a node may be in the way, so that Graphviz is to find one."""
    obstacles = [(node, layout.places[node.id]) for node in graph.nodes]
    arrivals: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        arrivals.setdefault((edge.target.id, _side(edge, layout)), []).append(edge)
    found: dict[tuple[str, int], Way | None] = {}
    lanes: dict[Lane, int] = {}
    for (target, side), edges in arrivals.items():
        if not edges[0].target.is_ordered:  # then their order is free, and they need not cross
            edges.sort(key=lambda edge: middle(layout.places[edge.source.id])[side == "level"])
        for i, edge in enumerate(edges, start=1):
            share = i / (len(edges) + 1)
            way = _level(edge, layout, share, label) if side == "level" else _across(edge, layout, share, side)
            ends = (edge.source.id, edge.target.id)
            others = [rect for node, rect in obstacles if node.id not in ends]
            if way and side != "level" and not _is_free(way.points, others):
                way = _past(edge, way, others, lanes)
            found[target, edge.index] = way if way and _is_free(way.points, others) else None
    return [found[edge.target.id, edge.index] for edge in graph.edges]


def _side(edge: Edge, layout: Layout) -> str:
    """Where an edge arrives: from before or after its target, if its source is a leaf beside it, or along the flow."""
    if edge.source.id not in layout.beside or edge.source.cluster != edge.target.cluster:
        return "level"
    return "before" if layout.places[edge.source.id][1] < layout.places[edge.target.id][1] else "after"


def _across(edge: Edge, layout: Layout, share: float, side: str) -> Way:
    """A straight line from a leaf to an operation, `share` of the way along its side."""
    source, target = layout.places[edge.source.id], layout.places[edge.target.id]
    start = middle(source)[0], source[3 if side == "before" else 1]
    end = target[0] + share * (target[2] - target[0]), target[1 if side == "before" else 3]
    name = end[0] + 8, end[1] + (-8 if side == "before" else 8)
    return Way([start, *straight(start, end)], _between(start, end, 0.4), name)


def _past(edge: Edge, way: Way, obstacles: Sequence[Rect], lanes: dict[Lane, int]) -> Way:
    """The way of a leaf to an operation behind others: across between those, in the gap with the shortest way."""
    start, end = way.points[0], way.points[-1]
    turn = TURN if start[1] < end[1] else -TURN
    first, last = sorted((start[1] + turn, end[1] - turn))
    blocked: list[Size] = []
    for low, high in sorted((u0 - LANE, u1 + LANE) for u0, v0, u1, v1 in obstacles if v0 < last and first < v1):
        if blocked and low <= blocked[-1][1]:
            blocked[-1] = blocked[-1][0], max(blocked[-1][1], high)
        else:
            blocked.append((low, high))
    if not blocked:
        return way
    at, step = min(
        (side for low, high in blocked for side in ((low, -1.0), (high, 1.0))),
        key=lambda side: abs(side[0] - start[0]) + abs(side[0] - end[0]),
    )
    before = lanes[edge.target.cluster, at] = lanes.get((edge.target.cluster, at), -1) + 1
    u = at + step * (before * 2 % LANE)
    points = [start]
    for point in ((u, start[1] + turn), (u, end[1] - turn), end):
        half = (points[-1][1] + point[1]) / 2
        points += [(points[-1][0], half), (point[0], half), point]
    return Way(points, (u + 0.3 * (end[0] - u), end[1] - 0.6 * turn), way.name)


def _level(edge: Edge, layout: Layout, share: float, label: Size) -> Way | None:
    """Level out of all boxes that the target is not in, a swing, and level again past the label and into its boxes."""
    target = layout.places[edge.target.id]
    end = target[0], target[1] + share * (target[3] - target[1])
    leave, enter = _column(edge.source, edge.target, layout)[2], _column(edge.target, edge.source, layout)[0]
    arrive = enter - label[0]
    points = _start(edge.source, layout)
    if leave >= arrive:
        return None
    if points[-1][0] < leave:
        points += straight(points[-1], (leave, points[-1][1]))
    half = (leave + arrive) / 2
    points += [(half, points[-1][1]), (half, end[1]), (arrive, end[1])]
    if arrive < end[0]:
        points += straight(points[-1], end)
    return Way(points, (arrive + label[0] / 2 - 4, end[1]), (end[0] - 8, end[1] - 6))


def _start(node: Node, layout: Layout) -> list[Point]:
    """The end of a node; for a parameter in its row, a way past its neighbors."""
    place = layout.places[node.id]
    u, v = middle(place)
    if node.id not in layout.beside:
        return [(place[2], v)]
    lane = place[1] - LANE
    return [(u, place[1]), (u, lane), (u, lane), (u + LANE, lane)]


def _column(node: Node, other: Node, layout: Layout) -> Rect:
    """The column, or the place in a row, of a node or of the largest box that has it and not the other one."""
    shared = 0
    while shared < len(node.cluster) and node.cluster[: shared + 1] == other.cluster[: shared + 1]:
        shared += 1
    name = node.cluster[: shared + 1] if shared < len(node.cluster) else node.id
    return hull({thing: layout.places[thing] for thing in layout.columns.get(name, [name])})


def _is_free(points: Sequence[Point], obstacles: Sequence[Rect]) -> bool:
    """Whether curves stay clear of all nodes; a curve stays within the hull of its four points."""
    for i in range(0, len(points) - 1, 3):
        us, vs = zip(*points[i : i + 4], strict=True)
        if any(u0 < max(us) and min(us) < u1 and v0 < max(vs) and min(vs) < v1 for u0, v0, u1, v1 in obstacles):
            return False
    return True


def straight(start: Point, end: Point) -> list[Point]:
    """A straight line as a curve: all its points but the first."""
    return [_between(start, end, 1 / 3), _between(start, end, 2 / 3), end]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
