"""The texts in a node and on an edge, for every language of a drawing."""

from viz.graph.alike import shortened
from viz.graph.description import Node
from viz.graph.levels import Vector
from viz.pages.markup import showable
from viz.style.text import format_number


def number_text(node: Node, name: str, digits: int) -> str:
    """Return the "data" or "grad" of a node; for a node that stands for several, the first numbers and the last."""
    if not isinstance(node, Vector):
        return format_number(getattr(node, name), digits)
    texts = [format_number(x, digits) for x in getattr(node, f"all_{name}")]
    if len({*texts}) == 1:
        return texts[0]
    return f"[{', '.join('…' if i is None else texts[i] for i in shortened(len(texts), 4))}]"


def label_lines(label: str) -> list[str]:
    """Return the lines of a label, with U+FFFD for characters that XML does not allow."""
    return [showable(line) for line in label.expandtabs(4).splitlines()]


def printable_lines(label: str) -> list[str]:
    """Return the lines of a label, at least one, with U+FFFD for characters that are not printable."""
    lines = label.expandtabs(4).splitlines() or [""]
    return ["".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines]
