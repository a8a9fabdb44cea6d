"""The table of primitives: every elementary function the engine knows, with its derivative.

Each of a primitive's `partials` maps (out, *operands) to the derivative with respect to one operand. It is written
with ordinary operators and other primitives, so that one formula serves twice: on floats it gives the number that the
eager pass records, on Values it gives a graph that can be differentiated again. A derivative with a jump is written
with `SIGN` or `STEP`, which record the jump; a Python `if` may look only at a float, a number that no longer varies.
The partials of the most frequent primitives are written out once more in `Value`, for speed.

Sources: DLMF is the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov).
"""

import math
import operator
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from autodiff.primitive import REALS, Domain, Intervals, Primitive, WidePrimitive
from autodiff.real import total

T = TypeVar("T")

POSITIVE: Intervals = ((0.0, math.inf),)
NONZERO: Intervals = ((-math.inf, 0.0), (0.0, math.inf))
EXP_MAX = math.log(float.fromhex("0x1.fffffffffffffp+1023"))  # 709.78: exp of more does not fit a float

FINITE_X = Domain("a finite x")
FITS_EXP = Domain("x <= 709.78, so that the result fits a float", ((-math.inf, EXP_MAX),))
FITS_COSH = Domain("|x| <= 710.47, so that the result fits a float", ((-EXP_MAX, EXP_MAX),))
WITHIN_1 = Domain("-1 <= x <= 1", ((-1.0, 1.0),))
POWERS = "x > 0, or x = 0 with y >= 0, or x < 0 with an integer y"

# --------------------------------------------------- functions on floats that `math` does not have, or not like this


def pow_slope(x: float, y: float) -> float:
    """y x**(y-1), in the form that neither overflows nor divides by zero for this y, with the conventions at x = 0."""
    if y == 0.0:
        return 0.0
    if y < 0.0:
        return y * math.pow(x, y) / x if x else math.nan
    if y < 1.0:  # infinite at x = 0
        return y * _reciprocal(math.pow(x, 1.0 - y))
    return y * math.pow(x, y - 1.0)


def _reciprocal(x: float) -> float:
    return 1.0 / x if x else math.inf


def _log_or_zero(x: float) -> float:
    return math.log(x) if x > 0.0 else 0.0 if x == 0.0 else math.nan


def sigmoid(x: float) -> float:
    """1 / (1 + e**-x), with no exponential of a large number."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    z = math.exp(x)
    return z / (1.0 + z)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _relu(x: float) -> float:
    return 0.0 if x <= 0.0 else x


def _sign(x: float) -> float:
    return float((x > 0.0) - (x < 0.0)) if x == x else x


def _step(x: float) -> float:
    return 1.0 if x > 0.0 else 0.0 if x <= 0.0 else x


def _compare(x: float, y: float) -> float:
    return float((x > y) - (x < y)) if x == x and y == y else math.nan


def _maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def _sum(*xs: float) -> float:
    return total(xs)


def _dot(*xs_and_ys: float) -> float:
    n, out = len(xs_and_ys) // 2, 0.0
    for x, y in zip(xs_and_ys[:n], xs_and_ys[n:], strict=True):  # `factor_pairs` and `total`, but faster
        out += x * y
    return out


def factor_pairs(operands: Sequence[T]) -> list[tuple[T, T]]:
    """Return the factors of each product of a `DOT`, whose operands are first all xs, then all ys."""
    half = len(operands) // 2
    return list(zip(operands[:half], operands[half:], strict=True))


def _logsumexp(*xs: float) -> float:
    largest = max(xs)
    if math.isinf(largest) or any(map(math.isnan, xs)):
        return math.nan if any(map(math.isnan, xs)) else largest
    others = [*xs]
    others.remove(largest)
    return largest + math.log1p(total([math.exp(x - largest) for x in others]))


# ------------------------------------------------------------------------------------------------------ arithmetic
# fmt: off

RULES = "DLMF 1.4(iii)"
ADD: Final = Primitive("add", "+", operator.add, (lambda out, x, y: 1.0, lambda out, x, y: 1.0), source=RULES)
SUB: Final = Primitive("sub", "−", operator.sub, (lambda out, x, y: 1.0, lambda out, x, y: -1.0), source=RULES)
MUL: Final = Primitive("mul", "×", operator.mul, (lambda out, x, y: y, lambda out, x, y: x), source=RULES)
DIV: Final = Primitive(
    "div", "÷", operator.truediv, (lambda out, x, y: RECIPROCAL(y), lambda out, x, y: -out * RECIPROCAL(y)),
    source=RULES, domain=Domain("y != 0", REALS, NONZERO))
NEG: Final = Primitive("neg", "−", operator.neg, (lambda out, x: -1.0,), source=RULES)
IDENTITY: Final = Primitive("identity", "=", float, (lambda out, x: 1.0,), source=RULES)
RECIPROCAL: Final[Primitive] = Primitive(
    "reciprocal", "1/x", _reciprocal, (lambda out, x: -(out * out),),
    source="DLMF 1.4(iii); 1/0 is inf here: the slope of a vertical tangent",
    domain=Domain("finite operands", NONZERO))


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
    "pow", "^", math.pow, (_pow_base, lambda out, x, y: out * LOG_OR_ZERO(x)), source="DLMF 4.7(ii)",
    domain=Domain(f"{POWERS}, and a result that fits a float", POSITIVE, REALS))
POW_SLOPE: Final[Primitive] = Primitive(
    "pow_slope", "y x^(y−1)", pow_slope,
    (lambda out, x, y: y * POW_SLOPE(x, y - 1.0),
     lambda out, x, y: POW(x, y) * RECIPROCAL(x) * (1.0 + y * LOG_OR_ZERO(x))),
    source="DLMF 4.7(ii)", domain=Domain(POWERS, POSITIVE, REALS))

# -------------------------------------------------------------------------------------- exponentials and logarithms

EXP: Final = Primitive("exp", "exp", math.exp, (lambda out, x: out,), source="DLMF 4.7(ii)", domain=FITS_EXP)
EXPM1: Final = Primitive("expm1", "expm1", math.expm1, (lambda out, x: EXP(x),), source="DLMF 4.7(ii)", domain=FITS_EXP)
LOG: Final = Primitive(
    "log", "log", math.log, (lambda out, x: 1.0 / x,), source="DLMF 4.7(i)", domain=Domain("x > 0", POSITIVE))
LOG_OR_ZERO: Final[Primitive] = Primitive(
    "log_or_zero", "log", _log_or_zero, (lambda out, x: RECIPROCAL(x),),
    source="DLMF 4.7(i); in the slope of x**y by y, where 0 stands for the limit of x**y log x at x = 0",
    domain=Domain("finite operands", POSITIVE))
LOG1P: Final = Primitive(
    "log1p", "log1p", math.log1p, (lambda out, x: 1.0 / (1.0 + x),), source="DLMF 4.7(i)",
    domain=Domain("x > -1", ((-1.0, math.inf),)))
SQRT: Final = Primitive(
    "sqrt", "√", lambda x: math.sqrt(x) + 0.0, (lambda out, x: 0.5 * RECIPROCAL(out),),  # + 0.0: sqrt(-0.0) is 0.0
    source="DLMF 4.7(ii), with the power 1/2", domain=Domain("x >= 0", POSITIVE))

# ---------------------------------------------------------------------------- trigonometric and hyperbolic functions

SIN: Final = Primitive("sin", "sin", math.sin, (lambda out, x: COS(x),), source="DLMF 4.20", domain=FINITE_X)
COS: Final[Primitive] = Primitive(
    "cos", "cos", math.cos, (lambda out, x: -SIN(x),), source="DLMF 4.20", domain=FINITE_X)
TAN: Final = Primitive("tan", "tan", math.tan, (lambda out, x: 1.0 + out * out,), source="DLMF 4.20", domain=FINITE_X)
ASIN: Final = Primitive(
    "asin", "asin", math.asin, (lambda out, x: RECIPROCAL(SQRT((1.0 - x) * (1.0 + x))),),
    source="DLMF 4.24(ii)", domain=WITHIN_1)
ACOS: Final = Primitive(
    "acos", "acos", math.acos, (lambda out, x: -RECIPROCAL(SQRT((1.0 - x) * (1.0 + x))),),
    source="DLMF 4.24(ii)", domain=WITHIN_1)
ATAN: Final = Primitive("atan", "atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), source="DLMF 4.24(ii)")
SINH: Final = Primitive("sinh", "sinh", math.sinh, (lambda out, x: COSH(x),), source="DLMF 4.34", domain=FITS_COSH)
COSH: Final[Primitive] = Primitive(
    "cosh", "cosh", math.cosh, (lambda out, x: SINH(x),), source="DLMF 4.34", domain=FITS_COSH)
TANH: Final = Primitive("tanh", "tanh", math.tanh, (lambda out, x: 1.0 - out * out,), source="DLMF 4.34")

# -------------------------------------------------------------------------- activations, and functions with a kink

SIGMOID: Final = Primitive(
    "sigmoid", "σ", sigmoid, (lambda out, x: out * (1.0 - out),), source="Bishop, PRML (2006), 4.88")
SOFTPLUS: Final = Primitive(
    "softplus", "softplus", _softplus, (lambda out, x: SIGMOID(x),), source="Dugas et al. (2001)")
RELU: Final = Primitive(
    "relu", "relu", _relu, (lambda out, x: STEP(x),), kink=lambda x: x,
    source="Nair & Hinton (2010); 0 at the kink, as PyTorch and JAX have it")
ABS: Final = Primitive(
    "abs", "|x|", abs, (lambda out, x: SIGN(x),), kink=lambda x: x,
    source="the slope on either side; 0 at the kink, the middle of the subgradients")
SIGN: Final[Primitive] = Primitive(
    "sign", "sign", _sign, (lambda out, x: 0.0,), kink=lambda x: x, source="constant on either side of the jump")
STEP: Final[Primitive] = Primitive(
    "step", "step", _step, (lambda out, x: 0.0,), kink=lambda x: x, source="constant on either side of the jump")
COMPARE: Final[Primitive] = Primitive(
    "compare", "<=>", _compare, (lambda out, x, y: 0.0, lambda out, x, y: 0.0), kink=lambda x, y: x - y,
    source="-1, 0 or 1 as x is smaller than y, equal or larger; constant on either side of the jump")
MAXIMUM: Final = Primitive(
    "maximum", "max", _maximum,
    (lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, source="the larger operand's; 1/2 to each at a tie, as JAX has it")
MINIMUM: Final = Primitive(
    "minimum", "min", _minimum,
    (lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, source="the smaller operand's; 1/2 to each at a tie, as JAX has it")

# -------------------------------------------------------------------------------- wide: any number of operands

SUM: Final = WidePrimitive("sum", "Σ", _sum, lambda out, xs: [1.0] * len(xs), source=RULES)
DOT: Final = WidePrimitive(  # for each operand the one that it is multiplied by
    "dot", "x·y", _dot, lambda out, xs: [*xs[len(xs) // 2 :], *xs[: len(xs) // 2]],
    source="Petersen & Pedersen, The Matrix Cookbook (2012), eq. 69")
LOGSUMEXP: Final = WidePrimitive(
    "logsumexp", "logΣexp", _logsumexp, lambda out, xs: [EXP(x - out) for x in xs],
    source="Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5")

_TABLE = (
    *(IDENTITY, ADD, SUB, MUL, DIV, NEG, POW, POW_SLOPE, RECIPROCAL),
    *(EXP, EXPM1, LOG, LOG_OR_ZERO, LOG1P, SQRT),
    *(SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH),
    *(SIGMOID, SOFTPLUS, RELU, ABS, SIGN, STEP, COMPARE, MAXIMUM, MINIMUM),
    *(SUM, DOT, LOGSUMEXP),
)
PRIMITIVES: dict[str, Primitive] = {primitive.name: primitive for primitive in _TABLE}
"""Every primitive by its name: whatever must hold for all of them is tested over this table."""
