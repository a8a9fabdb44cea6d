"""Nested lists, tuples and dicts of numbers: the arguments and the results of a transform."""

from collections.abc import Callable, Iterable
from typing import Any

from autodiff.real import is_real
from autodiff.value import Value


def map_numbers(f: Callable[[Any], Any], structure: Any, where: str) -> Any:
    """Return a structure of the same shape, with `f(number)` in place of every number or Value, in order.

    Args:
        f: a function of a number or Value.
        structure: a number, a Value, or a list, tuple or dict of structures.
        where: the caller, for the message of an error.

    Raises:
        TypeError: if it holds anything else.
    """
    if isinstance(structure, Value) or is_real(structure):
        return f(structure)
    if isinstance(structure, dict):
        return {key: map_numbers(f, part, where) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        parts = [map_numbers(f, part, where) for part in structure]
        return structure._make(parts) if hasattr(structure, "_make") else type(structure)(parts)
    hint = "; use .tolist()" if hasattr(structure, "tolist") else ""
    if structure is ...:
        hint = ", the three dots; write the answer in their place"
    raise TypeError(
        f"{where}: expected a number, or a list, tuple or dict of numbers, got {type(structure).__name__}{hint}"
    )


def numbers_of(structure: Any, where: str) -> list[Any]:
    """Return the numbers and Values of a structure, in order."""
    numbers: list[Any] = []
    map_numbers(numbers.append, structure, where)
    return numbers


def with_numbers(structure: Any, numbers: Iterable[Any], where: str) -> Any:
    """Return a structure of the same shape that holds `numbers`, in order."""
    iterator = iter(numbers)
    return map_numbers(lambda _: next(iterator), structure, where)


def paired(structure: Any, other: Any, where: str) -> list[tuple[Any, Any]]:
    """Return the numbers of two structures side by side, in the order of the first; dicts are matched by key.

    Raises:
        ValueError: if they differ in more than their numbers.
    """
    if isinstance(structure, dict) and isinstance(other, dict) and structure.keys() == other.keys():
        return [pair for key in structure for pair in paired(structure[key], other[key], where)]
    if isinstance(structure, list | tuple) and type(other) is type(structure) and len(structure) == len(other):
        return [pair for parts in zip(structure, other, strict=True) for pair in paired(*parts, where)]
    if not isinstance(structure, dict | list | tuple) and not isinstance(other, dict | list | tuple):
        return list(zip(numbers_of(structure, where), numbers_of(other, where), strict=True))
    raise ValueError(f"{where}: expected tangents of the structure of the primals, one number for each number")


def holds_value(structure: Any) -> bool:
    """Return whether a structure, which may hold anything, is a Value or holds one."""
    if isinstance(structure, dict):
        return any(holds_value(part) for part in structure.values())
    if isinstance(structure, list | tuple):
        return any(holds_value(part) for part in structure)
    return isinstance(structure, Value)
