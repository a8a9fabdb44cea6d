"""How a drawing looks. Kinds of node differ in shape and border as well as in color, so that it prints in gray."""

import math
from collections.abc import Mapping
from unicodedata import east_asian_width

FONT = "Helvetica,Arial,sans-serif"

GRAPH = {"fontname": FONT, "fontsize": "11", "nodesep": "0.18", "ranksep": "0.42"}
NODE = {"fontname": FONT, "fontsize": "12", "margin": "0.06,0.02", "height": "0.3", "width": "0.3", "penwidth": "1"}
EDGE = {"fontname": FONT, "fontsize": "11", "arrowsize": "0.6"}
CLUSTER = {"style": "rounded", "labeljust": "l", "margin": "8"}

SHAPES = {
    "leaf": {"shape": "box", "style": "filled"},
    "parameter": {"shape": "box", "style": "filled"},
    "constant": {"shape": "plaintext"},
    "operation": {"shape": "box", "style": "filled,rounded"},
    "part": {"shape": "box", "style": "filled,rounded"},
    "more": {"shape": "plaintext"},
}
FILLS = {"leaf": "leaf", "parameter": "parameter", "operation": "operation", "part": "parameter"}


def graph_look(colors: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the attributes of a graph, and of its nodes and edges, for the constructor of `graphviz.Digraph`."""
    return {
        "graph_attr": {**GRAPH, "bgcolor": colors["paper"]},
        "node_attr": {**NODE, "fontcolor": colors["ink"]},
        "edge_attr": {**EDGE, "color": colors["line"], "fontcolor": colors["partial"]},
    }


def node_look(kind: str, is_output: bool, colors: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a node of a kind."""
    look = dict(SHAPES[kind])
    if kind in FILLS:
        border = "ink" if is_output or kind in ("leaf", "parameter") else "line"
        look |= {"fillcolor": colors[FILLS[kind]], "color": colors[border]}
    return {**look, "penwidth": "2.5"} if is_output else look


def cluster_look(colors: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a box around nodes."""
    return {**CLUSTER, "color": colors["line"], "penwidth": "0.7", "fontcolor": colors["muted"]}


def number(x: float, digits: int) -> str:
    """A number with `digits` significant digits; nan and inf in words, and no -0."""
    if math.isnan(x):
        return "nan"
    return f"{x + 0.0:.{digits}g}"


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in points, in a font of that size: an estimate by that of a wide font, DejaVu Sans."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;|!'()[]-iIjlrtf":
        return 0.38
    return 0.95 if character in "mMwW%@" else 0.64
