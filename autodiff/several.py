"""Functions of two numbers and more that are no sums: the largest and the smallest, a distance, an angle, a choice.

Their types say that the result is a Value if an operand is one, else a float.
"""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from autodiff import primitives
from autodiff.elementwise import is_array
from autodiff.observers import Tolerance
from autodiff.primitive import Primitive
from autodiff.real import as_float
from autodiff.value import Operand, Value

T = TypeVar("T", Value, float)


@overload
def maximum(*operands: T) -> T: ...
@overload
def maximum(first: Value, /, *others: Operand) -> Value: ...
@overload
def maximum(first: Operand, second: Value, /, *others: Operand) -> Value: ...
@overload
def maximum(*operands: Operand) -> Any: ...
def maximum(*operands: Operand) -> Any:
    """Return the largest of one or more numbers (NaN if one is NaN); its derivative is 1 for the largest.

    At a tie, all that are largest get an equal share of 1.

    >>> maximum(2.0, 3.0), maximum(2.0, 3.0, 1.0)
    (3.0, 3.0)
    """
    return _extreme("maximum", primitives.MAXIMUM, primitives.LARGEST, operands)


@overload
def minimum(*operands: T) -> T: ...
@overload
def minimum(first: Value, /, *others: Operand) -> Value: ...
@overload
def minimum(first: Operand, second: Value, /, *others: Operand) -> Value: ...
@overload
def minimum(*operands: Operand) -> Any: ...
def minimum(*operands: Operand) -> Any:
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


@overload
def hypot(x: T, y: T) -> T: ...
@overload
def hypot(x: Value, y: Operand) -> Value: ...
@overload
def hypot(x: Operand, y: Value) -> Value: ...
@overload
def hypot(x: Operand, y: Operand) -> Any: ...
def hypot(x: Operand, y: Operand) -> Any:
    """Return sqrt(x**2 + y**2), with no overflow on the way; its derivatives are x/hypot and y/hypot, 0 at the origin.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return primitives.HYPOT(x, y)


@overload
def atan2(y: T, x: T) -> T: ...
@overload
def atan2(y: Value, x: Operand) -> Value: ...
@overload
def atan2(y: Operand, x: Value) -> Value: ...
@overload
def atan2(y: Operand, x: Operand) -> Any: ...
def atan2(y: Operand, x: Operand) -> Any:
    """Return the angle of the point (x, y) in radians, from -pi to pi; its derivatives by y, x are x/r**2 and -y/r**2.

    >>> atan2(0.0, 1.0)
    0.0
    """
    return primitives.ATAN2(y, x)


def where(condition: Operand, a: Any, b: Any) -> Any:
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

    >>> from autodiff import log, step
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
