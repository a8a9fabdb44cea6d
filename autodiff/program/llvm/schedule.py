"""How the machine code of a tape is cut into chunks, which lines run once a call, and which numbers cross a cut.

A line that depends on an input is *varying*; any other is *uniform*: it has one number for all points. Uniform lines
run once a call, on single numbers; varying lines run for every block of points. Both are compiled as a sequence of
*chunks*. A chunk of a few hundred operations stays in the instruction cache and keeps its numbers in registers; LLVM
takes seconds for one function of ten thousand operations, and the function runs slower. The numbers that a later chunk
needs are kept in memory: one number for a uniform line, a *row* with a number for each point for a varying one.

A mean over the points is a sum. An output that is itself a sum is never computed point by point: each term is added to
the running sum of the output, in a register of the chunk that computes the term, and a product by one multiply-add.
Uniform terms, such as those of an L2 penalty, are added once.
"""

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, COS, DOT, LOGSUMEXP, MUL, SIN, SUM, factor_pairs
from autodiff.program.llvm.abreast import abreast
from autodiff.program.llvm.cost import REDUCTIONS, cost, n_terms
from autodiff.program.llvm.functions import MANY_FUNCTIONS, groups
from autodiff.program.llvm.inside import Terms, add_inside
from autodiff.program.llvm.periods import MAX_CARRIED, MAX_OPERANDS, Array, Repeat, Steps, code_of, stretches
from autodiff.program.recording.tape import Line, Tape

CHUNK_SIZE = 500  # instructions of a chunk, as `cost` estimates them
SUMS_PER_CHUNK = 24  # outputs whose running sums one chunk keeps in registers; AVX-512 has 32 registers
MAX_SINGLE_PRODUCTS = 4  # of a `dot` in a mean; a longer one is summed first, since each addition takes four cycles
SUMS = frozenset((ADD, SUM, DOT, MUL))  # whose terms can be added one by one

Term: TypeAlias = tuple[int, ...]
"""A part of a sum: a line, or two lines to be multiplied; empty for 0."""


class OutputTerm(NamedTuple):
    """A term of an output; the whole output, if results are not means."""

    output: int  # the place of the output in `tape.outputs`
    term: Term  # one or two lines, or none


@dataclass
class Chunk:
    """A part of a program: operations to compute and results to deliver, in their order."""

    steps: list[int | OutputTerm] = field(default_factory=list)  # lines of the tape, and OutputTerms
    size: int = 0  # about how many instructions the steps become
    repeat: Repeat | None = None  # if the steps are the turns of a loop, turn after turn
    inside: list[Terms] = field(default_factory=list)  # of sums behind the loop, that it adds

    @property
    def turns(self) -> list[list[int | OutputTerm]]:
        """For each step of a turn of a loop, its turns."""
        assert self.repeat is not None
        period = len(self.steps) // len(self.repeat.lines)
        return [self.steps[k::period] for k in range(period)]

    @property
    def lines(self) -> list[int]:
        """The operations."""
        return [step for step in self.steps if isinstance(step, int)]

    @property
    def results(self) -> list[OutputTerm]:
        """The results."""
        return [step for step in self.steps if isinstance(step, OutputTerm)]

    @property
    def outputs(self) -> list[int]:
        """The outputs that the results belong to, each once."""
        return list(dict.fromkeys(result.output for result in self.results))


@dataclass(frozen=True)
class Schedule:
    """A tape cut into chunks."""

    tape: Tape  # the tape, perhaps with more lines than before, for the parts of long sums
    once: list[Chunk]  # the chunks of uniform operations, which run first and deliver nothing
    varying: list[Chunk]  # the chunks that run for every block of points
    uniform: list[Chunk]  # the chunks of uniform results, which have no operations. They run last.
    kept: dict[int, int]  # uniform line -> the place where other chunks find its number; ~line: what a loop has added
    rows: dict[int, int]  # varying line -> the row where other chunks find its numbers; the inputs have the first rows
    inside: dict[int, Array]  # sum -> the places of those of its terms that a loop adds
    looped: frozenset[int]  # the lines that loops compute
    functions: dict[int, tuple[Primitive, ...]]  # a line with a costly function -> all such functions of its operands
    calls: bool  # whether such functions are called where they are not in loops; if they are few, they are inlined

    @functools.cached_property
    def _places(self) -> Array:
        """The array of each line, a number, and its place there; 0 and the line itself if it is in none."""
        n = 2 * len(self.tape.lines)  # the place of ~line is behind the others
        places = np.vstack([np.zeros(n, np.int64), np.arange(n)])
        places[0, self.tape.parameters] = 1
        for array, at in ((2, self.kept), (3, self.rows)):
            places[0, [*at]], places[1, [*at]] = array, [*at.values()]
        return places

    def places(self, lines: Array, reads_points: bool) -> tuple[Array, Array]:
        """The arrays of some lines, as numbers, and their places there; 0 and the line if it is in none."""
        arrays, places = self._places[:, lines]
        return np.where((lines < self.tape.n_inputs) & reads_points, 4, arrays), places


def schedule(tape: Tape, mean: bool) -> Schedule:
    """Cut a tape into chunks; if `mean`, its outputs are averaged over the points."""
    tape = side_by_side(split(tape))
    varying_lines = set(tape.dependents(tape.inputs))
    if mean:
        tape, terms = terms_of(tape, varying_lines)
        varying_lines = set(tape.dependents(tape.inputs))
    else:
        terms = [[(output,)] for output in tape.outputs]

    functions = {i: _primitives(tape, lines) for i, lines in groups(tape).items()}
    paired = frozenset([i for i, some in functions.items() if {SIN, COS} <= {*some}])
    order = _order(tape, [line for terms_of_output in terms for term in terms_of_output for line in term])
    once, varying, uniform = [_Cutter(tape, mean, paired) for _ in range(3)]
    place = {line: k for k, line in enumerate(order) if line in varying_lines}
    after_line: dict[int, list[OutputTerm]] = {}  # the last line that is computed for a result -> such results
    of_leaves: list[OutputTerm] = []
    for output, terms_of_output in enumerate(terms):
        for term in terms_of_output:
            result = OutputTerm(output, term)
            if varying_lines.isdisjoint(term):
                uniform.deliver(result)
                continue
            computed = [i for i in term if i in place]
            (after_line.setdefault(max(computed, key=place.__getitem__), []) if computed else of_leaves).append(result)
    once.fill([i for i in order if i not in place])
    varying.fill([step for i in place for step in (i, *after_line.get(i, ()))])
    for result in of_leaves:
        varying.deliver(result)
    if mean and varying.chunks:  # an output without varying terms has a running sum too, which is 0
        for output in set(range(len(terms))).difference(*[chunk.outputs for chunk in varying.chunks]):
            varying.deliver(OutputTerm(output, ()))
    inside = add_inside(tape, once.chunks, once.places) | add_inside(tape, varying.chunks, varying.places)
    kept = {*once.places, *(once.home.keys() & (varying.wanted | uniform.wanted))}
    places, rows = _in_arrays((), kept, once.chunks), _in_arrays(tape.inputs, varying.places, varying.chunks)
    looped = frozenset([line for chunk in (*once.chunks, *varying.chunks) if chunk.repeat for line in chunk.lines])
    calls = len({tape.lines[i].operands for i in functions.keys() - looped}) >= MANY_FUNCTIONS
    chunks = (once.chunks, varying.chunks, uniform.chunks)
    return Schedule(tape, *chunks, places, rows, inside, looped, functions, calls)


def _order(tape: Tape, results: Sequence[int]) -> list[int]:
    """The operations for results, in the order of the tape; but one that no other needs follows its last operand.

    The derivatives by the inputs of a recurrence are such. Each then stands in the turn that it belongs to.
    """
    needed = [i for i in tape.needed(results) if tape.lines[i][0]]
    used = {operand for i in needed for operand in tape.lines[i][1]}
    followers = dict[int, list[int]]()
    for i in [i for i in needed if i not in used]:
        computed = [operand for operand in tape.lines[i].operands if tape.lines[operand].primitive]
        if 0 < len(computed) <= MAX_OPERANDS:
            followers.setdefault(max(computed), []).append(i)
    if not followers:
        return needed
    stay = set(needed).difference(*followers.values())
    return [line for i in needed if i in stay for line in (i, *followers.get(i, ()))]


def _primitives(tape: Tape, lines: Iterable[int]) -> tuple[Primitive, ...]:
    """The primitives of lines, each once."""
    return tuple(dict.fromkeys([primitive for i in lines if (primitive := tape.lines[i].primitive)]))


def _in_arrays(first: Iterable[int], lines: Collection[int], chunks: Sequence[Chunk]) -> dict[int, int]:
    """Places in memory for lines, after those in `first`; the turns of a step of a loop are in a row."""
    order = dict.fromkeys(first)
    for chunk in chunks:
        if chunk.repeat:
            for turns in chunk.turns:
                computed = [step for step in turns if isinstance(step, int)]
                wanted = [line for line in computed if line in lines]
                order.update(dict.fromkeys(wanted if wanted == computed[-1:] else wanted and computed))
    order.update(dict.fromkeys(sorted(lines)))
    return {line: place for place, line in enumerate(order)}


class _Cutter:
    """Fills chunks with steps."""

    def __init__(self, tape: Tape, mean: bool, paired: frozenset[int]) -> None:
        self.tape, self.mean, self.paired = tape, mean, paired
        self.chunks: list[Chunk] = []
        self.home: dict[int, int] = {}  # line -> the chunk that computes it
        self.places: dict[int, int] = {}  # line -> the place where other chunks find it
        self.wanted: set[int] = set()  # every line that is an operand here
        self.outputs: set[int] = set()  # of the last chunk

    def fill(self, steps: Sequence[int | OutputTerm]) -> None:
        """Add steps, those that repeat as loops."""
        described = self.described(steps)
        for stretch in abreast(described, stretches(self.tape, described)):
            here = [steps[k] for k in stretch.steps.tolist()]
            if stretch.repeat:
                self.repeat(here, stretch.repeat)
                continue
            for step in here:
                self.deliver(step) if isinstance(step, OutputTerm) else self.compute(step)

    def repeat(self, steps: list[int | OutputTerm], repeat: Repeat) -> None:
        """Add a chunk that is a loop."""
        chunk = Chunk(steps, repeat=repeat)
        self.home.update(dict.fromkeys(chunk.lines, len(self.chunks)))
        self.chunks.append(chunk)
        outside = repeat.lines[:MAX_CARRIED].ravel(), repeat.lines[:, repeat.carried < 0].ravel()
        self.use(np.unique(np.concatenate(outside)).tolist())

    def described(self, steps: Sequence[int | OutputTerm]) -> Steps:
        """The steps, for the search for loops. The first output alone may be a value where others are derivatives."""

        def code(step: int | OutputTerm) -> object:
            if isinstance(step, OutputTerm):
                return len(step.term), step.output == 0
            return code_of(self.tape, step) if step not in self.paired else (code_of(self.tape, step),)

        lines = [step if isinstance(step, int) else -1 for step in steps]
        operands = [self.tape.lines[step][1] if isinstance(step, int) else step.term for step in steps]
        outputs = [-1 if isinstance(step, int) else step.output for step in steps]
        return Steps([code(step) for step in steps], operands, lines, outputs)

    def compute(self, line: int) -> None:
        """Add an operation."""
        size = cost(self.tape.lines[line])
        last = self.chunks[-1] if self.chunks else None
        if last is None or last.repeat or (last.steps and last.size + size > CHUNK_SIZE):
            self.open()
        self.chunks[-1].size += size
        self.chunks[-1].steps.append(line)
        self.home[line] = len(self.chunks) - 1
        self.use(self.tape.lines[line].operands)

    def deliver(self, result: OutputTerm) -> None:
        """Add a result."""
        full = self.mean and result.output not in self.outputs and len(self.outputs) >= SUMS_PER_CHUNK
        if not self.chunks or full or self.chunks[-1].size >= CHUNK_SIZE or self.chunks[-1].repeat:
            self.open()
        self.outputs.add(result.output)
        self.chunks[-1].size += 1
        self.chunks[-1].steps.append(result)
        self.use(result.term)

    def open(self) -> None:
        """Begin a chunk."""
        self.chunks.append(Chunk())
        self.outputs = set()

    def use(self, lines: Sequence[int]) -> None:
        """Record the lines that another chunk has computed."""
        self.wanted.update(lines)
        for line in lines:
            if line in self.home and self.home[line] != len(self.chunks) - 1:
                self.places.setdefault(line, len(self.places))


def terms_of(tape: Tape, varying: set[int]) -> tuple[Tape, list[list[Term]]]:
    """Return the terms of each output, and the tape, with a new line for each long part of a sum.

    A line with other uses is one term, also where it is a sum; so is the sum of many terms that all points share.
    """
    uses = tape.uses
    lines = list(tape.lines)
    terms_of_outputs: list[list[Term]] = []
    for output in tape.outputs:
        terms: list[Term] = []
        open_sums = [output]
        while open_sums:
            i = open_sums.pop()
            primitive, operands = lines[i].primitive, lines[i].operands
            if uses[i] > 1 or primitive not in SUMS:
                terms.append((i,))
            elif primitive is MUL:
                terms.append(operands)
            elif primitive is not DOT:
                rest = [x for x in operands if x not in varying and (uses[x] > 1 or lines[x].primitive not in SUMS)]
                if len(rest) > MAX_SINGLE_PRODUCTS:
                    single = set(rest)
                    operands = tuple([x for x in operands if x not in single])
                    terms.append((len(lines),))
                    lines.append(Line(SUM, tuple(rest)))
                open_sums.extend(operands[::-1])
            else:
                for is_uniform in (True, False):
                    part: list[Term] = [
                        pair for pair in factor_pairs(operands) if varying.isdisjoint(pair) is is_uniform
                    ]
                    if len(part) > MAX_SINGLE_PRODUCTS:
                        xs, ys = zip(*part, strict=True)
                        part = [(len(lines),)]
                        lines.append(Line(DOT, (*xs, *ys)))
                    terms.extend(part)
        terms_of_outputs.append(terms)
    return tape.with_lines(lines), terms_of_outputs


def split(tape: Tape) -> Tape:
    """Replace each `dot`, `sum` or `logsumexp` that is larger than a chunk by shorter ones and one that joins them.

    One whose operands are operations at equal distances stays: a loop may add its terms.
    """
    large = {i for i, line in enumerate(tape.lines) if line.primitive in REDUCTIONS and cost(line) > CHUNK_SIZE}
    large = {i for i in large if not _is_regular(tape, tape.lines[i])}
    if not large:
        return tape
    lines: list[Line] = []
    place: list[int] = []
    for i, line in enumerate(tape.lines):
        line = line._replace(operands=tuple([place[operand] for operand in line.operands]))
        while i in large and cost(line) > CHUNK_SIZE and n_terms(line) > 2:
            assert line.primitive is not None
            room, n = max(2, CHUNK_SIZE // line.primitive.cost), n_terms(line)
            sides = [line.operands[:n], line.operands[n:]]  # the second is empty but for a dot
            parts = [tuple([operand for side in sides for operand in side[k : k + room]]) for k in range(0, n, room)]
            lines += [Line(line.primitive, part) for part in parts]
            join = SUM if line.primitive is DOT else line.primitive
            line = Line(join, tuple(range(len(lines) - len(parts), len(lines))), label=line.label)
        place.append(len(lines))
        lines.append(line)
    return tape.with_lines(lines, place)


def side_by_side(tape: Tape) -> Tape:
    """Move each costly function behind the first of the same operands: LLVM computes what they share once in a chunk.

    So tanh and its slope have one exponential, sin and cos one reduction of the angle.
    """
    together = groups(tape)
    if all(len(lines) == 1 for lines in together.values()):
        return tape
    return tape.moved([j for i in range(len(tape.lines)) if (lines := together.get(i, (i,)))[0] == i for j in lines])


def _is_regular(tape: Tape, line: Line) -> bool:
    """Whether the operands of a sum are operations at equal distances, but for a few."""
    n = n_terms(line)
    if line.primitive is LOGSUMEXP or not all(
        tape.lines[x].primitive for x in (line.operands[n // 2], line.operands[-2])
    ):
        return False
    sides = [np.array(side) for side in (line.operands[:n], line.operands[n:]) if side]
    return sum([int(np.count_nonzero(np.diff(side, 2))) for side in sides]) <= n // 16
