"""Which backend runs a program, and how each is called to compile it.

"auto" is machine code where llvmlite is installed. Without it, arrays run large regular programs and generated Python
the others: as docs/scalars-to-matrices.md measures, a call of numpy takes about a microsecond, whatever it computes.
"""

import importlib.util
import os
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from autodiff.errors import MissingDependencyError
from autodiff.program.kernel import Kernel, Task
from autodiff.program.llvm.cost import operations
from autodiff.program.passes.fuse import fuse
from autodiff.program.recording.tape import Tape, looked_up

if TYPE_CHECKING:
    from autodiff.program.arrays.instructions import ArrayProgram

Backend: TypeAlias = Literal["auto", "python", "llvm", "arrays"]
BACKENDS: tuple[str, ...] = get_args(Backend)
MIN_OPERATIONS_PER_CLASS = 50  # from here on an array instruction, one for each class, is worth its call of numpy
MIN_LOOPS_OPERATIONS = 300  # of the forward pass: straight-line code keeps the numbers of so few in registers
MIN_OPERATIONS_PER_LOOP = 20  # from here on a nest of loops is shorter than its turns in a row
MIN_OPERATIONS_PER_GATHERED = 3  # for each number that is copied into another order
SHALLOW = 60  # operations in the longest chain: so few that loops are counted, not estimated
MIN_ARRAY_OPERATIONS = 5_000  # of the forward pass: fewer are too few for numpy


def resolve_backend(backend: str, tape: Tape) -> tuple[str, str]:
    """Return the backend, one of BACKENDS, that runs a recorded tape, and why.

    Raise ValueError if there is no such backend, or it cannot run the tape; MissingDependencyError if it needs a
    package that is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"Program: expected backend to be one of {', '.join(BACKENDS)}, got {backend!r}")
    if backend in ("python", "arrays"):  # they need numpy only when they are called
        return backend, ""
    has_llvmlite = importlib.util.find_spec("llvmlite") is not None
    if backend == "auto":
        return best_backend(tape, numpy=importlib.util.find_spec("numpy") is not None, llvmlite=has_llvmlite)
    if not has_llvmlite:
        raise MissingDependencyError('Program: backend="llvm"', "llvmlite", "fast")
    if custom := tape.custom_primitives():
        raise ValueError(f'Program: backend="llvm" has no machine code for {custom[0]!r}; use backend="python"')
    return "llvm", ""


def best_backend(tape: Tape, *, numpy: bool = True, llvmlite: bool = True) -> tuple[str, str]:
    """Return the backend that "auto" takes for a tape, and why, where numpy or llvmlite may not be installed.

    >>> from autodiff import Value
    >>> from autodiff.program.recording.record import tape_of
    >>> x = Value(2.0)
    >>> best_backend(tape_of([x * x + 1.0], [x]))
    ('llvm', '2 operations')
    """
    if not numpy:
        return "python", "numpy is not installed"
    fused, custom = fuse(tape), tape.custom_primitives()
    n = operations(fused)
    size = f"{n:,} operation{'s' * (n != 1)}"
    if llvmlite and not custom:
        return "llvm", size
    if n >= MIN_ARRAY_OPERATIONS:
        from autodiff.program.arrays.classes import classify

        classes = len(classify(fused).classes)
        if n >= MIN_OPERATIONS_PER_CLASS * classes:
            return "arrays", f"{size} in {classes} classes"
    return "python", f"{custom[0]!r} is not in the table" if custom else "llvmlite is not installed"


def compile_kernel(backend: str, task: Task) -> Kernel:
    """Compile a task for a backend: "python", "llvm" or "arrays"."""
    if backend == "llvm":
        from autodiff.program.llvm.kernel import compile_llvm, compile_loops

        results, parameters = task.results, task.parameters
        if program := as_loops(task):
            kernel = compile_loops(program, task.dtype, results, parameters, task.optimized_tape)
        else:
            tape = task.optimized_tape()
            kernel = compile_llvm(tape, task.n_values, task.mean, task.dtype, results=results, parameters=parameters)
        kernel.threads = n_threads(task.threads)
        return kernel
    if backend == "arrays":
        from autodiff.program.arrays.kernel import compile_arrays

        return compile_arrays(task.tape, task.leaves, task.mean, task.dtype)
    from autodiff.program.python import PythonKernel

    return PythonKernel(task.optimized_tape(), task.n_values, task.mean)


def n_threads(threads: int | None) -> int:
    """Return the number of threads that a Program uses: `threads`, or one for each processor that it may run on."""
    if threads is not None:
        return threads
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def as_loops(task: Task) -> "ArrayProgram | None":
    """Return the array program of a task if it is worth to run it as loops; None if straight-line code is better."""
    tape = fuse(task.tape)
    n = operations(tape)
    if n < MIN_LOOPS_OPERATIONS or _is_deeper(tape, max(SHALLOW, n / MIN_OPERATIONS_PER_LOOP)):
        return None
    from autodiff.program.llvm.periods import repeats_in_time

    if repeats_in_time(tape):  # loops over the turns compile in less time, and run in less for batches
        return None
    from autodiff.program.arrays.classes import n_classes
    from autodiff.program.arrays.lower import array_program
    from autodiff.program.arrays.prepare import prepare

    if n < MIN_OPERATIONS_PER_LOOP * n_classes(tape):
        return None
    program = array_program(prepare(tape, task.leaves), task.mean)
    n = program.operations()
    if n < MIN_OPERATIONS_PER_GATHERED * program.gathered() or n < MIN_OPERATIONS_PER_LOOP * len(program.instructions):
        return None
    return program


def _is_deeper(tape: Tape, limit: float) -> bool:
    """Whether a chain of operations is longer: there are at least as many classes."""
    depth: list[int] = []
    for _, operands, _, _ in tape.lines:
        depth.append(1 + max(looked_up(operands, depth)) if operands else 0)
        if depth[-1] > limit:
            return True
    return False
