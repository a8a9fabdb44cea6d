"""The network in a recorded graph: its weighted sums, its activations, and their names on the blackboard.

The names are the article's: a⁽¹⁾ is the input, W⁽¹⁾ and b⁽¹⁾ belong to the first layer, z⁽²⁾ = a⁽¹⁾W⁽¹⁾ + b⁽¹⁾,
a⁽²⁾ = σ(z⁽²⁾), and so on. W has the shape n_in x n_out: W⁽¹⁾₁₂ is the weight from input 1 to neuron 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from autodiff import PRIMITIVES, Value
from autodiff.extend import primitives, type_name
from viz.graph.checks import hint_of_model
from viz.graph.names import of_layer, subscript


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


def layer_nodes(model: Any, order: Sequence[Value]) -> list[LayerNodes]:
    """Return the nodes of each layer in a graph, which is in topological order.

    Raise ValueError if the model is not part of the graph, or the graph contains more than one sample.
    """
    biases = {neuron.bias for layer in model.layers for neuron in layer.neurons}
    sums: dict[Value, list[Value]] = {bias: [] for bias in biases}
    consumers: dict[Value, list[Value]] = {}
    for node in order:
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


def cost_layers(who: str, model: Any, order: Sequence[Value]) -> list[LayerNodes]:
    """Return the nodes of each layer in the graph of a cost, the last node; raise ValueError if that is an output."""
    layers = layer_nodes(model, order)
    if order[-1] in {*layers[-1].activations}:
        raise ValueError(
            f"{who}: expected a cost, computed from the output of the model, got the output itself; pass for "
            "example losses.squared_error(model(x), target)"
        )
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


def article_names(model: Any, order: Sequence[Value]) -> dict[Value, str]:
    """Return the article's names of the nodes of a network: W⁽¹⁾₁₂, b⁽¹⁾₂, a⁽¹⁾₁, z⁽²⁾₂, a⁽²⁾₂, and ŷ₁ for a target.

    A target is a number that is subtracted from an output of the network.
    """
    names: dict[Value, str] = {}
    for number, layer in enumerate(model.layers, 1):
        for j, neuron in enumerate(layer.neurons, 1):
            names |= {weight: of_layer("W", number, i, j) for i, weight in enumerate(neuron.weights, 1)}
            names[neuron.bias] = of_layer("b", number, j)
    try:
        layers = layer_nodes(model, order)
    except ValueError:  # of several samples, only the parameters have one place
        return names
    names |= {x: of_layer("a", 1, i) for i, x in enumerate(layers[0].inputs, 1) if not x.is_constant}
    for number, nodes in enumerate(layers, 2):
        names |= {z: of_layer("z", number, j) for j, z in enumerate(nodes.sums, 1)}
        names |= {a: of_layer("a", number, j) for j, a in enumerate(nodes.activations, 1)}
    results = {a: subscript(j) for j, a in enumerate(layers[-1].activations, 1)}
    for node in order:
        if node.primitive is primitives.SUB and node.operands[0] in results and node.operands[1].is_constant:
            names[node.operands[1]] = f"ŷ{results[node.operands[0]] if len(results) > 1 else ''}"
    return names


def layer_titles(model: Any) -> dict[int, str]:
    """Return the title of each layer of a network by its number: "layer 2: a⁽²⁾ = σ(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾)"."""
    titles = {}
    for number, layer in enumerate(model.layers, 1):
        z = f"{of_layer('a', number)}{of_layer('W', number)} + {of_layer('b', number)}"
        name = getattr(layer.neurons[0], "activation", "σ")
        name = name if isinstance(name, str) else getattr(name, "__name__", "σ")
        symbol = PRIMITIVES[name].symbol if name in PRIMITIVES else name
        a = z if name == "identity" else f"{symbol}({z})"
        titles[number + 1] = f"layer {number + 1}: {of_layer('a', number + 1)} = {a}"
    return titles
