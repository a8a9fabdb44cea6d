"""The in-place numpy code of each primitive: one or several calls.

`{o}` is the result, `{x}` and `{y}` are the operands. The result may lie in the memory of an operand, so only the first
call reads operands. `ieee` computes the primitives that are not in this table. The formulas are those of `ieee`, except
for sigmoid: exp(-x) overflows to inf if the sigmoid is below 1e-308, and the result is 0.
"""

from autodiff.primitive import Primitive
from autodiff.primitives import POW
from autodiff.program.recording.tape import is_custom

CALLS = {
    "identity": "copyto({o}, {x})",
    "add": "add({x}, {y}, {o})",
    "sub": "subtract({x}, {y}, {o})",
    "mul": "multiply({x}, {y}, {o})",
    "div": "divide({x}, {y}, {o})",
    "neg": "negative({x}, {o})",
    "reciprocal": "add({x}, 0.0, {o}); divide(1.0, {o}, {o})",
    "sqrt": "sqrt({x}, {o}); add({o}, 0.0, {o})",
    "sin": "sin({x}, {o})",
    "cos": "cos({x}, {o})",
    "tan": "tan({x}, {o})",
    "asin": "arcsin({x}, {o})",
    "acos": "arccos({x}, {o})",
    "atan": "arctan({x}, {o})",
    "sigmoid": "negative({x}, {o}); exp({o}, {o}); add({o}, 1.0, {o}); divide(1.0, {o}, {o})",
    "relu": "maximum({x}, 0.0, out={o})",
    "abs": "absolute({x}, {o})",
    "step": "heaviside({x}, 0.0, {o})",
    **{name: f"{name}({{x}}, {{o}})" for name in ("exp", "expm1", "log", "log1p", "sinh", "cosh", "tanh", "sign")},
    **{name: f"{name}({{x}}, {{y}}, out={{o}})" for name in ("maximum", "minimum")},
}
POWERS = {
    2.0: "multiply({x}, {x}, {o})",
    3.0: "copyto({o}, {x} * {x} * {x})",
    4.0: "multiply({x}, {x}, {o}); multiply({o}, {o}, {o})",
    -1.0: "divide(1.0, {x}, {o})",
}


def calls(primitive: Primitive, exponent: float | None = None) -> str | None:
    """Return the calls for a primitive; None if it is not in the table.

    Args:
        primitive: any.
        exponent: the second operand, if it is a number.
    """
    if is_custom(primitive):
        return None
    if primitive is POW:
        power = None if exponent is None else POWERS.get(exponent)
        return power or "float_power({x}, {y}, {o}, casting='same_kind')"
    return CALLS.get(primitive.name)
