"""A graph as Mermaid text, for pages that draw it themselves: a README on GitHub, a wiki, a slide in Markdown."""

import re

from viz.drawing.labels import captioned, lines, numbers, partial
from viz.drawing.shown import Shown
from viz.graph.description import Node
from viz.style.attributes import SHAPES, node_attributes

_PLAIN = re.compile(r"[^\w .,+\-−×=()\[\]/→…·*∂²³√]")  # what may be markup in some place is written as its number


def to_mermaid(shown: Shown) -> str:
    """Return a Mermaid flowchart."""
    parts = [f"flowchart {shown.rankdir}"]
    _write_box(parts, shown, shown.graph.nodes, ())
    for edge in shown.graph.edges:
        words = partial(edge, shown.show, shown.digits)
        label = f'|"{_text(words)}"|' if words else ""
        parts.append(f"    {edge.source.id} -->{label} {edge.target.id}")
    colors = shown.colors
    for kind in SHAPES:
        look = node_attributes(kind, False, colors)
        fill, border = look.get("fillcolor", "transparent"), look.get("color", "transparent")
        parts.append(f"    classDef {kind} fill:{fill},stroke:{border},color:{colors['ink']}")
    parts.append(f"    classDef output stroke:{colors['ink']},stroke-width:3px")
    if shown.graph.edges:
        parts.append(f"    linkStyle default stroke:{colors['line']},color:{colors['partial']}")
    return "\n".join(parts) + "\n"


def _write_box(parts: list[str], shown: Shown, nodes: list[Node], path: tuple[str, ...]) -> None:
    """The nodes that lie in a box, then the boxes inside it."""
    indent = "    " * (len(path) + 1)
    inside: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.cluster == path:
            parts.append(f"{indent}{_node(node, shown)}")
            if node.is_output:
                parts.append(f"{indent}class {node.id} output")
        else:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    for box, its_nodes in inside.items():
        name = "_".join(re.sub(r"\W", "_", part, flags=re.ASCII) for part in box)
        parts.append(f'{indent}subgraph box_{name}["{_text(box[-1])}"]')
        _write_box(parts, shown, its_nodes, box)
        parts.append(f"{indent}end")
        colors = shown.colors
        parts.append(f"{indent}style box_{name} fill:none,stroke:{colors['line']},color:{colors['muted']}")


def _node(node: Node, shown: Shown) -> str:
    begin, end = ("(", ")") if node.kind in ("operation", "part") else ("[", "]")
    if node.kind == "constant":
        rows = [_text(numbers(node, "data", shown.digits))]
    else:
        title = [_text(node.symbol), *map(_text, lines(node.label))]
        rows = [" ".join(filter(None, title[:2])), *title[2:]]
        rows += [f"{caption} {_text(words)}" for caption, words in captioned(node, shown.show, shown.digits)]
    words = "<br/>".join(filter(None, rows)) or "#160;"
    return f'{node.id}{begin}"{words}"{end}:::{node.kind}'


def _text(label: str) -> str:
    """Any text as it is, in a quoted Mermaid text: a character that may be markup by its number, as in #60;."""
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", "\ufffd".join(lines(label)) if label else "")
