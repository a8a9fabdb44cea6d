"""Functions on floats that `math` does not have: of any number of operands, and one that is to be fast."""

import math
from collections.abc import Sequence
from typing import TypeVar

from autodiff.real import total

T = TypeVar("T")


def pow_slope(x: float, y: float) -> float:
    """y x**(y-1), as the formula of `POW_SLOPE` has it, for speed."""
    if y == 0.0:
        return 0.0
    if y < 0.0:
        return y * (math.pow(x, y) / x) if x else math.nan
    if y < 1.0:  # infinite at x = 0
        power = math.pow(x, 1.0 - y)
        return y * (1.0 / power if power else math.inf)
    return y * math.pow(x, y - 1.0)


def wide_sum(*xs: float) -> float:
    """The sum of the operands."""
    return total(xs)


def wide_dot(*xs_and_ys: float) -> float:
    """The sum of the products of `factor_pairs`."""
    n, out = len(xs_and_ys) // 2, 0.0
    for x, y in zip(xs_and_ys[:n], xs_and_ys[n:], strict=True):  # `factor_pairs` and `total`, but faster
        out += x * y
    return out


def factor_pairs(operands: Sequence[T]) -> list[tuple[T, T]]:
    """Return the factors of each product of a `DOT`, whose operands are first all xs, then all ys."""
    half = len(operands) // 2
    return list(zip(operands[:half], operands[half:], strict=True))


def wide_logsumexp(*xs: float) -> float:
    """largest + log(1 + the sum of exp(x - largest) over the others)."""
    largest = max(xs)
    if math.isinf(largest) or any(map(math.isnan, xs)):
        return math.nan if any(map(math.isnan, xs)) else largest
    others = [*xs]
    others.remove(largest)
    return largest + math.log1p(total([math.exp(x - largest) for x in others]))
