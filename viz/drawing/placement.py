"""A layout as attributes of DOT. The engine `nop2` of Graphviz then only draws, and routes the few edges left to it."""

from collections import Counter
from collections.abc import Sequence
from math import dist

from viz.drawing.content import Content
from viz.drawing.labels import number_text, printable_lines
from viz.graph.description import BoxPath, Graph, Node
from viz.graph.levels import Vector
from viz.layout.boxes import BoxLayout
from viz.layout.geometry import Point, Rect, Size
from viz.layout.routing import Route, routes
from viz.layout.tracks import TrackLayout
from viz.style.text import text_width

ENGINE = {"layout": "nop2", "splines": "true"}

_ARROW_LENGTH = 6.0  # in points, of an arrow with the attributes of `viz.style`
_TITLE_SIDES = {"LR": 1, "RL": 1, "TB": 0, "BT": 2}  # the side of a Rect that is at the top of the page


class Placement:
    """The places of the nodes, boxes and edges of a graph, as attributes. A graph without boxes is laid out in tracks.

    `partials` are the labels of the edges, in order, "" for none.
    """

    def __init__(self, content: Content, partials: Sequence[str]) -> None:
        graph = self._graph = content.graph
        self._rankdir, self._edges, self._partials = content.rankdir, graph.edges, partials
        sizes = _sizes(content)
        width = max(text_width(partial, 11) for partial in [*partials, ""])
        label = (width + 12, 14.0) if width else (0.0, 0.0)
        if self._rankdir in ("TB", "BT"):
            sizes = {node: (height, width) for node, (width, height) in sizes.items()}
            label = (30.0, width + 6) if width else (0.0, 0.0)
        for id_, arrivals in _arrivals(graph).items():
            along, across = sizes[id_]
            sizes[id_] = along, max(across, label[1] * (arrivals + 1))
        self._routes: Sequence[Route | None]
        if has_boxes(graph):
            layout = BoxLayout(graph, sizes, label, _TITLE_SIDES[self._rankdir])
            self._places, self._routes = layout.places, routes(graph, layout, label)
        else:
            tracks = TrackLayout(graph, sizes, label)
            self._places, self._routes = tracks.places, tracks.routes

    def node(self, node: Node) -> dict[str, str]:
        """Return the position and the size of a node."""
        x0, y0, x1, y1 = self._on_page(self._places[node.id])
        size = {"width": f"{(x1 - x0) / 72:.3f}", "height": f"{(y1 - y0) / 72:.3f}", "fixedsize": "shape"}
        return {"pos": _text(((x0 + x1) / 2, (y0 + y1) / 2)), **size}

    def title(self, path: BoxPath) -> str:
        """Return the title of a box, its short name if the whole title is wider than the box."""
        x0, _, x1, _ = self._on_page(self._places[path])
        title = self._graph.title(path)
        return title if text_width(title, 11) <= x1 - x0 - 16 else path[-1]

    def box(self, path: BoxPath) -> dict[str, str]:
        """Return the bounding box of a box and the position of its title."""
        x0, y0, x1, y1 = self._on_page(self._places[path])
        title = x0 + 8 + text_width(self.title(path), 11) / 2, y1 - 11
        return {"bb": f"{_text((x0, y0))},{_text((x1, y1))}", "lp": _text(title)}

    def edge(self, index: int) -> dict[str, str]:
        """Return the route of an edge, with an arrow at its end, and the positions of its label and its name."""
        route = self._routes[index]
        if route is None:
            return {}
        *points, back, tip = [self._turn(*point) for point in route.points]
        share = _ARROW_LENGTH / dist(back, tip)
        neck = tip[0] + share * (back[0] - tip[0]), tip[1] + share * (back[1] - tip[1])
        label = {"lp": _text(self._turn(*route.label))} if self._partials[index] else {}
        name = {"head_lp": _text(self._turn(*route.name))} if self._edges[index].name else {}
        return {"pos": f"e,{_text(tip)} {_text(*points, back, neck)}", **label, **name}

    def _turn(self, u: float, v: float) -> Point:
        """A point of the layout on the page, where y goes up."""
        return {"LR": (u, -v), "RL": (-u, -v), "TB": (v, -u), "BT": (v, u)}[self._rankdir]

    def _on_page(self, rect: Rect) -> Rect:
        (xa, ya), (xb, yb) = self._turn(*rect[:2]), self._turn(*rect[2:])
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _text(*points: Point) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def has_boxes(graph: Graph) -> bool:
    """Return whether a graph has boxes, or nodes that stand for boxes, and so the layout of a network."""
    return any(node.cluster or node.kind == "part" for node in graph.nodes)


def _arrivals(graph: Graph) -> dict[str, int]:
    """The number of edges that arrive along the flow, for nodes with more than one: their labels need space."""
    boxed = has_boxes(graph)
    computed = {edge.target.id for edge in graph.edges}
    along = [e for e in graph.edges if not boxed or e.source.id in computed or e.source.cluster != e.target.cluster]
    return {id_: n for id_, n in Counter(edge.target.id for edge in along).items() if n > 1}


def _sizes(content: Content) -> dict[str, Size]:
    """The size of each node. Nodes with a border are at least as wide as the widest number of a single node needs."""
    widths = {
        node.id: [text_width(caption, 9) + text_width(number, 12) for caption, number in content.numbers(node)]
        for node in content.graph.nodes
    }
    single = [node.id for node in content.graph.nodes if not isinstance(node, Vector)]
    common = max((width for id_ in single for width in widths[id_]), default=0.0) + 12
    sizes = {}
    for node in content.graph.nodes:
        title = _title_widths(node, content.digits)
        width = max([*title, *widths[node.id]], default=text_width("\xa0", 12))
        height = 20.0 + 18 * (len(title) - 1) if title else 0.0
        height += 16 * len(widths[node.id])
        has_border = node.kind not in ("constant", "more")
        sizes[node.id] = (max(common, width + 12, 24.0), max(height + 4, 24.0)) if has_border else (width + 10, 18.0)
    return sizes


def _title_widths(node: Node, digits: int) -> list[float]:
    """The width of each line of the title: the symbol and the label; for a constant, the number."""
    if node.kind == "constant":
        name = f"{node.label} = " if node.label else ""
        return [text_width(name + number_text(node, "data", digits), 12)]
    lines = [text_width(line, 12) for line in printable_lines(node.label)] if node.label else []
    if node.symbol:
        symbol = text_width(node.symbol, 15)
        lines[:1] = [symbol + text_width("\xa0", 12) + lines[0] if lines else symbol]
    return lines
