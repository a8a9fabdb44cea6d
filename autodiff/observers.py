"""Who wants to know that Python code has read a number of a graph, and so may branch on it.

A recorded graph does not show such a branch: it is data-dependent control flow. The engine reports the reads, and knows
nothing of who listens: `autodiff.program.recording.data_dependence` does, while a function is recorded.
"""

from typing import Any, Final

observers: Final["list[Any]"] = []
"""Objects with the methods `number_read` and `nodes_compared`; almost always none, so that a report costs one test."""


guards: Final["list[Any]"] = []
"""Objects with the method `check`, called before a node becomes a plain number; see `autodiff.guard`."""


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
