"""logsumexp of the terms of an operand, in two passes: the largest term first."""

import math
from collections.abc import Callable, Mapping, Sequence

from autodiff.primitives import EXP, LOG1P, MAXIMUM, MINIMUM
from autodiff.program.arrays.instructions import Reduce
from autodiff.program.llvm import functions
from autodiff.program.llvm.flow import loop
from autodiff.program.llvm.lanes import Lanes, where
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, move, read, walk, write
from autodiff.program.llvm.text import Function, constant, vector


def write_logsumexp(f: Function, layout: Layout, instruction: Reduce, points: Sequence[Segment]) -> None:
    """Write m + log1p(sum of exp(x - m)) for many terms, with the largest x as m and the sum over the others.

    Of two terms the smaller one is another, and the larger one is compared with the next. If m is infinite, it is the
    result.
    """
    real, lengths = layout.real, instruction.lengths
    (view,) = instruction.views
    out, source = [layout.pointer(f, v, lengths) for v in (instruction.out, view)]
    members = [*lengths][: len(instruction.loops)]
    terms = [Axis(name, [Segment(0, lengths[name])]) for name in [*lengths][len(members) :]]
    axes = [Axis(name, [Segment(0, lengths[name])]) for name in members]
    lane = BATCH if instruction.out.block.batched and not layout.single else ""
    axes += [Axis(BATCH, points)] if lane else []

    def body(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
        width = here[lane].width if lane else 1
        kind = vector(real, width)
        lowest, zero = [Lanes(f, kind, constant(kind, number)) for number in (-math.inf, 0.0)]

        def larger(x: Lanes, before: Sequence[Lanes]) -> list[Lanes]:
            return [functions.apply(MAXIMUM, (), [before[0], x])]

        (largest,) = _over(f, real, terms, pointers[1], lane, width, larger, [lowest])

        def add(x: Lanes, before: Sequence[Lanes]) -> list[Lanes]:
            smaller = functions.apply(MINIMUM, (), [before[0], x])
            return [*larger(x, before), before[1] + functions.apply(EXP, (), [smaller - largest])]

        _, total = _over(f, real, terms, pointers[1], lane, width, add, [lowest, zero])
        result = largest + functions.apply(LOG1P, (), [total])
        write(f, real, pointers[0], 0, lane, where(abs(largest).equals(math.inf), largest, result))

    walk(f, real, axes, [out, source], body)


def _over(
    f: Function,
    real: str,
    terms: Sequence[Axis],
    pointer: Pointer,
    lane: str,
    width: int,
    change: Callable[[Lanes, Sequence[Lanes]], list[Lanes]],
    carried: Sequence[Lanes],
) -> Sequence[Lanes]:
    """Write loops over terms that change some numbers with each."""
    if not terms:
        return change(read(f, real, pointer, 0, lane, width), carried)
    axis, *inner = terms
    (segment,) = axis.segments

    def turn(i: str, *before: Lanes) -> Sequence[Lanes]:
        return _over(f, real, inner, move(f, real, pointer, axis.name, i), lane, width, change, before)

    return loop(f, segment.turns, turn, carried)
