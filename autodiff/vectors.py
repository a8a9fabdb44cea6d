"""Functions of several Values or numbers: sums, products of vectors and matrices, norms, and the softmax."""

import functools
from collections.abc import Iterable
from typing import Any, NoReturn, SupportsFloat, TypeVar, overload

from autodiff import primitives
from autodiff.elementwise import is_array
from autodiff.node import Wide
from autodiff.value import Operation, Value

T = TypeVar("T", Value, float)


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


@overload
def sum(values: Iterable[T]) -> T: ...
@overload
def sum(values: Iterable[Value | SupportsFloat]) -> Any: ...
def sum(values: Iterable[Value | SupportsFloat]) -> Any:
    """Return the sum, as one node however many values; its derivative is 1 for each. The empty sum is 0.0.

    Args:
        values: any number n >= 0 of Values and numbers.

    >>> sum([1, 2, 3])
    6.0
    """
    return primitives.SUM(*values)


@overload
def dot(xs: Iterable[T], ys: Iterable[T]) -> T: ...
@overload
def dot(xs: Iterable[Value], ys: Iterable[Value | SupportsFloat]) -> Value: ...
@overload
def dot(xs: Iterable[Value | SupportsFloat], ys: Iterable[Value]) -> Value: ...
@overload
def dot(xs: Iterable[Value | SupportsFloat], ys: Iterable[Value | SupportsFloat]) -> Any: ...
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
        dot_of_any: Any = dot  # mypyc: by the types of `_as_values` it would expect a Value
        return [dot_of_any(row, vector) for row in matrix]


def affine(
    rows: Iterable[Iterable[Value | SupportsFloat]],
    xs: Iterable[Value | SupportsFloat],
    shifts: Iterable[Value | SupportsFloat],
) -> list[Any]:
    """Return the matrix-vector product plus a vector: the list of `dot(row, xs) + shift` for each row and shift.

    The arguments and errors are those of `matvec`; there is a shift, a Value or a number, for each of the m rows.

    >>> affine([[1, 2], [3, 4]], [10, 100], [5, 6])
    [215.0, 436.0]
    """
    products: list[Any] = matvec(rows, xs)
    vector: tuple[Any, ...] = tuple(shifts)
    if len(products) != len(vector):
        raise ValueError(f"affine: expected a shift for each of {len(products)} rows, got {len(vector)}")
    return [product + shift for product, shift in zip(products, vector)]  # noqa: B905  # of one length, and faster


@overload
def logsumexp(values: Iterable[T]) -> T: ...
@overload
def logsumexp(values: Iterable[Value | SupportsFloat]) -> Any: ...
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


@overload
def norm(values: Iterable[T]) -> T: ...
@overload
def norm(values: Iterable[Value | SupportsFloat]) -> Any: ...
def norm(values: Iterable[Value | SupportsFloat]) -> Any:
    """Return sqrt(sum(x_i**2)), with no overflow on the way; its gradient is x_i / norm, and 0 where all x_i are 0.

    Args:
        values: n >= 0 Values or numbers.

    >>> norm([3.0, 4.0]), norm([1e300, 0.0])
    (5.0, 1e+300)
    """
    numbers: list[Any] = [*values]
    while len(numbers) > 1:  # by pairs
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        numbers = [primitives.HYPOT(x, y) for x, y in pairs] + numbers[len(numbers) // 2 * 2 :]
    return primitives.ABS(numbers[0]) if numbers else 0.0


@overload
def softmax(values: Iterable[T]) -> list[T]: ...
@overload
def softmax(values: Iterable[Value | SupportsFloat]) -> list[Any]: ...
def softmax(values: Iterable[Value | SupportsFloat]) -> list[Any]:
    """Return e**x_i / sum(e**x_j) for each x_i, stable for any x; the results have the sum 1.

    Args:
        values: n >= 1 Values or numbers; -inf gets the share 0.

    Returns:
        n Values or floats.

    Raises:
        ValueError: if there is no value.

    >>> softmax([0.0, 0.0]), softmax([1000.0, 0.0])
    ([0.5, 0.5], [1.0, 0.0])
    """
    numbers: list[Any] = [*values]
    out = logsumexp(numbers) if numbers else _none("softmax")
    shares = [primitives.SHARE(x, out) for x in numbers]
    whole = sum(shares)
    return [share / whole for share in shares]


@overload
def log_softmax(values: Iterable[T]) -> list[T]: ...
@overload
def log_softmax(values: Iterable[Value | SupportsFloat]) -> list[Any]: ...
def log_softmax(values: Iterable[Value | SupportsFloat]) -> list[Any]:
    """Return the logarithm of the softmax, x_i - logsumexp(x), stable for any x.

    The results keep their digits where one share is nearly 1: the largest x is subtracted from all of them first.

    Arguments, result and errors are those of `softmax`.

    >>> log_softmax([1000.0, 0.0])
    [0.0, -1000.0]
    """
    numbers: list[Any] = [*values]
    largest = functools.reduce(primitives.MAXIMUM, numbers) if numbers else _none("log_softmax")
    shifted = [x - largest for x in numbers]
    out = logsumexp(shifted)
    return [x - out for x in shifted]


def _none(who: str) -> NoReturn:
    raise ValueError(f"{who}: expected at least one value, got none; there are no shares of nothing")
