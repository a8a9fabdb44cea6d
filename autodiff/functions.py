"""The functions of the engine. Each takes Values, and records a node, or plain numbers, and returns a float.

Arrays of numpy are taken element by element. Any other argument is a TypeError, an operand outside the domain a
DomainError. `primitives` has the formulas and sources of the derivatives, docs/conventions.md the values at the kinks.
"""

from typing import TypeVar

from autodiff import primitives
from autodiff.primitive import Primitive
from autodiff.several import atan2 as atan2
from autodiff.several import hypot as hypot
from autodiff.several import maximum as maximum
from autodiff.several import minimum as minimum
from autodiff.several import where as where
from autodiff.value import Value
from autodiff.vectors import affine as affine
from autodiff.vectors import dot as dot
from autodiff.vectors import log_softmax as log_softmax
from autodiff.vectors import logsumexp as logsumexp
from autodiff.vectors import matvec as matvec
from autodiff.vectors import norm as norm
from autodiff.vectors import softmax as softmax
from autodiff.vectors import sum as sum

T = TypeVar("T", Value, float)


def _unary(primitive: Primitive, x: T) -> T:
    """Apply a primitive of one operand. What `Value` has as a method is called there instead: it is faster."""
    # mypyc: without these ignores it refuses a Value as a T
    return Value.record(primitive, x) if isinstance(x, Value) else primitive(x)  # type: ignore[return-value,unused-ignore]


def exp(x: T) -> T:
    """Return e**x, for x <= 709.78; its derivative is itself.

    >>> exp(0.0)
    1.0
    """
    return x.exp() if isinstance(x, Value) else primitives.EXP(x)  # type: ignore[return-value,unused-ignore]


def expm1(x: T) -> T:
    """Return e**x - 1, exact near x = 0, for x <= 709.78; its derivative is e**x.

    >>> expm1(0.0)
    0.0
    """
    return _unary(primitives.EXPM1, x)


def log(x: T) -> T:
    """Return the natural logarithm, for x > 0; its derivative is 1/x.

    >>> log(1.0)
    0.0
    """
    return x.log() if isinstance(x, Value) else primitives.LOG(x)  # type: ignore[return-value,unused-ignore]


def log2(x: T) -> T:
    """Return the logarithm to base 2, for x > 0; its derivative is 1/(x log 2).

    >>> log2(8.0)
    3.0
    """
    return _unary(primitives.LOG2, x)


def log10(x: T) -> T:
    """Return the logarithm to base 10, for x > 0; its derivative is 1/(x log 10).

    >>> log10(1000.0)
    3.0
    """
    return _unary(primitives.LOG10, x)


def log1p(x: T) -> T:
    """Return log(1 + x), exact near x = 0, for x > -1; its derivative is 1/(1 + x).

    >>> log1p(0.0)
    0.0
    """
    return _unary(primitives.LOG1P, x)


def sqrt(x: T) -> T:
    """Return the square root, for x >= 0; its derivative is 1/(2 sqrt(x)), inf at 0.

    >>> sqrt(4.0)
    2.0
    """
    return _unary(primitives.SQRT, x)


def cbrt(x: T) -> T:
    """Return the cube root; its derivative is 1/(3 cbrt(x)**2), inf at 0.

    >>> cbrt(-8.0)
    -2.0
    """
    return _unary(primitives.CBRT, x)


def reciprocal(x: T) -> T:
    """Return 1/x, and inf at 0 (where `1 / x` raises); its derivative is -1/x**2.

    >>> reciprocal(4.0)
    0.25
    """
    return _unary(primitives.RECIPROCAL, x)


def sin(x: T) -> T:
    """Return the sine of x radians; its derivative is cos(x).

    >>> sin(0.0)
    0.0
    """
    return _unary(primitives.SIN, x)


def cos(x: T) -> T:
    """Return the cosine of x radians; its derivative is -sin(x).

    >>> cos(0.0)
    1.0
    """
    return _unary(primitives.COS, x)


def tan(x: T) -> T:
    """Return the tangent of x radians; its derivative is 1 + tan(x)**2.

    >>> tan(0.0)
    0.0
    """
    return _unary(primitives.TAN, x)


def asin(x: T) -> T:
    """Return the arc sine in radians, for -1 <= x <= 1; its derivative is 1/sqrt(1 - x**2), inf at the ends.

    >>> asin(0.0)
    0.0
    """
    return _unary(primitives.ASIN, x)


def acos(x: T) -> T:
    """Return the arc cosine in radians, for -1 <= x <= 1; its derivative is -1/sqrt(1 - x**2), -inf at the ends.

    >>> acos(1.0)
    0.0
    """
    return _unary(primitives.ACOS, x)


def atan(x: T) -> T:
    """Return the arc tangent in radians; its derivative is 1/(1 + x**2).

    >>> atan(0.0)
    0.0
    """
    return _unary(primitives.ATAN, x)


def sinh(x: T) -> T:
    """Return the hyperbolic sine, for |x| <= 710.47; its derivative is cosh(x).

    >>> sinh(0.0)
    0.0
    """
    return _unary(primitives.SINH, x)


def cosh(x: T) -> T:
    """Return the hyperbolic cosine, for |x| <= 710.47; its derivative is sinh(x).

    >>> cosh(0.0)
    1.0
    """
    return _unary(primitives.COSH, x)


def tanh(x: T) -> T:
    """Return the hyperbolic tangent; its derivative is 1 - tanh(x)**2.

    >>> tanh(0.0)
    0.0
    """
    return x.tanh() if isinstance(x, Value) else primitives.TANH(x)  # type: ignore[return-value,unused-ignore]


def erf(x: T) -> T:
    """Return the error function, 2/sqrt(pi) times the integral of e**-t**2 from 0 to x; its slope is that integrand.

    >>> erf(0.0)
    0.0
    """
    return _unary(primitives.ERF, x)


def sigmoid(x: T) -> T:
    """Return the logistic function 1/(1 + e**-x), stable for any x; its derivative is s (1 - s), s = sigmoid(x).

    >>> sigmoid(0.0)
    0.5
    """
    return x.sigmoid() if isinstance(x, Value) else primitives.SIGMOID(x)  # type: ignore[return-value,unused-ignore]


def softplus(x: T) -> T:
    """Return log(1 + e**x), stable for any x; its derivative is sigmoid(x).

    >>> softplus(1000.0)
    1000.0
    """
    return _unary(primitives.SOFTPLUS, x)


def relu(x: T) -> T:
    """Return max(x, 0); its derivative is step(x), 0 at the kink.

    >>> relu(-2.0)
    0.0
    """
    return x.relu() if isinstance(x, Value) else primitives.RELU(x)  # type: ignore[return-value,unused-ignore]


def sign(x: T) -> T:
    """Return -1, 0 or 1 with the sign of x; its derivative is 0.

    >>> sign(-2.0)
    -1.0
    """
    return _unary(primitives.SIGN, x)


def step(x: T) -> T:
    """Return 1 for x > 0, else 0 (the Heaviside step); its derivative is 0.

    >>> step(2.0)
    1.0
    """
    return _unary(primitives.STEP, x)


def stop_gradient(x: T) -> T:
    """Return x as a number that does not vary: its derivative is 0, also where that of x is infinite.

    Unlike `x.data`, it is recorded, and replayed at other points.

    >>> stop_gradient(2.0)
    2.0
    """
    return _unary(primitives.STOP_GRADIENT, x)
