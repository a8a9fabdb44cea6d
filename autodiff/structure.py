"""Nested lists, tuples and dicts of numbers and arrays: the arguments and the results of a transform."""

from collections.abc import Callable, Iterable
from typing import Any

from autodiff.elementwise import array_of, elements, is_array
from autodiff.real import is_real
from autodiff.value import Value

_CONTAINERS = (dict, list, tuple)


def map_leaves(f: Callable[[Any], Any], structure: Any, where: str) -> Any:
    """Return a structure of the same shape, with `f(leaf)` in place of every number, Value or array, in order.

    A structure is one of these leaves, or a list, tuple or dict of structures; anything else in it is a TypeError.
    Here and below, `where` is the caller, for the message.
    """
    if is_number(structure) or is_array(structure):
        return f(structure)
    if isinstance(structure, dict):
        return {key: map_leaves(f, part, where) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        return _like(structure, [map_leaves(f, part, where) for part in structure])
    hint = "; use .tolist()" if hasattr(structure, "tolist") else ""
    if structure is ...:
        hint = ", the three dots; write the answer in their place"
    raise TypeError(
        f"{where}: expected a number, or a list, tuple or dict of numbers, got {type(structure).__name__}{hint}"
    )


def map_numbers(f: Callable[[Any], Any], structure: Any, where: str) -> Any:
    """Return the same with `f(number)` in place of every number, also in arrays; an array of no axes is a number."""

    def mapped(leaf: Any) -> Any:
        if not is_array(leaf):
            return f(leaf)
        parts = elements(leaf, where)
        for part in parts:
            if not is_number(part):
                raise TypeError(f"{where}: expected an array of numbers, got one that holds a {type(part).__name__}")
        return array_of([f(part) for part in parts], leaf.shape)

    return map_leaves(mapped, structure, where)


def map_values(f: Callable[[Value], Any], thing: Any) -> Any:
    """Return the same with `f(node)` in place of every Value in lists, tuples, dicts and arrays; all else stays."""
    if isinstance(thing, dict):
        return {key: map_values(f, part) for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return _like(thing, [map_values(f, part) for part in thing])
    if is_array(thing) and thing.dtype.kind == "O":
        return array_of([map_values(f, part) for part in thing.flat], thing.shape)
    return f(thing) if isinstance(thing, Value) else thing


def numbers_of(structure: Any, where: str) -> list[Any]:
    """Return the numbers and Values of a structure, in order."""
    numbers: list[Any] = []
    map_numbers(numbers.append, structure, where)
    return numbers


def with_numbers(structure: Any, numbers: Iterable[Any], where: str) -> Any:
    """Return a structure of the same shape that holds `numbers`, in order."""
    iterator = iter(numbers)
    return map_numbers(lambda _: next(iterator), structure, where)


def paired(structure: Any, other: Any, where: str, what: str, of: str) -> list[tuple[Any, Any]]:
    """Return the numbers of two structures side by side, in the order of the first; dicts are matched by key.

    Raise ValueError if they differ in more than their numbers; it names the other, `what`, and the first, `of`.
    """
    if isinstance(structure, dict) and isinstance(other, dict) and structure.keys() == other.keys():
        return [pair for key in structure for pair in paired(structure[key], other[key], where, what, of)]
    if isinstance(structure, list | tuple) and type(other) is type(structure) and len(structure) == len(other):
        return [pair for parts in zip(structure, other, strict=True) for pair in paired(*parts, where, what, of)]
    shapes = [x.shape if is_array(x) else () for x in (structure, other)]
    if shapes[0] == shapes[1] and not isinstance(structure, _CONTAINERS) and not isinstance(other, _CONTAINERS):
        return list(zip(numbers_of(structure, where), numbers_of(other, where), strict=True))
    raise ValueError(f"{where}: expected {what} of the structure of {of}, one number for each number")


def outer(result: Any, arguments: Any, gradients: Iterable[Any], where: str) -> Any:
    """Return the derivatives of every number of a result by every number of the arguments.

    Args:
        result: a structure of m numbers.
        arguments: a structure of n numbers.
        gradients: for each number of the result n numbers.

    Returns:
        The structure of `result`; in place of a number its gradient, which has the structure of `arguments`. In place
        of an array the structure of `arguments` with arrays, whose axes are those of the result, then of the argument;
        there a list of numbers counts as an array of one axis.
    """
    rows = iter(gradients)

    def derivatives(leaf: Any) -> Any:
        if not is_array(leaf) or leaf.shape == ():
            return with_numbers(arguments, next(rows), where)
        its_rows = [next(rows) for _ in range(leaf.size)]
        vectors = tuple(map(_vector, arguments)) if isinstance(arguments, tuple) else _vector(arguments)
        columns = iter(range(len(numbers_of(arguments, where))))

        def block(argument: Any) -> Any:
            shape = argument.shape if is_array(argument) else ()
            chosen = [next(columns) for _ in numbers_of(argument, where)]
            return array_of([row[j] for row in its_rows for j in chosen], leaf.shape + shape)

        return map_leaves(block, vectors, where)

    return map_leaves(derivatives, result, where)


def holds_value(structure: Any) -> bool:
    """Return whether a structure, which may hold anything, is a Value or holds one."""
    if isinstance(structure, dict):
        structure = [*structure.values()]
    elif is_array(structure) and structure.dtype.kind == "O":
        structure = [*structure.flat]
    return any(map(holds_value, structure)) if isinstance(structure, list | tuple) else isinstance(structure, Value)


def is_number(thing: Any) -> bool:
    """Return whether it is a Value, a real number, or an array without axes."""
    return isinstance(thing, Value) or is_real(thing) or (is_array(thing) and thing.shape == ())


def _vector(argument: Any) -> Any:
    """A list of numbers as an array; anything else as it is."""
    is_vector = isinstance(argument, list) and all(map(is_number, argument))
    return array_of(argument, (len(argument),)) if is_vector else argument


def _like(structure: Any, parts: list[Any]) -> Any:
    """A list, tuple or named tuple of the type of `structure`."""
    return structure._make(parts) if hasattr(structure, "_make") else type(structure)(parts)
