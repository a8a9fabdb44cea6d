"""Which rows of memory each computed block gets: those of blocks that nothing reads any more are used again.

A block is written once and read until its last reader has run. An element-by-element instruction may write over an
operand that it reads last, element for element, as `z += b` does: then even the next block costs no memory.
"""

from typing import NamedTuple

import numpy as np

from autodiff.program.arrays.instructions import Apply, Block, Instruction, View


class Memory(NamedTuple):
    """Where blocks lie.

    Attributes:
        rows: for each computed block its first row, in the memory of the batched or in that of the others.
        batched: how many rows of a column for each point there are.
        single: how many rows of one column there are.
    """

    rows: dict[Block, int]
    batched: int
    single: int


def allocate(instructions: list[Instruction]) -> Memory:
    """Return the rows of all blocks that instructions compute."""
    last: dict[Block, int] = {}
    for i, instruction in enumerate(instructions):
        for view in (instruction.out, *instruction.operands):
            if isinstance(view, View) and view.block.kind == "rows":
                last[view.block] = i
    rows: dict[Block, int] = {}
    free: dict[bool, list[tuple[int, int]]] = {True: [], False: []}  # stretches that are free, as (first row, end)
    end = {True: 0, False: 0}
    for i, instruction in enumerate(instructions):
        out = instruction.out.block
        dying = [block for block in _blocks(instruction) if last[block] == i and block is not out]
        if out.kind == "rows" and out not in rows:
            heir = next((block for block in dying if _can_take_over(instruction, block)), None)
            if heir is not None:
                rows[out] = rows[heir]
                dying.remove(heir)
            else:
                rows[out] = _take(free[out.batched], out.n_rows, end[out.batched])
                end[out.batched] = max(end[out.batched], rows[out] + out.n_rows)
        for block in dying:
            free[block.batched] = _merged([*free[block.batched], (rows[block], rows[block] + block.n_rows)])
    return Memory(rows, end[True], end[False])


def _blocks(instruction: Instruction) -> list[Block]:
    """The computed blocks that an instruction reads, each once."""
    views = [view for view in instruction.operands if isinstance(view, View) and view.block.kind == "rows"]
    return [*dict.fromkeys(view.block for view in views)]


def _can_take_over(instruction: Instruction, block: Block) -> bool:
    """Whether the result may be written over a block: it is read where it would be written, element for element."""
    out = instruction.out.block
    if not isinstance(instruction, Apply) or (out.n_rows, out.batched) != (block.n_rows, block.batched):
        return False
    in_order = tuple(np.cumprod([1, *instruction.loops[:0:-1]])[::-1].tolist()) if instruction.loops else ()
    whole = int(np.prod(instruction.loops, dtype=int)) == block.n_rows
    views = [view for view in (instruction.out, *instruction.operands) if isinstance(view, View)]
    return whole and all(
        (view.offset, view.strides) == (0, in_order) for view in views if view.block is block or view.block is out
    )


def _take(free: list[tuple[int, int]], n_rows: int, end: int) -> int:
    """The first free stretch that is long enough, or the end, of which a free stretch may be a part."""
    for k, (first, stop) in enumerate(free):
        if stop - first >= n_rows or stop == end:
            free[k : k + 1] = [(first + n_rows, stop)] if stop - first > n_rows else []
            return first
    return end


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, neighbours joined."""
    found: list[tuple[int, int]] = []
    for first, stop in sorted(stretches):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((first, stop))
    return found
