"""The names and formulas that a derivation writes: which nodes get a name, and the formula of each, down to names.

A link of the chain rule is a node with a name. As in the article, where s is the error, the name stands for the node,
and a node without a label is written out. If no node between the output and the variables has a label, all are links.
"""

from collections.abc import Sequence

from autodiff import Value, topological_order
from autodiff.extend import dependents, primitives
from viz.graph.description import Model, Names, naming_of, visible_order
from viz.mathematics import formula
from viz.mathematics.formula import Formula
from viz.mathematics.notation import Plain

MAX_FORMULA_CHARS = 60  # a node with a longer formula gets a name


class Board:
    """The names and formulas in the derivation of an output by some variables.

    Args:
        output: the node to differentiate.
        variables: the nodes to differentiate by.
        names: labels for the nodes, as for `viz.draw`.
        model: a network, whose nodes get the article's names.
        every: whether every node is a link, labelled or not; None for "only if no node in between has a label". False
            also promises that all formulas are short.
        digits: the number of significant digits of plain text.
    """

    def __init__(
        self,
        output: Value,
        variables: Sequence[Value],
        names: Names | None = None,
        model: Model | None = None,
        *,
        every: bool | None = None,
        digits: int = 4,
    ) -> None:
        self.output, self.order = output, topological_order(output)
        self._plain = Plain(digits)
        shown = dict.fromkeys([*visible_order([output]), output, *variables])
        naming = naming_of([*shown], [output], names, model)
        # the nodes between the output and the variables, both included
        self.varying = dependents(self.order, {*variables}.intersection(self.order))
        self.names = {node: naming.names[node] for node in naming.labels}  # of links, leaves, and long formulas
        self.names |= {node: naming.names[node] for node in (output, *variables)}
        self.labelled = set(self.names)  # the nodes whose names come from the user, and both ends
        self._texts: dict[Value, Formula] = {}
        if every is None:
            inside = self.varying - {output, *variables}
            every = inside.isdisjoint(self.names)
            is_short = False
        else:
            is_short = not every
        for node in self.order:
            if node.primitive is primitives.IDENTITY:
                continue
            if node not in self.names and not node.is_leaf:
                is_long = not is_short and len(self.expression(node, self._plain).text) > MAX_FORMULA_CHARS
                if is_long or (every and node in self.varying):
                    self.names[node] = naming.names[node]
            self._texts[node] = self.known(node, self._plain) or self.expression(node, self._plain)

    def operand(self, node: Value, notation: Plain) -> str:
        """Return the name of a node as an operand: a formula in brackets."""
        return formula.bracketed(formula.named(self.names[node], notation), formula.SUM_LEVEL, notation)

    def known(self, node: Value, notation: Plain) -> Formula | None:
        """Return the name of a node, or the number of a leaf without a name; None for a node that is written out."""
        if node in self.names:
            return formula.named(self.names[node], notation)
        return formula.literal(node.data, notation) if node.is_leaf else None

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
