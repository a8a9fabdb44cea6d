"""What is claimed about a derivative, judged along random directions, and to explain a failure number by number."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff.errors import CannotTellError, GradientError
from autodiff.testing.arguments import Function
from autodiff.testing.differences import RANDOM, Slope
from autodiff.testing.measure import Oracle, Vector, drawn, halved, measured, only, power_of_two, sizes_of
from autodiff.testing.verdict import RIGHT, UNSURE, WRONG, Tolerance, judge, shown

FEW = 64  # so many numbers are looked at one by one to explain a failure


class Look(NamedTuple):
    """A derivative in a direction: what is claimed, what was measured, how far they may differ, and the verdict."""

    claim: float
    slope: Slope
    allowed: float
    verdict: str
    number: int = 0  # which number of the point moves, if it is one

    def by(self, size: float, number: int) -> "Look":
        """The same for a number that has gone so far."""
        slope = self.slope._replace(value=self.slope.value / size, error=self.slope.error / size)
        return Look(self.claim / size, slope, self.allowed / size, self.verdict, number)


class Claim(NamedTuple):
    """What somebody says about a derivative.

    Attributes:
        mode: who says it.
        along: for a direction v of the point and weights w of the outputs: the sum of w_j d f_j / d x_i v_i, and the
            size of its terms.
        rounding: how far the claim in a direction may be off by its own rounding, for a measured slope; None if that is
            not known: then only differences, whose error has the rounding of f, call the claim wrong.
        remark: what to add to the report, by the numbers that were looked at, those of an output.
    """

    mode: str
    along: Callable[[Vector, Vector], tuple[float, float]]
    rounding: Callable[[Slope, Vector], float] | None = None
    remark: Callable[[list[Look], int], str] = lambda looks, output: ""


class Inquiry(NamedTuple):
    """A function, what its derivative is compared with, and how far a right one may be off."""

    case: Function
    oracles: Sequence[Oracle]
    tolerance: Tolerance

    def slope(self, v: Vector, w: Vector) -> Slope:
        """The slope in a direction."""
        return measured(self.case, v, w, self.tolerance.step is not None)

    def look(self, claim: Claim, v: Vector, w: Vector, slope: Slope, steepest: float = 0.0) -> Look:
        """A claim in a direction, held against a slope, or where that cannot tell against a sharper one."""
        number, size = claim.along(v, w)
        tolerance = self.tolerance.along(v)

        def judged(slope: Slope) -> Look:
            slope = slope._replace(error=slope.error + (claim.rounding(slope, v) if claim.rounding else 0.0))
            allowed = tolerance.of(slope, max(size, abs(number), abs(slope.value)))
            return Look(number, slope, allowed, judge(number, slope, tolerance, size, steepest))

        first = judged(slope)
        is_hidden = first.verdict == RIGHT and slope.error > tolerance.wanted(slope) * max(size, abs(number))
        if not slope.trouble and (first.verdict == UNSURE or is_hidden):
            sharper = next(filter(None, (oracle.sharpened(slope, v, w) for oracle in self.oracles)), None)
            if sharper and (claim.rounding or judged(sharper).verdict == RIGHT):
                return judged(sharper)
        return first

    def check(self, claims: Sequence[Claim], directions: int = 2, insist: bool = True) -> None:
        """Raise unless what is claimed agrees in directions drawn at random.

        Args:
            claims: all of them about the same derivative.
            directions: in how many, one or two.
            insist: whether a function too rough to tell is an error, and not only one with a kink or a state.
        """
        rng = random.Random(0)
        n_in, n_out = len(self.case.numbers), len(self.case.outputs)
        ways = []
        for by_group in (True, False)[: min(directions, n_in * n_out)]:
            v, w = drawn(rng, sizes_of(self.case, self.tolerance.step, by_group)), drawn(rng, [1.0] * n_out)
            ways.append((v, w, self.slope(v, w)))
        steepest = max(slope.steepest for _, _, slope in ways)
        for claim in claims:
            for v, w, slope in ways:
                look = self.look(claim, v, w, slope, steepest)
                if look.verdict == WRONG or (look.verdict == UNSURE and (insist or slope.trouble)):
                    self.explain(claim, v, w, look)

    def explain(self, claim: Claim, v: Vector, w: Vector, doubt: Look) -> None:
        """Look at single numbers until one is wrong, and raise; return if few enough are all right."""
        case = self.case
        is_many = max(len(case.numbers), len(case.outputs)) > FEW
        cannot_tell = f"cannot tell whether the derivatives are right at {case.place()}{self.why_unsure(doubt.slope)}"
        if doubt.slope.trouble and (is_many or doubt.slope.trouble == RANDOM):
            raise CannotTellError(cannot_tell)

        def is_wrong(v: Vector, w: Vector) -> bool:
            return self.look(claim, v, w, self.slope(v, w)).verdict == WRONG

        unsure: tuple[int, Look] | None = None
        rows, columns = range(len(case.outputs)), range(len(case.numbers))
        first = halved(rows, lambda part: is_wrong(v, only(w, part))) if doubt.verdict == WRONG else 0
        for j in [first, *(j for j in rows[:FEW] if j != first)]:
            some: Sequence[int] = columns
            if len(columns) > FEW:  # a wrong one, sought by halves, and some at equal distances
                one = halved(columns, lambda part, j=j: is_wrong(only(v, part), only(w, [j])))  # type: ignore[misc]
                some = sorted({one, *columns[:: -(-len(columns) // FEW)]})
            looks = self.looks(claim, some, j)
            if any(look.verdict == WRONG for look in looks):
                raise GradientError(self.report(claim, looks, j))
            unsure = unsure or next(((j, look) for look in looks if look.verdict == UNSURE), None)
        if doubt.verdict == WRONG and is_many:
            raise GradientError(
                f"the derivative is wrong in a direction drawn at random, though no single number that was looked at is"
                f"\n    at {case.place()}\n    direction {v[:8]}"
            )
        if unsure:
            j, look = unsure
            raise CannotTellError(
                f"cannot tell whether d {case.outputs[j]} / d {case.names[look.number]} is right at {case.place()}"
                f"{_both(claim, look)}{self.why_unsure(look.slope)}"
            )
        if is_many:
            raise CannotTellError(cannot_tell)

    def looks(self, claim: Claim, which: Sequence[int], j: int) -> list[Look]:
        """Some numbers of the point, each for itself."""
        sizes = [power_of_two(size) for size in sizes_of(self.case, self.tolerance.step, by_group=False)]
        w = only([1.0] * len(self.case.outputs), [j])
        ways = [only(sizes, [i]) for i in which]
        slopes = [self.slope(v, w) for v in ways]
        steepest = max(slope.steepest for slope in slopes)
        return [
            self.look(claim, v, w, slope, steepest).by(sizes[i], i)
            for i, v, slope in zip(which, ways, slopes, strict=True)
        ]

    def report(self, claim: Claim, looks: list[Look], j: int) -> str:
        """What is wrong, where, and perhaps why."""
        wrong, right = ([look for look in looks if look.verdict == verdict] for verdict in (WRONG, RIGHT))
        first = wrong[0]
        origin = f":\n        {self.tolerance.origin}" if self.tolerance.origin else ""
        text = (
            f"d {self.case.outputs[j]} / d {self.case.names[first.number]} is wrong at {self.case.place()}"
            f"{_both(claim, first)}"
            f"\n    they differ by {abs(first.claim - first.slope.value):.3g}, "
            f"more than the tolerance {first.allowed:.2g}{origin}"
        )
        is_part = len(looks) < len(self.case.numbers)
        of_all = f" of the {len(looks)} numbers looked at" if is_part else f" of {len(looks)} numbers"
        for some, of, what in (wrong, of_all, "wrong"), (right, "", "right"):
            if some and len(looks) > 1:
                text += f"\n    {len(some)}{of} {'is' if len(some) == 1 else 'are'} {what}: {self.listed(some)}"
        return text + claim.remark(looks, j)

    def listed(self, looks: list[Look]) -> str:
        """The names of some numbers."""
        names = [self.case.names[look.number] for look in looks]
        return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")

    def why_unsure(self, slope: Slope) -> str:
        """Why nothing can be told, and what to do."""
        if slope.trouble:
            return f"\n    {slope.trouble}"
        value = float(self.case.call(self.case.numbers)[0])
        if slope.is_still:
            still = f"\n    f does not change here: f = {value:.6g} at every small step: it is constant, or rounded"
            return still + "\n    if it is constant, the derivative is 0; else choose another point, or a larger atol"
        return (
            f"\n    f is too rough or too noisy here: f = {value:.6g}, the best slope is {shown(slope)}, "
            f"off by up to {slope.error:.1g}"
            "\n    choose another point, a larger rtol or atol, or compute f in double precision"
        )


def _both(claim: Claim, look: Look) -> str:
    """What is claimed, and what was measured."""
    width = max(len(claim.mode), len(look.slope.means))
    return f"\n    by {claim.mode:{width}}  {look.claim!r}\n    by {look.slope.means:{width}}  {shown(look.slope)}"
