"""The numbers that known mistakes give on a graph, so that a wrong answer can be explained.

A blank is a number of the graph by the key of its text in the picture: "n3.data" and "n3.grad" of a node, "e5.partial"
of an edge. Of each blank every mistake gives a number: a mistake at an edge is carried on to the blank by the chain
rule, because what is asked may lie far below the edge.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autodiff import ChainruleError, Primitive, Value
from autodiff.extend import primitives, sweep
from viz.graph.description import Edge, Graph, Node
from viz.graph.events import wrong_gradients
from viz.graph.mistakes import MISTAKES
from viz.graph.symbols import visible

TOLERANCE = 0.005  # relative: an answer of three significant digits is at most half a unit of the third one away
ALMOST_0 = 0.0005  # the largest answer that stands for 0

PASSES = "overwrite", "depth-first", "product", "sign"  # of `viz.graph.mistakes`, those that are made by hand too
KINDS: Mapping[str, str] = {
    **{kind: f"This number comes from a wrong backward pass. {MISTAKES[kind].title}" for kind in PASSES},
    "path": "The path through {place} is missing. What a node does along several paths adds up.",
    "alone": "This is the product of the path through {place} alone. What the other paths give is to be added.",
    "chain": "The local derivative {place} is missing from the product.",
    "local": "This is the local derivative alone. The gradient of the node that it belongs to is the other factor.",
    "operand": "In place of {place} stands the local derivative by the other operand.",
    "power": "{place} is taken wrongly from the power: (xⁿ)′ = n·xⁿ⁻¹, with the factor and the lowered exponent.",
    "place": "{place} is taken at the wrong place. The operand of the node is its place, not what is before or after.",
    "minus": "The sign is wrong.",
    "sign at": "The sign of {place} is wrong.",
    "order": "The operands are swapped: their order matters here.",
    "term": "{place} is missing from the sum.",
    "operation": "That is another operation: + for ×, or × for + or for a power.",
    "unapplied": "That is the operand: the operation is still to be applied to it.",
    "multiplied": "That is already the product with the gradient of the node. The local derivative alone is asked.",
    "added": "The two factors are added. The chain rule multiplies them.",
    "value": "That is the value of {place}, not a derivative.",
    "derivative": "That is the gradient. The value is asked.",
    "factor": "That is twice the number, or half of it.",
    "other": "That is the gradient of {place}.",
}
"""The mistakes, the likelier ones first, each as a sentence; {place} is the edge or the node of the mistake."""


CONFUSED = {primitives.MUL: primitives.ADD, primitives.ADD: primitives.MUL, primitives.POW: primitives.MUL}
"""The operation that is computed in place of another."""


@dataclass(frozen=True)
class WrongNumber:
    """A mistake, one of KINDS, the number that it gives, and the id of its edge or node, "" for none."""

    kind: str
    number: float
    place: str = ""


def close(x: float, y: float) -> bool:
    """Whether x, given with three significant digits, may stand for y.

    >>> close(0.333, 1 / 3), close(0.33, 1 / 3), close(0.0, 1e-5)
    (True, False, False)
    """
    return abs(x - y) <= (TOLERANCE * abs(y) if y else ALMOST_0)


def answers(graph: Graph) -> dict[str, float]:
    """Return the right number of each blank of a graph with one output."""
    adjoints = wrong_gradients(graph, "")
    return {
        **{f"{node.id}.data": node.data for node in graph.nodes if node.kind == "operation"},
        **{f"{edge.id}.partial": edge.partial for edge in graph.edges if edge.partial is not None},
        **{f"{node.id}.grad": adjoints[node.id] for node in graph.nodes if node.kind != "constant"},
    }


def mistakes(graph: Graph) -> dict[str, list[WrongNumber]]:
    """Return what is known to be given wrongly for each blank, the likeliest first.

    A number that may pass for the right one is no mistake; of one kind each number stands once.

    >>> from viz.graph.description import describe
    >>> a = Value(3.0, "a")
    >>> by_blank = mistakes(describe([a + a]).named())
    >>> [(mistake.kind, mistake.number) for mistake in by_blank["n0.grad"]][:3]
    [('overwrite', 1.0), ('path', 1.0), ('minus', -2.0)]
    """
    return _Wrong(graph).by_blank()


class _Wrong:
    """The wrong numbers of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values = {node.id: value for node, value in zip(graph.nodes, graph.values, strict=True)}
        self.edges = [(edge, edge.partial) for edge in graph.edges if edge.partial is not None]
        self.right = answers(graph)
        self.adjoints = {node.id: self.right.get(f"{node.id}.grad", 0.0) for node in graph.nodes}
        # the edges to the operands of a node, and those to its users, each with its partial
        self.into: dict[str, list[tuple[Edge, float]]] = {node.id: [] for node in graph.nodes}
        self.uses: dict[str, list[tuple[Edge, float]]] = {node.id: [] for node in graph.nodes}
        for edge, partial in self.edges:
            self.into[edge.target.id].append((edge, partial))
            self.uses[edge.source.id].append((edge, partial))
        self.locals = {edge.id: [*self._wrong_partials(edge, partial)] for edge, partial in self.edges}
        self.stories = dict(self._stories())

    def by_blank(self) -> dict[str, list[WrongNumber]]:
        wrong: dict[str, Iterator[WrongNumber]] = {}
        for node in self.graph.nodes:
            if node.kind == "operation":
                wrong[f"{node.id}.data"] = self._data(node)
            if node.kind != "constant":
                wrong[f"{node.id}.grad"] = self._gradient(node)
        for edge, partial in self.edges:
            wrong[f"{edge.id}.partial"] = self._partial(edge, partial)
        ranks = [*KINDS]
        return {
            key: _distinct(sorted(numbers, key=lambda one: ranks.index(one.kind)), self.right[key])
            for key, numbers in wrong.items()
        }

    def _stories(self) -> Iterator[tuple[str, Mapping[str, float]]]:
        """The adjoints that each wrong backward pass gives, if it ends."""
        for kind in PASSES:
            try:
                yield kind, wrong_gradients(self.graph, kind)
            except ValueError:  # depth first, the number of products may be exponential
                continue

    # --------------------------------------------------------------------------------------- a gradient

    def _gradient(self, node: Node) -> Iterator[WrongNumber]:
        right, uses = self.adjoints[node.id], self.uses[node.id]
        for kind, adjoints in self.stories.items():
            yield WrongNumber(kind, adjoints[node.id])
        yield from self._around(right)
        slopes = self._slopes(node)
        nearest = sorted(self.edges, key=lambda pair: pair[0].source.id != node.id)  # a mistake at the node comes first
        for edge, partial in nearest:
            sent = self.adjoints[edge.target.id] * slopes[edge.source.id]  # what a change of the partial is worth
            if not sent:
                continue
            if len(self.uses[edge.source.id]) > 1:
                yield WrongNumber("path", right - sent * partial, edge.id)
            for wrong in self.locals[edge.id]:
                number = right + sent * (wrong.number - partial)
                if wrong.kind != "sign at" or number != -right:  # "minus" says it already
                    yield WrongNumber(wrong.kind, number, edge.id)
        for edge, partial in uses if len(uses) > 2 else ():
            yield WrongNumber("alone", self.adjoints[edge.target.id] * partial, edge.id)
        yield WrongNumber("local", math.fsum(partial for _, partial in uses))
        yield WrongNumber("added", math.fsum(self.adjoints[edge.target.id] + partial for edge, partial in uses))
        yield WrongNumber("value", node.data, node.id)
        for other in sorted(self.graph.nodes, key=lambda other: other.kind == "operation"):
            if other.kind != "constant" and other.id != node.id:
                yield WrongNumber("other", self.adjoints[other.id], other.id)

    def _slopes(self, node: Node) -> dict[str, float]:
        """The derivative of each node by one: the chain rule, from the node to all that use it."""
        order = [other.id for other in self.graph.nodes]
        slopes = sweep(order, {node.id: 1.0}, lambda id_: [(use.target.id, partial) for use, partial in self.uses[id_]])
        return dict.fromkeys(order, 0.0) | slopes

    # ---------------------------------------------------------------------------------- a local derivative

    def _partial(self, edge: Edge, partial: float) -> Iterator[WrongNumber]:
        yield from (wrong for wrong in self.locals[edge.id] if wrong.kind not in ("sign at", "chain"))
        yield from self._around(partial)
        yield WrongNumber("multiplied", self.adjoints[edge.target.id] * partial)
        for node in (edge.target, edge.source):
            yield WrongNumber("value", node.data, node.id)

    def _wrong_partials(self, edge: Edge, partial: float) -> Iterator[WrongNumber]:
        """What may stand in place of the local derivative of an edge."""
        yield WrongNumber("chain", 1.0, edge.id)
        yield WrongNumber("sign at", -partial, edge.id)
        siblings = self.into[edge.target.id]
        if len(siblings) == 2:
            _, other = siblings[siblings[0][0].id == edge.id]
            yield WrongNumber("operand", other, edge.id)
        value = self.values[edge.target.id]
        data = self._operands(value)
        if value.primitive is primitives.POW and edge.index == 0:
            x, n = data
            for wrong in (_number(primitives.POW, [x, n - 1.0]), n * value.data, n * x):
                yield WrongNumber("power", wrong, edge.id)
        if len(siblings) == 1 and value.primitive is not None:
            before = [inner.source.data for inner, _ in self.into[edge.source.id]]
            for x in (value.data, *before):
                yield WrongNumber("place", _slope(value.primitive, data, edge.index, x), edge.id)

    # -------------------------------------------------------------------------------------------- a value

    def _data(self, node: Node) -> Iterator[WrongNumber]:
        value = self.values[node.id]
        data, primitive = self._operands(value), value.primitive
        assert primitive is not None  # an operation
        yield from self._around(node.data)
        if not primitive.commutes:
            yield WrongNumber("order", _number(primitive, data[::-1]))
        if primitive in CONFUSED:
            yield WrongNumber("operation", _number(CONFUSED[primitive], data))
        inputs = [edge.source for edge, _ in self.into[node.id]]
        if primitive in (primitives.SUM, primitives.ADD):
            for operand in inputs:
                yield WrongNumber("term", node.data - operand.data, operand.id)
        for operand in inputs if len(inputs) == 1 else ():
            yield WrongNumber("unapplied", operand.data)
        yield WrongNumber("derivative", self.adjoints[node.id])

    @staticmethod
    def _operands(value: Value) -> list[float]:
        return [visible(operand).data for operand in value.operands]

    @staticmethod
    def _around(right: float) -> Iterator[WrongNumber]:
        yield WrongNumber("minus", -right)
        yield WrongNumber("factor", 2.0 * right)
        yield WrongNumber("factor", 0.5 * right)


def _number(primitive: Primitive, data: Sequence[float]) -> float:
    """A primitive of numbers; nan where it has none."""
    try:
        return primitive.evaluate(data)
    except (ChainruleError, ArithmeticError, ValueError):
        return math.nan


def _slope(primitive: Primitive, data: Sequence[float], index: int, x: float) -> float:
    """The derivative of a primitive by one operand, where this operand is x; nan where it has none."""
    moved = [x if i == index else number for i, number in enumerate(data)]
    try:
        return float(primitive.derivatives(primitive.evaluate(moved), moved)[index])
    except (ChainruleError, ArithmeticError, ValueError):
        return math.nan


def _distinct(wrong: Sequence[WrongNumber], right: float) -> list[WrongNumber]:
    """The mistakes that are told from the right number, those of a kind and a number once."""
    kept: dict[tuple[str, float], WrongNumber] = {}
    for mistake in wrong:
        if math.isfinite(mistake.number) and not close(mistake.number, right):
            kept.setdefault((mistake.kind, mistake.number), mistake)
    return [*kept.values()]
