"""Instructions that move numbers: rows in another order, inputs into rows, results out of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autodiff.program.arrays.instructions import Gather, Mean
from autodiff.program.llvm.flow import across, get, loop
from autodiff.program.llvm.lanes import Lanes, first_lanes, where
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, walk
from autodiff.program.llvm.text import Function, constant, vector

UNROLLED = 8  # numbers that a turn copies for a single point


def write_gather(f: Function, layout: Layout, instruction: Gather, points: Sequence[Segment]) -> None:
    """Write the copy of rows by their numbers, and then the padding."""
    (view,), index = instruction.views, instruction.index
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    write_copy(f, layout, (source, np.maximum(index, 0)), (out, None), len(index), points)
    padded = np.flatnonzero(index < 0)
    if len(padded):
        pad = Pointer(f, layout.real, f.module.array(layout.real, [instruction.pad]), {})
        write_copy(f, layout, (pad, None), (out, padded), len(padded), points)


def write_results(f: Function, layout: Layout, instruction: Mean, points: Sequence[Segment]) -> None:
    """Write the copy of rows to the results that an index names."""
    (view,), index = instruction.views, instruction.index
    assert index is not None
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    write_copy(f, layout, (source, None), (out, index), len(index), points)


def write_mean(f: Function, layout: Layout, instruction: Mean, lanes: int) -> None:
    """Write the sums over the points of rows, each added to the result that its index names."""
    (view,), index, real = instruction.views, instruction.index, layout.real
    assert index is not None
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    table = _offsets(index, out)

    def one(k: str) -> None:
        row, place = source.along("i", k), out.moved(get(f, "i64", table, k))
        total = f.assign(f"call {real} @{_sum_over_points(f, real, lanes)}({real}* {row.place}, i64 %n)")
        before = place.read()
        place.write(before + Lanes(f, before.kind, total))

    loop(f, len(index), one, unrolled=False)


def _sum_over_points(f: Function, real: str, lanes: int) -> str:
    """The name of a function (row, n) of the module, the sum of the first n numbers of a row."""
    name, kind = "sum_over_points", vector(real, lanes)
    if name not in f.module.declared:
        f.module.declared[name] = ""  # it is defined here
        inside = Function(f.module, name, [f"{real}* %row", "i64 %n"], real, linkage="internal", attributes="noinline")
        row, zero = Pointer(inside, real, "%row", {BATCH: 1}), Lanes(inside, kind, constant(kind, 0.0))
        full, rest = [inside.assign(f"{operation} i64 %n, {lanes}") for operation in ("udiv", "urem")]

        def some(i: str, before: Lanes) -> Sequence[Lanes]:
            return [before + row.along(BATCH, i, lanes).read(BATCH, lanes)]

        (total,) = loop(inside, full, some, [zero])
        last = row.along(BATCH, full, lanes).read(BATCH, lanes)
        inside.end(f"{real} {across([total + where(first_lanes(inside, kind, rest), last, 0.0)]).name}")
    return name


def write_copy(
    f: Function,
    layout: Layout,
    source: tuple[Pointer, Any],
    out: tuple[Pointer, Any],
    n: int,
    points: Sequence[Segment],
) -> None:
    """Write the copy of n rows from one place to another, at the numbers of an index or, if it is None, in order."""
    places = [(pointer, "" if index is None else _offsets(index, pointer)) for pointer, index in (source, out)]

    def one(k: str) -> None:
        rows = [p.moved(get(f, "i64", table, k)) if table else p.along("i", k) for p, table in places]
        walk(f, [Axis(BATCH, points)], rows, _copy)

    def several(i: str) -> None:
        first = f.assign(f"mul i64 {i}, {UNROLLED}")
        for k in range(UNROLLED):
            one(f.assign(f"add i64 {first}, {k}"))

    done = n // UNROLLED * UNROLLED if layout.single else 0
    loop(f, done // UNROLLED, several, unrolled=False)
    loop(f, n - done, lambda k: one(f.assign(f"add i64 {k}, {done}") if done else k), unrolled=False)


def _offsets(index: Any, pointer: Pointer) -> str:
    """The address of a table of the offsets of rows."""
    return pointer.f.module.array("i64", (index * pointer.strides["i"]).tolist())


def write_unpack(rows: Pointer, results: Pointer, n_rows: int, lanes: int, n_points: str) -> None:
    """Write the copy of rows to the results of each point: vectors of points, then one by one those that are left."""
    f = rows.f
    full, rest = [f.assign(f"{operation} i64 {n_points}, {lanes}") for operation in ("udiv", "urem")]
    points = [Segment(0, full, 1, lanes), Segment(f.assign(f"mul i64 {full}, {lanes}"), rest)]
    walk(f, [Axis(BATCH, points), Axis("i", [Segment(0, n_rows)])], [rows, results], _copy)


def _copy(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
    """Write the copy of a vector of points, or of one."""
    of, to = pointers
    to.write(of.read(BATCH, here[BATCH].width), BATCH)


def write_clean(rows: Pointer, n_rows: int, lanes: int, n_points: str) -> None:
    """Write 0 to the lanes behind the last point, which are not to be added to a mean."""
    f = rows.f
    full, rest = [f.assign(f"{operation} i64 {n_points}, {lanes}") for operation in ("udiv", "urem")]
    valid, last = first_lanes(f, vector(rows.real, lanes), rest), rows.along(BATCH, full, lanes)
    n = f.assign(f"select i1 {f.assign(f'icmp eq i64 {rest}, 0')}, i64 0, i64 {n_rows}")

    def one_row(i: str) -> None:
        row = last.along("i", i)
        row.write(where(valid, row.read(BATCH, lanes), 0.0), BATCH)

    loop(f, n, one_row)
