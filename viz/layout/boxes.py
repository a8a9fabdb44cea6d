"""The layout of a network in boxes, with its neurons in order, and that of boxes of the caller."""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from statistics import fmean
from typing import TypeAlias

from viz.graph.description import BoxPath, Graph, Node, boxes_inside
from viz.layout.geometry import Places, Rect, Size, around, hull, middle, moved, spread
from viz.layout.ranks import ranks

# Gaps and lengths are in points.
FOLD_GAP = 18.0  # gap between rows of columns
LEAF_GAP = 8.0  # gap between leaves in a row
STACK_GAP = 11.0  # gap between items in a column
ROW_GAP = 20.0  # gap between a row of parameters and the operations
COLUMN_GAP = 18.0  # gap between columns of operations
BOX_COLUMN_GAP = 28.0  # gap between columns of which one has boxes: many edges pass there
CLIMB_SHARE = 0.06  # the extra gap between such columns, as a share of their height: edges climb higher
PADDING = 8.0  # gap between the border of a box and its content
TITLE_HEIGHT = 15.0  # height of the title of a box
MAX_CUTS = 2  # folds of a network
BETTER = 1.04  # a fold must make the picture larger by this factor

Key: TypeAlias = str | BoxPath
"""An item of a column: the id of an operation, or the path of a box."""


class BoxLayout:
    """The places of the nodes and boxes of a graph.

    An item is in a later column than its operands. In a column, items keep their order and are as near to their
    operands as possible. The parameters of a box form a row above its operations. A leaf with one user that has a
    computed operand too is beside that user.

    `sizes` are by id; `labels` are the rooms for the labels of the edges, in order, along an edge and across it;
    `title` is the side of a box where its title is, as an index into a Rect. If there is a `frame`, the columns may be
    folded into rows, to be as large as possible there.
    """

    def __init__(
        self,
        graph: Graph,
        sizes: Mapping[str, Size],
        labels: Sequence[Size],
        title: int,
        frame: Size | None = None,
    ) -> None:
        self._sizes, self._title = sizes, title
        self._label_height = max((across for _, across in labels), default=0.0)
        self._edges = [
            (edge.source.id, edge.target.id, along) for edge, (along, _) in zip(graph.edges, labels, strict=True)
        ]
        self._operands: dict[str, list[Node]] = {node.id: [] for node in graph.nodes}
        self._consumers: dict[str, list[Node]] = {node.id: [] for node in graph.nodes}
        for edge in graph.edges:
            self._operands[edge.target.id].append(edge.source)
            self._consumers[edge.source.id].append(edge.target)
        self._depths: dict[str, int] = {}
        self._rows: dict[BoxPath, list[Node]] = {}
        self._companions: dict[str, list[Node]] = {}
        for node in graph.nodes:
            before = [self._depths[operand.id] for operand in self._operands[node.id]]
            self._depths[node.id] = max(before, default=-1) + 1
            if not before:
                self._sort(node)
        # for each operation and box, the keys of all nodes and boxes in its column
        self.columns: dict[Key, tuple[Key, ...]] = {}
        self.rooms: dict[Key, float] = {}  # for each operation and box, the room for labels before its column
        # the ids of the leaves in rows or beside an operation
        self.beside = {leaf.id for leaves in (*self._rows.values(), *self._companions.values()) for leaf in leaves}
        self._top: list[list[Key]] = []  # the keys of all nodes and boxes in each column of the whole
        self.places = self._arrange((), graph.nodes)  # the rectangles of all nodes and boxes
        if frame is not None:
            self._fold(frame)

    def title(self, path: BoxPath) -> Rect:
        """Return the rectangle of the title of a box: its upper side, or half of that if edges enter there."""
        u0, v0, u1, v1 = self.places[path]
        if self._title == 1:
            return u0, v0, u1, v0 + TITLE_HEIGHT
        u = u0 if self._title == 0 else u1 - TITLE_HEIGHT
        return u, v0, u + TITLE_HEIGHT, (v0 + v1) / 2

    def _fold(self, frame: Size) -> None:
        """Put the columns into rows, if that makes the picture larger in the frame; one edge at most goes back."""
        column = {key: i for i, keys in enumerate(self._top) for key in keys}
        cuts = [
            cut
            for cut in range(1, len(self._top))
            if len({source for source, target, _ in self._edges if column[source] < cut <= column[target]}) == 1
        ]
        folds = [self._in_rows(chosen) for n in range(MAX_CUTS + 1) for chosen in combinations(cuts, n)]
        scales = []
        for places in folds:
            u0, v0, u1, v1 = hull(places)
            scales.append(min(frame[0] / (u1 - u0), frame[1] / (v1 - v0), 1.0))
        self.places = next(fold for fold, scale in zip(folds, scales, strict=True) if BETTER * scale >= max(scales))

    def _in_rows(self, cuts: Sequence[int]) -> Places:
        """The places if a row begins at each column in `cuts`."""
        rows: Places = {}
        for first, last in pairwise([0, *cuts, len(self._top)]):
            row = {key: self.places[key] for keys in self._top[first:last] for key in keys}
            u, v, _, _ = hull(row)
            rows |= moved(row, -u, hull(rows)[3] + FOLD_GAP - v if rows else -v)
        return rows

    def _sort(self, leaf: Node) -> None:
        """Decide whether a leaf is in a row or beside an operation."""
        consumers = {node.id: node for node in self._consumers[leaf.id]}
        in_box = [node for node in consumers.values() if node.cluster == leaf.cluster]
        if in_box and leaf.cluster and leaf.kind in ("parameter", "more"):
            self._rows.setdefault(leaf.cluster, []).append(leaf)
        elif in_box and len(consumers) == 1 and any(self._operands[node.id] for node in self._operands[in_box[0].id]):
            self._companions.setdefault(in_box[0].id, []).append(leaf)

    def _arrange(self, path: BoxPath, nodes: list[Node]) -> Places:
        """The places of the nodes in the box `path`: columns, and a row above them."""
        items = self._items(path, nodes)
        placed: Places = {}
        u, height, boxes = 0.0, 0.0, False
        for column in self._columns(items):
            keys = {key: None for name in column for key in items[name]}
            if not path:
                self._top.append([*keys])
            self.columns |= dict.fromkeys(column, tuple(keys))
            arriving = [along for source, target, along in self._edges if target in keys and source not in keys]
            room = max(arriving, default=0.0)
            self.rooms |= dict.fromkeys(column, room)
            extents = [hull(items[name]) for name in column]
            last, height = height, sum(v1 - v0 for _, v0, _, v1 in extents)
            had, boxes = boxes, any(isinstance(name, tuple) for name in column)
            if placed:
                gap = BOX_COLUMN_GAP + CLIMB_SHARE * max(last, height) if had or boxes else COLUMN_GAP
                u += room + gap
            width = max(u1 - u0 for u0, _, u1, _ in extents)
            wishes = [self._wish(items[name], placed) for name in column]
            across = spread(wishes, [(v0, v1) for _, v0, _, v1 in extents], STACK_GAP)
            for name, (u0, _, u1, _), v in zip(column, extents, across, strict=True):
                placed |= moved(items[name], u + (width - u0 - u1) / 2, v)
            u += width
        row = sorted((self._above(leaf, placed), i, leaf) for i, leaf in enumerate(self._rows.get(path, [])))
        top = hull(placed)[1] - ROW_GAP - self._label_height
        return placed | self._row([leaf for *_, leaf in row], [wish for wish, *_ in row], top)

    def _items(self, path: BoxPath, nodes: list[Node]) -> dict[Key, Places]:
        """The items of the columns: boxes in the order of their numbers, and operations with the leaves beside them."""
        inside = boxes_inside(nodes, path)
        items: dict[Key, Places] = {}
        for box in sorted(inside, key=_number):
            places = self._arrange(box, inside[box])
            border = [x + PADDING * sign for x, sign in zip(hull(places), (-1, -1, 1, 1), strict=True)]
            border[self._title] += TITLE_HEIGHT if self._title > 1 else -TITLE_HEIGHT
            u0, v0, u1, v1 = border
            items[box] = {box: (u0, v0, u1, v1), **places}
        for node in nodes:
            if node.cluster == path and node.id not in self.beside:
                items[node.id] = self._with_companions(node)
        if inside and any(node.kind == "more" and node.cluster == path for node in nodes):
            last = max(inside, key=_number)
            items[last] = items.pop(last)  # "... more" comes above the last box
        return items

    def _with_companions(self, node: Node) -> Places:
        """An operation and the leaves beside it: before it, or after it for a second operand, such as 1 in a - 1."""
        leaves = self._companions.get(node.id, [])
        second = [leaf for leaf in leaves if node.is_ordered and leaf is self._operands[node.id][1]]
        first = [leaf for leaf in leaves if leaf not in second]
        has_labels = any(leaf.kind != "constant" for leaf in leaves)  # the edge of a constant has none
        v = self._sizes[node.id][1] / 2 + (ROW_GAP + self._label_height if has_labels else STACK_GAP)
        before = self._row(first, [0.0] * len(first), -v)
        after = self._row(second, [0.0] * len(second), v, after=True)
        return {node.id: around(0.0, 0.0, self._sizes[node.id]), **before, **after}

    def _row(self, leaves: Sequence[Node], wishes: Sequence[float], v: float, *, after: bool = False) -> Places:
        """Leaves side by side, before v or after it, as near to their wishes as possible."""
        extents = [(-self._sizes[leaf.id][0] / 2, self._sizes[leaf.id][0] / 2) for leaf in leaves]
        return {
            leaf.id: around(u, v + self._sizes[leaf.id][1] * (0.5 if after else -0.5), self._sizes[leaf.id])
            for leaf, u in zip(leaves, spread(wishes, extents, LEAF_GAP), strict=True)
        }

    def _above(self, leaf: Node, placed: Places) -> float:
        """The wish of a parameter: the u of the first operation that uses it."""
        return next(middle(placed[node.id])[0] for node in self._consumers[leaf.id] if node.id in placed)

    def _wish(self, item: Places, placed: Places) -> float:
        """The wish of an item: the v at which its edges are level, on average."""
        levels = [
            middle(placed[operand.id])[1] - middle(item[key])[1]
            for key in item
            if isinstance(key, str)
            for operand in self._operands[key]
            if operand.id in placed
        ]
        return fmean(levels) if levels else 0.0

    def _columns(self, items: Mapping[Key, Places]) -> list[list[Key]]:
        """The items, column by column."""
        names = {key: name for name, item in items.items() for key in item}
        users: dict[Key, set[Key]] = {name: set() for name in items}
        depths = dict.fromkeys(items, len(self._depths))
        for key, operands in self._operands.items():
            if operands and key in names:
                depths[names[key]] = min(depths[names[key]], self._depths[key])
            for source in [names[operand.id] for operand in operands if operand.id in names and key in names]:
                if source != names[key]:
                    users[source].add(names[key])
        rank_of = ranks(users, depths)
        return [[name for name in items if rank_of[name] == rank] for rank in sorted(set(rank_of.values()))]


def _number(box: BoxPath) -> tuple[str, int]:
    """The key that sorts boxes: neuron 2 before neuron 10; boxes without numbers keep their order."""
    name, _, number = box[-1].rpartition(" ")
    return (name, int(number)) if number.isdecimal() else ("", 0)
