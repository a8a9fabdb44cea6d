"""The places of a drawing on its page, where y goes down: nodes, boxes, edges with their labels, and texts."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from math import dist

from viz.drawing.circuit import depth_of_gate, gate_of, node_in_circuit
from viz.drawing.content import Content
from viz.drawing.texts import CAPTION_SIZE, PARTIAL_SIZE, Text, node_texts
from viz.graph.description import BoxPath, Edge, Graph
from viz.graph.folding import Folded
from viz.layout.boxes import BoxLayout
from viz.layout.columns import RULES
from viz.layout.geometry import Point, Rect, Size
from viz.layout.routing import Route, routes
from viz.layout.tracks import TrackLayout
from viz.style.text import text_width

# Lengths are in points.
SLIDE = 960.0, 540.0  # size of a slide, the frame of a drawing
MAX_COMMON = 150.0  # a node with a longer label is alone in its width
ARROW_LENGTH = 6.0
NAME_GAP = 2.0  # gap between an arrow and the name of an operand, and between that and the label before it
BETTER = 1.02  # another direction must make the picture larger by this factor
MAX_TRIED = 80  # nodes of a graph for which all forms are tried
MAX_RULED = 30  # nodes of a graph for which all rules of columns are
FORMS = (), ("leaf", "parameter"), ("leaf", "parameter", "operation")  # kinds of nodes that are flat
_TITLE_SIDES = {"LR": 1, "RL": 1, "TB": 0, "BT": 2}  # the side of a Rect that is at the top of the page


@dataclass(frozen=True)
class EdgePlace:
    """The curves of an edge up to the neck of its arrow, the tip, and the middles of its label and its name."""

    points: list[Point]
    tip: Point
    label: Point
    name: Point


class Placement:
    """The places of a graph in one direction. A graph without boxes is laid out in tracks.

    If there is a `frame`, a width and a height, a graph without boxes is folded into as many rows as make it largest
    there; `rule` is that of its `Columns`. Nodes of the kinds in `flat` have their numbers beside their title.
    """

    def __init__(
        self,
        content: Content,
        rankdir: str,
        frame: Size | None = None,
        flat: Collection[str] = (),
        rule: str = "near",
    ) -> None:
        graph = self._graph = content.graph
        self._content = content
        partials = [content.partial(edge) for edge in graph.edges]
        self._rankdir = rankdir
        self.texts: dict[str, list[Text]] = {}  # the texts of each node, around its middle
        sizes: dict[str, Size] = {}
        for node in graph.nodes:
            sizes[node.id], self.texts[node.id] = (
                node_in_circuit(node, content)
                if content.style == "circuit"
                else node_texts(node, content, is_flat=node.kind in flat)
            )
        if has_boxes(graph):  # nodes of one width, so that columns of neurons are alike
            single = [node.id for node in graph.nodes if node.kind in ("leaf", "parameter", "operation")]
            common = max((sizes[id_][0] for id_ in single if sizes[id_][0] < MAX_COMMON), default=0.0)
            sizes |= {id_: (max(common, sizes[id_][0]), sizes[id_][1]) for id_ in single}
        names = max(
            (text_width(edge.name, CAPTION_SIZE) + 2 * NAME_GAP for edge in graph.edges if edge.name), default=0.0
        )
        room = names
        labels = [_label_size(partial, names) for partial in partials]
        if rankdir in ("TB", "BT"):
            sizes = {id_: (height, width) for id_, (width, height) in sizes.items()}
            labels = [_turned_label(partial, names) for partial in partials]
            room = 0.0
            frame = frame and (frame[1], frame[0])
        step = max((across for _, across in labels), default=0.0)
        for id_, arrivals in _arrivals(graph).items():
            along, across = sizes[id_]
            sizes[id_] = along, max(across, step * (arrivals + (content.style == "boxes")))
        found: Sequence[Route]
        if has_boxes(graph):
            layout = BoxLayout(graph, sizes, labels, _TITLE_SIDES[rankdir], frame)
            rects, found = layout.places, routes(graph, layout, labels)
        else:
            tracks = TrackLayout(graph, sizes, labels, room, frame, rule)
            rects, found = tracks.places, tracks.routes
        self.rects = {key: self._on_page(rect) for key, rect in rects.items()}  # of nodes by id, of boxes by path
        self.edges = [self._edge(edge, route) for edge, route in zip(graph.edges, found, strict=True)]

    def title(self, path: BoxPath) -> str:
        """Return the title of a box, its short name if the whole title is wider than the box."""
        x0, _, x1, _ = self.rects[path]
        title = self._graph.title(path)
        return title if text_width(title, PARTIAL_SIZE) <= x1 - x0 - 16 else path[-1]

    def hull(self) -> Rect:
        """Return the smallest rectangle around everything."""
        points = [point for edge in self.edges for point in edge.points]
        xs = [x for rect in self.rects.values() for x in rect[::2]] + [x for x, _ in points]
        ys = [y for rect in self.rects.values() for y in rect[1::2]] + [y for _, y in points]
        return min(xs), min(ys), max(xs), max(ys)

    def _edge(self, edge: Edge, route: Route) -> EdgePlace:
        *points, back, tip = [self._turn(*point) for point in route.points]
        if self._content.style == "circuit":  # a gate is round, and its rectangle is not
            gate = gate_of(edge.target, self.rects[edge.target.id], self._content)
            tip = tip[0] + depth_of_gate(gate, tip[1]), tip[1]
        share = ARROW_LENGTH / dist(back, tip)
        dx, dy = share * (back[0] - tip[0]), share * (back[1] - tip[1])
        half = text_width(edge.name, CAPTION_SIZE) / 2
        if abs(dx) > abs(dy):  # the name is above the line, or else to the right of it
            name = tip[0] + dx * (1 + (NAME_GAP + half) / abs(dx)), tip[1] - 6.5
        else:
            name = tip[0] + NAME_GAP + half + 1, tip[1] + 2.2 * dy
        return EdgePlace([*points, back, (tip[0] + dx, tip[1] + dy)], tip, self._turn(*route.label), name)

    def _turn(self, u: float, v: float) -> Point:
        """A point of the layout on the page."""
        return {"LR": (u, v), "RL": (-u, v), "TB": (v, u), "BT": (v, -u)}[self._rankdir]

    def _on_page(self, rect: Rect) -> Rect:
        (xa, ya), (xb, yb) = self._turn(*rect[:2]), self._turn(*rect[2:])
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def place(content: Content, frame: Size = SLIDE, enough: float = 1.0) -> Placement:
    """Return the places of a graph in its direction, or if it has none, as large as possible in a frame.

    No picture is better than one that is `enough` times its size there.
    """
    if content.rankdir is not None:
        return Placement(content, content.rankdir)
    best, largest = None, 0.0
    if content.style == "circuit":  # wires run from left to right
        return Placement(content, "LR", (frame[0] / enough, frame[1] / enough))
    n_nodes = len(content.graph.nodes)
    rules = RULES if n_nodes <= MAX_RULED and not has_boxes(content.graph) else RULES[:1]
    for rule, rankdir, flat in product(rules, ("LR", "TB"), FORMS if n_nodes <= MAX_TRIED else FORMS[:1]):
        placement = Placement(content, rankdir, (frame[0] / enough, frame[1] / enough), flat, rule)
        x0, y0, x1, y1 = placement.hull()
        scale = min(frame[0] / (x1 - x0), frame[1] / (y1 - y0), enough)
        if best is None or scale > BETTER * largest:
            best, largest = placement, scale
    assert best is not None
    return best


def _label_size(partial: str, names: float) -> Size:
    """The room of a label along an edge from left to right and across it, with the name of the operand after it."""
    width = text_width(partial, PARTIAL_SIZE) + 10 if partial else ARROW_LENGTH if names else 0.0
    return width + names, 14.0 if partial or names else 0.0


def _turned_label(partial: str, names: float) -> Size:
    """The room of a label along an edge from top to bottom and across it, with the name of the operand beside it."""
    width = max(text_width(partial, PARTIAL_SIZE) + 6 if partial else 0.0, 2 * names)
    return 30.0 if partial else 16.0 if names else 0.0, width


def has_boxes(graph: Graph) -> bool:
    """Return whether a graph has boxes, or nodes that stand for boxes, and so the layout of a network."""
    return any(node.cluster or (node.kind == "part" and not isinstance(node, Folded)) for node in graph.nodes)


def _arrivals(graph: Graph) -> dict[str, int]:
    """The number of edges that arrive along the flow, for nodes with more than one: their labels need space."""
    boxed = has_boxes(graph)
    computed = {edge.target.id for edge in graph.edges}
    along = [
        edge
        for edge in graph.edges
        if not boxed
        or edge.source.id in computed
        or edge.source.cluster != edge.target.cluster
        or edge.target.kind == "part"
    ]
    return {id_: n for id_, n in Counter(edge.target.id for edge in along).items() if n > 1}
