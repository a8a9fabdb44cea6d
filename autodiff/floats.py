"""Functions on floats that `math` does not have: of any number of operands, and one that is to be fast."""

import math
from collections.abc import Sequence
from typing import TypeVar

from autodiff.real import total

T = TypeVar("T")

# Polynomials through Chebyshev's points, right to 3e-17: in z = x**2 for |x| < 1, in t = 1 / (|x| + 2) for |x| < 6.
ERF_NEAR = (
    *(1.1283791670955126, -0.3761263890318375, 0.11283791670954879, -0.026866170645076792, 0.0052239776248180145),
    *(-0.000854832698083379, 0.0001205533111164271, -1.4925595266831182e-05, 1.6461000484121368e-06),
    *(-1.6350312701054695e-07, 1.4659775274047436e-08, -1.1372848856791674e-09, 5.957176147748911e-11),
)
ERF_FAR = (
    *(1.2965841302986556e-07, 0.5641795198583508, 1.1287410218432883, 1.9666731458010267, 2.942002658996995),
    *(1.3493059469349291, 10.649750811070025, -75.31270380198113, 307.4045163965331, -1134.6489834653753),
    *(2937.765363319682, -4833.989244655832, 4797.2741217981975, -2450.298800629956, 215.8510489885741),
    239.24359154423945,
)


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
