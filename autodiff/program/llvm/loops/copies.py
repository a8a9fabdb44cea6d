"""Instructions that move numbers: rows in another order, inputs into rows, results out of them."""

from collections.abc import Mapping, Sequence

from autodiff.program.arrays.instructions import Block, Gather, Instruction, Mean
from autodiff.program.llvm.flow import across, at, get, loop
from autodiff.program.llvm.lanes import Lanes, first_lanes, where
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, move, read, walk, write
from autodiff.program.llvm.text import Function, constant, vector
from autodiff.program.llvm.transfer import transposed

UNROLLED = 8  # numbers that a turn copies for a single point


def write_gather(f: Function, layout: Layout, instruction: Gather, points: Sequence[Segment]) -> None:
    """Write the copy of rows by their numbers, and then the padding."""
    (view,) = instruction.views
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    index = instruction.index.tolist()
    write_copy(f, layout, (source, [max(0, k) for k in index]), (out, None), len(index), points)
    if padded := [k for k, number in enumerate(index) if number < 0]:
        write_copy(f, layout, (instruction.pad, None), (out, padded), len(padded), points)


def write_results(f: Function, layout: Layout, instruction: Instruction, points: Sequence[Segment]) -> None:
    """Write the copy of numbers to results; of a number that all points share, to the result of each point."""
    (view,) = instruction.views
    lengths, index = instruction.lengths, getattr(instruction, "index", None)
    source = layout.pointer(f, view, lengths)
    is_shared = instruction.out.block.batched and not view.block.batched
    out = (layout.argument if is_shared else layout.pointer)(f, instruction.out, lengths)
    if index is not None:
        write_copy(f, layout, (source, None), (out, index.tolist()), len(index), points)
        return
    axes = [*[Axis(name, [Segment(0, n)]) for name, n in lengths.items()], Axis(BATCH, points)]
    walk(f, layout.real, axes, [source, out], lambda here, moved: _copy(f, layout, here, *moved))


def write_mean(f: Function, layout: Layout, instruction: Mean, lanes: int) -> None:
    """Write the sums over the points of rows, each added to the result that its index names."""
    (view,) = instruction.views
    real, index = layout.real, instruction.index
    assert index is not None
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    table = _offsets(f, index.tolist(), out)

    def one(k: str) -> None:
        row, place = move(f, real, source, "i", k), out.moved(f, real, get(f, "i64", table, k))
        total = f.assign(f"call {real} @{_sum_over_points(f, real, lanes)}({real}* {row.place}, i64 %n)")
        before = read(f, real, place, 0, "", 1)
        write(f, real, place, 0, "", before + Lanes(f, before.kind, total))

    loop(f, len(index), one, unrolled=False)


def _sum_over_points(f: Function, real: str, lanes: int) -> str:
    """The name of a function (row, n) of the module, the sum of the first n numbers of a row."""
    name, kind = "sum_over_points", vector(real, lanes)
    if name not in f.module.declared:
        f.module.declared[name] = ""  # it is defined here
        inside = Function(f.module, name, [f"{real}* %row", "i64 %n"], real, linkage="internal", attributes="noinline")
        row, zero = Pointer("%row", {BATCH: 1}), Lanes(inside, kind, constant(kind, 0.0))
        full, rest = [inside.assign(f"{operation} i64 %n, {lanes}") for operation in ("udiv", "urem")]

        def some(i: str, before: Lanes) -> Sequence[Lanes]:
            return [before + read(inside, real, move(inside, real, row, BATCH, i, lanes), 0, BATCH, lanes)]

        (total,) = loop(inside, full, some, [zero])
        last = read(inside, real, move(inside, real, row, BATCH, full, lanes), 0, BATCH, lanes)
        inside.end(f"{real} {across([total + where(first_lanes(inside, kind, rest), last, 0.0)]).name}")
    return name


def write_copy(
    f: Function,
    layout: Layout,
    source: tuple[Pointer | float, Sequence[int] | None],
    out: tuple[Pointer, Sequence[int] | None],
    n: int,
    points: Sequence[Segment],
) -> None:
    """Write the copy of n rows, at the given numbers or in order."""
    (source_place, source_rows), (out_place, out_rows) = source, out
    to = _offsets(f, out_rows, out_place) if out_rows else ""
    of = _offsets(f, source_rows, source_place) if source_rows and isinstance(source_place, Pointer) else ""

    def moved(pointer: Pointer, table: str, k: str) -> Pointer:
        if not table:
            return move(f, layout.real, pointer, "i", k)
        return pointer.moved(f, layout.real, get(f, "i64", table, k))

    def one(k: str) -> None:
        number = source_place if isinstance(source_place, float) else 0.0
        places = [moved(source_place, of, k)] if isinstance(source_place, Pointer) else []

        def copy(here: Mapping[str, Segment], there: Sequence[Pointer]) -> None:
            _copy(f, layout, here, there[0] if places else number, there[-1])

        walk(f, layout.real, [Axis(BATCH, points)], [*places, moved(out_place, to, k)], copy)

    def several(i: str) -> None:
        first = f.assign(f"mul i64 {i}, {UNROLLED}")
        for k in range(UNROLLED):
            one(f.assign(f"add i64 {first}, {k}"))

    done = n // UNROLLED * UNROLLED if layout.single else 0
    loop(f, done // UNROLLED, several, unrolled=False)
    loop(f, n - done, lambda k: one(f.assign(f"add i64 {k}, {done}") if done else k), unrolled=False)


def _copy(f: Function, layout: Layout, here: Mapping[str, Segment], source: Pointer | float, out: Pointer) -> None:
    """Write the copy of a vector, or of a number to all lanes."""
    width = here[BATCH].width
    if isinstance(source, Pointer):
        numbers = read(f, layout.real, source, 0, BATCH, width)
    else:
        kind = vector(layout.real, width)
        numbers = Lanes(f, kind, constant(kind, source))
    write(f, layout.real, out, 0, BATCH, numbers)


def _offsets(f: Function, rows: Sequence[int], pointer: Pointer) -> str:
    """The address of a table of the offsets of rows."""
    step = pointer.strides["i"]
    return f.module.array("i64", [row * step for row in rows])


def write_unpack(f: Function, layout: Layout, block: Block, name: str, lanes: int, n_points: str) -> None:
    """Write the copy of rows to the results of each point."""
    real, place = layout.real, layout.place(block)
    n_squares = block.n_rows // lanes
    rows = Pointer(at(f, real, place.base, place.first), {"i": place.row, BATCH: 1})
    out = Pointer(f"%{name}", {"i": 1, BATCH: block.n_rows})

    def one_vector(v: str) -> None:
        source, target = [move(f, real, p, BATCH, v, lanes) for p in (rows, out)]

        def square(i: str) -> None:
            place_of_square = move(f, real, source, "i", i, lanes)
            points = [read(f, real, place_of_square, k * place.row, BATCH, lanes) for k in range(lanes)]
            results = move(f, real, target, "i", i, lanes)
            for k, point in enumerate(transposed(points)):
                write(f, real, results, k * block.n_rows, "i", point)

        loop(f, n_squares, square, unrolled=False)

    def one_point(first: int, p: str) -> None:
        pair = [move(f, real, move(f, real, pointer, BATCH, p), "i", first) for pointer in (rows, out)]

        def one_result(i: str) -> None:
            here, there = [move(f, real, pointer, "i", i) for pointer in pair]
            write(f, real, there, 0, "", read(f, real, here, 0, "", 1))

        loop(f, block.n_rows - first, one_result, unrolled=False)

    full = f.assign(f"udiv i64 {n_points}, {lanes}") if n_squares else "0"
    done = f.assign(f"mul i64 {full}, {lanes}")
    loop(f, full, one_vector)
    loop(f, done, lambda p: one_point(n_squares * lanes, p))
    loop(f, f.assign(f"sub i64 {n_points}, {done}"), lambda p: one_point(0, f.assign(f"add i64 {p}, {done}")))


def write_clean(f: Function, layout: Layout, block: Block, lanes: int, n_points: str) -> None:
    """Write 0 to the lanes behind the last point, which are not to be added to a mean."""
    real, place = layout.real, layout.place(block)
    full, rest = [f.assign(f"{operation} i64 {n_points}, {lanes}") for operation in ("udiv", "urem")]
    valid = first_lanes(f, vector(real, lanes), rest)
    last = at(f, real, at(f, real, place.base, place.first), f.assign(f"mul i64 {full}, {lanes}"))
    n = f.assign(f"select i1 {f.assign(f'icmp eq i64 {rest}, 0')}, i64 0, i64 {block.n_rows}")

    def one_row(i: str) -> None:
        pointer = Pointer(at(f, real, last, f.assign(f"mul i64 {i}, {place.row}")), {BATCH: 1})
        write(f, real, pointer, 0, BATCH, where(valid, read(f, real, pointer, 0, BATCH, lanes), 0.0))

    loop(f, n, one_row)
