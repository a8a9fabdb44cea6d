"""`viz.derive`: the chain rule, link by link, in names, in formulas, and in numbers."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import adjoints, check_positive_int
from viz.derivation.board import Board
from viz.derivation.chain import Chain
from viz.derivation.deltas import Deltas
from viz.derivation.walk import Drawn, Walk, drawn_of
from viz.graph.checks import check_output, check_size
from viz.graph.counts import count_products
from viz.graph.description import Names, as_names
from viz.graph.layers import is_network
from viz.mathematics import formula
from viz.mathematics.algebra import Product, times
from viz.mathematics.blackboard import remark
from viz.mathematics.columns import at_point
from viz.mathematics.notation import Plain
from viz.mathematics.writing import Writing, WrittenLine
from viz.style.text import format_count

MAX_LINKS = 10  # factors of a product; of a longer one, the first and the last are written
MAX_DEFINITIONS = 12
MAX_NODES = 60  # the derivative of a larger graph is not multiplied out
MAX_PRODUCT_CHARS = 72  # a longer derivative is not written multiplied out
Term = tuple[str, ...]
"""The factors along a path."""


class Derivation(Walk):
    """A derivative, written out path by path.

    Attributes:
        value: the derivative.
        n_paths: the number of paths from the output to the variable.
        terms: the product along each written path.
    """

    def __init__(self, board: Board, wrt: Value, max_paths: int, digits: int) -> None:
        super().__init__(self._write, digits)
        self.board, self._wrt = board, wrt
        self._chain = chain = Chain(board, wrt)
        self._paths = chain.paths(max_paths)
        self.n_paths = chain.n_paths
        self.value = adjoints(board.output, [wrt])[0]
        self.terms = [prod(chain.partials[of][by] for of, by in pairwise(path)) for path in self._paths]
        self.title = f"{self._left(Plain())}, link by link"

    def _write(self, notation: Plain) -> list[WrittenLine]:
        rows = self.rows(notation)
        return [*definitions([self], notation), *rows, *self.remarks()]

    def drawn(self) -> Drawn | None:
        """Return its graph, with the names of the links."""
        return drawn_of(self.board, self._digits)

    def remarks(self) -> list[WrittenLine]:
        """Return what is to be said of nodes at a kink, or without a result."""
        nodes = [node for node in self.board.order if node in self._chain.varying]
        said = dict.fromkeys(remark(node, [x.data for x in node.operands]) for node in nodes)
        return [WrittenLine(note=sentence) for sentence in said if sentence]

    def _left(self, notation: Plain) -> str:
        board = self.board
        return notation.total(board.operand(board.output, notation), board.operand(self._wrt, notation))

    def rows(self, notation: Plain) -> list[WrittenLine]:
        """Return the derivative in equal rows, from the links of each path to its number, without a repetition."""
        left = self._left(notation)
        if not self._paths:
            name = self.board.operand(self.board.output, notation)
            return [
                WrittenLine(left, ((notation.number(0.0),),), role="grad"),
                WrittenLine(name, note=" does not depend on it"),
            ]
        lines: list[WrittenLine] = []
        written: list[str] = []
        for row in self._rows(notation):
            seen = [re.sub("</?mrow>", "", notation.product(term)) for term in row.terms]  # groups are not visible
            if row.terms and seen != written:
                lines.append(replace(row, left="" if lines else left))
                written = seen
        if left_out := self.n_paths - len(self._paths):
            rest = f"the other {format_count(left_out)} paths" if left_out > 1 else "the other path"
            sweep = count_products(self.board.output, [self._wrt]).backward
            said = f"the sweep backward takes {format_count(sweep)} products for all"
            lines.append(WrittenLine(note=f"(the last term of the sum is that of {rest}; {said})"))
        return lines

    def links(self) -> Iterator[Value]:
        """Yield the links that are written, from the output on."""
        half = MAX_LINKS // 2
        for path in self._paths:
            yield from path if len(path) <= MAX_LINKS + 1 else [*path[: half + 1], *path[-half - 1 :]]

    def _rows(self, notation: Plain) -> Iterator[WrittenLine]:
        chain, board = self._chain, self.board
        algebra = chain.algebra(notation)
        is_cut = len(self._paths) < self.n_paths
        rest: list[Term] = [(notation.word("…"),)] if is_cut else []
        is_first = len(self._paths[0]) < 3  # a factor alone needs no brackets

        def level(of: Value, by: Value, lowest: int) -> int:
            is_alone = of is board.output and by is self._wrt
            return (formula.LABEL_LEVEL if is_first else formula.PRODUCT_LEVEL) if is_alone else lowest

        def rule(of: Value, by: Value) -> str:
            written = algebra.sum([algebra.product(chain.rule(of, by))])
            return formula.bracketed(written, level(of, by, formula.POWER_LEVEL), notation)

        def number(of: Value, by: Value, notation: Plain = notation) -> str:
            written = formula.number(chain.partials[of][by], notation)
            return formula.bracketed(written, level(of, by, formula.PRODUCT_LEVEL), notation)

        def row_of(factor: Callable[[Value, Value], str]) -> list[Term]:
            return [_term(path, factor, notation) for path in self._paths]

        def partial(of: Value, by: Value) -> str:
            return notation.partial(board.operand(of, notation), board.operand(by, notation))

        on_edges: dict[str, Any] = {"role": "partial", "paths": self._paths}
        total: dict[str, Any] = {"role": "grad", "paths": self._paths}
        if self.n_paths > 1 or not is_first:  # it would repeat the left side
            yield WrittenLine("", (*row_of(partial), *rest), **on_edges, said="a local derivative for each link.")
        yield WrittenLine("", (*row_of(rule), *rest), **on_edges, said="the rule of each.")
        yield replace(self._multiplied_out(notation), **total, said="multiplied out.")
        plain = Plain(notation.digits)
        in_plain = [_term(path, lambda of, by: number(of, by, plain), plain) for path in self._paths]
        row = *at_point(row_of(number), in_plain, notation), *rest
        yield WrittenLine("", row, **on_edges, said="the numbers at this point.")
        numbers = [*self.terms, *([self.value - sum(self.terms)] if is_cut else [])]
        each = (_sum_of_numbers(numbers, notation),)
        if len(numbers) > 1:
            yield WrittenLine("", (each,), **total, said="what each path brings.")
        yield WrittenLine("", ((notation.number(self.value),),), **total, said="the derivative.")

    def _multiplied_out(self, notation: Plain) -> WrittenLine:
        """Their sum or each path as one product, in the user's names or the graph's, whichever is shorter; or none."""
        chain, board = self._chain, self.board
        if self.n_paths > MAX_NODES or len(chain.varying) > MAX_NODES:
            return WrittenLine()
        paths = chain.paths(MAX_NODES)

        def written(notation: Plain, written_out: bool, is_sum: bool) -> WrittenLine:
            algebra = chain.algebra(notation, written_out=written_out)
            algebra.use_names_of(board.order)
            products = [chain.multiplied_out(path, algebra) for path in paths]
            if is_sum:
                return WrittenLine("", ((algebra.sum(products).text,),))
            first, *others = [algebra.formula(product) for product in products]
            negative = [i for i, term in enumerate(others, 1) if term.level == formula.SIGN_LEVEL]
            for i in negative:
                others[i - 1] = algebra.formula(times(products[i], Product(-1.0)))
            terms = [first.text, *[formula.bracketed(term, formula.PRODUCT_LEVEL, notation) for term in others]]
            return WrittenLine("", tuple([(term,) for term in terms]), negative=negative)

        def length(form: tuple[bool, bool]) -> int:
            return sum(len(term) for (term,) in written(Plain(), *form).terms)

        forms = [(written_out, is_sum) for is_sum in (True, False) for written_out in (True, False)]
        lengths = {form: length(form) for form in forms[: 2 if len(self._paths) < self.n_paths else 4]}
        fitting = [form for form in lengths if lengths[form] <= MAX_PRODUCT_CHARS] or [
            form for form in forms[2:] if lengths.get(form, math.inf) <= MAX_PRODUCT_CHARS * len(paths)
        ]
        if not fitting:
            return WrittenLine()
        return written(notation, *min(fitting, key=lambda form: (not form[1], lengths[form])))


class Derivations(Walk):
    """The derivatives of an output by several variables: the formulas once, then each derivative.

    Attributes:
        parts: the derivation for each variable.
    """

    def __init__(self, parts: Sequence[Derivation], name: str, digits: int) -> None:
        super().__init__(self._write, digits)
        self.parts = parts
        self.title = f"The derivatives of {name}, link by link"

    def drawn(self) -> Drawn | None:
        """Return the graph of all, with the names of the links."""
        return self.parts[0].drawn()

    def _write(self, notation: Plain) -> list[WrittenLine]:
        rows = [line for part in self.parts for line in (*part.rows(notation), WrittenLine(note=" "))]
        remarks = dict.fromkeys(line for part in self.parts for line in part.remarks())
        return [*definitions(self.parts, notation), *rows[: None if remarks else -1], *remarks]


def definitions(parts: Sequence[Derivation], notation: Plain) -> list[WrittenLine]:
    """Return the formulas of the links of some derivations, from the output down, and of softmaxes in their rows."""
    board = parts[0].board
    wanted = dict.fromkeys(node for part in parts for node in part.links() if not node.is_leaf)
    order = [node for node in reversed(board.order) if node in wanted] if len(parts) > 1 else [*wanted]
    lines = [
        WrittenLine(notation.name(board.names[node]), ((board.expression(node, notation).text,),))
        for node in order[:MAX_DEFINITIONS]
    ]
    if len(order) > MAX_DEFINITIONS:
        lines.append(WrittenLine(note=f"(and {len(order) - MAX_DEFINITIONS} more)"))
    lines += board.softmax_lines(notation)
    return [*lines, WrittenLine(note=" ")] if lines else []


def _term(path: Sequence[Value], factor: Callable[[Value, Value], str], notation: Plain) -> Term:
    """The factors along a path; of a long path the first and the last."""
    links, half = [*pairwise(path)], MAX_LINKS // 2
    if not links:
        return (notation.number(1.0),)
    if len(links) <= MAX_LINKS:
        return tuple([factor(*link) for link in links])
    head, tail = ([factor(*link) for link in end] for end in (links[:half], links[-half:]))
    return (*head, notation.word("…"), *tail)


def _sum_of_numbers(numbers: Sequence[float], notation: Plain) -> str:
    first, *others = numbers
    rest = [(x < 0, notation.number(abs(x))) for x in others]
    return notation.sum([(False, notation.number(first)), *rest])


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

    df/dx is the whole derivative, ∂f/∂v a local one. A node with a label is a link of the chain; a node without one is
    written out. If no node in between has a label, every node is a link, by the name that it has in `steps` too. The
    first row has the factors, the next the formula of each (the rule in the table of primitives, multiplied out), the
    last their numbers. The slopes of a logΣexp are p₁, p₂, ..., its softmax, so that a cross-entropy ends in p − y.

    Args:
        output: the node to differentiate.
        wrt: the node to differentiate by, or several, whose derivations then share their formulas. Or a network, such
            as an `nn.MLP`, for the article's recursion: the deltas of all layers, and from them the derivatives by all
            weights and biases.
        names: labels for the nodes, as for `draw`.
        model: a network whose nodes get the article's names: W⁽¹⁾₁₂, z⁽²⁾₂, a⁽²⁾₂.
        max_paths: the number of paths that are written; the others are only counted.
        digits: the number of significant digits.
        max_nodes: the largest number of nodes of the graph; a network may have any.

    Returns:
        A `Writing`: `str()` for text, `latex()`, `html()`, and `save(path)`; all show the same derivation. `page()`, or
        a file .html, shows it row by row beside the graph.

    Raises:
        TypeError: if `output` is not a Value, or `wrt` neither a Value, nor several, nor a network.
        ValueError: if `max_paths` or `digits` is not positive, the graph has more than `max_nodes` nodes, or the graph
            of a network has more than one sample.

    >>> x, y = Value(2.0, "x"), Value(1.5, "y")
    >>> derive(2 * x**2 * y**3, x)
    f  = v₂·y³
    v₂ = 2·v₁
    v₁ = x²
    <BLANKLINE>
    df/dx = ∂f/∂v₂ · ∂v₂/∂v₁ · ∂v₁/∂x
          = y³     · 2       · (2·x)
          = 4·x·y³
          = 3.375  · 2       · 4
          = 27
    """
    check_output("derive", output)
    max_paths = check_positive_int("derive", "max_paths", max_paths)
    digits = check_positive_int("derive", "digits", digits)
    names = as_names("derive", names)
    if is_network(wrt):
        return Deltas(output, wrt, names, digits)
    check_size("derive", len(topological_order(output)), max_nodes, "derive")
    variables = [wrt] if isinstance(wrt, Value) or not isinstance(wrt, Iterable) else [*wrt]
    for variable in variables:
        if not isinstance(variable, Value):
            raise TypeError(f"derive: expected wrt to be a Value or a network, got {type(variable).__name__}")
    if not variables:
        raise ValueError("derive: expected at least one Value as wrt, got none")
    board = Board(output, variables, names, model, digits=digits)
    parts = [Derivation(board, variable, max_paths, digits) for variable in variables]
    return parts[0] if len(parts) == 1 else Derivations(parts, board.names[output], digits)
