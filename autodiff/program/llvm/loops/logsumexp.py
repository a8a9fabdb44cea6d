"""logsumexp of the terms of an operand, in two passes: the largest term first."""

import math
from collections.abc import Mapping, Sequence

from autodiff.primitives import EXP, LOG1P, MAXIMUM, MINIMUM
from autodiff.program.arrays.instructions import Reduce
from autodiff.program.llvm import functions
from autodiff.program.llvm.flow import get, loop
from autodiff.program.llvm.lanes import Lanes, where
from autodiff.program.llvm.loops.elements import loops_of
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import Pointer, Segment, walk
from autodiff.program.llvm.text import Function, constant, vector


def write_logsumexp(f: Function, layout: Layout, instruction: Reduce, lanes: int, points: Sequence[Segment]) -> None:
    """Write m + log1p(sum of exp(x - m)) for many terms, with the largest x as m and the sum over the others.

    Of two terms the smaller one is another, and the larger one is compared with the next. If m is infinite, it is the
    result.
    """
    (view,) = instruction.views
    places = [layout.pointer(f, each, instruction.lengths) for each in (instruction.out, view)]
    rows = view._replace(offset=0, strides=view.strides[len(instruction.loops) :]).row_numbers(instruction.terms)
    offsets = f.module.array("i64", (rows * layout.place(view.block).row).ravel().tolist())
    axes, lane = loops_of(layout, instruction, places, lanes, points)

    def body(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
        width = here[lane].width if lane else 1
        kind = vector(layout.real, width)
        lowest, zero = [Lanes(f, kind, constant(kind, number)) for number in (-math.inf, 0.0)]

        def term(k: str) -> Lanes:
            return pointers[1].moved(get(f, "i64", offsets, k)).read(lane, width)

        def larger(k: str, before: Lanes) -> list[Lanes]:
            return [functions.apply(MAXIMUM, (), [before, term(k)])]

        (largest,) = loop(f, rows.size, larger, [lowest])

        def add(k: str, before: Lanes, total: Lanes) -> list[Lanes]:
            x = term(k)
            largest_so_far, smaller = [functions.apply(which, (), [before, x]) for which in (MAXIMUM, MINIMUM)]
            return [largest_so_far, total + functions.apply(EXP, (), [smaller - largest])]

        _, total = loop(f, rows.size, add, [lowest, zero])
        result = largest + functions.apply(LOG1P, (), [total])
        pointers[0].write(where(abs(largest).equals(math.inf), largest, result), lane)

    walk(f, axes, places, body)
