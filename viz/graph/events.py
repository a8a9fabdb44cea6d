"""The events of a forward and a backward pass on the graph of a drawing, without the drawing.

The backward pass applies the chain rule of `autodiff.reverse`, written apart here because it shows one product at a
time, and because it can make a common mistake. The numbers then are those that the mistake gives.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from math import nan

from autodiff import Value
from viz.graph.description import Edge, Graph, Node
from viz.graph.mistakes import RATE, slipped
from viz.graph.symbols import visible

MAX_SENDS = 5_000  # largest number of products in a backward pass


@dataclass(frozen=True)
class Send:
    """The product `adjoint * partial` that a node sends along an edge, and the `total` and the `data` of the operand
    after it.
    """

    edge: int
    adjoint: float
    partial: float
    product: float
    total: float
    data: float


@dataclass(frozen=True)
class Event:
    """An event of a pass.

    `kind` is "given" (the leaves have their data), "forward" (`node` is computed), "seed" (the adjoint of the output
    becomes 1), "send" (`node` sends products to its operands), or "end".
    """

    kind: str
    node: Node | None = None
    sends: tuple[Send, ...] = ()


class Story:
    """The events on a graph with one output.

    `wrt` are the ids of the nodes whose gradient is wanted, empty for all; `mistake` is "" or the name of one of
    `viz.graph.mistakes`. A node with more operands than `wide` sends to all of them in one event.

    Attributes:
        adjoints: the adjoint of each node at the end, by id: with a mistake, the wrong one.
        ends: the ids of the nodes whose gradient is wanted.
        start: the adjoint of each node at the start.
        data: the data of each node at the end.
        events: the events, in order.
    """

    def __init__(self, graph: Graph, wrt: Collection[str] = (), mistake: str = "", wide: int = 4) -> None:
        graph = slipped(graph, mistake)
        self.graph, self.mistake, self.wide = graph, mistake, wide
        self.output = next(node for node in graph.nodes if node.is_output)
        leaves = {node.id for node in graph.nodes if node.kind in ("leaf", "parameter")}
        self._values = {node.id: value for node, value in zip(graph.nodes, graph.values, strict=True)}
        self._ids = {value: id_ for id_, value in self._values.items()}
        self._leaves, wanted = leaves, set(wrt) or set(leaves)
        self.ends = frozenset(wanted)
        self._edges: dict[str, list[tuple[int, Edge]]] = {node.id: [] for node in graph.nodes}
        for i, edge in enumerate(graph.edges):
            if edge.source.id in wanted and edge.partial is not None:
                self._edges[edge.target.id].append((i, edge))
                wanted.add(edge.target.id)
        self.wanted = wanted
        self.start = {node.id: 0.0 for node in graph.nodes}
        if mistake == "not-zeroed":
            self.start |= {id_: x for id_, x in Story(graph, wrt, wide=wide).adjoints.items() if id_ in leaves}
        self.adjoints: dict[str, float] = dict(self.start)
        self.data = {node.id: node.data for node in graph.nodes}
        self._check_length()
        forward = [Event("forward", node) for node in graph.nodes if node.kind == "operation"]
        self.events = [Event("given"), *forward, Event("seed", self.output), *self._backward(), Event("end")]

    def value(self, node: Node | None) -> Value | None:
        """Return the recorded node behind a node, if any."""
        return self._values[node.id] if node else None

    def _check_length(self) -> None:
        """Refuse a long story: depth first, a node is visited once for each path to it, which may be exponential."""
        visits = dict.fromkeys(self._edges, 1)
        if self.mistake == "depth-first":
            visits = {id_: int(id_ == self.output.id) for id_ in self._edges}
            for node in reversed(self.graph.nodes):
                for _, edge in self._edges[node.id]:
                    visits[edge.source.id] += visits[node.id]
        count = sum(visits[id_] * len(edges) for id_, edges in self._edges.items())
        if count > MAX_SENDS:
            raise ValueError(
                f"steps: expected at most {MAX_SENDS} products in the backward pass, got {count}; show a smaller graph"
            )

    def _backward(self) -> Iterator[Event]:
        self.adjoints[self.output.id] = 1.0
        if self.mistake == "depth-first":
            yield from self._depth_first(self.output)
            return
        for node in reversed(self.graph.nodes):
            edges = self._edges[node.id]
            if self.mistake == "in-place":
                edges = [*self._at_present(node, edges)]
            if len(edges) > self.wide:
                yield Event("send", node, tuple([self._send(i, edge) for i, edge in edges]))
            else:
                for i, edge in edges:
                    yield Event("send", node, (self._send(i, edge),))

    def _at_present(self, node: Node, edges: list[tuple[int, Edge]]) -> Iterator[tuple[int, Edge]]:
        """The edges to a node, with the local derivatives that the data of its operands gives at present."""
        value = self._values[node.id]
        data = [self.data.get(self._ids.get(visible(x), ""), x.data) for x in value.operands]
        if value.primitive is None or data == [x.data for x in value.operands]:
            yield from edges
            return
        try:
            partials = [float(partial) for partial in value.primitive.derivatives(value.data, data)]
        except (ArithmeticError, ValueError):  # outside the domain
            partials = [nan] * len(data)
        for i, edge in edges:
            yield i, replace(edge, partial=partials[edge.index])

    def _depth_first(self, output: Node) -> Iterator[Event]:
        """The mistake: a node that has received a product sends at once. A loop, so that the graph may be deep."""
        nodes = {node.id: node for node in self.graph.nodes}
        stack = [(output, iter(self._edges[output.id]))]
        while stack:
            node, edges = stack[-1]
            for i, edge in edges:
                yield Event("send", node, (self._send(i, edge),))
                stack.append((nodes[edge.source.id], iter(self._edges[edge.source.id])))
                break
            else:
                stack.pop()

    def _send(self, i: int, edge: Edge) -> Send:
        """Send one product: adjoint(operand) += adjoint(node) * partial."""
        assert edge.partial is not None
        adjoint = self.adjoints[edge.target.id]
        product = adjoint * edge.partial
        before = 0.0 if self.mistake == "overwrite" else self.adjoints[edge.source.id]
        total = self.adjoints[edge.source.id] = before + product
        if self.mistake == "in-place" and edge.source.id in self._leaves:
            self.data[edge.source.id] -= RATE * product
        return Send(i, adjoint, edge.partial, product, total, self.data[edge.source.id])


def wrong_gradients(graph: Graph, mistake: str, wrt: Collection[str] = ()) -> dict[str, float]:
    """Return the adjoint of each node that a mistake gives, by id; that of "" is right.

    Raises:
        ValueError: if there are too many products (depth first, their number may be exponential).
    """
    return Story(graph, wrt, mistake).adjoints
