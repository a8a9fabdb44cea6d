"""`InParts`: a kernel that computes a long batch in parts of a fixed length, some of them at the same time.

The sums of the parts are added in their order. So the results are the same to the last bit for any number of threads.
"""

import itertools
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from autodiff.program.kernel import Kernel

OPERATIONS = 2_000_000  # of a part, at least: some 50 us, beside which a call and a thread that wakes up are short
LENGTH = 512  # points; a part is a multiple of it


class InParts:
    """A `Kernel` that calls another one, which computes without holding Python's lock.

    Args:
        kernel: the other one.
        mean: whether its results are means over the points.
        operations: about how many a point takes.
        threads: how many parts are computed at the same time.
    """

    def __init__(self, kernel: Kernel, mean: bool, operations: int, threads: int) -> None:
        self.kernel, self.quick, self.form = kernel, kernel.quick, kernel.form
        self.mean, self.threads = mean, threads
        self.length = LENGTH * max(1, -(-OPERATIONS // (LENGTH * max(1, operations))))
        self._workers: tuple[int, ThreadPoolExecutor] | None = None

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        import numpy as np

        n = len(points)
        if n <= self.length:
            self.kernel(points, theta, values, gradient)
            return
        slices = [slice(start, min(start + self.length, n)) for start in range(0, n, self.length)]
        results = (values, gradient)
        if self.mean:
            sums = [np.empty((len(slices), *np.shape(result)), points.dtype) for result in results]
            parts = [(piece, [each[k, ...] for each in sums]) for k, piece in enumerate(slices)]
        else:
            parts = [(piece, [result[piece] for result in results]) for piece in slices]
        self._compute(points, theta, parts)
        if self.mean:
            weights = [(piece.stop - piece.start) / n for piece in slices]
            for result, means in zip(results, sums, strict=True):
                result[...] = 0.0
                for weight, each in zip(weights, means, strict=True):
                    result += weight * each

    def _compute(self, points: Any, theta: Any, parts: Iterable[tuple[slice, list[Any]]]) -> None:
        """Compute parts, each by the thread that is free first."""
        waiting, turn = list(parts), itertools.count()

        def work() -> None:
            while (k := next(turn)) < len(waiting):
                piece, results = waiting[k]
                self.kernel(points[piece], theta, *results)

        others = min(self.threads, len(waiting)) - 1
        futures = [self._pool().submit(work) for _ in range(others)]
        try:
            work()
        finally:
            for future in futures:
                future.result()

    def _pool(self) -> ThreadPoolExecutor:
        """The other threads; new ones in a process that was forked, which has none of its parent's."""
        if self._workers is None or self._workers[0] != os.getpid():
            self._workers = os.getpid(), ThreadPoolExecutor(self.threads - 1, "Program")
        return self._workers[1]


def n_threads(threads: int | None) -> int:
    """Return the number of threads that a Program uses: `threads`, or one for each processor that it may run on."""
    if threads is not None:
        return threads
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
