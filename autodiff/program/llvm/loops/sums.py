"""Sums of products, register-blocked: several results at once, so that a number that is loaded is used several times.

A block of results has rows, along which only one factor varies, columns, along which only the other does, or vectors
of points, and a running sum in a register for each. What lies in the lanes is decided for each instruction:

- points, as elsewhere; the lanes of a mean are added up at the end of a tile;
- inputs, for a mean of products with inputs, as the gradient of a first layer is: these lie side by side in the points
  as they come, so that nothing is transposed or added up across lanes;
- members or terms, if the numbers do not differ from point to point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from autodiff.program.arrays.instructions import Instruction, View
from autodiff.program.llvm.flow import across, halved, loop
from autodiff.program.llvm.lanes import Lanes, plus
from autodiff.program.llvm.loops.elements import Elements
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import (
    BATCH,
    Axis,
    Pointer,
    Segment,
    blocks,
    move,
    points,
    read,
    vectors,
    walk,
    write,
)
from autodiff.program.llvm.text import Function, bytes_of, constant, vector

ROWS, FEW_ROWS = (5, 4, 6), (4,)  # results in a column of a block, the best first; with 16 registers
COLUMNS = (4, 2)  # in a row of a block, likewise
MIN_CHAINS = 4  # of additions at the same time, each of which takes four cycles
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
    heights: Sequence[int] = ROWS  # of blocks
    chains: int = 1  # of additions for each result
    lengths: Mapping[str, int] = field(default_factory=dict)


def write_sum(elements: Elements, plan: "Plan", lanes: int, n_points: str, n_vectors: str) -> None:
    """Write the loops of a `Contract`, a `Reduce` with `sum`, or a `Mean`, and of the group that it leads.

    A mean is added to the results. There are `n_points`, in `n_vectors` of `lanes`.
    """
    f, real = elements.f, elements.real
    axes = []
    for name in plan.members:
        if name not in (plan.lane, plan.row):
            length = plan.lengths[name]
            axes.append(
                Axis(name, blocks(length, _best(length, COLUMNS)) if name == plan.column else [Segment(0, length)])
            )
    if plan.lane in plan.members:
        axes.append(Axis(plan.lane, _in_lanes(f, plan, lanes, n_vectors)))
    if plan.row:
        axes.append(Axis(plan.row, blocks(plan.lengths[plan.row], _best(plan.lengths[plan.row], plan.heights))))

    def body(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
        _Block(elements, plan, here, pointers).write(lanes, n_points, n_vectors)

    walk(f, real, axes, [*elements.pointers, *plan.factors], body)


def _in_lanes(f: Function, plan: Plan, lanes: int, n_vectors: str) -> list[Segment]:
    if plan.lane == BATCH:
        return points(f, n_vectors, lanes, plan.vectors)
    return vectors(plan.lengths[plan.lane], lanes, plan.vectors)


def _best(length: int, sizes: Sequence[int]) -> int:
    """The size of blocks that leaves the shortest rest."""
    return min(sizes, key=lambda n: (length % n > 0, sizes.index(n))) if length > max(sizes) else length


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
    plan.heights = ROWS if has_many_registers else FEW_ROWS
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
    n_results = _best(plan.lengths[plan.row], plan.heights) if plan.row else 1
    n_results *= _best(plan.lengths[plan.column], COLUMNS) if plan.column else 1
    if n_results * plan.vectors < MIN_CHAINS:
        plan.chains = MIN_CHAINS


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
        n_rows, n_columns = [here[name].unroll if name else 1 for name in (plan.row, plan.column)]
        n_vectors = here[plan.lane].unroll if plan.lane in here else 1
        self.n_columns = n_columns
        self.results = [*product(range(n_rows), range(n_columns), range(n_vectors))]

    def write(self, lanes: int, n_points: str, n_vectors: str) -> None:
        """Write all of it."""
        plan = self.plan
        if plan.lane in plan.terms and plan.lane != BATCH:
            totals = self.narrowing(lanes)
        else:
            width = lanes if plan.lane == BATCH else self.width
            terms = [Axis(name, self.turns(plan.lengths[name])) for name in plan.terms if name != BATCH]
            if BATCH in plan.terms:
                in_lanes = points(self.f, n_vectors, width, plan.chains)
                terms.append(Axis(BATCH, in_lanes if plan.lane == BATCH else [Segment(0, n_points)]))
            totals = self.sums(terms, self.zeros(width), width)
        if plan.lane == BATCH and BATCH in plan.terms:
            self.add_across(totals)
            return
        for result, total in zip(self.results, totals, strict=True):
            self.store(result, total)

    def turns(self, length: int) -> list[Segment]:
        """The segments of a loop over terms."""
        return blocks(length, self.plan.chains)

    def zeros(self, width: int) -> list[Lanes]:
        """A sum of nothing for each chain of each result."""
        kind = vector(self.real, width)
        return [Lanes(self.f, kind, constant(kind, 0.0))] * (len(self.results) * self.plan.chains)

    def sums(self, terms: Sequence[Axis], totals: Sequence[Lanes], width: int) -> list[Lanes]:
        """Write the loops over the terms; return the sum of each result."""
        totals = self.loops(terms, self.factors, totals, {}, width)
        n = len(self.results)
        while len(totals) > n:
            half = len(totals) // 2
            totals = [x + y for x, y in zip(totals[:half], totals[half:], strict=True)]
        return list(totals)

    def loops(
        self,
        terms: Sequence[Axis],
        factors: Sequence[Pointer],
        totals: Sequence[Lanes],
        here: Mapping[str, Segment],
        width: int,
    ) -> Sequence[Lanes]:
        """Write the loops over the terms, each with the running sums."""
        f = self.f
        if not terms:
            return self.turn(factors, totals, here, width)
        axis, *inner = terms
        for segment in axis.segments:
            start = [move(f, self.real, p, axis.name, segment.start) for p in factors]
            below = {**here, axis.name: segment}

            def turn(
                i: str,
                *before: Lanes,
                start: Sequence[Pointer] = start,
                segment: Segment = segment,
                below: Mapping[str, Segment] = below,
            ) -> Sequence[Lanes]:
                moved = [move(f, self.real, p, axis.name, int(i) if i.isdigit() else i, segment.step) for p in start]
                return self.loops(inner, moved, before, below, width)

            if isinstance(segment.turns, int) and segment.turns * len(self.results) <= MAX_UNROLLED:
                for i in range(segment.turns):
                    totals = turn(str(i), *totals)
            else:
                totals = loop(f, segment.turns, turn, totals)
        return totals

    def turn(
        self, factors: Sequence[Pointer], totals: Sequence[Lanes], here: Mapping[str, Segment], width: int
    ) -> list[Lanes]:
        """Write one turn of the innermost loop: some terms of each result."""
        plan, totals = self.plan, list(totals)
        n = len(self.results)
        known: dict[tuple[int, int], Lanes] = {}

        def get(k: int, offset: int) -> Lanes:
            if (k, offset) not in known:
                known[k, offset] = read(self.f, self.real, factors[k], offset, plan.lane, width)
            return known[k, offset]

        inner = [(name, segment) for name, segment in here.items() if segment.unroll > 1]
        for step, shifts in enumerate(product(*[range(segment.unroll) for _, segment in inner])):
            for r, (row, column, v) in enumerate(self.results):
                xs = []
                for k, p in enumerate(factors):
                    offset = self.offset(p, row, column, v, width)
                    for (name, segment), shift in zip(inner, shifts, strict=True):
                        offset += p.strides.get(name, 0) * shift * segment.width
                    xs.append(get(k, offset))
                place = step % plan.chains * n + r
                totals[place] = plus(totals[place], xs)
        return totals

    def offset(self, pointer: Pointer, row: int, column: int, v: int, width: int) -> int:
        """How far an element of a block lies from the first."""
        plan, strides = self.plan, pointer.strides
        n = strides.get(plan.row, 0) * row + strides.get(plan.column, 0) * column
        return n + strides.get(plan.lane, 0) * v * width

    # ------------------------------------------------------------------------------------------------- results

    def narrowing(self, lanes: int) -> list[Lanes]:
        """Write a sum whose terms lie in the lanes: in whole vectors, then the rest in vectors of half the width."""
        plan, width = self.plan, lanes
        totals = None
        others = [Axis(name, [Segment(0, plan.lengths[name])]) for name in plan.terms if name != plan.lane]
        for segment in vectors(plan.lengths[plan.lane], lanes, 1):
            if totals is None:
                width, totals = segment.width, self.zeros(segment.width)[: len(self.results)]
            while width > segment.width:
                totals, width = [halved(total) for total in totals], width // 2
            chains, plan.chains = plan.chains, 1
            totals = list(self.loops([*others, Axis(plan.lane, [segment])], self.factors, totals, {}, width))
            plan.chains = chains
        assert totals is not None
        while width > 1:
            totals, width = [halved(total) for total in totals], width // 2
        return totals

    def store(self, result: tuple[int, int, int], total: Lanes) -> None:
        """Write what is done with a result: it is stored, or a group goes on with it."""
        width = total.kind.count

        def place(view: View) -> Pointer:
            pointer = self.places[view]
            return pointer.moved(self.f, self.real, self.offset(pointer, *result, width))

        self.elements.write(place, "" if self.plan.lane in self.plan.terms else self.plan.lane, width, total)

    def add_across(self, totals: Sequence[Lanes]) -> None:
        """Write the sums over the lanes, and add them to the results: those of some columns at once."""
        for start in range(0, len(totals), self.n_columns):
            done = 0
            while done < self.n_columns:
                n = 1 << (min(self.n_columns - done, totals[0].kind.count).bit_length() - 1)  # a power of 2
                total = across(totals[start + done : start + done + n])
                row = self.results[start + done][0]
                offset = self.offset(self.out, row, done, 0, 1)
                before = read(self.f, self.real, self.out, offset, self.plan.column, n)
                write(self.f, self.real, self.out, offset, self.plan.column, before + total)
                done += n
