"""The arithmetic of a page: what a `Program` writes as JavaScript, and the numbers that a page needs to begin with.

There is one engine. A page computes what the recorded graph computes, by code that was derived from it.
"""

import math
from collections.abc import Iterable, Sequence

from autodiff import Program, Value


def javascript(outputs: Iterable[Value], inputs: Iterable[Value]) -> str:
    """Return JavaScript that defines `compute`, from an array of inputs to an array of outputs.

    Raises:
        ValueError: if a primitive is not of the table, and so has no source.

    >>> x = Value(3.0, "x")
    >>> print(javascript([x, x + 1.0], [x]))
    const compute = (() => {
    /**
     * Return the values.
     */
    function value(inputs) {
      const [x] = inputs;
      return [x, x + 1];
    }
    return value;
    })();
    <BLANKLINE>
    """
    source = Program(outputs, inputs, backend="python").source("javascript")
    return f"const compute = (() => {{\n{source}return value;\n}})();\n"


def at_least(x: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below x > 0.

    >>> at_least(0.3), at_least(2.0), at_least(70.0)
    (0.5, 2.0, 100.0)
    """
    power = 10.0 ** math.floor(math.log10(x))
    return next(nice for k in (1, 2, 5, 10) if (nice := float(f"{k * power:.6g}")) >= x * (1 - 1e-9))


def rounded_out(low: float, high: float) -> tuple[float, float]:
    """Return a range around another one, with round numbers at its ends.

    >>> rounded_out(-0.93, 1.98)
    (-1.0, 2.0)
    """
    step = at_least((high - low) / 12)
    return float(f"{math.floor(low / step + 1e-9) * step:.6g}"), float(f"{math.ceil(high / step - 1e-9) * step:.6g}")


def extent(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the range that an axis should show: of all finite numbers, with a margin, without a pole's neighbors."""
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
