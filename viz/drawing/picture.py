"""A drawing taken apart into shapes and texts, so that the numbers in it can change while nothing moves.

Graphviz has laid it out once, as `viz.draw` does; what comes back is read from its SVG. From there it is written as an
SVG with a name on every part, for a page or for a file, or painted on a page of a PDF.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from autodiff.extend import needed
from viz.drawing.rendering import render
from viz.graph.description import Edge, Graph, Node
from viz.pages.page import Html, element
from viz.style.palette import LIGHT
from viz.style.text import FONT, text_width

CAPTION_SIZE = 15.0  # of the sentence below a picture, in points
LEAST_WIDTH = 460.0  # of a picture with a sentence, in points
_SVG = "{http://www.w3.org/2000/svg}"
_CAPTIONS = ("data", "grad")


@dataclass(frozen=True)
class Shape:
    """An outline or a line: its role, and an SVG path."""

    role: str
    path: str


@dataclass(frozen=True)
class Text:
    """A text: its role, where it begins, and its font."""

    role: str
    x: float
    y: float
    size: float
    bold: bool
    italic: bool
    text: str


@dataclass(frozen=True)
class Part:
    """A node, an edge or a box: "n3", "e5" or "", its classes, what is drawn, and what it says to who cannot see it."""

    id: str
    classes: tuple[str, ...]
    title: str
    items: tuple[Shape | Text, ...]


@dataclass(frozen=True)
class State:
    """How a picture looks at one moment: texts by key such as "n3.grad" or "e5.partial", a mark on parts by id."""

    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """The parts in the order that they are painted in, and the size, in points; (left, top) is the corner."""

    parts: tuple[Part, ...]
    left: float
    top: float
    width: float
    height: float


def picture(drawing: Any, graph: Graph) -> Picture:
    """Take a drawing of a graph apart.

    Args:
        drawing: what `dot.to_dot` gave for the graph, with data, grad and partials.
        graph: what it shows.
    """
    root = ElementTree.fromstring(render(drawing, "svg"))
    canvas = root.find(f"{_SVG}g")
    assert canvas is not None
    dx, dy = (float(x) for x in re.findall(r"translate\((\S+) (\S+)\)", canvas.get("transform", ""))[0])
    _, _, width, height = (float(x) for x in root.get("viewBox", "").split())
    nodes = {node.id: node for node in graph.nodes}
    parts = []
    for group in canvas.findall(f"{_SVG}g"):
        kind = group.get("class")
        if kind == "node":
            parts.append(_node(group, nodes[group.findtext(f"{_SVG}title", "")]))
        elif kind == "edge":
            i = int(group.get("id", "").removeprefix("edge")) - 1
            parts.append(_edge(group, i, graph.edges[i]))
        else:
            items = [_item(item, "cluster", "caption") for item in group if item.tag != f"{_SVG}title"]
            parts.append(Part("", ("cluster",), "", tuple(items)))
    parts.sort(key=lambda part: ("cluster", "edge", "node").index(part.classes[0]))
    return Picture(tuple(parts), -dx, -dy, width, height)


def laid_out(who: str, graph: Graph, rankdir: str, digits: int) -> Picture:
    """Let Graphviz lay out a graph with all its numbers; `who` is asked for it, for errors."""
    with needed(f"viz.{who}", "graphviz", "viz"):
        from viz.drawing.dot import to_dot
    return picture(to_dot(graph, rankdir=rankdir, show=frozenset(("data", "grad", "partials")), digits=digits), graph)


def _node(group: ElementTree.Element, node: Node) -> Part:
    """Of a node the last texts are its numbers, each after its caption; a constant is a number alone."""
    items = [_item(item, "box", "name") for item in group if item.tag != f"{_SVG}title"]
    texts = [item for item in items if isinstance(item, Text)]
    roles = {id(item): "symbol" if item.bold else "name" for item in texts}
    if node.kind == "constant":
        roles[id(texts[-1])] = "data"
    else:
        roles |= dict(zip([id(item) for item in texts[-4:]], ["caption", "data", "caption", "grad"], strict=True))
    named = [_with_role(item, roles[id(item)]) if isinstance(item, Text) else item for item in items]
    classes = ("node", node.kind, *(("output",) if node.is_output else ()))
    return Part(node.id, classes, f"{node.symbol} {node.label}".strip(), tuple(named))


def _edge(group: ElementTree.Element, i: int, edge: Edge) -> Part:
    items = [_item(item, "wire", "partial") for item in group if item.tag != f"{_SVG}title"]
    polygons = [item for item in items if isinstance(item, Shape) and item.path.endswith("Z")]
    roles = {id(shape): "head" if shape is polygons[0] else "ground" for shape in polygons}
    for item in items:
        if isinstance(item, Text):
            roles[id(item)] = "partial" if item.text.strip() != edge.name or not edge.name else "caption"
    named = [_with_role(item, roles.get(id(item), item.role)) for item in items]
    wire = next(item for item in items if isinstance(item, Shape) and item.role == "wire")
    return Part(
        f"e{i}", ("edge",), "", (*named, Shape("tail", _arrow(wire.path)), Shape("stub", _stub(wire, polygons[0])))
    )


def _stub(wire: Shape, head: Shape) -> str:
    """From the end of a line to the tip of its head, for when the head is at the other end."""
    end = points_of(wire.path)[-1]
    tip = max(points_of(head.path), key=lambda point: math.dist(point, end))
    return f"M{_short(end[0])},{_short(end[1])}L{_short(tip[0])},{_short(tip[1])}"


def points_of(path: str) -> list[tuple[float, float]]:
    """The points of a path, and of the curves on it the points that they bend towards."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _arrow(path: str) -> str:
    """A head at the other end of a line, for what goes backward along it."""
    (x, y), *points = points_of(path)
    far = next((point for point in points if math.dist(point, (x, y)) > 1e-6), (x + 1, y))
    length = math.dist(far, (x, y))
    u, v = (far[0] - x) / length, (far[1] - y) / length
    corners = [(x, y), (x + 9 * u - 4.5 * v, y + 9 * v + 4.5 * u), (x + 9 * u + 4.5 * v, y + 9 * v - 4.5 * u)]
    return "M" + "L".join(f"{_short(a)},{_short(b)}" for a, b in corners) + "Z"


def _with_role(item: Shape | Text, role: str) -> Shape | Text:
    return type(item)(**{**vars(item), "role": role})


def _item(item: ElementTree.Element, shape: str, words: str) -> Shape | Text:
    """A shape or text as Graphviz wrote it."""
    if item.tag != f"{_SVG}text":
        points = item.get("points")
        return Shape(shape, f"M{points.strip().replace(' ', 'L')}Z" if points else item.get("d", ""))
    x, y, size = (float(item.get(name, "")) for name in ("x", "y", "font-size"))
    text = (item.text or "").replace("\xa0", " ")
    if text.startswith(" ") and words == "partial":  # the space around the label of an edge
        x += text_width(" ", size) * 0.75
        text = text.strip()
    return Text(words, x, y, size, item.get("font-weight") == "bold", item.get("font-style") == "italic", text)


# ------------------------------------------------------------------------------------------------ how it looks

FILLS = {"data": "data", "grad": "grad", "partial": "partial", "caption": "muted", "name": "ink", "symbol": "ink"}
MARKED = {"sender": "sender", "receiver": "receiver", "computed": "receiver"}


def look(part: Part, item: Shape | Text, mark: str) -> dict[str, str]:
    """How an item is painted: fill and stroke as names of colors, "" for none, and the width of the stroke."""
    on = mark in ("active", "sent")
    if isinstance(item, Text):
        return {"fill": FILLS[item.role]}
    if item.role == "box":
        fill = MARKED.get(mark) or next(kind for kind in part.classes if kind in ("leaf", "parameter", "operation"))
        heavy = "output" in part.classes or mark in MARKED
        return {"fill": fill, "stroke": "ink" if heavy else "line", "width": "2.5" if heavy else "1"}
    if item.role == "ground":
        return {"fill": "paper", "stroke": ""}
    backward = mark == "active"
    if item.role == "head" if backward else item.role in ("tail", "stub"):
        return {"fill": "", "stroke": ""}
    if item.role == "cluster":
        return {"fill": "", "stroke": "line", "width": "0.7"}
    stroke = "grad" if on else "ink" if mark == "feeding" else "line"
    heavy = mark in ("active", "feeding") and item.role in ("wire", "stub")
    return {"fill": stroke if item.role in ("head", "tail") else "", "stroke": stroke, "width": "3" if heavy else "1"}


def shows(part: Part, item: Shape | Text, state: State) -> bool:
    """Whether an item is painted: the ground of a number that is not there yet would be a hole in its edge."""
    return item.role != "ground" or state.texts.get(f"{part.id}.partial") != ""


def svg(shown: Picture, state: State, *, says: str = "", lines: int = 0, interactive: bool = False) -> Html:
    """Return a picture as SVG.

    Args:
        shown: the picture.
        state: the texts that differ from those that it was laid out with, and the marks.
        says: a sentence below.
        lines: how many lines to leave for it, so that pictures of a series are of one size.
        interactive: whether it is for a page, whose rules color it; each part and each number then has an id.
    """
    parts = [_svg_part(part, state, interactive) for part in shown.parts]
    width, height = (max(shown.width, LEAST_WIDTH) if says else shown.width), shown.height
    left = shown.left - (width - shown.width) / 2
    step = CAPTION_SIZE * 1.35
    for i, line in enumerate(wrapped(says, shown.width)):
        x, y = left + width / 2, shown.top + height + step * (i + 1)
        parts.append(
            element(
                "text", line, x=_short(x), y=_short(y), font_size=CAPTION_SIZE, text_anchor="middle", fill=LIGHT["ink"]
            )
        )
    if says:
        height += step * (max(lines, len(wrapped(says, shown.width))) + 0.6)
    return element(
        "svg",
        *([] if interactive else [_ground(left, shown.top, width, height)]),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"{_short(left)} {_short(shown.top)} {_short(width)} {_short(height)}",
        width=f"{_short(width)}pt",
        height=f"{_short(height)}pt",
        font_family=FONT,
        class_="graph" if interactive else None,
        role="img",
        aria_label=says or "computation graph",
    )


def _ground(left: float, top: float, width: float, height: float) -> Html:
    return element(
        "rect", x=_short(left), y=_short(top), width=_short(width), height=_short(height), fill=LIGHT["paper"]
    )


def _svg_part(part: Part, state: State, interactive: bool) -> Html:
    mark = state.marks.get(part.id, "")
    items = []
    for item in part.items:
        colors = look(part, item, mark)
        class_ = item.role if interactive else None
        if isinstance(item, Shape):
            if not interactive and not (shows(part, item, state) and (colors["fill"] or colors["stroke"])):
                continue
            out = element(
                "path",
                d=item.path,
                class_=class_,
                fill=None if interactive else LIGHT.get(colors["fill"], "none"),
                stroke=None if interactive else LIGHT.get(colors["stroke"], "none"),
                stroke_width=None if interactive or not colors["stroke"] else colors["width"],
            )
        else:
            key = f"{part.id}.{item.role}" if part.id and item.role in ("data", "grad", "partial") else None
            out = element(
                "text",
                state.texts.get(key, item.text) if key else item.text,
                x=_short(item.x),
                y=_short(item.y),
                font_size=_short(item.size),
                font_weight="bold" if item.bold or (mark == "active" and item.role == "partial") else None,
                font_style="italic" if item.italic else None,
                class_=class_,
                id=key if interactive else None,
                fill=None if interactive else LIGHT[colors["fill"]],
            )
        items.append(out)
    classes = " ".join([*part.classes, mark]).strip() if interactive else None
    opacity = "0.4" if mark == "waiting" and not interactive else None
    title = [element("title", part.title)] if part.title else []
    return element("g", *title, *items, id=part.id or None if interactive else None, class_=classes, opacity=opacity)


def wrapped(says: str, width: float) -> list[str]:
    """A sentence in lines of a picture's width, or of the least width."""
    lines: list[str] = []
    for paragraph in says.split("\n") if says else []:
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".strip()
            if line and 0.85 * text_width(longer, CAPTION_SIZE) > max(width, LEAST_WIDTH) - 10:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _short(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def widest(texts: Sequence[float], shown_as: Any) -> float:
    """The number whose text is the widest."""
    return max(texts, key=lambda x: text_width(shown_as(x), 12.0))
