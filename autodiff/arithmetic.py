"""The primitives of arithmetic and of powers, with the parts of their derivatives: records as in `primitives`."""

import math
import operator
from typing import Any, Final

from autodiff.composite import composite
from autodiff.domain import REALS, Domain, Intervals
from autodiff.floats import pow_slope, wide_dot, wide_sum
from autodiff.primitive import Primitive, WidePrimitive

POSITIVE: Intervals = ((0.0, math.inf),)
NONZERO: Intervals = ((-math.inf, 0.0), (0.0, math.inf))
POWERS = "x > 0, or x = 0 with y >= 0, or x < 0 with an integer y"

# ------------------------------------------------------------------------------------------------------ arithmetic
# fmt: off

RULES = "DLMF 1.4(iii)"
IDENTITY: Final = Primitive(
    "identity", "=", float, (lambda out, x: 1.0,), source=RULES, formula="x", cost=1,
    spellings={"in place": "copyto({o}, {x})"})
ADD: Final = Primitive(
    "add", "+", operator.add, (lambda out, x, y: 1.0, lambda out, x, y: 1.0), source=RULES,
    formula="x + y", commutes=True, cost=1)
SUB: Final = Primitive(
    "sub", "−", operator.sub, (lambda out, x, y: 1.0, lambda out, x, y: -1.0), source=RULES, formula="x - y", cost=1)
MUL: Final = Primitive(
    "mul", "×", operator.mul, (lambda out, x, y: y, lambda out, x, y: x), source=RULES,
    formula="x * y", commutes=True, cost=1)
DIV: Final = Primitive(
    "div", "÷", operator.truediv, (lambda out, x, y: QUOTIENT(1.0, y), lambda out, x, y: QUOTIENT(-out, y)),
    source=RULES, domain=Domain("y != 0", REALS, NONZERO), formula="x / y", cost=1)
MUL_OR_ZERO: Final[Primitive] = composite(
    "mul_or_zero", "×", "0.0 if x == 0.0 and abs(y) == inf else x * y",
    (lambda out, x, y: y, lambda out, x, y: x), cost=3,
    words="x * y; 0 where x is 0 and y is infinite: a weight of 0 leaves out what it weighs.",
    source=RULES, spellings={"mathematics": "x * y"})
NEG: Final = Primitive("neg", "−", operator.neg, (lambda out, x: -1.0,), source=RULES, formula="-x", cost=1)
QUOTIENT: Final[Primitive] = composite(
    "quotient", "÷", "x / y", (lambda out, x, y: QUOTIENT(1.0, y), lambda out, x, y: QUOTIENT(-out, y)),
    words="x / y as IEEE arithmetic has it: 1/0 is inf, and 1/-0.0 is -inf.", source=RULES + "; in the slopes of x / y",
    spellings={"python": "x / y if y != 0.0 else nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)"},
    domain=Domain("finite operands", REALS, NONZERO), cost=1)
RECIPROCAL: Final[Primitive] = composite(
    "reciprocal", "1/x", "1.0 / x if x != 0.0 else inf", (lambda out, x: -(out * out),),
    words="1 / x; at 0 the slope of a vertical tangent.", domain=Domain("finite operands", NONZERO), cost=1,
    source="DLMF 1.4(iii); 1/0 is inf here: the slope of a vertical tangent",
    spellings={"in place": "add({x}, 0.0, {o}); divide(1.0, {o}, {o})", "mathematics": "1.0 / x"})
SUM: Final = WidePrimitive("sum", "Σ", wide_sum, lambda out, xs: [1.0] * len(xs), source=RULES)
DOT: Final = WidePrimitive(  # for each operand the one that it is multiplied by
    "dot", "x·y", wide_dot, lambda out, xs: [*xs[len(xs) // 2 :], *xs[: len(xs) // 2]], commutes=False,
    source="Petersen & Pedersen, The Matrix Cookbook (2012), eq. 69")


def _pow_base(out: Any, x: Any, y: Any) -> Any:
    """d/dx x**y = y x**(y-1); on Values with a fixed y, in the form that one would write."""
    if isinstance(x, float) and isinstance(y, float):
        return pow_slope(x, y)
    if isinstance(x, float) or not isinstance(y, float):
        return POW_SLOPE(x, y)
    if y < 0.0:
        return y * out / x
    if y in (0.0, 1.0):
        return y
    if y < 1.0:
        return y * RECIPROCAL(POW(x, 1.0 - y))
    return y * (x if y == 2.0 else POW(x, y - 1.0))


POW: Final[Primitive] = Primitive(
    "pow", "^", math.pow,
    (_pow_base, lambda out, x, y: out * LOG_OR_ZERO(x) if isinstance(x, float) else POW_LOG(x, y)),
    source="DLMF 4.7(ii)", domain=Domain(f"{POWERS}, and a result that fits a float", POSITIVE, REALS))
LOG_OR_ZERO: Final[Primitive] = composite(
    "log_or_zero", "log", "log(x) if x > 0.0 else 0.0 if x == 0.0 else nan", (lambda out, x: RECIPROCAL(x),),
    words="log(x); at 0 it is 0, since x**y * log(x) is in the limit.", domain=Domain("finite operands", POSITIVE),
    source="DLMF 4.7(i); in the slope of x**y by y, where 0 stands for the limit of x**y log x at x = 0")
POW_BEFORE: Final[Primitive] = composite(
    "pow_before", "x^(y−1)", """\
power = pow(x, y if y < 0.0 else 1.0 - y if y < 1.0 else y - 1.0)
power / x if y < 0.0 else reciprocal(power) if y < 1.0 else power""",
    (lambda out, x, y: POW_SLOPE(x, y - 1.0), lambda out, x, y: out * LOG_OR_ZERO(x)),
    words="x**(y - 1), in the form that neither overflows nor divides by zero for this y.",
    spellings={"mathematics": "pow(x, y - 1.0)"},
    source="DLMF 4.7(ii)", domain=Domain(POWERS, POSITIVE, REALS))
POW_SLOPE: Final[Primitive] = composite(
    "pow_slope", "y x^(y−1)", "0.0 if y == 0.0 else nan if y < 0.0 and x == 0.0 else y * pow_before(x, y)",
    (lambda out, x, y: y * POW_SLOPE(x, y - 1.0), lambda out, x, y: POW_BEFORE(x, y) * (1.0 + y * LOG_OR_ZERO(x))),
    words="The slope y * x**(y - 1) of x**y, in a form that is right at x = 0 too.", forward=pow_slope,
    spellings={"mathematics": "y * pow(x, y - 1.0)"},
    source="DLMF 4.7(ii)", domain=Domain(POWERS, POSITIVE, REALS))
POW_LOG: Final[Primitive] = composite(
    "pow_log", "x^y log x", "pow(x, y) * log_or_zero(x)",
    (lambda out, x, y: POW_BEFORE(x, y) * (1.0 + y * LOG_OR_ZERO(x)), lambda out, x, y: out * LOG_OR_ZERO(x)),
    words="The slope x**y * log(x) of x**y by y; 0 at x = 0.", spellings={"mathematics": "pow(x, y) * log(x)"},
    source="DLMF 4.7(ii)", domain=Domain(POWERS, POSITIVE, REALS))
