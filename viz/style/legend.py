"""The legend of a drawing, in words, each with the name of its color."""

LEGEND = (
    ("data", "data: the value"),
    ("grad", "grad: d output / d node"),
    ("partial", "on an edge: ∂ node / ∂ operand"),
    ("ink", "square corners: a leaf"),
    ("ink", "tinted: a parameter"),
    ("ink", "heavy border: the output"),
)
