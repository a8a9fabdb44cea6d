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
from typing import TYPE_CHECKING, Any, TypeAlias

from autodiff import Program

if TYPE_CHECKING:
    from nn.training.devices import OnDevices

Replay: TypeAlias = "Program | OnDevices"
"""What runs a recorded graph."""


@dataclass
class CachedProgram:
    """A program, and weak references to the objects whose sample graphs were last compared with it."""

    program: Replay
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
        self._cached: OrderedDict[Any, CachedProgram] = OrderedDict()  # by key; the one that was used last at the end
        self._lock = threading.RLock()  # held while a program is looked up, made and compiled

    def programs(self) -> list[Replay]:
        """Return the programs, the one that was used last at the end."""
        return [cached.program for cached in self._cached.values()]

    def is_compared(self, key: Any, parts: Sequence[object]) -> bool:
        """Return whether the graphs of exactly these objects were compared with the program of this key."""
        cached = self._cached.get(key)
        return cached is not None and cached.is_compared_with(parts)

    def use(
        self,
        key: Any,
        *,
        make: Callable[[], Replay],
        may_keep: Callable[[], bool],
        first_call: Callable[[Any], object],
        parts: Sequence[object],
    ) -> Any:
        """Return the compiled program of a key; another thread that needs the same one waits until it is compiled.

        `make` returns a program for the key, everything that the compiled code depends on; `first_call` compiles it. It
        is kept if `may_keep`. `parts` are the model and the functions whose sample graphs were compared with it.
        """
        with self._lock:
            cached = self._cached.get(key)
            if cached is not None:
                self._cached.move_to_end(key)
            else:
                cached = CachedProgram(make())
                if may_keep():
                    self._cached[key] = cached
                if len(self._cached) > self.size:
                    self._cached.popitem(last=False)
            if not cached.is_compared_with(parts):
                cached.compared = _references(parts)
            first_call(cached.program)
        return cached.program


def _references(parts: Sequence[object]) -> tuple[Any, ...]:
    """Weak references to all parts; none, which equals no model, if one of them cannot be referred to."""
    try:
        return tuple([weakref.ref(part) for part in parts])
    except TypeError:
        return ()
