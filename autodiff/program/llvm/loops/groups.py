"""Element-by-element instructions with the same loops, joined: a number stays in its register from one to the next."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from operator import mul

from autodiff.primitives import DOT, IDENTITY, MUL, SUM
from autodiff.program.arrays.instructions import Apply, Block, Contract, Instruction, Mean, Reduce, View

MAX_LENGTH = 24  # of a group; a longer one runs out of registers
MAX_TERMS = 4  # of a sum that a group computes for a single point


def plain(instruction: Instruction, single: bool) -> Instruction:
    """The instruction as an `Apply` where it is one: a copy, or a product that is not summed.

    With one point, a mean is the number itself, and a sum of a few terms is an `Apply` too.
    """
    mean = instruction.mean and not single
    arguments = (instruction.out, instruction.loops, instruction.operands, (), instruction.add)
    if isinstance(instruction, Mean) and instruction.index is None and not mean:
        return Apply(*arguments, primitive=IDENTITY)
    if isinstance(instruction, Contract) and not instruction.terms and not mean:
        return Apply(*arguments, primitive=MUL)
    is_sum = isinstance(instruction, Contract) or (isinstance(instruction, Reduce) and instruction.primitive is SUM)
    if single and is_sum and math.prod(instruction.terms) <= MAX_TERMS:
        primitive = DOT if isinstance(instruction, Contract) else SUM
        return Apply(instruction.out, instruction.loops, _terms(instruction), (), instruction.add, primitive=primitive)
    return instruction if mean == instruction.mean else replace(instruction, mean=mean)


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
    operands, is_sum = before.operands + after.operands, before.primitive is after.primitive is SUM
    fits = is_sum and before.loops == after.loops and len(operands) <= MAX_TERMS
    return replace(before, operands=operands) if fits else None


def grouped(instructions: Sequence[Instruction]) -> list[list[Instruction]]:
    """Return the instructions in steps: each is one instruction, or a group that runs element by element.

    An instruction moves to the first group behind all that it reads; in that group it reads the same elements that
    were computed there.
    """
    steps: list[list[Instruction]] = []
    written: dict[Block, int] = {}  # the last step that writes to a block
    by_loops: dict[object, list[int]] = {}
    for instruction in instructions:
        if not isinstance(instruction, Apply):
            written[instruction.out.block] = len(steps)
            steps.append([instruction])
            continue
        key = (instruction.loops, instruction.out.block.batched)
        reads = [*instruction.views, *([instruction.out] if instruction.add else [])]
        first = max([written.get(view.block, -1) for view in (*reads, instruction.out)], default=-1)
        for k in by_loops.setdefault(key, []):
            if k >= first and len(steps[k]) < MAX_LENGTH and _same_elements(steps[k], instruction):
                steps[k].append(instruction)
                break
        else:
            k = len(steps)
            by_loops[key].append(k)
            steps.append([instruction])
        written[instruction.out.block] = max(k, written.get(instruction.out.block, -1))
    return steps


def _same_elements(group: Sequence[Instruction], instruction: Instruction) -> bool:
    """Whether the instruction reads of the blocks written in the group the elements just written, and no others."""
    outs: dict[Block, list[View]] = {}
    for each in group:
        outs.setdefault(each.out.block, []).append(each.out)
    reads = [*instruction.views, *([instruction.out] if instruction.add else [])]
    return all(view.block not in outs or outs[view.block] == [view] * len(outs[view.block]) for view in reads)
