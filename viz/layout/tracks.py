"""The layout of a large graph: in columns, with tracks for the edges that go past some of them.

Graphviz does this better for a small one, and its time grows with the square of the length of all edges: it needs 6
seconds for 200 nodes in a chain that all use one leaf. Here such a leaf has one track, from which its edges turn off.
"""

from collections.abc import Mapping
from itertools import pairwise

from viz.graph.description import Edge, Graph
from viz.layout.alignment import Across
from viz.layout.columns import Columns
from viz.layout.crossings import untangle
from viz.layout.geometry import Places, Point, Size, around, spread
from viz.layout.routing import Way, straight

NEXT = 12.0  # between nodes in a column, and between a node and a track
TRACK = 6.0  # between tracks
GAP = 28.0  # between columns, and more where edges climb:
SLOPE, MOST = 0.12, 90.0  # so much of the height, and so much at most
EXACT = 0.05  # what is no nearer to level than that, or to an end
EDGE = 4.0  # of a node's side, at either end, where no edge arrives


class Tracks:
    """The places of a graph's nodes, and the ways of its edges.

    Args:
        graph: what is drawn.
        sizes: the size of each node, by id.
        label: the size of the label of an edge.

    Attributes:
        places: the places.
        ways: the way of each edge.
    """

    def __init__(self, graph: Graph, sizes: Mapping[str, Size], label: Size) -> None:
        self._graph, self._label = graph, label
        self._columns = Columns(graph)
        untangle(self._columns)
        n = len(graph.nodes)
        rooms = [sizes[node.id] for node in graph.nodes]
        across = [*[size[1] for size in rooms], *[0.0] * (len(self._columns.column) - n)]
        self._v = Across(self._columns, across, NEXT, TRACK).middles
        self._ends = self._arrivals(across)
        self._borders = self._along([size[0] for size in rooms])
        middles = [sum(self._borders[column]) / 2 for column in self._columns.column[:n]]
        self.places: Places = {
            node.id: around(u, v, size) for node, u, v, size in zip(graph.nodes, middles, self._v, rooms, strict=False)
        }
        self.ways = [self._way(i, edge) for i, edge in enumerate(graph.edges)]

    def _arrivals(self, across: list[float]) -> list[float]:
        """Where each edge arrives at its target: as level as it can be, in the order of what may not be swapped."""
        arrivals: dict[str, list[int]] = {}
        for i, edge in enumerate(self._graph.edges):
            arrivals.setdefault(edge.target.id, []).append(i)
        ends = [0.0] * len(self._graph.edges)
        for edges in arrivals.values():
            target = self._columns.edges[edges[0]][-1]
            if not self._graph.edges[edges[0]].target.is_ordered:
                edges.sort(key=lambda i: self._v[self._columns.edges[i][-2]])
            half = across[target] / 2 - max(EDGE, self._label[1] / 2)
            gap = min(self._label[1] or 2 * TRACK, 2 * half / max(len(edges) - 1, 1))
            first = self._v[target] - half
            room = 2 * half - gap * (len(edges) - 1)
            wishes = [self._v[self._columns.edges[i][-2]] for i in edges]
            for place, (i, v) in enumerate(zip(edges, spread(wishes, [(0.0, 0.0)] * len(edges), gap), strict=True)):
                ends[i] = min(max(v, first + place * gap), first + place * gap + room)
        return ends

    def _along(self, widths: list[float]) -> list[tuple[float, float]]:
        """Where each column begins and ends."""
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
            u += width + GAP + min(SLOPE * climb, MOST) + self._label[0]
        return borders

    def _way(self, index: int, edge: Edge) -> Way:
        """Level past the nodes of each column, and with a swing between columns."""
        items = self._columns.edges[index]
        _, v0, u1, v1 = self.places[edge.source.id]
        points: list[Point] = [(u1, (v0 + v1) / 2)]
        for one, other in pairwise(items):
            leave = self._borders[self._columns.column[one]][1]
            arrive = self._borders[self._columns.column[other]][0] - self._label[0]
            end = self._ends[index] if other == items[-1] else self._v[other]
            if abs(end - points[-1][1]) > EXACT:
                _go(points, leave)
                half = (leave + arrive) / 2
                points += [(half, points[-1][1]), (half, end), (arrive, end)]
        u, v = self.places[edge.target.id][0], points[-1][1]
        _go(points, u)
        return Way(points, (u - self._label[0] / 2 - 4, v), (u - 8, v - 6))


def _go(points: list[Point], u: float) -> None:
    """Go on level."""
    if u - points[-1][0] > EXACT:
        points += straight(points[-1], (u, points[-1][1]))
