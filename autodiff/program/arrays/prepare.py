"""`prepare`: constants that are data become parameters, so that lines that do the same look the same.

A constant may belong to a formula, such as the 1 in 1 - a, or it may be data: a graph of a hundred samples holds their
numbers as constants. Simplified by its number, 1 * w is w and -1 * s is -s, so each sample would have other lines.
Therefore a constant that differs between the lines of one class becomes a leaf, whose number no pass reads. A constant
that is the same in all of them stays.

This happens before the derivative is taken, so that the derivative has the same classes. The tape is also fused before:
the derivative of a `dot` is shorter than that of its products and sums, and deriving takes most of the time of
compiling.
"""

from dataclasses import replace
from typing import NamedTuple

from autodiff.primitives import ADD, DOT, LOGSUMEXP, NEG, POW, SUM, factor_pairs
from autodiff.program.arrays.classes import CONSTANT, MIN_LENGTHS_TO_PAD, partition
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.tape import Line, Tape, looked_up, new_line

MIN_SIGNED_TERMS = 8  # of a sum with signs


class PreparedTape(NamedTuple):
    """A tape for the arrays backend."""

    tape: Tape  # the program. Its first `n_values` outputs are values, the others derivatives.
    n_values: int  # the number of values
    n_data: int = 0  # the number of parameters, the last ones, that are data: their numbers never change

    @property
    def n_parameters(self) -> int:
        """The number of parameters that are not data."""
        return self.tape.n_parameters - self.n_data


def prepare(tape: Tape, wrt: range | None = None, *, labelled: bool = False) -> PreparedTape:
    """Return the tape that the arrays backend compiles, with the derivatives by `wrt` among the outputs.

    If `labelled`, every line gets a label, so that its adjoint gets a label too.
    """
    short, n_data = constants_to_parameters(fuse(tape))
    short = fuse(simplify(short))
    if labelled:
        short = with_line_labels(short)
    if wrt is not None:
        short = signed_sums(fuse(simplify(derive(short, wrt))))
    return PreparedTape(short, len(tape.outputs), n_data)


def signed_sums(tape: Tape) -> Tape:
    """Return the tape with x + y - z as the sum of the products 1 x, 1 y and -1 z, where sums differ only in signs.

    The force on a body is a sum over all others, those before it with a minus. So all forces are one class.
    """
    uses, outputs = tape.uses, {*tape.outputs}

    def terms(i: int) -> list[tuple[float, int]]:
        """The terms of a line with their signs; the line itself if it is no sum or difference."""
        line = tape.lines[i]
        if line.primitive is DOT and all(tape.is_constant(x) for x in line.operands[: len(line.operands) // 2]):
            return [(tape.lines[x].number, y) for x, y in factor_pairs(line.operands)]
        return [(-1.0, line.operands[0])] if line.primitive is NEG else [(1.0, i)]

    absorbed: dict[int, list[int]] = {}  # by each sum, the lines of which it takes the terms
    signed: dict[int, list[tuple[float, int]]] = {}
    shapes: dict[int, set[int]] = {}  # the numbers of signs of the sums of so many terms
    for i, (primitive, operands, _, _) in enumerate(tape.lines):
        may_have_signs = primitive is SUM or primitive is ADD or (primitive is DOT and tape.is_constant(operands[0]))
        if may_have_signs and (uses[i] != 1 or i in outputs):
            parts = [(part, terms(part)) for part in (operands if primitive is not DOT else (i,))]
            parts = [(part, some if part == i or uses[part] == 1 else [(1.0, part)]) for part, some in parts]
            each = [term for _, some in parts for term in some]
            absorbed[i] = [part for part, some in parts if part != i and some != [(1.0, part)]]
            if len(each) >= MIN_SIGNED_TERMS and all(abs(sign) == 1.0 for sign, _ in each):
                signed[i] = each
                shapes.setdefault(len(each), set()).add(sum([sign > 0.0 for sign, _ in each]))
    signed = {i: each for i, each in signed.items() if len(shapes[len(each)]) >= MIN_LENGTHS_TO_PAD}
    if not signed:
        return tape
    gone = {part for i in signed for part in absorbed[i]}
    first = min(*signed, *gone)  # the lines before it stay where they are
    lines = [*tape.lines[:first], Line(None, (), 1.0), Line(None, (), -1.0)]
    place = list(range(first))
    for i, (primitive, operands, number, label) in enumerate(tape.lines[first:], first):
        place.append(len(lines))
        if i in signed:
            signs = [first + (sign < 0.0) for sign, _ in signed[i]]
            lines.append(Line(DOT, (*signs, *[place[term] for _, term in signed[i]]), label=label))
        elif i not in gone:
            lines.append(new_line((primitive, looked_up(operands, place), number, label)))
    return tape.with_lines(lines, place)


def constants_to_parameters(tape: Tape) -> tuple[Tape, int]:
    """Return the tape with a parameter, after the others, for each constant that is data, and their number.

    Exponents stay constants, because x**2 is a product.
    """
    if len({repr(line.number) for line in tape.lines[tape.n_leaves :] if line.primitive is None}) < 2:
        return tape, 0
    uses = _uses_as_data(tape)
    if not uses:
        return tape, 0
    data = sorted({operand for _, operand in uses})
    place = [i if i < tape.n_leaves else i + len(data) for i in range(len(tape.lines))]
    parameter = {i: tape.n_leaves + k for k, i in enumerate(data)}
    lines = [*tape.lines[: tape.n_leaves], *[tape.lines[i] for i in data]]
    for i, (primitive, operands, number, label) in enumerate(tape.lines[tape.n_leaves :], tape.n_leaves):
        places = [parameter[j] if (i, j) in uses else place[j] for j in operands]
        lines.append(new_line((primitive, tuple(places), number, label)))
    return replace(tape.with_lines(lines, place), n_parameters=tape.n_parameters + len(data)), len(data)


def _uses_as_data(tape: Tape) -> set[tuple[int, int]]:
    """The uses of constants as data: (line, operand)."""
    class_of, _ = partition(tape, tape.n_leaves)
    constants = {i for i, c in enumerate(class_of) if c == CONSTANT}
    alike: dict[tuple[int, ...], set[tuple[int, int]]] = {}  # uses by lines of a class, at the same place in them
    for i, (primitive, operands, _, _) in enumerate(tape.lines):
        if primitive is None or constants.isdisjoint(operands):
            continue
        rows: list[tuple[int, ...]] = [*factor_pairs(operands)] if primitive is DOT else [operands]
        for row in rows:
            in_order = sorted(row, key=lambda x: (class_of[x], x)) if primitive is DOT or primitive.commutes else row
            for k, x in enumerate(in_order):
                if x in constants and not (primitive is POW and k == 1):
                    place = class_of[in_order[1]] if primitive is DOT else 0
                    alike.setdefault((class_of[i], place, 0 if primitive in (SUM, LOGSUMEXP) else k), set()).add((i, x))
    numbers = [line.number + 0.0 for line in tape.lines]  # + 0.0: -0.0 is 0.0
    return {use for uses in alike.values() if len({repr(numbers[x]) for _, x in uses}) > 1 for use in uses}
