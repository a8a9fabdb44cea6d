"""A drawing as shapes and texts with names, so that its numbers can change while nothing moves.

Graphviz lays out the drawing once, as for `viz.draw`, and the shapes are read from its SVG. `viz.drawing.svg` writes
them as SVG again, with an id on each, and the slides of `viz.stepper` paint them on pages of a PDF.
"""

import math
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from autodiff.extend import needed
from viz.drawing.content import Content
from viz.drawing.paths import SVG, coordinate, points_of, tip_of
from viz.drawing.rendering import render
from viz.graph.description import Edge, Graph, Node
from viz.style.palette import LIGHT
from viz.style.text import text_width


@dataclass(frozen=True)
class Shape:
    """An outline or a line: its role, such as "box" or "wire", and its SVG path."""

    role: str
    path: str


@dataclass(frozen=True)
class Text:
    """A text: its role, such as "name" or "grad", its start, and its font."""

    role: str
    x: float
    y: float
    size: float
    bold: bool
    italic: bool
    text: str


@dataclass(frozen=True)
class Group:
    """The shapes and texts of a node, an edge or a box, as a group of SVG."""

    id: str  # "n3" for a node, "e5" for an edge, "" for a box
    classes: tuple[str, ...]  # "node", "edge" or "cluster"; for a node also its kind, and "output"
    title: str  # the text for a screen reader
    items: tuple[Shape | Text, ...]  # the shapes and texts, in the order of painting


@dataclass(frozen=True)
class Picture:
    """The groups in the order of painting, the top left corner, and the size, in points."""

    groups: tuple[Group, ...]
    left: float
    top: float
    width: float
    height: float


def read_picture(drawing: Any, graph: Graph) -> Picture:
    """Return the drawing of a graph by `to_dot`, with data, grad and partials, as shapes and texts."""
    root = ElementTree.fromstring(render(drawing, "svg"))
    canvas = root.find(f"{SVG}g")
    assert canvas is not None
    dx, dy = (float(x) for x in re.findall(r"translate\((\S+) (\S+)\)", canvas.get("transform", ""))[0])
    _, _, width, height = (float(x) for x in root.get("viewBox", "").split())
    nodes = {node.id: node for node in graph.nodes}
    groups = []
    for element in canvas.findall(f"{SVG}g"):
        kind = element.get("class")
        if kind == "node":
            groups.append(_node(element, nodes[element.findtext(f"{SVG}title", "")]))
        elif kind == "edge":
            i = int(element.get("id", "").removeprefix("edge")) - 1
            groups.append(_edge(element, i, graph.edges[i]))
        else:
            items = [_item(item, "cluster", "caption") for item in element if item.tag != f"{SVG}title"]
            groups.append(Group("", ("cluster",), "", tuple(items)))
    groups.sort(key=lambda group: ("cluster", "edge", "node").index(group.classes[0]))
    return Picture(tuple(groups), -dx, -dy, width, height)


def lay_out(who: str, graph: Graph, rankdir: str, digits: int) -> Picture:
    """Return a graph with all its numbers, laid out by Graphviz; `who` is the caller, for errors."""
    with needed(f"viz.{who}", "graphviz", "viz"):
        from viz.drawing.dot import to_dot
    return read_picture(to_dot(Content(graph, rankdir, frozenset(("data", "grad", "partials")), digits, LIGHT)), graph)


def _node(element: ElementTree.Element, node: Node) -> Group:
    """A node, whose last four texts are its numbers with their captions; a constant is one number."""
    items = [_item(item, "box", "name") for item in element if item.tag != f"{SVG}title"]
    texts = [item for item in items if isinstance(item, Text)]
    roles = {id(item): "symbol" if item.bold else "name" for item in texts}
    if node.kind == "constant":
        roles[id(texts[-1])] = "data"
    else:
        roles |= dict(zip([id(item) for item in texts[-4:]], ["caption", "data", "caption", "grad"], strict=True))
    named = [_with_role(item, roles[id(item)]) if isinstance(item, Text) else item for item in items]
    classes = ("node", node.kind, *(("output",) if node.is_output else ()))
    return Group(node.id, classes, f"{node.symbol} {node.label}".strip(), tuple(named))


def _edge(element: ElementTree.Element, i: int, edge: Edge) -> Group:
    items = [_item(item, "wire", "partial") for item in element if item.tag != f"{SVG}title"]
    polygons = [item for item in items if isinstance(item, Shape) and item.path.endswith("Z")]
    roles = {id(shape): "head" if shape is polygons[0] else "ground" for shape in polygons}
    for item in items:
        if isinstance(item, Text):
            roles[id(item)] = "partial" if item.text.strip() != edge.name or not edge.name else "caption"
    named = [_with_role(item, roles.get(id(item), item.role)) for item in items]
    wire = next(item for item in items if isinstance(item, Shape) and item.role == "wire")
    return Group(
        f"e{i}", ("edge",), "", (*named, Shape("tail", _arrow(wire.path)), Shape("stub", _stub(wire, polygons[0])))
    )


def _stub(wire: Shape, head: Shape) -> str:
    """The path from the end of a line to the tip of its head, which is painted when the head is at the other end."""
    end = points_of(wire.path)[-1]
    tip = tip_of(head.path, end)
    return f"M{coordinate(end[0])},{coordinate(end[1])}L{coordinate(tip[0])},{coordinate(tip[1])}"


def _arrow(path: str) -> str:
    """The head at the start of a line, for the backward pass."""
    (x, y), *points = points_of(path)
    far = next((point for point in points if math.dist(point, (x, y)) > 1e-6), (x + 1, y))
    length = math.dist(far, (x, y))
    u, v = (far[0] - x) / length, (far[1] - y) / length
    corners = [(x, y), (x + 9 * u - 4.5 * v, y + 9 * v + 4.5 * u), (x + 9 * u + 4.5 * v, y + 9 * v - 4.5 * u)]
    return "M" + "L".join(f"{coordinate(a)},{coordinate(b)}" for a, b in corners) + "Z"


def _with_role(item: Shape | Text, role: str) -> Shape | Text:
    return type(item)(**{**vars(item), "role": role})


def _item(item: ElementTree.Element, shape_role: str, text_role: str) -> Shape | Text:
    """A shape or a text as written by Graphviz."""
    if item.tag != f"{SVG}text":
        points = item.get("points")
        return Shape(shape_role, f"M{points.strip().replace(' ', 'L')}Z" if points else item.get("d", ""))
    x, y, size = (float(item.get(name, "")) for name in ("x", "y", "font-size"))
    text = (item.text or "").replace("\xa0", " ")
    if text.startswith(" ") and text_role == "partial":  # the spaces around the label of an edge
        x += text_width(" ", size) * 0.75
        text = text.strip()
    return Text(text_role, x, y, size, item.get("font-weight") == "bold", item.get("font-style") == "italic", text)
