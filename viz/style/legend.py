"""The legend of a drawing, in words, each with the name of its color."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

Legend: TypeAlias = Sequence[tuple[str, str]]

LEAF = "ink", "square corners: a leaf"
LEGEND: Legend = (
    ("data", "data: the value"),
    ("grad", "grad: d output / d node"),
    ("partial", "on an edge: ∂ node / ∂ operand"),
    LEAF,
    ("ink", "heavy border: the output"),
)
TINTED = {"parameter": "tinted: a parameter", "part": "tinted: several nodes in one"}

NETWORK_LEGEND: Legend = (
    ("data", "in a circle: the activation a, and z, the sum before it"),
    ("partial", "on a line: the weight"),
    ("grad", "δ: d cost / dz; on a line: d cost / d weight"),
)


SIGNS: Legend = (
    ("positive", "a blue line: a positive weight, as wide as it is large"),
    ("negative", "an orange line: a negative one"),
)
FLAT_LEGEND: Legend = (
    ("data", "in a neuron: the activation a, and the bias b"),
    ("grad", "δ: d cost / dz, the sum before a"),
    *SIGNS,
)


CIRCUIT_LEGEND: Legend = (
    ("forward", "above a wire: the value"),
    ("grad", "below a wire, after ←: d output / d value"),
    ("partial", "on a wire: ∂ gate / ∂ input"),
    ("ink", "in a gate: what it does with its inputs, or with x"),
    ("ink", "heavy border: the output"),
)


def legend_of(kinds: Collection[str], style: str = "boxes") -> Legend:
    """Return the legend of a graph with nodes of some kinds, in a style of `viz.draw`.

    >>> legend_of({"leaf", "parameter", "operation"})[-1]
    ('ink', 'tinted: a parameter')
    """
    legend = CIRCUIT_LEGEND if style == "circuit" else LEGEND
    return (*legend, *[("ink", words) for kind, words in TINTED.items() if kind in kinds])
