"""Round numbers for sliders, axes and ticks."""

import math
from collections.abc import Sequence


def round_up(x: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below x > 0.

    >>> round_up(0.3), round_up(2.0), round_up(70.0)
    (0.5, 2.0, 100.0)
    """
    power = 10.0 ** math.floor(math.log10(x))
    return next(nice for k in (1, 2, 5, 10) if (nice := float(f"{k * power:.6g}")) >= x * (1 - 1e-9))


def rounded_range(low: float, high: float) -> tuple[float, float]:
    """Return a range that contains another one and has round ends.

    >>> rounded_range(-0.93, 1.98)
    (-1.0, 2.0)
    """
    step = round_up((high - low) / 12)
    return float(f"{math.floor(low / step + 1e-9) * step:.6g}"), float(f"{math.ceil(high / step - 1e-9) * step:.6g}")


def axis_range(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the range of an axis: all finite numbers with a margin, without the extremes beside a pole."""
    finite = sorted(x for x in numbers if math.isfinite(x))
    if not finite:
        return -1.0, 1.0
    low, high = finite[0], finite[-1]
    tenth = len(finite) // 10
    inner = finite[-1 - tenth] - finite[tenth]
    if 0.0 < 8.0 * inner < high - low:
        low, high = max(low, finite[tenth] - inner), min(high, finite[-1 - tenth] + inner)
    margin = 0.08 * (high - low) or max(1.0, abs(high))
    return low - margin, high + margin
