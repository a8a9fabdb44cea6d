"""How numpy computes each primitive into an array that is there: a line or a few, in place.

`{o}` is the result and `{x}`, `{y}` are the operands. The result may lie in the memory of an operand, so an operand is
read in the first line only. What is not in this table is left to `ieee`, whose formulas these are, but for sigmoid:
exp(-x) overflows to inf where the sigmoid is below 1e-308, and gives 0.
"""

from autodiff.primitive import Primitive
from autodiff.primitives import POW
from autodiff.program.tape import is_custom

FORMULAS = {
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


def formula(primitive: Primitive, exponent: float | None = None) -> str | None:
    """Return the lines for a primitive of the table, None if there are none.

    Args:
        primitive: any.
        exponent: the second operand, if it is a number.
    """
    if is_custom(primitive):
        return None
    if primitive is POW:
        power = None if exponent is None else POWERS.get(exponent)
        return power or "float_power({x}, {y}, {o}, casting='same_kind')"
    return FORMULAS.get(primitive.name)
