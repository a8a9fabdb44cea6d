"""What is written on the picture of a network: the numbers of its nodes in the cost of one sample."""

from typing import Any

from autodiff import Value
from autodiff.extend import adjoints
from viz.drawing.network_picture import MAX_CIRCLES, Circle, Line, complete, network_picture
from viz.drawing.picture import Picture
from viz.graph.description import Graph
from viz.graph.layers import LayerNodes, layer_nodes
from viz.style.legend import FLAT_LEGEND, NETWORK_LEGEND
from viz.style.text import format_number

MAX_NEURONS = 10  # the largest layer that is shown
INSTEAD = {"steps": "use level='operations'", "network": "leave out the cost"}  # what to do with a larger one


class NetworkNumbers:
    """The layers of a network in a graph, with the data, the gradients, and the picture of the graph.

    The gradients are computed here; no `grad` changes. `who` is the function that reports an error.
    """

    def __init__(self, who: str, model: Any, graph: Graph, digits: int) -> None:
        values = graph.values
        self.layers = layer_nodes(model, values)
        largest = max(len(column) for layer in self.layers for column in (layer.weights, layer.sums))
        if largest > MAX_NEURONS:
            raise ValueError(f"{who}: expected layers of at most {MAX_NEURONS} neurons, got {largest}; {INSTEAD[who]}")
        self.legend = FLAT_LEGEND if largest > MAX_CIRCLES else NETWORK_LEGEND
        self._digits = digits
        self._node = dict(zip(values, graph.nodes, strict=True))
        self._adjoint = dict(zip(values, adjoints(values[-1], values), strict=True))
        self._cost = self._node[values[-1]]

    def picture(self) -> Picture:
        """Return the picture with all its numbers, of which the start leaves out those in `texts`."""
        columns = [[self._circle(x, "leaf") for x in self.layers[0].inputs]]
        for layer in self.layers:
            columns.append([self._neuron(layer, j) for j in range(len(layer.sums))])
        cost = self._cost
        number = (f"{cost.id}.data", self._number(cost.data)), (f"{cost.id}.grad", "1")
        symbol = f"d{cost.name}/d{cost.name}"
        columns.append([Circle(cost.id, "operation", cost.name, number[0], grad=number[1], symbol=symbol)])
        weights = [weight.data for layer in self.layers for row in layer.weights for weight in row]
        largest = max(map(abs, weights)) or 1.0
        lines = []
        for before, layer, after in zip(columns, self.layers, columns[1:], strict=False):
            for i, j in complete(before, after):
                weight = layer.weights[i][j]
                lines.append(
                    Line(
                        self._line(layer, i, j), before[i].id, after[j].id,
                        self._number(weight.data), self._grad(weight), weight.data / largest,
                    )
                )  # fmt: skip
        lines += [Line(f"to-{one.id}", one.id, cost.id) for one in columns[-2]]
        return network_picture(columns, lines)

    def _circle(self, x: Value, kind: str) -> Circle:
        node = self._node[x]
        return Circle(node.id, kind, node.name or self._number(x.data), (f"{node.id}.data", self._number(x.data)))

    def _neuron(self, layer: LayerNodes, j: int) -> Circle:
        z, a = layer.sums[j], layer.activations[j]
        node, shown = self._node[a], self._node[z]
        sums = (f"{shown.id}.data", self._number(z.data)) if a is not z else ("", "")
        name, bias = node.name, self._number(layer.biases[j].data)
        return Circle(shown.id, "part", name, (f"{node.id}.data", self._number(a.data)), sums, self._grad(z), bias=bias)

    def _grad(self, x: Value) -> tuple[str, str]:
        return f"{self._node[x].id}.grad", self._number(self._adjoint[x])

    def _line(self, layer: LayerNodes, i: int, j: int) -> str:
        return f"w-{self._node[layer.weights[i][j]].id}"

    def _name(self, x: Value) -> str:
        return self._node[x].name or self._number(x.data)

    def _number(self, x: float) -> str:
        return format_number(x, self._digits)
