"""The network in a recorded graph: its weighted sums, its activations, and their names on the blackboard.

The names are the article's: a(1) is the input, W(1) and b(1) belong to the first layer, z(2) = a(1) W(1) + b(1),
a(2) = sigma(z(2)), and so on. W has the shape n_in x n_out: W1[i,j] is the weight from input i to neuron j, counted
from 0 as in code.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import primitives, type_name
from viz.checks import hint_of_model
from viz.graph.description import Names


@dataclass(frozen=True)
class LayerNodes:
    """The nodes of a layer in a graph of one sample.

    `weights[i][j]` leads from input i to neuron j. If the activation is the identity, `activations` are `sums`.
    """

    inputs: Sequence[Value]
    weights: Sequence[Sequence[Value]]
    biases: Sequence[Value]
    sums: Sequence[Value]
    activations: Sequence[Value]


def is_network(model: Any) -> bool:
    """Return whether a model consists of layers of neurons, as `nn.MLP` does."""
    layers = list(getattr(model, "layers", None) or ())
    return bool(layers) and all(hasattr(layer, "neurons") for layer in layers)


def check_network(who: str, model: Any) -> None:
    """Raise TypeError unless a model consists of layers of neurons."""
    if isinstance(model, type) or not is_network(model):
        got = f"{type_name(model)}{hint_of_model(model)}"
        raise TypeError(f"{who}: expected a network of layers, such as nn.MLP, got {got}")


def layer_nodes(model: Any, output: Value) -> list[LayerNodes]:
    """Return the nodes of each layer in the graph of `output`.

    Raise ValueError if the model is not part of the graph, or the graph contains more than one sample.
    """
    biases = {neuron.bias for layer in model.layers for neuron in layer.neurons}
    sums: dict[Value, list[Value]] = {bias: [] for bias in biases}
    consumers: dict[Value, list[Value]] = {}
    for node in topological_order(output):
        for operand in node.operands:
            consumers.setdefault(operand, []).append(node)
            if operand in biases and any(other.primitive is primitives.DOT for other in node.operands):
                sums[operand].append(node)
    layers = []
    for layer in model.layers:
        z = []
        for neuron in layer.neurons:
            if len(sums[neuron.bias]) != 1:
                raise ValueError(
                    f"layers: expected a graph in which the network has seen one sample, got {len(sums[neuron.bias])}; "
                    "use the loss of one sample"
                )
            z += sums[neuron.bias]
        a = [_activation(node, consumers) for node in z]
        weights = [list(row) for row in zip(*[neuron.weights for neuron in layer.neurons], strict=True)]
        layers.append(LayerNodes(_inputs(z[0], layer.neurons[0]), weights, [n.bias for n in layer.neurons], z, a))
    for i, after in enumerate(layers[1:]):  # an activation of several nodes ends where the next layer begins
        if len(after.inputs) == len(layers[i].sums):
            layers[i] = replace(layers[i], activations=after.inputs)
    return layers


def _activation(z: Value, consumers: dict[Value, list[Value]]) -> Value:
    """The node after a weighted sum, if it is a function of that sum alone; else the sum."""
    after = consumers.get(z, [])
    return after[0] if len(after) == 1 and len(after[0].operands) == 1 else z


def _inputs(z: Value, neuron: Any) -> list[Value]:
    """The inputs that the weights of a neuron are multiplied by."""
    for operand in z.operands:
        if operand.primitive is primitives.DOT:
            first, second = zip(*primitives.factor_pairs(operand.operands), strict=True)
            return list(second if first[0] in neuron.weights else first)
    raise ValueError("layers: expected neurons that are a dot and a bias, as nn's are")


def network_names(model: Any, output: Value, names: Names | None = None) -> dict[str, Any]:
    """Return `names`, and the article's names for those nodes of a network that have no label of their own."""
    if not is_network(model):
        return dict(names or {})
    article: dict[str, Value] = {}
    for number, layer in enumerate(model.layers, 1):
        for j, neuron in enumerate(layer.neurons):
            article |= {f"W{number}[{i},{j}]": weight for i, weight in enumerate(neuron.weights)}
            article[f"b{number}[{j}]"] = neuron.bias
    with suppress(ValueError):  # of several samples, only the parameters have one place
        layers = layer_nodes(model, output)
        article |= {f"a1[{i}]": value for i, value in enumerate(layers[0].inputs) if not value.is_constant}
        for number, nodes in enumerate(layers, 2):
            article |= {f"z{number}[{j}]": z for j, z in enumerate(nodes.sums)}
            article |= {f"a{number}[{j}]": a for j, a in enumerate(nodes.activations) if a is not nodes.sums[j]}
    return {**dict(names or {}), **{name: value for name, value in article.items() if not value.label}}
