"""What is said at each step of a story: one sentence with its numbers, and a second one that says why."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from autodiff import ChainruleError, Value
from autodiff.extend import partials_on_values
from viz.graph.description import Node, visible
from viz.mathematics import formula
from viz.mathematics.formula import Algebra, Formula
from viz.mathematics.notation import Plain, short
from viz.stepper.events import Event, Send, Story

Said: TypeAlias = list[tuple[str, str]]
"""Pieces of a sentence, each with the class of what it is: "data", "grad", "partial", "muted" or ""."""

LISTED = 6  # names in a list; more are counted
SENT = 3  # products of one step that are written out


def spoken(said: Said) -> str:
    """A sentence as plain text."""
    return "".join(text for _, text in said)


class Narrator:
    """Tells a story.

    Args:
        values: the Value behind each node of the story's graph.
        story: what is told.
        right: the same without a mistake.
        notation: how numbers and names are written.
    """

    def __init__(self, values: Sequence[Value], story: Story, right: Story, notation: Plain) -> None:
        self.story, self.right, self.notation = story, right, notation
        self.names = {node.id: short(notation.name(node.label)) for node in story.graph.nodes}
        self.output = self.names[story.output.id]
        self._values = {node.id: value for node, value in zip(story.graph.nodes, values, strict=True)}
        self._formulas = {
            value: Formula(self.names[node.id]) if node.kind != "constant" else formula.number(node.data, notation)
            for node, value in zip(story.graph.nodes, values, strict=True)
        }
        self._last_sender = ""

    def say(self, event: Event) -> Said:
        """The sentences of an event. Events are told in order."""
        tell: dict[str, Callable[[Event], Said]] = {
            "given": self._given,
            "forward": self._forward,
            "seed": self._seed,
            "send": self._send,
            "end": self._end,
        }
        return tell[event.kind](event)

    def _given(self, _: Event) -> Said:
        leaves = [node for node in self.story.graph.nodes if node.kind in ("leaf", "parameter")]
        return [
            ("", "The forward pass begins at the leaves" + (": " if leaves else "")),
            *self._listed(leaves, lambda node: [("", f"{self.names[node.id]} = "), ("data", self._number(node.data))]),
            ("", "."),
        ]

    def _forward(self, event: Event) -> Said:
        """c = a·b = 2·3 = 6; and the local derivatives."""
        node = event.node
        assert node is not None
        value = self._values[node.id]
        assert value.primitive is not None  # it was computed
        operands = [visible(operand) for operand in value.operands]
        symbols = formula.write(value.primitive, [self._formulas[x] for x in operands], self.notation)
        numbers = formula.write(
            value.primitive, [formula.number(x.data, self.notation) for x in operands], self.notation
        )
        result = self._number(node.data)
        said = [("", f"{self.names[node.id]} = {symbols.text} = ")]
        if numbers.text not in (result, symbols.text):
            said.append(("", f"{numbers.text} = "))
        said += [("data", result), ("", ".")]
        partials = self._partials(node)
        if partials:
            return [*said, ("muted", "\nLocal derivatives: "), *partials, ("muted", ".")]
        return said

    def _partials(self, node: Node) -> Said:
        """∂c/∂a = b = 3, for each operand that varies; as formulas where the table's rule gives one."""
        edges = [(i, e) for i, e in enumerate(self.story.graph.edges) if e.target == node and e.partial is not None]
        value = self._values[node.id]
        texts: dict[Value, list[str]] = {}
        try:
            found = partials_on_values(value, [operand for operand in value.operands if not operand.is_constant])
            algebra = Algebra(self.notation, self._formulas.get)
            for operand, partial in found[: 2 * SENT]:
                texts.setdefault(visible(operand), []).append(algebra.text(partial))
        except (ChainruleError, ValueError):  # the data was changed since; the numbers recorded still stand
            texts.clear()

        def one(number: int) -> Said:
            i, edge = edges[number]
            partial = self._number(edge.partial or 0.0)
            rule = texts.get(self._values[edge.source.id], [])
            text = rule.pop(0) if rule else ""
            between = f" = {text} = " if text and text.replace("−", "-") != partial else " = "
            return [("muted", self._partial(i) + between), ("partial", partial)]

        return self._listed(range(len(edges)), one, SENT)

    def _seed(self, _: Event) -> Said:
        return [
            ("", f"The backward pass begins at the output: {self._adjoint(self.story.output.id)} = "),
            ("grad", "1"),
            ("", "."),
            ("muted", "\nEvery other adjoint starts at 0."),
        ]

    def _send(self, event: Event) -> Said:
        """∂f/∂a += ∂f/∂c · ∂c/∂a = 2 · 3 = 6; so far 6."""
        node = event.node
        assert node is not None
        first, *others = event.sends
        said = self._product(node, first)
        if others:
            said += [("muted", "\nLikewise "), *self._listed(others, self._briefly, SENT - 1), ("muted", ".")]
        is_first, self._last_sender = node.id != self._last_sender, node.id
        if self.story.mistake == "depth-first":
            return said + self._impatience(node, event.sends[0].adjoint)
        if is_first and node.id != self.story.output.id and not self.story.mistake:
            adjoint = f"{self._adjoint(node.id)} = {self._number(event.sends[0].adjoint)}"
            said.append(("muted", f"\n{adjoint} is complete: all that was made from {self.names[node.id]} has sent."))
        return said

    def _product(self, node: Node, send: Send) -> Said:
        operand = self.story.graph.edges[send.edge].source.id
        rule = "=" if self.story.mistake == "overwrite" else "+="
        partial = self._number(send.partial)
        return [
            ("", f"{self._adjoint(operand)} {rule} {self._adjoint(node.id)} · {self._partial(send.edge)} = "),
            ("grad", self._number(send.adjoint)),
            ("", " · "),
            ("partial", f"({partial})" if send.partial < 0 else partial),
            ("", f" = {self._number(send.product)}; {'so far' if rule == '+=' else 'it now holds'} "),
            ("grad", self._number(send.total)),
            ("", "."),
        ]

    def _briefly(self, send: Send) -> Said:
        operand = self.story.graph.edges[send.edge].source.id
        product = f"{self._number(send.adjoint)} · {self._number(send.partial)} = {self._number(send.product)}"
        return [("muted", f"{self._adjoint(operand)} += {product}")]

    def _impatience(self, node: Node, held: float) -> Said:
        """What is wrong with sending now."""
        right = self.right.adjoints[node.id]
        if held == right:
            return []
        name, adjoint = self.names[node.id], self._adjoint(node.id)
        return [
            ("muted", f"\n{name} does not wait: it holds {self._number(held)}, but {adjoint} is {self._number(right)}.")
        ]

    def _end(self, _: Event) -> Said:
        ends = [
            node
            for node in self.story.graph.nodes
            if node.kind in ("leaf", "parameter") and node.id in self.story.wanted
        ]

        def one(node: Node) -> Said:
            return [("", f"{self._adjoint(node.id)} = "), ("grad", self._number(self.story.adjoints[node.id]))]

        said = [
            ("", "The gradient: " if not self.story.mistake else "This gives "),
            *self._listed(ends, one),
            ("", "."),
        ]
        wrong = [node for node in ends if self.right.adjoints[node.id] != self.story.adjoints[node.id]]
        if not self.story.mistake:
            return said
        if not wrong:
            return [*said, ("", " On this graph it happens to be right.")]

        def other(node: Node) -> Said:
            return [("", f"{self._adjoint(node.id)} = "), ("grad", self._number(self.right.adjoints[node.id]))]

        return [
            *said,
            ("", "\nRight is "),
            *self._listed(wrong, other),
            ("", ". "),
            ("muted", _WHY[self.story.mistake]),
        ]

    # ------------------------------------------------------------------------------------------------- words

    def _number(self, x: float) -> str:
        return self.notation.number(x)

    def _adjoint(self, id_: str) -> str:
        return self.notation.partial(self.output, self.names[id_])

    def _partial(self, number: int) -> str:
        """∂c/∂a; where a is an operand of c twice, with the number of the edge."""
        edge = self.story.graph.edges[number]
        twins = [i for i, e in enumerate(self.story.graph.edges) if (e.source, e.target) == (edge.source, edge.target)]
        which = f" (edge {twins.index(number) + 1})" if len(twins) > 1 else ""
        return self.notation.partial(self.names[edge.target.id], self.names[edge.source.id]) + which

    @staticmethod
    def _listed(things: Sequence, one: Callable[..., Said], most: int = LISTED) -> Said:  # type: ignore[type-arg]
        """Things in a list, the rest counted."""
        said: Said = []
        for i, thing in enumerate(things[:most]):
            said += [("", ", ")] if i else []
            said += one(thing)
        if len(things) > most:
            said.append(("muted", f", and {len(things) - most} more"))
        return said


_WHY = {
    "depth-first": "What arrived first was sent on at once, and sent again with what arrived later: "
    "a node may send only when all that was made from it has.",
    "overwrite": "A node that is used twice has an effect along both edges, and the effects add up.",
}
