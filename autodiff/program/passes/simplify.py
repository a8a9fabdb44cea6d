"""`simplify`: the same results from fewer lines.

A gradient that a rule has written multiplies by 1, halves 2 x, and computes twice what it needs twice. This pass reads
the tape once. It writes each line as a person would, or reuses an equal line (value numbering: Cocke & Schwartz,
Programming Languages and Their Compilers, 1970). It knows nothing of derivatives.

A rule may change a result by the rounding of one operation, change the sign of a zero (1/(x + 0) at x = -0.0 becomes
-inf), and avoid an overflow or underflow on the way (1e-9 * (1e9 * x) becomes x). Otherwise results are equal at every
point, including inf and nan. Therefore 0 * x and x - x stay.

A label says that somebody wants to see a line. No rule looks through a labelled operation: if it is used it stays,
unless it is constant or equal to a line with another label.
"""

import math
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DIV, DOT, IDENTITY, MUL, NEG, POW, SUB, SUM, factor_pairs
from autodiff.program.passes.labels import shown
from autodiff.program.recording.tape import Line, Tape, looked_up, new_line


def simplify(tape: Tape) -> Tape:
    """Return a tape of the same results: constants folded, equal lines merged, unused lines removed.

    Inputs and parameters stay, used or not. A line without a label takes the label of a line that it replaces.
    """
    draft = _Draft(tape.lines[: tape.n_leaves])
    place = list(range(tape.n_leaves))  # for each line of the tape, the new line that replaces it
    for primitive, operands, number, label in tape.lines[tape.n_leaves :]:
        if primitive is None:
            place.append(draft.constant(number, label))
        else:
            i = draft.operation(primitive, looked_up(operands, place))
            place.append(draft.labelled(i, label) if label else i)
    tape = tape.with_lines(draft.lines, place)
    needed = tape.needed([*range(tape.n_leaves), *tape.outputs])
    return tape if len(needed) == len(tape.lines) else tape.moved(needed)


class _Draft:
    """The lines of the new tape so far, all simplified. No two operations and no two constants are equal."""

    def __init__(self, leaves: Sequence[Line]) -> None:
        self.lines = list(leaves)
        self.numbers: dict[int, float] = {}  # of constants
        self._place: dict[object, int] = {}
        self._multiples: set[int] = set()  # and constants: the only lines that the rules for + and - look at

    def constant(self, number: float, label: str = "") -> int:
        """The line of a constant. Equal numbers with different labels stay two lines: both labels remain visible."""
        place = self._place.setdefault((repr(number), shown(label)), len(self.lines))  # repr tells 0.0 from -0.0
        if place == len(self.lines):
            self.lines.append(Line(None, (), number, label))
            self.numbers[place] = number
            self._multiples.add(place)
        return place

    def operation(self, primitive: Primitive, operands: tuple[int, ...]) -> int:
        """The line of an operation, or of a simpler one that is equal."""
        looked_at = self._multiples if primitive in _ADDITIONS else self.numbers.keys()
        has_number = not looked_at.isdisjoint(operands)
        if has_number or (primitive in _SHORTENED and len(operands) < 3):
            numbers = [self.numbers.get(i) for i in operands]
            if None not in numbers:
                try:
                    return self.constant(primitive.forward(*numbers))
                except (ArithmeticError, ValueError):
                    pass  # outside the domain: the result depends on the backend
            rule = RULES.get(primitive)
            if rule is not None and (simpler := rule(self, operands)) is not None:
                return simpler
        place = self._place.setdefault((primitive, _in_order(primitive, operands)), len(self.lines))
        if place == len(self.lines):
            self.lines.append(new_line((primitive, operands, 0.0, "")))
            if primitive is NEG or (primitive is MUL and has_number):
                self._multiples.add(place)
        return place

    def times(self, factor: float, x: int) -> int:
        """The line that computes factor * x."""
        return self.operation(MUL, (self.constant(factor), x))

    def factor(self, i: int) -> tuple[float, int]:
        """(c, x) for a line c * x or -x without a label; (1, the line itself) for any other."""
        primitive, operands, _, label = self.lines[i]
        if primitive is NEG and not shown(label):
            return -1.0, operands[0]
        if primitive is MUL and not shown(label):
            x, y = operands
            for number, other in ((self.numbers.get(x), y), (self.numbers.get(y), x)):
                if number is not None:
                    return number, other
        return 1.0, i

    def scaled(self, number: float, i: int) -> tuple[float, int] | None:
        """(c, x) with c * x = number * line i; None if that line has no factor, or c would over- or underflow."""
        factor, x = self.factor(i)
        product = number * factor
        return (product, x) if x != i and sys.float_info.min <= abs(product) < math.inf else None

    def labelled(self, i: int, label: str) -> int:
        """Line i, with this label if it has none; for a constant, the line of that number with this label."""
        line = self.lines[i]
        number = self.numbers.get(i)
        if shown(label) and number is not None:
            return self.constant(number, label)
        is_new = shown(label) and not shown(line.label)
        if (is_new or (label and not line.label)) and line.primitive is not None:
            self.lines[i] = line._replace(label=label)
        return i


def _in_order(primitive: Primitive, operands: tuple[int, ...]) -> tuple[int, ...]:
    """The operands, sorted as far as their order does not change the last digit of the result."""
    if len(operands) == 2:
        x, y = operands
        return (y, x) if x > y and primitive.commutes else operands
    if primitive is DOT:
        factors = factor_pairs(operands)
        return (*map(min, factors), *map(max, factors))
    return operands


# --------------------- The rules return the line to use instead, or None. x, y are any lines, c, d are constants.
# A test reads the equations in their docstrings and checks that `simplify` turns the left side into the right one.


def _identity(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """identity(x) = x"""
    return operands[0]


def _add(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x + 0 = x; 0 + x = x; x + -y = x - y; -x + y = y - x"""
    for x, y in (operands, operands[::-1]):
        if draft.numbers.get(y) == 0.0:
            return x
        factor, z = draft.factor(y)
        if factor == -1.0:
            return draft.operation(SUB, (x, z))
    return None


def _sub(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x - 0 = x; 0 - y = -y; x - -y = x + y"""
    x, y = operands
    if draft.numbers.get(y) == 0.0:
        return x
    if draft.numbers.get(x) == 0.0:
        return draft.operation(NEG, (y,))
    factor, z = draft.factor(y)
    return draft.operation(ADD, (x, z)) if factor == -1.0 else None


def _neg(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """-(-x) = x; -(c * x) = -c * x; -(x * c) = -c * x"""
    factor, x = draft.factor(operands[0])
    return None if factor == 1.0 else draft.times(-factor, x)


def _mul(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """1 * x = x; x * 1 = x; -1 * x = -x; x * -1 = -x; c * (d * x) = (c * d) * x; (x * d) * c = (c * d) * x"""
    for x, y in (operands, operands[::-1]):
        number = draft.numbers.get(x)
        if number == 1.0:
            return y
        if number == -1.0:
            return draft.operation(NEG, (y,))
        if number is not None and (scaled := draft.scaled(number, y)):
            return draft.times(*scaled)
    return None


def _div(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x / 1 = x; x / -1 = -x"""
    x, y = operands
    number = draft.numbers.get(y)
    return x if number == 1.0 else draft.operation(NEG, (x,)) if number == -1.0 else None


def _pow(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """x**1 = x; x**0 = 1"""
    x, y = operands
    number = draft.numbers.get(y)
    return x if number == 1.0 else draft.constant(1.0) if number == 0.0 else None


def _sum(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """sum(x) = x; sum(x, y) = x + y; sum(x, 0, y, y) = sum(x, y, y); sum(c, x, d, y) = sum(x, y, c + d)"""
    terms = operands
    total = sum([number for i in operands if (number := draft.numbers.get(i)) is not None])
    if math.isfinite(total):
        terms = tuple([i for i in operands if i not in draft.numbers])
        terms += (draft.constant(total),) if total else ()
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        return draft.operation(ADD, terms)
    return draft.operation(SUM, terms) if len(terms) < len(operands) else None


def _dot(draft: _Draft, operands: tuple[int, ...]) -> int | None:
    """Products of constants become one constant, added; c times d * x becomes c * d times x; one product is a `mul`."""
    total = 0.0
    before = factor_pairs(operands)
    products: list[tuple[int, int]] = []
    for x, y in before:
        a, b = draft.numbers.get(x), draft.numbers.get(y)
        if a is not None and b is not None:
            total += a * b
        elif a is not None and (scaled := draft.scaled(a, y)):
            products.append((draft.constant(scaled[0]), scaled[1]))
        elif b is not None and (scaled := draft.scaled(b, x)):
            products.append((scaled[1], draft.constant(scaled[0])))
        else:
            products.append((x, y))
    if not math.isfinite(total) or (products == before and len(before) > 1):
        return None
    if len(products) == 1:
        out = draft.operation(MUL, products[0])
    else:
        out = draft.operation(DOT, tuple([x for x, _ in products] + [y for _, y in products]))
    return draft.operation(ADD, (out, draft.constant(total)))


_ADDITIONS = frozenset((ADD, SUB, NEG))
_SHORTENED = frozenset((IDENTITY, SUM, DOT))  # if they have one operand or two, whatever these are
_Rule: TypeAlias = Callable[[_Draft, tuple[int, ...]], int | None]
RULES: dict[Primitive, _Rule] = {
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
