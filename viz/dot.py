"""A graph as DOT, the language of Graphviz. The text depends on the graph alone: the same bytes on every run."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import graphviz

from viz import style
from viz.graph import Edge, Graph, Node
from viz.placement import ENGINE, Placement
from viz.render import render, save


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


def to_dot(graph: Graph, *, rankdir: str, show: frozenset[str], digits: int) -> Drawing:
    """Return the drawing of a graph; the options are those of `viz.draw`.

    Graphviz lays out a graph without boxes. One with boxes comes with the place of everything.
    """
    has_boxes = any(node.cluster for node in graph.nodes)
    ports = "" if has_boxes else "above" if rankdir in ("TB", "BT") else "beside"
    labels = {node.id: _label(node, ports, show, digits) for node in graph.nodes}
    partials = [_partial(edge, digits) if "partials" in show else "" for edge in graph.edges]
    layout = ENGINE if has_boxes else {"rankdir": rankdir}
    drawing = Drawing(graph_attr={**style.GRAPH, **layout}, node_attr=style.NODE, edge_attr=style.EDGE)
    if has_boxes:
        _write_placed(drawing, graph, labels, partials, Placement(graph, labels, partials, rankdir))
        return drawing
    side = {"LR": "w", "RL": "e", "TB": "n", "BT": "s"}[rankdir]
    for node in graph.nodes:
        drawing.node(node.id, labels[node.id], **_look(node))
    for edge, partial in zip(graph.edges, partials, strict=True):
        label = {"label": f"<&#160;{partial}&#160;>"} if partial else {}
        port = f":p{edge.index}:{side}" if edge.target.is_ordered else ""
        drawing.edge(edge.source.id, edge.target.id + port, **label, **_head(edge))
    return drawing


def _write_placed(
    drawing: Drawing, graph: Graph, labels: Mapping[str, str], partials: Sequence[str], placement: Placement
) -> None:
    """Write a graph with boxes, and where everything is; the labels of edges lie on them."""
    _write_box(drawing, graph.nodes, (), labels, placement)
    for i, (edge, partial) in enumerate(zip(graph.edges, partials, strict=True)):
        on_white = f'<<TABLE BORDER="0" CELLPADDING="1" BGCOLOR="white"><TR><TD>{partial}</TD></TR></TABLE>>'
        label = {"label": on_white} if partial else {}
        drawing.edge(edge.source.id, edge.target.id, **label, **_head(edge), **placement.edge(i))


def _write_box(
    drawing: Any, nodes: Sequence[Node], path: tuple[str, ...], labels: Mapping[str, str], placement: Placement
) -> None:
    """Write the nodes that lie in the box `path`, then the boxes inside it."""
    inside: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.cluster == path:
            drawing.node(node.id, labels[node.id], **_look(node), **placement.node(node))
        else:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    for box, its_nodes in inside.items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            cluster.attr(label=f"<{_text(box[-1])}>", **style.CLUSTER, **placement.box(box))
            _write_box(cluster, its_nodes, box, labels, placement)


def _look(node: Node) -> dict[str, str]:
    return {**style.KINDS[node.kind], **(style.OUTPUT if node.is_output else {})}


def _head(edge: Edge) -> dict[str, str]:
    """The name of the place that an edge arrives at."""
    if not edge.name:
        return {}
    return {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": style.CAPTION}


def _partial(edge: Edge, digits: int) -> str:
    return style.number(edge.partial, digits) if edge.partial is not None else ""


def _label(node: Node, ports: str, show: frozenset[str], digits: int) -> str:
    """The node's text: symbol and label above, the shown numbers below, each with its caption."""
    if node.kind == "constant":
        return f"<{style.number(node.data, digits)}>"
    symbol = f'<B><FONT POINT-SIZE="15">{_text(node.symbol)}</FONT></B>' if node.symbol else ""
    label = f"<I>{_text(node.label)}</I>" if node.label else ""
    rows = []
    if symbol or label:
        rows.append(f'<TD COLSPAN="2">{"&#160;".join(filter(None, (symbol, label)))}</TD>')
    for name, x, colour in (("data", node.data, style.DATA), ("grad", node.grad, style.GRAD)):
        if name in show:
            caption = f'<FONT COLOR="{style.CAPTION}" POINT-SIZE="9">{name}</FONT>'
            shown = f'<FONT COLOR="{colour}">{style.number(x, digits)}</FONT>'
            rows.append(f'<TD ALIGN="RIGHT">{caption}</TD><TD ALIGN="LEFT">{shown}</TD>')
    if node.is_ordered and ports:
        rows = _with_ports(rows, ports)
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>' if rows else "<&#160;>"


def _with_ports(rows: list[str], ports: str) -> list[str]:
    """The rows with places p0 and p1 for two operands to arrive at, above the text or beside it."""
    if ports == "above":
        return ['<TD PORT="p0"></TD><TD PORT="p1"></TD>', *rows]
    if len(rows) == 1:
        rows = [*rows, '<TD COLSPAN="2"></TD>']
    first, *middle, last = rows
    return [first.replace("<TD", '<TD PORT="p0"', 1), *middle, last.replace("<TD", '<TD PORT="p1"', 1)]


def _text(label: str) -> str:
    """Any text as it is, in Graphviz's HTML: markup escaped, line breaks kept, what cannot be shown as U+FFFD."""
    lines = label.expandtabs(4).splitlines() or [""]
    shown = ("".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines)
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in shown)
