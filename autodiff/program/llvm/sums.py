"""Means: the running sums of each lane become totals in the arrays of results, and totals become means."""

from collections.abc import Mapping, Sequence

from autodiff.program.llvm.flow import across
from autodiff.program.llvm.frame import Arguments, Frame
from autodiff.program.llvm.lanes import Lanes, first_lanes, spread, where
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, vectors, walk
from autodiff.program.llvm.text import Function


def add_sums(frame: Frame, f: Function, a: Arguments, rest: str | None) -> None:
    """Add the sums of a tile to the totals: of all lanes, and of the first `rest` lanes of the last block.

    If every block is full, `rest` is None, and the sums of the last block are not read: nobody has written them. A
    masked load of memory that was never written takes 0.3 us, because its page is not mapped.
    """
    valid = None if rest is None else first_lanes(f, frame.vector, rest)

    def lanes_of(sums: Pointer) -> Lanes:
        full = sums.read(BATCH, frame.lanes)
        return full if valid is None else full + where(valid, sums.read(BATCH, frame.lanes, frame.sums_size), 0.0)

    def add(here: Mapping[str, Segment], moved: Sequence[Pointer]) -> None:
        (total, sums), n = moved, here["i"].width
        total.write(total.read("i", n) + across([lanes_of(sums.along("i", k)) for k in range(n)]), "i")

    for target in frame.targets:
        total = Pointer(f, frame.real, getattr(a, target.argument), {"i": 1})
        sums = Pointer(f, frame.real, a.sums, {"i": frame.lanes, BATCH: 1}).along("i", target.first)
        full, rest_of_target = divmod(target.width, frame.lanes)
        segments = [Segment(0, full, 1, frame.lanes), Segment(full * frame.lanes, rest_of_target)]
        walk(f, [Axis("i", [each for each in segments if each.turns])], [total, sums], add)


def write_division(f: Function, real: str, widths: Mapping[str, int], n_points: str, lanes: int) -> None:
    """Write the division of all numbers of some arrays by the number of points."""
    count = f.assign(f"sitofp i64 {n_points} to {real}")

    def divide(here: Mapping[str, Segment], moved: Sequence[Pointer]) -> None:
        total = moved[0].read("i", here["i"].width)
        moved[0].write(total / spread(f, total.kind, count), "i")

    for array, width in widths.items():
        walk(f, [Axis("i", vectors(width, lanes, 1))], [Pointer(f, real, array, {"i": 1})], divide)
