"""`prepare`: from a recorded tape to one in which what is alike looks alike.

A constant may be a part of a formula, as the 1 in 1 - a, or it may be data: a graph that holds a hundred samples has
their numbers as constants. Simplified by its number, 1 * w is w and -1 * s is -s, and one sample differs from the next
in its lines. So what differs between lines of one class is taken for data, and made a leaf that no pass looks into;
what is the same in all of them stays a constant. It happens before the derivative is taken, which has the same rules.

The tape is fused before it is differentiated, too: the derivative of a `dot` is shorter than that of its sums and
products, and to take it is the most time that compiling takes.
"""

import numpy as np

from autodiff.primitives import POW
from autodiff.program.arrays.classes import CONSTANT, PAD, Structure, classify
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels
from autodiff.program.passes.simplify import simplify
from autodiff.program.tape import Line, Tape


def prepare(tape: Tape, wrt: range | None = None, *, labelled: bool = False) -> tuple[Tape, int]:
    """Return the tape that the array backend compiles, and how many of its parameters are data.

    Args:
        tape: as recorded.
        wrt: `tape.inputs` or `tape.parameters`, to have the derivatives by these among the outputs.
        labelled: whether every line gets a label, and its adjoint a label after it, for whoever writes names.
    """
    lifted, n_data = lift(fuse(tape))
    short = fuse(simplify(lifted))
    if labelled:
        short = with_line_labels(short)
    return (short if wrt is None else fuse(simplify(derive(short, wrt)))), n_data


def lift(tape: Tape) -> tuple[Tape, int]:
    """Return the tape with constants that are data as parameters behind the others, and their number.

    An exponent stays: by its number x**2 is a product.
    """
    if len({repr(line.number) for line in tape.lines[tape.n_leaves :] if line.primitive is None}) < 2:
        return tape, 0
    data = _data(tape, classify(tape))
    if not data:
        return tape, 0
    sources = sorted({operand for _, operand in data})
    shift = len(sources)
    place = [i if i < tape.n_leaves else i + shift for i in range(len(tape.lines))]
    leaf = {i: tape.n_leaves + k for k, i in enumerate(sources)}
    lines = [*tape.lines[: tape.n_leaves], *[tape.lines[i] for i in sources]]
    for i, line in enumerate(tape.lines[tape.n_leaves :], tape.n_leaves):
        operands = tuple([leaf[j] if (i, j) in data else place[j] for j in line.operands])
        lines.append(Line(line.primitive, operands, line.number, line.label))
    outputs = tuple([place[output] for output in tape.outputs])
    return Tape(tuple(lines), tape.n_inputs, tape.n_parameters + shift, outputs), shift


def _data(tape: Tape, structure: Structure) -> set[tuple[int, int]]:
    """The uses of constants as data: (line, operand)."""
    numbers = np.array([line.number for line in tape.lines])
    found: set[tuple[int, int]] = set()
    for made in structure.classes:
        for k, operand in enumerate(made.operands):
            if operand.of != CONSTANT or (made.primitive is POW and k == 1):
                continue
            there = operand.lines != PAD
            if len(np.unique(numbers[operand.lines[there]])) > 1:
                users = np.broadcast_to(made.members[:, np.newaxis], there.shape)
                found.update(zip(users[there].tolist(), operand.lines[there].tolist(), strict=True))
    return found
