"""A graph as Mermaid text, for pages that draw Mermaid: a README on GitHub, a wiki, a slide in Markdown."""

import re

from viz.drawing.content import Content
from viz.drawing.labels import label_lines, number_text
from viz.graph.description import BoxPath, Node, boxes_inside
from viz.graph.names import on_one_line
from viz.style.attributes import SHAPES, node_attributes

_MARKUP = re.compile(r"[^\w .,+\-−×=()\[\]/→…·∂²³√]")  # characters that could be markup of Mermaid
# Characters that could be markup of Markdown, which Mermaid 11.0 to 11.12 reads in every label, by number too: - and +
# before a digit begin no list. After each, two characters without width, a space to Markdown and a letter, end it.
_MARKDOWN = re.compile(r"[*_~\]\\@#=]|[+-](?!\d)|(?<!\d)\.|\.(?!\d)|(?<=\d)\)|^(?= )")
_END = "#65279;#8288;"  # after #, the letter alone: with a space it begins a heading


def to_mermaid(content: Content) -> str:
    """Return a graph as a Mermaid flowchart."""
    graph, colors = content.graph, content.colors
    lines = [f"flowchart {content.rankdir or 'LR'}"]
    _write_box(lines, content, graph.nodes, ())
    for edge in graph.edges:
        partial = content.partial(edge)
        label = f'|"{_text(partial)}"|' if partial else ""
        lines.append(f"    {edge.source.id} -->{label} {edge.target.id}")
    for kind in SHAPES:
        attributes = node_attributes(kind, False, colors)
        fill, border = attributes.get("fillcolor", "transparent"), attributes.get("color", "transparent")
        lines.append(f"    classDef {kind} fill:{fill},stroke:{border},color:{colors['ink']}")
    lines.append(f"    classDef output stroke:{colors['ink']},stroke-width:3px")
    if graph.edges:
        lines.append(f"    linkStyle default stroke:{colors['line']},color:{colors['partial']}")
    return "\n".join(lines) + "\n"


def _write_box(lines: list[str], content: Content, nodes: list[Node], path: BoxPath) -> None:
    """Append the nodes directly in a box, then the boxes inside it."""
    indent = "    " * (len(path) + 1)
    for node in nodes:
        if node.cluster == path:
            lines.append(f"{indent}{_node(node, content)}")
            if node.is_output:
                lines.append(f"{indent}class {node.id} output")
    for box, box_nodes in boxes_inside(nodes, path).items():
        name = "_".join(re.sub(r"\W", "_", part, flags=re.ASCII) for part in box)
        lines.append(f'{indent}subgraph box_{name}["{_text(content.graph.title(box))}"]')
        _write_box(lines, content, box_nodes, box)
        lines.append(f"{indent}end")
        colors = content.colors
        lines.append(f"{indent}style box_{name} fill:none,stroke:{colors['line']},color:{colors['muted']}")


def _node(node: Node, content: Content) -> str:
    begin, end = ("(", ")") if node.kind in ("operation", "part") else ("[", "]")
    if node.kind == "constant":
        name = f"{_text(_name(node, content))} = " if node.label else ""
        rows = [name + _text(number_text(node, "data", content.digits))]
    else:
        title = [_text(node.symbol), *map(_text, label_lines(_name(node, content)))]
        rows = [" ".join(filter(None, title[:2])), *title[2:]]
        rows += [f"{caption} {_text(number)}" for caption, number in content.numbers(node) if number]
    text = "<br/>".join(filter(None, rows)) or "#160;"
    return f'{node.id}{begin}"{text}"{end}:::{node.kind}'


def _name(node: Node, content: Content) -> str:
    return on_one_line(node.label, content.name(node))


def _text(label: str) -> str:
    """A quoted Mermaid text that shows a label: a character that could be markup by its code, such as #60;."""
    text = "\ufffd".join(label_lines(label)).replace("`", "ˋ")  # code, or a letter that looks the same

    def by_code(text: str) -> str:
        return _MARKUP.sub(lambda match: f"#{ord(match[0])};", text)

    pieces = zip(_MARKDOWN.split(text), [*_MARKDOWN.findall(text), None], strict=True)
    return "".join(
        by_code(before) + ("" if c is None else f"{by_code(c)}{_END[7 if c == '#' else 0 :]}") for before, c in pieces
    )
