"""The links of the chain rule, the derivative of each link by the next, and the paths along them.

A link is a node with a name. As in the article, where s is the error, the name stands for the node, and a node without
a name is written out. If no node between the output and the variable has a name, every node is a link.
"""

import heapq
import operator
from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import islice
from typing import Any

from autodiff import ChainruleError, Value, topological_order
from autodiff.extend import dependents, primitives, recorded_partials, sweep
from viz.graph.description import Names, describe, visible_order
from viz.mathematics import formula
from viz.mathematics.blackboard import partials_on_paper
from viz.mathematics.formula import Algebra, Formula
from viz.mathematics.names import Namer
from viz.mathematics.notation import Plain, short

MAX_FORMULA_CHARS = 60  # a node with a longer formula gets a name


def labels_of(output: Value, names: Names | None) -> dict[Value, str]:
    """Return the label of each node, as in a drawing."""
    nodes = describe([output], names).nodes
    return {value: node.label for value, node in zip(visible_order([output]), nodes, strict=True)}


class Chain:
    """The links from an output to a variable.

    Args:
        output: the node to differentiate.
        wrt: the node to differentiate by.
        labels: the labels of nodes.
        every: whether every node is a link, named or not; None for "only if no node in between has a name". False also
            promises that all formulas are short.
        digits: the number of significant digits of plain text.
    """

    def __init__(
        self, output: Value, wrt: Value, labels: Mapping[Value, str], every: bool | None = None, digits: int = 4
    ) -> None:
        self.output, self.wrt, self._digits = output, wrt, digits
        self._order = topological_order(output)
        self._position = {node: i for i, node in enumerate(self._order)}
        # the nodes between the output and the variable, both included
        self.varying = dependents(self._order, [wrt] if wrt in self._position else [])
        self.user_named: set[Value] = set()  # the nodes whose names come from the user
        self.names: dict[Value, str] = {}  # the names of links, of leaves, and of nodes with a long formula
        self._texts: dict[Value, Formula] = {}
        self._name(labels, every)
        self.links = {node for node in self.varying if node in self.names}
        # for each link, the derivatives by the links that it depends on directly
        self.partials = {node: self._partials_of(node) for node in self._order if node in self.links}
        self._rules: dict[tuple[Value, Value], Value | float] = {}
        self._counts: dict[Value, int] = {}
        for node in self._order:
            if node in self.links:
                self._counts[node] = 1 if node is wrt else sum(self._counts[m] for m in self.partials[node])

    # ------------------------------------------------------------------------------------------------- names

    def _name(self, labels: Mapping[Value, str], every: bool | None) -> None:
        label_of = {node: labels.get(node) or node.label for node in (*self._order, self.wrt)}
        namer = Namer(label_of.values())
        ends = {self.output: "f", self.wrt: "x"}
        for node, label in label_of.items():
            if short(label) or node in ends:
                self.names[node] = namer.of(label) if short(label) else namer.new(ends[node])
        self.user_named = set(self.names)
        inside = [node for node in self._order if node in self.varying and node not in ends]
        is_short = every is False
        if every is None:
            every = not any(node in self.names for node in inside)
        plain = Plain(self._digits)
        for node in self._order:
            if node.primitive is primitives.IDENTITY:
                continue
            is_link = every and node in self.varying
            if node not in self.names and not node.is_leaf:
                is_long = not is_short and len(self.expression(node, plain).text) > MAX_FORMULA_CHARS
                if is_link or is_long:
                    self.names[node] = namer.new()
            self._texts[node] = self.known(node, plain) or self.expression(node, plain)

    def known(self, node: Value, notation: Plain) -> Formula | None:
        """Return the name of a node, or the number of a leaf without a name; None for a node that is written out."""
        if node in self.names:
            return formula.named(self.names[node], notation)
        return formula.number(node.data, notation) if node.is_leaf else None

    def expression(self, node: Value, notation: Plain) -> Formula:
        """Return the formula of a node, written out down to named nodes."""
        operands = []
        for operand in node.operands:
            known = self.known(operand, notation)
            if known is None and type(notation) is Plain:
                known = self._texts.get(operand)
            operands.append(known or self.expression(operand, notation))
        assert node.primitive is not None  # a leaf is known
        return formula.write(node.primitive, operands, notation)

    # --------------------------------------------------------------------------------------------- the links

    def _inside(self, link: Value) -> Iterator[Value]:
        """A link and the nodes between it and the next links, each after all nodes made from it."""
        if link is self.wrt:
            return
        queue, seen = [(-self._position[link], link)], {link}
        while queue:
            _, node = heapq.heappop(queue)
            yield node
            for operand in node.operands:
                if operand in self.varying and operand not in self.links and operand not in seen:
                    seen.add(operand)
                    heapq.heappush(queue, (-self._position[operand], operand))

    def _partials_of(self, link: Value) -> dict[Value, float]:
        """∂link/∂next for every next link."""

        def partials_of(node: Value) -> list[tuple[Value, float]]:
            return [(operand, partial) for operand, partial in recorded_partials(node) if operand in self.varying]

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
            adjoints = sweep(
                self._inside(link), {link: 1.0}, lambda node: partials_on_paper(node, self.varying), _in_order
            )
        except (ChainruleError, ValueError):  # the data was changed since: only the recorded numbers are valid
            return dict(self.partials[link])
        return {node: adjoint for node, adjoint in adjoints.items() if node in self.links and node is not link}

    def algebra(self, notation: Plain, *, written_out: bool = False) -> Algebra:
        """Return the algebra that reads a rule; with `written_out`, down to the names of the user."""

        def known(node: Value) -> Formula | None:
            is_open = node.is_constant or (written_out and node not in self.user_named and not node.is_leaf)
            return None if is_open else self.known(node, notation)

        return Algebra(notation, known)

    # --------------------------------------------------------------------------------------------- the paths

    @property
    def n_paths(self) -> int:
        """The number of paths, counted without walking them."""
        return self._counts.get(self.output, 0)

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
