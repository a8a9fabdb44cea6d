"""A drawing as shapes and texts with names, so that its numbers can change while nothing moves.

`viz.drawing.svg` writes it as SVG, with an id on each group for a page.
"""

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

from viz.drawing.circuit import paths_of
from viz.drawing.content import Content
from viz.drawing.paths import curve, outline, pointed
from viz.drawing.placement import SLIDE, EdgePlace, Placement, place
from viz.drawing.texts import CAPTION_SIZE, PARTIAL_SIZE, Run, Text
from viz.drawing.words import edges_in_words, nodes_in_words
from viz.graph.description import BoxPath, Edge, Graph, Node
from viz.graph.folding import Folded, FoldedEdge, folded, foldings
from viz.layout.geometry import Size, middle
from viz.style.palette import LIGHT

# Lengths are in points.
MARGIN = 4.0
CORNER = 9.0  # radius of the corners of an operation
ENOUGH = 3.2  # pixels to a point of text on a page that is large enough
MAX_LAYOUTS = 80  # the largest number of nodes of a graph that is laid out for more than one frame
BOX_CORNER = 12.0  # radius of the corners of a box


@dataclass(frozen=True)
class Shape:
    """An outline or a line: its role, such as "box" or "wire", its SVG path, and its width if it has one of its own."""

    role: str
    path: str
    width: float = 0.0


@dataclass(frozen=True)
class Group:
    """The shapes and texts of a node, an edge or a box, as a group of SVG."""

    id: str  # "n3" for a node, "e5" for an edge, "" for a box
    classes: tuple[str, ...]  # "node", "edge" or "cluster"; for a node also its kind, and "output"
    title: str  # the text for a screen reader
    items: tuple[Shape | Text, ...]  # the shapes and texts, in the order of painting
    box: str = ""  # of a box that folds, or that is folded, the title
    holds: tuple[str, ...] = ()  # the ids of what a folded box, or an edge to it, stands for


@dataclass(frozen=True)
class Picture:
    """The groups in the order of painting, the top left corner, and the size, in points."""

    groups: tuple[Group, ...]
    left: float
    top: float
    width: float
    height: float


ALL = frozenset(("data", "grad", "partials"))


def lay_out(
    graph: Graph,
    rankdir: str | None,
    digits: int,
    frame: Size = SLIDE,
    enough: float = 1.0,
    style: str = "boxes",
    show: frozenset[str] = ALL,
) -> Picture:
    """Return a graph with its numbers, laid out for a frame unless there is a direction."""
    content = Content(graph, rankdir, show, digits, LIGHT, style=style)
    return picture_of(content, frame, enough, titled=False)


def layouts_of(
    graph: Graph,
    rankdir: str | None,
    digits: int,
    frames: Sequence[Size],
    widen: Callable[[Graph], Graph] = copy,
    style: str = "boxes",
    show: frozenset[str] = ALL,
) -> dict[str, list[Picture]]:
    """Return the layouts of a graph on a page, by the state of its boxes: open, folded, or some of both.

    If there is no direction, a graph that is not large has one for each of the `frames`. Each graph is widened before.
    """
    states = foldings(graph)
    frames = frames if rankdir is None and len(graph.nodes) <= MAX_LAYOUTS else frames[:1]
    return {
        state: [
            lay_out(widen(folded(graph, boxes)), rankdir, digits, frame, ENOUGH, style, show)
            for frame in (frames if len({*state}) < 2 else frames[:1])
        ]
        for state, boxes in states.items()
    }


def picture_of(content: Content, frame: Size = SLIDE, enough: float = 1.0, *, titled: bool = True) -> Picture:
    """Return the picture of a graph, in its direction or as large as possible in a frame.

    No picture is better than one that is `enough` times its size there. If it is `titled`, the titles say its numbers.
    """
    graph = content.graph
    said = nodes_in_words(graph, content.digits, with_numbers=titled)
    edges_said = edges_in_words(graph, content.digits, with_numbers=titled)
    placement = place(content, frame, enough)
    groups = [_box(path, placement) for path in placement.rects if isinstance(path, tuple)]
    groups += [
        _edge(edge, content, at, said_of)
        for edge, at, said_of in zip(graph.edges, placement.edges, edges_said, strict=True)
    ]
    draw = _gate if content.style == "circuit" else _node
    groups += [draw(node, placement, said[node.id], content) for node in graph.nodes]
    left, top, right, bottom = placement.hull()
    if lines := _legend(content, left, bottom):
        groups.append(Group("", ("legend",), "", tuple(lines)))
        right, bottom = max(right, *(left + line.width for line in lines)), lines[-1].y + CAPTION_SIZE / 2
    size = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    return Picture(tuple(groups), left - MARGIN, top - MARGIN, *size)


def _legend(content: Content, left: float, bottom: float) -> list[Text]:
    runs = [Run(name, words, CAPTION_SIZE) for name, words in content.legend()]
    return [Text(left, bottom + i * 1.35 * CAPTION_SIZE, "start", (run,)) for i, run in enumerate(runs, 2)]


def _box(path: BoxPath, placement: Placement) -> Group:
    rect = placement.rects[path]
    title = Text(rect[0] + 8, rect[1] + 14, "start", (Run("caption", placement.title(path), PARTIAL_SIZE),))
    shapes = Shape("cluster", outline(rect, BOX_CORNER)), title
    return Group("", ("cluster",), "", shapes, box=path[0] if len(path) == 1 else "")


def _node(node: Node, placement: Placement, title: str, _: Content) -> Group:
    rect = placement.rects[node.id]
    texts = [text.moved(*middle(rect)) for text in placement.texts[node.id]]
    is_bordered = node.kind not in ("constant", "more")
    box = [Shape("box", outline(rect, CORNER if node.kind in ("operation", "part") else 0.0))] if is_bordered else []
    classes = ("node", node.kind, *(("output",) if node.is_output else ()))
    path, holds = (node.path[-1], node.holds) if isinstance(node, Folded) else ("", ())
    return Group(node.id, classes, title, (*box, *texts), path, holds)


def _gate(node: Node, placement: Placement, title: str, content: Content) -> Group:
    rect = placement.rects[node.id]
    texts = [text.moved(*middle(rect)) for text in placement.texts[node.id]]
    shapes = [Shape(role, path) for role, path in paths_of(node, rect, content).items()]
    classes = ("node", node.kind, *(("output",) if node.is_output else ()), content.style)
    return Group(node.id, classes, title, (*shapes, *texts))


def _edge(edge: Edge, content: Content, at: EdgePlace, title: str) -> Group:
    neck = at.points[-1]
    items: list[Shape | Text] = [Shape("wire", curve(at.points))]
    if partial := content.partial(edge):
        x, y = at.label
        text = Text(x, y + 0.36 * PARTIAL_SIZE, "middle", (Run("partial", partial, PARTIAL_SIZE),))
        half = text.width / 2 + 2
        items += [Shape("ground", outline((x - half, y - 6.5, x + half, y + 6.5), 0.0)), text]
    if edge.name:
        x, y = at.name
        items.append(Text(x, y + 0.36 * CAPTION_SIZE, "middle", (Run("caption", edge.name, CAPTION_SIZE),)))
    if edge.target.kind != "more":
        items.append(Shape("head", pointed(at.tip, neck, 6.0, 2.4)))
    far = next((point for point in at.points[1:] if math.dist(point, at.points[0]) > 1e-6), at.tip)
    tail = pointed(at.points[0], far, 9.0, 4.5)
    holds = edge.holds if isinstance(edge, FoldedEdge) else ()
    shapes = *items, Shape("tail", tail), Shape("stub", curve([neck, at.tip]))
    return Group(edge.id, ("edge",), title, shapes, holds=holds)
