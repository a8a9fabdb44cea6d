"""`Emitter`: the LLVM module of a tape, loops around straight-line code; what it consists of is described in `llvm`."""

from collections.abc import Sequence
from typing import NamedTuple

from llvmlite import ir

from autodiff.program.llvm.body import I32, I64, Body, broadcast
from autodiff.program.llvm.flow import at, ceil_divide, get, loop, put, transposed_sum
from autodiff.program.llvm.schedule import Chunk, Result, Schedule

TILE = 16  # blocks of points between two chunks: few enough that their rows stay in the second cache


class Arguments(NamedTuple):
    """What every function gets: addresses, and how many points there are, or for a chunk how many blocks."""

    points: ir.Value
    theta: ir.Value
    values: ir.Value
    gradient: ir.Value
    kept: ir.Value
    sums: ir.Value
    rows: ir.Value
    count: ir.Value


class Emitter:
    """Writes the LLVM module of a program.

    The memory it works in: the numbers kept from what runs once a call; a sum for each output in each lane, twice, the
    second time for the last block, if that is not full; the rows of each block of a tile.

    Args:
        cut: the schedule of a tape; the tape's first `n_values` outputs are values, the rest derivatives.
        n_values: how many of the outputs are values.
        mean: whether results are averages over the points, not results of each point.
        lanes: W, the points in a block.
        real: the type of a number, double or float.
    """

    def __init__(self, cut: Schedule, n_values: int, mean: bool, lanes: int, real: ir.Type) -> None:
        self.cut, self.tape, self.mean, self.lanes, self.real = (cut, cut.tape, mean, lanes, real)
        self.vector, self.bytes = (ir.VectorType(real, lanes), 8 if real == ir.DoubleType() else 4)
        n = len(self.tape.outputs)
        self.widths = (n_values, n - n_values)
        self.first_result = len(cut.rows)  # the results of each point have rows of their own, behind the others
        self.n_rows = self.first_result + (0 if mean else n)
        self.sums_at = -(-len(cut.kept) // lanes) * lanes  # a whole number of vectors
        self.sums_size = n * lanes if mean and cut.chunks else 0
        self.rows_at = self.sums_at + 2 * self.sums_size
        self.memory_size = self.rows_at + self.n_rows * lanes * TILE  # numbers
        self.begun: set[int] = set()  # the outputs that an earlier chunk has terms of
        self.module = ir.Module("program")

    def emit(self) -> ir.Module:
        """Write the module; its "kernel" is a function (points, theta, values, gradient, memory, count)."""
        once = [self.chunk_once(f"once{i}", chunk) for i, chunk in enumerate(self.cut.once)]
        chunks = [self.chunk(f"chunk{i}", chunk) for i, chunk in enumerate(self.cut.chunks)]
        after = [self.chunk_once(f"after{i}", chunk) for i, chunk in enumerate(self.cut.after)]
        self.kernel(once, chunks, after)
        return self.module

    def function(self, name: str) -> tuple[ir.IRBuilder, Arguments]:
        """A new function of the module, and its arguments."""
        kind = ir.FunctionType(ir.VoidType(), [self.real.as_pointer()] * 7 + [I64])
        function = ir.Function(self.module, kind, name)
        for argument in function.args[:7]:
            argument.add_attribute("noalias")
        return ir.IRBuilder(function.append_basic_block()), Arguments(*function.args)

    # ------------------------------------------------------------------------------------- around the chunks

    def kernel(self, once: Sequence[ir.Function], chunks: Sequence[ir.Function], after: Sequence[ir.Function]) -> None:
        """What runs once, then tile after tile of points; then sums become means, what is alike for all is added."""
        kind = ir.FunctionType(ir.VoidType(), [self.real.as_pointer()] * 5 + [I64])
        kernel = ir.Function(self.module, kind, "kernel")
        points, theta, values, gradient, memory, count = kernel.args
        builder = ir.IRBuilder(kernel.append_basic_block())
        sums, rows = [builder.gep(memory, [I64(place)]) for place in (self.sums_at, self.rows_at)]
        a = Arguments(points, theta, values, gradient, memory, sums, rows, count)
        if self.mean:
            for target, n in zip((values, gradient), self.widths, strict=True):
                self.clear(builder, target, n)
        for part in once:
            builder.call(part, a)
        if chunks:
            parts = (self.pack(), chunks, self.unpack())
            loop(builder, ceil_divide(builder, count, TILE * self.lanes), lambda i: self.tile(builder, a, i, *parts))
        if self.mean and chunks:
            self.divide(builder, a)
        for part in after:
            builder.call(part, a)
        builder.ret_void()

    def clear(self, builder: ir.IRBuilder, place: ir.Value, n: int) -> None:
        """Set n numbers to 0."""
        pointer = ir.IntType(8).as_pointer()
        fill = self.module.declare_intrinsic("llvm.memset", [pointer, I64])
        start = builder.bitcast(place, pointer)
        builder.call(fill, [start, ir.Constant(ir.IntType(8), 0), I64(n * self.bytes), ir.Constant(ir.IntType(1), 0)])

    def tile(
        self,
        builder: ir.IRBuilder,
        a: Arguments,
        i: ir.Value,
        pack: ir.Function,
        chunks: Sequence[ir.Function],
        unpack: ir.Function,
    ) -> None:
        """A tile of points. In means, the last block may not be full, and has sums of its own."""
        start = builder.mul(i, I64(TILE * self.lanes))
        left = builder.sub(a.count, start)
        count = builder.select(builder.icmp_signed("<", left, I64(TILE * self.lanes)), left, I64(TILE * self.lanes))
        here = a._replace(points=at(builder, a.points, builder.mul(start, I64(self.tape.n_inputs))), count=count)
        builder.call(pack, here)
        if not self.mean:
            blocks = ceil_divide(builder, count, self.lanes)
            for chunk in chunks:
                builder.call(chunk, here._replace(count=blocks))
            values, gradient = [
                at(builder, target, builder.mul(start, I64(n)))
                for target, n in zip((a.values, a.gradient), self.widths, strict=True)
            ]
            builder.call(unpack, here._replace(values=values, gradient=gradient))
            return
        blocks, rest = (builder.udiv(count, I64(self.lanes)), builder.urem(count, I64(self.lanes)))
        for chunk in chunks:
            builder.call(chunk, here._replace(count=blocks))
        with builder.if_else(builder.icmp_signed(">", rest, I64(0))) as (then, otherwise):
            with then:
                sums = at(builder, a.sums, I64(self.sums_size))
                rows = at(builder, a.rows, builder.mul(blocks, I64(self.n_rows * self.lanes)))
                for chunk in chunks:
                    builder.call(chunk, here._replace(sums=sums, rows=rows, count=I64(1)))
                self.add_sums(builder, a, rest)
            with otherwise:
                self.add_sums(builder, a, None)

    def add_sums(self, builder: ir.IRBuilder, a: Arguments, rest: ir.Value | None) -> None:
        """Add the sums of a tile to the results: over all lanes, and in the last block over the first `rest`.

        Without a last block that is not full, `rest` is None and its sums are not read: nobody has written them. A
        masked load of memory that was never written takes 0.3 us, because its page is not mapped.
        """
        integers = ir.VectorType(I64, self.lanes)
        lanes = ir.Constant(integers, list(range(self.lanes)))
        valid = None if rest is None else builder.icmp_signed("<", lanes, broadcast(builder, integers, rest))
        sums = builder.bitcast(a.sums, self.vector.as_pointer())

        def total(k: ir.Value) -> ir.Value:
            full = get(builder, sums, k)
            if valid is None:
                return full
            last = get(builder, sums, builder.add(k, I64(len(self.tape.outputs))))
            return builder.fadd(full, builder.select(valid, last, ir.Constant(self.vector, None)))

        first = 0
        for target, n in zip((a.values, a.gradient), self.widths, strict=True):

            def group(i: ir.Value, target: ir.Value = target, first: int = first) -> None:
                start = builder.mul(i, I64(self.lanes))
                totals = [total(builder.add(start, I64(first + lane))) for lane in range(self.lanes)]
                place = builder.bitcast(at(builder, target, start), self.vector.as_pointer())
                before = builder.load(place, align=self.bytes)
                builder.store(builder.fadd(before, transposed_sum(builder, totals)), place, align=self.bytes)

            def single(i: ir.Value, target: ir.Value = target, first: int = first, n: int = n) -> None:
                i = builder.add(i, I64(n - n % self.lanes))
                add = self.across(builder, total(builder.add(i, I64(first))))
                put(builder, target, i, builder.fadd(get(builder, target, i), add))

            loop(builder, I64(n // self.lanes), group)
            loop(builder, I64(n % self.lanes), single)
            first += n

    def divide(self, builder: ir.IRBuilder, a: Arguments) -> None:
        """Turn the results, which are sums over all points, into means."""
        count = builder.sitofp(a.count, self.real)
        counts = broadcast(builder, self.vector, count)
        for target, n in zip((a.values, a.gradient), self.widths, strict=True):

            def group(i: ir.Value, target: ir.Value = target) -> None:
                start = at(builder, target, builder.mul(i, I64(self.lanes)))
                place = builder.bitcast(start, self.vector.as_pointer())
                mean = builder.fdiv(builder.load(place, align=self.bytes), counts)
                builder.store(mean, place, align=self.bytes)

            def single(i: ir.Value, target: ir.Value = target, n: int = n) -> None:
                i = builder.add(i, I64(n - n % self.lanes))
                put(builder, target, i, builder.fdiv(get(builder, target, i), count))

            loop(builder, I64(n // self.lanes), group)
            loop(builder, I64(n % self.lanes), single)

    def across(self, builder: ir.IRBuilder, vector: ir.Value) -> ir.Value:
        """The sum over the lanes."""
        name = f"llvm.vector.reduce.fadd.v{self.lanes}f{8 * self.bytes}"
        kind = ir.FunctionType(self.real, [self.real, self.vector])
        reduce = self.module.globals.get(name) or ir.Function(self.module, kind, name)
        return builder.call(reduce, [ir.Constant(self.real, 0.0), vector], fastmath=("reassoc",))

    def place(self, builder: ir.IRBuilder, point: ir.Value, row: ir.Value) -> ir.Value:
        """Where among the rows the number of a point is."""
        block, lane = (builder.udiv(point, I64(self.lanes)), builder.urem(point, I64(self.lanes)))
        line = builder.add(builder.mul(block, I64(self.n_rows)), row)
        return builder.add(builder.mul(line, I64(self.lanes)), lane)

    def pack(self) -> ir.Function:
        """The inputs of the points, into the first rows; the last point again in the lanes behind it."""
        builder, a = self.function("pack")
        last, n = builder.sub(a.count, I64(1)), I64(self.tape.n_inputs)

        def one_point(p: ir.Value) -> None:
            first = builder.mul(builder.select(builder.icmp_signed("<", p, last), p, last), n)
            to = self.place(builder, p, I64(0))

            def one_input(i: ir.Value) -> None:
                number = get(builder, a.points, builder.add(first, i))
                put(builder, a.rows, builder.add(to, builder.mul(i, I64(self.lanes))), number)

            loop(builder, n, one_input)

        blocks = ceil_divide(builder, a.count, self.lanes)
        loop(builder, builder.mul(blocks, I64(self.lanes)), one_point)
        builder.ret_void()
        return builder.function

    def unpack(self) -> ir.Function:
        """The results of the points, from the last rows."""
        builder, a = self.function("unpack")

        def one_point(p: ir.Value) -> None:
            first_row = self.first_result
            for target, n in zip((a.values, a.gradient), self.widths, strict=True):
                start, base = (self.place(builder, p, I64(first_row)), builder.mul(p, I64(n)))

                def one_result(
                    i: ir.Value, target: ir.Value = target, start: ir.Value = start, base: ir.Value = base
                ) -> None:
                    number = get(builder, a.rows, builder.add(start, builder.mul(i, I64(self.lanes))))
                    put(builder, target, builder.add(base, i), number)

                loop(builder, I64(n), one_result)
                first_row += n

        loop(builder, a.count, one_point)
        builder.ret_void()
        return builder.function

    # --------------------------------------------------------------------------------------------- the chunks

    def chunk_once(self, name: str, chunk: Chunk) -> ir.Function:
        """A chunk that runs once a call, on single numbers, and adds its terms to the results."""
        builder, a = self.function(name)
        kind = ir.VectorType(self.real, 1)
        body = Body(builder, self.cut, kind, a.theta, a.kept, a.rows)
        places = {}
        for k in chunk.outputs:
            target, i = (a.values, k) if k < self.widths[0] else (a.gradient, k - self.widths[0])
            places[k] = at(builder, target, I64(i))
        totals = {k: broadcast(builder, kind, builder.load(place)) for k, place in places.items()}
        for step in chunk.steps:
            if isinstance(step, Result):
                totals[step.output] = body.plus(totals[step.output], step.term)
            else:
                body.compute(step)
        for k, place in places.items():
            builder.store(builder.extract_element(totals[k], I32(0)), place)
        builder.ret_void()
        return builder.function

    def chunk(self, name: str, chunk: Chunk) -> ir.Function:
        """A chunk that runs for every block: what it adds to the sums, or delivers for each point."""
        builder, a = self.function(name)
        memory = builder.bitcast(a.rows, self.vector.as_pointer())
        sums = builder.bitcast(a.sums, self.vector.as_pointer())
        outputs = chunk.outputs if self.mean else []

        def one_block(block: ir.Value, *before: ir.Value) -> list[ir.Value]:
            rows = at(builder, memory, builder.mul(block, I64(self.n_rows)))
            body = Body(builder, self.cut, self.vector, a.theta, a.kept, rows)
            totals = dict(zip(outputs, before, strict=True))
            for step in chunk.steps:
                if not isinstance(step, Result):
                    body.compute(step)
                elif self.mean:
                    totals[step.output] = body.plus(totals[step.output], step.term)
                else:
                    builder.store(body.get(step.term[0]), body.row(self.first_result + step.output))
            return list(totals.values())

        nothing = ir.Constant(self.vector, None)
        before = [get(builder, sums, I64(k)) if k in self.begun else nothing for k in outputs]
        self.begun.update(outputs)
        after = loop(builder, a.count, one_block, before)
        for k, total in zip(outputs, after, strict=True):
            put(builder, sums, I64(k), total)
        builder.ret_void()
        return builder.function
