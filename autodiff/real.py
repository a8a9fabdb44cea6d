"""The numbers that a `Value` accepts: one check, wherever a number enters the engine."""

import functools
import math
import numbers
import operator
from collections.abc import Iterable
from typing import Any


def is_real(number: object) -> bool:
    """True for an int, float, Fraction or numpy scalar; False for a bool, str, complex, array or Value."""
    return type(number) in (int, float) or (isinstance(number, numbers.Real) and not isinstance(number, bool))


def as_float(number: Any, where: str) -> float:
    """Return a real number as a float; `where` is the caller, for the message, such as "Value".

    Raise TypeError if it is not a real number, ValueError if it is an integer too large for a float.
    """
    if type(number) is float:
        return number
    if not is_real(number):
        raise TypeError(
            f"{where}: expected a real number, got {type(number).__name__} {short(number)}; "
            "pass an int or a float (use float(...) to convert)"
        )
    try:
        return float(number)
    except OverflowError:
        raise ValueError(f"{where}: expected a number that fits a float, got {short(number)}; scale it first") from None


def is_finite(number: object) -> bool:
    """True for a real number that is finite as a float; False for an integer too large for one."""
    try:
        return is_real(number) and math.isfinite(number)  # type: ignore[arg-type]
    except OverflowError:
        return False


def short(thing: object) -> str:
    """Return `repr`, cut to one short line."""
    try:
        text = " ".join(repr(thing).split())
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "of too many digits to show"
    return text if len(text) <= 60 else text[:57] + "..."


def operand_as_float(operand: Any) -> float | None:
    """Return the other operand of an operator as a float; None for a type that may know what to do with a Value.

    Raise TypeError for a bool, and for an array of another library than numpy, which applies an operator by elements.
    """
    if type(operand) is float:
        return operand
    if is_real(operand) or type(operand).__name__ in ("bool", "bool_"):  # as_float refuses a bool
        return as_float(operand, "Value")
    if hasattr(operand, "__array__") and not hasattr(operand, "__array_ufunc__"):
        raise TypeError(
            f"Value: expected a Value or a real number, got {type(operand).__name__}; "
            "a Value is one number: combine it with each element, as in [v * x for x in array]"
        )
    return None


def left_operand_as_float(operand: Any) -> float:
    """Return the left operand of an operator as a float; its own type did not know what to do with a Value."""
    number = operand_as_float(operand)
    return as_float(operand, "Value") if number is None else number


def total(summands: Iterable[float]) -> float:
    """Return the sum, added from left to right, the same on every Python: the builtin compensates from 3.12 on.

    >>> total([1e16, 1.0, -1e16])
    0.0
    """
    return functools.reduce(operator.add, summands, 0.0)
