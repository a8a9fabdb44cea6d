"""`Content`: what a drawing shows, whatever its language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from viz.drawing.labels import number_text
from viz.graph.description import Edge, Graph, Node
from viz.graph.names import typeset_apart
from viz.style.legend import legend_of
from viz.style.text import format_number


@dataclass(frozen=True)
class Content:
    """A graph, and the options of `viz.draw` that decide what is shown of it."""

    graph: Graph
    rankdir: str | None  # None for the direction, and the number of rows, that make it largest in its frame
    show: frozenset[str]
    digits: int
    colors: Mapping[str, str]
    has_legend: bool = False
    style: str = "boxes"  # or "circuit"

    def numbers(self, node: Node) -> list[tuple[str, str]]:
        """Return the shown numbers of a node with their captions: ("data", "2"), ("grad", "0.5").

        Before the first backward pass, in which the output gets 1, the gradient is "": not 0, but not known.
        """
        if node.kind in ("constant", "more"):
            return []
        numbers: list[tuple[str, str]] = [
            (name, number_text(node, name, self.digits)) for name in ("data", "grad") if name in self.show
        ]
        return numbers if self._has_gradients else [(name, x if name == "data" else "") for name, x in numbers]

    def name(self, node: Node) -> tuple[str, str]:
        """Return the label of a node typeset, unless another label would be shown alike."""
        return self._names[node.label]

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        return typeset_apart(node.label for node in self.graph.nodes)

    @cached_property
    def _has_gradients(self) -> bool:
        return any(any(getattr(node, "all_grad", (node.grad,))) for node in self.graph.nodes)

    def legend(self) -> list[tuple[str, str]]:
        """Return the lines of the legend of what is shown, each with the name of its color; [] for no legend."""
        shown = {"ink", *(name.removesuffix("s") for name in self.show)}
        shown |= {"forward"} if "data" in shown else set()
        lines = legend_of({node.kind for node in self.graph.nodes}, self.style) if self.has_legend else []
        return [(name, words) for name, words in lines if name in shown]

    def partial(self, edge: Edge) -> str:
        """Return the partial on an edge, or "" if none is shown."""
        if edge.partial is None or "partials" not in self.show:
            return ""
        return format_number(edge.partial, self.digits)
