"""Code beside a graph, whose lines have ids, so that a step lights lines as it lights nodes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from viz.graph.events import Event, Story
from viz.graph.mistakes import MISTAKES
from viz.pages.markup import Html, element

NOW, CALLS = "now", "calls"  # the marks of a line that is executed, and of one that waits for it

Lit: TypeAlias = Callable[[Event], dict[str, str]]
"""A function: the marks of the lines that an event executes, by their ids."""


@dataclass(frozen=True)
class Listing:
    """Some lines of code with a heading; `key` is the beginning of their ids."""

    key: str
    heading: str
    lines: tuple[str, ...]

    def spots(self, lines: Iterable[int], mark: str = NOW) -> dict[str, str]:
        """Return the mark of some lines by their ids."""
        return {f"{self.key}-{line}": mark for line in lines}

    def html(self) -> Html:
        """Return the listing as a section of a page."""
        lines = [element("code", line or " ", id=f"{self.key}-{i}") for i, line in enumerate(self.lines)]
        shown = element("pre", *lines, tabindex=0, class_=self.key, aria_label=self.heading)
        return element("section", element("h2", self.heading), shown)


def codes(listings: Sequence[Listing]) -> Html:
    """Return listings side by side."""
    return element("div", *[listing.html() for listing in listings], class_="codes")


def mistake_codes(story: Story) -> tuple[list[Listing], Lit]:
    """Return the lines of a graph, the code of the mistake and the right one; and what an event executes of them."""
    mistake, graph = MISTAKES[story.mistake], story.graph
    operands: dict[str, list[str]] = {}
    for edge in graph.edges:
        operands.setdefault(edge.target.id, []).append(edge.source.name)
    nodes = [node for node in graph.nodes if node.id in operands]
    example = [f"{node.name} = {f' {node.symbol} '.join(operands[node.id])}" for node in nodes]
    listings = [
        Listing("example", "Graph", tuple(example)),
        Listing("wrong", "Wrong", tuple(mistake.wrong.splitlines())),
        Listing("right", "Right", tuple(mistake.right.splitlines())),
    ]
    primitives = {node.id: value.primitive for node, value in zip(graph.nodes, graph.values, strict=True)}

    def lit(event: Event) -> dict[str, str]:
        wrong, right = mistake.lines(event.kind, primitives[event.node.id] if event.node else None)
        own = [nodes.index(event.node)] if event.node in nodes and event.kind != "seed" else []
        spots = [listing.spots(lines) for listing, lines in zip(listings, (own, wrong, right), strict=True)]
        return {**spots[0], **spots[1], **spots[2]}

    return listings, lit
