"""What runs a tape: which backends there are, which of them can run this one, and how each is called to compile it."""

import importlib.util
from typing import Any

from autodiff.errors import MissingDependencyError
from autodiff.program.arrays.choose import choose
from autodiff.program.tape import Tape

BACKENDS = ("auto", "python", "llvm", "arrays")


def chosen(backend: str, tape: Tape) -> tuple[str, str]:
    """Return the backend to take, the one asked for or for "auto" the best that there is, and why.

    Raises:
        ValueError: if there is none of that name, or it cannot run the tape.
        MissingDependencyError: if it needs a package that is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"Program: expected backend to be one of {', '.join(BACKENDS)}, got {backend!r}")
    if backend in ("python", "arrays"):  # they need numpy only when they are called
        return backend, ""
    installed = importlib.util.find_spec("llvmlite") is not None
    if backend == "auto":
        return choose(tape, numpy=importlib.util.find_spec("numpy") is not None, llvmlite=installed)
    if not installed:
        raise MissingDependencyError('Program: backend="llvm"', "llvmlite", "fast")
    if own := tape.custom_primitives():
        raise ValueError(f'Program: backend="llvm" has no machine code for {own[0]!r}; use backend="python"')
    return "llvm", ""


def compiled(backend: str, tape: Tape, n_values: int, mean: bool, dtype: str) -> Any:
    """Return a kernel: a function (points, theta, values, gradient) that writes into its last two arguments.

    Args:
        backend: "python" or "llvm".
        tape: its first `n_values` outputs are values, the others derivatives.
        n_values: how many of the outputs are values.
        mean: whether the kernel writes means over the points, not results of each.
        dtype: "float64" or "float32".
    """
    if backend == "llvm":
        from autodiff.program.llvm.kernel import compile_llvm

        return compile_llvm(tape, n_values, mean, dtype)
    from autodiff.program.python import compile_python

    return compile_python(tape, n_values, mean)
