"""A graph as a `Program`, if it is the graph of every sample; and the last few programs kept.

To compile one takes a tenth of a second or more, and in a cross-validation or a notebook the same network comes again
and again, with other numbers. What is compiled depends on the operations alone, so programs are kept by these; to find
one again, the graph is recorded anew every time. A graph with another operation or another constant is another program.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import is_
from typing import Any, TypeAlias

from autodiff import DomainError, Program, Value
from autodiff.node import CONSTANT
from autodiff.primitive import Primitive
from autodiff.program.data_dependence import Watch
from autodiff.program.fingerprint import fingerprint
from autodiff.program.tape import is_custom
from nn.training.backends import NOT_WITH_VALUES, DependsOnDataError, NotRecordedError

KEPT = 16
COMPARED = 8
"""Graphs of a model that are recorded before a program is taken to be that of all samples."""

Sample: TypeAlias = tuple[int, list[Any], list[Value]]
"""Its number; its inputs, and its target if there is one, in Values; and these as leaves, in one list."""


@dataclass
class Found:
    """A program, which holds the parameters that it was made with and no graph.

    Attributes:
        key: all that it was compiled by.
        used: when it was used last.
        compared: the model and the functions whose graphs were compared last, and were all of this program.
    """

    key: Any
    program: Program
    used: int = 0
    compared: tuple[Any, ...] = ()

    def is_of(self, recorded: Sequence[object]) -> bool:
        """Whether the graphs of these very objects were compared."""
        there = [reference() for reference in self.compared]
        return len(there) == len(recorded) and all(map(is_, there, recorded))


_kept: dict[Any, Found] = {}
_lock = threading.RLock()  # held while a program is looked up, made and compiled
_uses = count()


def program_of(
    recorded: Sequence[object],
    record: Callable[[list[Any]], Value | list[Value]],
    samples: Iterable[Sample],
    parameters: list[Value],
    backend: str,
    compile_it: Callable[[Program], object],
    current: Found | None = None,
) -> Found:
    """Find the program of what is recorded for a sample, to be called with theta, compiled.

    Two things are in no graph. One is a branch on the data; it needs a look at a number of a Value, and that is seen
    always. The other is chance, or a state that the model keeps; when a model is new, samples are recorded until one
    has another graph, or enough have not.

    Args:
        recorded: the model and the functions that `record` calls.
        record: a sample's inputs, and its target if there is one -> the outputs, a Value or a list of them for a
            program that returns rows.
        samples: those to record. The first that has a graph is replayed; a sample without, outside the domain of an
            operation, is one for which a replay gives inf or nan, which training will find.
        parameters: leaves, whose numbers `theta` gives.
        backend: see `autodiff.Program`.
        compile_it: calls the program in the way that is wanted, since the first call compiles.
        current: what was found before, and still is it if the graph is the same.

    Raises:
        DependsOnDataError: if a number is looked at, or a graph differs.
        NotRecordedError: if the model or the loss cannot be called with Values.
        DomainError: if no sample has a graph.
    """
    graphs = _graphs(record, samples, parameters)
    first, outputs, leaves = next(graphs)
    operations = _form(outputs, leaves, parameters)
    key = (operations, len(leaves), len(parameters), isinstance(outputs, list), backend)
    if current is not None and current.key == key:
        return current
    kept = _kept.get(key)
    if kept is None or not kept.is_of(recorded):
        for other, results, inputs in graphs:
            others = _form(results, inputs, parameters)
            if others != operations:
                whose = f"sample {other} than for sample {first}" if other != first else f"sample {first} later"
                raise DependsOnDataError(
                    f"got another for {whose} ({_difference(operations, others)}), by chance or by a state of the model"
                )
    with _lock:  # a thread that wants the same program waits for it
        kept = kept or _kept.get(key)
        if kept is None:
            kept = Found(key, Program(outputs, leaves, parameters, backend=backend))
            if not any(is_custom(part) for part in operations if isinstance(part, Primitive) and part is not CONSTANT):
                _kept[key] = kept  # a primitive of the user's own may be another by then, by what it refers to
        kept.used = next(_uses)
        if not kept.is_of(recorded):
            kept.compared = _references(recorded)
        while len(_kept) > KEPT:
            del _kept[min(_kept, key=lambda key: _kept[key].used)]
        compile_it(kept.program)
    return kept


def in_turn(n: int) -> list[int]:
    """Return the numbers of the samples to record, out of n: the first ones, and again from the start.

    >>> in_turn(3)
    [0, 1, 2, 0, 1, 2, 0, 1]
    """
    return [i % n for i in range(COMPARED)]


def _graphs(
    record: Callable[[list[Any]], Value | list[Value]], samples: Iterable[Sample], parameters: list[Value]
) -> Iterator[tuple[int, Value | list[Value], list[Value]]]:
    """(number, outputs, leaves) of every sample that has a graph; at least one has."""
    nowhere: DomainError | None = None
    found = False
    for number, sample, leaves in samples:
        with Watch(leaves, parameters) as watch:
            try:
                outputs = record(sample)
            except DomainError as error:
                nowhere = nowhere or error
                continue
            except NOT_WITH_VALUES as error:
                raise NotRecordedError(error) from None
        if watch.seen:
            raise DependsOnDataError(f"but {watch.seen} looks at a number, which no graph records")
        found = True
        yield number, outputs, leaves
    if nowhere is not None and not found:
        raise nowhere


def _references(recorded: Sequence[object]) -> tuple[Any, ...]:
    """Weak references to them all; none, which is of nothing, if one of them cannot be referred to."""
    try:
        return tuple([weakref.ref(thing) for thing in recorded])
    except TypeError:
        return ()


def _form(outputs: Value | list[Value], leaves: list[Value], parameters: list[Value]) -> tuple[Any, ...]:
    """All that makes a program."""
    return tuple(fingerprint(outputs if isinstance(outputs, list) else [outputs], [*leaves, *parameters]))


def _difference(first: tuple[Any, ...], last: tuple[Any, ...]) -> str:
    """Where two graphs part."""
    at = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)) - 1)
    while not all(form[at] is None or isinstance(form[at], Primitive) for form in (first, last)):
        at -= 1  # to where the nodes begin
    names = [_name(*form[at : at + 2]) for form in (first, last)]
    return f"{names[0]} here and {names[1]} there" if names[0] != names[1] else f"{names[0]} of other operands"


def _name(primitive: Primitive | None, operand: Any) -> str:
    if primitive is CONSTANT:
        return f"the constant {operand}"
    return "the end" if primitive is None else primitive.name
