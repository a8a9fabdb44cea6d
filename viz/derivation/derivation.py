"""`derive`: the chain rule for one variable, written link by link: names, formulas, numbers, and their sum."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from autodiff import Value
from autodiff.extend import adjoints, check_positive_int
from viz.derivation.chain import Chain, labels_of
from viz.derivation.deltas import Deltas
from viz.graph.description import Names, as_names
from viz.graph.layers import is_network, network_names
from viz.mathematics import formula
from viz.mathematics.formula import Algebra, times
from viz.mathematics.notation import Plain
from viz.mathematics.writing import Writing, WrittenLine

LINKS = 10  # factors of a product that are written; of more, the first and the last
DEFINITIONS = 12
SMALL = 60  # nodes of a graph whose derivative is multiplied out
WIDE = 100  # letters of it


class Derivation(Writing):
    """A derivative, written out. `str`, `latex()` and `html()` say the same.

    Attributes:
        value: the derivative.
        n_paths: how many paths lead from the output to the variable.
        terms: the product along each path that is written.
    """

    def __init__(self, chain: Chain, max_paths: int, digits: int) -> None:
        super().__init__(self._write, digits)
        self._chain = chain
        self._paths = chain.paths(max_paths)
        self.n_paths = chain.n_paths
        self.value = adjoints(chain.output, [chain.wrt])[0]
        self.terms = [prod(chain.partials[of][by] for of, by in _links(path)) for path in self._paths]
        self.title = f"∂{chain.names[chain.output]}/∂{chain.names[chain.wrt]}, link by link"

    def _write(self, notation: Plain) -> list[WrittenLine]:
        chain = self._chain
        names = self._names(notation)
        left = notation.partial(names[chain.output], names[chain.wrt])
        if not self._paths:
            return [
                WrittenLine(left, (notation.number(0.0),)),
                WrittenLine(note=f"{chain.names[chain.output]} does not depend on it"),
            ]
        lines = self._definitions(notation, names)
        written = _seen([left])  # a chain of one link says nothing new
        for row in self._rows(notation):
            if row and _seen(row) != written:
                lines.append(WrittenLine(left, (*row,)))
                written, left = _seen(row), ""
        if left_out := self.n_paths - len(self._paths):
            lines.append(WrittenLine(note=f"(the last term of the sum is that of the other {left_out:,} paths)"))
        return lines

    def _names(self, notation: Plain) -> dict[Value, str]:
        return {node: notation.name(name) for node, name in self._chain.names.items()}

    def _rows(self, notation: Plain) -> list[list[str]]:
        """What the derivative is equal to, from the links of each path to its number; two rows may be the same."""
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

    def _definitions(self, notation: Plain, names: dict[Value, str]) -> list[WrittenLine]:
        """What the links stand for, from the output down."""
        chain = self._chain
        on_paths = {node: None for path in self._paths for node in _ends(path)}
        wanted = [node for node in on_paths if not node.is_leaf]
        lines = [WrittenLine(names[node], (chain.expression(node, notation).text,)) for node in wanted[:DEFINITIONS]]
        if len(wanted) > DEFINITIONS:
            lines.append(WrittenLine(note=f"(and {len(wanted) - DEFINITIONS} more)"))
        return [*lines, WrittenLine(note=" ")] if lines else []

    def _row(self, path: list[Value], factor: Callable[[Value, Value], str], notation: Plain) -> str:
        """The factors along a path; of a long one the first and the last."""
        if len(path) == 1:
            return notation.number(1.0)
        links = _links(path)
        if len(links) > LINKS:
            head, tail = links[: LINKS // 2], links[-(LINKS // 2) :]
            factors = [factor(*link) for link in head] + [notation.word("…")] + [factor(*link) for link in tail]
        else:
            factors = [factor(*link) for link in links]
        parts = [part for one in factors for part in (notation.dot, one)]
        return notation.row(*parts[1:])

    def _rule(self, algebra: Algebra, of: Value, by: Value) -> str:
        rule = self._chain.rule(of, by)
        found = algebra.formula(algebra.product(rule))
        return found.text if found.level >= formula.PRODUCT_LEVEL else algebra.notation.brackets(found.text)

    @staticmethod
    def _number(x: float, notation: Plain) -> str:
        return notation.brackets(notation.number(x)) if x < 0 else notation.number(x)

    def _multiplied_out(self, notation: Plain) -> list[str]:
        """Each path as one product, in the names that the user gave; [] if that would be long."""
        chain = self._chain
        if len(self._paths) < self.n_paths or len(chain.varying) > SMALL:
            return []
        plain, algebra = (chain.algebra(hand, written_out=True) for hand in (Plain(), notation))
        out, letters = [], 0
        for path in self._paths:
            rules = [chain.rule(*link) for link in _links(path)]
            letters = len(plain.formula(times(*map(plain.product, rules))).text)
            if letters > WIDE:
                return []
            out.append(times(*map(algebra.product, rules)))
        if letters * len(out) > WIDE:
            return [algebra.formula(term).text for term in out]
        return [algebra.sum(out).text]


def _seen(row: Sequence[str]) -> list[str]:
    """What is seen of a row: all but the grouping of MathML."""
    return [re.sub("</?mrow>", "", term) for term in row]


def _sum_of_numbers(numbers: Sequence[float], notation: Plain) -> str:
    first, *others = numbers
    rest = [(x < 0, notation.number(abs(x))) for x in others]
    return notation.sum([(False, notation.number(first)), *rest])


def _links(path: Sequence[Value]) -> list[tuple[Value, Value]]:
    return list(pairwise(path))


def _ends(path: list[Value]) -> list[Value]:
    """The links of a path that are written."""
    return path if len(path) <= LINKS + 1 else [*path[: LINKS // 2 + 1], *path[-(LINKS // 2) - 1 :]]


def derive(
    output: Value, wrt: Any, names: Names | None = None, *, model: Any = None, max_paths: int = 6, digits: int = 4
) -> Writing:
    """Write the derivative of a recorded graph by one of its nodes, link by link, as the article does.

    What has a name is a link of the chain, and what has none is written out; if nothing between has a name, every node
    is a link. First come the factors, then the formula of each (the table's own rule, multiplied out), then its number.

    Args:
        output: the node to differentiate.
        wrt: the node to differentiate by. Or a network, such as an `nn.MLP`, for the article's recursion: the deltas of
            all layers, and with them the derivatives by all weights and biases.
        names: labels for the nodes, as for `draw`.
        model: a network whose nodes are called as in the article: W1[0,2], z2[2], a2[2].
        max_paths: how many paths are written; the others are counted.
        digits: how many significant digits a number has.

    Returns:
        What has `latex()`, `html()` and `save(path)`, and says the same as `str`.

    Raises:
        TypeError: if `output` is not a Value, or `wrt` neither a Value nor a network.
        ValueError: if `max_paths` or `digits` is not positive, or a network has seen more than one sample.

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
    if model is not None:
        names = network_names(model, output, names)
    return Derivation(Chain(output, wrt, labels_of(output, names)), max_paths, digits)
