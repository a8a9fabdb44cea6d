"""Where things go in the picture of a network. Graphviz cannot be told that neuron 0 is above neuron 1."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

from viz.graph.description import BoxPath, Graph, Node
from viz.layout.geometry import Places, Size, around, hull, middle, moved, spread
from viz.layout.ranks import ranks

NEXT = 8.0  # between leaves in a row
STACK = 14.0  # between things in a column
ROW = 26.0  # between a row of parameters and the operations
COLUMN = 24.0  # between operations
BOXES = 36.0  # between columns with boxes: many edges pass there,
SLOPE = 0.06  # and the higher they climb, the more room they need
PADDING = 8.0  # inside a box
TITLE = 15.0  # of a box

Name: TypeAlias = str | BoxPath
"""Of a thing in a column: the id of an operation, the path of a box."""


class Layout:
    """The places of a graph's nodes and boxes.

    What is computed from a thing is in a later column. In a column, things keep their order and are as near to their
    operands as they can be. The parameters of a box are in a row before its operations, and a leaf that goes into one
    operation, together with something computed, is beside that operation.

    Args:
        graph: what is drawn.
        sizes: the size of each node, by id.
        label: the size of the label of an edge.
        title: the side of a box with its title, as an index into a Rect.

    Attributes:
        places: the places.
        columns: all that is in the column of a box or of an operation.
        beside: the ids of the leaves that are in rows or beside an operation.
    """

    def __init__(self, graph: Graph, sizes: Mapping[str, Size], label: Size, title: int) -> None:
        self._sizes, self._label, self._title = sizes, label, title
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
        self.columns: dict[Name, tuple[Name, ...]] = {}
        self.beside = {leaf.id for leaves in (*self._rows.values(), *self._companions.values()) for leaf in leaves}
        self.places = self._arrange((), graph.nodes)

    def _sort(self, leaf: Node) -> None:
        """Decide whether a leaf is in a row or beside an operation."""
        consumers = {node.id: node for node in self._consumers[leaf.id]}
        here = [node for node in consumers.values() if node.cluster == leaf.cluster]
        if here and leaf.cluster and leaf.kind in ("parameter", "more"):
            self._rows.setdefault(leaf.cluster, []).append(leaf)
        elif here and len(consumers) == 1 and any(self._operands[node.id] for node in self._operands[here[0].id]):
            self._companions.setdefault(here[0].id, []).append(leaf)

    def _arrange(self, path: BoxPath, nodes: list[Node]) -> Places:
        """What is in the box `path`: columns, and the row before them."""
        items = self._items(path, nodes)
        placed: Places = {}
        u, height, boxes = 0.0, 0.0, False
        for column in self._columns(items):
            self.columns |= dict.fromkeys(column, tuple(key for name in column for key in items[name]))
            extents = [hull(items[name]) for name in column]
            last, height = height, sum(v1 - v0 for _, v0, _, v1 in extents)
            had, boxes = boxes, any(isinstance(name, tuple) for name in column)
            if placed:
                u += self._label[0] + (BOXES + SLOPE * max(last, height) if had or boxes else COLUMN)
            width = max(u1 - u0 for u0, _, u1, _ in extents)
            wishes = [self._wish(items[name], placed) for name in column]
            across = spread(wishes, [(v0, v1) for _, v0, _, v1 in extents], STACK)
            for name, (u0, _, u1, _), v in zip(column, extents, across, strict=True):
                placed |= moved(items[name], u + (width - u0 - u1) / 2, v)
            u += width
        row = sorted((self._above(leaf, placed), i, leaf) for i, leaf in enumerate(self._rows.get(path, [])))
        top = hull(placed)[1] - ROW - self._label[1]
        return placed | self._row([leaf for *_, leaf in row], [wish for wish, *_ in row], top)

    def _items(self, path: BoxPath, nodes: list[Node]) -> dict[Name, Places]:
        """What the columns are made of: boxes, by number, and operations with what is beside them."""
        inside: dict[BoxPath, list[Node]] = {}
        for node in nodes:
            if node.cluster != path:
                inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
        items: dict[Name, Places] = {}
        for box in sorted(inside, key=_number):
            places = self._arrange(box, inside[box])
            border = [x + PADDING * sign for x, sign in zip(hull(places), (-1, -1, 1, 1), strict=True)]
            border[self._title] += TITLE if self._title > 1 else -TITLE
            u0, v0, u1, v1 = border
            items[box] = {box: (u0, v0, u1, v1), **places}
        for node in nodes:
            if node.cluster == path and node.id not in self.beside:
                items[node.id] = self._with_companions(node)
        if inside and any(node.kind == "more" and node.cluster == path for node in nodes):
            last = max(inside, key=_number)
            items[last] = items.pop(last)  # what says how many more there are is above it
        return items

    def _with_companions(self, node: Node) -> Places:
        """An operation, and the leaves beside it: before it, or after it as the 1 in a - 1, which comes second."""
        leaves = self._companions.get(node.id, [])
        second = [leaf for leaf in leaves if node.is_ordered and leaf is self._operands[node.id][1]]
        first = [leaf for leaf in leaves if leaf not in second]
        has_labels = any(leaf.kind != "constant" for leaf in leaves)  # the edge of a constant has none
        v = self._sizes[node.id][1] / 2 + (ROW + self._label[1] if has_labels else STACK)
        before = self._row(first, [0.0] * len(first), -v)
        after = self._row(second, [0.0] * len(second), v, after=True)
        return {node.id: around(0.0, 0.0, self._sizes[node.id]), **before, **after}

    def _row(self, leaves: Sequence[Node], wishes: Sequence[float], v: float, *, after: bool = False) -> Places:
        """Leaves side by side, before v or after it, as near to their wishes as they can be."""
        extents = [(-self._sizes[leaf.id][0] / 2, self._sizes[leaf.id][0] / 2) for leaf in leaves]
        return {
            leaf.id: around(u, v + self._sizes[leaf.id][1] * (0.5 if after else -0.5), self._sizes[leaf.id])
            for leaf, u in zip(leaves, spread(wishes, extents, NEXT), strict=True)
        }

    def _above(self, leaf: Node, placed: Places) -> float:
        """Where a parameter wants to be: above the operation that uses it first."""
        return next(middle(placed[node.id])[0] for node in self._consumers[leaf.id] if node.id in placed)

    def _wish(self, item: Places, placed: Places) -> float:
        """Where an item wants to be: where its edges are level, on average."""
        levels = [
            middle(placed[operand.id])[1] - middle(item[key])[1]
            for key in item
            if isinstance(key, str)
            for operand in self._operands[key]
            if operand.id in placed
        ]
        return fmean(levels) if levels else 0.0

    def _columns(self, items: Mapping[Name, Places]) -> list[list[Name]]:
        """The items, column by column."""
        names = {key: name for name, item in items.items() for key in item}
        users: dict[Name, set[Name]] = {name: set() for name in items}
        depths = dict.fromkeys(items, len(self._depths))
        for key, operands in self._operands.items():
            if operands and key in names:
                depths[names[key]] = min(depths[names[key]], self._depths[key])
            for source in [names[operand.id] for operand in operands if operand.id in names and key in names]:
                if source != names[key]:
                    users[source].add(names[key])
        found = ranks(users, depths)
        return [[name for name in items if found[name] == rank] for rank in sorted(set(found.values()))]


def _number(box: BoxPath) -> tuple[str, int]:
    """Boxes in order: neuron 2 before neuron 10."""
    name, _, number = box[-1].rpartition(" ")
    return name, int(number)
