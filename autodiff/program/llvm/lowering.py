"""The machine code of each primitive: a formula on `Lanes`, with the result of `ieee` in every lane.

The elementary functions are in `vectormath` and `trigonometric`. Here are arithmetic, comparisons, and the conventions
at kinks. A branch becomes a selection, because the points in a vector may lie on both sides of it. The wide primitives
(`sum`, `dot`, `logsumexp`) are in `body`, which decides in which order to add many numbers.
"""

import math
from collections.abc import Callable, Sequence

from autodiff.program.llvm import trigonometric, vectormath
from autodiff.program.llvm.lanes import Lanes, in_double, intrinsic, where

_POWERS: dict[float, Callable[[Lanes], Lanes]] = {
    0.0: lambda x: x.lift(1.0),  # for NaN too, as math.pow has it
    1.0: lambda x: x,
    2.0: lambda x: x * x,
    3.0: lambda x: x * x * x,
    4.0: lambda x: _square(x * x),
    -1.0: lambda x: 1.0 / x,
    -2.0: lambda x: _square(1.0 / x),  # 1 / (x * x) would lose the digits of x * x where that is denormal
    0.5: lambda x: _root(x),
    -0.5: lambda x: 1.0 / _root(x),
}
"""The powers that a few instructions compute to 2 ulp; each factor is right to 1/2 ulp."""


def lower(name: str, operands: Sequence[Lanes]) -> Lanes:
    """Write the instructions of a primitive.

    Args:
        name: of the primitive, as in `autodiff.PRIMITIVES`.
        operands: of one type, doubles or floats. Their function is written to, perhaps with new blocks.

    Raises:
        ValueError: if the primitive has no machine code.
    """
    formula = _TABLE.get(name)
    if formula is None:
        raise ValueError(f'llvm: no machine code for the primitive {name!r}; use backend="python"')
    return formula(*operands)


def power(x: Lanes, exponent: float) -> Lanes:
    """Write x ** exponent for a constant exponent: as multiplications or a root where these are right to 2 ulp."""
    short = _POWERS.get(exponent)
    return short(x) if short else vectormath.pow(x, x.lift(exponent))


def _square(x: Lanes) -> Lanes:
    return x * x


def _root(x: Lanes) -> Lanes:
    """x ** 0.5 as pow has it, which is sqrt but for the root of -inf, inf."""
    return where(x.equals(-math.inf), math.inf, _sqrt(x))


def _sqrt(x: Lanes) -> Lanes:
    return intrinsic("sqrt", x) + 0.0  # + 0.0 so that sqrt(-0.0) is 0.0


def _reciprocal(x: Lanes) -> Lanes:
    return where(x.equals(0.0), math.inf, 1.0 / x)


@in_double
def _pow_slope(x: Lanes, y: Lanes) -> Lanes:
    """y x**(y-1), in the form that neither overflows nor divides by zero for this y, with one power for all forms."""
    power = vectormath.pow(x, where(y < 0.0, y, where(y < 1.0, 1.0 - y, y - 1.0)))
    rising = y * where(y < 1.0, _reciprocal(power), power)
    falling = where(x.equals(0.0), math.nan, y * power / x)
    return where(y.equals(0.0), 0.0, where(y < 0.0, falling, rising))


def _maximum(x: Lanes, y: Lanes) -> Lanes:
    return where(x.is_nan(), x, where(x > y, x, y))


def _minimum(x: Lanes, y: Lanes) -> Lanes:
    return where(x.is_nan(), x, where(x < y, x, y))


def _compare(x: Lanes, y: Lanes) -> Lanes:
    return where(x > y, 1.0, where(x < y, -1.0, where(x.equals(y), 0.0, math.nan)))


_TABLE: dict[str, Callable[..., Lanes]] = {
    "identity": lambda x: x,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pow": vectormath.pow,
    "pow_slope": _pow_slope,
    "reciprocal": _reciprocal,
    "exp": vectormath.exp,
    "expm1": vectormath.expm1,
    "log": vectormath.log,
    "log_or_zero": lambda x: where(x.equals(0.0), 0.0, vectormath.log(x)),
    "log1p": vectormath.log1p,
    "sqrt": _sqrt,
    "sin": trigonometric.sin,
    "cos": trigonometric.cos,
    "tan": trigonometric.tan,
    "asin": trigonometric.asin,
    "acos": trigonometric.acos,
    "atan": trigonometric.atan,
    "sinh": vectormath.sinh,
    "cosh": vectormath.cosh,
    "tanh": vectormath.tanh,
    "sigmoid": vectormath.sigmoid,
    "softplus": vectormath.softplus,
    "relu": lambda x: where(x < 0.0, 0.0, x),
    "abs": abs,
    "sign": lambda x: where(x > 0.0, 1.0, where(x < 0.0, -1.0, x)),
    "step": lambda x: where(x > 0.0, 1.0, where(x <= 0.0, 0.0, x)),
    "compare": _compare,
    "maximum": _maximum,
    "minimum": _minimum,
}
