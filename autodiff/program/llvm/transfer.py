"""Between arrays and lanes: inputs to rows, rows to results of each point, and the results that all points share."""

import math
from collections.abc import Sequence

from autodiff.program.llvm.body import ChunkBody
from autodiff.program.llvm.flow import at, ceil_divide, clear, get, loop, place_of, put
from autodiff.program.llvm.frame import ARGUMENTS, Arguments, Frame
from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.loops.nest import BATCH, Pointer
from autodiff.program.llvm.schedule import Chunk
from autodiff.program.llvm.text import Function, vector


def write_unpack(frame: Frame) -> None:
    """Write the function "unpack", which copies the results of the points from the last rows."""
    f, a = frame.function("unpack"), ARGUMENTS

    def one_point(p: str) -> None:
        rows, here = _lane(frame, f, a, p), frame.advance(f, a, p)
        for target in frame.targets:
            outputs = [k for k in frame.row_of_result if target.first <= k < target.first + target.width]
            if not outputs:
                continue
            source = at(f, frame.real, rows, frame.row_of_result[outputs[0]] * frame.lanes)
            columns = [frame.place_of_output(here, output) for output in outputs]

            def one_result(i: str, source: str = source, columns: Sequence[tuple[str, int]] = columns) -> None:
                number = get(f, frame.real, source, f.assign(f"mul i64 {i}, {frame.lanes}"))
                put(f, frame.real, columns[0][0], place_of(f, [column for _, column in columns], i), number)

            loop(f, len(outputs), one_result)

    loop(f, a.n_items, one_point)
    f.end()


def clear_zeros(frame: Frame, f: Function, a: Arguments) -> set[int]:
    """Write 0 to all results of an array if most of them are 0 at every point; return the outputs that are so done."""
    done: set[int] = set()
    for target in frame.targets:
        outputs = range(target.first, target.first + target.width)
        zeros = {k for k in outputs if _is_zero(frame, frame.tape.outputs[k])}
        if 2 * len(zeros) > target.width:
            n = f.assign(f"mul i64 {a.n_items}, {target.width}")
            clear(f, frame.real, getattr(a, target.argument), n)
            done |= zeros
    return done


def write_uniform(frame: Frame, name: str, chunk: Chunk, done: set[int]) -> str:
    """Write the function that copies results which all points share to each of them; return its name.

    The outputs in `done` are already written.
    """
    f, a = frame.function(name), ARGUMENTS
    body = ChunkBody(f, frame.cut, vector(frame.real, 1), a)
    numbers = {result.output: body.get(result.term[0]).name for result in chunk.results if result.output not in done}

    def one_point(p: str) -> None:
        here = frame.advance(f, a, p)
        for output, number in numbers.items():
            put(f, frame.real, *frame.place_of_output(here, output), number)

    if numbers:
        loop(f, a.n_items, one_point)
    f.end()
    return name


def _lane(frame: Frame, f: Function, a: Arguments, point: str) -> str:
    """The address of a point's number in the first row of its block."""
    block, lane = [f.assign(f"{divide} i64 {point}, {frame.lanes}") for divide in ("udiv", "urem")]
    start = f.assign(f"mul i64 {block}, {frame.n_rows * frame.lanes}")
    return at(f, frame.real, a.rows, f.assign(f"add i64 {start}, {lane}"))


def _is_zero(frame: Frame, line: int) -> bool:
    """Whether a line is the constant 0.0, not -0.0."""
    number = frame.tape.lines[line].number
    return frame.tape.is_constant(line) and number == 0.0 and math.copysign(1.0, number) > 0.0


def write_pack(n_inputs: int, rows: Pointer, lanes: int, n_points: str) -> None:
    """Write the copy of the inputs to rows. The lanes behind the last point get its inputs again.

    The strides of the rows are "i" from row to row, and "v" from one vector of points to the next.
    """
    f, real, kind = rows.f, rows.real, vector(rows.real, lanes)
    last = f.assign(f"sub i64 {n_points}, 1")

    def one_vector(v: str) -> None:
        first = f.assign(f"mul i64 {v}, {lanes}")
        target = rows.along("v", v)
        points = []
        for lane in range(lanes):
            p = f.assign(f"add i64 {first}, {lane}")
            point = f.assign(f"select i1 {f.assign(f'icmp slt i64 {p}, {last}')}, i64 {p}, i64 {last}")
            points.append(at(f, real, "%points", f.assign(f"mul i64 {point}, {n_inputs}")))

        def one_input(i: str) -> None:
            row = "undef"
            for lane, point in enumerate(points):
                row = f.assign(f"insertelement {kind} {row}, {real} {get(f, real, point, i)}, i32 {lane}")
            target.along("i", i).write(Lanes(f, kind, row), BATCH)

        loop(f, n_inputs, one_input, unrolled=False)

    loop(f, ceil_divide(f, n_points, lanes), one_vector)
