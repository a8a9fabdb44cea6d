"""The forward and the backward pass of a network, neuron by neuron or layer by layer, on circles with a and δ."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from autodiff import Value
from viz.drawing.network_numbers import END, PLACE, NetworkNumbers
from viz.graph.description import Graph
from viz.graph.layers import LayerNodes, layer_titles
from viz.graph.names import of_layer
from viz.stepper.narrator import Sentence
from viz.stepper.step import Change

PARTS = {"given": "The forward pass", "seed": "The backward pass"}  # the parts that begin with a moment
MAX_TERMS = 3  # terms of a sum that are written out


class Moment(NamedTuple):
    """What a step is about: "given", "forward", "cost", "seed", "backward" or "end", and which neurons of a layer."""

    kind: str
    layer: int = 0  # counted as on the blackboard: the inputs are layer 1
    neurons: Sequence[int] = ()


class NetworkStory(NetworkNumbers):
    """The sentences and changes of the passes through a network, and its picture.

    `level` is "neurons" or "layers": whether a step is a neuron or a layer.
    """

    def __init__(
        self, model: Any, graph: Graph, digits: int, level: str, *, who: str = "steps", live: bool = False
    ) -> None:
        super().__init__(who, model, graph, digits, live=live)
        self._titles = [title.partition(": ")[2] for title in layer_titles(model).values()]
        self.sentences: list[Sentence] = []
        self.changes: list[Change] = []
        self.parts: list[str] = []
        self.moments: list[Moment] = []
        self._check(who)
        self._tell(level)

    def _check(self, who: str) -> None:
        """Refuse a cost for which the sentences are false: that depends on the network in another way, too."""
        adjoint = self._adjoint
        pairs = [
            (adjoint[w], x.data * adjoint[z])
            for layer in self.layers
            for row, x in zip(layer.weights, layer.inputs, strict=True)
            for w, z in zip(row, layer.sums, strict=True)
        ]
        for before, after in pairwise(self.layers):
            for row, a in zip(after.weights, before.activations, strict=True):
                sent = math.fsum(w.data * adjoint[z] for w, z in zip(row, after.sums, strict=True))
                pairs.append((adjoint[a], sent))
        size = max(abs(x) for pair in pairs for x in pair)
        if any(abs(one - other) > 1e-9 * size for one, other in pairs):
            raise ValueError(
                f"{who}: expected a cost that depends on the network through its last layer alone, got one with "
                "another term, such as a penalty on the weights; show the part without it"
            )

    def texts(self) -> dict[str, str]:
        """Return the texts at the start: what the passes compute is not there."""
        layers = self.layers
        computed = [f"{self._node[x].id}.data" for layer in layers for x in (*layer.sums, *layer.activations)]
        weights = [w for layer in layers for row in layer.weights for w in row]
        sent = [f"{self._node[x].id}.grad" for x in (*weights, *(z for layer in layers for z in layer.sums))]
        return dict.fromkeys([*computed, *sent, f"{self._cost.id}.data", f"{self._cost.id}.grad"], "")

    def marks(self) -> dict[str, str]:
        """Return the marks at the start: the ids of what is not computed yet."""
        neurons = [self._node[z].id for layer in self.layers for z in layer.sums]
        return dict.fromkeys([*neurons, self._cost.id], "waiting")

    # --------------------------------------------------------------------------------------------------- steps

    def _tell(self, level: str) -> None:
        inputs = [self._equation(x) for x in self.layers[0].inputs]
        self._add(
            Moment("given"), [("", "The forward pass begins at the inputs: "), *_listed(inputs), ("", ".")], Change()
        )
        for number, layer in enumerate(self.layers, 2):
            steps = [([j], self._forward) for j in range(len(layer.sums))]
            if level == "layers":
                steps = [([*range(len(layer.sums))], self._forward_layer)]
            for js, say in steps:
                self._add(Moment("forward", number, js), say(number, layer, js), self._computed(layer, js))
        cost, outputs = self._cost, self.layers[-1].activations
        said: Sentence = [("", "The cost compares "), *_listed([self._equation(a) for a in outputs])]
        said += [("", f" with the target: {cost.name} = "), ("data", self._said(self.data(self._output))), ("", ".")]
        feeding = {f"to-{self._node[z].id}": "feeding" for z in self.layers[-1].sums}
        change = Change(dict([self.data(self._output)]), {cost.id: ""}, {**feeding, cost.id: "computed"})
        self._add(Moment("cost"), said, change)
        said = [("", f"The backward pass begins at the cost: d{cost.name}/d{cost.name} = "), ("grad", "1"), ("", ".")]
        said.append(("muted", f"\nδ of a neuron is the gradient of its sum z: δ = d{cost.name}/dz."))
        self._add(Moment("seed"), said, Change({f"{cost.id}.grad": "1"}, spots={cost.id: "receiver"}, kind="seed"))
        for number in range(len(self.layers) + 1, 1, -1):
            layer = self.layers[number - 2]
            steps = [([j], self._backward) for j in range(len(layer.sums))]
            if level == "layers":
                steps = [([*range(len(layer.sums))], self._backward_layer)]
            for js, say in steps:
                self._add(Moment("backward", number, js), say(number, layer, js), self._sent(number, layer, js))
        parameters = sum(len(layer.biases) * (1 + len(layer.weights)) for layer in self.layers)
        end = f"The gradient is complete: {parameters} numbers, one for each weight and bias."
        weights = {
            self._line(layer, i, j)
            for layer in self.layers
            for i, row in enumerate(layer.weights)
            for j in range(len(row))
        }
        self._add(Moment("end"), [("", end)], Change(spots=dict.fromkeys(sorted(weights), "active")))

    def _add(self, moment: Moment, sentence: Sentence, change: Change) -> None:
        self.moments.append(moment)
        self.parts.append(PARTS.get(moment.kind, ""))
        self.sentences.append(sentence)
        self.changes.append(change)

    def _computed(self, layer: LayerNodes, js: Sequence[int]) -> Change:
        texts = dict([self.data(x[j]) for j in js for x in (layer.sums, layer.activations)])
        circles = [self._node[layer.sums[j]].id for j in js]
        lines = [self._line(layer, i, j) for i in range(len(layer.weights)) for j in js]
        spots = {**dict.fromkeys(lines, "feeding"), **dict.fromkeys(circles, "computed")}
        return Change(texts, dict.fromkeys(circles, ""), spots)

    def _sent(self, number: int, layer: LayerNodes, js: Sequence[int]) -> Change:
        weights = [row[j] for row in layer.weights for j in js]
        texts = dict([self.grad(x) for x in (*weights, *(layer.sums[j] for j in js))])
        if number <= len(self.layers):
            after = self.layers[number - 1]
            senders = [self._node[z].id for z in after.sums]
            lines = [self._line(after, j, k) for j in js for k in range(len(after.sums))]
        else:
            senders, lines = [self._cost.id], [f"to-{self._node[layer.sums[j]].id}" for j in js]
        spots = {**dict.fromkeys(lines, "active"), **dict.fromkeys(senders, "sender")}
        spots |= {self._node[layer.sums[j]].id: "receiver" for j in js}
        return Change(texts, dict.fromkeys(lines, "sent"), spots, "send")

    # ------------------------------------------------------------------------------------------------ sentences

    def _forward(self, number: int, layer: LayerNodes, js: Sequence[int]) -> Sentence:
        (j,) = js
        z, a, bias = layer.sums[j], layer.activations[j], layer.biases[j]
        pairs = [(row[j], x) for row, x in zip(layer.weights, layer.inputs, strict=True)]
        symbols = self._sum([(self._name(w), self._name(x)) for w, x in pairs])
        numbers = self._sum([(self._factor(self.data(w)), self._factor(self.data(x))) for w, x in pairs])
        sums = f"{symbols} + {self._name(bias)} = {numbers} + {self._factor(self.data(bias))}"
        said: Sentence = [("", f"{self._name(z)} = {sums} = "), ("data", self._said(self.data(z))), ("", ".")]
        if a is not z:
            function = self.function(number)
            said.append(("", f"\n{self._name(a)} = {function}({self._name(z)}) = "))
            said += [("data", self._said(self.data(a))), ("", ".")]
        return said

    def _forward_layer(self, number: int, layer: LayerNodes, js: Sequence[int]) -> Sentence:
        row = ", ".join(self._said(self.data(layer.activations[j])) for j in js)
        return [("", f"{self._titles[number - 2]} = "), ("data", f"({row})"), ("", ".")]

    def _backward(self, number: int, layer: LayerNodes, js: Sequence[int]) -> Sentence:
        (j,) = js
        z, a = layer.sums[j], layer.activations[j]
        delta = of_layer("δ", number, j + 1)
        cost = self.cost_name
        if number > len(self.layers):
            symbols, number_text = f"d{cost}/d{self._name(a)}", self._factor(self.grad(a))
        else:
            after = self.layers[number - 1]
            terms = [
                (after.weights[j][k], of_layer("δ", number + 1, k + 1), self.grad(s)) for k, s in enumerate(after.sums)
            ]
            symbols = self._sum([(self._name(w), d) for w, d, _ in terms])
            number_text = self._sum([(self._factor(self.data(w)), self._factor(x)) for w, _, x in terms])
            if len(terms) > 1 and a is not z:
                symbols, number_text = f"({symbols})", f"({number_text})"
        if a is not z:
            symbols += f" · ∂{self._name(a)}/∂{self._name(z)}"
            number_text += f" · {self._factor(self.slope(z, a))}"
        said: Sentence = [
            ("", f"{delta} = {symbols} = {number_text} = "),
            ("grad", self._said(self.grad(z))),
            ("", "."),
        ]
        weights = [
            [
                ("muted", f"d{cost}/d{self._name(row[j])} = {self._name(x)} · {delta} = "),
                ("grad", self._said(self.grad(row[j]))),
            ]
            for row, x in zip(layer.weights, layer.inputs, strict=True)
        ]
        bias = f", and d{cost}/d{self._name(layer.biases[j])} = {delta}."
        return [*said, ("muted", "\nSo "), *_listed(weights, MAX_TERMS), ("muted", bias)]

    def _backward_layer(self, number: int, layer: LayerNodes, js: Sequence[int]) -> Sentence:
        cost, before = self.cost_name, number - 1
        delta, z = of_layer("δ", number), of_layer("z", number)
        function = self.function(number)
        bent = f" ∘ {function}′({z})" if layer.activations[0] is not layer.sums[0] and function else ""
        if number > len(self.layers):
            symbols = f"d{cost}/d{of_layer('a' if bent else 'z', number)}"
        else:
            symbols = f"{of_layer('δ', number + 1)} {of_layer('W', number)}ᵀ"
            symbols = f"({symbols})" if bent else symbols
        row = ", ".join(self._said(self.grad(layer.sums[j])) for j in js)
        said: Sentence = [("", f"{delta} = {symbols}{bent} = "), ("grad", f"({row})"), ("", ".")]
        w, b, a = of_layer("W", before), of_layer("b", before), of_layer("a", before)
        return [*said, ("muted", f"\nSo d{cost}/d{w} = {a}ᵀ {delta}, and d{cost}/d{b} = {delta}.")]

    @property
    def cost_name(self) -> str:
        """The name of the cost."""
        return self._cost.name

    def function(self, number: int) -> str:
        """Return the activation of a layer, as its title has it: σ in a⁽²⁾ = σ(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾)."""
        return self._titles[number - 2].partition("(")[0].partition(" = ")[2]

    def _equation(self, x: Value) -> Sentence:
        return [("", f"{self._name(x)} = "), ("data", self._said(self.data(x)))]

    def _said(self, number: tuple[str, str]) -> str:
        """A number of a sentence; of a live one its key, between two marks."""
        key, text = number
        return f"{PLACE}{key}{END}" if self.live else text

    def _factor(self, number: tuple[str, str]) -> str:
        """A factor of a product, in brackets if it is negative."""
        key, text = number
        if self.live:
            return f"{PLACE}({key}{END}"
        return f"({text})" if text.startswith("−") else text

    def _sum(self, terms: Sequence[tuple[str, str]]) -> str:
        texts = [f"{first}·{second}" for first, second in terms]
        return " + ".join(texts if len(texts) <= MAX_TERMS else [*texts[:2], "…", texts[-1]])


def _listed(items: Sequence[Sentence], most: int = 6) -> Sentence:
    """Some sentences one after the other, with the number of those that are left out."""
    said: Sentence = []
    for i, item in enumerate(items[:most]):
        said += [("", ", ")] if i else []
        said += item
    return [*said, ("muted", f", and {len(items) - most} more")] if len(items) > most else said
