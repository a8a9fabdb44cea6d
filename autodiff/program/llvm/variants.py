"""`Variants`: the kernels of a tape, one for batches and one for single points, each compiled when a call needs it.

In a vector of W lanes a single point is computed W times. With one lane it takes 0.4 to 0.8 of the time (measured: the
gradient of Rosenbrock's function in 100 variables 0.37 us instead of 0.90, a pendulum of 200 steps 3.1 instead of 3.7,
a network 64-30-10 1.7 instead of 3.0). But a second compilation takes as long as some 300,000 such calls save. So a
program is compiled for the first call that it gets, and once more only if batches follow single points.
"""

import threading
from typing import Any

import numpy as np

from autodiff.collector import collector_paused
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.frame import Frame
from autodiff.program.llvm.machine import compile_text
from autodiff.program.llvm.schedule import Schedule

BATCH, SINGLE = 0, 1


class Variants:
    """The kernels of a tape, with the arguments of `Frame`; for single points one of its own if `has_single`."""

    def __init__(self, cut: Schedule, n_values: int, mean: bool, lanes: int, real: str, has_single: bool) -> None:
        self.frame_for = {BATCH: lambda: Frame(cut, n_values, mean, lanes, real)}
        if has_single:
            self.frame_for[SINGLE] = lambda: Frame(cut, n_values, mean, 1, real)
        self.memory_size = self.frame_for[BATCH]().memory_size  # the work memory of the larger kernel, in numbers
        # of the kernels for batches and for single points; 0 if a kernel is not compiled yet
        self.addresses = np.zeros(2, np.int64)
        self._engines: list[Any] = []  # the machine code lives as long as these
        self._lock = threading.Lock()

    def prepare(self, n_points: int) -> None:
        """Compile the kernel for a call with so many points, unless it is compiled."""
        variant = SINGLE if n_points == 1 and SINGLE in self.frame_for else BATCH
        if self.addresses[variant]:
            return
        with self._lock, collector_paused():  # a compiler makes many objects, all of which live long
            if self.addresses[variant]:
                return  # another thread has compiled it
            engine = compile_text(str(write_kernel(self.frame_for[variant]())))
            self._engines.append(engine)
            self.addresses[variant] = engine.get_function_address("kernel")
            if not self.addresses[SINGLE]:
                self.addresses[SINGLE] = self.addresses[BATCH]
