"""The array program run by numpy.

The numpy function for batches of one length is written once (`writer`) and kept with its memory. Calls that run at the
same time have functions of their own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.program.arrays.instructions import ArrayProgram
from autodiff.program.arrays.lower import lower
from autodiff.program.arrays.memory import allocate
from autodiff.program.arrays.prepare import PreparedTape, prepare
from autodiff.program.arrays.writer import FunctionWriter
from autodiff.program.tape import Tape

MAX_FUNCTIONS = 8  # that a kernel keeps, for batches of several lengths or calls at once


class ArrayKernel:
    """A compiled tape: writes results into arrays that it is given."""

    def __init__(self, program: ArrayProgram, dtype: str) -> None:
        self.program = program
        self.dtype = np.dtype(dtype)
        self.memory = allocate(program.instructions)
        self.free: list[tuple[int, Callable[..., None]]] = []  # (batch length, function), not in use by another thread

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        batch = len(points)
        if not batch and not self.program.mean:
            return
        run = None
        for i in range(len(self.free) - 1, -1, -1):
            try:
                length, function = self.free[i]
                if length == batch:
                    self.free.remove((length, function))
                    run = function
                    break
            except (IndexError, ValueError):  # another thread took it
                continue
        if run is None:
            run = FunctionWriter(self.program, self.memory, self.dtype, batch).function()
        with np.errstate(all="ignore"):
            run(points, theta, values, gradient)
        self.free.append((batch, run))
        if len(self.free) > MAX_FUNCTIONS:
            del self.free[0]


def compile_prepared(prepared: PreparedTape, mean: bool, dtype: str = "float64") -> ArrayKernel:
    """Compile a tape as it is.

    Args:
        prepared: the tape.
        mean: whether the kernel writes means over the points, not results of each point.
        dtype: "float64" or "float32".
    """
    return ArrayKernel(lower(prepared, mean), dtype)


def compile_program(tape: Tape, wrt: range | None, n_values: int, mean: bool, dtype: str = "float64") -> ArrayKernel:
    """Compile a recorded tape, with its derivatives if asked for.

    Args:
        tape: as recorded; all its outputs are values.
        wrt: `tape.inputs` or `tape.parameters`, for the derivatives by these.
        n_values: how many outputs it has.
        mean: whether the kernel writes means over the points, not results of each point.
        dtype: "float64" or "float32".
    """
    return compile_prepared(prepare(tape, wrt), mean, dtype)
