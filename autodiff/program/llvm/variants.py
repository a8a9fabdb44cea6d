"""`Variants`: the kernels of a tape, one for batches and one for single points, each compiled when a call needs it.

In a vector of W lanes a single point is computed W times. With one lane it takes 0.4 to 0.8 of the time (measured: the
gradient of Rosenbrock's function in 100 variables 0.37 us instead of 0.90, a pendulum of 200 steps 3.1 instead of 3.7,
a network 64-30-10 1.7 instead of 3.0, one of 2-3-2 0.11 instead of 0.19). But a second compilation takes as long as
some 300,000 such calls save. So a program is compiled for the first call that it gets, and once more only if batches
follow single points. Where two vectors take the time of one, the points of one vector have a kernel too.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autodiff.collector import collector_paused
from autodiff.program.llvm.machine import compile_text, doubles

SINGLE, FEW, BATCH = range(3)  # a kernel does what those before it do


class Variants:
    """The kernels of a tape.

    Args:
        writers: for BATCH, and for SINGLE and FEW if single points and a vector of points have kernels of their own,
            what writes the text of a module whose "kernel" is a function (points, theta, values, gradient, memory,
            n_points).
    """

    def __init__(self, writers: Mapping[int, Callable[[], str]]) -> None:
        self.writers = writers
        self.addresses = np.zeros(3, np.int64)  # of the kernels; 0 if there is none yet
        self._engines: list[Any] = []  # the machine code lives as long as these
        self._lock = threading.Lock()

    def prepare(self, n_points: int) -> int:
        """Compile the kernel for a call with so many points, unless it is compiled; return its address."""
        variant = SINGLE if n_points == 1 else FEW if n_points <= doubles() else BATCH
        variant = min([each for each in self.writers if each >= variant])
        if not self.addresses[variant]:
            with self._lock, collector_paused():  # a compiler makes many objects, all of which live long
                if not self.addresses[variant]:  # no other thread has compiled it
                    engine = compile_text(self.writers[variant]())
                    self._engines.append(engine)
                    missing = np.flatnonzero(self.addresses[: variant + 1] == 0)
                    self.addresses[missing] = engine.get_function_address("kernel")
        return int(self.addresses[variant])
