"""A tape computed line by line with numpy, for a batch of points at once: the slow way, which keeps every number.

It is what the Python backend falls back to where Python raises, and how `check=True` finds the line to blame.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.program.ieee import evaluate
from autodiff.program.tape import Tape, is_custom

if TYPE_CHECKING:
    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

SHOWN = 6  # operands that a message lists


def interpret(tape: Tape, points: "Array", theta: "Array") -> "list[Array]":
    """Return what each line is at every point, by the rules of IEEE arithmetic.

    Args:
        tape: the program.
        points: the inputs, (batch, n_inputs).
        theta: the parameters, (n_parameters,).

    Returns:
        An array (batch,) for each line, to be read only.

    >>> from autodiff import Value, log
    >>> from autodiff.program.record import record
    >>> x = Value(1.0)
    >>> *_, out = interpret(record([log(x) + 1.0], [x]), np.array([[1.0], [0.0]]), np.array([]))
    >>> out
    array([  1., -inf])
    """
    shape = (len(points),)
    values: list[Array] = []
    for i, line in enumerate(tape.lines):
        if line.primitive is not None:
            value = _applied(line.primitive, [values[operand] for operand in line.operands], len(points))
        elif i < tape.n_inputs:
            value = points[:, i]
        else:
            value = np.asarray(line.number if tape.is_constant(i) else theta[i - tape.n_inputs])
        values.append(np.broadcast_to(value, shape))
    return values


def first_nonfinite(tape: Tape, points: "Array", theta: "Array", n_forward: int | None = None) -> str | None:
    """Say which line is the first that is not finite at some point, and at which; None if all are finite.

    Args:
        tape: the program.
        points: the inputs, (batch, n_inputs).
        theta: the parameters, (n_parameters,).
        n_forward: how many of the lines compute values; the others, of a derivative, are said to be of that.

    >>> from autodiff import Value, log
    >>> from autodiff.program.record import record
    >>> p = Value(1.0, "p")
    >>> tape = record([2.0 * log(p)], [p])
    >>> first_nonfinite(tape, np.array([[1.0], [-1.0]]), np.array([]))
    'log(p = -1.0) = nan at point 1'
    """
    values = interpret(tape, points, theta)
    for i, line in enumerate(tape.lines):
        bad = np.flatnonzero(~np.isfinite(values[i]))
        if not len(bad):
            continue
        k = int(bad[0])
        name = f"{line.label} = " if line.label else ""
        result = f"{float(values[i][k])}"
        if n_forward is not None and i >= n_forward:
            result += " in the derivative"
        if line.primitive is not None:
            shown = [
                f"{tape.lines[operand].label} = {float(values[operand][k])}"
                if tape.lines[operand].label
                else f"{float(values[operand][k])}"
                for operand in line.operands
            ]
            if len(shown) > SHOWN:
                shown = [*shown[:SHOWN], f"... {len(shown) - SHOWN} more"]
            return f"{name}{line.primitive.name}({', '.join(shown)}) = {result} at point {k}"
        if tape.is_constant(i):
            return f"{name or 'a constant = '}{result}"
        kind, index = ("input", i) if i < tape.n_inputs else ("parameter", i - tape.n_inputs)
        return f"{name or f'{kind} {index} = '}{result}, which was given" + f" at point {k}" * (kind == "input")
    return None


def _applied(primitive: Primitive, operands: "list[Array]", batch: int) -> "Array":
    """What a primitive gives; one that is not in the table gives NaN where its forward function raises."""
    if not is_custom(primitive):
        return np.asarray(evaluate(primitive.name, operands))

    def at(*point: float) -> float:
        try:
            return primitive.forward(*point)
        except (ArithmeticError, ValueError):
            return np.nan

    return np.array([at(*[float(operand[k]) for operand in operands]) for k in range(batch)], dtype=np.float64)
