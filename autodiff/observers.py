"""Who wants to know that Python code has read a number of a graph, and so may branch on it.

A recorded graph does not show such a branch: it is data-dependent control flow. The engine reports the reads, and knows
nothing of who listens: `autodiff.program.recording.data_dependence` does, while a function is recorded.
"""

import threading
from typing import Any, Final

observers: Final["list[Any]"] = []
"""Objects with the methods `number_read` and `nodes_compared`; almost always none, so that a report costs one test."""


guards: Final["list[Any]"] = []
"""Objects with the method `check`, called before a node becomes a plain number; see `autodiff.guard`."""

_tolerant: Final["list[int]"] = []  # threads


class Tolerance:
    """A `with` block in which an operation outside its domain gives NaN: a side of a `where` that is not taken."""

    def __init__(self, is_on: bool = True) -> None:
        self._is_on = is_on

    def __enter__(self) -> None:
        if self._is_on:
            _tolerant.append(threading.get_ident())

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._is_on:
            _tolerant.remove(threading.get_ident())


def is_tolerated() -> bool:
    """Whether an operation may be outside its domain."""
    return bool(_tolerant) and threading.get_ident() in _tolerant


def report_read(node: Any) -> None:
    """Report that the number of a node was read; None where an operand outside a domain may be that of any node."""
    for observer in observers[:]:
        observer.number_read(node)


def report_comparison(node: Any, other: Any) -> None:
    """Report a comparison of two nodes by `==`."""
    for observer in observers[:]:
        observer.nodes_compared(node, other)


def taken_out(node: Any) -> None:
    """Report that a node is about to become a plain number, by `float()` or `round()`; a guard may raise TypeError."""
    for guard in guards[:]:
        guard.check(node)
