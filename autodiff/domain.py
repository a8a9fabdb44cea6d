"""Where a primitive is defined: in words for errors, and as intervals for whoever draws operands."""

import math
from typing import TypeAlias

Interval: TypeAlias = tuple[float, float]  # an open interval (low, high)
Intervals: TypeAlias = tuple[Interval, ...]  # the union of open intervals in which one operand may lie

REALS: Intervals = ((-math.inf, math.inf),)


class Domain:
    """Where a primitive is defined.

    Attributes:
        words: the whole domain in words, for error messages, as in "x > 0".
        intervals: for each operand, the open intervals on whose interior the primitive is defined and, away from a
            kink, smooth. They may be narrower than the words (`pow` also takes -2 ** 3). All reals if empty.
    """

    __slots__ = ("intervals", "words")

    def __init__(self, words: str = "finite operands", *intervals: Intervals) -> None:
        self.words = words
        self.intervals = intervals


FINITE = Domain()
