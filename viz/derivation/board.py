"""The names and formulas that a derivation writes: which nodes get a name, and the formula of each, down to names.

A link of the chain rule is a node with a name. As in the article, where s is the error, the name stands for the node,
and a node without a label is written out. If no node between the output and the variables has a label, all are links.
"""

from collections.abc import Mapping, Sequence

from autodiff import Value, topological_order
from autodiff.extend import dependents, primitives
from viz.graph.description import Graph, Model, Names, describe, naming_of, visible_order
from viz.graph.names import free_letter, parts_of, subscript
from viz.mathematics import formula
from viz.mathematics.formula import Formula
from viz.mathematics.notation import Plain
from viz.mathematics.softmax import divided, element_of, logits, operands_on_paper
from viz.mathematics.writing import WrittenLine

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
        self._described = names, model
        # the nodes between the output and the variables, both included
        self.varying = dependents(self.order, {*variables}.intersection(self.order))
        self.names = {node: naming.names[node] for node in naming.labels}  # of links, leaves, and long formulas
        self.names |= {node: naming.names[node] for node in (output, *variables)}
        self.labelled = set(self.names)  # the nodes whose names come from the user, and both ends
        self._texts: dict[Value, Formula] = {}
        self._name_softmaxes(naming.names)
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

    def _name_softmaxes(self, names: Mapping[Value, str]) -> None:
        """Name the elements of each softmax p₁, p₂, ..., or p₀, p₁, ... after z₀: by a letter that is free."""
        self._letters: dict[Value, str] = {}  # by logΣexp(x), for the softmax of x
        self._names: dict[tuple[Value, int], str] = {}
        shares = [node for node in self.order if divided(node) is not None]
        self._elements = {element: node for node in shares if (element := element_of(node))}
        self._used = set[Value]()  # those of which an element was written by its letter
        for total in [node for node in self.order if node.primitive is primitives.LOGSUMEXP and node in self.varying]:
            own = {node for (of, _), node in self._elements.items() if of is total}
            taken = [name for node, name in names.items() if node not in own]
            first = parts_of(names.get(logits(total)[0], ""))[2] == "0"
            numbers = range(1 - first, len(total.operands) + 1 - first)
            if letter := free_letter([*taken, *self._names.values()], numbers):
                self._letters[total] = letter
                self._names |= {(total, i): f"{letter}{subscript(number)}" for i, number in enumerate(numbers)}

    def _element(self, element: tuple[Value, int]) -> str:
        """The name of an element of a softmax: that of its node, if it has one."""
        node = self._elements.get(element)
        return self.names[node] if node in self.names else self._names[element]

    def graph(self) -> Graph:
        """Return the graph of the output, with the same names."""
        return describe([self.output], *self._described).named(self.names)

    def softmaxes(self, notation: Plain) -> list[list[Formula]]:
        """Return the names of the elements of each softmax: their sum is 1."""
        names = {element: formula.named(self._element(element), notation) for element in self._names}
        return [[name for (of, _), name in names.items() if of is total] for total in self._letters]

    def softmax_lines(self, notation: Plain) -> list[WrittenLine]:
        """Return p = softmax(x, y) for each softmax of which an element was written by its letter."""
        formulas = {
            letter: formula.call("softmax", [self._operand(x, notation) for x in logits(total)], notation).text
            for total, letter in self._letters.items()
            if total in self._used
        }
        return [WrittenLine(notation.name(letter), ((text,),)) for letter, text in formulas.items()]

    def operand(self, node: Value, notation: Plain) -> str:
        """Return the name of a node as an operand: a formula in brackets."""
        return formula.bracketed(formula.named(self.names[node], notation), formula.SUM_LEVEL, notation)

    def known(self, node: Value, notation: Plain) -> Formula | None:
        """Return the name of a node, or the number of a leaf without a name; None for a node that is written out."""
        if node in self.names:
            return formula.named(self.names[node], notation)
        element = element_of(node)
        if element and element[0] in self._letters:
            if self._elements.get(element) not in self.names:
                self._used.add(element[0])
            return formula.named(self._element(element), notation)
        return formula.literal(node.data, notation) if node.is_leaf else None

    def expression(self, node: Value, notation: Plain) -> Formula:
        """Return the formula of a node, written out down to named nodes."""
        operands = [self._operand(operand, notation) for operand in operands_on_paper(node)]
        assert node.primitive is not None  # a leaf is known
        if divided(node) is not None and (element := element_of(node)):
            return formula.softmax(operands, element[1], notation)
        return formula.write(node.primitive, operands, notation)

    def _operand(self, node: Value, notation: Plain) -> Formula:
        known = self.known(node, notation)
        if known is None and type(notation) is Plain:
            known = self._texts.get(node)
        return known or self.expression(node, notation)
