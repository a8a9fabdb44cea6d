"""A graph as DOT, the language of Graphviz. The text depends on the graph alone: the same bytes on every run."""

from html import escape
from typing import Any

import graphviz

from viz import style
from viz.graph import Edge, Graph, Node
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
    """Return the drawing of a graph; the options are those of `viz.draw`."""
    drawing = Drawing(graph_attr={**style.GRAPH, "rankdir": rankdir}, node_attr=style.NODE, edge_attr=style.EDGE)
    labels = {node.id: _label(node, rankdir in ("TB", "BT"), show, digits) for node in graph.nodes}
    _boxes(drawing, graph.nodes, (), labels)
    for edge in graph.edges:
        _edge(drawing, edge, rankdir, digits if "partials" in show else None)
    return drawing


def _boxes(drawing: Any, nodes: list[Node], path: tuple[str, ...], labels: dict[str, str]) -> None:
    """Write the nodes that lie in the box `path`, then the boxes inside it."""
    own = [node for node in nodes if node.cluster == path]
    for node in reversed(own) if path else own:  # within a box, Graphviz puts what it reads first at the bottom
        attributes = {**style.KINDS[node.kind], **(style.OUTPUT if node.is_output else {})}
        drawing.node(node.id, labels[node.id], **attributes)
    inside: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.cluster != path:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    for box, its_nodes in inside.items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            cluster.attr(label=f"<{_text(box[-1])}>", **style.CLUSTER)
            _boxes(cluster, its_nodes, box, labels)


def _label(node: Node, vertical: bool, show: frozenset[str], digits: int) -> str:
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
    if node.is_ordered:
        rows = _with_ports(rows, vertical)
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>' if rows else "<&#160;>"


def _with_ports(rows: list[str], vertical: bool) -> list[str]:
    """The rows with places p0 and p1 for two operands to arrive at: left and right, or above and below."""
    if vertical:
        return ['<TD PORT="p0"></TD><TD PORT="p1"></TD>', *rows]
    if len(rows) == 1:
        rows = [*rows, '<TD COLSPAN="2"></TD>']
    first, *middle, last = rows
    return [first.replace("<TD", '<TD PORT="p0"', 1), *middle, last.replace("<TD", '<TD PORT="p1"', 1)]


def _edge(drawing: Any, edge: Edge, rankdir: str, digits: int | None) -> None:
    """Write an edge, with its partial if `digits` is not None."""
    attributes = {}
    if digits is not None and edge.partial is not None:
        attributes["label"] = f"<&#160;{style.number(edge.partial, digits)}&#160;>"
    if edge.target.cluster[:1] != edge.source.cluster[:1] and edge.target.cluster:
        attributes["minlen"] = "2"  # keeps the boxes of successive layers side by side
    side = {"LR": "w", "RL": "e", "TB": "n", "BT": "s"}[rankdir]
    if edge.name:
        attributes |= {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": style.CAPTION}
    port = f":p{edge.index}:{side}" if edge.target.is_ordered else ""
    drawing.edge(edge.source.id, edge.target.id + port, **attributes)


def _text(label: str) -> str:
    """Any text as it is, in Graphviz's HTML: markup escaped, line breaks kept, what cannot be shown as U+FFFD."""
    lines = label.expandtabs(4).splitlines() or [""]
    shown = ("".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines)
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in shown)
