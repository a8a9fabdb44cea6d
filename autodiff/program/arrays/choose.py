"""Which backend `auto` takes: machine code for small programs, arrays for large ones that re-roll.

Measured (docs/scalars-to-matrices.md): a call of numpy costs about a microsecond, whatever it computes, and machine
code a nanosecond for every few operations, but a fraction of a millisecond for each when it is compiled.
"""

from autodiff.program.llvm.schedule import cost
from autodiff.program.passes.fuse import fuse
from autodiff.program.tape import Tape

LARGE = (
    5_000  # operations of the forward pass from which arrays are as fast; machine code then takes seconds to compile
)
REGULAR = 50  # operations for each array instruction from which these are worth their calls


def choose(tape: Tape, *, numpy: bool = True, llvmlite: bool = True) -> tuple[str, str]:
    """Return the backend for a recorded tape, and why.

    Args:
        tape: as recorded.
        numpy: whether it is installed.
        llvmlite: whether it is installed.

    >>> from autodiff import Value
    >>> from autodiff.program.record import record
    >>> x = Value(2.0)
    >>> choose(record([x * x + 1.0], [x]))
    ('llvm', '2 operations')
    """
    if not numpy:
        return "python", "numpy is not installed"
    fused = fuse(tape)
    n = sum([cost(line) for line in fused.lines if line.primitive])
    size = f"{n:,} operation{'s' * (n != 1)}"
    if n >= LARGE:
        from autodiff.program.arrays.classes import classify

        classes = len(classify(fused).classes)
        if n >= REGULAR * classes:
            return "arrays", f"{size} in {classes} classes"
    if own := tape.custom_primitives():
        return "python", f"{own[0]!r} is not in the table"
    return ("llvm", size) if llvmlite else ("python", "llvmlite is not installed")
