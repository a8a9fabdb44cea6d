"""The links of the chain rule, the derivative of each link by the next, and the paths along them."""

import heapq
import operator
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice, pairwise
from typing import Any

from autodiff import ChainruleError, Value
from autodiff.extend import dependents, sweep
from viz.derivation.board import Board
from viz.graph.counts import paths_to
from viz.mathematics.algebra import Algebra, Product, times
from viz.mathematics.formula import Formula
from viz.mathematics.notation import Plain
from viz.mathematics.softmax import element_of, operands_on_paper, rules, slopes


class Chain:
    """The links from an output to a variable; the names on the board make a node a link."""

    def __init__(self, board: Board, wrt: Value) -> None:
        self.board, self.output, self.wrt = board, board.output, wrt
        self._position = {node: i for i, node in enumerate(board.order)}
        # the nodes between the output and the variable, both included
        self.varying = dependents(board.order, [wrt] if wrt in self._position else [])
        self.links = {node for node in self.varying if node in board.names}
        # for each link, the derivatives by the links that it depends on directly
        self.partials = {node: self._partials_of(node) for node in board.order if node in self.links}
        self._rules: dict[tuple[Value, Value], Value | float] = {}
        counts = paths_to([*self.partials], self.output, self.partials.__getitem__) if self.output in self.links else {}
        self.n_paths = counts.get(wrt, (0, 0))[0]  # counted without walking them

    # --------------------------------------------------------------------------------------------- the links

    def _inside(self, link: Value) -> Iterator[Value]:
        """A link and the nodes between it and the next links, each after all nodes made from it."""
        if link is self.wrt:
            return
        queue, seen = [(-self._position[link], link)], {link}
        while queue:
            _, node = heapq.heappop(queue)
            yield node
            for operand in operands_on_paper(node):
                if operand in self.varying and operand not in self.links and operand not in seen:
                    seen.add(operand)
                    heapq.heappush(queue, (-self._position[operand], operand))

    def _partials_of(self, link: Value) -> dict[Value, float]:
        """∂link/∂next for every next link."""

        def partials_of(node: Value) -> list[tuple[Value, float]]:
            return [(operand, partial) for operand, partial in slopes(node) if operand in self.varying]

        adjoints = sweep(self._inside(link), {link: 1.0}, partials_of)
        following = [node for node in adjoints if node in self.links and node is not link]
        return {node: adjoints[node] for node in sorted(following, key=self._position.__getitem__)}

    def rule(self, link: Value, by: Value) -> Value | float:
        """Return ∂link/∂by as a small graph of named nodes, by the table of primitives, or else as a number."""
        if (link, by) not in self._rules:
            self._rules |= {(link, following): rule for following, rule in self._rules_of(link).items()}
        return self._rules[link, by]

    def _rules_of(self, link: Value) -> dict[Value, Any]:
        try:
            adjoints = sweep(self._inside(link), {link: 1.0}, lambda node: rules(node, self.varying), _in_order)
        except (ChainruleError, ValueError):  # the data was changed since: only the recorded numbers are valid
            return dict(self.partials[link])
        return {node: adjoint for node, adjoint in adjoints.items() if node in self.links and node is not link}

    def algebra(self, notation: Plain, *, written_out: bool = False) -> Algebra:
        """Return the algebra that reads a rule; with `written_out`, down to the names of the user."""
        board = self.board

        def known(node: Value) -> Formula | None:
            is_open = written_out and node not in board.labelled and not node.is_leaf and element_of(node) is None
            is_number = node.is_constant and node not in board.names
            return None if is_open or is_number else board.known(node, notation)

        return Algebra(notation, known, board.softmaxes(notation))

    def multiplied_out(self, path: Sequence[Value], algebra: Algebra) -> Product:
        """Return the product of the rules along a path."""
        return algebra.reduced(times(*[algebra.product(self.rule(of, by)) for of, by in pairwise(path)]))

    # --------------------------------------------------------------------------------------------- the paths

    def paths(self, max_paths: int) -> list[list[Value]]:
        """Return the first paths from the output to the variable, as lists of links."""
        return list(islice(self._walk(), max_paths)) if self.n_paths else []

    def _walk(self) -> Iterator[list[Value]]:
        path = [self.output]
        branches = [iter(self.partials[self.output])]
        if self.output is self.wrt:
            yield path
            return
        while branches:
            for node in branches[-1]:
                path.append(node)
                if node is self.wrt:
                    yield list(path)
                    path.pop()
                else:
                    branches.append(iter(self.partials[node]))
                    break
            else:
                branches.pop()
                path.pop()


def _in_order(terms: list[tuple[Any, Any]]) -> Any:
    """The sum of adjoint * partial as a graph, term by term in the order of the sweep, to be read as a formula."""
    products = [y if isinstance(x, float) and x == 1.0 else x * y for x, y in terms]
    return reduce(operator.add, products)
