"""The layout of a graph without boxes: nodes in columns, and tracks for edges that pass columns, folded into rows.

A node that is used far away has one track, from which its edges branch off.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, pairwise
from math import comb, inf

from viz.graph.description import Edge, Graph
from viz.layout.alignment import Alignment, packed_items
from viz.layout.columns import Columns
from viz.layout.crossings import untangle
from viz.layout.geometry import Places, Point, Size, around, spread
from viz.layout.routing import Route, polyline, straight

# Gaps and lengths are in points.
NODE_GAP = 8.0  # gap between neighbors in a column of which one is a node
TRACK_GAP = 5.0  # gap between tracks
COLUMN_GAP = 12.0  # least gap between columns, before the extra gap for edges that climb
MAX_SPARE = 8.0  # the most that is added to it where the frame has room
CLIMB_SHARE = 0.12  # the extra gap as a share of the greatest climb of an edge
MAX_CLIMB_GAP = 90.0  # the largest extra gap
TOLERANCE = 0.05  # smaller differences of coordinates are ignored
CORNER = 4.0  # length at both ends of a node's side where no edge arrives
ARRIVAL = 12.0  # length of the last piece of an edge that comes from the row before
MAX_ROWS = 8
MAX_FOLDS = 60  # ways to fold that are all tried
BETTER = 1.02  # a fold that makes the picture larger by less than this is not worth the way back


@dataclass(frozen=True)
class Row:
    """Some columns side by side, and the items of the last one from which edges go back to the next row."""

    first: int  # the first column
    last: int  # the column after the last one
    left: float  # the u of the first column
    right: float  # the u at which the last column ends
    shift: float  # the v of the row
    bottom: float  # the v at which it ends
    leaving: list[int]  # from the top to the bottom


class TrackLayout:
    """The places of the nodes of a graph without boxes, and the routes of its edges.

    `sizes` are by id; `labels` are the rooms for the labels of the edges, in order, along an edge and across it, of
    which `names` is for the name of an operand. If there is a `frame`, the columns are folded into as many rows as make
    the picture largest there, though not larger than it is. `rule` is that of `Columns`.
    """

    def __init__(
        self,
        graph: Graph,
        sizes: Mapping[str, Size],
        labels: Sequence[Size],
        names: float = 0.0,
        frame: Size | None = None,
        rule: str = "near",
    ) -> None:
        self._graph, self._names = graph, names
        self._step = max((across for _, across in labels), default=0.0)
        self._columns = columns = Columns(graph, rule)
        untangle(columns)
        n = len(graph.nodes)
        boxes = [sizes[node.id] for node in graph.nodes]
        self._across = [*[size[1] for size in boxes], *[0.0] * (len(columns.column) - n)]
        self._rooms = [along for along, _ in labels]
        self._labels = [0.0] * len(columns.items)  # the room for labels before each column
        for along, items in zip(self._rooms, columns.edges, strict=True):
            column = columns.column[items[-1]]
            self._labels[column] = max(self._labels[column], along)
        self._widths = [max(boxes[item][0] for item in items if item < n) for items in columns.items]
        self._leaving = [[item for item in items if columns.after[item]] for items in columns.items]
        packed = packed_items(columns, self._across, NODE_GAP, TRACK_GAP)
        ends = [
            (self._across[items[0]] / 2, packed[items[-1]] + self._across[items[-1]] / 2) for items in columns.items
        ]
        self._heights = [sum(pair) for pair in ends]  # the least height of each column
        self._starts = self._along([height / 2 for height in self._heights])
        frame = frame or (inf, inf)
        cuts = self._best_cuts(frame)
        rooms = self._room_of_rows(cuts, frame)
        shifts = [(first - room / 2, room / 2 - last) for (first, last), room in zip(ends, rooms, strict=True)]
        self._v = Alignment(columns, packed, shifts).middles
        self._ends = self._arrivals()
        climbs = self._climbs()
        self._starts = self._along(climbs)
        longest = max(last - first for first, last in pairwise([0, *cuts, len(climbs)]))
        self._starts = self._along(climbs, min(self._free(cuts, frame)[0] / longest, MAX_SPARE))
        self._rows = self._fold(cuts)
        row_of = [row for row in self._rows for _ in range(row.first, row.last)]
        self._row_of = row_of
        # the rectangle of each node
        self.places: Places = {}
        for i, (node, size) in enumerate(zip(graph.nodes, boxes, strict=True)):
            column = columns.column[i]
            u = self._u(column) + self._widths[column] / 2
            self.places[node.id] = around(u, self._v[i] + row_of[column].shift, size)
        # the route of each edge, in the order of the graph
        self.routes = [self._route(i, edge) for i, edge in enumerate(graph.edges)]

    def _arrivals(self) -> list[float]:
        """The v at which each edge arrives: as level as possible; operands that may not be swapped keep their order."""
        arrivals: dict[str, list[int]] = {}
        for i, edge in enumerate(self._graph.edges):
            arrivals.setdefault(edge.target.id, []).append(i)
        ends = [0.0] * len(self._graph.edges)
        for edges in arrivals.values():
            target = self._columns.edges[edges[0]][-1]
            if not self._graph.edges[edges[0]].target.is_ordered:
                edges.sort(key=lambda i: self._v[self._columns.edges[i][-2]])
            half = self._across[target] / 2 - max(CORNER, self._step / 2)
            gap = min(self._step or 2 * TRACK_GAP, 2 * half / max(len(edges) - 1, 1))
            first = self._v[target] - half
            room = 2 * half - gap * (len(edges) - 1)
            wishes = [self._v[self._columns.edges[i][-2]] for i in edges]
            for place, (i, v) in enumerate(zip(edges, spread(wishes, [(0.0, 0.0)] * len(edges), gap), strict=True)):
                ends[i] = min(max(v, first + place * gap), first + place * gap + room)
        return ends

    def _climbs(self) -> list[float]:
        """The greatest climb of an edge after each column."""
        climbs = [0.0] * len(self._columns.items)
        for end, items in zip(self._ends, self._columns.edges, strict=True):
            for one, other in pairwise(items):
                v = end if other == items[-1] else self._v[other]
                column = self._columns.column[one]
                climbs[column] = max(climbs[column], abs(v - self._v[one]))
        return climbs

    def _along(self, climbs: Iterable[float], spare: float = 0.0) -> list[float]:
        """The u at which each column begins, all in one row."""
        gaps = [COLUMN_GAP + spare + min(CLIMB_SHARE * climb, MAX_CLIMB_GAP) for climb in climbs]
        return [*accumulate(map(sum, zip(self._widths, gaps, [*self._labels[1:], 0.0], strict=True)), initial=0.0)][:-1]

    def _u(self, column: int) -> float:
        """The u at which a column begins in its row."""
        row = self._row_of[column]
        return row.left + self._starts[column] - self._starts[row.first]

    def _best_cuts(self, frame: Size) -> tuple[int, ...]:
        """The fewest columns at which rows begin with which the picture has nearly its greatest size in the frame."""
        best: tuple[int, ...] = ()
        scale = self._scale(best, frame)
        for count in range(2, min(MAX_ROWS, len(self._columns.items)) + 1 if scale < 1 else 0):
            cuts = max(self._cuts(count), key=lambda cuts: self._scale(cuts, frame))
            if self._scale(cuts, frame) > BETTER * scale:
                best, scale = cuts, self._scale(cuts, frame)
        return best

    def _scale(self, cuts: Sequence[int], frame: Size) -> float:
        """The size of the picture in a frame, at most 1, if its rows are as low as they may be."""
        width, height = self._least_size(cuts)
        return min(frame[0] / width, frame[1] / height, 1.0)

    def _free(self, cuts: Sequence[int], frame: Size) -> Size:
        """The width and the height that this picture leaves free in the frame."""
        scale, (width, height) = self._scale(cuts, frame), self._least_size(cuts)
        return max(0.0, frame[0] / scale - width), max(0.0, frame[1] / scale - height)

    def _least_size(self, cuts: Sequence[int]) -> Size:
        starts = self._starts
        width = height = 0.0
        for first, last in pairwise([0, *cuts, len(starts)]):
            left, gap = self._turn(first)
            right = left + starts[last - 1] + self._widths[last - 1] - starts[first]
            width = max(width, right + TRACK_GAP * len(self._leaving[last - 1]))
            height += gap + max(self._heights[first:last])
        return width, height

    def _turn(self, first: int) -> Size:
        """The gaps at the left of a row that begins at a column and above it, for edges from the row before."""
        if not first:
            return 0.0, 0.0
        turn = len(self._leaving[first - 1]) + 1
        return turn * TRACK_GAP + ARRIVAL + self._labels[first], (turn + 1) * TRACK_GAP

    def _room_of_rows(self, cuts: Sequence[int], frame: Size) -> list[float]:
        """For each column the height of its row: the least one, and an equal share of what is free in the frame."""
        spare = self._free(cuts, frame)[1] / (len(cuts) + 1)
        rows = pairwise([0, *cuts, len(self._heights)])
        return [max(self._heights[first:last]) + spare for first, last in rows for _ in range(first, last)]

    def _cuts(self, count: int) -> list[tuple[int, ...]]:
        """The columns at which rows may begin: all choices if they are few, else rows of about the same length."""
        n = len(self._starts)
        if comb(n - 1, count - 1) <= MAX_FOLDS:
            return [*combinations(range(1, n), count - 1)]
        length = (self._starts[-1] + self._widths[-1]) / count
        return [tuple(sorted({bisect_left(self._starts, i * length) for i in range(1, count)} - {0, n}))]

    def _fold(self, cuts: Sequence[int]) -> list[Row]:
        """The columns in rows, of which all but the first begin at `cuts`."""
        columns, starts = self._columns, self._starts
        rows: list[Row] = []
        for first, last in pairwise([0, *cuts, len(starts)]):
            items = [item for column in columns.items[first:last] for item in column]
            top = min(self._v[item] - self._across[item] / 2 for item in items)
            bottom = max(self._v[item] + self._across[item] / 2 for item in items)
            left, gap = self._turn(first)
            shift = (rows[-1].bottom if rows else 0.0) + gap - top
            right = left + starts[last - 1] + self._widths[last - 1] - starts[first]
            rows.append(Row(first, last, left, right, shift, bottom + shift, self._leaving[last - 1]))
        return rows

    def _route(self, index: int, edge: Edge) -> Route:
        """A route that is level inside each column, bends between columns, and goes back to the left between rows."""
        items = self._columns.edges[index]
        _, v0, u1, v1 = self.places[edge.source.id]
        points: list[Point] = [(u1, (v0 + v1) / 2)]
        for one, other in pairwise(items):
            before, after = self._columns.column[one], self._columns.column[other]
            row, next_row = self._row_of[before], self._row_of[after]
            arrive = self._u(after) - self._labels[after]
            end = (self._ends[index] if other == items[-1] else self._v[other]) + next_row.shift
            if row is not next_row:
                place = row.leaving.index(one)
                lane = (len(row.leaving) - place) * TRACK_GAP
                right, left = row.right + lane, arrive - ARRIVAL - place * TRACK_GAP
                corners = [(right, points[-1][1]), (right, row.bottom + lane), (left, row.bottom + lane), (left, end)]
                points += polyline([points[-1], *corners, (arrive, end)])
            elif abs(end - points[-1][1]) > TOLERANCE:
                leave = self._u(before) + self._widths[before]
                _extend(points, leave)
                half = (leave + arrive) / 2
                points += [(half, points[-1][1]), (half, end), (arrive, end)]
        u, v = self.places[edge.target.id][0], points[-1][1]
        _extend(points, u)
        return Route(points, (u - (self._rooms[index] + self._names) / 2 - 4, v))


def _extend(points: list[Point], u: float) -> None:
    """Extend a route to u without a change of level."""
    if u - points[-1][0] > TOLERANCE:
        points += straight(points[-1], (u, points[-1][1]))
