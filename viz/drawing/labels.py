"""The texts in a node and on an edge, for every language of a drawing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from viz.graph.alike import shortened
from viz.graph.description import Edge, Graph, Node
from viz.graph.levels import Vector
from viz.style.text import format_number

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Content:
    """A graph, and the options of `viz.draw` that decide what is shown of it."""

    graph: Graph
    rankdir: str
    show: frozenset[str]
    digits: int
    colors: Mapping[str, str]

    def numbers(self, node: Node) -> list[tuple[str, str]]:
        """Return the shown numbers of a node with their captions: ("data", "2"), ("grad", "0.5")."""
        if node.kind in ("constant", "more"):
            return []
        return [(name, number_text(node, name, self.digits)) for name in ("data", "grad") if name in self.show]

    def partial(self, edge: Edge) -> str:
        """Return the partial on an edge, or "" if none is shown."""
        if edge.partial is None or "partials" not in self.show:
            return ""
        return format_number(edge.partial, self.digits)


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
    return [_UNSHOWABLE.sub("\ufffd", line) for line in label.expandtabs(4).splitlines()]


def printable_lines(label: str) -> list[str]:
    """Return the lines of a label, at least one, with U+FFFD for characters that are not printable."""
    lines = label.expandtabs(4).splitlines() or [""]
    return ["".join(c if c.isprintable() or c == "\xa0" else "\ufffd" for c in line) for line in lines]
