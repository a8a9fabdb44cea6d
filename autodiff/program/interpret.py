"""A tape computed line by line with numpy, for a batch of points: the slow way, which keeps every number.

The Python backend uses it at points where Python raises, and `check=True` uses it to name the first bad line.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autodiff.primitives import WHERE
from autodiff.program.ieee import apply
from autodiff.program.recording.tape import Tape

if TYPE_CHECKING:
    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

MAX_OPERANDS_SHOWN = 6  # in a message


def interpret(tape: Tape, points: "Array", theta: "Array") -> "list[Array]":
    """Return every line at every point, as a read-only array (batch,), by the rules of IEEE arithmetic.

    >>> from autodiff import Value, log
    >>> from autodiff.program.recording.record import tape_of
    >>> x = Value(1.0)
    >>> *_, out = interpret(tape_of([log(x) + 1.0], [x]), np.array([[1.0], [0.0]]), np.array([]))
    >>> out
    array([  1., -inf])
    """
    shape = (len(points),)
    values: list[Array] = []
    for i, line in enumerate(tape.lines):
        if line.primitive is not None:
            value = apply(line.primitive, [values[operand] for operand in line.operands])
        elif i < tape.n_inputs:
            value = points[:, i]
        else:
            value = np.asarray(line.number if tape.is_constant(i) else theta[i - tape.n_inputs])
        values.append(np.broadcast_to(value, shape))
    return values


def _where_lines_matter(tape: Tape, values: "list[Array]") -> "list[Array]":
    """For each line, the points at which it is used: those at which the `where` after it takes its side."""
    matters = [np.full(value.shape, not any(line.primitive is WHERE for line in tape.lines)) for value in values]
    for output in tape.outputs:
        matters[output][:] = True
    for i in range(len(matters) - 1, -1, -1):
        line = tape.lines[i]
        for k, operand in enumerate(line.operands):
            is_choice = line.primitive is WHERE and k > 0
            taken = (values[line.operands[0]] == 0.0) == (k == 2) if is_choice else True
            matters[operand] |= matters[i] & taken
    return matters


def first_nonfinite(tape: Tape, points: "Array", theta: "Array", n_forward: int | None = None) -> str | None:
    """Describe the first line that is not finite at some point; None if all lines are finite.

    A line in a side of a `where` that is not taken does not count.

    The lines after the first `n_forward` compute derivatives.

    >>> from autodiff import Value, log
    >>> from autodiff.program.recording.record import tape_of
    >>> p = Value(1.0, "p")
    >>> tape = tape_of([2.0 * log(p)], [p])
    >>> first_nonfinite(tape, np.array([[1.0], [-1.0]]), np.array([]))
    'log(p = -1.0) = nan at point 1'
    """
    values = interpret(tape, points, theta)
    matters = _where_lines_matter(tape, values)
    for i, line in enumerate(tape.lines):
        bad = np.flatnonzero(~np.isfinite(values[i]) & matters[i])
        if not len(bad):
            continue
        k = int(bad[0])
        name = f"{line.label} = " if line.label else ""
        result = f"{float(values[i][k])}" + " in the derivative" * (n_forward is not None and i >= n_forward)
        if line.primitive is not None:
            operands = [
                f"{label} = {float(values[j][k])}" if (label := tape.lines[j].label) else f"{float(values[j][k])}"
                for j in line.operands
            ]
            if (more := len(operands) - MAX_OPERANDS_SHOWN) > 0:
                operands = [*operands[:MAX_OPERANDS_SHOWN], f"... {more} more"]
            return f"{name}{line.primitive.name}({', '.join(operands)}) = {result} at point {k}"
        if tape.is_constant(i):
            return f"{name or 'a constant = '}{result}"
        kind, index = ("input", i) if i < tape.n_inputs else ("parameter", i - tape.n_inputs)
        return f"{name or f'{kind} {index} = '}{result}, which was given" + f" at point {k}" * (kind == "input")
    return None
