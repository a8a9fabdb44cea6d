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
import operator
from collections.abc import Sequence
from typing import Any, Final

from autodiff.composite import composite
from autodiff.floats import factor_pairs as factor_pairs  # the factors of a `DOT`
from autodiff.floats import pow_slope, wide_dot, wide_logsumexp, wide_sum
from autodiff.primitive import REALS, Domain, Intervals, Primitive, WidePrimitive

POSITIVE: Intervals = ((0.0, math.inf),)
NONZERO: Intervals = ((-math.inf, 0.0), (0.0, math.inf))
EXP_MAX = math.log(float.fromhex("0x1.fffffffffffffp+1023"))  # 709.78: exp of more does not fit a float

FINITE_X = Domain("a finite x")
FITS_EXP = Domain("x <= 709.78, so that the result fits a float", ((-math.inf, EXP_MAX),))
FITS_COSH = Domain("|x| <= 710.47, so that the result fits a float", ((-EXP_MAX, EXP_MAX),))
WITHIN_1 = Domain("-1 <= x <= 1", ((-1.0, 1.0),))
POWERS = "x > 0, or x = 0 with y >= 0, or x < 0 with an integer y"


def _shares(out: Any, xs: Sequence[Any]) -> Sequence[Any]:
    """The softmax: exp(x - out), divided by their sum, because out has rounded away the digits that make it 1."""
    if len(xs) == 1:
        return [1.0]
    shares = [SHARE(x, out) for x in xs]
    whole = SUM(*shares)
    return [share / whole for share in shares]


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

# -------------------------------------------------------------------------- activations, and functions with a kink

SIGMOID: Final[Primitive] = composite(
    "sigmoid", "σ", "z = exp(-abs(x))\n(z if x < 0.0 else 1.0) / (1.0 + z)", (lambda out, x: out * SIGMOID(-x),),
    words="1 / (1 + exp(-x)), without overflow.", source="Bishop, PRML (2006), 4.88", is_activation=True,
    spellings={"in place": "negative({x}, {o}); exp({o}, {o}); add({o}, 1.0, {o}); divide(1.0, {o}, {o})"})
SOFTPLUS: Final = composite(
    "softplus", "softplus", "(0.0 if x <= 0.0 else x) + log1p(exp(-abs(x)))", (lambda out, x: SIGMOID(x),),
    words="log(1 + exp(x)), without overflow.", source="Dugas et al. (2001)", is_activation=True,
    spellings={"numpy": "np.logaddexp(x, 0.0)"})
RELU: Final = composite(
    "relu", "relu", "0.0 if x <= 0.0 else x", (lambda out, x: STEP(x),), kink=lambda x: x, is_activation=True, cost=1,
    words="x where it is positive, else 0; NaN stays NaN.", spellings={"numpy": "np.maximum(x, 0.0)"},
    source="Nair & Hinton (2010); 0 at the kink, as PyTorch and JAX have it")
ABS: Final = Primitive(
    "abs", "|x|", abs, (lambda out, x: SIGN(x),), kink=lambda x: x, cost=1,
    source="the slope on either side; 0 at the kink, the middle of the subgradients")
SIGN: Final[Primitive] = composite(
    "sign", "sign", "1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else nan", (lambda out, x: 0.0,),
    kink=lambda x: x, words="The slope of abs: -1, 0 or 1.", source="constant on either side of the jump", cost=4,
    spellings={"numpy": "np.sign(x)", "javascript": "Math.sign(x)"})
STEP: Final[Primitive] = composite(
    "step", "step", "1.0 if x > 0.0 else 0.0 if x <= 0.0 else nan", (lambda out, x: 0.0,), kink=lambda x: x, cost=4,
    words="The slope of relu: 1 where x is positive, else 0.", source="constant on either side of the jump",
    spellings={"numpy": "np.heaviside(x, 0.0)"})
COMPARE: Final[Primitive] = composite(
    "compare", "compare", "1.0 if x > y else -1.0 if x < y else 0.0 if x == y else nan",
    (lambda out, x, y: 0.0, lambda out, x, y: 0.0), kink=lambda x, y: x - y, cost=6,
    words="-1, 0 or 1, as x is smaller than y, equal or larger.", source="constant on either side of the jump")
MAXIMUM: Final = composite(
    "maximum", "max", "x if x >= y or x != x else y",
    (lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, words="The larger of the two; NaN if one is NaN.", commutes=True, cost=1,
    spellings={"numpy": "np.maximum(x, y)", "javascript": "Math.max(x, y)"},
    source="the larger operand's; 1/2 to each at a tie, as JAX has it")
MINIMUM: Final = composite(
    "minimum", "min", "x if x <= y or x != x else y",
    (lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, words="The smaller of the two; NaN if one is NaN.", commutes=True, cost=1,
    spellings={"numpy": "np.minimum(x, y)", "javascript": "Math.min(x, y)"},
    source="the smaller operand's; 1/2 to each at a tie, as JAX has it")

# -------------------------------------------------------------------------------- wide: any number of operands

SUM: Final = WidePrimitive("sum", "Σ", wide_sum, lambda out, xs: [1.0] * len(xs), source=RULES)
DOT: Final = WidePrimitive(  # for each operand the one that it is multiplied by
    "dot", "x·y", wide_dot, lambda out, xs: [*xs[len(xs) // 2 :], *xs[: len(xs) // 2]], commutes=False,
    source="Petersen & Pedersen, The Matrix Cookbook (2012), eq. 69")
LOGSUMEXP: Final = WidePrimitive(
    "logsumexp", "logΣexp", wide_logsumexp, _shares, source="Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5",
    cost=30)

PRIMITIVES: dict[str, Primitive] = {
    primitive.name: primitive
    for primitive in (
        *(IDENTITY, ADD, SUB, MUL, DIV, NEG, POW, POW_SLOPE, RECIPROCAL),
        *(EXP, EXPM1, LOG, LOG_OR_ZERO, LOG1P, SQRT),
        *(SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH),
        *(SIGMOID, SOFTPLUS, RELU, ABS, SIGN, STEP, COMPARE, MAXIMUM, MINIMUM),
        *(SUM, DOT, LOGSUMEXP),
        *(MUL_OR_ZERO, QUOTIENT, POW_BEFORE, POW_LOG, SHARE, ASIN_SLOPE, TANH_SLOPE),  # parts of losses and derivatives
    )
}
"""Every primitive by its name: whatever must hold for all of them is tested over this table."""
