"""The routes of the edges in the picture of a network: level inside boxes, and bent between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from typing import TypeAlias

from viz.graph.description import BoxPath, Edge, Graph, Node
from viz.layout.boxes import BoxLayout
from viz.layout.detour import detour
from viz.layout.geometry import Point, Rect, Size, hull, middle

# Lengths are in points.
LANE = 4.0  # distance of a route from a node that it passes, and from a row of parameters that it leaves
ARRIVAL = 10.0  # length of the last piece of a route around nodes, without its label
RADIUS = 5.0  # radius of a round corner
TURN = 9.0  # length of the bend that takes a route past the operations of another sample

Lane: TypeAlias = tuple[BoxPath, float]
"""The path of a box, and the u at which routes pass its operations."""


@dataclass(frozen=True)
class Route:
    """The path of an edge: n cubic Bezier curves in 3 n + 1 points, and the middle of its label."""

    points: list[Point]
    label: Point


def routes(graph: Graph, layout: BoxLayout, labels: Sequence[Size]) -> list[Route]:
    """Return the route of each edge; `labels` are the rooms for their labels, in order."""
    room_of = {(edge.target.id, edge.index): room for edge, (room, _) in zip(graph.edges, labels, strict=True)}
    obstacles = [(node, layout.places[node.id]) for node in graph.nodes]
    arrivals: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        arrivals.setdefault((edge.target.id, _side(edge, layout)), []).append(edge)
    route_of: dict[tuple[str, int], Route] = {}
    lanes: dict[Lane, int] = {}
    for (target, side), edges in arrivals.items():
        if not edges[0].target.is_ordered:  # operands may be swapped, so the edges need not cross
            edges.sort(key=lambda edge: middle(layout.places[edge.source.id])[side == "level"])
        for i, edge in enumerate(edges, start=1):
            share = i / (len(edges) + 1)
            room = room_of[target, edge.index]
            route = _level(edge, layout, share, room) if side == "level" else _across(edge, layout, share, side)
            ends = (edge.source.id, edge.target.id)
            others = [rect for node, rect in obstacles if node.id not in ends]
            if route and side != "level" and not _is_free(route.points, others):
                route = _past(edge, route, others, lanes)
            if route is None or not _is_free(route.points, others):
                place = layout.places[target]
                end = place[0], place[1] + share * (place[3] - place[1])
                ends_in = {*_around_node(edge.source), *_around_node(edge.target)}
                boxes = [
                    layout.title(key) if key in ends_in else rect
                    for key, rect in layout.places.items()
                    if isinstance(key, tuple)
                ]
                route = _around(_start(edge.source, layout), end, room, [*(rect for _, rect in obstacles), *boxes])
            route_of[target, edge.index] = route
    return [route_of[edge.target.id, edge.index] for edge in graph.edges]


def _side(edge: Edge, layout: BoxLayout) -> str:
    """The side of arrival: "before" or "after" for a leaf beside its target, "level" along the flow."""
    if edge.source.id not in layout.beside or edge.source.cluster != edge.target.cluster:
        return "level"
    return "before" if layout.places[edge.source.id][1] < layout.places[edge.target.id][1] else "after"


def _across(edge: Edge, layout: BoxLayout, share: float, side: str) -> Route:
    """A straight route from a leaf to an operation, which it meets at a share of the operation's side."""
    source, target = layout.places[edge.source.id], layout.places[edge.target.id]
    start = middle(source)[0], source[3 if side == "before" else 1]
    end = target[0] + share * (target[2] - target[0]), target[1 if side == "before" else 3]
    return Route([start, *straight(start, end)], _between(start, end, 0.4))


def _past(edge: Edge, route: Route, obstacles: Sequence[Rect], lanes: dict[Lane, int]) -> Route:
    """The route of a leaf to an operation behind others: through the gap between them with the shortest detour."""
    start, end = route.points[0], route.points[-1]
    turn = TURN if start[1] < end[1] else -TURN
    first, last = sorted((start[1] + turn, end[1] - turn))
    blocked: list[Size] = []
    for low, high in sorted((u0 - LANE, u1 + LANE) for u0, v0, u1, v1 in obstacles if v0 < last and first < v1):
        if blocked and low <= blocked[-1][1]:
            blocked[-1] = blocked[-1][0], max(blocked[-1][1], high)
        else:
            blocked.append((low, high))
    if not blocked:
        return route
    lane, step = min(
        (side for low, high in blocked for side in ((low, -1.0), (high, 1.0))),
        key=lambda side: abs(side[0] - start[0]) + abs(side[0] - end[0]),
    )
    used = lanes[edge.target.cluster, lane] = lanes.get((edge.target.cluster, lane), -1) + 1
    u = lane + step * (used * 2 % LANE)
    points = [start]
    for point in ((u, start[1] + turn), (u, end[1] - turn), end):
        half = (points[-1][1] + point[1]) / 2
        points += [(points[-1][0], half), (point[0], half), point]
    return Route(points, (u + 0.3 * (end[0] - u), end[1] - 0.6 * turn))


def _around_node(node: Node) -> list[BoxPath]:
    """The paths of the boxes around a node."""
    return [node.cluster[:depth] for depth in range(1, len(node.cluster) + 1)]


def _around(points: list[Point], end: Point, room: float, obstacles: Sequence[Rect]) -> Route:
    """A route that continues its first points by level and upright lines around all nodes."""
    first, last = (points[-1][0] + LANE, points[-1][1]), (end[0] - room - ARRIVAL, end[1])
    corners = [points[-1], *detour(first, last, obstacles, LANE), end]
    return Route([*points, *polyline(corners)], (end[0] - 4 - room / 2, end[1]))


def _level(edge: Edge, layout: BoxLayout, share: float, room: float) -> Route | None:
    """A route that leaves the boxes of the source level, bends, and enters the boxes of the target level."""
    target = layout.places[edge.target.id]
    end = target[0], target[1] + share * (target[3] - target[1])
    leave = _column(edge.source, edge.target, layout)[0][2]
    (enter, *_), widest = _column(edge.target, edge.source, layout)
    arrive = enter - widest
    points = _start(edge.source, layout)
    if leave >= arrive:
        return None
    if points[-1][0] < leave:
        points += straight(points[-1], (leave, points[-1][1]))
    half = (leave + arrive) / 2
    points += [(half, points[-1][1]), (half, end[1]), (arrive, end[1])]
    if arrive < end[0]:
        points += straight(points[-1], end)
    return Route(points, (enter - room / 2 - 4, end[1]))


def _start(node: Node, layout: BoxLayout) -> list[Point]:
    """The first points of a route: the side of a node; for a parameter in a row, a curve above its neighbors."""
    place = layout.places[node.id]
    u, v = middle(place)
    if node.id not in layout.beside:
        return [(place[2], v)]
    lane = place[1] - LANE
    return [(u, place[1]), (u, lane), (u, lane), (u + LANE, lane)]


def _column(node: Node, other: Node, layout: BoxLayout) -> tuple[Rect, float]:
    """The column, or the place in a row, of the largest box around a node without the other one, or of the node.

    Also the room for labels before it.
    """
    shared = 0
    while shared < len(node.cluster) and node.cluster[: shared + 1] == other.cluster[: shared + 1]:
        shared += 1
    name = node.cluster[: shared + 1] if shared < len(node.cluster) else node.id
    rect = hull({key: layout.places[key] for key in layout.columns.get(name, [name])})
    return rect, layout.rooms.get(name, 0.0)


def _is_free(points: Sequence[Point], obstacles: Sequence[Rect]) -> bool:
    """Whether curves cross no obstacle; a Bezier curve stays within the hull of its four points."""
    for i in range(0, len(points) - 1, 3):
        us, vs = zip(*points[i : i + 4], strict=True)
        if any(u0 < max(us) and min(us) < u1 and v0 < max(vs) and min(vs) < v1 for u0, v0, u1, v1 in obstacles):
            return False
    return True


def straight(start: Point, end: Point) -> list[Point]:
    """Return a straight line as a Bezier curve, without its first point."""
    return [_between(start, end, 1 / 3), _between(start, end, 2 / 3), end]


def polyline(corners: Sequence[Point]) -> list[Point]:
    """Return level and upright lines with round corners as Bezier curves, without the first point."""
    points, last = [], corners[0]
    for one, corner, other in zip(corners, corners[1:], corners[2:], strict=False):
        before, after = max(dist(one, corner), 1e-9), max(dist(corner, other), 1e-9)
        radius = min(RADIUS, before / 2, after / 2)
        begin, end = _between(corner, one, radius / before), _between(corner, other, radius / after)
        points += [*straight(last, begin), corner, corner, end]
        last = end
    return [*points, *straight(last, corners[-1])]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
