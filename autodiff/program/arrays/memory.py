"""The rows of memory for each computed block. Rows of a block that nothing reads any more are used again.

A block is written once, and read until its last reader has run. An element-by-element instruction may write over an
operand that it reads last, element for element, as `z += b` does: then the next block costs no memory.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autodiff.program.arrays.instructions import Apply, Block, Instruction, contiguous_strides


class Memory(NamedTuple):
    """The places of blocks."""

    # for each computed block its first row, in the memory of the batched blocks or in that of the others
    rows: dict[Block, int]
    batched: int  # the number of rows with a column for each point
    single: int  # the number of rows with one column


def allocate(steps: Sequence[Sequence[Instruction]]) -> Memory:
    """Return the rows of all blocks that instructions compute; the instructions of a step run at once."""
    last_use: dict[Block, int] = {}
    for i, step in enumerate(steps):
        for instruction in step:
            for view in (instruction.out, *instruction.views):
                last_use[view.block] = i
    rows: dict[Block, int] = {}
    free: dict[bool, list[tuple[int, int]]] = {True: [], False: []}  # stretches of free rows: (first row, end)
    end = {True: 0, False: 0}
    for i, step in enumerate(steps):
        written = [instruction.out.block for instruction in step]
        views = [view for instruction in step for view in instruction.views]
        used = dict.fromkeys([*[view.block for view in views], *written])
        last_read_here = [block for block in used if block.kind == "rows" and last_use[block] == i]
        for out in written:
            if out.kind != "rows" or out in rows:
                continue
            reusable = next(
                (b for b in last_read_here if b in rows and b not in written and _can_write_over(step, b)), None
            )
            if reusable is not None:
                rows[out] = rows[reusable]
                last_read_here.remove(reusable)
            else:
                rows[out] = _take(free[out.batched], out.n_rows, end[out.batched])
                end[out.batched] = max(end[out.batched], rows[out] + out.n_rows)
        for block in last_read_here:
            free[block.batched] = _merged([*free[block.batched], (rows[block], rows[block] + block.n_rows)])
    return Memory(rows, end[True], end[False])


def _can_write_over(step: Sequence[Instruction], block: Block) -> bool:
    """Whether a single instruction reads each element of a block only to write the same element of the result."""
    instruction, *others = step
    if others:
        return False
    out, loops = instruction.out.block, instruction.loops
    if not isinstance(instruction, Apply) or (out.n_rows, out.batched) != (block.n_rows, block.batched):
        return False
    in_order = (0, contiguous_strides(loops))
    is_whole = int(np.prod(loops, dtype=int)) == block.n_rows
    views = [view for view in (instruction.out, *instruction.views) if view.block is block or view.block is out]
    return is_whole and all((view.offset, view.strides) == in_order for view in views)


def _take(free: list[tuple[int, int]], n_rows: int, end: int) -> int:
    """Take the first free stretch that is long enough, or rows at the end, where the last free stretch may begin."""
    for k, (first, stop) in enumerate(free):
        if stop - first >= n_rows or stop == end:
            free[k : k + 1] = [(first + n_rows, stop)] if stop - first > n_rows else []
            return first
    return end


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, neighbours joined."""
    merged: list[tuple[int, int]] = []
    for first, stop in sorted(stretches):
        if merged and merged[-1][1] == first:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((first, stop))
    return merged
