"""Sums of products, register-blocked: several results at once, so that a number that is loaded is used several times.

A block of results has rows, along which only one factor varies, columns, along which only the other does, or vectors
of points, and a running sum in a register for each. What lies in the lanes is decided for each instruction:

- points, as elsewhere; the lanes of a mean are added up at the end of a tile;
- inputs, for a mean of products with inputs, as the gradient of a first layer is: these lie side by side in the points
  as they come, so that nothing is transposed or added up across lanes;
- members or terms, if the numbers do not differ from point to point.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from autodiff.program.arrays.instructions import Instruction, View
from autodiff.program.llvm.flow import across, halved, loop
from autodiff.program.llvm.lanes import Lanes, plus
from autodiff.program.llvm.loops.elements import Elements
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, blocks, points, vectors, walk
from autodiff.program.llvm.text import Function, bytes_of, constant, vector

SIDE = 4  # results in a row and in a column of a block
MIN_INPUTS = 4  # in lanes
MAX_UNROLLED = 32  # multiplications in a loop without jumps


@dataclass
class Plan:
    """What lies in the lanes, and how results are blocked."""

    lane: str  # an axis, or ""
    members: list[str]  # the axes of the results
    terms: list[str]  # the axes of the sum
    out: Pointer
    factors: list[Pointer]
    row: str = ""
    column: str = ""
    vectors: int = 1  # in the lanes of a turn
    lengths: Mapping[str, int] = field(default_factory=dict)


def write_sum(elements: Elements, plan: "Plan", lanes: int, n_points: str, n_vectors: str) -> None:
    """Write the loops of a `Contract`, a `Reduce` with `sum`, or a `Mean`, and of the group that it leads.

    A mean is added to the results. There are `n_points`, in `n_vectors` of `lanes`.
    """
    f = elements.f
    others = [name for name in plan.members if name not in (plan.lane, plan.row)]
    axes = [Axis(name, blocks(plan.lengths[name], SIDE if name == plan.column else 1)) for name in others]
    if plan.lane == BATCH and BATCH in plan.members:
        axes.append(Axis(BATCH, points(f, n_vectors, lanes, plan.vectors)))
    elif plan.lane in plan.members:
        axes.append(Axis(plan.lane, vectors(plan.lengths[plan.lane], lanes, plan.vectors)))
    if plan.row:
        axes.append(Axis(plan.row, blocks(plan.lengths[plan.row], SIDE)))

    def body(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
        _Block(elements, plan, here, pointers).write(lanes, n_points, n_vectors)

    walk(f, axes, [*elements.pointers, *plan.factors], body)


# ---------------------------------------------------------------------------------------------------- the plan


def planned(f: Function, layout: Layout, instruction: Instruction, lanes: int) -> Plan:
    """Decide on lanes and blocks."""
    lengths = instruction.lengths
    names = [*lengths]
    n = len(instruction.loops)
    members, terms = names[:n], names[n:]
    views = instruction.views
    out = layout.pointer(f, instruction.out, lengths)
    factors = [layout.pointer(f, view, lengths) for view in views]
    plan = Plan("", members, terms, out, factors, lengths=lengths)
    if layout.single or not any(view.block.batched for view in (instruction.out, *views)):
        _choose_lane(plan, lanes)
    elif not instruction.mean:
        plan.lane, plan.members = BATCH, [*members, BATCH]
    else:
        plan.terms = [*terms, BATCH]
        plan.lane = BATCH
        for k, view in enumerate(views):
            raw = layout.argument(f, view, lengths) if view.block is layout.program.points else None
            for name in members:
                others = [p.strides[name] for p in factors if p is not factors[k]]
                side_by_side = raw and raw.strides[name] == out.strides[name] == 1 and not any(others)
                if raw and side_by_side and lengths[name] >= MIN_INPUTS:
                    plan.lane, plan.factors = name, [*factors[:k], raw, *factors[k + 1 :]]
    has_many_registers = lanes * bytes_of(layout.real) >= 64  # 32 of AVX-512, else 16
    _choose_blocks(plan, 4 if has_many_registers else 2)
    return plan


def _choose_lane(plan: Plan, lanes: int) -> None:
    """Choose the loop for the lanes where points are not in them: one along which numbers lie side by side."""

    def cost(name: str) -> float:
        width = min(lanes, plan.lengths.get(name, 1))
        each = [{0: 0.2, 1: 1 / width}.get(p.strides.get(name, 0), 1.0) for p in plan.factors]
        return sum(each) + 1 / width + (0.5 if name in plan.terms else 0.0 if plan.out.strides.get(name) == 1 else 1.0)

    names = [name for name in (*plan.members, *plan.terms) if plan.lengths[name] > 1]
    plan.lane = min(names, key=cost, default="")


def _choose_blocks(plan: Plan, n_vectors: int) -> None:
    """Choose the loops of rows and columns: those along which one factor varies and the other does not."""
    private: list[list[str]] = []
    for factor in plan.factors:
        others = [p for p in plan.factors if p is not factor]
        own = [m for m in plan.members if factor.strides[m] and not any(p.strides[m] for p in others)]
        private.append(sorted(own, key=lambda m: -plan.lengths.get(m, 0)))
    lane_is_summed = plan.lane in plan.terms
    free = [[m for m in own if m != plan.lane] for own in private]
    if len(free) < 2:
        free = [[], []]
    if len(private) == 1 and lane_is_summed and plan.lane == BATCH:  # means of some rows at once
        plan.column = next(iter(private[0]), "")
    elif lane_is_summed or not plan.lane:
        plan.row, plan.column = [own[0] if own else "" for own in free]
        if not plan.row or (plan.column and plan.out.strides[plan.row] == 1):  # columns lie side by side
            plan.row, plan.column = plan.column, plan.row
    else:
        side = [k for k, own in enumerate(private) if plan.lane in own]
        candidates = free[1 - side[0]] if side else [*free[0], *free[1]]
        plan.row = max(candidates, key=lambda m: plan.lengths[m], default="")
        plan.vectors = n_vectors


# ---------------------------------------------------------------------------------------------------- one block


class _Block:
    """The code of a block of results."""

    def __init__(
        self, elements: Elements, plan: Plan, here: Mapping[str, Segment], pointers: Sequence[Pointer]
    ) -> None:
        self.f, self.real, self.plan, self.elements = elements.f, elements.real, plan, elements
        self.places: dict[View, Pointer] = dict(zip(elements.views, pointers, strict=False))
        self.factors = pointers[len(elements.views) :]
        self.out = pointers[0]
        self.width = here[plan.lane].width if plan.lane in here else 1
        sides = [here[name].unroll if name in here else 1 for name in (plan.row, plan.column, plan.lane)]
        self.n_columns = sides[1]
        self.results = [*product(*map(range, sides))]

    def write(self, lanes: int, n_points: str, n_vectors: str) -> None:
        """Write all of it."""
        plan = self.plan
        if plan.lane in plan.terms and plan.lane != BATCH:
            totals = self.narrowing(lanes)
        else:
            width = lanes if plan.lane == BATCH else self.width
            terms = [(name, Segment(0, plan.lengths[name])) for name in plan.terms if name != BATCH]
            if BATCH in plan.terms:
                in_lanes = Segment(0, n_vectors, 1, width)
                terms.append((BATCH, in_lanes if plan.lane == BATCH else Segment(0, n_points)))
            totals = self.loops(terms, self.factors, self.zeros(width), width)
        if plan.lane == BATCH and BATCH in plan.terms:
            self.add_across(totals)
            return
        for result, total in zip(self.results, totals, strict=True):
            self.store(result, total)

    def zeros(self, width: int) -> list[Lanes]:
        """A sum of nothing for each result."""
        kind = vector(self.real, width)
        return [Lanes(self.f, kind, constant(kind, 0.0))] * len(self.results)

    def loops(
        self, terms: Sequence[tuple[str, Segment]], factors: Sequence[Pointer], totals: Sequence[Lanes], width: int
    ) -> Sequence[Lanes]:
        """Write the loops over the terms, each with the running sums; return the sum of each result."""
        if not terms:
            return self.turn(factors, totals, width)
        (name, segment), *inner = terms
        start = [p.along(name, segment.start) for p in factors]

        def turn(i: str | int, *before: Lanes) -> Sequence[Lanes]:
            return self.loops(inner, [p.along(name, i, segment.step) for p in start], before, width)

        if isinstance(segment.turns, int) and segment.turns * len(self.results) <= MAX_UNROLLED:
            for i in range(segment.turns):
                totals = turn(i, *totals)
            return totals
        return loop(self.f, segment.turns, turn, totals)

    def turn(self, factors: Sequence[Pointer], totals: Sequence[Lanes], width: int) -> list[Lanes]:
        """Write one turn of the innermost loop: a term of each result."""

        @functools.cache
        def get(k: int, offset: int) -> Lanes:
            return factors[k].read(self.plan.lane, width, offset)

        return [
            plus(total, [get(k, self.offset(p, result, width)) for k, p in enumerate(factors)])
            for total, result in zip(totals, self.results, strict=True)
        ]

    def offset(self, pointer: Pointer, result: Sequence[int], width: int) -> int:
        """How far the element of a result lies from that of the first of the block."""
        row, column, lane = [pointer.strides.get(name, 0) for name in (self.plan.row, self.plan.column, self.plan.lane)]
        return row * result[0] + column * result[1] + lane * result[2] * width

    # ------------------------------------------------------------------------------------------------- results

    def narrowing(self, lanes: int) -> Sequence[Lanes]:
        """Write a sum whose terms lie in the lanes: in whole vectors, then the rest in vectors of half the width."""
        plan = self.plan
        others = [(name, Segment(0, plan.lengths[name])) for name in plan.terms if name != plan.lane]
        segments = vectors(plan.lengths[plan.lane], lanes, 1)
        totals: Sequence[Lanes] = self.zeros(segments[0].width)
        for segment in segments:
            terms, before = [*others, (plan.lane, segment)], _narrowed(totals, segment.width)
            totals = self.loops(terms, self.factors, before, segment.width)
        return _narrowed(totals, 1)

    def store(self, result: Sequence[int], total: Lanes) -> None:
        """Write what is done with a result: it is stored, or a group goes on with it."""
        width = total.kind.count

        def place(view: View) -> Pointer:
            pointer = self.places[view]
            return pointer.moved(self.offset(pointer, result, width))

        self.elements.write(place, "" if self.plan.lane in self.plan.terms else self.plan.lane, width, total)

    def add_across(self, totals: Sequence[Lanes]) -> None:
        """Write the sums over the lanes, and add them to the results: those of some columns at once."""
        for start in range(0, len(totals), self.n_columns):
            done = 0
            while done < self.n_columns:
                n = 1 << (min(self.n_columns - done, totals[0].kind.count).bit_length() - 1)  # a power of 2
                total = across(totals[start + done : start + done + n])
                offset = self.offset(self.out, self.results[start + done], 1)
                before = self.out.read(self.plan.column, n, offset)
                self.out.write(before + total, self.plan.column, offset)
                done += n


def _narrowed(totals: Sequence[Lanes], width: int) -> Sequence[Lanes]:
    """Write sums of halves until vectors have this width."""
    while totals[0].kind.count > width:
        totals = [halved(total) for total in totals]
    return totals
