"""Other numbers for the leaves of a graph, such that every value, local derivative and gradient is short.

Short numbers are those that one computes with by hand: integers, halves, quarters, of at most four digits. The leaves
are drawn; where a node gets no short value the leaves before it are drawn again, so that also σ(w·x + b) is reached,
which is short only at 0.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autodiff import ChainruleError, topological_order
from autodiff.extend import sweep
from viz.graph.description import Graph

POOLS = (  # the numbers of leaves, tried in this order; whether all leaves must have a gradient that is not 0
    (tuple(float(x) for x in range(-5, 6) if x), True),
    (tuple(float(x) for x in range(-9, 10) if x), True),
    (tuple(0.5 * x for x in range(-12, 13)), False),
)
LARGEST, STEP, DIGITS = 100.0, 1 / 32, 4  # of a short number: its size, what it is a multiple of, its digits
REDRAWS = 30  # of the leaves before a node that has no short value
DRAWS, PATIENCE = 20_000, 2_000  # of all leaves: the largest number, and without a new variant
CHOICE, MORE = 2, 50  # variants that are drawn for each that is wanted, and besides, to choose those of like difficulty
BAND = 0.15  # largest difference from a common difficulty, as a share of it


@dataclass(frozen=True)
class Variant:
    """The graph with other numbers, the numbers of its leaves by name, and its difficulty."""

    graph: Graph
    leaves: Mapping[str, float]
    difficulty: int


def is_short(x: float) -> bool:
    """Whether one computes with a number by hand.

    >>> is_short(-12.5), is_short(0.125), is_short(1 / 3), is_short(1024.0)
    (True, True, False, False)
    """
    return abs(x) <= LARGEST and (x / STEP).is_integer() and float(f"{x:.{DIGITS}g}") == x


def effort(x: float) -> int:
    """Return how hard it is to compute with a number: its digits, and 1 for a fraction, and 1 for a minus; 0 for 0.

    >>> [effort(x) for x in (0.0, 7.0, -7.0, 12.5)]
    [0, 1, 2, 4]
    """
    if not x:
        return 0
    digits = f"{abs(x):.{DIGITS}g}".replace(".", "").strip("0")
    return max(1, len(digits)) + (not x.is_integer()) + (x < 0)


@dataclass(frozen=True)
class Numbers:
    """The data and the adjoint of each node of a graph in its order, and its partials."""

    data: Sequence[float]
    adjoints: Sequence[float]
    partials: Sequence[Sequence[float]]


class Recipe:
    """A recorded graph with one output, to be computed from other leaves.

    `digits` are None for short numbers. `check` gives the output and the gradient of a function for other leaves, by
    name: there it may take another branch.
    """

    def __init__(
        self, graph: Graph, digits: int | None, check: Callable[[Mapping[str, float]], Sequence[float]] | None = None
    ) -> None:
        self._graph, self._digits, self._check = graph, digits, check
        order = topological_order(graph.values[-1])
        place = {node: i for i, node in enumerate(order)}
        self._start = [node.data for node in order]
        self._primitives = [node.primitive for node in order]
        self._operands = [[place[x] for x in node.operands] for node in order]
        self._varies = [not node.is_constant for node in order]
        self._leaves = [i for i, node in enumerate(order) if node.is_leaf and not node.is_constant]
        self._shown = {node.id: place[value] for node, value in zip(graph.nodes, graph.values, strict=True)}

    def variants(self, rng: random.Random, count: int) -> list[Variant]:
        """Return at most `count` different variants of like difficulty."""
        drawn: dict[tuple[float, ...], tuple[int, Numbers]] = {}
        alike: list[Numbers] = []
        for pool, needs_all in POOLS:
            last, enough = 0, len(drawn) + CHOICE * count + MORE  # the draw that gave the last new variant
            for i in range(DRAWS):
                numbers = self._draw(rng, pool, needs_all)
                key = tuple(numbers.data[leaf] for leaf in self._leaves) if numbers else ()
                if numbers and key not in drawn and self._is_of_function(numbers):
                    drawn[key] = self._difficulty(numbers), numbers
                    last = i
                if len(drawn) >= enough or i > last + PATIENCE:
                    break
            alike = _alike([*drawn.values()], count)
            if len(alike) >= count:
                break
        return [self._variant(numbers) for numbers in alike[:count]]

    def _is_good(self, x: float) -> bool:
        return is_short(x) if self._digits is None else abs(x) <= LARGEST

    def _is_of_function(self, numbers: Numbers) -> bool:
        """Whether a function gives these numbers too: it may take another branch, or add up in another order."""
        if self._check is None:
            return True
        expected = [numbers.data[-1], *[numbers.adjoints[leaf] for leaf in self._leaves]]
        return all(map(math.isclose, self._check(self._by_name(numbers)), expected))

    def _draw(self, rng: random.Random, pool: Sequence[float], needs_all: bool) -> Numbers | None:
        """The numbers of a draw, if all are good; `needs_all` is whether no gradient of a leaf may be 0."""
        data = self._values(rng, pool)
        partials = self._partials(data) if data else None
        if data is None or partials is None:
            return None
        last = len(data) - 1
        swept = sweep(range(last, -1, -1), {last: 1.0}, lambda i: zip(self._operands[i], partials[i], strict=True))
        if not all(map(self._is_good, swept.values())):
            return None
        adjoints = [swept.get(i, 0.0) for i in range(len(data))]
        if needs_all and not all(adjoints[leaf] for leaf in self._leaves):
            return None
        return Numbers(data, adjoints, partials)

    def _values(self, rng: random.Random, pool: Sequence[float]) -> list[float] | None:
        data, primitives = list(self._start), self._primitives
        first, redraws, i = 0, REDRAWS, 0  # the first of the leaves that were drawn last
        while i < len(data):
            if primitives[i] is None:
                if i > first and primitives[i - 1] is not None:
                    first, redraws = i, REDRAWS
                if self._varies[i]:
                    data[i] = rng.choice(pool)
            elif not self._compute(i, data):
                redraws -= 1
                if not redraws:
                    return None
                i = first
                continue
            i += 1
        return data

    def _compute(self, i: int, data: list[float]) -> bool:
        """Compute a node; return whether it is good: short, and at no kink."""
        primitive, operands = self._primitives[i], [data[j] for j in self._operands[i]]
        assert primitive is not None  # an operation
        try:
            data[i] = primitive.evaluate(operands)
        except (ChainruleError, ArithmeticError, ValueError):
            return False
        return self._is_good(data[i]) and not (primitive.kink is not None and primitive.kink(*operands) == 0.0)

    def _partials(self, data: Sequence[float]) -> list[list[float]] | None:
        """The local derivatives of each node, if all are good; 0 by a constant."""
        partials: list[list[float]] = []
        for i, primitive in enumerate(self._primitives):
            places = self._operands[i]
            try:
                slopes = [] if primitive is None else primitive.derivatives(
                    data[i], [data[j] for j in places], [self._varies[j] for j in places]
                )  # fmt: skip
            except (ChainruleError, ArithmeticError, ValueError):
                return None
            partials.append([float(x) for x in slopes])
            if not all(map(self._is_good, partials[-1])):
                return None
        return partials

    def _by_name(self, numbers: Numbers) -> dict[str, float]:
        nodes = [node for node in self._graph.nodes if node.kind in ("leaf", "parameter")]
        return {node.name: numbers.data[self._shown[node.id]] for node in nodes}

    def _difficulty(self, numbers: Numbers) -> int:
        """The sum of the effort of all numbers that are shown."""
        nodes = [self._shown[node.id] for node in self._graph.nodes if node.kind != "constant"]
        shown = [x for i in nodes for x in (numbers.data[i], numbers.adjoints[i])]
        edges = [edge for edge in self._graph.edges if edge.partial is not None]
        shown += [numbers.partials[self._shown[edge.target.id]][edge.index] for edge in edges]
        return sum(map(effort, shown))

    def _variant(self, numbers: Numbers) -> Variant:
        places = self._shown
        nodes = [
            replace(node, data=numbers.data[places[node.id]], grad=numbers.adjoints[places[node.id]])
            for node in self._graph.nodes
        ]
        edges = [
            edge
            if edge.partial is None
            else replace(edge, partial=numbers.partials[places[edge.target.id]][edge.index])
            for edge in self._graph.edges
        ]
        graph = replace(self._graph, edges=edges).with_nodes(nodes)
        return Variant(graph, self._by_name(numbers), self._difficulty(numbers))


def _alike(drawn: Sequence[tuple[int, Numbers]], count: int) -> list[Numbers]:
    """The numbers of like difficulty: the easiest that are enough, or else as many as there are."""

    def near(middle: int) -> list[tuple[int, Numbers]]:
        return [one for one in drawn if abs(one[0] - middle) <= max(1.0, BAND * middle)]

    middles = sorted({difficulty for difficulty, _ in drawn})
    best = max(middles, key=lambda middle: min(count, len(near(middle))), default=0)
    return [numbers for _, numbers in sorted(near(best), key=lambda one: abs(one[0] - best))]
