"""`Layout`: where each block of an array program has its numbers while a kernel runs.

In a tile, computed blocks have a row for each member and a number for each point in it; the inputs are copied there,
transposed, and results of each point are copied from there. A kernel for one point has no rows: its blocks are plain
arrays, and it reads and writes the arrays of the call.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autodiff.program.arrays.instructions import ArrayProgram, Block, Instruction, View
from autodiff.program.arrays.memory import allocate
from autodiff.program.llvm.flow import at
from autodiff.program.llvm.loops.nest import BATCH, Pointer
from autodiff.program.llvm.text import Function, Module

ARRAYS = ("points", "theta", "values", "gradient")  # the arguments of a call
TILE = 128  # points: so few that their rows stay in the second-level cache
GAP = 8  # numbers between rows: at a distance of a power of two, rows would share few sets of the first-level cache


class Place(NamedTuple):
    """Where a block is."""

    base: str  # the name of an argument of the functions of the kernel, or of a constant
    first: int  # the first number of the block there
    row: int = 1  # from row to row, in numbers
    point: int = 0  # from point to point; 0 if all points share a number


class Layout:
    """The places of all blocks.

    Args:
        program: the array program.
        steps: its instructions, in the order in which they run; those of one step run at once.
        single: whether the kernel is for one point.
        real: the type of a number, "double" or "float".
        module: the module of the kernel.
    """

    def __init__(
        self, program: ArrayProgram, steps: Sequence[Sequence[Instruction]], single: bool, real: str, module: Module
    ) -> None:
        self.program, self.single, self.real, self.module = program, single, real, module
        self.tile = 1 if single else TILE
        self.stride = self.tile + (0 if single else GAP)
        memory = allocate(steps)
        self.places: dict[Block, Place] = {}
        batched = memory.batched
        for block in (program.points, program.theta, program.values, program.gradient):
            if block.batched and not single:
                self.places[block] = Place("%rows", batched * self.stride, self.stride, 1)
                batched += block.n_rows
            else:
                self.places[block] = Place(f"%{block.kind}", 0)
        for block, row in memory.rows.items():
            if not block.batched:
                self.places[block] = Place("%memory", row)
            else:
                self.places[block] = Place("%rows", row * self.stride, self.stride, 0 if single else 1)
        self.rows_at = -(-memory.single // 16) * 16  # a whole number of vectors
        self.memory_size = self.rows_at + batched * self.stride

    def place(self, block: Block) -> Place:
        """The place of a block; a block of constants is put into the module."""
        if block not in self.places:
            assert block.numbers is not None
            self.places[block] = Place(self.module.array(self.real, block.numbers.tolist()), 0)
        return self.places[block]

    def rows(self, f: Function, block: Block) -> Pointer:
        """Write the address of a block, whose rows are along "i"."""
        return self.pointer(f, View(block, 0, (1,)), "i")

    def pointer(self, f: Function, view: View, names: Iterable[str]) -> Pointer:
        """Write the address of the first row of a view, whose loops have these names."""
        place = self.place(view.block)
        strides = {name: s * place.row for name, s in zip(names, view.strides, strict=False)}
        strides[BATCH] = place.point
        return Pointer(f, self.real, at(f, self.real, place.base, place.first + view.offset * place.row), strides)

    def argument(self, f: Function, view: View, names: Iterable[str]) -> Pointer:
        """The same in the array of the call, where the numbers of a point are neighbors."""
        strides = dict(zip(names, view.strides, strict=False)) | {BATCH: view.block.n_rows}
        return Pointer(f, self.real, at(f, self.real, f"%{view.block.kind}", view.offset), strides)
