"""A graph in columns: each node in a later column than its operands, and a track for each node used far away."""

from collections.abc import Sequence

from viz.graph.description import Graph

RULES = "near", "early", "narrow"
"""The rules for the column of a node: near its users, as early as possible, or at most NARROW nodes in a column."""
NARROW = 2


class Columns:
    """The nodes of a graph in columns, with each edge cut into pieces between neighboring columns.

    An item is a number. Nodes have the lowest numbers, in the order of the graph; the others are pieces of tracks. A
    node that is used beyond the next column has one track for all its edges, with a piece in each column up to the one
    before its last use.

    Args:
        graph: the graph to draw.
        rule: one of RULES.

    >>> from autodiff import Value
    >>> from viz.graph.description import describe
    >>> a = Value(2.0)
    >>> columns = Columns(describe([a * -a]))
    >>> columns.items, columns.edges
    ([[0], [3, 1], [2]], [[0, 1], [0, 3, 2], [1, 2]])
    """

    def __init__(self, graph: Graph, rule: str = "near") -> None:
        self.n_nodes = len(graph.nodes)  # the number of items that are nodes
        ends = _ends(graph)
        self.column = _columns(self.n_nodes, ends, rule)  # the column of each item
        last = list(self.column)
        for source, target in ends:
            last[source] = max(last[source], self.column[target] - 1)
        # the items of each column, in their order across
        self.items: list[list[int]] = [[] for _ in range(max(self.column) + 1)]
        # for each item, the items of the column before that lead to it
        self.before: list[list[int]] = [[] for _ in graph.nodes]
        # for each item, the items of the next column that it leads to
        self.after: list[list[int]] = [[] for _ in graph.nodes]
        tracks = [self._track(i, last[i]) for i in range(self.n_nodes)]
        self.edges: list[list[int]] = []  # for each edge of the graph, the items on its path
        for source, target in ends:
            path = tracks[source][: self.column[target] - self.column[source]]
            self.before[target].append(path[-1])
            self.after[path[-1]].append(target)
            self.edges.append([*path, target])

    def _track(self, node: int, last: int) -> list[int]:
        """Add a node and the pieces of its track up to the column `last`; return them."""
        self.items[self.column[node]].append(node)
        track = [node]
        for column in range(self.column[node] + 1, last + 1):
            piece = len(self.column)
            self.column.append(column)
            self.items[column].append(piece)
            self.before.append([track[-1]])
            self.after.append([])
            self.after[track[-1]].append(piece)
            track.append(piece)
        return track


def _ends(graph: Graph) -> list[tuple[int, int]]:
    """The source and the target of each edge, as numbers."""
    numbers = {node.id: i for i, node in enumerate(graph.nodes)}
    return [(numbers[edge.source.id], numbers[edge.target.id]) for edge in graph.edges]


def _columns(n_nodes: int, ends: list[tuple[int, int]], rule: str) -> list[int]:
    """The column of each node. Near its users is the first possible one, or the last one that makes no track longer."""
    operands: list[set[int]] = [set() for _ in range(n_nodes)]
    users: list[set[int]] = [set() for _ in range(n_nodes)]
    for source, target in ends:
        operands[target].add(source)
        users[source].add(target)
    column: list[int] = []
    for node in range(n_nodes):
        column.append(max((column[operand] + 1 for operand in operands[node]), default=0))
    if rule == "early":
        return column
    if rule == "narrow":
        return _narrow(users, column)
    last = [max((column[user] for user in users[node]), default=0) for node in range(n_nodes)]
    for node in reversed(range(n_nodes)):
        if users[node]:
            latest = min(column[user] for user in users[node]) - 1
            fixed = [operand for operand in operands[node] if operands[operand] or len(users[operand]) > 1]
            if sum(last[operand] < latest for operand in fixed) <= 1:  # one longer track replaces the node's own
                column[node] = latest
                for operand in operands[node]:
                    last[operand] = max(last[operand], latest)
    return column


def _narrow(users: Sequence[set[int]], depths: Sequence[int]) -> list[int]:
    """Few nodes in each column, from the last one back: of the nodes whose users are placed, the deepest."""
    placed: dict[int, int] = {}
    level = 0
    while len(placed) < len(users):
        ready = [
            node
            for node, after in enumerate(users)
            if node not in placed and all(placed.get(user, level) < level for user in after)
        ]
        placed |= dict.fromkeys(sorted(ready, key=lambda node: -depths[node])[:NARROW], level)
        level += 1
    return [level - 1 - placed[node] for node in range(len(users))]
