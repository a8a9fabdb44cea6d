"""The events of a forward and a backward pass on the graph of a drawing, without the drawing.

The backward pass applies the chain rule of `autodiff.reverse`, written apart here because it shows one product at a
time, and because it can make either of two common mistakes. The numbers then are those that the mistake gives.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from viz.graph.description import Edge, Graph, Node

MISTAKES = {
    "depth-first": "A node passes its gradient on as soon as something has arrived.",
    "overwrite": "A node keeps the last product (=) where it should keep the sum (+=).",
}
MAX_SENDS = 5_000  # largest number of products in a backward pass


@dataclass(frozen=True)
class Send:
    """The product `adjoint * partial` that a node sends along an edge; `total` is the sum in the operand after it."""

    edge: int
    adjoint: float
    partial: float
    product: float
    total: float


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

    `wrt` are the ids of the nodes whose gradient is wanted, empty for all; `mistake` is "" or one of MISTAKES. A node
    with more operands than `wide` sends to all of them in one event.
    """

    def __init__(self, graph: Graph, wrt: Collection[str] = (), mistake: str = "", wide: int = 4) -> None:
        self.graph, self.mistake, self.wide = graph, mistake, wide
        self.output = next(node for node in graph.nodes if node.is_output)
        wanted = set(wrt) or {node.id for node in graph.nodes if node.kind in ("leaf", "parameter")}
        self._edges: dict[str, list[tuple[int, Edge]]] = {node.id: [] for node in graph.nodes}
        for i, edge in enumerate(graph.edges):
            if edge.source.id in wanted and edge.partial is not None:
                self._edges[edge.target.id].append((i, edge))
                wanted.add(edge.target.id)
        self.wanted = wanted
        self.adjoints = {node.id: 0.0 for node in graph.nodes}  # the adjoint of each node at the end, by id
        self._check_length()
        forward = [Event("forward", node) for node in graph.nodes if node.kind == "operation"]
        # the events, in order
        self.events = [Event("given"), *forward, Event("seed", self.output), *self._backward(), Event("end")]

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
            if len(edges) > self.wide:
                yield Event("send", node, tuple([self._send(i, edge) for i, edge in edges]))
            else:
                for i, edge in edges:
                    yield Event("send", node, (self._send(i, edge),))

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
        self.adjoints[edge.source.id] = before + product
        return Send(i, adjoint, edge.partial, product, self.adjoints[edge.source.id])
