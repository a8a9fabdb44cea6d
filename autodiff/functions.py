"""The functions of the engine. Each takes Values, and records a node, or plain numbers, and returns a float.

Arrays of numpy are taken element by element. Any other argument is a TypeError, an operand outside the domain a
DomainError. `primitives` has the formulas and sources of the derivatives, docs/conventions.md the values at the kinks.
"""

from collections.abc import Iterable
from typing import Any, SupportsFloat, TypeVar

from autodiff import primitives
from autodiff.elementwise import is_array
from autodiff.node import Wide
from autodiff.primitive import Primitive
from autodiff.value import Operation, Value

T = TypeVar("T", Value, float)


def _unary(primitive: Primitive, x: T) -> T:
    """Apply a primitive of one operand. What `Value` has as a method is called there instead: it is faster."""
    # mypyc: without these ignores it refuses a Value as a T
    return Value.record(primitive, x) if isinstance(x, Value) else primitive(x)  # type: ignore[return-value,unused-ignore]


def _as_values(values: Iterable[Any]) -> tuple[Value, ...]:
    """The values as a tuple, for a node to keep; the caller may change a list. mypyc: no check of what is in it."""
    return tuple(values)


def _dot(xs: tuple[Value, ...], ys: tuple[Value, ...], y_data: tuple[float, ...]) -> Value:
    """The node of the sum of x * y, as `DOT` records it; the dots of a layer share `ys` and `y_data`."""
    x_data = tuple([x._data for x in xs])
    if len(x_data) != len(y_data):
        raise ValueError("dot: lengths differ")
    total = 0.0
    for x, y in zip(x_data, y_data):  # noqa: B905  # of one length, and faster without asking again
        total += x * y
    return Operation(primitives.DOT, total, wide=Wide(xs, y_data, ys, x_data))


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


def maximum(x: Value | SupportsFloat, y: Value | SupportsFloat) -> Any:
    """Return the larger of x and y (NaN if either is); its derivative is 1 for the larger, 1/2 to each at a tie.

    >>> maximum(2.0, 3.0)
    3.0
    """
    return primitives.MAXIMUM(x, y)


def minimum(x: Value | SupportsFloat, y: Value | SupportsFloat) -> Any:
    """Return the smaller of x and y (NaN if either is); its derivative is 1 for the smaller, 1/2 to each at a tie.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return primitives.MINIMUM(x, y)


def sum(values: Iterable[Value | SupportsFloat]) -> Any:
    """Return the sum, as one node however many values; its derivative is 1 for each. The empty sum is 0.0.

    Args:
        values: any number n >= 0 of Values and numbers.

    >>> sum([1, 2, 3])
    6.0
    """
    return primitives.SUM(*values)


def dot(xs: Iterable[Value | SupportsFloat], ys: Iterable[Value | SupportsFloat]) -> Any:
    """Return sum(x_i y_i), as one node; its derivative with respect to x_i is y_i, and to y_i is x_i.

    Args:
        xs: n >= 0 Values or numbers.
        ys: as many.

    Raises:
        ValueError: if the lengths differ.

    >>> dot([1, 2], [3, 4])
    11.0
    """
    left, right = _as_values(xs), _as_values(ys)
    if len(left) != len(right):
        raise ValueError(
            f"dot: expected two lists of one length, got {len(left)} and {len(right)}; pair every x with a y"
        )
    if not left:
        return 0.0
    try:
        return _dot(left, right, tuple([y._data for y in right]))
    except (AttributeError, TypeError):  # some are plain numbers
        numbers: tuple[Any, ...] = left + right
        if any(map(is_array, numbers)):
            raise TypeError(
                "dot: expected two lists of numbers, got lists of arrays; write np.dot(x, y), or x @ y"
            ) from None
        return primitives.DOT(*numbers)


def matvec(rows: Iterable[Iterable[Value | SupportsFloat]], xs: Iterable[Value | SupportsFloat]) -> list[Any]:
    """Return the matrix-vector product: the list of `dot(row, xs)` for each row.

    Args:
        rows: m rows of n Values or numbers.
        xs: n Values or numbers.

    Returns:
        m Values or floats.

    Raises:
        ValueError: if the length of a row is not that of `xs`.

    >>> matvec([[1, 2], [3, 4]], [10, 100])
    [210.0, 430.0]
    """
    matrix, vector = [_as_values(row) for row in rows], _as_values(xs)
    try:
        data = tuple([x._data for x in vector])
        return [_dot(row, vector, data) for row in matrix]
    except (AttributeError, TypeError, ValueError):  # some are plain numbers, or `dot` says what is wrong
        return [dot(row, vector) for row in matrix]


def affine(
    rows: Iterable[Iterable[Value | SupportsFloat]],
    xs: Iterable[Value | SupportsFloat],
    shifts: Iterable[Value | SupportsFloat],
) -> list[Any]:
    """Return the matrix-vector product plus a vector: the list of `dot(row, xs) + shift` for each row and shift.

    Args:
        rows: m rows of n Values or numbers.
        xs: n Values or numbers.
        shifts: m Values or numbers.

    Returns:
        m Values or floats.

    Raises:
        ValueError: if the length of a row is not that of `xs`, or the number of shifts not that of the rows.

    >>> affine([[1, 2], [3, 4]], [10, 100], [5, 6])
    [215.0, 436.0]
    """
    products: list[Any] = matvec(rows, xs)
    vector: tuple[Any, ...] = tuple(shifts)
    if len(products) != len(vector):
        raise ValueError(f"affine: expected a shift for each of {len(products)} rows, got {len(vector)}")
    return [product + shift for product, shift in zip(products, vector)]  # noqa: B905  # of one length, and faster


def logsumexp(values: Iterable[Value | SupportsFloat]) -> Any:
    """Return log(sum(e**x_i)), stable for any x; its gradient is the softmax of the values.

    Args:
        values: n >= 1 Values or numbers.

    Raises:
        ValueError: if there is no value.

    >>> round(logsumexp([1000.0, 1000.0]), 4)
    1000.6931
    """
    values = [*values]
    if not values:
        raise ValueError("logsumexp: expected at least one value, got none; the logarithm of an empty sum is -inf")
    return primitives.LOGSUMEXP(*values)
