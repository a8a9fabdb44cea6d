"""The rows of memory for each computed block. Rows of a block that nothing reads any more are used again.

A block needs its rows from the step that writes it first to its last reader.
"""

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.program.arrays.instructions import Block, Instruction


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
        last_use |= {view.block: i for each in step for view in (each.out, *each.views)}
    rows: dict[Block, int] = {}
    alive: list[Block] = []  # in the order of their rows
    for i, step in enumerate(steps):
        alive = [block for block in alive if last_use[block] >= i]
        for out in [each.out.block for each in step]:
            if out.kind == "rows" and out not in rows:
                rows[out] = _first_gap([other for other in alive if other.batched == out.batched], rows, out)
                alive = sorted([*alive, out], key=rows.__getitem__)
    ends = {batched: [rows[b] + b.n_rows for b in rows if b.batched == batched] for batched in (True, False)}
    return Memory(rows, max(ends[True], default=0), max(ends[False], default=0))


def _first_gap(alive: Sequence[Block], rows: dict[Block, int], block: Block) -> int:
    """The first row of the first gap between blocks that is long enough."""
    first = 0
    for other in alive:
        if first + block.n_rows <= rows[other]:
            break
        first = rows[other] + other.n_rows
    return first
