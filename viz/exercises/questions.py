"""The questions of a quiz: the blanks of a graph, each with its rule, its steps, and its known mistakes."""

from collections.abc import Container, Iterable
from dataclasses import astuple, dataclass
from itertools import chain
from math import isfinite
from typing import Any

from viz.exercises.mistakes import PASSES, WrongNumber, answers, mistakes
from viz.graph.description import Edge, Graph
from viz.graph.events import Story
from viz.graph.names import counted
from viz.mathematics.notation import Plain
from viz.stepper.narrator import Narrator, Sentence

ASKED = "data", "partials", "grad"


def check_asked(who: str, ask: str | Iterable[str]) -> list[str]:
    """Return what is asked as a list; raise ValueError unless it is some of ASKED."""
    asked = list(ask) if isinstance(ask, Iterable) and not isinstance(ask, str) else [ask]
    if not asked or not {*asked} <= {*ASKED}:
        got = ", ".join(map(str, asked)) or "nothing"
        raise ValueError(f"{who}: expected ask to hold some of {', '.join(ASKED)}, got {got}")
    return asked


@dataclass(frozen=True)
class Question:
    """What is said of a blank before an answer, and what is lit in the graph."""

    level: int  # the number of levels of the quiz that ask for it
    name: str  # the name of the number, as in "df/da"
    rule: str  # what it is computed from
    hint: str
    lit: dict[str, str]  # marks by the id of a group of the picture
    terms: list[tuple[str, str]]  # for a gradient, the blanks of the two factors of each product


@dataclass(frozen=True)
class Blank:
    """A number that is asked; `key` is that of its text in the picture."""

    key: str
    question: Question
    number: float
    mistakes: list[WrongNumber]
    steps: list[Sentence]  # the steps of the passes that give it
    wrong: dict[str, list[Sentence]]  # likewise for each wrong backward pass that gives another number

    def as_row(self) -> list[Any]:
        """Return it as data for the page, a sentence as the class and the text of its pieces in turn."""
        wrong = {kind: [*map(_flat, told)] for kind, told in self.wrong.items()}
        numbers = [astuple(mistake) for mistake in self.mistakes]
        return [self.key, *astuple(self.question), self.number, numbers, [*map(_flat, self.steps)], wrong]


class Questions:
    """The blanks of a graph with one output."""

    def __init__(self, graph: Graph, digits: int) -> None:
        self.graph = graph
        self.right = answers(graph)
        self._wrong = mistakes(graph)
        self._notation = Plain(digits)
        self._story = Story(graph, wide=len(graph.edges))
        self.narrator = Narrator(self._story, self._story, self._notation)
        self._told = self._tell(self._story)
        self._misled: dict[str, dict[str, list[Sentence]]] = {}
        for kind in PASSES:
            try:
                self._misled[kind] = self._tell(Story(graph, mistake=kind, wide=len(graph.edges)))
            except ValueError:  # depth first, the number of products may be exponential
                continue

    def _tell(self, story: Story) -> dict[str, list[Sentence]]:
        """The sentences of a story about each blank, by its key."""
        narrator, told = Narrator(story, self._story, self._notation), dict[str, list[Sentence]]()
        for event in story.events:
            sentence = narrator.tell(event)
            if event.kind == "forward" and event.node is not None:
                cut = next((i for i, (_, text) in enumerate(sentence) if text.startswith("\n")), len(sentence))
                told[f"{event.node.id}.data"] = [sentence[:cut]]
                (_, first), *others = sentence[cut:] or [("", "")]
                for edge in self._into(event.node.id):
                    told[f"{edge.id}.partial"] = [[("muted", first.removeprefix("\n")), *others]]
            for send in event.sends:
                told.setdefault(f"{self.graph.edges[send.edge].source.id}.grad", []).append(sentence)
        return told

    def names(self) -> dict[str, str]:
        """Return the names of nodes and of local derivatives by the id of the node or the edge."""
        edges = {edge.id: self._partial_name(edge) for edge in self.graph.edges if edge.partial is not None}
        return {**self.narrator.names, **edges}

    def blanks(self, asked: Container[str]) -> list[Blank]:
        """Return the blanks in the order of a forward and a backward pass; `asked` holds "data", "partials", "grad"."""
        blanks = []
        for node in self.graph.nodes:
            if node.kind == "operation" and "data" in asked:
                blanks.append(self._blank(f"{node.id}.data", self._value(node.id)))
            if "partials" in asked:
                blanks += [self._blank(f"{edge.id}.partial", self._partial(edge)) for edge in self._into(node.id)]
        for node in reversed(self.graph.nodes):
            if node.kind != "constant" and not node.is_output and "grad" in asked:
                level = 2 if node.kind == "operation" else 3
                blanks.append(self._blank(f"{node.id}.grad", self._gradient(node.id, level)))
        return [blank for blank in blanks if isfinite(blank.number)]  # inf and nan are shown

    def _blank(self, key: str, question: Question) -> Blank:
        wrong = self._wrong[key]
        kinds = {mistake.kind for mistake in wrong}
        misled = {kind: told[key] for kind, told in self._misled.items() if kind in kinds and key in told}
        return Blank(key, question, self.right[key], wrong, self._told.get(key, []), misled)

    def _value(self, id_: str) -> Question:
        names, numbers = self._made(id_)
        lit = {**{edge.id: "feeding" for edge in self._into(id_)}, id_: "computed"}
        return Question(1, self.narrator.names[id_], f"= {names}", f"Compute {numbers}.", lit, [])

    def _partial(self, edge: Edge) -> Question:
        operand, node = (self.narrator.names[end.id] for end in (edge.source, edge.target))
        names, _ = self._made(edge.target.id)
        hint = f"How fast does {node} = {names} grow with {operand}, if all else stands still?"
        lit = {edge.id: "active", edge.target.id: "sender"}
        return Question(1, self._partial_name(edge), f"for {node} = {names}", hint, lit, [])

    def _gradient(self, id_: str, level: int) -> Question:
        uses = [edge for edge in self.graph.edges if edge.source.id == id_]
        products = [f"{self._gradient_name(edge.target.id)} · {self._partial_name(edge)}" for edge in uses]
        arrive = "one product comes" if len(uses) == 1 else "the products of all of them come"
        hint = f"{self.narrator.names[id_]} is used along {counted(len(uses), 'edge')}: {arrive} back."
        lit = {id_: "receiver"}
        for edge in uses:
            lit |= {edge.id: "active", edge.target.id: "sender"}
        terms = [(f"{edge.target.id}.grad", f"{edge.id}.partial") for edge in uses]
        return Question(level, self._gradient_name(id_), f"= {' + '.join(products)}", hint, lit, terms)

    def _into(self, id_: str) -> list[Edge]:
        return [edge for edge in self.graph.edges if edge.target.id == id_ and edge.partial is not None]

    def _made(self, id_: str) -> tuple[str, str]:
        """What a node is computed from, in names and in numbers."""
        (_, first), (_, second), *_ = self._told[f"{id_}.data"][0]
        names = first.partition(" = ")[2].removesuffix(" = ")
        return names, second.removesuffix(" = ") if second.endswith(" = ") else names

    def _partial_name(self, edge: Edge) -> str:
        return self.narrator.partial(int(edge.id[1:]))

    def _gradient_name(self, id_: str) -> str:
        return self.narrator.adjoint(id_)


def _flat(sentence: Sentence) -> list[str]:
    return [*chain.from_iterable(sentence)]
