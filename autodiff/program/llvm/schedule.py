"""Where the machine code of a tape is cut, what of it runs once a call, and which numbers cross a cut.

What depends on no input is the same for all points, and is computed once a call, on single numbers. The rest is
computed for every block of points. Both are compiled as a row of *chunks*: a chunk of some hundred operations stays in
the instruction cache and keeps its numbers in registers; one body of ten thousand takes LLVM seconds and runs slower.
What a later chunk needs is kept in memory: a number, or a *row* of numbers, one for each point.

A mean over the points is a sum. An output that is a sum itself is never computed point by point: each of its terms is
added to the running sum of that output, in a register of the chunk that knows the term, and a product by one
multiply-add. Terms that are the same for all points, such as those of an L2 penalty, are added once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DOT, LOGSUMEXP, MUL, SUM
from autodiff.program.tape import Line, Tape

BODY = 500  # operations in a chunk
SUMS = 24  # running sums in a chunk: with AVX-512 there are 32 registers
FACTORS = 4  # products of a `dot` that are summed one by one; more are one term: an addition takes four cycles
WIDE: dict[Primitive, int] = {DOT: 1, SUM: 1, LOGSUMEXP: 30}  # instructions for a term
ARITHMETIC = {"add", "sub", "mul", "neg", "identity", "abs", "relu", "maximum", "minimum", "div", "reciprocal", "sqrt"}

Term: TypeAlias = tuple[int, ...]
"""A line, or two to be multiplied; none for 0."""


class Result(NamedTuple):
    """A term of an output, by its place in `tape.outputs`; the whole output, if results are not means."""

    output: int
    term: Term


@dataclass
class Chunk:
    """A piece of a program: in their order, the operations to compute, and the results to deliver.

    Attributes:
        steps: lines of the tape, and Results.
    """

    steps: list[int | Result] = field(default_factory=list)
    size: int = 0

    @property
    def lines(self) -> list[int]:
        """The operations."""
        return [step for step in self.steps if isinstance(step, int)]

    @property
    def results(self) -> list[Result]:
        """What it delivers."""
        return [step for step in self.steps if isinstance(step, Result)]

    @property
    def outputs(self) -> list[int]:
        """The outputs that it has terms of, each once."""
        return list(dict.fromkeys(result.output for result in self.results))


@dataclass(frozen=True)
class Schedule:
    """A tape cut into chunks.

    Attributes:
        tape: the tape, perhaps with more lines than before, for parts of long sums.
        once: the chunks that run once a call, first; they deliver nothing.
        chunks: the chunks that run for every block of points.
        after: the chunks that run once a call, last: for means, results that are the same for all points.
        kept: line of `once` -> the place where another chunk finds its number.
        rows: line of `chunks` -> the row where another chunk finds it; the inputs have the first rows.
    """

    tape: Tape
    once: list[Chunk]
    chunks: list[Chunk]
    after: list[Chunk]
    kept: dict[int, int]
    rows: dict[int, int]


def schedule(tape: Tape, mean: bool) -> Schedule:
    """Cut a tape.

    Args:
        tape: any tape.
        mean: whether its outputs are to be averaged over the points.
    """
    tape = split(tape)
    varying = set(tape.dependents(tape.inputs))
    if mean:
        tape, terms = terms_of(tape, varying)
        varying = set(tape.dependents(tape.inputs))
    else:
        terms = [[(output,)] for output in tape.outputs]

    once, chunks, after = [_Cutter(tape, mean) for _ in range(3)]
    chunks.places.update((i, i) for i in tape.inputs)
    waiting: dict[int, list[Result]] = {}  # by the last of the lines to be computed for it
    ending: list[Result] = []
    for output, its_terms in enumerate(terms):
        for term in its_terms:
            result = Result(output, term)
            if mean and varying.isdisjoint(term):
                after.deliver(result)
                continue
            computed = [i for i in term if tape.lines[i].primitive and i in varying]
            (waiting.setdefault(max(computed), []) if computed else ending).append(result)
    for i in _needed(tape, terms):
        (chunks if i in varying else once).compute(i)
        for result in waiting.get(i, ()):
            chunks.deliver(result)
    for result in ending:
        chunks.deliver(result)
    if mean and chunks.chunks:
        for output in set(range(len(terms))).difference(*[chunk.outputs for chunk in chunks.chunks]):
            chunks.deliver(Result(output, ()))
    kept = sorted({*once.places, *(once.home.keys() & (chunks.wanted | after.wanted))})
    places = {i: place for place, i in enumerate(kept)}
    return Schedule(tape, once.chunks, chunks.chunks, after.chunks, places, chunks.places)


class _Cutter:
    """Fills chunks with steps.

    Attributes:
        home: line -> its chunk.
        places: line -> the place where other chunks find it.
        wanted: every line that is an operand here.
    """

    def __init__(self, tape: Tape, mean: bool) -> None:
        self.tape, self.mean = tape, mean
        self.chunks: list[Chunk] = []
        self.home: dict[int, int] = {}
        self.places: dict[int, int] = {}
        self.wanted: set[int] = set()
        self.sums: set[int] = set()  # the outputs that the last chunk has terms of

    def compute(self, line: int) -> None:
        """Add an operation."""
        size = cost(self.tape.lines[line])
        if not self.chunks or (self.chunks[-1].size and self.chunks[-1].size + size > BODY):
            self.open()
        self.chunks[-1].size += size
        self.chunks[-1].steps.append(line)
        self.home[line] = len(self.chunks) - 1
        self.use(self.tape.lines[line].operands)

    def deliver(self, result: Result) -> None:
        """Add a result."""
        full = self.mean and result.output not in self.sums and len(self.sums) >= SUMS
        if not self.chunks or full or self.chunks[-1].size >= BODY:
            self.open()
        self.sums.add(result.output)
        self.chunks[-1].size += 1
        self.chunks[-1].steps.append(result)
        self.use(result.term)

    def open(self) -> None:
        """Begin a chunk."""
        self.chunks.append(Chunk())
        self.sums = set()

    def use(self, lines: Sequence[int]) -> None:
        """Note what crosses a cut."""
        self.wanted.update(lines)
        for line in lines:
            if line in self.home and self.home[line] != len(self.chunks) - 1:
                self.places.setdefault(line, len(self.places))


def _needed(tape: Tape, terms: list[list[Term]]) -> list[int]:
    """The operations that the terms are computed from, in order."""
    needed = {line for its_terms in terms for term in its_terms for line in term}
    for i in range(len(tape.lines) - 1, -1, -1):
        if i in needed:
            needed.update(tape.lines[i].operands)
    return [i for i in sorted(needed) if tape.lines[i].primitive]


def terms_of(tape: Tape, varying: set[int]) -> tuple[Tape, list[list[Term]]]:
    """Return the terms of each output, and the tape, with a line more for each long part of a `dot`.

    What is used elsewhere too is a term as it is.
    """
    uses = [0] * len(tape.lines)
    for line in tape.lines:
        for operand in line.operands:
            uses[operand] += 1
    for output in tape.outputs:
        uses[output] += 1
    lines = list(tape.lines)
    found: list[list[Term]] = []
    for output in tape.outputs:
        terms: list[Term] = []
        open_sums = [output]
        while open_sums:
            i = open_sums.pop()
            primitive, operands = lines[i].primitive, lines[i].operands
            if uses[i] > 1 or primitive not in (ADD, SUM, DOT, MUL):
                terms.append((i,))
            elif primitive is MUL:
                terms.append(operands)
            elif primitive is not DOT:
                open_sums.extend(operands[::-1])
            else:
                pairs = list(zip(operands[: len(operands) // 2], operands[len(operands) // 2 :], strict=True))
                for same in (True, False):
                    part: list[Term] = [pair for pair in pairs if varying.isdisjoint(pair) is same]
                    if len(part) > FACTORS:
                        xs, ys = zip(*part, strict=True)
                        part = [(len(lines),)]
                        lines.append(Line(DOT, (*xs, *ys)))
                    terms.extend(part)
        found.append(terms)
    return Tape(tuple(lines), tape.n_inputs, tape.n_parameters, tape.outputs), found


def split(tape: Tape) -> Tape:
    """Cut a `dot`, `sum` or `logsumexp` that would fill more than a chunk into shorter ones, joined by another."""
    if all(line.primitive not in WIDE or cost(line) <= BODY for line in tape.lines):
        return tape
    lines: list[Line] = []
    place: list[int] = []
    for line in tape.lines:
        line = line._replace(operands=tuple([place[operand] for operand in line.operands]))
        while line.primitive in WIDE and terms(line) > (room := max(2, BODY // WIDE[line.primitive])):
            n = terms(line)
            sides = [line.operands[:n], line.operands[n:]]  # the second is empty but for a dot
            parts = [tuple([operand for side in sides for operand in side[k : k + room]]) for k in range(0, n, room)]
            lines += [Line(line.primitive, part) for part in parts]
            join = SUM if line.primitive is DOT else line.primitive
            line = Line(join, tuple(range(len(lines) - len(parts), len(lines))), label=line.label)
        place.append(len(lines))
        lines.append(line)
    return Tape(tuple(lines), tape.n_inputs, tape.n_parameters, tuple([place[output] for output in tape.outputs]))


def terms(line: Line) -> int:
    """How many terms a wide line has."""
    return len(line.operands) // 2 if line.primitive is DOT else len(line.operands)


def cost(line: Line) -> int:
    """About how many instructions a line becomes."""
    assert line.primitive is not None
    if line.primitive in WIDE:
        return WIDE[line.primitive] * terms(line)
    return 1 if line.primitive.name in ARITHMETIC else 25
