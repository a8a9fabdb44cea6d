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
    `backward()`, or an operand outside a domain. What the engine computes is none, and `repr` is for people.

    Args:
        given: the leaves whose numbers will be others.

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

    def __init__(self, given: list[Any]) -> None:
        self.seen = ""
        self.thread = threading.get_ident()
        self.given = given

    def __enter__(self) -> "Watch":
        watches.append(self)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        watches.remove(self)

    def concerns(self, node: Any) -> bool:
        """Whether a node, if it is one, depends on what is given."""
        given = {id(leaf) for leaf in self.given}
        seen: set[int] = set()
        rest: list[Any] = [node]
        while rest:
            here = rest.pop()
            if here is None or id(here) in given:
                return True
            if id(here) not in seen:
                seen.add(id(here))
                rest += here.operands
        return False


def notice(node: Any) -> None:
    """Tell the watches of this thread of a look at a node, or at none that is known, None."""
    for watch in watches[:]:
        if not watch.seen and watch.thread == threading.get_ident() and watch.concerns(node):
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
