"""The slope of a function of one float, from differences at many steps, with an error that counts everything seen.

A difference at step h is off by truncation, which grows with h, and by the noise of f over h. Neither is known
beforehand, so f is looked at on a ladder of steps, each half of the one before. Neighbors are extrapolated
to step 0 (Richardson); the change by the last extrapolation is the truncation (Ridders). The noise is measured, too:
whatever all smaller steps say against a slope counts as noise, be it rounding, a kink, or whole waves of f that large
steps skip.

References:
    Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4 (1982).
    Press et al., Numerical Recipes (2007), section 5.7.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from operator import mul
from typing import NamedTuple

EPS = 2.0**-52
RANDOM = (
    "f gives another value when it is called again at the same point: it is random, or keeps a state; "
    "fix its seed within f, or take the state out"
)
ODD = 0.6180339887498949  # of 53 binary digits
DEPTH = 6  # how often a difference is extrapolated
WIDTHS = (4.0, 2.0, 1.0, 8.0, 0.5, 2.8, 1.4)  # of the interval for a fit, in units of the width of an extrapolation
SIDES = CENTRAL, *_ = (1, -1), (1, 0), (0, -1)  # above and below, above and here, here and below
STAGES = (range(-1, 19), range(19, 56), range(-40, -1))  # halvings of the first step; later ones where needed
FINER = 3  # smaller steps that an extrapolation is held against, at least
TRUSTED = 0.05  # the relative error of a slope that may call another number wrong
CLEAR = 0.1  # the relative error of a slope that can speak against another
ENOUGH = 1e-9  # the relative error at which the first stage is enough
WIDE = 2.0**-7  # a narrower extrapolation must stand against the second stage, where noise shows
NOISE = 1.5  # an extrapolated difference has this much of the noise of its smallest step


class Slope(NamedTuple):
    """A slope, or the lack of one."""

    value: float  # the slope
    error: float  # how far it may be off
    size: float  # the size of f over the step that the slope is from: what a slope of f is like there
    width: float  # the largest step that it is from
    steepest: float = 0.0  # the steepest that f is from step to step, over steps up to twice the first
    epsilon: float = EPS  # the precision of f: 2**-52, or that of fewer digits where all its values have no more
    is_still: bool = False  # whether f does not change at all at small steps
    trouble: str = ""  # why there is no slope to be had, or ""
    means: str = "differences"  # how it was taken


class Ladder:
    """The values of a function at steps of `scale` / 2**k on both sides of 0."""

    def __init__(self, f: Callable[[float], float], scale: float, is_bounded: bool = False) -> None:
        self.f = f
        self.scale = scale
        self.largest = 0 if is_bounded else -64  # halvings to the largest step
        self.here = float(f(0.0))  # an error at the point itself is not caught
        self.values: dict[int, tuple[float, float]] = {}
        self.epsilon = self.precision()

    def at(self, t: float) -> float:
        """The value at t; nan outside the domain of f."""
        try:
            return float(self.f(t))
        except (ArithmeticError, ValueError):
            return math.nan

    def look(self, halvings: Sequence[int]) -> None:
        """Evaluate f at more steps."""
        for k in [k for k in halvings if k >= self.largest]:
            h = math.ldexp(self.scale, -k)
            self.values[k] = self.at(h), self.at(-h)

    def precision(self) -> float:
        """The precision of f here: its values at odd places have 53 binary digits, or as many as are right."""
        # where f hardly moves, single precision shows farther away
        for halvings, usual in ((range(6, 15), range(54)), (range(-8, 6), range(20, 25))):
            values = {self.at(math.ldexp(self.scale * ODD, -k)) for k in halvings if k >= self.largest}
            bits = [significant_bits(x) for x in values - {0.0, self.here} if math.isfinite(x)]
            if len(bits) > 4 and max(bits) in usual:
                return 2.0 ** (1 - max(bits))
        return EPS

    def halvings(self) -> list[int]:
        """The steps that are not lost in the rounding of the argument, the largest first."""
        return [k for k in sorted(self.values) if k < max(20.0, -math.log2(16.0 * self.epsilon))]

    def has_kink(self, width: float) -> bool:
        """Whether the slopes above and below stay apart, by the same, over 6 halvings from a step on.

        For a smooth f their gap halves with the step, or falls faster; in the noise it doubles.
        """
        halvings = self.halvings()
        first = sum(math.ldexp(self.scale, -k) > width for k in halvings)
        gaps = [
            math.ldexp(abs(sum(self.values[k]) - 2.0 * self.here), k)
            for k in halvings[max(0, min(first, len(halvings) - 7)) :][:7]
        ]
        return len(gaps) == 7 and all(0.75 * coarse < fine < 1.33 * coarse for coarse, fine in pairwise(gaps))

    def near(self) -> list[tuple[int, float, float]]:
        """The steps up to twice the first, and the values above and below, where f has both."""
        return [(k, a, b) for k, (a, b) in self.values.items() if k >= -1 and math.isfinite(a - b)]

    def steepest(self) -> float:
        """The steepest difference between two values near by."""
        return max([math.ldexp(abs(a - b) / (2.0 * self.scale), k) for k, a, b in self.near()], default=0.0)

    def flat(self) -> float:
        """The slope at the smallest step that changes f, if that is by rounding alone; else 0."""
        changes = [(k, max(abs(a - self.here), abs(b - self.here))) for k, a, b in self.near()]
        first, change = max([(k, change) for k, change in changes if change], default=(0, 0.0))
        largest = max([max(abs(a), abs(b)) for _, a, b in self.near()], default=0.0)  # where f is small, it cancels
        return math.ldexp(change / self.scale, first) if change <= 1000.0 * self.epsilon * largest else 0.0


def significant_bits(x: float) -> int:
    """How many binary digits a number takes: at most 24 where it comes from a float32."""
    n = int(math.frexp(x)[0] * 2.0**53)
    return 54 - (n & -n).bit_length()


def slope_at_zero(f: Callable[[float], float], scale: float = 1.0, is_bounded: bool = False) -> Slope:
    """Return the slope of f at 0.

    Args:
        f: a function of a float.
        scale: the step to begin with: what is no small change for f. A power of 2 keeps steps exact.
        is_bounded: whether no larger step is taken.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a step may leave the domain
        ladder = Ladder(f, scale, is_bounded)
        slope = _sharpest(ladder)
        if any(ladder.at(0.0) != ladder.here for _ in range(4)):
            return slope._replace(trouble=RANDOM)
    return slope


def _sharpest(ladder: Ladder) -> Slope:
    """The slope with the least error, by as few values of f as will do."""
    if not math.isfinite(ladder.here):
        return Slope(math.nan, math.inf, 0.0, 0.0, trouble=f"f is {ladder.here} here; choose another point")
    slope, side, enough = None, CENTRAL, max(ENOUGH, 30.0 * ladder.epsilon)
    for stage in STAGES:
        ladder.look(stage)
        slope, side = next(((best, side) for side in SIDES if (best := _best(ladder, side))), (None, CENTRAL))
        is_sharp = slope is not None and slope.error < enough * abs(slope.value) and slope.width > WIDE * ladder.scale
        if slope and is_sharp and not ladder.has_kink(slope.width):
            return slope
    if slope is None or (side != CENTRAL and slope.error > TRUSTED * abs(slope.value)):
        trouble = "f has no values near the point, or on one side only and no finite slope there; choose a point inside"
        return Slope(math.nan, math.inf, 0.0, 0.0, trouble=trouble)
    if ladder.has_kink(slope.width):
        return slope._replace(trouble="f has a kink here, or too near: its slopes on the two sides differ")
    for width in [factor * slope.width for factor in WIDTHS]:
        if slope.error > enough * abs(slope.value) and width <= math.ldexp(ladder.scale, -ladder.largest):
            fit = slope_of_fit(ladder, width)
            apart = abs(fit.value - slope.value)
            if fit.error < slope.error:
                is_near = apart <= 2.0 * (fit.error + slope.error)
                slope = fit if is_near else slope._replace(error=max(slope.error, apart))
    is_still = all(value == ladder.here for k in range(12, 20) for value in ladder.values[k])
    flat = ladder.flat() if is_still else 0.0  # where only rounding shows a change at last, it says no more than that
    if flat:
        slope = slope._replace(value=0.0, error=flat)
    return slope._replace(steepest=ladder.steepest(), is_still=is_still and slope.value == 0.0)


def _best(ladder: Ladder, side: tuple[int, int]) -> Slope | None:
    """The extrapolation with the least error that none at smaller steps speaks against."""
    has_kink = cache(ladder.has_kink)
    candidates = sorted(_extrapolations(ladder, *side), key=lambda slope: (has_kink(slope.width), slope.error))
    clear = [slope for slope in candidates if slope.error <= CLEAR * abs(slope.value)]
    for slope in candidates:
        if not any(
            other.width < slope.width and abs(other.value - slope.value) > 2.0 * (slope.error + other.error)
            for other in clear
        ):
            # a function that is rounded is flat at small steps
            near = [other for other in clear if other.width <= 2.0 * ladder.scale and not has_kink(other.width)]
            return near[0] if near and slope.value == 0.0 else slope
    return None


def _extrapolations(ladder: Ladder, above: int, below: int) -> Iterator[Slope]:
    """All extrapolations with their errors, of differences between two of: above, here, below."""

    def value_at(k: int, side: int) -> float:
        return ladder.here if side == 0 else ladder.values[k][side < 0]

    halvings = ladder.halvings()
    steps = [math.ldexp(ladder.scale, -k) for k in halvings]
    pairs = [(value_at(k, above), value_at(k, below)) for k in halvings]
    sizes = [max(abs(a), abs(b), key=lambda x: (math.isnan(x), x)) for a, b in pairs]
    row = [(a - b) / ((above - below) * h) for (a, b), h in zip(pairs, steps, strict=True)]
    power = 4.0 if above - below == 2 else 2.0  # the error has even powers of the step, or all
    for m in range(1, DEPTH + 1):
        last, factor = row, power**m
        row = [(factor * fine - coarse) / (factor - 1.0) for coarse, fine in pairwise(last)]
        for i, value in enumerate(row[:-FINER]):
            h = steps[i + m]
            truncation = max(abs(value - last[i]), abs(value - last[i + 1]))
            against = [abs(other - value) * step for other, step in zip(row[i + 1 :], steps[i + 1 + m :], strict=True)]
            size = max(sizes[i : i + m + 1]) / h
            rounding = ladder.epsilon * (size + abs(value) * ladder.scale / h)  # of f, and of its argument
            error = truncation + NOISE * (rounding + max(against) / h)
            if math.isfinite(error):
                yield Slope(value, error, size, steps[i], epsilon=ladder.epsilon)


POINTS = 64


@cache
def _cosines() -> list[list[float]]:
    """T_k at each Chebyshev point, for every k."""
    return [[math.cos(math.pi * k * (j + 0.5) / POINTS) for j in range(POINTS)] for k in range(POINTS)]


def slope_of_fit(ladder: Ladder, width: float) -> Slope:
    """Return the slope at 0 of the polynomial that fits f best on [-width, width]: noise is averaged.

    f is a sum of Chebyshev polynomials T_k(t / width). The coefficients of a smooth f fall to the level of its noise,
    and stay there: what comes after is left out, and tells how large the noise is.
    """
    cosines = _cosines()
    values = [ladder.at(width * t) for t in cosines[1]]
    if not all(map(math.isfinite, values)):
        return Slope(math.nan, math.inf, 0.0, width, epsilon=ladder.epsilon)
    terms = [2.0 / POINTS * sum(map(mul, values, row)) for row in cosines]
    noise = math.sqrt(sum(a * a for a in terms[POINTS // 2 :]) / (POINTS // 2))
    size = max(map(abs, values)) / width
    noise = max(noise, EPS * size * width)
    best = Slope(math.nan, math.inf, size, width, epsilon=ladder.epsilon)
    shown = list(enumerate(terms))[1 : POINTS // 2]
    slope = squares = spread = 0.0
    for k in range(1, POINTS // 2, 2):
        slope += terms[k] * (k if k % 4 == 1 else -k) / width
        squares += k * k
        rest = max([j * abs(terms[j]) for j in range(k + 2, k + 9, 2)])
        error = (rest + 3.0 * noise * math.sqrt(squares)) / width
        if error < best.error:
            best = Slope(slope, error, size, width, epsilon=ladder.epsilon)
            spread = math.sqrt(squares) / width
    if math.isfinite(best.error):  # what the polynomial does not show of the values at the steps is an error
        hidden = [
            abs(value - 0.5 * terms[0] - sum(a * math.cos(j * math.acos(side * h / width)) for j, a in shown))
            for h, pair in ((math.ldexp(ladder.scale, -k), pair) for k, pair in ladder.values.items())
            for side, value in zip((1.0, -1.0), pair, strict=True)
            if h <= 0.25 * width and math.isfinite(value)
        ]
        excess = max(hidden) - 4.0 * noise * math.sqrt(POINTS / 2.0)
        best = best._replace(error=best.error + max(0.0, excess) * spread)
    return best
