"""`Pool`: memory that calls of a kernel work in, used again by later calls."""

from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Pooled(Generic[Thing]):
    """A thing of a pool, in the hands of one call."""

    __slots__ = ("size", "thing")

    def __init__(self, size: int, thing: Thing) -> None:
        self.size, self.thing = size, thing


class Pool(Generic[Thing]):
    """Things of several sizes that one call at a time may use; `make` makes one, and at most `n_kept` wait for a call.

    It takes no lock, so it cannot deadlock.
    """

    def __init__(self, make: Callable[[int], Thing], n_kept: int = 8) -> None:
        self._make, self._n_kept = make, n_kept
        self.free: list[Pooled[Thing]] = []

    def take(self, size: int) -> Pooled[Thing]:
        """Return a thing of this size that no other call uses."""
        for pooled in self.free[::-1]:
            if pooled.size == size:
                try:
                    self.free.remove(pooled)  # exactly one of several threads can
                except ValueError:
                    continue
                return pooled
        return Pooled(size, self._make(size))

    def give_back(self, pooled: Pooled[Thing]) -> None:
        """Keep it for a later call."""
        self.free.append(pooled)
        del self.free[: -self._n_kept]
