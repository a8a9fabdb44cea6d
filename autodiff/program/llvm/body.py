"""The straight-line machine code of a tape's lines, for a block of points: a vector for a line, a lane for a point."""

import math
from collections.abc import Sequence

from llvmlite import ir

from autodiff.primitives import DOT, LOGSUMEXP, POW, SUM
from autodiff.program.llvm.lanes import Lanes, constant, fma, where
from autodiff.program.llvm.lowering import lower, power
from autodiff.program.llvm.schedule import Schedule, Term

I32, I64 = ir.IntType(32), ir.IntType(64)


class Body:
    """Writes the code of lines at the end of a builder.

    Args:
        builder: where.
        cut: the program.
        kind: the type of what a line computes: a vector of W numbers; of one, in code that runs once a call.
        theta: the address of the parameters.
        kept: the address of the numbers that are computed once a call.
        rows: the address of the block's rows, a vector each.
    """

    def __init__(
        self, builder: ir.IRBuilder, cut: Schedule, kind: ir.VectorType, theta: ir.Value, kept: ir.Value, rows: ir.Value
    ) -> None:
        self.builder, self.cut, self.kind, self.theta, self.kept, self.rows = (builder, cut, kind, theta, kept, rows)
        self.tape = cut.tape
        self.known: dict[int, ir.Value] = {}

    def get(self, line: int) -> ir.Value:
        """The numbers of a line that was computed here, or is a leaf, or lies in memory."""
        if line not in self.known:
            self.known[line] = self.fetched(line)
        return self.known[line]

    def fetched(self, line: int) -> ir.Value:
        """The numbers of a line that this body has not seen yet."""
        if self.tape.is_constant(line):
            return constant(self.kind, self.tape.lines[line].number)
        if line in self.cut.rows:
            return self.builder.load(self.row(self.cut.rows[line]))
        if line in self.cut.kept:
            number = self.builder.load(self.builder.gep(self.kept, [I64(self.cut.kept[line])]))
        else:
            number = self.builder.load(self.builder.gep(self.theta, [I64(line - self.tape.n_inputs)]))
        return broadcast(self.builder, self.kind, number)

    def row(self, row: int) -> ir.Value:
        """The address of a row."""
        return self.builder.gep(self.rows, [I64(row)])

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
            self.known[i] = power(self.builder, operands[0], self.tape.lines[line.operands[1]].number)
        else:
            assert line.primitive is not None
            self.known[i] = lower(self.builder, line.primitive.name, operands)
        if i in self.cut.rows:
            self.builder.store(self.known[i], self.row(self.cut.rows[i]))
        if i in self.cut.kept:
            place = self.builder.gep(self.kept, [I64(self.cut.kept[i])])
            self.builder.store(self.builder.extract_element(self.known[i], I32(0)), place)

    def plus(self, total: ir.Value, term: Term) -> ir.Value:
        """total + term, in one instruction for a product."""
        if len(term) == 2:
            return self.muladd(self.get(term[0]), self.get(term[1]), total)
        return self.builder.fadd(total, self.get(term[0])) if term else total

    # ----------------------------------------------------------------------------------- the wide primitives

    def muladd(self, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        """x * y + z, in one instruction where the machine has it."""
        a, b, c = [Lanes(self.builder, value) for value in (x, y, z)]
        return fma(a, b, c).value

    def dot(self, xs: Sequence[ir.Value], ys: Sequence[ir.Value]) -> ir.Value:
        """The sum of the products, in up to four parts, since an addition takes four cycles."""
        parts: list[ir.Value] = []
        for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
            if k < min(4, len(xs) // 4 or 1):
                parts.append(self.builder.fmul(x, y))
            else:
                parts[k % len(parts)] = self.muladd(x, y, parts[k % len(parts)])
        return self.added(parts)

    def added(self, terms: Sequence[ir.Value]) -> ir.Value:
        """The sum of the terms, by pairs."""
        terms = list(terms) or [constant(self.kind, 0.0)]
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2], strict=False)
            terms = [self.builder.fadd(x, y) for x, y in pairs] + terms[len(terms) // 2 * 2 :]
        return terms[0]

    def logsumexp(self, xs: Sequence[ir.Value]) -> ir.Value:
        """m + log1p of the sum of exp(x - m), m the largest x, the sum over all others; m if it is infinite."""
        largest, others = xs[0], []
        for x in xs[1:]:
            others.append(lower(self.builder, "minimum", [largest, x]))
            largest = lower(self.builder, "maximum", [largest, x])
        terms = [lower(self.builder, "exp", [self.builder.fsub(x, largest)]) for x in others]
        rest = lower(self.builder, "log1p", [self.added(terms)])
        m = Lanes(self.builder, largest)
        return where(abs(m).equals(math.inf), m, m + Lanes(self.builder, rest)).value


def broadcast(builder: ir.IRBuilder, kind: ir.VectorType, number: ir.Value) -> ir.Value:
    """The same number in all lanes."""
    undefined = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(undefined, number, I32(0))
    if kind.count == 1:
        return one
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(I32, kind.count), None))
