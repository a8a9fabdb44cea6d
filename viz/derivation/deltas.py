"""The article's recursion for a network: the delta of each layer from that of the next, and the gradients from them.

    δ(L) = ∂C/∂a(L) ∘ σ′(z(L))        δ(l) = δ(l+1) W(l)ᵀ ∘ σ′(z(l))
    ∂C/∂W(l) = a(l)ᵀ δ(l+1)           ∂C/∂b(l) = δ(l+1)

A sample is a row: a and δ have the shape 1 x n, and W n_in x n_out. (The article prints σ′(z(3)) in δ(2) once, and
omits δ(3) in one ∂C/∂W(1); this module follows its general formula.)
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import adjoints
from viz.derivation.board import Board
from viz.derivation.chain import Chain
from viz.derivation.walk import Drawn, Walk
from viz.drawing.network_numbers import MAX_NEURONS, NetworkNumbers
from viz.graph.description import Names
from viz.graph.layers import LayerNodes, cost_layers
from viz.graph.names import counted
from viz.mathematics.columns import at_point
from viz.mathematics.formula import SUM_LEVEL, bracketed, named
from viz.mathematics.notation import Plain
from viz.mathematics.writing import WrittenLine

MAX_ROWS = 4  # rows shown of a matrix, and likewise columns
MAX_FORMULA_CHARS = 30  # a longer formula in a matrix is replaced by its number
Matrix = list[list[float]]


class Deltas(Walk):
    """The deltas of a network and its gradients, layer by layer.

    Attributes:
        deltas: δ(2), δ(3), ... as lists of floats.
        weights: ∂C/∂W of each layer, as a list of rows.

    Raises:
        ValueError: if the graph has more than one sample, or the cost depends on the network in another way too.
    """

    def __init__(self, output: Value, model: Any, names: Names | None, digits: int) -> None:
        super().__init__(self._write, digits)
        self._layers = cost_layers("derive", model, topological_order(output))
        self._output, self._model = output, model
        outputs = self._layers[-1].activations[:MAX_ROWS]
        self._board = board = Board(output, outputs, names, model, every=False)
        self._label = board.names[output]
        # the chain from the cost to each shown output of the network
        self._rules = [(Chain(board, a), a) for a in outputs]
        last = self._layers[-1]
        self._slope = adjoints(output, last.activations)
        self._slopes = [
            [_slope(a, z) for a, z in zip(layer.activations, layer.sums, strict=True)] for layer in self._layers
        ]
        self.deltas: list[list[float]] = []
        self.weights: list[Matrix] = []
        for number, layer in reversed(list(enumerate(self._layers))):
            above = self._slope if layer is last else self._sent_back(self._layers[number + 1], self.deltas[0])
            delta = [a * b for a, b in zip(above, self._slopes[number], strict=True)]
            self.deltas.insert(0, delta)
            self.weights.insert(0, [[x.data * d for d in delta] for x in layer.inputs])
        self._check()
        self.title = f"The gradient of {self._label}, layer by layer"

    def drawn(self) -> Drawn | None:
        """Return the network with its numbers, in which a δ is a circle and a weight a line."""
        if max(len(column) for layer in self._layers for column in (layer.inputs, layer.sums)) > MAX_NEURONS:
            return None
        graph = self._board.graph()
        numbers = NetworkNumbers("derive", self._model, graph, self._digits)
        ids = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
        ids |= {w: f"w-{ids[w]}" for layer in self._layers for row in layer.weights for w in row}
        return Drawn(graph, {"": [numbers.picture()]}, ids, numbers.legend)

    @staticmethod
    def _sent_back(after: LayerNodes, delta: Sequence[float]) -> list[float]:
        """δ(l+1) W(l)ᵀ."""
        return [math.fsum(w.data * d for w, d in zip(row, delta, strict=True)) for row in after.weights]

    def _check(self) -> None:
        """Compare with the engine: the recursion is the gradient only if the layers form a chain and nothing else."""
        sums = [z for layer in self._layers for z in layer.sums]
        weights = [w for layer in self._layers for row in layer.weights for w in row]
        recursion = [d for delta in self.deltas for d in delta]
        recursion += [w for rows in self.weights for row in rows for w in row]
        engine = adjoints(self._output, [*sums, *weights])
        size = max(map(abs, engine), default=0.0)
        if any(abs(a - b) > 1e-9 * size for a, b in zip(recursion, engine, strict=True)):
            raise ValueError(
                "derive: expected a cost that depends on the network through its last layer alone; "
                "this one has another term, such as a penalty on the weights; derive the part without it"
            )

    def _write(self, notation: Plain) -> list[WrittenLine]:
        name, n = notation.layer, len(self._layers)
        label = bracketed(named(self._label, notation), SUM_LEVEL, notation)
        lines = []
        for i, layer in enumerate(self._layers, 1):
            product = notation.row(name("a", i), notation.word(" "), name("W", i), notation.plus, name("b", i))
            shape = f"({counted(len(layer.inputs), 'input')}, {counted(len(layer.sums), 'neuron')})"
            lines.append(WrittenLine(name("z", i + 1), ((notation.row(product, notation.word(f"   {shape}")),),)))
            z = name("z", i + 1)
            shown = z if layer.activations[0] is layer.sums[0] else notation.call(self._function(i), z)
            lines.append(WrittenLine(name("a", i + 1), ((shown,),)))
        cost, formulas = notation.partial(label, name("a", n + 1)), self._cost(notation)
        lines += [*self._board.softmax_lines(notation), WrittenLine(note=" ")]
        about = _about("the slope of the cost by each output.", [self._layers[-1].sums])
        lines += self._written(cost, formulas, [self._slope], about, notation)
        for i in range(n, 0, -1):
            left = name("δ", i + 1)
            slope = notation.call(f"{self._function(i)}′", name("z", i + 1))
            above = (
                cost
                if i == n
                else notation.row(name("δ", i + 2), notation.word(" "), notation.transposed(name("W", i + 1)))
            )
            layer = self._layers[i - 1]
            about = _about(f"the gradient of each sum z in layer {i + 1}.", [layer.sums])
            if layer.activations[0] is layer.sums[0]:
                lines += self._written(left, above, [self.deltas[i - 1]], about, notation)
                continue
            before = self._slope if i == n else self._sent_back(self._layers[i], self.deltas[i])
            factors = [_matrix([numbers], notation) for numbers in (before, self._slopes[i - 1])]
            circle = notation.word(" ∘ ")
            product = notation.row(factors[0], circle, factors[1])
            lines += self._written(
                left, notation.row(above, circle, slope), [self.deltas[i - 1]], about, notation, product
            )
        lines.append(WrittenLine(note=" "))
        for i in range(n, 0, -1):
            layer = self._layers[i - 1]
            product = notation.row(notation.transposed(name("a", i)), notation.word(" "), name("δ", i + 1))
            left = notation.total(label, name("W", i))
            about = _about("the gradient of each weight: a where it begins times δ where it ends.", layer.weights)
            lines += self._written(left, product, self.weights[i - 1], about, notation)
            left = notation.total(label, name("b", i))
            about = _about("the gradient of each bias: δ.", [layer.sums])
            lines += self._written(left, name("δ", i + 1), [self.deltas[i - 1]], about, notation)
        return lines

    @staticmethod
    def _written(
        left: str, formula: str, numbers: Matrix, about: Mapping[str, Any], notation: Plain, *between: str
    ) -> list[WrittenLine]:
        """The rows of an equation, each in one piece, without a repetition."""
        rows = dict.fromkeys([formula, *between, _matrix(numbers, notation)])
        return [WrittenLine("" if i else left, ((row,),), **about) for i, row in enumerate(rows)]

    def _cost(self, notation: Plain) -> str:
        """∂C/∂a(L) as formulas."""
        cells = []
        for chain, a in self._rules:
            rule = chain.rule(self._output, a) if chain.n_paths else 0.0
            is_long = len(chain.algebra(Plain()).text(rule)) > MAX_FORMULA_CHARS
            cells.append(chain.algebra(notation).text(chain.partials[self._output][a] if is_long else rule))
        if len(self._layers[-1].activations) > MAX_ROWS:
            cells.append(notation.word("…"))
        return notation.matrix([cells])

    def _function(self, number: int) -> str:
        """The symbol of the activation of a layer."""
        layer = self._layers[number - 1]
        a, z = layer.activations[0], layer.sums[0]
        return a.primitive.symbol if a.operands == (z,) and a.primitive else "σ"


def _about(said: str, rows: Sequence[Sequence[Value]]) -> dict[str, Any]:
    """What is said and lit for a row about some nodes."""
    return {"role": "grad", "said": said, "paths": [(node,) for row in rows for node in row]}


def _slope(a: Value, z: Value) -> float:
    """da/dz."""
    if a is z:
        return 1.0
    return a.partials[0] if a.operands == (z,) else adjoints(a, [z])[0]


def _matrix(rows: Sequence[Sequence[float]], notation: Plain) -> str:
    """A matrix of numbers; of a large matrix, its top left corner."""
    shown = [row[:MAX_ROWS] for row in rows[:MAX_ROWS]]
    plain = [[Plain(notation.digits).number(x) for x in row] for row in shown]
    cells = [[notation.number(x) for x in row] for row in shown]
    if type(notation) is not Plain:
        cells = [[*row] for row in at_point(cells, plain, notation)]
    if rows and len(rows[0]) > MAX_ROWS:
        cells = [[*row, notation.word("…")] for row in cells]
    if len(rows) > MAX_ROWS:
        cells.append([notation.word("…")] * len(cells[0]))
    return notation.matrix(cells)
