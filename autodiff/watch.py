"""Noticing that code looks at a number of a `Value`, as a branch does: a graph has no record of that.

What is computed from Values can be replayed for other numbers. What is computed from a number that was taken out of a
Value, or chosen by it, would stay as it was when it was recorded.
"""

import linecache
import sys
import threading
from types import FrameType
from typing import Any, Final, final

watches: Final["list[Watch]"] = []
"""Those under way, in all threads; almost always empty, which is all that reading a number asks."""


@final
class Watch:
    """Notices, within a `with` block and in its thread, the first look at a number that depends on what is given.

    A look is to read or to set `data` or `grad`, to compare in any way, `float(v)`, `round(v)`, a format, a copy,
    `backward()`, or, whatever it is of, an operand outside a domain. What the engine computes is none, and `repr` is
    for people. `==` between Values asks which nodes they are, and is a look only where both are plain numbers
    elsewhere, in a model that is not recorded.

    Args:
        inputs: leaves whose numbers will be others, and which elsewhere are plain numbers.
        parameters: leaves whose numbers will be others, and which are always Values.

    Attributes:
        seen: what was seen, as in "`if x > 0:` (line 12 of model.py)"; "" if there was nothing.

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
        self._inputs = inputs
        self._parameters = parameters or []
        self._ids: dict[int, bool] = {}  # of all of these, once there is a look; whether it is an input
        self._foreign: dict[int, Any] = {}  # nodes that depend on none of them

    def __enter__(self) -> "Watch":
        watches.append(self)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        watches.remove(self)

    @property
    def is_looking(self) -> bool:
        """Whether it wants to be told: it is of this thread, and has seen nothing yet."""
        return not self.seen and self._owner == threading.get_ident()

    def given_below(self, node: Any) -> set[bool]:
        """What a node depends on: inputs, True, and parameters, False."""
        if not self._ids:
            self._ids = {id(leaf): False for leaf in self._parameters} | {id(leaf): True for leaf in self._inputs}
        found: set[bool] = set()
        visited: dict[int, Any] = {}
        rest: list[Any] = [node]
        while rest:
            here = rest.pop()
            if id(here) in self._ids:
                found.add(self._ids[id(here)])
            elif id(here) not in visited and id(here) not in self._foreign:
                visited[id(here)] = here
                rest += here.operands
        if not found:
            self._foreign |= visited
        return found


def notice(node: Any) -> None:
    """Tell the watches of a look at a number of a node."""
    for watch in watches[:]:
        if watch.is_looking and watch.given_below(node):
            watch.seen = _place(sys._getframe())


def notice_equality(node: Any, other: Any) -> None:
    """Tell the watches that a node is compared with something, a node or not, by `==`."""
    if not hasattr(other, "operands"):
        notice(node)
        return
    for watch in watches[:]:
        if watch.is_looking and watch.given_below(node) == watch.given_below(other) == {True}:
            watch.seen = _place(sys._getframe())


def notice_domain() -> None:
    """Tell the watches that an operand, of which nobody knows where it comes from, lies outside a domain."""
    for watch in watches[:]:
        if watch.is_looking:
            watch.seen = _place(sys._getframe())


def _place(frame: FrameType) -> str:
    """The line that is being executed outside this package."""
    here: FrameType | None = frame
    while here is not None and str(here.f_globals.get("__name__", "")).startswith("autodiff."):
        here = here.f_back
    if here is None:
        return "code without a line"
    path, number = here.f_code.co_filename, here.f_lineno
    text = linecache.getline(path, number).strip()
    place = f"line {number} of {path.replace(chr(92), '/').rpartition('/')[2]}"
    return f"`{text}` ({place})" if text else place
