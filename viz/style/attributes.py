"""The Graphviz attributes of a drawing. Kinds of node differ in shape and border too, not in color alone."""

from collections.abc import Mapping

from viz.style.text import FONT

GRAPH = {"fontname": FONT, "fontsize": "11", "nodesep": "0.18", "ranksep": "0.42"}
NODE = {"fontname": FONT, "fontsize": "13", "margin": "0.06,0.02", "height": "0.3", "width": "0.3", "penwidth": "1"}
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


def graph_attributes(colors: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the attributes of a graph, its nodes and its edges, as arguments of `graphviz.Digraph`."""
    return {
        "graph_attr": {**GRAPH, "bgcolor": colors["paper"]},
        "node_attr": {**NODE, "fontcolor": colors["ink"]},
        "edge_attr": {**EDGE, "color": colors["line"], "fontcolor": colors["partial"]},
    }


def node_attributes(kind: str, is_output: bool, colors: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a node."""
    node = dict(SHAPES[kind])
    if kind in FILLS:
        border = "ink" if is_output or kind in ("leaf", "parameter") else "line"
        node |= {"fillcolor": colors[FILLS[kind]], "color": colors[border]}
    return {**node, "penwidth": "2.5"} if is_output else node


def box_attributes(colors: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a box around nodes."""
    return {**CLUSTER, "color": colors["line"], "penwidth": "0.7", "fontcolor": colors["muted"]}
