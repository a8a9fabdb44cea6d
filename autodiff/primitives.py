"""The table of primitives: every elementary function the engine knows, with its derivative.

Each of a primitive's `partials` maps (out, *operands) to the derivative with respect to one operand. It is written
with ordinary operators and other primitives, so that one formula serves twice: on floats it gives the number that the
eager pass records, on Values it gives a graph that can be differentiated again. A derivative with a jump is written
with `SIGN` or `STEP`, which record the jump; a Python `if` may look only at a float, a number that no longer varies.

Sources: DLMF is the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov).
"""

import math
import operator
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from autodiff.primitive import REALS, Domain, Primitive, WidePrimitive

POSITIVE: Domain = ((0.0, math.inf),)
NONZERO: Domain = ((-math.inf, 0.0), (0.0, math.inf))
UNIT: Domain = ((-1.0, 1.0),)
T = TypeVar("T")
EXP_MAX = math.log(float.fromhex("0x1.fffffffffffffp+1023"))  # 709.78: exp of more does not fit a float


# ---------------------------------------------------------------------------------------------- arithmetic

ADD: Final = Primitive("add", "+", operator.add, (lambda out, x, y: 1.0, lambda out, x, y: 1.0), source="DLMF 1.4(iii)")
SUB: Final = Primitive(
    "sub", "−", operator.sub, (lambda out, x, y: 1.0, lambda out, x, y: -1.0), source="DLMF 1.4(iii)"
)
MUL: Final = Primitive("mul", "×", operator.mul, (lambda out, x, y: y, lambda out, x, y: x), source="DLMF 1.4(iii)")
DIV: Final = Primitive(
    "div",
    "÷",
    operator.truediv,
    (lambda out, x, y: RECIPROCAL(y), lambda out, x, y: -out * RECIPROCAL(y)),
    source="DLMF 1.4(iii)",
    domain=(REALS, NONZERO),
    requires="y != 0",
)
NEG: Final = Primitive("neg", "−", operator.neg, (lambda out, x: -1.0,), source="DLMF 1.4(iii)")

IDENTITY: Final = Primitive("identity", "=", float, (lambda out, x: 1.0,), source="DLMF 1.4(iii)")


def pow_slope(x: float, y: float) -> float:
    """y x**(y-1), in the form that neither overflows nor divides by zero for this y, with the conventions at x = 0."""
    if y == 0.0:
        return 0.0
    if y < 0.0:
        return y * math.pow(x, y) / x if x else math.nan
    if y < 1.0:  # infinite at x = 0
        return y * _reciprocal(math.pow(x, 1.0 - y))
    return y * math.pow(x, y - 1.0)


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
    "pow",
    "^",
    math.pow,
    (_pow_base, lambda out, x, y: out * LOG_OR_ZERO(x)),
    source="DLMF 4.7(ii)",
    domain=(POSITIVE, REALS),
    requires="x > 0, or x = 0 with y >= 0, or x < 0 with an integer y, and a result that fits a float",
)
POW_SLOPE: Final[Primitive] = Primitive(
    "pow_slope",
    "y x^(y−1)",
    pow_slope,
    (
        lambda out, x, y: y * POW_SLOPE(x, y - 1.0),
        lambda out, x, y: POW(x, y) * RECIPROCAL(x) * (1.0 + y * LOG_OR_ZERO(x)),
    ),
    source="DLMF 4.7(ii)",
    domain=(POSITIVE, REALS),
    requires="x > 0, or x = 0 with y >= 0, or x < 0 with an integer y",
)


def _reciprocal(x: float) -> float:
    return 1.0 / x if x else math.inf


RECIPROCAL: Final[Primitive] = Primitive(
    "reciprocal",
    "1/x",
    _reciprocal,
    (lambda out, x: -(out * out),),
    source="DLMF 1.4(iii); 1/0 is inf here: the slope of a vertical tangent",
    domain=(NONZERO,),
)

# ------------------------------------------------------------------------------- exponentials and logarithms

EXP: Final = Primitive(
    "exp",
    "exp",
    math.exp,
    (lambda out, x: out,),
    source="DLMF 4.7(ii)",
    domain=(((-math.inf, EXP_MAX),),),
    requires="x <= 709.78, so that the result fits a float",
)
EXPM1: Final = Primitive(
    "expm1",
    "expm1",
    math.expm1,
    (lambda out, x: EXP(x),),
    source="DLMF 4.7(ii)",
    domain=(((-math.inf, EXP_MAX),),),
    requires="x <= 709.78, so that the result fits a float",
)
LOG: Final = Primitive(
    "log", "log", math.log, (lambda out, x: 1.0 / x,), source="DLMF 4.7(i)", domain=(POSITIVE,), requires="x > 0"
)
LOG_OR_ZERO: Final[Primitive] = Primitive(
    "log_or_zero",
    "log",
    lambda x: math.log(x) if x > 0.0 else 0.0 if x == 0.0 else math.nan,
    (lambda out, x: RECIPROCAL(x),),
    source="DLMF 4.7(i); in the slope of x**y by y, where 0 stands for the limit of x**y log x at x = 0",
    domain=(POSITIVE,),
)
LOG1P: Final = Primitive(
    "log1p",
    "log1p",
    math.log1p,
    (lambda out, x: 1.0 / (1.0 + x),),
    source="DLMF 4.7(i)",
    domain=(((-1.0, math.inf),),),
    requires="x > -1",
)
SQRT: Final = Primitive(
    "sqrt",
    "√",
    lambda x: math.sqrt(x) + 0.0,  # + 0.0 so that sqrt(-0.0) is 0.0
    (lambda out, x: 0.5 * RECIPROCAL(out),),
    source="DLMF 4.7(ii), with the power 1/2",
    domain=(POSITIVE,),
    requires="x >= 0",
)

# ---------------------------------------------------------------------- trigonometric and hyperbolic functions

SIN: Final = Primitive("sin", "sin", math.sin, (lambda out, x: COS(x),), source="DLMF 4.20", requires="a finite x")
COS: Final[Primitive] = Primitive(
    "cos", "cos", math.cos, (lambda out, x: -SIN(x),), source="DLMF 4.20", requires="a finite x"
)
TAN: Final = Primitive(
    "tan", "tan", math.tan, (lambda out, x: 1.0 + out * out,), source="DLMF 4.20", requires="a finite x"
)
ASIN: Final = Primitive(
    "asin",
    "asin",
    math.asin,
    (lambda out, x: RECIPROCAL(SQRT((1.0 - x) * (1.0 + x))),),
    source="DLMF 4.24(ii)",
    domain=(UNIT,),
    requires="-1 <= x <= 1",
)
ACOS: Final = Primitive(
    "acos",
    "acos",
    math.acos,
    (lambda out, x: -RECIPROCAL(SQRT((1.0 - x) * (1.0 + x))),),
    source="DLMF 4.24(ii)",
    domain=(UNIT,),
    requires="-1 <= x <= 1",
)
ATAN: Final = Primitive("atan", "atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), source="DLMF 4.24(ii)")
SINH: Final = Primitive(
    "sinh",
    "sinh",
    math.sinh,
    (lambda out, x: COSH(x),),
    source="DLMF 4.34",
    domain=(((-EXP_MAX, EXP_MAX),),),
    requires="|x| <= 710.47, so that the result fits a float",
)
COSH: Final[Primitive] = Primitive(
    "cosh",
    "cosh",
    math.cosh,
    (lambda out, x: SINH(x),),
    source="DLMF 4.34",
    domain=(((-EXP_MAX, EXP_MAX),),),
    requires="|x| <= 710.47, so that the result fits a float",
)
TANH: Final = Primitive("tanh", "tanh", math.tanh, (lambda out, x: 1.0 - out * out,), source="DLMF 4.34")

# ------------------------------------------------------------------- activations, and functions with a kink


def sigmoid(x: float) -> float:
    """1 / (1 + e**-x), with no exponential of a large number."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    z = math.exp(x)
    return z / (1.0 + z)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


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


SIGMOID: Final = Primitive(
    "sigmoid", "σ", sigmoid, (lambda out, x: out * (1.0 - out),), source="Bishop, PRML (2006), 4.88"
)
SOFTPLUS: Final = Primitive(
    "softplus", "softplus", _softplus, (lambda out, x: SIGMOID(x),), source="Dugas et al. (2001)"
)
RELU: Final = Primitive(
    "relu",
    "relu",
    lambda x: 0.0 if x <= 0.0 else x,
    (lambda out, x: STEP(x),),
    source="Nair & Hinton (2010); 0 at the kink, as PyTorch and JAX have it",
    kink=lambda x: x,
)
ABS: Final = Primitive(
    "abs",
    "|x|",
    abs,
    (lambda out, x: SIGN(x),),
    source="the slope on either side; 0 at the kink, the middle of the subgradients",
    kink=lambda x: x,
)
SIGN: Final[Primitive] = Primitive(
    "sign", "sign", _sign, (lambda out, x: 0.0,), source="constant on either side of the jump", kink=lambda x: x
)
STEP: Final[Primitive] = Primitive(
    "step", "step", _step, (lambda out, x: 0.0,), source="constant on either side of the jump", kink=lambda x: x
)
COMPARE: Final[Primitive] = Primitive(
    "compare",
    "<=>",
    _compare,
    (lambda out, x, y: 0.0, lambda out, x, y: 0.0),
    source="-1, 0 or 1 as x is smaller than y, equal or larger; constant on either side of the jump",
    kink=lambda x, y: x - y,
)
MAXIMUM: Final = Primitive(
    "maximum",
    "max",
    _maximum,
    (lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y)),
    source="the larger operand's; 1/2 to each at a tie, as JAX has it",
    kink=lambda x, y: x - y,
)
MINIMUM: Final = Primitive(
    "minimum",
    "min",
    _minimum,
    (lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y)),
    source="the smaller operand's; 1/2 to each at a tie, as JAX has it",
    kink=lambda x, y: x - y,
)

# -------------------------------------------------------------------------- wide: any number of operands


def _sum(*xs: float) -> float:
    return sum(xs, 0.0)


def _dot(*xs_and_ys: float) -> float:
    n, total = len(xs_and_ys) // 2, 0.0
    for x, y in zip(xs_and_ys[:n], xs_and_ys[n:], strict=True):  # `sum` of Python 3.12 would round in another way
        total += x * y
    return total


def _logsumexp(*xs: float) -> float:
    largest = max(xs)
    if math.isinf(largest) or any(map(math.isnan, xs)):
        return math.nan if any(map(math.isnan, xs)) else largest
    others = [*xs]
    others.remove(largest)
    return largest + math.log1p(sum(math.exp(x - largest) for x in others))


SUM: Final = WidePrimitive("sum", "Σ", _sum, lambda out, xs: [1.0] * len(xs), source="DLMF 1.4(iii)")
DOT: Final = WidePrimitive(
    "dot",
    "x·y",
    _dot,
    lambda out, xs: [*xs[len(xs) // 2 :], *xs[: len(xs) // 2]],  # for each operand the one it is multiplied by
    source="Petersen & Pedersen, The Matrix Cookbook (2012), eq. 69",
)


def pairs(operands: Sequence[T]) -> list[tuple[T, T]]:
    """Return the factors of each product of a `DOT`, whose operands are first all xs, then all ys."""
    half = len(operands) // 2
    return list(zip(operands[:half], operands[half:], strict=True))


LOGSUMEXP: Final = WidePrimitive(
    "logsumexp",
    "logΣexp",
    _logsumexp,
    lambda out, xs: [EXP(x - out) for x in xs],
    source="Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5",
)

_TABLE = (
    *(IDENTITY, ADD, SUB, MUL, DIV, NEG, POW, POW_SLOPE, RECIPROCAL),
    *(EXP, EXPM1, LOG, LOG_OR_ZERO, LOG1P, SQRT),
    *(SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH),
    *(SIGMOID, SOFTPLUS, RELU, ABS, SIGN, STEP, COMPARE, MAXIMUM, MINIMUM),
    *(SUM, DOT, LOGSUMEXP),
)
PRIMITIVES: dict[str, Primitive] = {primitive.name: primitive for primitive in _TABLE}
"""Every primitive by its name: whatever must hold for all of them is tested over this table."""
