"""The array program run by numpy.

The numpy function for batches of one length is written once (`writer`) and kept with its memory. Calls that run at the
same time have functions of their own. Where a number overflows in a program with a sigmoid, a function with the exact
formula of the sigmoid runs in its place.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.primitives import SIGMOID
from autodiff.program.arrays.instructions import ArrayProgram
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.memory import allocate
from autodiff.program.arrays.prepare import prepare
from autodiff.program.arrays.writer import FunctionWriter
from autodiff.program.kernel import Quick
from autodiff.program.pool import Pool
from autodiff.program.recording.tape import Tape


class ArrayKernel:
    """A compiled tape; a `Kernel`."""

    quick: Quick | None = None
    form = ""

    def __init__(self, program: ArrayProgram, dtype: str) -> None:
        self.mean = program.mean
        memory, numbers = allocate([[instruction] for instruction in program.instructions]), np.dtype(dtype)

        def functions(exact: bool) -> Pool[Callable[..., None]]:
            return Pool(lambda batch: FunctionWriter(program, memory, numbers, batch, exact).function())

        self.functions, self.exact = functions(False), functions(True)
        self.has_sigmoid = any(getattr(each, "primitive", None) is SIGMOID for each in program.instructions)

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        if not len(points) and not self.mean:
            return
        try:
            with np.errstate(all="ignore", over="raise" if self.has_sigmoid else "ignore"):
                self._run(self.functions, points, theta, values, gradient)
        except FloatingPointError:
            with np.errstate(all="ignore"):
                self._run(self.exact, points, theta, values, gradient)

    def _run(self, functions: Pool[Callable[..., None]], points: Any, *others: Any) -> None:
        run = functions.take(len(points))
        try:
            run.thing(points, *others)
        finally:
            functions.give_back(run)


def compile_arrays(tape: Tape, wrt: range | None, mean: bool, dtype: str = "float64") -> ArrayKernel:
    """Compile a recorded tape, whose outputs are values, for results of each point or for their means.

    `wrt` is `tape.inputs` or `tape.parameters` for the derivatives by these.
    """
    return ArrayKernel(array_program(prepare(tape, wrt), mean), dtype)
