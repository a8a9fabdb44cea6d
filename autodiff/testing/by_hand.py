"""What people write by hand, as a claim about a derivative: a gradient, a Jacobian, a backward pass, a tangent."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from autodiff.errors import GradientError
from autodiff.testing.arguments import Arguments, in_order, leaves, rebuilt
from autodiff.testing.claims import Claim, Inquiry, Look
from autodiff.testing.differences import EPS, Slope
from autodiff.testing.measure import SINGLE, Vector, measured, oracles_of, power_of_two, sizes_of
from autodiff.testing.mistakes import guess, is_close, path
from autodiff.testing.verdict import WRONG, Tolerance

ROUNDING = {True: 16 * SINGLE, False: 64 * EPS}  # of the largest numbers of a gradient, where they cancel
LAST_DIGITS = 2.0**-46  # of the numbers of a point
NOISY = 0.1  # of a number in a gradient: more than this is no rounding


def check_gradient(case: Arguments, gradient: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a gradient by hand is right."""

    def at(numbers: Sequence[float]) -> Vector:
        return case.like_point(gradient(*case.at(numbers)), "the gradient")

    slopes = at(case.numbers)
    case.result()
    if len(case.outputs) != 1:
        raise TypeError(
            f"check_gradients: expected f to return one number, got {len(case.outputs)}; "
            "use check_jacobian, check_vjp or check_jvp"
        )
    rounding = _rounding(case, at, slopes, sizes_of(case, tolerance.step, by_group=True))
    _check(case, lambda v, w: _sum(slopes, v, w[0]), tolerance, rounding, at)


def check_jacobian(case: Arguments, jacobian: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a Jacobian by hand is right."""
    case.result()
    rows = jacobian(*case.at(case.numbers))
    rows = [rows] if len(case.outputs) == 1 and not hasattr(rows, "__len__") else [*rows]
    if len(rows) != len(case.outputs):
        raise GradientError(f"the jacobian: expected a row for each of {len(case.outputs)} outputs, got {len(rows)}")
    matrix = [
        case.like_point(row, f"the row of {name} in the jacobian") for name, row in zip(case.outputs, rows, strict=True)
    ]

    def along(v: Vector, w: Vector) -> tuple[float, float]:
        parts = [_sum(row, v, weight) for row, weight in zip(matrix, w, strict=True) if weight]
        return math.fsum(x for x, _ in parts), math.hypot(*(size for _, size in parts))

    _check(case, along, tolerance)


def check_vjp(case: Arguments, vjp: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a backward pass by hand is right."""
    result = case.result()

    @cache
    def pulled_back(w: tuple[float, ...]) -> Vector:
        cotangent = rebuilt(result, iter(w))
        return case.like_point(vjp(*case.at(case.numbers), cotangent), "the result of vjp")

    _check(case, lambda v, w: _sum(pulled_back(tuple(w)), v, 1.0), tolerance)


def check_jvp(case: Arguments, jvp: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a forward derivative by hand is right."""
    case.result()

    def along(v: Vector, w: Vector) -> tuple[float, float]:
        moved = case.at(v)
        pushed = jvp(*case.at(case.numbers), *[moved[i] for i in case.argnums])
        where = "the result of jvp"
        return _sum(in_order(case.outputs, leaves(pushed, where, "f"), where), w, 1.0)

    _check(case, along, tolerance)


def _sum(slopes: Sequence[float], v: Sequence[float], weight: float) -> tuple[float, float]:
    """The sum of the products, and the root of the sum of their squares."""
    terms = [weight * slope * dx for slope, dx in zip(slopes, v, strict=True) if dx]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else math.nan, math.hypot(*terms)


def _check(
    case: Arguments,
    along: Callable[[Vector, Vector], tuple[float, float]],
    tolerance: Tolerance,
    rounding: Callable[[Slope, Vector], float] | None = None,
    gradient: Callable[[Vector], Vector] | None = None,
) -> None:
    """Raise unless what is written by hand is right."""

    def remark(looks: list[Look], output: int) -> str:
        ideas = [_unused(case, along)]
        if gradient and tolerance.step is None:
            ideas.append(_same_elsewhere(case, gradient, looks))
        idea = (
            next(filter(None, ideas), "") or _slip(case, looks, output) or _path(case, looks, output) or _close(looks)
        )
        return f"\n    perhaps: {idea}" if idea else ""

    Inquiry(case, oracles_of(case, tolerance.step), tolerance).check([Claim("hand", along, rounding, remark)])


def _rounding(
    case: Arguments, at: Callable[[Vector], Vector], slopes: Vector, sizes: Vector
) -> Callable[[Slope, Vector], float]:
    """How far a gradient is off in a direction, by the last digits of the point.

    Where f lies still, because it has rounded its change away, and where something sharper than f is asked, also by the
    last digits of what the gradient is elsewhere.
    """
    moved = [at([x * (1.0 + k * LAST_DIGITS) for x in case.numbers]) for k in (-3, -1, 1, 2)]
    noise = [max(abs(x - slope) for x in others) for slope, *others in zip(slopes, *moved, strict=True)]
    noise = [x if math.isfinite(x) and x <= NOISY * abs(slope) else 0.0 for x, slope in zip(noise, slopes, strict=True)]
    elsewhere = 0.0
    for factor in (-1.0, 0.5):
        try:
            others = at([factor * x for x in case.numbers])
        except (ArithmeticError, ValueError):
            continue
        products = [abs(x) * power_of_two(size) for x, size in zip(others, sizes, strict=True)]
        elsewhere = max([elsewhere, *filter(math.isfinite, products)])

    def rounding(slope: Slope, v: Vector) -> float:
        hidden = ROUNDING[case.is_single] * elsewhere if slope.is_still or slope.means != "differences" else 0.0
        own = [x + hidden / power_of_two(size) for x, size in zip(noise, sizes, strict=True)]
        return math.hypot(*(x * dx for x, dx in zip(own, v, strict=True)))

    return rounding


def _unused(case: Arguments, along: Callable[[Vector, Vector], tuple[float, float]]) -> str:
    """Whether a backward pass does not look at its cotangent, or a forward derivative at its tangent."""
    v, w = [1.0] * len(case.numbers), [1.0] * len(case.outputs)
    for which, zeros in (("cotangent", (v, [0.0] * len(w))), ("tangent", ([0.0] * len(v), w))):
        if abs(along(*zeros)[0]) > 0.0:  # and no nan
            return f"the {which} is not a factor of all of it: for a {which} of 0 it is not 0"
    return ""


def _close(looks: list[Look]) -> str:
    """What to do where all is nearly right."""
    wrong = [look for look in looks if look.verdict == WRONG]
    off = max(abs(look.claim - look.slope.value) / abs(look.slope.value or math.inf) for look in wrong)
    rtol = 10.0 ** math.ceil(math.log10(off)) if 0.0 < off < 1e-3 else 0.0
    return f"f is not exact, as a solver that stops early; if that is meant, give rtol={rtol:.0e}" if rtol else ""


def _same_elsewhere(case: Arguments, gradient: Callable[[Vector], Vector], looks: list[Look]) -> str:
    """Whether the gradient is the same at another point, where the function has another."""
    first = next(look for look in looks if look.verdict == WRONG)
    there = [1.1 * x + 0.1 for x in case.numbers]
    size = power_of_two(there[first.number])
    try:
        is_same = bool(first.claim) and gradient(there) == gradient(case.numbers)
        slope = measured(case, [size * (i == first.number) for i in range(len(there))], [1.0], at=there)
    except (ArithmeticError, ValueError):
        return ""
    is_constant = is_same and not is_close(slope.value / size, first.slope.value)
    return "it is the same at another point: it does not depend on the arguments" if is_constant else ""


def _slip(case: Arguments, looks: list[Look], output: int) -> str:
    """Which of the usual mistakes it is."""
    side = math.isqrt(len(looks))
    return guess(
        [look.claim for look in looks],
        [look.slope.value if look.verdict == WRONG else look.claim for look in looks],
        inputs=[case.numbers[look.number] for look in looks],
        values=[float(case.call(case.numbers)[output])] * len(looks),
        counts=case.counts,
        rows=side if side * side == len(looks) == len(case.numbers) else 0,
    )


def _path(case: Arguments, looks: list[Look], output: int) -> str:
    """Which path through f is wrong, if f takes Values."""
    wrong = [look for look in looks if look.verdict == WRONG][:8]
    try:
        inputs, outputs = case.record(case.numbers)
        return path(outputs[output], [inputs[look.number] for look in wrong], [look.claim for look in wrong])
    except Exception:  # noqa: BLE001  # whatever a function raises for numbers that it does not take
        return ""
