"""The machine code of each primitive: its formula on `Lanes`, with the result of `ieee` in every lane.

The elementary functions are in `vectormath` and `trigonometric`; one that is in neither is called from the C library,
lane by lane. A choice becomes a selection, because the points in a vector may lie on both sides of it. The wide
primitives add many numbers in a fixed order.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.languages import Language, called
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import DOT, EXP, LOG1P, LOGSUMEXP, MAXIMUM, MINIMUM, PRIMITIVES, SUM, factor_pairs
from autodiff.program.llvm import trigonometric, vectormath
from autodiff.program.llvm.lanes import Lanes, Mask, fma, in_double, intrinsic, lane_by_lane, where
from autodiff.spelling import ELEMENTARY, function

POWERS: dict[float, Callable[[Lanes], Lanes]] = {
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


def apply(primitive: Primitive, operands: Sequence[Lanes]) -> Lanes:
    """Write the instructions of a primitive.

    Args:
        primitive: one with code, which `choose` sees to.
        operands: one, at least, of one type, doubles or floats. Their function is written to, perhaps with new blocks.
    """
    if primitive in WIDE:
        return WIDE[primitive](operands)
    if isinstance(primitive, WidePrimitive) and (fold := primitive.fold):
        return functools.reduce(lambda x, y: apply(fold, [x, y]), operands)
    return _formula(primitive)(*operands)


def power(x: Lanes, exponent: float) -> Lanes:
    """Write x ** exponent for a constant exponent: as multiplications or a root where these are right to 2 ulp."""
    short = POWERS.get(exponent)
    return short(x) if short else vectormath.pow(x, x.lift(exponent))


def added(terms: Sequence[Lanes]) -> Lanes:
    """Write the sum of one term or more, by pairs."""
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [x + y for x, y in pairs] + list(terms[len(terms) // 2 * 2 :])
    return terms[0]


def _dot(operands: Sequence[Lanes]) -> Lanes:
    """Write the sum of the products, in up to four partial sums, because an addition takes four cycles."""
    parts: list[Lanes] = []
    for k, (x, y) in enumerate(factors := factor_pairs(operands)):
        if k < min(4, len(factors) // 4 or 1):
            parts.append(x * y)
        else:
            parts[k % len(parts)] = fma(x, y, parts[k % len(parts)])
    return added(parts)


def _logsumexp(xs: Sequence[Lanes]) -> Lanes:
    """Write m + log1p(sum of exp(x - m)), with the largest x as m and the sum over the others; m if it is infinite."""
    largest, others = xs[0], []
    for x in xs[1:]:
        others.append(apply(MINIMUM, [largest, x]))
        largest = apply(MAXIMUM, [largest, x])
    rest = [apply(EXP, [x - largest]) for x in others]
    total = largest + apply(LOG1P, [added(rest)]) if rest else largest
    return where(abs(largest).equals(math.inf), largest, total)


WIDE = {SUM: added, DOT: _dot, LOGSUMEXP: _logsumexp}


def _square(x: Lanes) -> Lanes:
    return x * x


def _root(x: Lanes) -> Lanes:
    """x ** 0.5 as pow has it, which is sqrt but for the root of -inf, inf."""
    return where(x.equals(-math.inf), math.inf, _sqrt(x))


def _sqrt(x: Lanes) -> Lanes:
    return intrinsic("sqrt", x) + 0.0  # + 0.0 so that sqrt(-0.0) is 0.0


def _equal(x: Any, y: Any) -> Mask:
    equal: Mask = x.equals(y) if isinstance(x, Lanes) else y.equals(x)
    return equal


def _library() -> dict[str, Callable[..., Any]]:
    """The functions on lanes, by the names of primitives."""
    modules = (vectormath, trigonometric)
    ours = {name: f for m in modules for name, f in vars(m).items() if getattr(f, "__module__", "") == m.__name__}
    ours |= {"abs": abs, "sqrt": _sqrt}
    names = [name for name in PRIMITIVES if name in ours or name in ELEMENTARY]
    return {name: ours.get(name) or in_double(functools.partial(lane_by_lane, name)) for name in names}


LIBRARY = _library()
LLVM = Language(
    "llvm",
    library={name: name for name in LIBRARY},
    choice="select({test}, {yes}, {no})",
    relations={"==": "equal({0}, {1})", "!=": "~equal({0}, {1})"},
    either="({0}) | ({1})",
    both="({0}) & ({1})",
    argument="x.lift({0})",
)


@functools.lru_cache(maxsize=1024)
def _formula(primitive: Primitive) -> Callable[..., Lanes]:
    """A primitive as a function on lanes. What is more than arithmetic and choices is computed in doubles."""
    names = {**LIBRARY, "select": where, "equal": _equal, "inf": math.inf, "nan": math.nan}
    formula = function(primitive, LLVM, names)
    needs_doubles = primitive.name not in LIBRARY and called(primitive.formula_in("llvm")) - {"inf", "nan", "abs"}
    return in_double(formula) if needs_doubles else formula
