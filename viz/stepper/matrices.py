"""The passes through a network as matrix formulas, beside its picture: the entry that a step computes is lit.

A sample is a row, as in the article: z⁽²⁾ = a⁽¹⁾W⁽¹⁾ + b⁽¹⁾ with a 1 × n, W n × m, and δ⁽²⁾ = (δ⁽³⁾W⁽²⁾ᵀ) ∘ σ′(z⁽²⁾).
"""

from collections.abc import Sequence
from typing import TypeAlias

from viz.graph.layers import LayerNodes
from viz.mathematics.notation import MathML
from viz.pages.markup import Html, element
from viz.stepper.network_story import Moment, NetworkStory
from viz.stepper.step import Change

MAX_NUMBERS = 4  # rows and columns of a matrix whose numbers are shown; the entries of a larger one are dots

Rows: TypeAlias = Sequence[Sequence[tuple[str, str]]]
"""The entries of a matrix, each as the key and the text of a number."""


class Matrices:
    """The formulas of a network: a panel for each pass through a layer, one for the cost, and one for the end.

    If the cost is `squared`, 1/2 Σ (a - ŷ)², its formulas are written out.
    """

    def __init__(self, story: NetworkStory, *, squared: bool) -> None:
        self._story, self._squared, self._math = story, squared, MathML()
        self._n = len(story.layers)
        self._empty = story.texts() | self.texts()

    def html(self) -> Html:
        """Return all panels, of which `steps.js` shows one."""
        panels = [self._cost(), self._end()]
        for number, layer in enumerate(self._story.layers, 2):
            panels += [self._forward(number, layer), self._backward(number, layer)]
        return element("div", *panels, id="board", role="region", aria_label="The matrix formula", tabindex=0)

    def changes(self) -> list[Change]:
        """Return for each step the numbers that appear only here, and the entries that are lit."""
        return [self._change(moment) for moment in self._story.moments]

    def texts(self) -> dict[str, str]:
        """Return the texts at the start: what the steps compute is not there."""
        return {key: "" for change in self.changes() for key in change.texts}

    def _change(self, moment: Moment) -> Change:
        kind, number, js = moment
        if kind not in ("forward", "backward"):
            shown = {"given": "f2", "cost": "cost", "seed": "cost", "end": "end"}[kind]
            return Change(spots={shown: "shown"})
        layer, panel = self._story.layers[number - 2], f"{kind[0]}{number}"
        spots: dict[str, str] = {panel: "shown"}
        texts: dict[str, str] = {}
        rows = range(len(layer.weights))
        for j in js:
            if kind == "forward":
                spots |= {f"{panel}a-0-{i}": "feeding" for i in rows}
                spots |= {f"{panel}W-{i}-{j}": "feeding" for i in rows} | {f"{panel}b-0-{j}": "feeding"}
                spots |= {f"{panel}{name}-0-{j}": "computed" for name in ("z", "s")}
                continue
            a, z = layer.activations[j], layer.sums[j]
            if number <= self._n:
                after = range(len(self._story.layers[number - 1].sums))
                spots |= {f"{panel}d-0-{k}": "feeding" for k in after}
                spots |= {f"{panel}W-{k}-{j}": "feeding" for k in after}
            else:
                texts |= dict([self._story.grad(a)])
                spots[f"{panel}d-0-{j}"] = "feeding"
            if a is not z:
                texts |= dict([self._story.slope(z, a)])
            spots |= {f"{panel}s-0-{j}": "feeding", f"{panel}D-0-{j}": "computed", f"{panel}e-0-{j}": "feeding"}
            spots |= {f"{panel}a-{i}-0": "feeding" for i in rows} | {f"{panel}g-{i}-{j}": "computed" for i in rows}
        return Change(texts, spots=spots)

    # --------------------------------------------------------------------------------------------------- panels

    def _forward(self, number: int, layer: LayerNodes) -> Html:
        """z = aW + b and a = σ(z)."""
        name, math, data, id_ = self._sized, self._math, self._story.data, f"f{number}"
        n, m = len(layer.inputs), len(layer.sums)
        a, w, b = name("a", number - 1, 1, n), name("W", number - 1, n, m), name("b", number - 1, 1, m)
        lines = [_formula(name("z", number, 1, m), math.equals, a, math.word(" "), w, math.plus, b)]
        lines += [
            _numbers(
                "=",
                self._matrix(f"{id_}a", "a", number - 1, [[*map(data, layer.inputs)]]),
                self._matrix(f"{id_}W", "W", number - 1, [[*map(data, row)] for row in layer.weights]),
            ),
            _numbers("+", self._matrix(f"{id_}b", "b", number - 1, [[*map(data, layer.biases)]])),
            _numbers("=", self._matrix(f"{id_}z", "z", number, [[*map(data, layer.sums)]])),
        ]
        bent = layer.activations[0] is not layer.sums[0]
        activated = math.call(self._function(number), math.layer("z", number)) if bent else math.layer("z", number)
        lines.append(_formula(name("a", number, 1, m), math.equals, activated))
        if bent:
            lines.append(_numbers("=", self._matrix(f"{id_}s", "a", number, [[*map(data, layer.activations)]])))
        return _panel(id_, f"Layer {number}, forward", lines)

    def _backward(self, number: int, layer: LayerNodes) -> Html:
        """δ, and the gradients of W and b."""
        name, math, story, id_ = self._sized, self._math, self._story, f"b{number}"
        n, m = len(layer.inputs), len(layer.sums)
        bent = layer.activations[0] is not layer.sums[0]
        if number > self._n:
            above = self._by_activation(number, m)
            given: list[Html | str] = [
                self._matrix(f"{id_}d", "dC/da", number, [[story.grad(a) for a in layer.activations]])
            ]
        else:
            after = story.layers[number - 1]
            k = len(after.sums)
            transposed = [[story.data(row[i]) for row in after.weights] for i in range(k)]
            above = math.row(name("δ", number + 1, 1, k), math.word(" "), name("W", number, k, m, transposed=True))
            given = [
                self._matrix(f"{id_}d", "δ", number + 1, [[*map(story.grad, after.sums)]]),
                self._matrix(f"{id_}W", "W transposed", number, transposed),
            ]
            if bent:
                above, given = math.brackets(above), ["(", *given, ")"]
        formula, lines = above, [_numbers("=", *given)]
        if bent:
            slope = math.call(f"{self._function(number)}′", math.layer("z", number))
            formula = math.row(above, math.word(" ∘ "), slope)
            slopes = [story.slope(z, a) for z, a in zip(layer.sums, layer.activations, strict=True)]
            lines.append(_numbers("∘", self._matrix(f"{id_}s", "the slope at z", number, [slopes])))
        deltas = [[*map(story.grad, layer.sums)]]
        delta = name("δ", number, 1, m)
        product = math.row(name("a", number - 1, n, 1, transposed=True), math.word(" "), delta)
        cost = self._cost_name()
        factors = [
            "=",
            self._matrix(f"{id_}a", "a transposed", number - 1, [[story.data(x)] for x in layer.inputs]),
            self._matrix(f"{id_}e", "δ", number, deltas),
        ]
        gradient = "=", self._matrix(f"{id_}g", "dC/dW", number - 1, [[*map(story.grad, row)] for row in layer.weights])
        are_small = max(n, m) <= MAX_NUMBERS
        lines = [
            _formula(delta, math.equals, formula),
            *lines,
            _numbers("=", self._matrix(f"{id_}D", "δ", number, deltas)),
            _formula(math.total(cost, math.layer("W", number - 1)), math.equals, product),
            *([_numbers(*factors), _numbers(*gradient)] if are_small else [_numbers(*factors, *gradient)]),
            _formula(math.total(cost, math.layer("b", number - 1)), math.equals, delta),
        ]
        return _panel(id_, f"Layer {number}, backward", lines)

    def _cost(self) -> Html:
        """The cost."""
        math, last = self._math, len(self._story.layers) + 1
        m = len(self._story.layers[-1].sums)
        a, target = self._sized("a", last, 1, m), _sizes(math.name("ŷ"), 1, m)
        cost, s = self._cost_name(), math.name("s")
        call = math.row(cost, math.brackets(math.row(a, math.word(","), target)))
        lines = [_formula(cost, math.equals, call)]
        if self._squared:
            half = math.over(math.number(1.0), math.number(2.0))
            norm = math.power(math.row(math.word("‖"), s, math.word("‖")), math.number(2.0))
            lines = [
                _formula(_sizes(s, 1, m), math.equals, a, math.minus, target),
                _formula(cost, math.equals, half, norm),
            ]
        lines.append(_formula(self._by_activation(last, m, total=True)))
        return _panel("cost", "The cost", lines)

    def _end(self) -> Html:
        """The article's recursion, and what gradient descent does with it."""
        math, cost, word = self._math, self._cost_name(), self._math.word

        def of(letter: str, layer: str) -> str:
            return element("msup", element("mi", letter), element("mrow", word("("), Html(layer), word(")")))

        here, last = element("mi", "l"), element("mi", "L")
        after = math.row(here, word("+"), math.number(1.0))
        sent = math.brackets(math.row(of("δ", after), word(" "), math.transposed(of("W", here))))
        product = math.row(math.transposed(of("a", here)), word(" "), of("δ", after))
        lines = [
            _formula(of("δ", layer), math.equals, above, word(" ∘ "), math.call("σ′", of("z", layer)))
            for layer, above in ((last, math.total(cost, of("a", last))), (here, sent))
        ]
        lines += [
            _formula(math.total(cost, of("W", here)), math.equals, product),
            _formula(math.total(cost, of("b", here)), math.equals, of("δ", after)),
        ]
        rate = math.over(element("mi", "η"), element("mi", "k"))
        for letter in "Wb":
            change = math.row(element("mi", "Δ"), of(letter, here))
            step = math.row(word("−"), rate, word("Σ"), math.total(cost, of(letter, here)))
            lines.append(_formula(change, math.equals, step))
        return _panel("end", "The recursion, and a step of a batch of k samples", lines)

    # ---------------------------------------------------------------------------------------------------- parts

    def _by_activation(self, number: int, m: int, *, total: bool = False) -> str:
        """dC/da of the last layer; of the squared error it is a − ŷ."""
        math = self._math
        left = math.total(self._cost_name(), math.layer("a", number))
        if not self._squared:
            return left
        error = math.row(self._sized("a", number, 1, m), math.minus, _sizes(math.name("ŷ"), 1, m))
        return math.row(left, math.equals, error) if total else math.brackets(error)

    def _cost_name(self) -> str:
        return self._math.name(self._story.cost_name)

    def _function(self, number: int) -> str:
        return self._story.function(number)

    def _sized(self, letter: str, layer: int, rows: int, columns: int, *, transposed: bool = False) -> str:
        """The name of a matrix, with its size below it."""
        name = self._math.layer(letter, layer)
        return _sizes(self._math.transposed(name) if transposed else name, rows, columns)

    def _matrix(self, id_: str, name: str, layer: int, rows: Rows) -> Html:
        """A matrix before the first step; `id_` begins the ids of its entries."""
        is_large = max(len(rows), len(rows[0])) > MAX_NUMBERS
        body = []
        for i, row in enumerate(rows):
            cells = []
            for j, (key, text) in enumerate(row):
                shown = ("•", None) if is_large else (self._empty.get(key, text), key)
                cells.append(element("td", shown[0], id=f"{id_}-{i}-{j}", data_key=shown[1]))
            body.append(element("tr", *cells))
        label = f"{name} of layer {layer}, {len(rows)} × {len(rows[0])}"
        return element("table", element("tbody", *body), class_="dots" if is_large else None, aria_label=label)


def _sizes(symbol: str, rows: int, columns: int) -> str:
    return element("msub", element("mrow", Html(symbol)), element("mtext", f"{rows}×{columns}"))


def _formula(*parts: str) -> Html:
    return element("p", element("math", element("mrow", *map(Html, parts)), display="block"))


def _numbers(*parts: Html | str) -> Html:
    """A line of matrices, and the signs between them."""
    shown = [part if isinstance(part, Html) else element("span", part) for part in parts if part]
    return element("div", *shown, class_="numbers-line")


def _panel(id_: str, title: str, lines: Sequence[Html]) -> Html:
    return element("section", element("h2", title), *lines, id=id_, class_="panel", data_digits=1)
