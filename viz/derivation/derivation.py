"""`viz.derive`: the chain rule for one variable, link by link, in names, in formulas, and in numbers."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import adjoints, check_positive_int
from viz.checks import check_size
from viz.derivation.chain import Chain, labels_of
from viz.derivation.deltas import Deltas
from viz.graph.description import Names, as_names
from viz.graph.layers import is_network, network_names
from viz.mathematics import formula
from viz.mathematics.formula import Algebra, times
from viz.mathematics.notation import Plain
from viz.mathematics.writing import Writing, WrittenLine

MAX_LINKS = 10  # factors of a product; of a longer one, the first and the last are written
MAX_DEFINITIONS = 12
MAX_NODES = 60  # the derivative of a larger graph is not multiplied out
MAX_PRODUCT_CHARS = 100  # a longer derivative is not written multiplied out


class Derivation(Writing):
    """A derivative, written out path by path.

    Attributes:
        value: the derivative.
        n_paths: the number of paths from the output to the variable.
        terms: the product along each written path.
    """

    def __init__(self, chain: Chain, max_paths: int, digits: int) -> None:
        super().__init__(self._write, digits)
        self._chain = chain
        self._paths = chain.paths(max_paths)
        self.n_paths = chain.n_paths
        self.value = adjoints(chain.output, [chain.wrt])[0]
        self.terms = [prod(chain.partials[of][by] for of, by in _links(path)) for path in self._paths]
        names = self._names(Plain())
        self.title = f"{Plain().partial(names[chain.output], names[chain.wrt])}, link by link"

    def _write(self, notation: Plain) -> list[WrittenLine]:
        chain = self._chain
        names = self._names(notation)
        left = notation.partial(names[chain.output], names[chain.wrt])
        if not self._paths:
            return [
                WrittenLine(left, (notation.number(0.0),)),
                WrittenLine(names[chain.output], note=" does not depend on it"),
            ]
        lines = self._definitions(notation)
        written = _ungrouped([left])  # a chain of one link would repeat it
        for row in self._rows(notation):
            if row and _ungrouped(row) != written:
                lines.append(WrittenLine(left, (*row,)))
                written, left = _ungrouped(row), ""
        if left_out := self.n_paths - len(self._paths):
            lines.append(WrittenLine(note=f"(the last term of the sum is that of the other {left_out:,} paths)"))
        return lines

    def _names(self, notation: Plain) -> dict[Value, str]:
        """The names as operands: a formula in brackets."""
        named = {node: formula.named(name, notation) for node, name in self._chain.names.items()}
        return {node: formula.bracketed(name, formula.SUM_LEVEL, notation) for node, name in named.items()}

    def _rows(self, notation: Plain) -> list[list[str]]:
        """The derivative in equal rows, from the links of each path to its number; two rows may look the same."""
        chain, names = self._chain, self._names(notation)
        algebra = chain.algebra(notation)
        is_cut = len(self._paths) < self.n_paths
        rest = [notation.word("…")] if is_cut else []
        factors: list[Callable[[Value, Value], str]] = [
            lambda of, by: notation.partial(names[of], names[by]),
            lambda of, by: self._rule(algebra, of, by),
            lambda of, by: self._number(chain.partials[of][by], notation),
        ]
        links, rules, numbers = ([self._row(path, one, notation) for path in self._paths] + rest for one in factors)
        terms = [*self.terms, self.value - sum(self.terms)] if is_cut else self.terms
        total = [notation.number(self.value)]
        return [links, rules, self._multiplied_out(notation), numbers, [_sum_of_numbers(terms, notation)], total]

    def _definitions(self, notation: Plain) -> list[WrittenLine]:
        """The formulas of the links, from the output down."""
        chain = self._chain
        on_paths = {node: None for path in self._paths for node in _ends(path)}
        wanted = [node for node in on_paths if not node.is_leaf]
        defined = wanted[:MAX_DEFINITIONS]
        lines = [
            WrittenLine(notation.name(chain.names[node]), (chain.expression(node, notation).text,)) for node in defined
        ]
        if len(wanted) > len(defined):
            lines.append(WrittenLine(note=f"(and {len(wanted) - len(defined)} more)"))
        return [*lines, WrittenLine(note=" ")] if lines else []

    def _row(self, path: list[Value], factor: Callable[[Value, Value], str], notation: Plain) -> str:
        """The factors along a path; of a long path the first and the last."""
        if len(path) == 1:
            return notation.number(1.0)
        links, half = _links(path), MAX_LINKS // 2
        if len(links) > MAX_LINKS:
            head, tail = ([factor(*link) for link in end] for end in (links[:half], links[-half:]))
            factors = [*head, notation.word("…"), *tail]
        else:
            factors = [factor(*link) for link in links]
        parts = [part for one in factors for part in (notation.dot, one)]
        return notation.row(*parts[1:])

    def _rule(self, algebra: Algebra, of: Value, by: Value) -> str:
        rule = self._chain.rule(of, by)
        text, level = algebra.formula(algebra.product(rule))
        return text if level >= formula.PRODUCT_LEVEL else algebra.notation.brackets(text)

    @staticmethod
    def _number(x: float, notation: Plain) -> str:
        return notation.brackets(notation.number(x)) if x < 0 else notation.number(x)

    def _multiplied_out(self, notation: Plain) -> list[str]:
        """Each path as one product, in the names of the user; [] if one would be long."""
        chain = self._chain
        if len(self._paths) < self.n_paths or len(chain.varying) > MAX_NODES:
            return []
        plain, algebra = (chain.algebra(each, written_out=True) for each in (Plain(), notation))
        terms, n_chars = [], 0
        for path in self._paths:
            rules = [chain.rule(*link) for link in _links(path)]
            n_chars = len(plain.formula(times(*map(plain.product, rules))).text)
            if n_chars > MAX_PRODUCT_CHARS:
                return []
            terms.append(times(*map(algebra.product, rules)))
        if n_chars * len(terms) > MAX_PRODUCT_CHARS:
            return [algebra.formula(term).text for term in terms]
        return [algebra.sum(terms).text]


def _ungrouped(row: Sequence[str]) -> list[str]:
    """A row without the groups of MathML, which are not visible."""
    return [re.sub("</?mrow>", "", term) for term in row]


def _sum_of_numbers(numbers: Sequence[float], notation: Plain) -> str:
    first, *others = numbers
    rest = [(x < 0, notation.number(abs(x))) for x in others]
    return notation.sum([(False, notation.number(first)), *rest])


def _links(path: Sequence[Value]) -> list[tuple[Value, Value]]:
    return list(pairwise(path))


def _ends(path: list[Value]) -> list[Value]:
    """The links of a path that are written."""
    half = MAX_LINKS // 2
    return path if len(path) <= MAX_LINKS + 1 else [*path[: half + 1], *path[-half - 1 :]]


def derive(
    output: Value,
    wrt: Any,
    names: Names | None = None,
    *,
    model: Any = None,
    max_paths: int = 6,
    digits: int = 4,
    max_nodes: int = 20_000,
) -> Writing:
    """Write the derivative of a recorded graph by one of its nodes, link by link, as the article does.

    A node with a name is a link of the chain; a node without a name is written out. If no node in between has a name,
    every node is a link. The first row has the factors, the next the formula of each (the rule in the table of
    primitives, multiplied out), the last their numbers.

    Args:
        output: the node to differentiate.
        wrt: the node to differentiate by. Or a network, such as an `nn.MLP`, for the article's recursion: the deltas of
            all layers, and from them the derivatives by all weights and biases.
        names: labels for the nodes, as for `draw`.
        model: a network whose nodes get the article's names: W1[0,2], z2[2], a2[2].
        max_paths: the number of paths that are written; the others are only counted.
        digits: the number of significant digits.
        max_nodes: the largest number of nodes of the graph; a network may have any.

    Returns:
        A `Writing`: `str()` for text, `latex()`, `html()`, and `save(path)`; all show the same derivation.

    Raises:
        TypeError: if `output` is not a Value, or `wrt` neither a Value nor a network.
        ValueError: if `max_paths` or `digits` is not positive, the graph has more than `max_nodes` nodes, or the graph
            of a network has more than one sample.

    >>> x, y = Value(2.0, "x"), Value(1.5, "y")
    >>> derive(2 * x**2 * y**3, x)
    f  = v₂·y³
    v₂ = 2·v₁
    v₁ = x²
    <BLANKLINE>
    ∂f/∂x = ∂f/∂v₂ · ∂v₂/∂v₁ · ∂v₁/∂x
          = y³ · 2 · 2·x
          = 4·x·y³
          = 3.375 · 2 · 4
          = 27
    """
    if not isinstance(output, Value):
        raise TypeError(f"derive: expected a Value as output, got {type(output).__name__}")
    max_paths = check_positive_int("derive", "max_paths", max_paths)
    digits = check_positive_int("derive", "digits", digits)
    names = as_names("derive", names)
    if is_network(wrt):
        return Deltas(output, wrt, names, digits)
    if not isinstance(wrt, Value):
        raise TypeError(f"derive: expected wrt to be a Value or a network, got {type(wrt).__name__}")
    check_size("derive", len(topological_order(output)), max_nodes, "derive")
    if model is not None:
        names = network_names(model, output, names)
    return Derivation(Chain(output, wrt, labels_of(output, names), digits=digits), max_paths, digits)
