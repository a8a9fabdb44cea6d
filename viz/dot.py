"""A graph as DOT, the language of Graphviz. The text depends on the graph alone: the same bytes on every run."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import graphviz

from viz import style
from viz.fold import Vector
from viz.graph import Edge, Graph, Node
from viz.palette import LIGHT
from viz.placement import ENGINE, Placement
from viz.render import render, save
from viz.series import shortened


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A `graphviz.Digraph` that shows itself as SVG in a notebook, with no system Graphviz needed; see `viz.save`."""

    def pipe(self, format: str = "svg", **_: Any) -> bytes:  # noqa: A002  # graphviz's own name for it
        """Return the picture as bytes."""
        return render(self, format)

    def render(self, filename: Any = "graph", *, format: str = "svg", **_: Any) -> str:  # noqa: A002
        """Write the picture to `filename` with the suffix of the format, and return the path."""
        return str(save(self, f"{filename}.{format}"))

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        return {"image/svg+xml": render(self, "svg").decode()}


def to_dot(
    graph: Graph, *, rankdir: str, show: frozenset[str], digits: int, colours: Mapping[str, str] = LIGHT
) -> Drawing:
    """Return the drawing of a graph; the options are those of `viz.draw`.

    Graphviz lays out a graph without boxes. One with boxes comes with the place of everything.
    """
    has_boxes = any(node.cluster or node.kind == "part" for node in graph.nodes)
    ports = "" if has_boxes else "above" if rankdir in ("TB", "BT") else "beside"
    labels = {node.id: _label(node, ports, show, digits, colours) for node in graph.nodes}
    partials = [_partial(edge, digits) if "partials" in show else "" for edge in graph.edges]
    layout = ENGINE if has_boxes else {"rankdir": rankdir}
    drawing = Drawing(**style.graph_look(colours))
    drawing.attr("graph", **layout)
    if has_boxes:
        _write_placed(drawing, graph, labels, partials, Placement(graph, labels, partials, rankdir), colours)
        return drawing
    side = {"LR": "w", "RL": "e", "TB": "n", "BT": "s"}[rankdir]
    for node in graph.nodes:
        drawing.node(node.id, labels[node.id], **style.node_look(node.kind, node.is_output, colours))
    for edge, partial in zip(graph.edges, partials, strict=True):
        label = {"label": f"<&#160;{partial}&#160;>"} if partial else {}
        port = f":p{edge.index}:{side}" if edge.target.is_ordered else ""
        drawing.edge(edge.source.id, edge.target.id + port, **label, **_head(edge, colours))
    return drawing


def _write_placed(
    drawing: Drawing,
    graph: Graph,
    labels: Mapping[str, str],
    partials: Sequence[str],
    placement: Placement,
    colours: Mapping[str, str],
) -> None:
    """Write a graph with boxes, and where everything is; the labels of edges lie on them."""
    _write_box(drawing, graph.nodes, (), labels, placement, colours)
    for i, (edge, partial) in enumerate(zip(graph.edges, partials, strict=True)):
        ground = f'BORDER="0" CELLPADDING="1" BGCOLOR="{colours["paper"]}"'
        label = {"label": f"<<TABLE {ground}><TR><TD>{partial}</TD></TR></TABLE>>"} if partial else {}
        drawing.edge(edge.source.id, edge.target.id, **label, **_head(edge, colours), **placement.edge(i))


def _write_box(
    drawing: Any,
    nodes: Sequence[Node],
    path: tuple[str, ...],
    labels: Mapping[str, str],
    placement: Placement,
    colours: Mapping[str, str],
) -> None:
    """Write the nodes that lie in the box `path`, then the boxes inside it."""
    inside: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.cluster == path:
            look = style.node_look(node.kind, node.is_output, colours)
            drawing.node(node.id, labels[node.id], **look, **placement.node(node))
        else:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    for box, its_nodes in inside.items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            cluster.attr(label=f"<{text(box[-1])}>", **style.cluster_look(colours), **placement.box(box))
            _write_box(cluster, its_nodes, box, labels, placement, colours)


def _head(edge: Edge, colours: Mapping[str, str]) -> dict[str, str]:
    """The end of an edge: an arrow, and the name of the place that it arrives at."""
    if edge.target.kind == "more":
        return {"arrowhead": "none"}
    if not edge.name:
        return {}
    return {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": colours["muted"]}


def _partial(edge: Edge, digits: int) -> str:
    return style.number(edge.partial, digits) if edge.partial is not None else ""


def _label(node: Node, ports: str, show: frozenset[str], digits: int, colours: Mapping[str, str]) -> str:
    """The node's text: symbol and label above, the shown numbers below, each with its caption."""
    if node.kind == "constant":
        return f"<{_numbers(node, 'data', digits)}>"
    symbol = f'<B><FONT POINT-SIZE="15">{text(node.symbol)}</FONT></B>' if node.symbol else ""
    label = f"<I>{text(node.label)}</I>" if node.label else ""
    rows = []
    if symbol or label:
        rows.append(f'<TD COLSPAN="2">{"&#160;".join(filter(None, (symbol, label)))}</TD>')
    for name in ("data", "grad"):
        if name in show and node.kind != "more":
            caption = f'<FONT COLOR="{colours["muted"]}" POINT-SIZE="9">{name}</FONT>'
            shown = f'<FONT COLOR="{colours[name]}">{_numbers(node, name, digits)}</FONT>'
            rows.append(f'<TD ALIGN="RIGHT">{caption}</TD><TD ALIGN="LEFT">{shown}</TD>')
    if node.is_ordered and ports:
        rows = _with_ports(rows, ports)
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>' if rows else "<&#160;>"


def _numbers(node: Node, name: str, digits: int) -> str:
    """The data or the gradient of a node; of one that stands for several, the first and the last."""
    if not isinstance(node, Vector):
        return style.number(getattr(node, name), digits)
    numbers = [style.number(x, digits) for x in getattr(node, f"all_{name}")]
    if len({*numbers}) == 1:
        return numbers[0]
    shown = ["…" if i is None else numbers[i] for i in shortened(len(numbers), 4)]
    return f"[{', '.join(shown)}]"


def _with_ports(rows: list[str], ports: str) -> list[str]:
    """The rows with places p0 and p1 for two operands to arrive at, above the text or beside it."""
    if ports == "above":
        return ['<TD PORT="p0"></TD><TD PORT="p1"></TD>', *rows]
    if len(rows) == 1:
        rows = [*rows, '<TD COLSPAN="2"></TD>']
    first, *middle, last = rows
    return [first.replace("<TD", '<TD PORT="p0"', 1), *middle, last.replace("<TD", '<TD PORT="p1"', 1)]


def text(label: str) -> str:
    """Any text as it is, in Graphviz's HTML: markup escaped, line breaks kept, what cannot be shown as U+FFFD."""
    lines = label.expandtabs(4).splitlines() or [""]
    shown = ("".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines)
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in shown)
