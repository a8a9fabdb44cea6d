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


FLAT_LEGEND: Legend = (
    ("data", "in a neuron: the activation a, and the bias b"),
    ("grad", "δ: d cost / dz, the sum before a"),
    ("positive", "a blue line: a positive weight, as wide as it is large"),
    ("negative", "an orange line: a negative one"),
)


def legend_of(kinds: Collection[str]) -> Legend:
    """Return the legend of a graph with nodes of some kinds.

    >>> legend_of({"leaf", "parameter", "operation"})[-1]
    ('ink', 'tinted: a parameter')
    """
    return (*LEGEND, *[("ink", words) for kind, words in TINTED.items() if kind in kinds])
