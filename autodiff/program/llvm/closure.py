"""`Closure`: what the functions of `cpython` know of the program that they compute."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.program.kernel import Result
from autodiff.program.llvm.objects import WORD, place_of_data
from autodiff.value import Value

Array: TypeAlias = "np.ndarray[Any, Any]"

SINGLE, BATCH = range(2)  # machine code for a single point and for any number of them, which does single points too
ALIGNMENT = 128  # bytes: the largest vector that a program uses
KERNELS, LENGTH_OF_PART = 0, WORD  # of its numbers
N_INPUTS, N_PARAMETERS, LENGTH, LIMIT, MEMORY, THETA, PLACES = [WORD * k for k in range(2, 9)]


def memory_for(size: int, dtype: str) -> Array:
    """Return an array of so many numbers, at an address from which vectors are read."""
    memory = np.empty(size + ALIGNMENT, dtype)
    start = -memory.ctypes.data % ALIGNMENT // memory.itemsize
    return memory[start : start + size]


class Closure(np.ndarray[Any, Any]):
    """An array of addresses and numbers, which a function has as its `__self__`.

    - KERNELS: the address of the addresses of the kernels, for SINGLE and BATCH.
    - LENGTH_OF_PART: how many points a part of a long batch has.

    A quick call has these, too. No two quick calls of a program run at the same time, so one memory is enough.

    - N_INPUTS, N_PARAMETERS: of the program.
    - LENGTH: of the last axis of a result, where it has one beside that of the points.
    - LIMIT: the largest number of points.
    - MEMORY: the address of memory for the kernel.
    - THETA: the address of memory for the parameters, which are read from their Values.
    - PLACES: the address of the addresses at which the Values have their data.
    """

    addresses: Array  # of the kernels
    needs: list[object]  # what lives as long as the closure: memory and machine code

    @classmethod
    def of(cls, addresses: Array, length_of_part: int) -> "Closure":
        """Return the closure of a function that calls the kernels at the addresses."""
        closure = np.zeros(9, np.int64).view(cls)
        closure.addresses, closure.needs = addresses, []
        closure[:2] = addresses.ctypes.data, length_of_part
        return closure

    def add_quick(
        self, n_inputs: int, results: Sequence[Result], parameters: Sequence[Value], limit: int, dtype: str
    ) -> None:
        """Add what a quick call has, but for the memory."""
        offset, _ = place_of_data()
        places = np.array([id(parameter) + offset for parameter in parameters], np.int64)
        theta = np.empty(len(parameters), dtype)
        self.needs += [parameters, places, theta]
        length = sum([length for result in results for length in result.shape])
        self[2:] = (n_inputs, len(parameters), length, limit, 0, theta.ctypes.data, places.ctypes.data)

    def use(self, memory: Array) -> None:
        """Give memory to the kernel."""
        self.needs.append(memory)
        self[MEMORY // WORD] = memory.ctypes.data
