"""A network in a recorded graph: which nodes are its weighted sums and activations, and their names on the blackboard.

They are the article's: a(1) the input, W(1) and b(1) the first layer's, z(2) = a(1) W(1) + b(1), a(2) = sigma(z(2)),
and so on. W is of size n_in x n_out: the weight from input i to neuron j is W1[i,j], counted from 0 as in code.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import primitives
from viz.graph.description import Names


@dataclass(frozen=True)
class LayerNodes:
    """The nodes of a layer that has seen one sample.

    `weights[i][j]` leads from input i to neuron j; `activations` are `sums` where the activation is the identity.
    """

    inputs: Sequence[Value]
    weights: Sequence[Sequence[Value]]
    biases: Sequence[Value]
    sums: Sequence[Value]
    activations: Sequence[Value]


def is_network(model: Any) -> bool:
    """Whether a model consists of layers of neurons, as `nn.MLP` does."""
    found = list(getattr(model, "layers", None) or ())
    return bool(found) and all(hasattr(layer, "neurons") for layer in found)


def layers(model: Any, output: Value) -> list[LayerNodes]:
    """Return the nodes of each layer, as recorded on the way to `output`.

    Raises:
        ValueError: if the model is not part of the graph, or has seen more than one sample there.
    """
    biases = {neuron.bias for layer in model.layers for neuron in layer.neurons}
    sums: dict[Value, list[Value]] = {bias: [] for bias in biases}
    consumers: dict[Value, list[Value]] = {}
    for node in topological_order(output):
        for operand in node.operands:
            consumers.setdefault(operand, []).append(node)
            if operand in biases and any(other.primitive is primitives.DOT for other in node.operands):
                sums[operand].append(node)
    found = []
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
        found.append(LayerNodes(_inputs(z[0], layer.neurons[0]), weights, [n.bias for n in layer.neurons], z, a))
    for i, after in enumerate(found[1:]):  # an activation of several nodes ends where the next layer begins
        if len(after.inputs) == len(found[i].sums):
            found[i] = replace(found[i], activations=after.inputs)
    return found


def _activation(z: Value, consumers: dict[Value, list[Value]]) -> Value:
    """What follows a weighted sum, if it is a function of that alone."""
    after = consumers.get(z, [])
    return after[0] if len(after) == 1 and len(after[0].operands) == 1 else z


def _inputs(z: Value, neuron: Any) -> list[Value]:
    """What the weights of a neuron are multiplied by."""
    for operand in z.operands:
        if operand.primitive is primitives.DOT:
            half = len(operand.operands) // 2
            first, second = operand.operands[:half], operand.operands[half:]
            return list(second if first[0] in neuron.weights else first)
    raise ValueError("layers: expected neurons that are a dot and a bias, as nn's are")


def network_names(model: Any, output: Value, given: Names | None = None) -> dict[str, Any]:
    """Return the names given, and names for the nodes of a network, if it is one, that have no label of their own."""
    if not is_network(model):
        return dict(given or {})
    names: dict[str, Value] = {}
    for number, layer in enumerate(model.layers, 1):
        for j, neuron in enumerate(layer.neurons):
            names |= {f"W{number}[{i},{j}]": weight for i, weight in enumerate(neuron.weights)}
            names[f"b{number}[{j}]"] = neuron.bias
    with suppress(ValueError):  # several samples: only the parameters can be told apart by their place
        found = layers(model, output)
        names |= {f"a1[{i}]": value for i, value in enumerate(found[0].inputs) if not value.is_constant}
        for number, of in enumerate(found, 2):
            names |= {f"z{number}[{j}]": value for j, value in enumerate(of.sums)}
            names |= {f"a{number}[{j}]": value for j, value in enumerate(of.activations) if value is not of.sums[j]}
    return {**dict(given or {}), **{name: value for name, value in names.items() if not value.label}}
