"""`Guard`: while a graph is recorded to be differentiated, no number leaves it in silence.

`math.exp(v)`, `float(v)`, `round(v)` and an assignment into an array of floats make a plain number of a Value. The
number has no derivative, so a gradient would be 0, or a part of the right one. Reading `v.data` and comparing by order
are looks that their author means; they stay allowed.
"""

import linecache
import re
import sys
import threading
from collections.abc import Iterable
from types import FrameType
from typing import Any

from autodiff.observers import guards
from autodiff.primitives import PRIMITIVES

OURS = "autodiff.", "nn.", "viz."
"""The beginnings of the names of our modules: an error names the line of the user that called them."""


class Guard:
    """A `with` block in which a Value that depends on certain leaves cannot become a plain number.

    Args:
        who: the function that differentiates, for the message.
        leaves: what it differentiates by; None to refuse every Value.
        role: what they are to the reader, such as "an argument".

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with Guard("grad", [x], "an argument"):
    ...     float(x * x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    TypeError: grad: ... makes a plain number of a Value that depends on an argument, ...
    """

    def __init__(self, who: str, leaves: Iterable[Any] | None, role: str = "") -> None:
        self._who, self._role = who, role
        self._dependence = None if leaves is None else Dependence(leaves)
        self._thread = 0

    def __enter__(self) -> "Guard":
        self._thread = threading.get_ident()
        guards.append(self)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        guards.remove(self)

    def check(self, node: Any) -> None:
        """Raise TypeError if the node, which is to become a plain number, depends on one of the leaves."""
        if self._thread != threading.get_ident() or (self._dependence and not self._dependence.kinds_of(node)):
            return
        text, place = line_of_user(sys._getframe())
        ours = [name for name in re.findall(r"\b(?:math|cmath|np|numpy)\.(\w+)", text) if name in PRIMITIVES]
        advice = f"use autodiff.{ours[0]}" if ours else "use the functions of autodiff, such as autodiff.exp"
        values = "a Value in the partial of a primitive"
        if self._dependence is not None:
            advice += ", or v.data for a number that is to be constant"
            values = f"a Value that depends on {self._role}"
        raise TypeError(
            f"{self._who}: {described(text, place)} makes a plain number of {values}, "
            f"and its derivative would be lost; {advice}"
        )


class Dependence:
    """The kinds of leaves that a node was computed from; each argument is the leaves of one kind, 0, 1, ..."""

    def __init__(self, *leaves: Iterable[Any]) -> None:
        self._leaves = leaves
        self._kind_of: dict[int, int] = {}  # by the id of a leaf; filled at the first question, which few ask
        self._independent: dict[int, Any] = {}  # by id, nodes that depend on no leaf; kept, so that no id comes twice

    def kinds_of(self, node: Any) -> set[int]:
        """Return the kinds of leaves that a node depends on."""
        if not self._kind_of:
            self._kind_of = {id(leaf): kind for kind, leaves in enumerate(self._leaves) for leaf in leaves}
        kinds: set[int] = set()
        visited: dict[int, Any] = {}
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if id(node) in self._kind_of:
                kinds.add(self._kind_of[id(node)])
            elif id(node) not in visited and id(node) not in self._independent:
                visited[id(node)] = node
                waiting += node.operands
        if not kinds:
            self._independent |= visited
        return kinds


def line_of_user(frame: FrameType | None) -> tuple[str, str]:
    """Return the line of code outside our packages that is being executed, and its place; "" if there is none."""
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(OURS):
        frame = frame.f_back
    if frame is None:
        return "", ""
    path, number = frame.f_code.co_filename, frame.f_lineno
    place = f"line {number} of {path.replace(chr(92), '/').rpartition('/')[2]}"
    return linecache.getline(path, number).strip(), place


def described(text: str, place: str) -> str:
    """Return a line of code and its place as a phrase."""
    return f"`{text}` ({place})" if text else place or "code without a line"
