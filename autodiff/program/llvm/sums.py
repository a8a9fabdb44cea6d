"""Means: the running sums of each lane become totals in the arrays of results, and totals become means."""

from collections.abc import Mapping, Sequence

from autodiff.program.llvm.flow import across, at, get, loop, put
from autodiff.program.llvm.frame import Arguments, Frame
from autodiff.program.llvm.lanes import Lanes, first_lanes, spread, where
from autodiff.program.llvm.loops.nest import Axis, Pointer, Segment, vectors, walk
from autodiff.program.llvm.text import Function


def add_sums(frame: Frame, f: Function, a: Arguments, rest: str | None) -> None:
    """Add the sums of a tile to the totals: of all lanes, and of the first `rest` lanes of the last block.

    If every block is full, `rest` is None, and the sums of the last block are not read: nobody has written them. A
    masked load of memory that was never written takes 0.3 us, because its page is not mapped.
    """
    sums = frame.as_vectors(f, a.sums)
    valid = None if rest is None else first_lanes(f, frame.vector, rest)

    def lanes_of(output: str) -> Lanes:
        full = frame.load(f, at(f, frame.vector, sums, output))
        if valid is None:
            return full
        last = frame.load(f, at(f, frame.vector, sums, f.assign(f"add i64 {output}, {frame.n_outputs}")))
        return full + where(valid, last, 0.0)

    for target in frame.targets:
        array, n_groups = getattr(a, target.argument), target.width // frame.lanes

        def group(i: str, array: str = array, first: int = target.first) -> None:
            start = f.assign(f"mul i64 {i}, {frame.lanes}")
            output = f.assign(f"add i64 {start}, {first}")
            place = frame.as_vectors(f, at(f, frame.real, array, start))
            outputs = [f.assign(f"add i64 {output}, {lane}") if lane else output for lane in range(frame.lanes)]
            total = frame.load(f, place, frame.bytes) + across([lanes_of(each) for each in outputs])
            frame.store(f, total, place, frame.bytes)

        def one(i: str, array: str = array, first: int = target.first, done: int = n_groups * frame.lanes) -> None:
            i = f.assign(f"add i64 {i}, {done}")
            total = across([lanes_of(f.assign(f"add i64 {i}, {first}"))])
            put(f, frame.real, array, i, f.assign(f"fadd {frame.real} {get(f, frame.real, array, i)}, {total.name}"))

        loop(f, n_groups, group)
        loop(f, target.width % frame.lanes, one)


def divide(frame: Frame, f: Function, a: Arguments) -> None:
    """Divide the totals by the number of points."""
    count = f.assign(f"sitofp i64 {a.n_items} to {frame.real}")
    for target in frame.targets:
        write_division(f, frame.real, target.argument, target.width, count, frame.lanes)


def write_division(f: Function, real: str, name: str, n_rows: int, count: str, lanes: int) -> None:
    """Write the division of all numbers of an array by the number of points."""

    def divide(here: Mapping[str, Segment], moved: Sequence[Pointer]) -> None:
        total = moved[0].read("i", here["i"].width)
        moved[0].write(total / spread(f, total.kind, count), "i")

    walk(f, [Axis("i", vectors(n_rows, lanes, 1))], [Pointer(f, real, f"%{name}", {"i": 1})], divide)
