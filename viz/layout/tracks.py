"""The layout of a large graph: nodes in columns, and tracks for edges that pass columns.

Graphviz gives a small graph a better layout, but its time grows with the square of the summed length of all edges: 6
seconds for a chain of 200 nodes that all use one leaf. Here such a leaf has one track, from which its edges branch off.
"""

from collections.abc import Mapping
from itertools import pairwise

from viz.graph.description import Edge, Graph
from viz.layout.alignment import Alignment
from viz.layout.columns import Columns
from viz.layout.crossings import untangle
from viz.layout.geometry import Places, Point, Size, around, spread
from viz.layout.routing import Route, straight

# Gaps and lengths are in points.
NODE_GAP = 12.0  # gap between neighbors in a column of which one is a node
TRACK_GAP = 6.0  # gap between tracks
COLUMN_GAP = 28.0  # gap between columns, before the extra gap for edges that climb
CLIMB_SHARE = 0.12  # the extra gap as a share of the greatest climb of an edge
MAX_CLIMB_GAP = 90.0  # the largest extra gap
TOLERANCE = 0.05  # smaller differences of coordinates are ignored
CORNER = 4.0  # length at both ends of a node's side where no edge arrives


class TrackLayout:
    """The places of the nodes of a graph without boxes, and the routes of its edges.

    `sizes` are by id, `label` is the size of the largest label of an edge.
    """

    def __init__(self, graph: Graph, sizes: Mapping[str, Size], label: Size) -> None:
        self._graph, self._label = graph, label
        self._columns = Columns(graph)
        untangle(self._columns)
        n = len(graph.nodes)
        rooms = [sizes[node.id] for node in graph.nodes]
        across = [*[size[1] for size in rooms], *[0.0] * (len(self._columns.column) - n)]
        self._v = Alignment(self._columns, across, NODE_GAP, TRACK_GAP).middles
        self._ends = self._arrivals(across)
        self._borders = self._along([size[0] for size in rooms])
        middles = [sum(self._borders[column]) / 2 for column in self._columns.column[:n]]
        # the rectangle of each node
        self.places: Places = {
            node.id: around(u, v, size) for node, u, v, size in zip(graph.nodes, middles, self._v, rooms, strict=False)
        }
        # the route of each edge, in the order of the graph
        self.routes = [self._route(i, edge) for i, edge in enumerate(graph.edges)]

    def _arrivals(self, across: list[float]) -> list[float]:
        """The v at which each edge arrives: as level as possible; operands that may not be swapped keep their order."""
        arrivals: dict[str, list[int]] = {}
        for i, edge in enumerate(self._graph.edges):
            arrivals.setdefault(edge.target.id, []).append(i)
        ends = [0.0] * len(self._graph.edges)
        for edges in arrivals.values():
            target = self._columns.edges[edges[0]][-1]
            if not self._graph.edges[edges[0]].target.is_ordered:
                edges.sort(key=lambda i: self._v[self._columns.edges[i][-2]])
            half = across[target] / 2 - max(CORNER, self._label[1] / 2)
            gap = min(self._label[1] or 2 * TRACK_GAP, 2 * half / max(len(edges) - 1, 1))
            first = self._v[target] - half
            room = 2 * half - gap * (len(edges) - 1)
            wishes = [self._v[self._columns.edges[i][-2]] for i in edges]
            for place, (i, v) in enumerate(zip(edges, spread(wishes, [(0.0, 0.0)] * len(edges), gap), strict=True)):
                ends[i] = min(max(v, first + place * gap), first + place * gap + room)
        return ends

    def _along(self, widths: list[float]) -> list[tuple[float, float]]:
        """The u at which each column begins and ends."""
        climbs = [0.0] * len(self._columns.items)
        for end, items in zip(self._ends, self._columns.edges, strict=True):
            for one, other in pairwise(items):
                v = end if other == items[-1] else self._v[other]
                column = self._columns.column[one]
                climbs[column] = max(climbs[column], abs(v - self._v[one]))
        borders, u = [], 0.0
        for items, climb in zip(self._columns.items, climbs, strict=True):
            width = max(widths[item] for item in items if item < self._columns.n_nodes)
            borders.append((u, u + width))
            u += width + COLUMN_GAP + min(CLIMB_SHARE * climb, MAX_CLIMB_GAP) + self._label[0]
        return borders

    def _route(self, index: int, edge: Edge) -> Route:
        """A route that is level inside each column and bends between columns."""
        items = self._columns.edges[index]
        _, v0, u1, v1 = self.places[edge.source.id]
        points: list[Point] = [(u1, (v0 + v1) / 2)]
        for one, other in pairwise(items):
            leave = self._borders[self._columns.column[one]][1]
            arrive = self._borders[self._columns.column[other]][0] - self._label[0]
            end = self._ends[index] if other == items[-1] else self._v[other]
            if abs(end - points[-1][1]) > TOLERANCE:
                _extend(points, leave)
                half = (leave + arrive) / 2
                points += [(half, points[-1][1]), (half, end), (arrive, end)]
        u, v = self.places[edge.target.id][0], points[-1][1]
        _extend(points, u)
        return Route(points, (u - self._label[0] / 2 - 4, v), (u - 8, v - 6))


def _extend(points: list[Point], u: float) -> None:
    """Extend a route to u without a change of level."""
    if u - points[-1][0] > TOLERANCE:
        points += straight(points[-1], (u, points[-1][1]))
