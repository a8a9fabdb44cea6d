"""The checks of what a `Program` is made of, and of what it is to be differentiated by."""

from collections.abc import Iterable
from typing import Any

from autodiff.program.recording.tape import Tape
from autodiff.value import Value


def as_values(argument: str, objects: Any) -> list[Value]:
    """Return an argument of `Program` as a list of Values, or raise TypeError."""
    kind = type(objects).__name__
    if isinstance(objects, Value) or not isinstance(objects, Iterable):
        raise TypeError(f"Program: expected {argument} to be a list of Values, got {kind}; write [x]")
    if isinstance(objects, set | frozenset):
        raise TypeError(f"Program: expected {argument} to be a list of Values, got {kind}, which has no order")
    values = list(objects)
    for value in values:
        if not isinstance(value, Value):
            raise TypeError(f"Program: expected {argument} to be Values, got {type(value).__name__}")
    return values


def check_leaves(inputs: list[Value], parameters: list[Value]) -> None:
    """Raise ValueError unless all of them are leaves, each listed once."""
    seen: dict[Value, str] = {}
    for argument, leaves in (("inputs", inputs), ("parameters", parameters)):
        for i, leaf in enumerate(leaves):
            name = f"{argument}[{i}]" + (f" ({leaf.label!r})" if leaf.label else "")
            if not leaf.is_leaf:
                raise ValueError(
                    f"Program: expected leaves, got {name}, the result of {leaf.primitive!r}; "
                    "a program starts from Values that were given, not computed"
                )
            if leaf in seen:
                raise ValueError(f"Program: {name} was given before, as {seen[leaf]}; give every leaf once")
            seen[leaf] = name


def lines_of_wrt(method: str, tape: Tape, wrt: str | None, single: bool) -> range | None:
    """Return the lines to differentiate by; None if `wrt` is None.

    Raise ValueError if `wrt` has another value, the program has no such leaves, or it has a list of outputs.
    """
    if wrt not in (None, "inputs", "parameters"):
        raise ValueError(f'Program: expected wrt to be "inputs", "parameters" or None, got {wrt!r}')
    if wrt and not single:
        raise ValueError(
            f"Program: expected one output to differentiate, got {len(tape.outputs)} in a list; "
            "give a Value, not a list, or make a Program of each"
        )
    leaves: range | None = getattr(tape, wrt) if wrt else None
    if leaves is not None and not leaves:
        raise ValueError(
            f"{method}: expected {wrt} to differentiate by, the program has none; make it with Program(..., {wrt}=[x])"
        )
    return leaves
