"""A graph in columns, each node in a later one than its operands, and the tracks of what is used further on."""

from viz.graph.description import Graph


class Columns:
    """The nodes of a graph in columns, and its edges cut so that each piece goes from a column to the next.

    Nodes are numbers here, as they come in the graph; higher numbers are pieces of tracks. A node that is used beyond
    the next column has one track, for all its edges: a piece in each column up to the one before its last use.

    Args:
        graph: what is drawn.

    Attributes:
        n_nodes: how many items are nodes.
        column: the column of each item.
        items: the items of each column, in the order in which they lie across.
        before: for each item, those in the column before that lead to it.
        after: for each item, those in the next column that it leads to.
        edges: for each edge of the graph, the items that it goes through.

    >>> from autodiff import Value
    >>> from viz.graph.description import describe
    >>> a = Value(2.0)
    >>> columns = Columns(describe([a * -a]))
    >>> columns.items, columns.edges
    ([[0], [3, 1], [2]], [[0, 1], [0, 3, 2], [1, 2]])
    """

    def __init__(self, graph: Graph) -> None:
        self.n_nodes = len(graph.nodes)
        ends = _ends(graph)
        self.column = _columns(self.n_nodes, ends)
        last = list(self.column)
        for source, target in ends:
            last[source] = max(last[source], self.column[target] - 1)
        self.items: list[list[int]] = [[] for _ in range(max(self.column) + 1)]
        self.before: list[list[int]] = [[] for _ in graph.nodes]
        self.after: list[list[int]] = [[] for _ in graph.nodes]
        tracks = [self._track(i, last[i]) for i in range(self.n_nodes)]
        self.edges: list[list[int]] = []
        for source, target in ends:
            way = tracks[source][: self.column[target] - self.column[source]]
            self.before[target].append(way[-1])
            self.after[way[-1]].append(target)
            self.edges.append([*way, target])

    def _track(self, node: int, last: int) -> list[int]:
        """A node and the pieces of its track, up to the last column."""
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


def length(graph: Graph) -> int:
    """Return how long all edges are together, in columns; an edge to the next column counts as one."""
    ends = _ends(graph)
    column = _columns(len(graph.nodes), ends)
    return sum(column[target] - column[source] for source, target in ends)


def _ends(graph: Graph) -> list[tuple[int, int]]:
    """The source and the target of each edge, as numbers."""
    numbers = {node.id: i for i, node in enumerate(graph.nodes)}
    return [(numbers[edge.source.id], numbers[edge.target.id]) for edge in graph.edges]


def _columns(n_nodes: int, ends: list[tuple[int, int]]) -> list[int]:
    """The first column that a node can be in, or the last one before its users where that makes no track longer."""
    operands: list[set[int]] = [set() for _ in range(n_nodes)]
    users: list[set[int]] = [set() for _ in range(n_nodes)]
    for source, target in ends:
        operands[target].add(source)
        users[source].add(target)
    column: list[int] = []
    for node in range(n_nodes):
        column.append(max((column[operand] + 1 for operand in operands[node]), default=0))
    last = [max((column[user] for user in users[node]), default=0) for node in range(n_nodes)]
    for node in reversed(range(n_nodes)):
        if users[node]:
            latest = min(column[user] for user in users[node]) - 1
            follow = [operand for operand in operands[node] if operands[operand] or len(users[operand]) > 1]
            if sum(last[operand] < latest for operand in follow) <= 1:  # at most as long as its own track was
                column[node] = latest
                for operand in operands[node]:
                    last[operand] = max(last[operand], latest)
    return column
