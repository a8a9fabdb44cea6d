"""Derivatives that somebody wrote, against differences: along random directions first, then number by number."""

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from autodiff.errors import CannotTellError, GradientError
from autodiff.testing.arguments import Arguments, matched, rebuilt
from autodiff.testing.differences import EPS, RANDOM, Slope
from autodiff.testing.directions import Vector, drawn, halved, measured, power_of_two, shown, sizes_of, unit, why_unsure
from autodiff.testing.mistakes import guess, is_close
from autodiff.testing.verdict import RIGHT, UNSURE, WRONG, Tolerance, judge

ROUNDING = 64 * EPS  # of the largest numbers of a gradient, where they cancel
NOISY = 0.1  # of a number in a gradient: more than this is no rounding
FEW = 64  # so many numbers are looked at one by one to explain a failure


class Claim(NamedTuple):
    """What somebody says about a derivative.

    Attributes:
        along: for a direction v of the point and weights w of the outputs: the sum of w_j d f_j / d x_i v_i, and the
            size of its terms, the root of the sum of their squares.
        outputs: the names of the outputs.
        gradient: the claim as a function of the point, where it is a gradient.
        noise: for each number of a gradient, by how much it changes with the last digits of the point.
        elsewhere: and how large it is at other points, where its largest number has this size for each.
    """

    along: Callable[[Vector, Vector], tuple[float, float]]
    outputs: list[str]
    gradient: Callable[[Vector], Vector] | None = None
    noise: Vector = []  # noqa: RUF012  # defaults that nobody changes
    elsewhere: Vector = []  # noqa: RUF012

    def measured(self, case: Arguments, v: Vector, w: Vector) -> Slope:
        """The slope to compare with, its error that of the measurement and of the claim."""
        slope = measured(case, v, w)
        noise = self.noise
        if slope.is_still and self.noise:  # f has rounded its change away; a gradient may be off by its own rounding
            noise = [x + ROUNDING * y for x, y in zip(noise, self.elsewhere, strict=True)]
        own = math.hypot(*(x * dx for x, dx in zip(noise, v, strict=False)))
        return slope._replace(error=slope.error + own)


class Look(NamedTuple):
    """One number of a derivative: which, what is claimed, what was measured, and the verdict."""

    number: int
    claim: float
    slope: Slope
    verdict: str


def check_gradient(case: Arguments, gradient: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a gradient by hand is right."""

    def at(numbers: Sequence[float]) -> Vector:
        return case.like_point(gradient(*case.at(numbers)), "the gradient")

    slopes = at(case.numbers)
    count = len(case.evaluate(case.numbers))
    if count != 1:
        raise TypeError(
            f"check_gradients: expected f to return one number, got {count}; use check_jacobian, check_vjp or check_jvp"
        )

    moved = [at([x * (1.0 + k * 2.0**-46) for x in case.numbers]) for k in (-3, -1, 1, 2)]
    noise = [max(abs(x - slope) for x in others) for slope, *others in zip(slopes, *moved, strict=True)]
    noise = [x if math.isfinite(x) and x <= NOISY * abs(slope) else 0.0 for x, slope in zip(noise, slopes, strict=True)]
    elsewhere = [0.0] * len(slopes)
    for factor in (-1.0, 0.5):
        try:
            others = at([factor * x for x in case.numbers])
        except (ArithmeticError, ValueError):
            continue
        elsewhere = [max(x, abs(y)) if math.isfinite(y) else x for x, y in zip(elsewhere, others, strict=True)]
    sizes = sizes_of(case, tolerance.step, by_group=True)
    largest = max(x * power_of_two(size) for x, size in zip(elsewhere, sizes, strict=True))
    elsewhere = [largest / power_of_two(size) for size in sizes]
    check_claim(case, Claim(lambda v, w: _sum(slopes, v, w[0]), ["f"], at, noise, elsewhere), tolerance)


def check_jacobian(case: Arguments, jacobian: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a Jacobian by hand is right."""
    outputs = case.outputs()
    rows = jacobian(*case.at(case.numbers))
    rows = [rows] if len(outputs) == 1 and not hasattr(rows, "__len__") else [*rows]
    if len(rows) != len(outputs):
        raise GradientError(f"the jacobian: expected a row for each of {len(outputs)} outputs, got {len(rows)}")
    matrix = [
        case.like_point(row, f"the row of {name} in the jacobian") for name, row in zip(outputs, rows, strict=True)
    ]

    def along(v: Vector, w: Vector) -> tuple[float, float]:
        parts = [_sum(row, v, weight) for row, weight in zip(matrix, w, strict=True) if weight]
        return math.fsum(x for x, _ in parts), math.hypot(*(size for _, size in parts))

    check_claim(case, Claim(along, outputs), tolerance)


def check_vjp(case: Arguments, vjp: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a backward pass by hand is right."""
    result = case.f(*case.at(case.numbers))

    @cache
    def pulled_back(w: tuple[float, ...]) -> Vector:
        cotangent = rebuilt(result, iter(w))
        return case.like_point(vjp(*case.at(case.numbers), cotangent), "the result of vjp")

    check_claim(case, Claim(lambda v, w: _sum(pulled_back(tuple(w)), v, 1.0), case.outputs()), tolerance)


def check_jvp(case: Arguments, jvp: Callable[..., Any], tolerance: Tolerance) -> None:
    """Raise unless a forward derivative by hand is right."""
    result = case.f(*case.at(case.numbers))

    def along(v: Vector, w: Vector) -> tuple[float, float]:
        moved = case.at(v)
        tangents = [moved[i] for i in case.argnums]
        pushed = jvp(*case.at(case.numbers), *tangents)
        return _sum([*matched(result, pushed, "the result of jvp", "f")], w, 1.0)

    check_claim(case, Claim(along, case.outputs()), tolerance)


def _sum(slopes: Sequence[float], v: Sequence[float], weight: float) -> tuple[float, float]:
    """The sum of the products, and the root of the sum of their squares."""
    terms = [weight * slope * dx for slope, dx in zip(slopes, v, strict=True) if dx]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else math.nan, math.hypot(*terms)


def check_claim(case: Arguments, claim: Claim, tolerance: Tolerance) -> None:
    """Raise unless what is claimed agrees with differences in directions drawn at random."""
    rng = random.Random(0)
    ways = []
    for by_group in (True, False)[: len(case.numbers) * len(claim.outputs)]:
        v = drawn(rng, sizes_of(case, tolerance.step, by_group))
        w = drawn(rng, [1.0] * len(claim.outputs))
        ways.append((v, claim.measured(case, v, w), *claim.along(v, w)))
    steepest = max(slope.steepest for _, slope, _, _ in ways)
    for v, slope, number, size in ways:
        verdict = judge(number, slope, tolerance, size, steepest)
        if verdict != RIGHT:
            _explain(case, claim, tolerance, v, slope, verdict)


def _explain(case: Arguments, claim: Claim, tolerance: Tolerance, v: Vector, slope: Slope, verdict: str) -> None:
    """Look at single numbers until one is wrong, and raise; return if few enough are all right."""
    if slope.trouble.startswith(RANDOM):
        raise CannotTellError(
            f"cannot tell whether {claim.outputs[0]} is differentiated right{why_unsure(case, slope)}"
        )
    unsure: tuple[int, Look] | None = None
    is_many = len(case.numbers) > FEW or len(claim.outputs) > FEW
    for j in range(len(claim.outputs))[:FEW]:
        looks = _looks(case, claim, tolerance, _worth(case, claim, tolerance, v, j), j)
        if any(look.verdict == WRONG for look in looks):
            raise GradientError(_report(case, claim, tolerance, looks, j))
        unsure = unsure or next(((j, look) for look in looks if look.verdict == UNSURE), None)
    if verdict == WRONG and is_many:
        raise GradientError(
            f"the derivative of {claim.outputs[0]} is wrong in a direction drawn at random, though no single number "
            f"that was looked at is\n    at {case.place()}\n    direction {v[:8]}"
        )
    if unsure:
        j, look = unsure
        name = f"d {claim.outputs[j]} / d {case.names[look.number]}"
        raise CannotTellError(
            f"cannot tell whether {name} is right at {case.place()}\n    by hand         {look.claim!r}"
            f"\n    by differences  {shown(look.slope)}{why_unsure(case, look.slope)}"
        )
    if is_many:
        raise CannotTellError(
            f"cannot tell whether the derivatives are right at {case.place()}{why_unsure(case, slope)}"
        )


def _looks(case: Arguments, claim: Claim, tolerance: Tolerance, which: Sequence[int], j: int) -> list[Look]:
    """Some numbers of the point, each for itself."""
    sizes = [power_of_two(size) for size in sizes_of(case, tolerance.step, by_group=False)]
    w = unit(j, 1.0, len(claim.outputs))
    directions = [unit(i, sizes[i], len(sizes)) for i in which]
    slopes = [claim.measured(case, v, w) for v in directions]
    steepest = max(slope.steepest for slope in slopes)
    looks = []
    for i, v, slope in zip(which, directions, slopes, strict=True):
        number, _ = claim.along(v, w)
        scaled = tolerance._replace(absolute=tolerance.absolute * sizes[i])
        verdict = judge(number, slope, scaled, steepest=steepest)
        by_number = slope._replace(value=slope.value / sizes[i], error=slope.error / sizes[i])
        looks.append(Look(i, number / sizes[i], by_number, verdict))
    return looks


def _worth(case: Arguments, claim: Claim, tolerance: Tolerance, v: Vector, j: int) -> Sequence[int]:
    """The numbers to look at: all if they are few; else a wrong one, sought by halves, and some at equal distances."""
    n = len(case.numbers)
    if n <= FEW:
        return range(n)
    w = unit(j, 1.0, len(claim.outputs))

    def is_wrong(part: range) -> bool:
        some = [x if i in part else 0.0 for i, x in enumerate(v)]
        number, size = claim.along(some, w)
        return judge(number, claim.measured(case, some, w), tolerance, size) == WRONG

    return sorted({halved(range(n), is_wrong), *range(0, n, -(-n // FEW))})


def _report(case: Arguments, claim: Claim, tolerance: Tolerance, looks: list[Look], j: int) -> str:
    """What is wrong, where, and perhaps why."""
    wrong = [look for look in looks if look.verdict == WRONG]
    right = [look for look in looks if look.verdict == RIGHT]
    first = wrong[0]
    tolerated = tolerance.of(first.slope, max(abs(first.claim), abs(first.slope.value)))
    lines = [
        f"d {claim.outputs[j]} / d {case.names[first.number]} is wrong at {case.place()}",
        f"    by hand         {first.claim!r}",
        f"    by differences  {shown(first.slope)}",
        f"    they differ by {abs(first.claim - first.slope.value):.3g}, more than the tolerance {tolerated:.2g}",
    ]
    if len(looks) > 1:
        of = f"of the {len(looks)} numbers looked at" if len(looks) < len(case.numbers) else f"of {len(looks)} numbers"
        lines.append(f"    {len(wrong)} {of} {'is' if len(wrong) == 1 else 'are'} wrong: {_listed(case, wrong)}")
        if right:
            lines.append(f"    {len(right)} {'is' if len(right) == 1 else 'are'} right: {_listed(case, right)}")
    idea = _idea(case, claim, looks, first, j)
    return "\n".join([*lines, *([f"    perhaps: {idea}"] if idea else [])])


def _idea(case: Arguments, claim: Claim, looks: list[Look], first: Look, j: int) -> str:
    """What mistake it may be."""
    if claim.gradient and first.claim:
        there = [1.1 * x + 0.1 for x in case.numbers]
        size = power_of_two(there[first.number])
        try:
            claims = claim.gradient(there)
            slope = measured(case, unit(first.number, size, len(there)), [1.0], there)
        except (ArithmeticError, ValueError):
            claims = []
        if claims and claims == claim.gradient(case.numbers) and not is_close(slope.value / size, first.slope.value):
            return "it is the same at another point: it does not depend on the arguments"
    side = math.isqrt(len(looks))
    return guess(
        [look.claim for look in looks],
        [look.slope.value if look.verdict == WRONG else look.claim for look in looks],
        inputs=[case.numbers[look.number] for look in looks],
        values=[case.evaluate(case.numbers)[j]] * len(looks),
        counts=case.counts,
        rows=side if side * side == len(looks) == len(case.numbers) else 0,
    )


def _listed(case: Arguments, looks: list[Look]) -> str:
    """The names of some numbers."""
    names = [case.names[look.number] for look in looks]
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
