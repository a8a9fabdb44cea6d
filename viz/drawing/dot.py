"""A graph as DOT, the language of Graphviz. The text depends on the graph alone: the same bytes on every run."""

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import graphviz

from viz.drawing.labels import captioned, numbers, partial
from viz.drawing.mermaid import to_mermaid
from viz.drawing.placement import ENGINE, Placement, boxes
from viz.drawing.rendering import render, save
from viz.drawing.shown import Shown
from viz.drawing.tikz import to_tikz
from viz.graph.description import Edge, Graph, Node
from viz.layout.columns import total_edge_length
from viz.style.attributes import box_attributes, graph_attributes, node_attributes
from viz.style.palette import LIGHT

LONG = 1000  # columns that all edges go through, twice that with labels: 0.3 s at most for Graphviz, then their square


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A `graphviz.Digraph` that shows itself as SVG in a notebook, with no system Graphviz needed; see `viz.save`."""

    def pipe(self, format: str = "svg", **_: Any) -> bytes:  # noqa: A002  # graphviz's own name for it
        """Return the picture as bytes."""
        return render(self, format)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as `viz.save` does; `source` is the DOT text."""
        return save(self, path)

    def render(self, filename: Any = None, *, format: str = "svg", **_: Any) -> str:  # noqa: A002
        """Write the picture to `filename` with the suffix of the format, and return the path."""
        return str(save(self, f"{filename or 'graph'}.{format}"))

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        svg = render(self, "svg").decode()
        scrolls = f'<div style="max-width:100%;overflow-x:auto">{svg[svg.index("<svg") :]}</div>'
        return {"image/svg+xml": svg, "text/html": scrolls}


class GraphDrawing(Drawing):
    """The drawing of a recorded graph, also as text for other programs.

    Attributes:
        shown: what is drawn, and how.
    """

    shown: Shown

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart, which GitHub and many wikis draw."""
        return to_mermaid(self.shown)

    def tikz(self) -> str:
        """Return the graph as a LaTeX document of its own, drawn by TikZ with everything where Graphviz puts it.

        Symbols are set in mathematics. Labels in other alphabets than Latin need lualatex or xelatex, and a font.
        """
        return to_tikz(self.shown, render(self, "svg"))


def to_dot(
    graph: Graph, *, rankdir: str, show: frozenset[str], digits: int, colors: Mapping[str, str] = LIGHT
) -> GraphDrawing:
    """Return the drawing of a graph; the options are those of `viz.draw`.

    Graphviz lays out a graph without boxes. One with boxes, or with edges that would keep Graphviz busy for long, comes
    with the place of everything.
    """
    partials = [partial(edge, show, digits) for edge in graph.edges]
    is_placed = boxes(graph) or total_edge_length(graph) * (2 if any(partials) else 1) > LONG
    ports = "" if is_placed else "above" if rankdir in ("TB", "BT") else "beside"
    labels = {node.id: _label(node, ports, show, digits, colors) for node in graph.nodes}
    layout = ENGINE if is_placed else {"rankdir": rankdir}
    drawing = GraphDrawing(**graph_attributes(colors))
    drawing.shown = Shown(graph, rankdir, show, digits, colors)
    drawing.attr("graph", **layout)
    if is_placed:
        _write_placed(drawing, graph, labels, partials, Placement(graph, labels, partials, rankdir), colors)
        return drawing
    side = {"LR": "w", "RL": "e", "TB": "n", "BT": "s"}[rankdir]
    for node in graph.nodes:
        drawing.node(node.id, labels[node.id], **node_attributes(node.kind, node.is_output, colors))
    for edge, words in zip(graph.edges, partials, strict=True):
        label = {"label": f"<&#160;{words}&#160;>"} if words else {}
        port = f":p{edge.index}:{side}" if edge.target.is_ordered else ""
        drawing.edge(edge.source.id, edge.target.id + port, **label, **_head(edge, colors))
    return drawing


def _write_placed(
    drawing: Drawing,
    graph: Graph,
    labels: Mapping[str, str],
    partials: Sequence[str],
    placement: Placement,
    colors: Mapping[str, str],
) -> None:
    """Write a graph with boxes, and where everything is; the labels of edges lie on them."""
    _write_box(drawing, graph.nodes, (), labels, placement, colors)
    for i, (edge, words) in enumerate(zip(graph.edges, partials, strict=True)):
        ground = f'BORDER="0" CELLPADDING="1" BGCOLOR="{colors["paper"]}"'
        label = {"label": f"<<TABLE {ground}><TR><TD>{words}</TD></TR></TABLE>>"} if words else {}
        drawing.edge(edge.source.id, edge.target.id, **label, **_head(edge, colors), **placement.edge(i))


def _write_box(
    drawing: Any,
    nodes: Sequence[Node],
    path: tuple[str, ...],
    labels: Mapping[str, str],
    placement: Placement,
    colors: Mapping[str, str],
) -> None:
    """Write the nodes that lie in the box `path`, then the boxes inside it."""
    inside: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.cluster == path:
            look = node_attributes(node.kind, node.is_output, colors)
            drawing.node(node.id, labels[node.id], **look, **placement.node(node))
        else:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    for box, its_nodes in inside.items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            cluster.attr(label=f"<{text(box[-1])}>", **box_attributes(colors), **placement.box(box))
            _write_box(cluster, its_nodes, box, labels, placement, colors)


def _head(edge: Edge, colors: Mapping[str, str]) -> dict[str, str]:
    """The end of an edge: an arrow, and the name of the place that it arrives at."""
    if edge.target.kind == "more":
        return {"arrowhead": "none"}
    if not edge.name:
        return {}
    return {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": colors["muted"]}


def _label(node: Node, ports: str, show: frozenset[str], digits: int, colors: Mapping[str, str]) -> str:
    """The node's text: symbol and label above, the shown numbers below, each with its caption."""
    if node.kind == "constant":
        return f"<{numbers(node, 'data', digits)}>"
    symbol = f'<B><FONT POINT-SIZE="15">{text(node.symbol)}</FONT></B>' if node.symbol else ""
    label = f"<I>{text(node.label)}</I>" if node.label else ""
    rows = []
    if symbol or label:
        rows.append(f'<TD COLSPAN="2">{"&#160;".join(filter(None, (symbol, label)))}</TD>')
    for name, words in captioned(node, show, digits):
        caption = f'<FONT COLOR="{colors["muted"]}" POINT-SIZE="9">{name}</FONT>'
        shown = f'<FONT COLOR="{colors[name]}">{words}</FONT>'
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


def text(label: str) -> str:
    """Any text as it is, in Graphviz's HTML: markup escaped, line breaks kept, what cannot be shown as U+FFFD."""
    lines = label.expandtabs(4).splitlines() or [""]
    shown = ("".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines)
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in shown)
