"""Which line of a function recorded which node: the function runs line by line, and after each line its names are
searched for nodes that were not there before.

Python tells a tracer of every call, line and return (`sys.settrace`). What a line of a function has recorded is known
when its next line begins, or when it returns. A node in the arguments of a call was recorded by the line that calls.
The engine has no part in it. Code of others (the standard library, installed packages) is not watched: what it records
belongs to the line that called it.
"""

import os
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeAlias

from autodiff import Value

MAX_VISITS = 10_000  # objects other than nodes that one search looks at
_OURS = [str(Path(__file__).parents[2] / package) for package in ("autodiff", "nn", "viz")]
_FLAT = (list, tuple, set, frozenset, deque)
_PLAIN = (str, bytes, float, int, type, ModuleType, FunctionType, FrameType)

Place: TypeAlias = tuple[CodeType, int]
"""A line of a function: its code, and the number of the line in its file."""


@cache
def _others() -> tuple[str, ...]:
    """The beginnings of the paths of code that is not the user's."""
    installed = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    return ("<frozen", *(f"{folder}{os.sep}" for folder in (*_OURS, *installed)))


@dataclass
class Watched:
    """What was seen.

    Attributes:
        result: what the function returned.
        codes: the functions that ran, in the order of their first call.
        lines: for each node the line that recorded it, the line that had called that function, and so on.
        names: the local variable that was bound to a node first, one of the outermost function if there is one.
    """

    result: Any = None
    codes: dict[CodeType, None] = field(default_factory=dict)
    lines: dict[Value, tuple[Place, ...]] = field(default_factory=dict)
    names: dict[Value, str] = field(default_factory=dict)


def watch(f: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> Watched:
    """Call a function, and return which line recorded which node.

    An exception of the function passes through. The tracer of a debugger, or of a measure of coverage, is set aside
    for the time of the call.
    """
    watched = Watched()
    tracer = _Tracer(watched, getattr(getattr(f, "__code__", None), "co_filename", ""))
    before = sys.gettrace()
    sys.settrace(tracer.called)
    try:
        watched.result = f(*arguments, **named)
    finally:
        sys.settrace(before)
    tracer.note(reachable([watched.result], tracer.known), ())
    return watched


class _Tracer:
    """Hears of each call, line and return while a function runs."""

    def __init__(self, watched: Watched, own_file: str) -> None:
        self.watched, self._own_file = watched, own_file
        self.known = set[Value]()
        self._running: dict[FrameType, int] = {}  # the line that each function is at
        self._named_outside = set[Value]()

    def called(self, frame: FrameType, event: str, _: Any) -> Any:
        """A function begins, or a generator goes on."""
        file = frame.f_code.co_filename
        if file != self._own_file and file.startswith(_others()):
            return None
        self._search(frame, self._path(frame.f_back))
        self.watched.codes[frame.f_code] = None
        self._running[frame] = frame.f_lineno
        return self._at

    def _at(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A line begins, or the function returns: the line before has done its work."""
        if event in ("line", "return"):
            path = ((frame.f_code, self._running.pop(frame)), *self._path(frame.f_back))
            self._search(frame, path, [argument] if event == "return" else [])
        if event == "line":
            self._running[frame] = frame.f_lineno
        return self._at

    def _path(self, frame: FrameType | None) -> tuple[Place, ...]:
        """The lines of the functions that wait for a call, the innermost first."""
        path = []
        while frame is not None:
            if frame in self._running:
                path.append((frame.f_code, self._running[frame]))
            frame = frame.f_back
        return tuple(path)

    def _search(self, frame: FrameType, path: tuple[Place, ...], more: Iterable[Any] = ()) -> None:
        variables = frame.f_locals
        self.note(reachable([*variables.values(), *more], self.known), path)
        is_outer = len(self._running) == 0
        for name, x in variables.items():
            if not name.startswith(("_", ".")):
                for i, node in enumerate(x if type(x) is list or type(x) is tuple else (x,)):
                    if issubclass(type(node), Value):
                        self._name(node, name if node is x else f"{name}[{i}]", is_outer)

    def _name(self, node: Value, name: str, is_outer: bool) -> None:
        if is_outer and node not in self._named_outside:
            self._named_outside.add(node)
            self.watched.names[node] = name
        self.watched.names.setdefault(node, name)

    def note(self, nodes: Iterable[Value], path: tuple[Place, ...]) -> None:
        """Note the lines of nodes that were not known, and of all that they were computed from."""
        stack = [*nodes]
        while stack:
            node = stack.pop()
            if node not in self.known:
                self.known.add(node)
                self.watched.lines[node] = path
                stack += node.operands


def reachable(objects: Iterable[Any], known: set[Value]) -> Iterator[Value]:
    """Yield the nodes in some objects that are not known, also inside lists, dictionaries and attributes."""
    stack, seen = [*objects], set[int]()
    while stack and len(seen) < MAX_VISITS:
        x = stack.pop()
        kind = type(x)
        if issubclass(kind, Value):
            if x not in known:
                yield x
            continue
        if id(x) in seen or issubclass(kind, _PLAIN):
            continue
        seen.add(id(x))
        if issubclass(kind, _FLAT):
            stack += x
        elif issubclass(kind, dict):
            stack += dict.values(x)
        elif kind.__module__ == "numpy" and getattr(x, "dtype", "") == "O":
            stack += x.flat
        elif kind.__dictoffset__:
            with suppress(AttributeError):  # of a TypeVar, since Python 3.14
                stack += object.__getattribute__(x, "__dict__").values()
