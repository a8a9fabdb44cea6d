"""The size of the machine code of operations, without a look at it: `schedule` cuts by it, `choose` decides by it."""

from autodiff.primitive import WidePrimitive
from autodiff.primitives import DOT, LOGSUMEXP, SUM
from autodiff.program.recording.tape import Line, Tape

REDUCTIONS = frozenset((DOT, SUM, LOGSUMEXP))
COSTLY = 20  # instructions of an elementary function, at least: worth to be shared with another, or by the whole module


def n_terms(line: Line) -> int:
    """The number of terms of a `dot`, `sum` or `logsumexp`."""
    return len(line.operands) // 2 if line.primitive is DOT else len(line.operands)


def cost(line: Line) -> int:
    """About how many instructions an operation becomes."""
    assert line.primitive is not None
    return line.primitive.cost * (n_terms(line) if isinstance(line.primitive, WidePrimitive) else 1)


def operations(tape: Tape) -> int:
    """About how many instructions the operations of a tape become."""
    return sum([cost(line) for line in tape.lines if line.primitive])
