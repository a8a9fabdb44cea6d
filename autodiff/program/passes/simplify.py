"""`simplify`: the same numbers from fewer lines. A gradient is written by a rule, not by hand, and it shows: it
multiplies by 1, computes 2 x and then half of it, and writes down twice what it needs twice. This pass reads the tape
once and writes each line as one would have written it, or uses the line that is already there (value numbering: Cocke
& Schwartz, Programming Languages and Their Compilers, 1970). It knows nothing of derivatives.

A rule may change a result by the rounding of one operation and in the sign of a zero (so that 1/(x + 0) at x = -0.0 is
-inf and not inf), and it may save an intermediate result from overflow or underflow (1e-9 * (1e9 * x) is x). Else the
result is the same at every point, at inf and nan too; therefore 0 * x and x - x stay.

A label says that somebody wants to see that line: no rule looks through a labelled operation, so it stays if it is
used, unless it is a constant or equal to a line with a name of its own.
"""

import math
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DIV, DOT, IDENTITY, MUL, NEG, POW, SUB, SUM
from autodiff.program.tape import Line, Tape


def simplify(tape: Tape) -> Tape:
    """Return a tape of the same results: constants folded, equal lines merged, unused lines gone.

    Inputs and parameters stay, used or not. A line takes over the label of one that it replaces, if it has none.
    """
    draft = _Draft(tape.lines[: tape.n_leaves])
    place = list(range(tape.n_leaves))  # for each line of the tape, the line that stands for it
    for line in tape.lines[tape.n_leaves :]:
        if line.primitive is None:
            place.append(draft.constant(line.number, line.label))
        else:
            found = draft.operation(line.primitive, tuple([place[operand] for operand in line.operands]))
            place.append(draft.labelled(found, line.label))
    outputs = tuple([place[output] for output in tape.outputs])
    return without_unused(Tape(tuple(draft.lines), tape.n_inputs, tape.n_parameters, outputs))


def without_unused(tape: Tape) -> Tape:
    """Return the tape without the constants and operations that no output needs."""
    used = [i < tape.n_leaves for i in range(len(tape.lines))]
    for output in tape.outputs:
        used[output] = True
    for i in range(len(tape.lines) - 1, -1, -1):
        if used[i]:
            for operand in tape.lines[i].operands:
                used[operand] = True
    place: dict[int, int] = {}
    lines: list[Line] = []
    for i, line in enumerate(tape.lines):
        if used[i]:
            place[i] = len(lines)
            lines.append(line._replace(operands=tuple([place[operand] for operand in line.operands])))
    return Tape(tuple(lines), tape.n_inputs, tape.n_parameters, tuple([place[output] for output in tape.outputs]))


class _Draft:
    """The lines of the new tape so far. Each operation is simple and is there once, and so is each constant."""

    def __init__(self, leaves: Sequence[Line]) -> None:
        self.lines = list(leaves)
        self._n_leaves = len(leaves)
        self._place: dict[object, int] = {}

    def number(self, i: int) -> float | None:
        """The number of a constant; None for any other line."""
        line = self.lines[i]
        return line.number if line.primitive is None and i >= self._n_leaves else None

    def constant(self, number: float, label: str = "") -> int:
        """The line of a constant. Equal numbers of different names are kept apart: each name is true of one."""
        return self._line((repr(number), label), Line(None, (), number, label))  # repr tells 0.0 from -0.0

    def operation(self, primitive: Primitive, operands: tuple[int, ...]) -> int:
        """The line that computes this, or something simpler that is equal."""
        numbers = [number for i in operands if (number := self.number(i)) is not None]
        if len(numbers) == len(operands):
            try:
                return self.constant(primitive.forward(*numbers))
            except (ArithmeticError, ValueError):
                pass  # outside the domain: what comes of it is the backend's to say
        if primitive in _RULES:
            simpler = _RULES[primitive](self, operands)
            if simpler is not None:
                return simpler
        return self._line((primitive, *_in_order(primitive, operands)), Line(primitive, operands))

    def times(self, factor: float, x: int) -> int:
        """The line that computes factor * x."""
        return self.operation(MUL, (self.constant(factor), x))

    def factor(self, i: int) -> tuple[float, int]:
        """(c, x) for a line c * x or -x without a label; (1, the line itself) for any other."""
        line = self.lines[i]
        if not line.label:
            if line.primitive is NEG:
                return -1.0, line.operands[0]
            if line.primitive is MUL:
                x, y = line.operands
                for number, other in ((self.number(x), y), (self.number(y), x)):
                    if number is not None:
                        return number, other
        return 1.0, i

    def scaled(self, number: float, i: int) -> tuple[float, int] | None:
        """(c, x) with c * x = number * line i, where that line has a factor to merge; else None."""
        factor, x = self.factor(i)
        product = number * factor
        return (product, x) if x != i and sys.float_info.min <= abs(product) < math.inf else None

    def labelled(self, i: int, label: str) -> int:
        """A line equal to line i under a label, if there can be one: line i itself unless it has another name."""
        line = self.lines[i]
        number = self.number(i)
        if label and number is not None:
            return self.constant(number, label)
        if label and not line.label and line.primitive is not None:
            self.lines[i] = line._replace(label=label)
        return i

    def _line(self, key: object, line: Line) -> int:
        place = self._place.setdefault(key, len(self.lines))
        if place == len(self.lines):
            self.lines.append(line)
        return place


def _in_order(primitive: Primitive, operands: tuple[int, ...]) -> tuple[int, ...]:
    """The operands, in the same order for whatever gives the same result to the last digit."""
    if primitive is ADD or primitive is MUL:
        x, y = operands
        return operands if x <= y else (y, x)
    if primitive is DOT:
        xs, ys = operands[: len(operands) // 2], operands[len(operands) // 2 :]
        return (*map(min, xs, ys), *map(max, xs, ys))
    return operands


# ---------------------------------------------- the rules: each gives the line to use instead, or None if there is none


def _identity(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """The identity is its operand."""
    return operands[0]


def _add(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x + 0 = x; x + -y = x - y."""
    for x, y in (operands, operands[::-1]):
        if draft.number(y) == 0.0:
            return x
        factor, z = draft.factor(y)
        if factor == -1.0:
            return draft.operation(SUB, (x, z))
    return None


def _sub(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x - 0 = x; 0 - y = -y; x - -y = x + y."""
    x, y = operands
    if draft.number(y) == 0.0:
        return x
    if draft.number(x) == 0.0:
        return draft.operation(NEG, (y,))
    factor, z = draft.factor(y)
    return draft.operation(ADD, (x, z)) if factor == -1.0 else None


def _neg(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """-(-x) = x; -(c x) = (-c) x."""
    factor, x = draft.factor(operands[0])
    return None if factor == 1.0 else draft.times(-factor, x)


def _mul(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """1 x = x; -1 x = -x; c (d x) = (c d) x."""
    for x, y in (operands, operands[::-1]):
        number = draft.number(x)
        if number == 1.0:
            return y
        if number == -1.0:
            return draft.operation(NEG, (y,))
        if number is not None and (scaled := draft.scaled(number, y)):
            return draft.times(*scaled)
    return None


def _div(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x / 1 = x; x / -1 = -x."""
    x, y = operands
    number = draft.number(y)
    return x if number == 1.0 else draft.operation(NEG, (x,)) if number == -1.0 else None


def _pow(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x**1 = x; x**0 = 1, for nan too."""
    x, y = operands
    number = draft.number(y)
    return x if number == 1.0 else draft.constant(1.0) if number == 0.0 else None


def _sum(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """All constants are one term, none if it is 0; one term is itself, two are an `add`."""
    terms = operands
    total = sum([number for i in operands if (number := draft.number(i)) is not None])
    if math.isfinite(total):
        terms = tuple([i for i in operands if draft.number(i) is None])
        terms += (draft.constant(total),) if total else ()
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        return draft.operation(ADD, terms)
    return draft.operation(SUM, terms) if len(terms) < len(operands) else None


def _dot(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """Products of constants are one constant, added; c times d x is c d times x; one product is a `mul`."""
    total = 0.0
    pairs = list(zip(operands[: len(operands) // 2], operands[len(operands) // 2 :], strict=True))
    products: list[tuple[int, int]] = []
    for x, y in pairs:
        a, b = draft.number(x), draft.number(y)
        if a is not None and b is not None:
            total += a * b
        elif a is not None and (scaled := draft.scaled(a, y)):
            products.append((draft.constant(scaled[0]), scaled[1]))
        elif b is not None and (scaled := draft.scaled(b, x)):
            products.append((scaled[1], draft.constant(scaled[0])))
        else:
            products.append((x, y))
    if not math.isfinite(total) or (products == pairs and len(pairs) > 1):
        return None
    if len(products) == 1:
        out = draft.operation(MUL, products[0])
    else:
        out = draft.operation(DOT, tuple([x for x, _ in products] + [y for _, y in products]))
    return draft.operation(ADD, (out, draft.constant(total)))


_Rule: TypeAlias = Callable[[_Draft, tuple[int, ...]], int | None]
_RULES: dict[Primitive, _Rule] = {
    IDENTITY: _identity,
    ADD: _add,
    SUB: _sub,
    NEG: _neg,
    MUL: _mul,
    DIV: _div,
    POW: _pow,
    SUM: _sum,
    DOT: _dot,
}
