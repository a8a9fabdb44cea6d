"""What is written in a node and on an edge, in whatever language the drawing is."""

import re

from viz.graph.alike import shortened
from viz.graph.description import Edge, Node
from viz.graph.levels import Vector
from viz.style.text import format_number

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def numbers(node: Node, name: str, digits: int) -> str:
    """The data or the gradient of a node; of one that stands for several, the first ones and the last."""
    if not isinstance(node, Vector):
        return format_number(getattr(node, name), digits)
    every = [format_number(x, digits) for x in getattr(node, f"all_{name}")]
    if len({*every}) == 1:
        return every[0]
    shown = ["…" if i is None else every[i] for i in shortened(len(every), 4)]
    return f"[{', '.join(shown)}]"


def captioned(node: Node, show: frozenset[str], digits: int) -> list[tuple[str, str]]:
    """(caption, number) for what is shown of a node: ("data", "2"), ("grad", "0.5")."""
    if node.kind in ("constant", "more"):
        return []
    return [(name, numbers(node, name, digits)) for name in ("data", "grad") if name in show]


def partial(edge: Edge, show: frozenset[str], digits: int) -> str:
    """The partial on an edge, or ""."""
    return format_number(edge.partial, digits) if "partials" in show and edge.partial is not None else ""


def lines(label: str) -> list[str]:
    """A label line by line, with U+FFFD for what cannot be shown."""
    return [_UNSHOWABLE.sub("\ufffd", line) for line in label.expandtabs(4).splitlines()]
