"""Partials as a blackboard has them: the result of a node in place of a function of its operand, f(1 − f) for σ.

The table computes these from the operand, because a rounded result has lost the digits of 1 − f where f is almost 1.
"""

from collections.abc import Callable, Container, Sequence
from math import isnan
from typing import Any

from autodiff import Primitive, Value
from autodiff.extend import partials_on_values, primitives

BY_RESULT: dict[Primitive, Callable[[Any], Any]] = {
    primitives.SIGMOID: lambda out: out * (1.0 - out),
    primitives.TANH: lambda out: 1.0 - out**2,
}
"""d out / d operand as a function of out. The tests hold these to the table."""
_LARGER = (primitives.MAXIMUM, primitives.MINIMUM)
LARGER = Primitive(
    "larger",
    "[x > y]",
    lambda x, y: float(x > y),
    (lambda out, x, y: 0.0, lambda out, x, y: 0.0),
    source="Iverson's bracket: the slopes of max and min, where the table has 1/2 + 1/2 sign(x - y), for ties too",
)
_EXTREME = (primitives.LARGEST, primitives.SMALLEST)
EQUAL = Primitive("equal", "[x = y]", lambda x, y: float(x == y), LARGER.partials, source="Iverson's bracket, likewise")


def remark(node: Value, data: Sequence[float]) -> str:
    """Return what is to be said of a node at the data of its operands: at a kink, or without a result; else ""."""
    primitive = node.primitive
    if primitive is None:
        return ""
    if isnan(node.data) and not any(map(isnan, data)):
        return f"These numbers have no {primitive.symbol}: the result is nan, no number."
    if primitive.kink is not None and primitive.kink(*data) == 0.0:
        return f"Here {primitive.name} has a kink and no derivative: what is shown is a convention."
    return ""


def partials_on_paper(node: Value, varying: Container[Value]) -> list[tuple[Value, Any]]:
    """Return (operand, d node / d operand) for the operands in `varying`, as `partials_on_values` does."""
    partials = partials_on_values(node, varying)
    if node.primitive in _LARGER and node.operands[0].data != node.operands[1].data:
        x, y = node.operands if node.primitive is primitives.MAXIMUM else reversed(node.operands)
        return [(operand, LARGER(x, y) if operand is node.operands[0] else LARGER(y, x)) for operand, _ in partials]
    if node.primitive in _EXTREME and [operand.data for operand in node.operands].count(node.data) == 1:
        return [(operand, EQUAL(operand, node)) for operand, _ in partials]
    if node.primitive is primitives.LOGSUMEXP:
        return [(operand, primitives.SHARE(operand, node)) for operand, _ in partials]
    by_result = BY_RESULT.get(node.primitive) if node.primitive else None
    return partials if by_result is None else [(operand, by_result(node)) for operand, _ in partials]
