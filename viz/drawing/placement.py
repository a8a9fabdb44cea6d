"""A layout in Graphviz's words: it only draws then, with its engine `nop2`, and finds a few ways."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import unescape
from math import dist

from viz.graph.description import BoxPath, Graph, Node
from viz.graph.levels import Vector
from viz.layout.boxes import BoxLayout
from viz.layout.geometry import Point, Rect, Size
from viz.layout.routing import Route, routes
from viz.layout.tracks import TrackLayout
from viz.style.text import text_width

ENGINE = {"layout": "nop2", "splines": "true"}

_ARROW = 6.0  # how long a head of style.EDGE is
_TITLES = {"LR": 1, "RL": 1, "TB": 0, "BT": 2}  # the side that is up on the page


class Placement:
    """The places of a graph's nodes, boxes and edges, as attributes. One without boxes is laid out in tracks.

    Args:
        graph: what is drawn.
        labels: of the nodes, by id, as Graphviz's HTML.
        partials: the labels of the edges, in order, or empty texts.
        rankdir: as in `viz.draw`.
    """

    def __init__(self, graph: Graph, labels: Mapping[str, str], partials: Sequence[str], rankdir: str) -> None:
        self._rankdir, self._edges, self._partials = rankdir, graph.edges, partials
        sizes = _sizes(graph, labels)
        width = max(text_width(partial, 11) for partial in [*partials, ""])
        label = (width + 12, 14.0) if width else (0.0, 0.0)
        if rankdir in ("TB", "BT"):
            sizes = {node: (height, width) for node, (width, height) in sizes.items()}
            label = (30.0, width + 6) if width else (0.0, 0.0)
        has_boxes = boxes(graph)
        for id_, arrivals in _arrivals(graph, has_boxes).items():
            along, across = sizes[id_]
            sizes[id_] = along, max(across, label[1] * (arrivals + 1))
        self._routes: Sequence[Route | None]
        if has_boxes:
            layout = BoxLayout(graph, sizes, label, _TITLES[rankdir])
            self._places, self._routes = layout.places, routes(graph, layout, label)
        else:
            tracks = TrackLayout(graph, sizes, label)
            self._places, self._routes = tracks.places, tracks.routes

    def node(self, node: Node) -> dict[str, str]:
        """Return where a node is, and its size."""
        x0, y0, x1, y1 = self._on_page(self._places[node.id])
        size = {"width": f"{(x1 - x0) / 72:.3f}", "height": f"{(y1 - y0) / 72:.3f}", "fixedsize": "shape"}
        return {"pos": _text(((x0 + x1) / 2, (y0 + y1) / 2)), **size}

    def box(self, path: BoxPath) -> dict[str, str]:
        """Return where a box and its title are."""
        x0, y0, x1, y1 = self._on_page(self._places[path])
        title = x0 + 8 + text_width(path[-1], 11) / 2, y1 - 11
        return {"bb": f"{_text((x0, y0))},{_text((x1, y1))}", "lp": _text(title)}

    def edge(self, index: int) -> dict[str, str]:
        """Return the way of an edge, with an arrow at its end, and where its labels are."""
        way = self._routes[index]
        if way is None:
            return {}
        *points, back, tip = [self._turn(*point) for point in way.points]
        share = _ARROW / dist(back, tip)
        neck = tip[0] + share * (back[0] - tip[0]), tip[1] + share * (back[1] - tip[1])
        label = {"lp": _text(self._turn(*way.label))} if self._partials[index] else {}
        name = {"head_lp": _text(self._turn(*way.name))} if self._edges[index].name else {}
        return {"pos": f"e,{_text(tip)} {_text(*points, back, neck)}", **label, **name}

    def _turn(self, u: float, v: float) -> Point:
        """A point on the page, where y goes up."""
        return {"LR": (u, -v), "RL": (-u, -v), "TB": (v, -u), "BT": (v, u)}[self._rankdir]

    def _on_page(self, rect: Rect) -> Rect:
        (xa, ya), (xb, yb) = self._turn(*rect[:2]), self._turn(*rect[2:])
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _text(*points: Point) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def boxes(graph: Graph) -> bool:
    """Whether a graph has boxes, or is one of parts, so that its layout is that of a network."""
    return any(node.cluster or node.kind == "part" for node in graph.nodes)


def _arrivals(graph: Graph, has_boxes: bool) -> dict[str, int]:
    """How many edges arrive along the flow, at the nodes where more than one does: their labels need room."""
    computed = {edge.target.id for edge in graph.edges}
    along = [e for e in graph.edges if not has_boxes or e.source.id in computed or e.source.cluster != e.target.cluster]
    return {id_: n for id_, n in Counter(edge.target.id for edge in along).items() if n > 1}


def _sizes(graph: Graph, labels: Mapping[str, str]) -> dict[str, Size]:
    """The size of each node; those with numbers in two columns are at least as wide as the widest of all numbers."""
    rows = {node.id: labels[node.id][1:-1].split("</TR>") for node in graph.nodes}
    one = [node.id for node in graph.nodes if not isinstance(node, Vector)]
    numbers = [_width(row) for id_ in one for row in rows[id_] if 'ALIGN="LEFT"' in row]
    common = max(numbers, default=0.0) + 12
    sizes = {}
    for node in graph.nodes:
        width = max(_width(row) for row in rows[node.id])
        height = sum(16.0 + 18 * row.count("<BR/>") + 4 * ("COLSPAN" in row) for row in rows[node.id] if "<TD" in row)
        is_text = node.kind in ("constant", "more")
        sizes[node.id] = (width + 10, 18.0) if is_text else (max(common, width + 12, 24.0), max(height + 4, 24.0))
    return sizes


def _width(row: str) -> float:
    """The width of a row of a label."""
    runs = [re.findall(r'(?:POINT-SIZE="(\d+)")?>([^<]*)', f"<>{line}") for line in row.split("<BR/>")]
    return max(sum(text_width(unescape(text), float(size or 12)) for size, text in line) for line in runs)
