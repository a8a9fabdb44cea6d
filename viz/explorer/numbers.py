"""The numbers of a page with sliders, as Values: what its Program computes, and where the page finds each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autodiff import Value, gradients, topological_order
from autodiff.extend import as_value, partials_on_values
from viz.graph.description import Edge, Graph, Node
from viz.graph.folding import Folded, folded_edges, local_derivatives
from viz.graph.names import isolated
from viz.graph.symbols import visible
from viz.style.text import format_number

WIDE_NUMBER = -0.123456789  # a sign and a zero before the digits; wider numbers are set closer


class Numbers:
    """The data of the nodes of some graphs, then their adjoints, the partials of the edges, and what is 0 at a kink."""

    def __init__(self, *graphs: Graph) -> None:
        data, adjoints, partials, others = list[Value](), list[Value](), list[Value](), list[Value]()
        self.nodes: list[Node] = []
        edges: list[Edge] = []
        through: dict[str, int] = {}
        self.operations: list[dict[str, Any]] = []
        for graph in graphs:
            *_, output = graph.values
            moving = [node for node in graph.values if not node.is_constant]
            varying = {node for node in topological_order(output) if not node.is_constant}
            data += moving
            adjoints += gradients(output, moving)
            self.nodes += [node for node in graph.nodes if node.kind != "constant"]
            own = [edge for edge in graph.edges if edge.partial is not None]
            ways = [as_value(partial) for node in graph.values for _, partial in partials_on_values(node, varying)]
            edges += own
            partials += ways
            by_edge = dict(zip([edge.id for edge in own], ways, strict=True))
            for edge in folded_edges(graph):
                assert isinstance(edge.target, Folded)
                if edge.partial is not None:
                    through[edge.id] = len(others)
                    others.append(as_value(local_derivatives(graph, edge.target, by_edge)[edge.source.id]))
        numbers = [*data, *adjoints, *partials]
        # the places of the derivatives through folded boxes, by the ids of the edges to them
        self.through = {id_: len(numbers) + place for id_, place in through.items()}
        self.kinks: list[Value] = []
        for graph in graphs:
            ids = dict(zip(graph.values, graph.nodes, strict=True))
            self.operations += [self._operation(value, node, ids) for value, node in ids.items() if value.primitive]
        self.outputs = [*numbers, *others, *self.kinks]
        # the edges between the nodes, as (id, id of the source, id of the target)
        self.edges = [(edge.id, edge.source.id, edge.target.id) for edge in edges]
        # the ids of those whose partial no slider changes, such as 1 for +
        self._fixed = {edge.id for edge, partial in zip(edges, partials, strict=True) if partial.is_constant}

    def _operation(self, value: Value, node: Node, ids: Mapping[Value, Node]) -> dict[str, Any]:
        """An operation as the page needs it to say in words that its operands are outside its domain or at a kink."""
        primitive, kink = value.primitive, None
        operands = [visible(operand) for operand in value.operands]
        assert primitive is not None
        if primitive.kink is not None:
            kink = len(self.kinks)
            self.kinks.append(as_value(primitive.kink(*operands)))
        return {
            "id": node.id,
            "name": node.name,
            "word": primitive.name,
            "operands": [x.data if x.is_constant else ids[x].id for x in operands],
            "requires": primitive.requires,
            "kink": kink,
        }

    def recorded(self, graph: Graph) -> Graph:
        """Return the graph with the gradients that are recorded here."""
        n = len(self.nodes)
        grads = {node.id: x.data for node, x in zip(self.nodes, self.outputs[n : 2 * n], strict=True)}
        return graph.with_nodes([replace(node, grad=grads.get(node.id, 0.0)) for node in graph.nodes])

    def texts(self, digits: int) -> dict[str, str]:
        """Return the recorded numbers by the key of their text in the picture."""
        keys = [
            *[f"{node.id}.data" for node in self.nodes],
            *[f"{node.id}.grad" for node in self.nodes],
            *[f"{edge}.partial" for edge, *_ in self.edges],
        ]
        shown = [*zip(keys, self.outputs, strict=False)]
        shown += [(f"{edge}.partial", self.outputs[place]) for edge, place in self.through.items()]
        return {key: format_number(value.data, digits) for key, value in shown}

    def data(self) -> dict[str, Any]:
        """Return what the script of the page needs to find them."""
        return {
            "nodes": [node.id for node in self.nodes],
            "names": [isolated(node.name) for node in self.nodes],
            "edges": self.edges,
            "through": self.through,
            "operations": self.operations,
            "kinks": len(self.outputs) - len(self.kinks),
        }

    def widened(self, graph: Graph) -> Graph:
        """Return the graph with wide numbers, so that the layout leaves room for all that the sliders give."""
        x = WIDE_NUMBER
        nodes = [
            replace(node, data=x, grad=x, all_data=(x,) * len(node.results), all_grad=(x,) * len(node.results))
            if isinstance(node, Folded)
            else node
            if node.kind == "constant"
            else replace(node, data=x, grad=x)
            for node in graph.nodes
        ]
        edges = [
            edge if edge.partial is None or edge.id in self._fixed else replace(edge, partial=x) for edge in graph.edges
        ]
        return replace(graph, edges=edges).with_nodes(nodes)


def with_nudges(graph: Graph) -> tuple[list[Value], list[Value]]:
    """Return the numbers of a graph in which something is added to each node, and what is added, which is 0.

    The numbers are the data of the nodes that `Numbers` has, and what is 0 at their kinks, in its order.
    """
    nudges = {node: Value(0.0) for node in graph.values if not node.is_constant}
    again: dict[Value, Value] = {}
    kinks = []
    shown = {*graph.values}
    for node in topological_order(graph.values[-1]):
        again[node] = node
        if node.primitive is not None:
            operands = [again[operand] for operand in node.operands]
            again[node] = node.primitive(*operands)
            if node in shown and node.primitive.kink is not None:
                kinks.append(as_value(node.primitive.kink(*operands)))
        if node in nudges:
            again[node] = again[node] + nudges[node]
    return [*[again[node] for node in nudges], *kinks], [*nudges.values()]
