"""What is written on the picture of a network: the numbers of its nodes in the cost of one sample."""

from typing import Any

from autodiff import Value, gradients
from autodiff.extend import adjoints
from viz.drawing.network_picture import MAX_CIRCLES, Circle, Line, complete, network_picture
from viz.drawing.picture import Picture
from viz.graph.description import Graph
from viz.graph.layers import LayerNodes, cost_layers
from viz.style.legend import FLAT_LEGEND, NETWORK_LEGEND
from viz.style.text import format_number

MAX_NEURONS = 16  # the largest layer that is shown
INSTEAD = {  # what to do with a larger one
    "steps": "use level='operations'",
    "network": "leave out the cost",
    "backprop": "use viz.steps",
    "playground": "use a smaller model",
}
WIDE_NUMBER = -0.000123456789  # a number that takes as much room as most
PLACE, END = "\ue000", "\ue001"  # around the key of a number that a page fills in


class NetworkNumbers:
    """The layers of a network in a graph, with the data, the gradients, and the picture of the graph.

    The gradients are computed here; no `grad` changes. `who` is the function that reports an error. If the numbers are
    `live`, a page fills them in: sentences have their keys, and the picture has room for wide ones.
    """

    def __init__(self, who: str, model: Any, graph: Graph, digits: int, *, live: bool = False) -> None:
        values = graph.values
        self.layers = cost_layers(who, model, values)
        largest = max(len(column) for layer in self.layers for column in (layer.weights, layer.sums))
        if largest > MAX_NEURONS:
            raise ValueError(f"{who}: expected layers of at most {MAX_NEURONS} neurons, got {largest}; {INSTEAD[who]}")
        self.is_flat = largest > MAX_CIRCLES
        self.legend = FLAT_LEGEND if self.is_flat else NETWORK_LEGEND
        self.live, self._digits = live, digits
        self._node = dict(zip(values, graph.nodes, strict=True))
        self._adjoint = dict(zip(values, adjoints(values[-1], values), strict=True))
        self._output, self._cost = values[-1], self._node[values[-1]]

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
                weight, ends = layer.weights[i][j], (before[i].id, after[j].id)
                numbers = self.data(weight), self.grad(weight)
                lines.append(Line(self._line(layer, i, j), *ends, *numbers, weight.data / largest))
        lines += [Line(f"to-{one.id}", one.id, cost.id) for one in columns[-2]]
        return network_picture(columns, lines)

    def _circle(self, x: Value, kind: str) -> Circle:
        node = self._node[x]
        return Circle(node.id, kind, node.name or self._number(x.data), self.data(x))

    def _neuron(self, layer: LayerNodes, j: int) -> Circle:
        z, a, bias = layer.sums[j], layer.activations[j], layer.biases[j]
        sums = self.data(z) if a is not z else ("", "")
        name = self._node[a].name
        return Circle(self._node[z].id, "part", name, self.data(a), sums, self.grad(z), bias=self.data(bias))

    def data(self, x: Value) -> tuple[str, str]:
        """Return the key and the text of the data of a node."""
        return f"{self._node[x].id}.data", self._number(x.data)

    def grad(self, x: Value) -> tuple[str, str]:
        """Return the key and the text of the gradient of a node."""
        return f"{self._node[x].id}.grad", self._number(self._adjoint[x])

    def slope(self, z: Value, a: Value) -> tuple[str, str]:
        """Return the key and the text of ∂a/∂z, the slope of an activation."""
        return f"{self._node[a].id}.slope", self._number(adjoints(a, [z])[0])

    def values(self) -> dict[str, Value]:
        """Return what computes each number, by its key: the data and the gradients of nodes, and the slopes."""
        values: dict[str, Value] = {}
        slopes: dict[str, Value] = {}
        for layer in self.layers:
            rows = layer.inputs, *layer.weights, layer.biases, layer.sums, layer.activations
            values |= {self._node[x].id: x for row in rows for x in row}
            for z, a in zip(layer.sums, layer.activations, strict=True):
                slopes[f"{self._node[a].id}.slope"] = gradients(a, z)
        values[self._cost.id] = self._output
        slope_of = dict(zip(values, gradients(self._output, [*values.values()]), strict=True))
        numbers = {f"{id_}.data": x for id_, x in values.items()} | slopes
        return numbers | {f"{id_}.grad": x for id_, x in slope_of.items()}

    def _line(self, layer: LayerNodes, i: int, j: int) -> str:
        return f"w-{self._node[layer.weights[i][j]].id}"

    def _name(self, x: Value) -> str:
        return self._node[x].name or self._number(x.data)

    def _number(self, x: float) -> str:
        return format_number(WIDE_NUMBER if self.live else x, self._digits)
