"""A graph as DOT, the language of Graphviz. Equal graphs give equal bytes, on every run."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from viz.drawing.content import Content
from viz.drawing.drawing import Drawing, GraphDrawing
from viz.drawing.labels import number_text, printable_lines
from viz.drawing.paths import points_of
from viz.drawing.picture import Group, Picture, Shape, picture_of
from viz.drawing.placement import Placement, place
from viz.drawing.svg import color_of, paint_of
from viz.drawing.texts import Text
from viz.drawing.words import in_words
from viz.graph.description import BoxPath, Edge, Node, boxes_inside
from viz.layout.geometry import Point, middle
from viz.layout.routing import straight
from viz.style.attributes import box_attributes, graph_attributes, node_attributes
from viz.style.text import text_width

ENGINE = {"layout": "nop2", "splines": "true"}  # the engine that only draws


def to_dot(content: Content) -> GraphDrawing:
    """Return the drawing of a graph, with the place of every node, box and edge."""
    graph = content.graph
    drawing = GraphDrawing(**graph_attributes(content.colors))
    drawing.content, drawing.alt = content, in_words(graph, content.digits)
    legend = [(content.colors[name], f'{words}<BR ALIGN="LEFT"/>') for name, words in content.legend()]
    label = "".join(f'<FONT COLOR="{color}" POINT-SIZE="9">{words}</FONT>' for color, words in legend)
    drawing.attr("graph", **ENGINE, **({"label": f"<{label}>", "labeljust": "l"} if label else {}))
    if content.style == "circuit":
        _write_picture(drawing, picture_of(content), content.colors)
        return drawing
    placement = place(content)
    _write_box(drawing, content, graph.nodes, (), placement)
    for edge, at in zip(graph.edges, placement.edges, strict=True):
        ground = f'BORDER="0" CELLPADDING="1" BGCOLOR="{content.colors["paper"]}"'
        attributes = {"pos": f"e,{_pos(at.tip)} {_pos(*at.points)}", **_head(edge, content)}
        if partial := content.partial(edge):
            attributes["label"] = f"<<TABLE {ground}><TR><TD>{partial}</TD></TR></TABLE>>"
            attributes["lp"] = _pos(at.label)
        if edge.name:
            attributes["head_lp"] = _pos(at.name)
        drawing.edge(edge.source.id, edge.target.id, **attributes)
    return drawing


def picture_to_dot(picture: Picture, alt: str, colors: Mapping[str, str]) -> Drawing:
    """Return the drawing of a picture of circles, boxes, straight lines and texts, each in its place."""
    drawing = Drawing(**graph_attributes(colors))
    drawing.picture, drawing.alt, drawing.colors = picture, alt, colors
    _write_picture(drawing, picture, colors)
    return drawing


def _write_picture(drawing: Drawing, picture: Picture, colors: Mapping[str, str]) -> None:
    """Write shapes as nodes without text, lines as edges between points, and texts as nodes without a border."""
    drawing.attr("graph", layout="nop2", outputorder="edgesfirst")
    nothing = {"label": "", "shape": "plaintext", "width": "0", "height": "0"}
    for i, group in enumerate(group for group in picture.groups if "legend" not in group.classes):
        for k, item in enumerate(group.items):
            name, paint = f"{group.id or i}-{k}", paint_of(group, item, "")
            if isinstance(item, Text):
                place = item.x, item.y - 0.35 * item.runs[0].size
                drawing.node(name, **nothing | {"label": _runs(group, item, colors)}, pos=_pos(place))
            elif item.role == "wire":
                points = points_of(item.path)
                for end, place in zip("ab", (points[0], points[-1]), strict=True):
                    drawing.node(name + end, pos=_pos(place), **nothing)
                curve = [points[0], *straight(*points)] if len(points) == 2 else points
                look = {"color": colors[paint.stroke], "penwidth": f"{item.width or 1.0:.2f}", "arrowhead": "none"}
                heads = (one.path for one in group.items if isinstance(one, Shape) and one.role == "head")
                head = next(map(points_of, heads), None)
                if head:
                    look["arrowhead"] = "normal"
                at = f"e,{_pos(head[1])} {_pos(*curve)}" if head else _pos(*curve)
                drawing.edge(f"{name}a", f"{name}b", pos=at, **look)
            elif item.role in ("box", "ground"):
                xs, ys = zip(*points_of(item.path), strict=True)
                size = max(xs) - min(xs), max(ys) - min(ys)
                place = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
                shape = "circle" if size[0] == size[1] else "box"
                look = {"fillcolor": colors[paint.fill], "color": colors[paint.stroke or paint.fill]}
                look |= {"style": "filled" if item.role == "ground" else "filled,rounded", "penwidth": paint.width}
                sides = {"width": f"{size[0] / 72:.3f}", "height": f"{size[1] / 72:.3f}", "fixedsize": "true"}
                drawing.node(name, "", shape=shape, pos=_pos(place), **look, **sides)


def _runs(group: Group, text: Text, colors: Mapping[str, str]) -> str:
    """A line of text, each of its runs in its size and color."""
    parts = []
    for run in text.runs:
        shown = f'<FONT COLOR="{colors[color_of(group, run)]}" POINT-SIZE="{run.size:g}">{html(run.text)}</FONT>'
        shown = f"<B>{shown}</B>" if run.bold else f"<SUB>{shown}</SUB>" if run.down else shown
        parts.append(f"<I>{shown}</I>" if run.italic else shown)
    return f"<{''.join(parts)}>"


def _write_box(drawing: Any, content: Content, nodes: Sequence[Node], path: BoxPath, placement: Placement) -> None:
    """Write the nodes directly in the box `path`, then the boxes inside it."""
    for node in nodes:
        if node.cluster == path:
            x0, y0, x1, y1 = placement.rects[node.id]
            size = {"width": f"{(x1 - x0) / 72:.3f}", "height": f"{(y1 - y0) / 72:.3f}", "fixedsize": "shape"}
            attributes = node_attributes(node.kind, node.is_output, content.colors) | size
            drawing.node(node.id, _label(node, content), pos=_pos(middle((x0, y0, x1, y1))), **attributes)
    for box, box_nodes in boxes_inside(nodes, path).items():
        with drawing.subgraph(name="cluster_" + "_".join(box).replace(" ", "_")) as cluster:
            x0, y0, x1, y1 = placement.rects[box]
            title = placement.title(box)
            lp = x0 + 8 + text_width(title, 11) / 2, y0 + 11
            attributes = {"bb": f"{_pos((x0, y1))},{_pos((x1, y0))}", "lp": _pos(lp)}
            cluster.attr(label=f"<{html(title)}>", **box_attributes(content.colors), **attributes)
            _write_box(cluster, content, box_nodes, box, placement)


def _pos(*points: Point) -> str:
    """Points as Graphviz reads them: y goes up there."""
    return " ".join(f"{x:.1f},{0.0 - y:.1f}" for x, y in points)


def _head(edge: Edge, content: Content) -> dict[str, str]:
    """The end of an edge: an arrow, and the name of the operand."""
    if edge.target.kind == "more":
        return {"arrowhead": "none"}
    if not edge.name:
        return {}
    return {"headlabel": f"<{edge.name}>", "labelfontsize": "9", "labelfontcolor": content.colors["muted"]}


def _label(node: Node, content: Content) -> str:
    """The text of a node: its symbol and label, and below them the shown numbers with captions."""
    colors = content.colors
    if node.kind == "constant":
        name = f"{html_name(*content.name(node))}&#160;=&#160;" if node.label else ""
        return f"<{name}{number_text(node, 'data', content.digits)}>"
    symbol = f'<B><FONT POINT-SIZE="15">{html(node.symbol)}</FONT></B>' if node.symbol else ""
    label = html_name(*content.name(node)) if node.label else ""
    rows = []
    if symbol or label:
        rows.append(f'<TD COLSPAN="2">{"&#160;".join(filter(None, (symbol, label)))}</TD>')
    for name, number in content.numbers(node):
        caption = f'<FONT COLOR="{colors["muted"]}" POINT-SIZE="9">{name}</FONT>'
        shown = f'<FONT COLOR="{colors[name]}">{number or "&#160;"}</FONT>'
        rows.append(f'<TD ALIGN="RIGHT">{caption}</TD><TD ALIGN="LEFT">{shown}</TD>')
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{table}</TABLE>>' if rows else "<&#160;>"


def html_name(base: str, index: str) -> str:
    """Return a name, typeset, in the HTML of Graphviz."""
    return f"<I>{html(base)}{f'<SUB>{html(index)}</SUB>' if index else ''}</I>"


def html(label: str) -> str:
    """Return a label in the HTML of Graphviz: markup escaped, line breaks kept, U+FFFD for unprintable characters."""
    return "<BR/>".join(escape(line).replace("\\", "\\\\") for line in printable_lines(label))
