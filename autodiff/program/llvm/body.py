"""`ChunkBody`: the straight-line code of a chunk for a block of points, a vector for a line, a lane for a point."""

from collections.abc import Callable, Sequence

from autodiff.primitive import Primitive
from autodiff.primitives import POW
from autodiff.program.llvm import functions
from autodiff.program.llvm.flow import get, put
from autodiff.program.llvm.frame import Arguments
from autodiff.program.llvm.lanes import Lanes, plus, spread
from autodiff.program.llvm.lowering import apply, power
from autodiff.program.llvm.schedule import Schedule, Term
from autodiff.program.llvm.text import Function, Vector, constant


class ChunkBody:
    """Writes the code of lines at the end of a function.

    Args:
        function: where to write.
        cut: the program.
        kind: the type of the numbers of a line: a vector with a lane for each point, or a number.
        a: the arguments of the function; their rows are those of the block.
        reads_points: whether the inputs are at `a.points`, not in rows; then the block is one point.
    """

    def __init__(
        self, function: Function, cut: Schedule, kind: Vector, a: Arguments, *, reads_points: bool = False
    ) -> None:
        self.function, self.cut, self.kind, self.a, self.reads_points = function, cut, kind, a, reads_points
        self.tape = cut.tape
        self.known: dict[int, Lanes] = {}
        # what writes the costly functions of some numbers, by these functions and the names of the numbers
        self.functions: dict[tuple[object, ...], dict[Primitive, Callable[[], Lanes]]] = {}

    def get(self, line: int) -> Lanes:
        """The numbers of a line that was computed here, is a leaf, or is in memory."""
        if line not in self.known:
            self.known[line] = self.fetch(line)
        return self.known[line]

    def fetch(self, line: int) -> Lanes:
        """Write the load of the numbers of a line."""
        if self.tape.is_constant(line):
            return Lanes(self.function, self.kind, constant(self.kind, self.tape.lines[line].number))
        return self.load(*self.place(line))

    def place(self, line: int) -> tuple[str, int]:
        """The array that has the numbers of a line that is no constant, and their place in it."""
        if line < self.tape.n_inputs and self.reads_points:
            return self.a.points, line
        if line in self.cut.rows:
            return self.a.rows, self.cut.rows[line]
        if line in self.cut.kept:
            return self.a.kept, self.cut.kept[line]
        return self.a.theta, line - self.tape.n_inputs

    def place_of_part(self, line: int) -> tuple[str, int]:
        """The array that has what a loop has added of a sum, and the place."""
        rows, kept = self.cut.rows, self.cut.kept
        return (self.a.rows, rows[~line]) if ~line in rows else (self.a.kept, kept[~line])

    def load(self, array: str, place: str | int) -> Lanes:
        """Write the load of numbers from a place in an array; one for all points is spread."""
        f, kind = self.function, self.kind
        if array in (self.a.points, self.a.rows, self.a.sums):
            return Lanes(f, kind, get(f, kind, array, place))
        return spread(f, kind, get(f, kind.element, array, place))

    def compute(self, i: int) -> None:
        """Write the code of an operation; store its result if another chunk needs it."""
        self.known[i] = self.operation(i)
        if i in self.cut.rows:
            self.store(self.known[i], self.cut.rows[i])
        if i in self.cut.kept:
            put(self.function, self.kind.text, self.a.kept, self.cut.kept[i], self.known[i].name)

    def operation(self, i: int) -> Lanes:
        """Write the code of an operation."""
        return self.value(i, [self.get(operand) for operand in self.tape.lines[i].operands])

    def value(self, i: int, operands: Sequence[Lanes]) -> Lanes:
        """Write the code of an operation on these operands."""
        line = self.tape.lines[i]
        assert line.primitive is not None
        if i in self.cut.functions:
            primitives = self.cut.functions[i]
            key = (primitives, *[x.name for x in operands])
            if key not in self.functions:
                is_call = self.cut.calls and i not in self.cut.looped
                self.functions[key] = functions.together(primitives, operands, is_call=is_call)
            return self.functions[key][line.primitive]()
        if not operands:  # of a sum or dot
            return Lanes(self.function, self.kind, constant(self.kind, 0.0))
        if line.primitive is POW and self.tape.is_constant(line.operands[1]):
            return power(operands[0], self.tape.lines[line.operands[1]].number)
        return apply(line.primitive, operands)

    def store(self, numbers: Lanes, row: int) -> None:
        """Write numbers to a row."""
        put(self.function, self.kind.text, self.a.rows, row, numbers.name)

    def plus(self, total: Lanes, term: Term) -> Lanes:
        """total + term, in one instruction for a product."""
        return plus(total, [self.get(x) for x in term]) if term else total
