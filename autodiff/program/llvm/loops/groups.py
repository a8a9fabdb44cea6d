"""Element-by-element instructions with the same loops, joined: a number stays in its register from one to the next."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import product
from operator import mul

from autodiff.composite import composite
from autodiff.primitives import DOT, IDENTITY, RELU, STEP, SUM
from autodiff.program.arrays.instructions import Apply, Block, Contract, Instruction, Mean, Reduce, View
from autodiff.program.llvm.cost import COSTLY

SLOPE = composite(
    "slope", "slope", "1.0 if x > 0.0 else x", (lambda out, x: 0.0,), cost=2, words="The step of what relu gives.",
    source="x is positive, 0 or NaN")  # fmt: skip
MAX_LENGTH = 24  # of a group; a longer one runs out of registers
MAX_TERMS = 4  # of a sum that a group computes for a single point


def at_one_point(instruction: Instruction) -> Instruction:
    """The instruction for one point: a mean is the number itself, and a sum of a few terms is an `Apply`."""
    is_mean = isinstance(instruction, Mean) and instruction.index is None
    is_sum = is_mean or (isinstance(instruction, Reduce) and instruction.primitive is SUM)
    is_dot = isinstance(instruction, Contract)
    if (is_sum or is_dot) and math.prod(instruction.terms) <= MAX_TERMS:
        primitive = DOT if is_dot else SUM
        return Apply(instruction.out, instruction.loops, _terms(instruction), (), instruction.add, primitive=primitive)
    return replace(instruction, mean=False)


def _terms(instruction: Instruction) -> tuple[View, ...]:
    """The operands of all terms of a sum, first those of the first factor."""
    n, terms = len(instruction.loops), [*product(*map(range, instruction.terms))]
    return tuple(
        [
            View(view.block, view.offset + sum(map(mul, term, view.strides[n:])), view.strides[:n])
            for view in instruction.views
            for term in terms
        ]
    )


def joined(before: Instruction, after: Instruction) -> Apply | None:
    """Two short sums as one, the second of which is added to the first; None if they are not such."""
    if not (isinstance(before, Apply) and isinstance(after, Apply) and after.add and before.out == after.out):
        return None
    operands, is_sum = before.operands + after.operands, {before.primitive, after.primitive} <= {SUM, IDENTITY}
    fits = is_sum and before.loops == after.loops and len(operands) <= MAX_TERMS
    return replace(before, operands=operands, primitive=SUM) if fits else None


def grouped(instructions: Sequence[Instruction], *, single: bool) -> list[list[Instruction]]:
    """Return the instructions in steps: each is one instruction, or a group that runs element by element.

    An instruction moves to the first group behind all that it reads; in that group it reads the same elements that
    were computed there. With several points, a sum leads a group: its result is used before it leaves its register.
    """
    steps: list[list[Instruction]] = []
    written: dict[Block, int] = {}  # the last step that writes to a block
    by_loops: dict[object, list[int]] = {}
    for_calls = {view.block for each in instructions if each.cost >= COSTLY for view in each.views}
    for unit in [[each] for each in instructions] if single else _late_slopes(instructions):
        k, last = len(steps), unit[-1]
        joins = by_loops.setdefault((last.loops, last.out.block.batched), [])
        if isinstance(last, Apply):
            first = max([written.get(view.block, -1) for each in unit for view in (each.out, *each.views)])
            k = next((k for k in joins if k >= first and _fits(steps[k], unit, for_calls)), k)
        if k == len(steps):
            steps.append([])
            leads = isinstance(last, Contract) and last.terms and last.out.block.batched and not (last.mean or single)
            if leads or isinstance(last, Apply):
                joins.append(k)
        steps[k] += unit
        written.update({each.out.block: max(k, written.get(each.out.block, -1)) for each in unit})
    return steps


def _late_slopes(instructions: Sequence[Instruction]) -> Iterator[list[Instruction]]:
    """Each instruction, behind the slopes of relu that it is the first to read.

    They are computed from relu itself. A comparison takes less time than to store a slope and load it.
    """
    relus: dict[object, View] = {}
    slopes: dict[Block, list[Instruction]] = {}
    for each in instructions:
        if isinstance(each, Apply) and each.out.block.kind == "rows" and not each.add:
            x = each.loops, each.operands[:1]
            if each.primitive is RELU:
                relus[x] = each.out
            elif each.primitive is STEP and x in relus:
                slopes.setdefault(each.out.block, []).append(replace(each, operands=(relus[x],), primitive=SLOPE))
                continue
        unit = [*[slope for view in each.views for slope in slopes.pop(view.block, ())], each]
        alike = len({(one.loops, one.out.block.batched, isinstance(one, Apply)) for one in unit}) == 1
        yield from [unit] if alike else [[one] for one in unit]
    yield from [[slope] for some in slopes.values() for slope in some]  # for instructions that run at another time


def _fits(group: Sequence[Instruction], unit: Sequence[Instruction], for_calls: Collection[Block]) -> bool:
    """Whether instructions can join a group. What a call reads or gives is not in a register, as a sum is."""
    if not isinstance(group[0], Apply):
        outs, others = {each.out.block for each in group}, {view.block for view in group[0].views}
        if outs.isdisjoint([view.block for each in unit for view in each.views]):
            return False
        if any(each.cost >= COSTLY or each.out.block in for_calls or each.out.block in others for each in unit):
            return False
    fits = len(group) + len(unit) <= MAX_LENGTH
    return fits and all(_same_elements([*group, *unit[:k]], each) for k, each in enumerate(unit))


def _same_elements(group: Sequence[Instruction], instruction: Instruction) -> bool:
    """Whether the instruction reads of the blocks written in the group the elements just written, and no others."""
    outs: dict[Block, list[View]] = {}
    for each in group:
        outs.setdefault(each.out.block, []).append(each.out)
    reads = [*instruction.views, *([instruction.out] if instruction.add else [])]
    return all(view.block not in outs or outs[view.block] == [view] * len(outs[view.block]) for view in reads)
