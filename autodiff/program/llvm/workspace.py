"""`Workspace`: the memory that a quick call works in."""

import numpy as np

from autodiff.program.kernel import Task
from autodiff.program.llvm.objects import place_of_data

ALIGNMENT = 128  # bytes: the largest vector that a program uses


class Workspace:
    """The memory that `quick` works in. No two calls of it run at the same time.

    Args:
        task: what is computed.
        size: how many numbers of memory the kernel needs; some of them for the alignment.

    Attributes:
        places: the addresses of the numbers of the parameters.
        has_objects: whether a Python float is at each of these.
        theta: where the parameters are copied to.
        kernel: the address of the kernel's memory.
    """

    def __init__(self, task: Task, size: int) -> None:
        self.parameters = task.parameters  # they live as long as machine code has their addresses
        offset, self.has_objects = place_of_data()
        self.places = np.array([id(parameter) + offset for parameter in task.parameters], np.int64)
        self.theta = np.empty(len(task.parameters), task.dtype)
        memory = np.empty(size, task.dtype)
        self.memory, self.kernel = memory, -(-memory.ctypes.data // ALIGNMENT) * ALIGNMENT
