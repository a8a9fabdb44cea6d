"""`ProgramCache`: the last compiled programs, so that a network of the same shape is compiled once.

To compile a program takes a tenth of a second or more, and a cross-validation or a notebook trains the same network
again and again, with other numbers.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from autodiff import Program


@dataclass
class CachedProgram:
    """A program with the key of its graph.

    Attributes:
        key: everything that the compiled code depends on.
        program: the program.
        compared: weak references to the model and the functions whose graphs were last compared with this program.
    """

    key: Any
    program: Program
    compared: tuple[Any, ...] = ()

    def is_compared_with(self, parts: Sequence[object]) -> bool:
        """Return whether the graphs of exactly these objects were compared with this program."""
        objects = [reference() for reference in self.compared]
        return len(objects) == len(parts) and all(map(is_, objects, parts))


class ProgramCache:
    """The programs that were used last. Several threads may use one cache.

    A cache keeps four promises:

    - Same graph: a program is reused only for an equal key, that is for the same operations on the same constants.
    - Same objects: that sample graphs were compared counts only for the very model and functions they came from.
    - No models: a program refers to the parameters it was recorded with, and to no graph, model or function.
    - Bounded: it keeps at most `size` programs, and drops the one that was not used for the longest time.
    """

    def __init__(self, size: int = 16) -> None:
        self.size = size
        self._programs: OrderedDict[Any, CachedProgram] = OrderedDict()
        self._lock = threading.RLock()  # held while a program is looked up, made and compiled

    def programs(self) -> list[Program]:
        """Return the programs, the one that was used last at the end."""
        return [cached.program for cached in self._programs.values()]

    def get(self, key: Any) -> CachedProgram | None:
        """Return the program with this key, None if there is none."""
        return self._programs.get(key)

    def use(
        self,
        cached: CachedProgram | None,
        key: Any,
        make: Callable[[], Program],
        compile_program: Callable[[Program], object],
        parts: Sequence[object],
        *,
        keep: bool,
    ) -> CachedProgram:
        """Return a compiled program; another thread that needs the same one waits until it is compiled.

        Args:
            cached: the result of `get(key)`. It may be out of the cache by now.
            key: see `CachedProgram`.
            make: returns the program if the cache has none.
            compile_program: calls a program in the way it will be used, because the first call compiles.
            parts: the model and the functions whose sample graphs were compared with this program.
            keep: whether to keep the program.
        """
        with self._lock:
            cached = cached or self._programs.get(key) or CachedProgram(key, make())
            if not cached.is_compared_with(parts):
                cached.compared = _references(parts)
            if keep:
                self._programs[key] = cached
                self._programs.move_to_end(key)
            while len(self._programs) > self.size:
                self._programs.popitem(last=False)
            compile_program(cached.program)
        return cached


def _references(parts: Sequence[object]) -> tuple[Any, ...]:
    """Weak references to all parts; none, which equals no model, if one of them cannot be referred to."""
    try:
        return tuple([weakref.ref(part) for part in parts])
    except TypeError:
        return ()
