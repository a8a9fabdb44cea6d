"""Element-by-element instructions with the same loops, joined: a number stays in its register from one to the next."""

from collections.abc import Sequence
from dataclasses import replace

from autodiff.primitives import IDENTITY, MUL
from autodiff.program.arrays.instructions import Apply, Block, Contract, Instruction, Mean, View

MAX_LENGTH = 24  # of a group; a longer one runs out of registers


def plain(instruction: Instruction, single: bool) -> Instruction:
    """The instruction as an `Apply` where it is one: a copy, or a product that is not summed.

    With one point, a mean is the number itself.
    """
    mean = instruction.mean and not single
    arguments = (instruction.out, instruction.loops, instruction.operands, (), instruction.add)
    if isinstance(instruction, Mean) and instruction.index is None and not mean:
        return Apply(*arguments, primitive=IDENTITY)
    if isinstance(instruction, Contract) and not instruction.terms and not mean:
        return Apply(*arguments, primitive=MUL)
    return instruction if mean == instruction.mean else replace(instruction, mean=mean)


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
