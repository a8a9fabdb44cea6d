"""The page of a derivation: row by row, beside its graph, in which the path of each row is lit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autodiff import Value
from viz.derivation.board import Board
from viz.drawing.picture import Picture, layouts_of
from viz.drawing.svg import State, svgs
from viz.drawing.words import in_words, table
from viz.graph.description import Graph
from viz.graph.folding import fold_names
from viz.graph.names import isolated
from viz.graph.symbols import visible
from viz.mathematics.notation import MathML
from viz.mathematics.writing import REGION, Writing, WrittenLine
from viz.pages.markup import element
from viz.pages.page import Page
from viz.stepper.player import player_page
from viz.stepper.step import Change
from viz.style.legend import Legend, legend_of

MAX_NODES = 200  # of a graph that is drawn beside its derivation
FRAMES = (560.0, 485.0), (1200.0, 220.0), (360.0, 240.0)  # beside it, above it, and on an upright phone, in pixels
BEGIN = "The graph, and the formulas of its nodes. The derivation follows, row by row."


@dataclass(frozen=True)
class Drawn:
    """The drawing beside a derivation: its graph, its pictures, and the id of each node that a row can be about."""

    graph: Graph
    pictures: Mapping[str, Sequence[Picture]]
    ids: Mapping[Value, str]
    legend: Legend

    def spots(self, paths: Sequence[Sequence[Value]]) -> dict[str, str]:
        """Return what is lit for some paths: all nodes on them, and the edges between these; of a weight, its line."""
        spots: dict[str, str] = {}
        for path in paths:
            ids = [self.ids[node] for node in map(visible, path) if node in self.ids]
            for of, by in pairwise(ids):
                spots |= {of: "sender", **dict.fromkeys(self._edges_between(of, by), "active")}
            spots |= {id_: "active" if id_.startswith("w-") else "receiver" for id_ in ids[-1:]}
        return spots

    def _edges_between(self, of: str, by: str) -> Iterator[str]:
        """The edges from a node to another by all ways on which no other node has an id."""
        ends, above, edges = {*self.ids.values()}, {of}, []
        for edge in reversed(self.graph.edges):
            if edge.target.id in above and (edge.source.id == by or edge.source.id not in ends):
                above |= {edge.source.id} - {by}
                edges.append(edge)
        below = {by}
        for edge in reversed(edges):
            if edge.source.id in below:
                below.add(edge.target.id)
                yield edge.id


def drawn_of(board: Board, digits: int) -> Drawn | None:
    """Return the graph of a board, with its data and partials, in which the nodes with a name are lit."""
    if len(board.order) > MAX_NODES:
        return None
    graph = board.graph()
    ids = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True) if value in board.names}
    pictures = layouts_of(graph, None, digits, FRAMES, show=frozenset(("data", "partials")))
    return Drawn(graph, pictures, ids, legend_of({node.kind for node in graph.nodes}))


class Walk(Writing):
    """A derivation whose page is walked through: its first block is there at once, and each step shows one more row."""

    def drawn(self) -> Drawn | None:
        """Return the drawing beside it, or None if that would be too large."""
        raise NotImplementedError

    def page(self) -> Page:
        """Return the derivation as a page, with its graph if that is not too large."""
        drawn = self.drawn()
        if drawn is None:
            return super().page()
        graph, digits = drawn.graph, self._digits
        names = {value: node.name for value, node in zip(graph.values, graph.nodes, strict=True)}
        sentences, changes = [["", BEGIN]], [Change()]
        first, *others = [[row for line in block for row in _rows(line)] for block in self.blocks(MathML(digits))]
        for i, (line, paths) in enumerate((row for block in others for row in block), len(first)):
            along = " → ".join(isolated(names[node]) for node in paths[0]) if len(paths) == 1 else ""
            said = f"Along {along}: {line.said}" if "→" in along else line.said[:1].upper() + line.said[1:]
            sentences.append(["", said])
            changes.append(Change(marks={f"r{i}": ""}, spots={f"r{i}": "now", **drawn.spots(paths)}))
        page = player_page(
            self.title,
            svgs(drawn.pictures, State(), in_words(graph, digits)),
            fold_names(graph) if len(drawn.pictures) > 1 else [],
            table(graph, digits, {}),
            sentences,
            [([], change.marks, change.spots, "") for change in changes],
            entries=drawn.legend,
            beside=element("div", self.table(walked=True), **REGION),
            assets=("board.css", "derivation.css", "rows.css", "rows.js"),
        )
        page.still = lambda: element("pre", str(self))
        return page


def _rows(line: WrittenLine) -> list[tuple[WrittenLine, Sequence[Sequence[Value]]]]:
    """A line for each of its rows, with the paths that the row is about."""
    n = len(line.terms)
    return [(line, line.paths[i : i + 1] if n > 1 else line.paths) for i in range(max(n, 1))]
