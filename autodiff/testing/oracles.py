"""Oracles: three ways to a derivative that share nothing with the table of primitives or with the reverse sweep.

exact                 a rational expression, in Fractions: no error at all
complex_step          an analytic function, to the last digits
central_difference    anything else, to about ten digits, with a bound on the error
"""

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

EPS = sys.float_info.epsilon


class Difference(NamedTuple):
    """A derivative from differences, and how far it may be off."""

    derivative: float
    error: float


def central_difference(f: Callable[[float], float], x: float, h: float | None = None) -> Difference:
    """Return (f(x + h) - f(x - h)) / 2h, with a bound on its error.

    The error has two parts. Truncation is h**2 f'''/6 to leading order; the difference at 2h has four times as much,
    so the gap between the two is three times the truncation at h. The noise is the rounding of f, taken to be 2 ulp,
    divided by h.

    Args:
        f: a function of a float, three times differentiable on [x - 2h, x + 2h].
        x: where.
        h: the step, > 0; by default cbrt(eps) max(1, |x|), which balances the two parts.

    Returns:
        `derivative`, and `error`: a bound on |derivative - f'(x)|, estimated from the four values of f.

    Raises:
        ValueError: if h is not positive.

    >>> derivative, error = central_difference(lambda x: x**3, 2.0)
    >>> abs(derivative - 12.0) <= error < 1e-8
    True

    References:
        Griewank & Walther, Evaluating Derivatives (2008), section 1; Press et al., Numerical Recipes (2007), 5.7.
    """
    if h is None:
        h = EPS ** (1 / 3) * max(1.0, abs(x))
    if not h > 0.0:
        raise ValueError(f"central_difference: expected a step h > 0, got {h!r}")
    near = [x - h, x + h]  # as rounded: the division is by the step that was really made
    far = [x - 2.0 * h, x + 2.0 * h]
    below, above = f(near[0]), f(near[1])
    derivative = (above - below) / (near[1] - near[0])
    wide = (f(far[1]) - f(far[0])) / (far[1] - far[0])
    noise = 2.0 * EPS * max(abs(below), abs(above)) / h
    return Difference(derivative, abs(wide - derivative) + noise)


def complex_step(f: Callable[[complex], complex], x: float, h: float = 1e-30) -> float:
    """Return Im f(x + ih) / h: nothing is subtracted, so h can be so small that h**2 vanishes.

    Args:
        f: an analytic function that takes a complex, written with arithmetic and `cmath`; no abs, no comparison.
        x: where.
        h: the step, > 0.

    Returns:
        f'(x), to the rounding of f.

    >>> import cmath
    >>> complex_step(cmath.exp, 0.0)
    1.0

    References:
        Squire & Trapp, Using complex variables to estimate derivatives of real functions (1998).
    """
    return f(complex(x, h)).imag / h


def exact(f: Callable[..., Any], point: Sequence[float | Fraction], i: int = 0) -> Fraction:
    """Return the partial derivative of a rational expression with respect to its argument i, without rounding.

    Args:
        f: a function of len(point) numbers that uses + - * / and integer powers only.
        point: where; a float stands for the binary fraction that it is.
        i: which argument.

    Returns:
        d f / d argument i.

    Raises:
        TypeError: if f does something else with its arguments.
        ZeroDivisionError: if f divides by 0 there.
        IndexError: if there is no argument i.

    >>> exact(lambda x, y: 2 * x**2 * y**3 / 5, [1, 2], 1)
    Fraction(24, 5)

    References:
        Griewank & Walther, Evaluating Derivatives (2008), section 3.1: forward mode.
    """
    arguments = [_dual(x) for x in point]
    arguments[i] = _Dual(arguments[i].data, 1)
    out = f(*arguments)
    return out.tangent if isinstance(out, _Dual) else Fraction(0)


class _Dual:
    """A Fraction and its tangent."""

    def __init__(self, data: Fraction | int, tangent: Fraction | int = 0) -> None:
        self.data, self.tangent = Fraction(data), Fraction(tangent)

    def __add__(self, other: Any) -> "_Dual":
        other = _dual(other)
        return _Dual(self.data + other.data, self.tangent + other.tangent)

    def __mul__(self, other: Any) -> "_Dual":
        other = _dual(other)
        return _Dual(self.data * other.data, self.tangent * other.data + self.data * other.tangent)

    def __pow__(self, n: Any) -> "_Dual":
        if not isinstance(n, int) and not (isinstance(n, float) and n.is_integer()):
            raise TypeError(f"exact: expected an integer power, got {n!r}; use complex_step")
        n = int(n)
        return _Dual(self.data**n, n * self.data ** (n - 1) * self.tangent if n else 0)

    def __neg__(self) -> "_Dual":
        return self * -1

    def __pos__(self) -> "_Dual":
        return self

    def __sub__(self, other: Any) -> "_Dual":
        return self + _dual(other) * -1

    def __truediv__(self, other: Any) -> "_Dual":
        return self * _dual(other) ** -1

    def __rsub__(self, other: Any) -> "_Dual":
        return _dual(other) - self

    def __rtruediv__(self, other: Any) -> "_Dual":
        return _dual(other) / self

    __radd__, __rmul__ = __add__, __mul__  # of fractions these commute


def _dual(number: Any) -> _Dual:
    """A plain number does not vary."""
    return number if isinstance(number, _Dual) else _Dual(Fraction(number))
