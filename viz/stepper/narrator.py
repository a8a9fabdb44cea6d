"""The sentences for each event of a story: one with the numbers, and one with the reason."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from autodiff import ChainruleError, Value
from viz.graph.counts import count_products
from viz.graph.description import Node
from viz.graph.events import Event, Send, Story
from viz.graph.mistakes import MISTAKES
from viz.graph.symbols import visible
from viz.mathematics import formula
from viz.mathematics.algebra import Algebra
from viz.mathematics.blackboard import partials_on_paper, remark
from viz.mathematics.formula import Formula
from viz.mathematics.notation import Plain
from viz.style.text import format_count

T = TypeVar("T")
Sentence: TypeAlias = list[tuple[str, str]]
"""Pieces of text, each after its class: "data", "grad", "partial", "muted" or ""."""

MAX_NAMES = 6  # names in a list; of a longer list, the number of the others is given
MAX_PRODUCTS = 3  # products written out in one event


def plain_text(sentence: Sentence) -> str:
    """Return a sentence as plain text."""
    return "".join(text for _, text in sentence)


class Narrator:
    """The narrator of a story; `right` is the story of the same graph without a mistake."""

    def __init__(self, story: Story, right: Story, notation: Plain) -> None:
        self.story, self.right, self.notation = story, right, notation
        self._labels = {node.id: node.name for node in story.graph.nodes}
        self.names = {node.id: notation.name(node.name) for node in story.graph.nodes}
        self.output = self.names[story.output.id]
        graph = story.graph
        self._values = {node.id: value for node, value in zip(graph.nodes, graph.values, strict=True)}
        self._formulas = {self._values[node.id]: self._name(node.id) for node in graph.nodes if node.name}
        self._last_sender = ""
        self._is_defined = False  # whether a sentence has said what a local derivative is
        edges = graph.edges
        self._arrivals = Counter(edges[send.edge].source.id for event in story.events for send in event.sends)
        self._arrived = Counter[str]()

    def tell(self, event: Event) -> Sentence:
        """Return the sentences of an event; events must be told in order."""
        sentences: dict[str, Callable[[Event], Sentence]] = {
            "given": self._given,
            "forward": self._forward,
            "seed": self._seed,
            "send": self._send,
            "end": self._end,
        }
        return sentences[event.kind](event)

    def _given(self, _: Event) -> Sentence:
        leaves = [node for node in self.story.graph.nodes if node.kind in ("leaf", "parameter")]
        return [
            ("", "The forward pass begins at the leaves" + (": " if leaves else "")),
            *self._listed(leaves, lambda node: [("", f"{self.names[node.id]} = "), ("data", self._number(node.data))]),
            ("", "."),
            *self._left_over([leaf for leaf in leaves if self.story.start[leaf.id]]),
        ]

    def _left_over(self, leaves: Sequence[Node]) -> Sentence:
        """What leaves hold from a pass before."""

        def held(node: Node) -> Sentence:
            return [("muted", f"{self.adjoint(node.id)} = "), ("grad", self._number(self.story.start[node.id]))]

        return [("muted", "\nFrom the pass before: "), *self._listed(leaves, held), ("muted", ".")] if leaves else []

    def _forward(self, event: Event) -> Sentence:
        """c = a·b = 2·3 = 6, and the local derivatives."""
        node = event.node
        assert node is not None
        value = self._values[node.id]
        assert value.primitive is not None  # a leaf has no forward event
        operands = [visible(operand) for operand in value.operands]
        constants = {x: formula.literal(x.data, self.notation) for x in operands if x.is_constant}
        data = [constants.get(x) or formula.number(x.data, self.notation) for x in operands]
        names = [self._formulas.get(x) or constants[x] for x in operands]
        symbols, numbers = (formula.write(value.primitive, written, self.notation) for written in (names, data))
        result = self._number(node.data)
        sentence = [("", f"{self.names[node.id]} = {symbols.text} = ")]
        if numbers.text not in (result, symbols.text):
            sentence.append(("", f"{numbers.text} = "))
        sentence += [("data", result), ("", ".")]
        partials = self._partials(node)
        partials += self._slips(node)
        if partials:
            what = "Local derivatives" if self._is_defined else "Local derivatives, of a node by its operands"
            self._is_defined = True
            sentence += [("muted", f"\n{what}: "), *partials, ("muted", ".")]
        return [*sentence, *self._edge(value, operands)]

    def _edge(self, value: Value, operands: Sequence[Value]) -> Sentence:
        """What is to be said at a kink, or where numbers have no result."""
        said = remark(value, [x.data for x in operands])
        return [("muted", f"\n{said}")] if said else []

    def _partials(self, node: Node) -> Sentence:
        """∂c/∂a = b = 3 for each operand that varies, with the formula by the table of primitives if there is one."""
        edges = [(i, e) for i, e in enumerate(self.story.graph.edges) if e.target == node and e.partial is not None]
        value = self._values[node.id]
        texts: dict[Value, list[str]] = {}
        try:
            partials = partials_on_paper(value, [operand for operand in value.operands if not operand.is_constant])
            algebra = Algebra(self.notation, self._formulas.get)
            for operand, partial in partials[: 2 * MAX_PRODUCTS]:
                texts.setdefault(visible(operand), []).append(algebra.text(partial))
        except (ChainruleError, ValueError):  # the data was changed since: only the recorded numbers are valid
            texts.clear()

        def equation(number: int) -> Sentence:
            i, edge = edges[number]
            number_text = self._number(edge.partial or 0.0)
            formulas = texts.get(self._values[edge.source.id], [])
            text = formulas.pop(0) if formulas and edge.partial == self.right.graph.edges[i].partial else ""
            between = f" = {text} = " if text and text != number_text else " = "
            return [("muted", self.partial(i) + between), ("partial", number_text)]

        return self._listed(range(len(edges)), equation, MAX_PRODUCTS)

    def _slips(self, node: Node) -> Sentence:
        """What the local derivatives of a node should be, where a mistake has others."""
        wrong = [
            (i, right.partial)
            for i, (edge, right) in enumerate(zip(self.story.graph.edges, self.right.graph.edges, strict=True))
            if edge.target == node and right.partial is not None and edge.partial != right.partial
        ]
        said = self._listed(wrong, lambda slip: [("muted", f"{self.partial(slip[0])} = {self._number(slip[1])}")])
        return [("muted", "; right is "), *said] if said else []

    def _seed(self, _: Event) -> Sentence:
        rest = "The inner nodes" if any(self.story.start.values()) else "All others"
        return [
            ("", f"The backward pass begins at the output: {self.adjoint(self.story.output.id)} = "),
            ("grad", "1"),
            ("", "."),
            ("muted", f"\nThe gradient of a node is the derivative of {self.output} by it. {rest} start at 0."),
        ]

    def _send(self, event: Event) -> Sentence:
        """df/da += df/dc · ∂c/∂a = 2 · 3 = 6; so far 8."""
        node = event.node
        assert node is not None
        first, *others = event.sends
        sentence = self._product(node, first)
        if others:
            briefly = self._listed(others, self._brief_product, MAX_PRODUCTS - 1)
            sentence += [("muted", "\nLikewise "), *briefly, ("muted", ".")]
        is_first, self._last_sender = node.id != self._last_sender, node.id
        if self.story.mistake == "depth-first":
            return sentence + self._incomplete(node, event.sends[0].adjoint)
        if self.story.mistake == "in-place":
            return sentence + self._changed(event.sends)
        if is_first and node.id != self.story.output.id and not self.story.mistake:
            adjoint = f"{self.adjoint(node.id)} = {self._number(event.sends[0].adjoint)}"
            name = self.names[node.id]
            sentence.append(("muted", f"\n{adjoint} is complete: every node that uses {name} has reported back."))
        return sentence

    def _product(self, node: Node, send: Send) -> Sentence:
        operand = self.story.graph.edges[send.edge].source.id
        rule = "=" if self.story.mistake == "overwrite" else "+="
        partial, total = self._number(send.partial), ("grad", self._number(send.total))
        self._arrived[operand] += 1
        n_arrived, n_arrivals = self._arrived[operand], self._arrivals[operand]
        end: Sentence = [("", "; so far " if n_arrived < n_arrivals else "; in all "), total] if n_arrivals > 1 else []
        end = [("", "; it now holds "), total] if self.story.mistake in ("overwrite", "not-zeroed") else end
        return [
            ("", f"{self.adjoint(operand)} {rule} {self.adjoint(node.id)} · {self.partial(send.edge)} = "),
            ("grad", self._number(send.adjoint)),
            ("", " · "),
            ("partial", f"({partial})" if send.partial < 0 else partial),
            ("", f" = {self._number(send.product)}"),
            *end,
            ("", "."),
        ]

    def _brief_product(self, send: Send) -> Sentence:
        operand = self.story.graph.edges[send.edge].source.id
        self._arrived[operand] += 1
        product = f"{self._number(send.adjoint)} · {self._number(send.partial)} = {self._number(send.product)}"
        return [("muted", f"{self.adjoint(operand)} += {product}")]

    def _incomplete(self, node: Node, held: float) -> Sentence:
        """The mistake of a node that sends before its adjoint is complete."""
        right = self.right.adjoints[node.id]
        if held == right:
            return []
        name, adjoint = self.names[node.id], self.adjoint(node.id)
        return [
            ("muted", f"\n{name} does not wait: it holds {self._number(held)}, but {adjoint} is {self._number(right)}.")
        ]

    def _changed(self, sends: Sequence[Send]) -> Sentence:
        """The mistake of data that changes while the pass goes on."""
        said: Sentence = []
        for send in sends:
            edge = self.story.graph.edges[send.edge]
            if send.partial != edge.partial:
                was = self._number(edge.partial or 0.0)
                said.append(("muted", f"\n{self.partial(send.edge)} was {was} in the forward pass."))
            if send.data != edge.source.data:
                now = f"{self.names[edge.source.id]} = {self._number(send.data)}"
                said.append(("muted", f"\nThe data changes at once: {now}."))
        return said

    def _end(self, _: Event) -> Sentence:
        story, right = self.story, self.right
        ends = [node for node in story.graph.nodes if node.kind in ("leaf", "parameter") and node.id in story.wanted]

        def adjoint(node: Node, story: Story = story) -> Sentence:
            return [("", f"{self.adjoint(node.id)} = "), ("grad", self._number(story.adjoints[node.id]))]

        gradient = [*self._listed(ends, adjoint), ("", ".")]
        if not story.mistake:
            return [("", "The gradient: "), *gradient, *self._counted()]
        wrong = [node for node in ends if right.adjoints[node.id] != story.adjoints[node.id]]
        if not wrong:
            return [("", "This gives "), *gradient, ("", " On this graph it happens to be right.")]
        rights = self._listed(wrong, lambda node: adjoint(node, right))
        reason = [("", ". "), ("muted", MISTAKES[story.mistake].reason)]
        return [("", "This gives "), *gradient, ("", "\nRight is "), *rights, *reason]

    def _counted(self) -> Sentence:
        """How many products there were, and how many other ways would take, if a leaf is reached by several paths."""
        story = self.story
        wanted = [value for id_, value in self._values.items() if id_ in story.ends]
        counts = count_products(self._values[story.output.id], wanted)
        if counts.paths <= len(wanted):
            return []
        said = f"{format_count(counts.backward)} products, one for each edge. Path by path, over "
        said += f"{format_count(counts.paths)} paths, it takes {format_count(counts.by_paths)}; by forward mode, "
        return [("muted", f"\n{said}leaf by leaf, {format_count(counts.forward)}.")]

    # ------------------------------------------------------------------------------------------------- words

    def _number(self, x: float) -> str:
        return self.notation.number(x)

    def _name(self, id_: str) -> Formula:
        return formula.named(self._labels[id_], self.notation)

    def _operand(self, id_: str) -> str:
        return formula.bracketed(self._name(id_), formula.SUM_LEVEL, self.notation)

    def adjoint(self, id_: str) -> str:
        return self.notation.total(self._operand(self.story.output.id), self._operand(id_))

    def partial(self, number: int) -> str:
        """∂c/∂a, with the number of the edge if a is an operand of c twice."""
        edge = self.story.graph.edges[number]
        twins = [i for i, e in enumerate(self.story.graph.edges) if (e.source, e.target) == (edge.source, edge.target)]
        which = f" (edge {twins.index(number) + 1})" if len(twins) > 1 else ""
        return self.notation.partial(self._operand(edge.target.id), self._operand(edge.source.id)) + which

    @staticmethod
    def _listed(items: Sequence[T], text_of: Callable[[T], Sentence], max_shown: int = MAX_NAMES) -> Sentence:
        """A list of items, with the number of those that are not shown."""
        sentence: Sentence = []
        for i, item in enumerate(items[:max_shown]):
            sentence += [("", ", ")] if i else []
            sentence += text_of(item)
        if len(items) > max_shown:
            sentence.append(("muted", f", and {len(items) - max_shown} more"))
        return sentence
