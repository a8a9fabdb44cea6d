"""Detects data-dependent control flow: Python code that reads a number of a graph while the graph is recorded.

Such code may branch on the number, or compute with it outside the graph. A replay of the graph at other numbers would
repeat the branch and the number of the recording.
"""

import sys
import threading
from typing import Any

from autodiff.guard import Dependence, described, line_of_user
from autodiff.observers import observers


class Watch:
    """A `with` block in which the first read of a number that depends on inputs or parameters is noted.

    Noted are reading or setting `data` or `grad`, reading `partials`, order comparisons, `float()`, `round()`,
    formatting, copying, `backward()`, and a transform that gives plain numbers. Every DomainError is noted, because
    nobody can tell which node caused it. Operations of the engine and `repr` are not noted, nor is what another thread
    does. `==` between two Values compares nodes; it is noted if both depend on inputs alone, because a model that is
    not recorded compares numbers there.

    Args:
        inputs: leaves that a replay gives other numbers. Where the model is not recorded, they are plain numbers.
        parameters: leaves that a replay gives other numbers. They are always Values.

    Attributes:
        seen: the line that read a number, as in "`if x > 0:` (line 12 of model.py)"; "" if none did.

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with Watch([x]) as watch:
    ...     y = x * x
    >>> watch.seen
    ''
    >>> with Watch([x]) as watch:
    ...     y = x * x if x > 0 else -x
    >>> bool(watch.seen)
    True
    """

    def __init__(self, inputs: list[Any], parameters: list[Any] | None = None) -> None:
        self.seen = ""
        self._owner = threading.get_ident()
        self._dependence = Dependence(parameters or [], inputs)

    def __enter__(self) -> "Watch":
        observers.append(self)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        observers.remove(self)

    def number_read(self, node: Any) -> None:
        """Note the line that reads the number of a node; None stands for a node that nobody knows."""
        if self._is_waiting() and (node is None or self._dependence.kinds_of(node)):
            self.seen = described(*line_of_user(sys._getframe()))

    def nodes_compared(self, node: Any, other: Any) -> None:
        """Note the line that compares two nodes by `==`, if both depend on inputs alone."""
        kinds_of, inputs_alone = self._dependence.kinds_of, {1}
        if self._is_waiting() and kinds_of(node) == kinds_of(other) == inputs_alone:
            self.seen = described(*line_of_user(sys._getframe()))

    def _is_waiting(self) -> bool:
        return not self.seen and self._owner == threading.get_ident()
