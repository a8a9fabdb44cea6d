"""`Emitter`: the LLVM module of a tape, loops around straight-line code; what it consists of is described in `llvm`."""

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.program.llvm.body import Body
from autodiff.program.llvm.flow import at, branch, ceil_divide, get, loop, put, transposed_sum
from autodiff.program.llvm.lanes import Lanes, Mask, spread, where
from autodiff.program.llvm.schedule import Chunk, Result, Schedule
from autodiff.program.llvm.text import Function, Module, constant, lanes_literal, literal, vector

TILE = 16  # blocks of points between two chunks: few enough that their rows stay in the second cache


class Arguments(NamedTuple):
    """What every function gets: addresses, and how many points there are, or for a chunk how many blocks."""

    points: str
    theta: str
    values: str
    gradient: str
    kept: str
    sums: str
    rows: str
    n_items: str


ARGUMENTS = Arguments(*[f"%{name}" for name in Arguments._fields])


class Emitter:
    """Writes the LLVM module of a program.

    The memory it works in: the numbers kept from what runs once a call; a sum for each output in each lane, twice, the
    second time for the last block, if that is not full; the rows of each block of a tile.

    Args:
        cut: the schedule of a tape; the tape's first `n_values` outputs are values, the rest derivatives.
        n_values: how many of the outputs are values.
        mean: whether results are averages over the points, not results of each point.
        lanes: W, the points in a block.
        real: the type of a number, "double" or "float".
    """

    def __init__(self, cut: Schedule, n_values: int, mean: bool, lanes: int, real: str) -> None:
        self.cut, self.tape, self.mean, self.lanes, self.real = (cut, cut.tape, mean, lanes, real)
        self.vector, self.bytes = (vector(real, lanes), 8 if real == "double" else 4)
        n = len(self.tape.outputs)
        self.widths = (n_values, n - n_values)
        self.first_result = len(cut.rows)  # the results of each point have rows of their own, behind the others
        self.n_rows = self.first_result + (0 if mean else n)
        self.sums_at = -(-len(cut.kept) // lanes) * lanes  # a whole number of vectors
        self.sums_size = n * lanes if mean and cut.chunks else 0
        self.rows_at = self.sums_at + 2 * self.sums_size
        self.memory_size = self.rows_at + self.n_rows * lanes * TILE  # numbers
        self.begun: set[int] = set()  # the outputs that an earlier chunk has terms of
        self.module = Module()

    def emit(self) -> Module:
        """Write the module; its "kernel" is a function (points, theta, values, gradient, memory, count)."""
        once = [self.chunk_once(f"once{i}", chunk) for i, chunk in enumerate(self.cut.once)]
        chunks = [self.chunk(f"chunk{i}", chunk) for i, chunk in enumerate(self.cut.chunks)]
        after = [self.chunk_once(f"after{i}", chunk) for i, chunk in enumerate(self.cut.after)]
        self.kernel(once, chunks, after)
        return self.module

    def function(self, name: str) -> Function:
        """A new function of the module, with `Arguments`."""
        *addresses, count = ARGUMENTS
        return Function(self.module, name, [*[f"{self.real}* noalias {x}" for x in addresses], f"i64 {count}"])

    def call(self, f: Function, name: str, a: Arguments) -> None:
        """Call such a function."""
        *addresses, count = a
        f.do(f"call void @{name}({''.join([f'{self.real}* {x}, ' for x in addresses])}i64 {count})")

    def as_vectors(self, f: Function, address: str) -> str:
        """The address of numbers, as one of vectors."""
        return f.assign(f"bitcast {self.real}* {address} to {self.vector}*")

    # ------------------------------------------------------------------------------------- around the chunks

    def kernel(self, once: Sequence[str], chunks: Sequence[str], after: Sequence[str]) -> None:
        """What runs once, then tile after tile of points; then sums become means, what is alike for all is added."""
        if chunks:
            self.pack()
            self.unpack()
        points, theta, values, gradient, *_, count = ARGUMENTS
        addresses = (points, theta, values, gradient, "%memory")
        f = Function(self.module, "kernel", [*[f"{self.real}* {x}" for x in addresses], f"i64 {count}"])
        sums, rows = [at(f, self.real, "%memory", place) for place in (self.sums_at, self.rows_at)]
        a = ARGUMENTS._replace(kept="%memory", sums=sums, rows=rows)
        if self.mean:
            for target, n in zip((values, gradient), self.widths, strict=True):
                self.clear(f, target, n)
        for part in once:
            self.call(f, part, a)
        if chunks:
            loop(f, ceil_divide(f, count, TILE * self.lanes), lambda i: self.tile(f, a, i, chunks))
        if self.mean and chunks:
            self.divide(f, a)
        for part in after:
            self.call(f, part, a)
        f.end()

    def clear(self, f: Function, place: str, n: int) -> None:
        """Set n numbers to 0."""
        self.module.declare("llvm.memset.p0i8.i64", "void", "i8*, i8, i64, i1")
        start = f.assign(f"bitcast {self.real}* {place} to i8*")
        f.do(f"call void @llvm.memset.p0i8.i64(i8* {start}, i8 0, i64 {n * self.bytes}, i1 false)")

    def tile(self, f: Function, a: Arguments, i: str, chunks: Sequence[str]) -> None:
        """A tile of points. In means, the last block may not be full, and has sums of its own."""
        whole = TILE * self.lanes
        start = f.assign(f"mul i64 {i}, {whole}")
        left = f.assign(f"sub i64 {a.n_items}, {start}")
        is_last = f.assign(f"icmp slt i64 {left}, {whole}")
        count = f.assign(f"select i1 {is_last}, i64 {left}, i64 {whole}")
        points = at(f, self.real, a.points, f.assign(f"mul i64 {start}, {self.tape.n_inputs}"))
        here = a._replace(points=points, n_items=count)
        self.call(f, "pack", here)
        if not self.mean:
            blocks = ceil_divide(f, count, self.lanes)
            for chunk in chunks:
                self.call(f, chunk, here._replace(n_items=blocks))
            values, gradient = [
                at(f, self.real, target, f.assign(f"mul i64 {start}, {n}"))
                for target, n in zip((a.values, a.gradient), self.widths, strict=True)
            ]
            self.call(f, "unpack", here._replace(values=values, gradient=gradient))
            return
        blocks, rest = [f.assign(f"{divide} i64 {count}, {self.lanes}") for divide in ("udiv", "urem")]
        for chunk in chunks:
            self.call(f, chunk, here._replace(n_items=blocks))

        def with_rest() -> None:
            sums = at(f, self.real, a.sums, self.sums_size)
            rows = at(f, self.real, a.rows, f.assign(f"mul i64 {blocks}, {self.n_rows * self.lanes}"))
            for chunk in chunks:
                self.call(f, chunk, here._replace(sums=sums, rows=rows, n_items="1"))
            self.add_sums(f, a, rest)

        branch(f, f.assign(f"icmp sgt i64 {rest}, 0"), with_rest, lambda: self.add_sums(f, a, None))

    def add_sums(self, f: Function, a: Arguments, rest: str | None) -> None:
        """Add the sums of a tile to the results: over all lanes, and in the last block over the first `rest`.

        Without a last block that is not full, `rest` is None and its sums are not read: nobody has written them. A
        masked load of memory that was never written takes 0.3 us, because its page is not mapped.
        """
        sums = self.as_vectors(f, a.sums)
        valid = None if rest is None else self.first_lanes(f, rest)

        def total(k: str) -> Lanes:
            full = self.load(f, at(f, self.vector, sums, k))
            if valid is None:
                return full
            last = self.load(f, at(f, self.vector, sums, f.assign(f"add i64 {k}, {len(self.tape.outputs)}")))
            return full + where(valid, last, 0.0)

        first = 0
        for target, n in zip((a.values, a.gradient), self.widths, strict=True):

            def group(i: str, target: str = target, first: int = first) -> None:
                start = f.assign(f"mul i64 {i}, {self.lanes}")
                totals = [total(f.assign(f"add i64 {start}, {first + lane}")) for lane in range(self.lanes)]
                place = self.as_vectors(f, at(f, self.real, target, start))
                self.store(f, self.load(f, place, self.bytes) + transposed_sum(totals), place, self.bytes)

            def single(i: str, target: str = target, first: int = first, n: int = n) -> None:
                i = f.assign(f"add i64 {i}, {n - n % self.lanes}")
                add = self.across(total(f.assign(f"add i64 {i}, {first}")))
                before = get(f, self.real, target, i)
                put(f, self.real, target, i, f.assign(f"fadd {self.real} {before}, {add}"))

            loop(f, n // self.lanes, group)
            loop(f, n % self.lanes, single)
            first += n

    def first_lanes(self, f: Function, count: str) -> Mask:
        """The first `count` lanes."""
        integers = vector("i64", self.lanes)
        order = lanes_literal(integers, range(self.lanes))
        valid = f.assign(f"icmp slt {integers} {order}, {spread(f, integers, count).name}")
        return Mask(Lanes(f, self.vector, "undef"), valid)

    def load(self, f: Function, place: str, align: int = 0) -> Lanes:
        """A vector from memory, where its address is a multiple of its size, or of `align` bytes."""
        name = f.assign(f"load {self.vector}, {self.vector}* {place}{f', align {align}' if align else ''}")
        return Lanes(f, self.vector, name)

    def store(self, f: Function, numbers: Lanes, place: str, align: int) -> None:
        """A vector to memory, where its address is a multiple of `align` bytes."""
        f.do(f"store {self.vector} {numbers.name}, {self.vector}* {place}, align {align}")

    def divide(self, f: Function, a: Arguments) -> None:
        """Turn the results, which are sums over all points, into means."""
        count = f.assign(f"sitofp i64 {a.n_items} to {self.real}")
        counts = spread(f, self.vector, count)
        for target, n in zip((a.values, a.gradient), self.widths, strict=True):

            def group(i: str, target: str = target) -> None:
                start = at(f, self.real, target, f.assign(f"mul i64 {i}, {self.lanes}"))
                place = self.as_vectors(f, start)
                self.store(f, self.load(f, place, self.bytes) / counts, place, self.bytes)

            def single(i: str, target: str = target, n: int = n) -> None:
                i = f.assign(f"add i64 {i}, {n - n % self.lanes}")
                total = get(f, self.real, target, i)
                put(f, self.real, target, i, f.assign(f"fdiv {self.real} {total}, {count}"))

            loop(f, n // self.lanes, group)
            loop(f, n % self.lanes, single)

    def across(self, numbers: Lanes) -> str:
        """The sum over the lanes."""
        if self.lanes == 1:
            return numbers.name
        name = f"llvm.vector.reduce.fadd.{self.vector.overload}"
        self.module.declare(name, self.real, f"{self.real}, {self.vector}")
        zero = f"{self.real} {literal(self.real, 0.0)}"
        return numbers.function.assign(f"call reassoc {self.real} @{name}({zero}, {self.vector} {numbers.name})")

    def place(self, f: Function, point: str, row: int) -> str:
        """Where among the rows the number of a point is."""
        block, lane = [f.assign(f"{divide} i64 {point}, {self.lanes}") for divide in ("udiv", "urem")]
        line = f.assign(f"add i64 {f.assign(f'mul i64 {block}, {self.n_rows}')}, {row}")
        return f.assign(f"add i64 {f.assign(f'mul i64 {line}, {self.lanes}')}, {lane}")

    def pack(self) -> None:
        """The inputs of the points, into the first rows; the last point again in the lanes behind it."""
        f, a, n = self.function("pack"), ARGUMENTS, self.tape.n_inputs
        last = f.assign(f"sub i64 {a.n_items}, 1")

        def one_point(p: str) -> None:
            is_before = f.assign(f"icmp slt i64 {p}, {last}")
            point = f.assign(f"select i1 {is_before}, i64 {p}, i64 {last}")
            first, to = f.assign(f"mul i64 {point}, {n}"), self.place(f, p, 0)

            def one_input(i: str) -> None:
                number = get(f, self.real, a.points, f.assign(f"add i64 {first}, {i}"))
                step = f.assign(f"mul i64 {i}, {self.lanes}")
                put(f, self.real, a.rows, f.assign(f"add i64 {to}, {step}"), number)

            loop(f, n, one_input)

        blocks = ceil_divide(f, a.n_items, self.lanes)
        loop(f, f.assign(f"mul i64 {blocks}, {self.lanes}"), one_point)
        f.end()

    def unpack(self) -> None:
        """The results of the points, from the last rows."""
        f, a = self.function("unpack"), ARGUMENTS

        def one_point(p: str) -> None:
            first_row = self.first_result
            for target, n in zip((a.values, a.gradient), self.widths, strict=True):
                start, base = self.place(f, p, first_row), f.assign(f"mul i64 {p}, {n}")

                def one_result(i: str, target: str = target, start: str = start, base: str = base) -> None:
                    step = f.assign(f"mul i64 {i}, {self.lanes}")
                    number = get(f, self.real, a.rows, f.assign(f"add i64 {start}, {step}"))
                    put(f, self.real, target, f.assign(f"add i64 {base}, {i}"), number)

                loop(f, n, one_result)
                first_row += n

        loop(f, a.n_items, one_point)
        f.end()

    # --------------------------------------------------------------------------------------------- the chunks

    def chunk_once(self, name: str, chunk: Chunk) -> str:
        """A chunk that runs once a call, on single numbers, and adds its terms to the results; its name."""
        f, a, kind = self.function(name), ARGUMENTS, vector(self.real, 1)
        body = Body(f, self.cut, kind, a.theta, a.kept, a.rows)
        places = {}
        for k in chunk.outputs:
            target, i = (a.values, k) if k < self.widths[0] else (a.gradient, k - self.widths[0])
            places[k] = at(f, self.real, target, i)
        totals = {
            k: spread(f, kind, f.assign(f"load {self.real}, {self.real}* {place}")) for k, place in places.items()
        }
        for step in chunk.steps:
            if isinstance(step, Result):
                totals[step.output] = body.plus(totals[step.output], step.term)
            else:
                body.compute(step)
        for k, place in places.items():
            f.do(f"store {self.real} {totals[k].lane(0)}, {self.real}* {place}")
        f.end()
        return name

    def chunk(self, name: str, chunk: Chunk) -> str:
        """A chunk that runs for every block: what it adds to the sums, or delivers for each point; its name."""
        f, a = self.function(name), ARGUMENTS
        memory, sums = self.as_vectors(f, a.rows), self.as_vectors(f, a.sums)
        outputs = chunk.outputs if self.mean else []

        def one_block(block: str, *before: Lanes) -> list[Lanes]:
            rows = at(f, self.vector, memory, f.assign(f"mul i64 {block}, {self.n_rows}"))
            body = Body(f, self.cut, self.vector, a.theta, a.kept, rows)
            totals = dict(zip(outputs, before, strict=True))
            for step in chunk.steps:
                if not isinstance(step, Result):
                    body.compute(step)
                elif self.mean:
                    totals[step.output] = body.plus(totals[step.output], step.term)
                else:
                    body.store(body.get(step.term[0]), self.first_result + step.output)
            return list(totals.values())

        nothing = Lanes(f, self.vector, constant(self.vector, 0.0))
        before = [self.load(f, at(f, self.vector, sums, k)) if k in self.begun else nothing for k in outputs]
        self.begun.update(outputs)
        after = loop(f, a.n_items, one_block, before)
        for k, total in zip(outputs, after, strict=True):
            put(f, self.vector, sums, k, total.name)
        f.end()
        return name
