"""A graph as a `Program`, if it is the graph of every sample; and the last few programs kept.

To compile one takes a tenth of a second or more, and in a cross-validation or a notebook the same network comes again
and again, with other numbers. What is compiled depends on the operations alone, so programs are kept by these; to find
one again, the graph is recorded anew every time. A graph with another operation or another constant is another program.
"""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, TypeAlias

from autodiff import DomainError, Program, Value
from autodiff.graph import form
from nn.backends import DependsOnDataError

KEPT = 16
_kept: dict[Any, Program] = {}  # the one used last is the last; each holds the parameters it was made with, no graph

Recorded: TypeAlias = tuple[Value | list[Value], list[Value]]
"""The outputs for one sample, and the leaves that its numbers came in by."""


def program_of(
    record: Callable[[Any], Recorded], first: Any, last: Any, parameters: list[Value], backend: str
) -> Program:
    """Return the program of what is recorded for a sample, to be called with theta.

    Args:
        record: sample -> the outputs, a Value or a list of them for a program that returns rows, and the leaves.
        first: the sample whose graph is replayed.
        last: another, whose graph must consist of the same operations.
        parameters: leaves, whose numbers `theta` gives.
        backend: see `autodiff.Program`.

    Raises:
        DependsOnDataError: if it does not.
    """
    outputs, leaves = record(first)
    operations = _form(outputs, leaves, parameters)
    try:
        others = _form(*record(last), parameters)
    except DomainError:  # where a replay gives inf or nan, which training will find
        others = operations
    if others != operations:
        raise DependsOnDataError(_difference(operations, others))
    key = (operations, len(leaves), len(parameters), isinstance(outputs, list), backend)
    program = _kept.pop(key, None)
    if program is None:
        program = Program(outputs, leaves, parameters, backend=backend)
    _kept[key] = program
    while len(_kept) > KEPT:
        _kept.pop(next(iter(_kept)), None)
    return program


def _form(outputs: Value | list[Value], leaves: list[Value], parameters: list[Value]) -> tuple[Any, ...]:
    """All that makes a program."""
    return tuple(form(outputs if isinstance(outputs, list) else [outputs], [*leaves, *parameters]))


def _difference(first: tuple[Any, ...], last: tuple[Any, ...]) -> str:
    """Where two graphs part."""
    a, b = next((a, b) for a, b in zip_longest(first, last) if a != b)
    names = [_name(operation) for operation in (a, b)]
    return f"{names[0]} here and {names[1]} there" if names[0] != names[1] else f"{names[0]} of other operands"


def _name(operation: Any) -> str:
    if isinstance(operation, float):
        return f"the constant {operation!r}"
    return "the end" if operation is None or operation[0] == "outputs" else str(operation[0].name)
