"""`compile_llvm`: from a tape to a kernel, which writes results into arrays. The package says how it works."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from autodiff.program.llvm.calls import ALIGNMENT, add_quick, add_run
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.frame import Frame
from autodiff.program.llvm.machine import compile_module, doubles
from autodiff.program.llvm.schedule import cost, schedule
from autodiff.program.llvm.text import Module
from autodiff.program.tape import Tape

QUICK = 1_000_000  # operations, about 25 us: what a call may do without letting other threads of Python run


class LlvmKernel:
    """A compiled tape: writes results into arrays that it is given.

    Attributes:
        quick: for means, a function that checks its arguments itself; see `calls.add_quick`. Else None.
    """

    def __init__(self, run: Callable[..., None], quick: Callable[..., float | None] | None, memory: int, dtype: Any):
        self.run, self.quick, self.memory, self.dtype = run, quick, memory, dtype
        self.free: list[np.ndarray[Any, Any]] = []  # memories not in use by a call in another thread

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        try:
            memory = self.free.pop()
        except IndexError:
            memory = np.empty(self.memory, self.dtype)
        self.run(points, theta, values, gradient, memory)
        self.free.append(memory)


def compile_llvm(tape: Tape, n_values: int, mean: bool, dtype: str = "float64", lanes: int | None = None) -> LlvmKernel:
    """Compile a tape for this machine.

    Args:
        tape: its first `n_values` outputs are values, the others derivatives.
        n_values: how many of the outputs are values.
        mean: whether the kernel writes means over the points, not results of each.
        dtype: "float64" or "float32".
        lanes: how many points in a vector; as many as the machine has room for, if None.
    """
    lanes = lanes or doubles() * (1 if dtype == "float64" else 2)
    frame = Frame(schedule(tape, mean), n_values, mean, lanes, "double" if dtype == "float64" else "float")
    kernel = write_kernel(frame)
    module = _declared_kernel(dtype)
    add_run(module)
    size, kind = frame.memory_size + ALIGNMENT, np.dtype(dtype)
    if not (mean and n_values == 1 and _one_thread_at_a_time()):
        (run,) = compile_module(_joined(kernel, module), ["run"])
        return LlvmKernel(run, None, size, kind)
    memory = np.empty(size, kind)
    address = -(-memory.ctypes.data // ALIGNMENT) * ALIGNMENT
    limit = QUICK // max(1, sum(cost(line) for line in tape.lines if line.primitive))
    add_quick(module, tape.n_inputs, tape.n_parameters, kind, address, limit)
    run, quick = compile_module(_joined(kernel, module), ["run", "quick"], needs=memory)
    return LlvmKernel(run, quick, size, kind)


def _one_thread_at_a_time() -> bool:
    """Whether Python has its global lock."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def _declared_kernel(dtype: str) -> ir.Module:
    """A module that declares the kernel, to write the functions that call it."""
    module = ir.Module()
    real = (ir.DoubleType() if dtype == "float64" else ir.FloatType()).as_pointer()
    ir.Function(module, ir.FunctionType(ir.VoidType(), [real] * 5 + [ir.IntType(64)]), "kernel")
    return module


def _joined(kernel: Module, calls: ir.Module) -> str:
    """The text of one module."""
    lines = str(calls).splitlines()
    return str(kernel) + "\n".join([line for line in lines if not line.startswith(("target", ";", "declare"))])
