"""A graph as a `Program`, if it is the graph of every sample; and the last few programs kept.

To compile one takes a tenth of a second or more, and in a cross-validation or a notebook the same network comes again
and again, with other numbers. What is compiled depends on the operations alone, so programs are kept by these; to find
one again, the graph is recorded anew every time. A graph with another operation or another constant is another program.
"""

import threading
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, TypeAlias

from autodiff import DomainError, Program, Value
from autodiff.graph import form
from nn.backends import NOT_WITH_VALUES, DependsOnDataError, NotRecordedError

KEPT = 16
COMPARED = 8
"""Samples whose graphs are compared. To record one is cheap beside compiling, and to record all of them is not."""

_kept: dict[Any, Program] = {}  # the one used last is the last; each holds the parameters it was made with, no graph
_lock = threading.RLock()  # held while a program is looked up, made and compiled

Recorded: TypeAlias = tuple[Value | list[Value], list[Value]]
"""The outputs for one sample, and the leaves that its numbers came in by."""


def program_of(
    record: Callable[[Any], Recorded],
    samples: list[tuple[int, Any]],
    parameters: list[Value],
    backend: str,
    compile_it: Callable[[Program], object],
) -> Program:
    """Return the program of what is recorded for a sample, to be called with theta, compiled.

    Args:
        record: sample -> the outputs, a Value or a list of them for a program that returns rows, and the leaves.
        samples: (number, sample) of those whose graphs must consist of the same operations. The first that has one is
            replayed; a sample without, outside the domain of an operation, is one for which a replay gives inf or nan,
            which training will find.
        parameters: leaves, whose numbers `theta` gives.
        backend: see `autodiff.Program`.
        compile_it: calls the program in the way that is wanted, since the first call compiles.

    Raises:
        DependsOnDataError: if a graph differs.
        NotRecordedError: if the model or the loss cannot be called with Values.
        DomainError: if no sample has a graph.
    """
    graphs = _graphs(record, samples)
    first, outputs, leaves = next(graphs)
    operations = _form(outputs, leaves, parameters)
    for other, results, inputs in graphs:
        others = _form(results, inputs, parameters)
        if others != operations:
            raise DependsOnDataError(first, other, _difference(operations, others))
    key = (operations, len(leaves), len(parameters), isinstance(outputs, list), backend)
    with _lock:  # a thread that wants the same program waits for it
        program = _kept.pop(key, None)
        if program is None:
            program = Program(outputs, leaves, parameters, backend=backend)
        _kept[key] = program
        while len(_kept) > KEPT:
            _kept.pop(next(iter(_kept)), None)
        compile_it(program)
    return program


def spread(n: int) -> list[int]:
    """Return the numbers of the samples to compare, out of n: evenly spread, the first and the last among them.

    A single sample is there twice: what depends on chance differs from itself.

    >>> spread(3), spread(1), spread(1000)[:4], len(spread(1000)), spread(1000)[-1]
    ([0, 1, 2], [0, 0], [0, 142, 285, 428], 8, 999)
    """
    if n == 1:
        return [0, 0]
    k = min(n, COMPARED)
    return [i * (n - 1) // (k - 1) for i in range(k)]


def _graphs(
    record: Callable[[Any], Recorded], samples: list[tuple[int, Any]]
) -> Iterator[tuple[int, Value | list[Value], list[Value]]]:
    """(number, outputs, leaves) of every sample that has a graph; at least one has."""
    nowhere: DomainError | None = None
    found = False
    for number, sample in samples:
        try:
            outputs, leaves = record(sample)
        except DomainError as error:
            nowhere = nowhere or error
        except NOT_WITH_VALUES as error:
            raise NotRecordedError(error) from None
        else:
            found = True
            yield number, outputs, leaves
    if nowhere is not None and not found:
        raise nowhere


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
