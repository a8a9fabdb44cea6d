"""The legend of a drawing, in words, each with the name of its color."""

from collections.abc import Sequence
from typing import TypeAlias

Legend: TypeAlias = Sequence[tuple[str, str]]

LEGEND: Legend = (
    ("data", "data: the value"),
    ("grad", "grad: d output / d node"),
    ("partial", "on an edge: ∂ node / ∂ operand"),
    ("ink", "square corners: a leaf"),
    ("ink", "tinted: a parameter"),
    ("ink", "heavy border: the output"),
)

NETWORK_LEGEND: Legend = (
    ("data", "in a circle: the activation a, and z, the sum before it"),
    ("partial", "on a line: the weight"),
    ("grad", "δ: d cost / dz; on a line: d cost / d weight"),
)
