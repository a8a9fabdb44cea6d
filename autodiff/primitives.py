"""The table of primitives: every elementary function the engine knows, with its derivative and its formula.

Each of a primitive's `partials` maps (out, *operands) to the derivative with respect to one operand. It is written
with ordinary operators and other primitives, so that one rule serves twice: on floats it gives the number that the
eager pass records, on Values it gives a graph that can be differentiated again. A derivative with a jump is written
with `SIGN` or `STEP`, which record the jump; a Python `if` may look only at a float, a number that no longer varies.
A partial is computed from the operand where the result has rounded away what it needs: tanh(20) is 1.

A primitive without a formula is a function that every language has by the name in `math`. Any other is said once, by
its formula, from which every backend and every printed language has its code (`languages`). To add a primitive, add it
here. The most frequent ones are written out once more in `Value`, for speed.

Sources: DLMF is the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov).
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from autodiff.arithmetic import ADD as ADD
from autodiff.arithmetic import DIV as DIV
from autodiff.arithmetic import DOT as DOT
from autodiff.arithmetic import IDENTITY as IDENTITY
from autodiff.arithmetic import LOG_OR_ZERO as LOG_OR_ZERO
from autodiff.arithmetic import MUL as MUL
from autodiff.arithmetic import MUL_OR_ZERO as MUL_OR_ZERO
from autodiff.arithmetic import NEG as NEG
from autodiff.arithmetic import NONZERO, POSITIVE
from autodiff.arithmetic import POW as POW
from autodiff.arithmetic import POW_BEFORE as POW_BEFORE
from autodiff.arithmetic import POW_LOG as POW_LOG
from autodiff.arithmetic import POW_SLOPE as POW_SLOPE
from autodiff.arithmetic import QUOTIENT as QUOTIENT
from autodiff.arithmetic import RECIPROCAL as RECIPROCAL
from autodiff.arithmetic import SUB as SUB
from autodiff.arithmetic import SUM as SUM
from autodiff.composite import composite, horner
from autodiff.domain import Domain
from autodiff.floats import ERF_FAR, ERF_NEAR, wide_logsumexp
from autodiff.floats import factor_pairs as factor_pairs  # the factors of a `DOT`
from autodiff.kinks import ABS as ABS
from autodiff.kinks import COMPARE as COMPARE
from autodiff.kinks import CUTS as CUTS
from autodiff.kinks import LARGEST as LARGEST
from autodiff.kinks import MAXIMUM as MAXIMUM
from autodiff.kinks import MINIMUM as MINIMUM
from autodiff.kinks import RELU as RELU
from autodiff.kinks import SIGN as SIGN
from autodiff.kinks import SMALLEST as SMALLEST
from autodiff.kinks import STEP as STEP
from autodiff.kinks import STOP_GRADIENT as STOP_GRADIENT
from autodiff.kinks import WHERE as WHERE
from autodiff.primitive import Primitive, WidePrimitive

EXP_MAX = math.log(float.fromhex("0x1.fffffffffffffp+1023"))  # 709.78: exp of more does not fit a float
FINITE_X = Domain("a finite x")
FITS_EXP = Domain("x <= 709.78, so that the result fits a float", ((-math.inf, EXP_MAX),))
FITS_COSH = Domain("|x| <= 710.47, so that the result fits a float", ((-EXP_MAX, EXP_MAX),))
WITHIN_1 = Domain("-1 <= x <= 1", ((-1.0, 1.0),))


def _shares(out: Any, xs: Sequence[Any]) -> Sequence[Any]:
    """The softmax: exp(x - out), divided by their sum, because out has rounded away the digits that make it 1."""
    if len(xs) == 1:
        return [1.0]
    shares = [SHARE(x, out) for x in xs]
    whole = SUM(*shares)
    return [share / whole for share in shares]


# fmt: off

# -------------------------------------------------------------------------------------- exponentials and logarithms

EXP: Final = Primitive("exp", "exp", math.exp, (lambda out, x: out,), source="DLMF 4.7(ii)", domain=FITS_EXP)
EXPM1: Final = Primitive("expm1", "expm1", math.expm1, (lambda out, x: EXP(x),), source="DLMF 4.7(ii)", domain=FITS_EXP)
LOG: Final = Primitive(
    "log", "log", math.log, (lambda out, x: 1.0 / x,), source="DLMF 4.7(i)", domain=Domain("x > 0", POSITIVE))
LOG1P: Final = Primitive(
    "log1p", "log1p", math.log1p, (lambda out, x: 1.0 / (1.0 + x),), source="DLMF 4.7(i)",
    domain=Domain("x > -1", ((-1.0, math.inf),)))
SQRT: Final = Primitive(
    "sqrt", "√", lambda x: math.sqrt(x) + 0.0, (lambda out, x: 0.5 * RECIPROCAL(out),),  # + 0.0: sqrt(-0.0) is 0.0
    source="DLMF 4.7(ii), with the power 1/2", domain=Domain("x >= 0", POSITIVE), cost=1,
    spellings={"in place": "sqrt({x}, {o}); add({o}, 0.0, {o})"})
LOG2: Final = Primitive(
    "log2", "log2", math.log2, (lambda out, x: 1.4426950408889634 / x,), source="DLMF 4.7(i), with 1 / log(2)",
    domain=Domain("x > 0", POSITIVE))
LOG10: Final = Primitive(
    "log10", "log10", math.log10, (lambda out, x: 0.4342944819032518 / x,), source="DLMF 4.7(i), with 1 / log(10)",
    domain=Domain("x > 0", POSITIVE))
CBRT: Final = Primitive(
    "cbrt", "cbrt", math.cbrt, (lambda out, x: RECIPROCAL(3.0 * (out * out)),),
    source="DLMF 4.7(ii), with the power 1/3", domain=Domain("finite operands", NONZERO))
SHARE: Final[Primitive] = composite(
    "share", "e^(x−y)", "1.0 if x == y and y > 0.0 else exp(x - y)", (lambda out, x, y: out, lambda out, x, y: -out),
    words="exp(x - y), the share of exp(x) in a sum exp(y); 1 if both are inf.", source="DLMF 4.7(ii)",
    spellings={"mathematics": "exp(x - y)"})

# ---------------------------------------------------------------------------- trigonometric and hyperbolic functions

SIN: Final = Primitive(
    "sin", "sin", math.sin, (lambda out, x: COS(x),), source="DLMF 4.20", domain=FINITE_X, is_activation=True)
COS: Final[Primitive] = Primitive(
    "cos", "cos", math.cos, (lambda out, x: -SIN(x),), source="DLMF 4.20", domain=FINITE_X)
TAN: Final = Primitive("tan", "tan", math.tan, (lambda out, x: 1.0 + out * out,), source="DLMF 4.20", domain=FINITE_X)
ASIN: Final = Primitive(
    "asin", "asin", math.asin, (lambda out, x: ASIN_SLOPE(x),), source="DLMF 4.24(ii)", domain=WITHIN_1)
ACOS: Final = Primitive(
    "acos", "acos", math.acos, (lambda out, x: -ASIN_SLOPE(x),), source="DLMF 4.24(ii)", domain=WITHIN_1)
ASIN_SLOPE: Final[Primitive] = composite(
    "asin_slope", "1/√(1−x²)", "reciprocal(sqrt((1.0 - x) * (1.0 + x)))", (lambda out, x: x * (out * (out * out)),),
    words="The slope 1 / sqrt(1 - x**2) of asin; inf at the ends.",
    spellings={"mathematics": "1.0 / sqrt(1.0 - pow(x, 2.0))"}, source="DLMF 4.24(ii)", domain=WITHIN_1)
ATAN: Final = Primitive("atan", "atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), source="DLMF 4.24(ii)")
SINH: Final = Primitive("sinh", "sinh", math.sinh, (lambda out, x: COSH(x),), source="DLMF 4.34", domain=FITS_COSH)
COSH: Final[Primitive] = Primitive(
    "cosh", "cosh", math.cosh, (lambda out, x: SINH(x),), source="DLMF 4.34", domain=FITS_COSH)
TANH: Final[Primitive] = Primitive(
    "tanh", "tanh", math.tanh, (lambda out, x: TANH_SLOPE(x),), source="DLMF 4.34", is_activation=True)
TANH_SLOPE: Final[Primitive] = composite(
    "tanh_slope", "tanh′", "z = exp(-2.0 * abs(x))\n4.0 * z / ((1.0 + z) * (1.0 + z))",
    (lambda out, x: -2.0 * TANH(x) * out,),
    words="The slope 1 - tanh(x)**2 of tanh, without a difference that loses digits.", source="DLMF 4.34 and 4.28",
    spellings={
        "in place": "absolute({x}, {o}); multiply({o}, -2.0, {o}); exp({o}, {o}); "
                    "copyto({o}, 4.0 * {o} / ((1.0 + {o}) * (1.0 + {o})))",
        "mathematics": "1.0 - pow(tanh(x), 2.0)"})

# ------------------------------------------------------------------------------------------------ smooth activations

SIGMOID: Final[Primitive] = composite(
    "sigmoid", "σ", "z = exp(-abs(x))\n(z if x < 0.0 else 1.0) / (1.0 + z)", (lambda out, x: out * SIGMOID(-x),),
    words="1 / (1 + exp(-x)), without overflow.", source="Bishop, PRML (2006), 4.88", is_activation=True,
    spellings={"in place": "negative({x}, {o}); exp({o}, {o}); add({o}, 1.0, {o}); divide(1.0, {o}, {o})"})
SOFTPLUS: Final = composite(
    "softplus", "softplus", "(0.0 if x <= 0.0 else x) + log1p(exp(-abs(x)))", (lambda out, x: SIGMOID(x),),
    words="log(1 + exp(x)), without overflow.", source="Dugas et al. (2001)", is_activation=True, spellings={
        "numpy": "np.logaddexp(x, 0.0)", "complex": "x + log(1.0 + exp(-x)) if x >= 0.0 else log(1.0 + exp(x))"})

# ------------------------------------------------------------------------------- distances, angles, the error function

HYPOT: Final[Primitive] = Primitive(
    "hypot", "hypot", math.hypot, (lambda out, x, y: HYPOT_SLOPE(x, y), lambda out, x, y: HYPOT_SLOPE(y, x)),
    kink=lambda x, y: abs(x) + abs(y), commutes=True, source="DLMF 1.4(iii); 0 at the origin, the middle of the slopes")
HYPOT_SLOPE: Final[Primitive] = composite(
    "hypot_slope", "x/√(x²+y²)", """\
h = hypot(x, y)
0.0 if h == 0.0 else sign(x) if abs(x) == inf and abs(y) < inf else x / h""",
    (lambda out, x, y: QUOTIENT(HYPOT_SLOPE(y, x) * HYPOT_SLOPE(y, x), HYPOT(x, y)),
     lambda out, x, y: QUOTIENT(-(out * HYPOT_SLOPE(y, x)), HYPOT(x, y))),
    kink=lambda x, y: abs(x) + abs(y), words="x / hypot(x, y); 0 at the origin.",
    source="DLMF 1.4(iii)", spellings={"mathematics": "x / hypot(x, y)"})
ATAN2: Final = Primitive(  # of y and x, in this order
    "atan2", "atan2", math.atan2,
    (lambda out, x, y: QUOTIENT(HYPOT_SLOPE(y, x), HYPOT(x, y)),
     lambda out, x, y: QUOTIENT(-HYPOT_SLOPE(x, y), HYPOT(x, y))),
    kink=lambda x, y: abs(x) + max(y, 0.0), source="DLMF 4.24(ii), 4.23.39; it jumps where x < 0 and y = 0")
ERF: Final = composite(
    "erf", "erf", f"""\
size = abs(x)
z = x * x
t = 1.0 / (size + 2.0)
far = 1.0 - exp(-z) * ({horner("t", ERF_FAR)})
x * ({horner("z", ERF_NEAR)}) if size < 1.0 else sign(x) * (far if size < 6.0 else 1.0) if size >= 1.0 else nan""",
    (lambda out, x: ERF_SLOPE(x),), words="The error function, to 2 ulp.", forward=math.erf,
    source="DLMF 7.2.1; in languages without it, polynomials for erf(x) / x and exp(x**2) erfc(x)")
ERF_SLOPE: Final[Primitive] = composite(
    "erf_slope", "erf′", """\
t = 134217729.0 * x
h = t - (t - x)
0.0 if abs(x) > 28.0 else 1.1283791670955126 * exp(-h * h) * exp((h - x) * (h + x))""",
    (lambda out, x: -2.0 * x * out,), words="The slope 2 / sqrt(pi) * exp(-x**2) of erf, with x**2 in two parts.",
    spellings={"mathematics": "1.1283791670955126 * exp(-pow(x, 2.0))"},
    source="DLMF 7.2.1; T. J. Dekker (1971) for the parts")

# -------------------------------------------------------------------------------- wide: any number of operands

LOGSUMEXP: Final = WidePrimitive(
    "logsumexp", "logΣexp", wide_logsumexp, _shares, source="Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5",
    cost=30)

PRIMITIVES: dict[str, Primitive] = {
    primitive.name: primitive
    for primitive in (
        *(IDENTITY, ADD, SUB, MUL, DIV, NEG, POW, POW_SLOPE, RECIPROCAL),
        *(EXP, EXPM1, LOG, LOG2, LOG10, LOG_OR_ZERO, LOG1P, SQRT, CBRT),
        *(HYPOT, ATAN2, ERF),
        *(SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH),
        *(SIGMOID, SOFTPLUS, RELU, ABS, SIGN, STEP, COMPARE, MAXIMUM, MINIMUM, WHERE, STOP_GRADIENT),
        *(SUM, DOT, LOGSUMEXP),
        *(MUL_OR_ZERO, QUOTIENT, POW_BEFORE, POW_LOG, SHARE),  # from here on parts of losses and derivatives
        *(ASIN_SLOPE, TANH_SLOPE, HYPOT_SLOPE, ERF_SLOPE, LARGEST, SMALLEST),
    )
}
"""Every primitive by its name: whatever must hold for all of them is tested over this table."""
