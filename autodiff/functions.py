"""The functions of the engine. Each takes Values, and records a node, or plain numbers, and returns a float.

Arrays of numpy are taken element by element. Any other argument is a TypeError, an operand outside the domain a
DomainError. `primitives` has the formulas and sources of the derivatives, docs/conventions.md the values at the kinks.
"""

from collections.abc import Callable
from typing import Any, SupportsFloat, TypeVar

from autodiff import primitives
from autodiff.elementwise import is_array
from autodiff.observers import Tolerance
from autodiff.primitive import Primitive
from autodiff.real import as_float
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


def maximum(*operands: Value | SupportsFloat) -> Any:
    """Return the largest of one or more numbers (NaN if one is NaN); its derivative is 1 for the largest.

    At a tie, all that are largest get an equal share of 1.

    >>> maximum(2.0, 3.0), maximum(2.0, 3.0, 1.0)
    (3.0, 3.0)
    """
    return _extreme("maximum", primitives.MAXIMUM, primitives.LARGEST, operands)


def minimum(*operands: Value | SupportsFloat) -> Any:
    """Return the smallest of one or more numbers (NaN if one is NaN); its derivative is 1 for the smallest.

    At a tie, all that are smallest get an equal share of 1.

    >>> minimum(2.0, 3.0), minimum(2.0, 3.0, 1.0)
    (2.0, 1.0)
    """
    return _extreme("minimum", primitives.MINIMUM, primitives.SMALLEST, operands)


def _extreme(who: str, of_two: Primitive, of_many: Primitive, operands: tuple[Any, ...]) -> Any:
    """The extreme of the operands."""
    if not operands or isinstance(operands[0], list | tuple):
        got = f"a {type(operands[0]).__name__}; unpack it, as in {who}(*values)" if operands else "nothing"
        raise TypeError(f"{who}: expected one or more numbers, got {got}")
    return of_two(*operands) if len(operands) == 2 else of_many(*operands)


def hypot(x: Value | SupportsFloat, y: Value | SupportsFloat) -> Any:
    """Return sqrt(x**2 + y**2), with no overflow on the way; its derivatives are x/hypot and y/hypot, 0 at the origin.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return primitives.HYPOT(x, y)


def atan2(y: Value | SupportsFloat, x: Value | SupportsFloat) -> Any:
    """Return the angle of the point (x, y) in radians, from -pi to pi; its derivatives by y, x are x/r**2 and -y/r**2.

    >>> atan2(0.0, 1.0)
    0.0
    """
    return primitives.ATAN2(y, x)


def where(condition: Value | SupportsFloat, a: Any, b: Any) -> Any:
    """Return `a` where the condition is not 0, else `b`; the derivative is that of the side taken, exactly.

    Nothing comes from the other side, not even 0 * inf. The condition is recorded, so that a program takes the right
    side at every point; its own derivative is 0. A comparison is a bool, which cannot be recorded: write `step(x - y)`
    for x > y, which is 0 where they are equal, and `1 - step(y - x)` for x >= y.

    Args:
        condition: a Value or a number; NaN gives NaN.
        a, b: Values or numbers, or functions without arguments that return one. A side that is outside its domain where
            it is not taken is a function: an operation outside its domain is NaN there, not a DomainError.

    Raises:
        TypeError: if the condition is a bool.

    >>> x = Value(-1.0)
    >>> out = where(step(x), lambda: log(x), x * x)
    >>> out.backward()
    >>> out.data, x.grad
    (1.0, -2.0)
    """
    if type(condition).__name__ in ("bool", "bool_"):
        raise TypeError(
            "where: expected a Value or a number as condition, got bool, which is not recorded; "
            "write where(step(x - y), a, b) for x > y"
        )
    if callable(a) or callable(b):
        if is_array(condition):
            raise TypeError("where: expected a number as condition of functions, got an array; call the functions")
        number = condition._data if isinstance(condition, Value) else as_float(condition, "where")
        is_recorded = isinstance(condition, Value)
        a = _of_side(a, abs(number) > 0.0, is_recorded) if callable(a) else a
        b = _of_side(b, number == 0.0, is_recorded) if callable(b) else b
    return primitives.WHERE(condition, a, b)


def _of_side(side: Callable[[], Any], is_taken: bool, is_recorded: bool) -> Any:
    """The result of a side; of one that is not taken only if it is recorded, and NaN outside its domain."""
    if is_taken or not is_recorded:
        return side() if is_taken else 0.0
    with Tolerance():
        return side()


def stop_gradient(x: T) -> T:
    """Return x as a number that does not vary: its derivative is 0, also where that of x is infinite.

    Unlike `x.data`, it is recorded, and replayed at other points.

    >>> stop_gradient(2.0)
    2.0
    """
    return _unary(primitives.STOP_GRADIENT, x)
