"""A graph as DOT, the language of Graphviz. Equal graphs give equal bytes, on every run."""

from collections.abc import Sequence
from html import escape
from typing import Any

from viz.drawing.content import Content
from viz.drawing.drawing import Drawing, GraphDrawing
from viz.drawing.labels import number_text, printable_lines
from viz.drawing.placement import ENGINE, Placement, has_boxes
from viz.graph.description import BoxPath, Edge, Node, boxes_inside
from viz.layout.columns import total_edge_length
from viz.style.attributes import box_attributes, graph_attributes, node_attributes

# Length in columns, summed over all edges; an edge with a label counts twice. Graphviz lays out a graph of that length
# in 0.3 s, and the time grows with its square.
MAX_EDGE_LENGTH = 1000
MAX_LABEL = 2000  # characters; Graphviz reads texts of up to 16,384 bytes, and of a label each may need 6


def to_dot(content: Content) -> GraphDrawing:
    """Return the drawing of a graph.

    Graphviz lays out small graphs without boxes. For all others the drawing contains the place of every node and edge.
    """
    graph, rankdir, colors = content.graph, content.rankdir, content.colors
    longest = max((node.label for node in graph.nodes), key=len)
    if len(longest) > MAX_LABEL:
        raise ValueError(
            f"draw: expected labels of at most {MAX_LABEL} characters, got {len(longest)} in {longest[:20] + '…'!r}"
        )
    partials = [content.partial(edge) for edge in graph.edges]
    is_placed = has_boxes(graph) or total_edge_length(graph) * (2 if any(partials) else 1) > MAX_EDGE_LENGTH
    drawing = GraphDrawing(**graph_attributes(colors))
    drawing.content = content
    drawing.attr("graph", **(ENGINE if is_placed else {"rankdir": rankdir}))
    if is_placed:
        _write_placed(drawing, content, partials)
        return drawing
    ports = "above" if rankdir in ("TB", "BT") else "beside"
    side = {"LR": "w", "RL": "e", "TB": "n", "BT": "s"}[rankdir]
    for node in graph.nodes:
        drawing.node(node.id, _label(node, content, ports), **node_attributes(node.kind, node.is_output, colors))
    for edge, partial in zip(graph.edges, partials, strict=True):
        label = {"label": f"<&#160;{partial}&#160;>"} if partial else {}
        port = f":p{edge.index}:{side}" if edge.target.is_ordered else ""
        drawing.edge(edge.source.id, edge.target.id + port, **label, **_head(edge, content))
    return drawing


def _write_placed(drawing: Drawing, content: Content, partials: Sequence[str]) -> None:
    """Write a graph with the places of its nodes, boxes and edges; the labels of edges lie on the edges."""
    placement = Placement(content, partials)
    _write_box(drawing, content, content.graph.nodes, (), placement)
    for i, (edge, partial) in enumerate(zip(content.graph.edges, partials, strict=True)):
        ground = f'BORDER="0" CELLPADDING="1" BGCOLOR="{content.colors["paper"]}"'
        label = {"label": f"<<TABLE {ground}><TR><TD>{partial}</TD></TR></TABLE>>"} if partial else {}
        drawing.edge(edge.source.id, edge.target.id, **label, **_head(edge, content), **placement.edge(i))


def _write_box(drawing: Any, content: Content, nodes: Sequence[Node], path: BoxPath, placement: Placement) -> None:
    """Write the nodes directly in the box `path`, then the boxes inside it."""
    for node in nodes:
        if node.cluster == path:
            attributes = node_attributes(node.kind, node.is_output, content.colors)
            drawing.node(node.id, _label(node, content), **attributes, **placement.node(node))
    for box, box_nodes in boxes_inside(nodes, path).items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            title = f"<{html(placement.title(box))}>"
            cluster.attr(label=title, **box_attributes(content.colors), **placement.box(box))
            _write_box(cluster, content, box_nodes, box, placement)


def _head(edge: Edge, content: Content) -> dict[str, str]:
    """The end of an edge: an arrow, and the name of the operand."""
    if edge.target.kind == "more":
        return {"arrowhead": "none"}
    if not edge.name:
        return {}
    return {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": content.colors["muted"]}


def _label(node: Node, content: Content, ports: str = "") -> str:
    """The text of a node: its symbol and label, and below them the shown numbers with captions."""
    colors = content.colors
    if node.kind == "constant":
        name = f"<I>{html(node.label)}&#160;=&#160;</I>" if node.label else ""
        return f"<{name}{number_text(node, 'data', content.digits)}>"
    symbol = f'<B><FONT POINT-SIZE="15">{html(node.symbol)}</FONT></B>' if node.symbol else ""
    label = f"<I>{html(node.label)}</I>" if node.label else ""
    rows = []
    if symbol or label:
        rows.append(f'<TD COLSPAN="2">{"&#160;".join(filter(None, (symbol, label)))}</TD>')
    for name, number in content.numbers(node):
        caption = f'<FONT COLOR="{colors["muted"]}" POINT-SIZE="9">{name}</FONT>'
        shown = f'<FONT COLOR="{colors[name]}">{number}</FONT>'
        rows.append(f'<TD ALIGN="RIGHT">{caption}</TD><TD ALIGN="LEFT">{shown}</TD>')
    if node.is_ordered and ports:
        rows = _with_ports(rows, ports)
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>' if rows else "<&#160;>"


def _with_ports(rows: list[str], ports: str) -> list[str]:
    """The rows with ports p0 and p1, at which the edges of two operands arrive, above the text or beside it."""
    if ports == "above":
        return ['<TD PORT="p0"></TD><TD PORT="p1"></TD>', *rows]
    if len(rows) == 1:
        rows = [*rows, '<TD COLSPAN="2"></TD>']
    first, *middle, last = rows
    return [first.replace("<TD", '<TD PORT="p0"', 1), *middle, last.replace("<TD", '<TD PORT="p1"', 1)]


def html(label: str) -> str:
    """Return a label in the HTML of Graphviz: markup escaped, line breaks kept, U+FFFD for unprintable characters."""
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in printable_lines(label))
