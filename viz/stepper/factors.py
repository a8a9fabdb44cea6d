"""The chain rule along each path, factor by factor, beside the graph: a step lights the factors that it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from viz.graph.description import Edge, Node
from viz.graph.events import Event, Story
from viz.pages.markup import Html, element
from viz.stepper.listing import NOW
from viz.stepper.narrator import Narrator

MAX_ROWS, MAX_PATHS, MAX_LINKS = 4, 4, 6  # leaves, paths of each, and factors of each that are written


@dataclass(frozen=True)
class Factor:
    """The local derivative along an edge: the id of its text, the edge, and the text."""

    id: str
    edge: str
    text: str


@dataclass(frozen=True)
class Row:
    """The derivative by a leaf: df/da, the factors along each path, and whether there are more paths."""

    leaf: str
    left: str
    paths: Sequence[Sequence[Factor | None]]  # None stands for factors that are left out
    is_cut: bool


class Factors:
    """The derivatives by the leaves of a story, as sums over paths."""

    def __init__(self, story: Story, narrator: Narrator) -> None:
        self._story, self._narrator = story, narrator
        leaves = [node for node in story.graph.nodes if node.kind in ("leaf", "parameter") and node.id in story.wanted]
        self.rows = [self._row(i, leaf) for i, leaf in enumerate(leaves[:MAX_ROWS])]
        self._rooms = {e.id: narrator.notation.number(e.partial or 0.0) for e in story.graph.edges}  # the numbers
        self.n_left_out = len(leaves) - len(self.rows)

    def _row(self, number: int, leaf: Node) -> Row:
        paths = [*islice(self._paths(leaf), MAX_PATHS + 1)]
        written, half = [], MAX_LINKS // 2
        for i, path in enumerate(paths[:MAX_PATHS]):
            factors: list[Factor | None] = [
                Factor(f"factor-{number}-{i}-{j}", f"e{edge}", self._narrator.partial(edge).replace(" (edge ", " ("))
                for j, edge in enumerate(path)
            ]
            written.append(factors if len(factors) <= MAX_LINKS else [*factors[:half], None, *factors[-half:]])
        return Row(leaf.id, self._narrator.adjoint(leaf.id), written, len(paths) > MAX_PATHS)

    def _paths(self, leaf: Node) -> Iterator[list[int]]:
        """The paths from the output to a leaf, as the numbers of their edges."""
        into: dict[str, list[tuple[int, Edge]]] = {}
        reached = {leaf.id}
        for i, edge in enumerate(self._story.graph.edges):
            if edge.source.id in reached and edge.partial is not None:
                reached.add(edge.target.id)
                into.setdefault(edge.target.id, []).append((i, edge))
        path: list[int] = []
        branches = [iter(into.get(self._story.output.id, []))]
        while branches:
            for i, edge in branches[-1]:
                path.append(i)
                if edge.source.id == leaf.id:
                    yield list(path)
                branches.append(iter(into.get(edge.source.id, [])))
                break
            else:
                branches.pop()
                if path:
                    path.pop()

    def spots(self, event: Event) -> dict[str, str]:
        """Return the marks of the factors that an event computes, or sends along."""
        graph = self._story.graph
        edges = {f"e{send.edge}" for send in event.sends}
        if event.kind == "forward":
            edges = {f"e{i}" for i, edge in enumerate(graph.edges) if edge.target == event.node}
        factors = [factor for row in self.rows for path in row.paths for factor in path]
        return {factor.id: NOW for factor in factors if factor is not None and factor.edge in edges}

    def html(self) -> Html:
        """Return the rows as a section of a page; a number is written below its factor when it is known."""
        rows = []
        for row in self.rows:
            paths = [self._product(path) for path in row.paths] + ["…"] * row.is_cut
            terms = [part for i, path in enumerate(paths) for part in ((" + ", path) if i else (path,))]
            total = element("span", class_="grad", data_key=f"{row.leaf}.grad")
            rows.append(element("p", f"{row.left} = ", *(terms or ["0"]), " = ", total))
        if self.n_left_out:
            rows.append(element("p", f"and {self.n_left_out} more", class_="muted"))
        heading = element("h2", "Chain rule")
        shown = element("div", *rows, class_="factors", tabindex=0, role="region", aria_label="Chain rule")
        return element("section", heading, shown, class_="chain")

    def _product(self, path: Sequence[Factor | None]) -> Html:
        parts: list[str] = []
        for i, factor in enumerate(path):
            parts += [" · "] if i else []
            if factor is None:
                parts.append("…")
            else:
                key = f"{factor.edge}.partial"
                number = element("span", class_="partial", data_key=key, data_room=self._rooms[factor.edge])
                parts.append(element("span", factor.text, number, id=factor.id, class_="factor"))
        return element("span", *(parts or ["1"]))
