"""Right, wrong or cannot tell: what a measured slope says about a claimed one.

A claim is right if it agrees with the measurement, and the measurement is sharp enough to notice one part in ten
thousand. It is wrong if it disagrees, and the measurement can be trusted. Everything else cannot be told.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from autodiff.testing.differences import TRUSTED, Slope

RIGHT, WRONG, UNSURE = "right", "wrong", "cannot tell"
IN_DOUBLE, IN_SINGLE = 1e-7, 1.2e-5  # of itself, a right gradient may be off by this
SHARP = 3e-5  # relative error of a measurement that, doubled, notices one part in ten thousand
VISIBLE = 1e-9  # of the slopes of f near by, or of its size over the step: what is smaller, and noisy, is as good as 0


class Tolerance(NamedTuple):
    """How far a right derivative may be off, besides the error of the measurement."""

    relative: float | None = None  # to the size of the derivative; None for what the precision of f allows
    absolute: float = 0.0  # in its units
    step: float | None = None  # the largest step of the differences; None for any
    origin: str = ""  # where it comes from, in words

    def wanted(self, slope: Slope) -> float:
        """The relative error of a measurement from which on a sharper one is wanted: where it hides what counts."""
        return max(SHARP, self.share(slope)) if self.relative is None else 0.1 * self.relative

    def share(self, slope: Slope) -> float:
        """The relative tolerance."""
        default = IN_DOUBLE if slope.epsilon < 2.0**-26 else IN_SINGLE
        return default if self.relative is None else self.relative

    def of(self, slope: Slope, size: float) -> float:
        """How far a derivative of this size may be from a measured one."""
        return 2.0 * slope.error + self.share(slope) * size + self.absolute

    def along(self, v: Sequence[float]) -> "Tolerance":
        """The tolerance in a direction."""
        return self._replace(absolute=self.absolute * math.hypot(*v))


def judge(claim: float, slope: Slope, tolerance: Tolerance, size: float, steepest: float) -> str:
    """The verdict on a claim.

    Args:
        claim: the derivative to judge.
        slope: what was measured.
        tolerance: what is allowed besides.
        size: the size of the terms whose sum the claim is, if it is a sum.
        steepest: of all directions that were looked at.
    """
    size = max(size, abs(claim), abs(slope.value))
    if slope.trouble:
        return UNSURE
    if not abs(claim - slope.value) <= tolerance.of(slope, size):  # true for a nan
        return WRONG if slope.error <= max(TRUSTED * abs(slope.value), 1e-4 * slope.size) else UNSURE
    sharp = slope.error <= max(SHARP, tolerance.share(slope)) * size or slope.error <= tolerance.absolute
    is_single = 2.0**-26 < slope.epsilon < 2.0**-19  # where much is still that is not 0
    is_zero = (slope.is_still and not is_single) or size <= VISIBLE * max(slope.size, slope.steepest, steepest)
    return RIGHT if sharp or is_zero else UNSURE


def shown(slope: Slope) -> str:
    """A measured slope with the digits that are known."""
    if not math.isfinite(slope.value):
        return "none"
    known = math.log10(abs(slope.value) / slope.error) if slope.value and slope.error else 16.0
    return f"{slope.value:.{min(16, max(1, math.floor(known) + 1))}g}"
