"""The straight-line machine code of a tape's lines, for a block of points: a vector for a line, a lane for a point."""

import math
from collections.abc import Sequence

from autodiff.primitives import DOT, LOGSUMEXP, POW, SUM
from autodiff.program.llvm.flow import get, put
from autodiff.program.llvm.lanes import Lanes, fma, spread, where
from autodiff.program.llvm.lowering import lower, power
from autodiff.program.llvm.schedule import Schedule, Term
from autodiff.program.llvm.text import Function, Vector, constant


class Body:
    """Writes the code of lines at the end of a function.

    Args:
        function: where to write.
        cut: the program.
        kind: the type of what a line computes: a vector of W numbers; of one, in code that runs once a call.
        theta: the address of the parameters.
        kept: the address of the numbers that are computed once a call.
        rows: the address of the block's rows, a vector each.
    """

    def __init__(self, function: Function, cut: Schedule, kind: Vector, theta: str, kept: str, rows: str) -> None:
        self.function, self.cut, self.kind, self.theta, self.kept, self.rows = (function, cut, kind, theta, kept, rows)
        self.tape = cut.tape
        self.known: dict[int, Lanes] = {}

    def get(self, line: int) -> Lanes:
        """The numbers of a line that was computed here, or is a leaf, or lies in memory."""
        if line not in self.known:
            self.known[line] = self.fetched(line)
        return self.known[line]

    def fetched(self, line: int) -> Lanes:
        """The numbers of a line that this body has not seen yet."""
        if self.tape.is_constant(line):
            return Lanes(self.function, self.kind, constant(self.kind, self.tape.lines[line].number))
        if line in self.cut.rows:
            return Lanes(self.function, self.kind, get(self.function, self.kind, self.rows, self.cut.rows[line]))
        if line in self.cut.kept:
            number = get(self.function, self.kind.element, self.kept, self.cut.kept[line])
        else:
            number = get(self.function, self.kind.element, self.theta, line - self.tape.n_inputs)
        return spread(self.function, self.kind, number)

    def compute(self, i: int) -> None:
        """Write the code of an operation; keep what it computes, in memory too if another chunk needs it."""
        line = self.tape.lines[i]
        operands = [self.get(operand) for operand in line.operands]
        n = len(operands) // 2
        if line.primitive is DOT:
            self.known[i] = self.dot(operands[:n], operands[n:])
        elif line.primitive is SUM:
            self.known[i] = self.added(operands)
        elif line.primitive is LOGSUMEXP:
            self.known[i] = self.logsumexp(operands)
        elif line.primitive is POW and self.tape.is_constant(line.operands[1]):
            self.known[i] = power(operands[0], self.tape.lines[line.operands[1]].number)
        else:
            assert line.primitive is not None
            self.known[i] = lower(line.primitive.name, operands)
        if i in self.cut.rows:
            self.store(self.known[i], self.cut.rows[i])
        if i in self.cut.kept:
            put(self.function, self.kind.element, self.kept, self.cut.kept[i], self.known[i].lane(0))

    def store(self, numbers: Lanes, row: int) -> None:
        """Write numbers to a row."""
        put(self.function, self.kind, self.rows, row, numbers.name)

    def plus(self, total: Lanes, term: Term) -> Lanes:
        """total + term, in one instruction for a product."""
        if len(term) == 2:
            return fma(self.get(term[0]), self.get(term[1]), total)
        return total + self.get(term[0]) if term else total

    # ----------------------------------------------------------------------------------- the wide primitives

    def dot(self, xs: Sequence[Lanes], ys: Sequence[Lanes]) -> Lanes:
        """The sum of the products, in up to four parts, since an addition takes four cycles."""
        parts: list[Lanes] = []
        for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
            if k < min(4, len(xs) // 4 or 1):
                parts.append(x * y)
            else:
                parts[k % len(parts)] = fma(x, y, parts[k % len(parts)])
        return self.added(parts)

    def added(self, terms: Sequence[Lanes]) -> Lanes:
        """The sum of the terms, by pairs."""
        terms = list(terms) or [Lanes(self.function, self.kind, constant(self.kind, 0.0))]
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2], strict=False)
            terms = [x + y for x, y in pairs] + terms[len(terms) // 2 * 2 :]
        return terms[0]

    def logsumexp(self, xs: Sequence[Lanes]) -> Lanes:
        """m + log1p of the sum of exp(x - m), m the largest x, the sum over all others; m if it is infinite."""
        largest, others = xs[0], []
        for x in xs[1:]:
            others.append(lower("minimum", [largest, x]))
            largest = lower("maximum", [largest, x])
        terms = [lower("exp", [x - largest]) for x in others]
        rest = lower("log1p", [self.added(terms)])
        return where(abs(largest).equals(math.inf), largest, largest + rest)
