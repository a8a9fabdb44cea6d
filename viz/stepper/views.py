"""Four views of one step: the line of the function, the graph, the factor of the chain rule, the line of the loop."""

from collections.abc import Sequence

from viz.graph.events import Event, Story
from viz.graph.mistakes import MISTAKES
from viz.pages.markup import Html
from viz.stepper.factors import Factors
from viz.stepper.listing import CALLS, NOW, Listing
from viz.stepper.narrator import Narrator
from viz.stepper.source import Source

LOOP = """for node in reversed(order):
    for x, partial in edges(node):
        x.grad += node.grad * partial"""


class Views:
    """What stands beside a graph: listings, and below them the chain rule, if any; and what an event lights there."""

    def __init__(self, listings: Sequence[Listing] = (), factors: Factors | None = None) -> None:
        self.listings, self.factors = listings, factors

    def html(self) -> list[Html]:
        """Return the sections of a page."""
        rows = [self.factors.html()] if self.factors else []
        return [*[listing.html() for listing in self.listings], *rows]

    def spots(self, event: Event) -> dict[str, str]:
        """Return the marks of the lines and factors that an event is about, by their ids."""
        return self.factors.spots(event) if self.factors else {}


class MistakeViews(Views):
    """The lines of the graph, or the `source` that recorded it, the code of a mistake, and the right one."""

    def __init__(self, story: Story, source: Source | None = None) -> None:
        self._mistake, graph = MISTAKES[story.mistake], story.graph
        self._source, self._story = source, story
        operands: dict[str, list[str]] = {}
        for edge in graph.edges:
            operands.setdefault(edge.target.id, []).append(edge.source.name)
        self._nodes = [node for node in graph.nodes if node.id in operands]
        example = [f"{node.name} = {f' {node.symbol} '.join(operands[node.id])}" for node in self._nodes]
        self._wrong = Listing("wrong", "Wrong", tuple(self._mistake.wrong.splitlines()))
        self._right = Listing("right", "Right", tuple(self._mistake.right.splitlines()))
        self._example = Listing("example", "Graph", tuple(example))
        super().__init__([*(source.listings if source else [self._example]), self._wrong, self._right])

    def spots(self, event: Event) -> dict[str, str]:
        value = self._story.value(event.node)
        wrong, right = self._mistake.lines(event.kind, value.primitive if value is not None else None)
        marks = self._wrong.spots(wrong) | self._right.spots(right)
        if event.kind == "seed" or event.node not in self._nodes:
            return marks
        return marks | (
            self._source.spots(value) if self._source else self._example.spots([self._nodes.index(event.node)])
        )


class FourViews(Views):
    """The source of a function, the loop of the backward pass, and the chain rule."""

    def __init__(self, story: Story, source: Source, narrator: Narrator) -> None:
        self._story, self._source = story, source
        self._loop = Listing("loop", "Backward", tuple(LOOP.splitlines()))
        super().__init__([*source.listings, self._loop], Factors(story, narrator))

    def spots(self, event: Event) -> dict[str, str]:
        marks = super().spots(event)
        if event.kind == "given":
            return marks | self._source.head()
        if event.kind in ("forward", "send"):
            marks |= self._source.spots(self._story.value(event.node))
        if event.kind == "send":
            return marks | self._loop.spots([0, 1], CALLS) | self._loop.spots([2], NOW)
        return marks | (self._loop.spots([0]) if event.kind == "seed" else {})
