"""Means: the running sums of each lane become totals in the arrays of results, and totals become means."""

from collections.abc import Callable

from autodiff.program.llvm.flow import across, at, get, loop, put
from autodiff.program.llvm.frame import Arguments, Frame
from autodiff.program.llvm.lanes import Lanes, Mask, spread, where
from autodiff.program.llvm.text import Function, lanes_literal, vector


def add_sums(frame: Frame, f: Function, a: Arguments, rest: str | None) -> None:
    """Add the sums of a tile to the totals: of all lanes, and of the first `rest` lanes of the last block.

    If every block is full, `rest` is None, and the sums of the last block are not read: nobody has written them. A
    masked load of memory that was never written takes 0.3 us, because its page is not mapped.
    """
    sums = frame.as_vectors(f, a.sums)
    valid = None if rest is None else _first_lanes(frame, f, rest)

    def lanes_of(output: str) -> Lanes:
        full = frame.load(f, at(f, frame.vector, sums, output))
        if valid is None:
            return full
        last = frame.load(f, at(f, frame.vector, sums, f.assign(f"add i64 {output}, {frame.n_outputs}")))
        return full + where(valid, last, 0.0)

    def add_group(before: Lanes, first: str) -> Lanes:
        return before + across(
            [lanes_of(f.assign(f"add i64 {first}, {lane}") if lane else first) for lane in range(frame.lanes)]
        )

    def add_one(before: str, output: str) -> str:
        return f.assign(f"fadd {frame.real} {before}, {across([lanes_of(output)]).name}")

    _change_results(frame, f, a, add_group, add_one)


def divide(frame: Frame, f: Function, a: Arguments) -> None:
    """Divide the totals by the number of points."""
    count = f.assign(f"sitofp i64 {a.n_items} to {frame.real}")
    counts = spread(f, frame.vector, count)
    _change_results(
        frame, f, a, lambda totals, _: totals / counts, lambda total, _: f.assign(f"fdiv {frame.real} {total}, {count}")
    )


def _change_results(
    frame: Frame,
    f: Function,
    a: Arguments,
    change_group: Callable[[Lanes, str], Lanes],
    change_one: Callable[[str, str], str],
) -> None:
    """Change all results: first as many as there are lanes at a time, then the others one by one.

    `change_group` and `change_one` get numbers of results and the first of their outputs, and return new numbers.
    """
    for target in frame.targets:
        array, n_groups = getattr(a, target.argument), target.width // frame.lanes

        def group(i: str, array: str = array, first: int = target.first) -> None:
            start = f.assign(f"mul i64 {i}, {frame.lanes}")
            output = f.assign(f"add i64 {start}, {first}")
            place = frame.as_vectors(f, at(f, frame.real, array, start))
            frame.store(f, change_group(frame.load(f, place, frame.bytes), output), place, frame.bytes)

        def one(i: str, array: str = array, first: int = target.first, done: int = n_groups * frame.lanes) -> None:
            i = f.assign(f"add i64 {i}, {done}")
            output = f.assign(f"add i64 {i}, {first}")
            put(f, frame.real, array, i, change_one(get(f, frame.real, array, i), output))

        loop(f, n_groups, group)
        loop(f, target.width % frame.lanes, one)


def _first_lanes(frame: Frame, f: Function, count: str) -> Mask:
    """The first `count` lanes."""
    integers = vector("i64", frame.lanes)
    order = lanes_literal(integers, range(frame.lanes))
    valid = f.assign(f"icmp slt {integers} {order}, {spread(f, integers, count).name}")
    return Mask(Lanes(f, frame.vector, "undef"), valid)
