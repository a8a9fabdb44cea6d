"""`Loops`: the module of an array program, whose function "kernel" runs its instructions in tiles of points."""

import math
from collections.abc import Sequence

import numpy as np

from autodiff.primitives import IDENTITY, SUM
from autodiff.program.arrays.instructions import Apply, ArrayProgram, Block, Gather, Instruction, Mean, Reduce, View
from autodiff.program.llvm.cost import COSTLY
from autodiff.program.llvm.flow import at, ceil_divide, clear, loop, tile_of
from autodiff.program.llvm.loops.copies import write_clean, write_gather, write_mean, write_results, write_unpack
from autodiff.program.llvm.loops.elements import Elements, write_elements
from autodiff.program.llvm.loops.groups import at_one_point, grouped, joined
from autodiff.program.llvm.loops.layout import ARRAYS, Layout
from autodiff.program.llvm.loops.logsumexp import write_logsumexp
from autodiff.program.llvm.loops.nest import BATCH, Segment, points
from autodiff.program.llvm.loops.runs import InRuns, Windows, in_runs, write_in_runs, write_windows
from autodiff.program.llvm.loops.sums import planned, write_sum
from autodiff.program.llvm.sums import write_division
from autodiff.program.llvm.text import Function, Module
from autodiff.program.llvm.transfer import write_pack

STEPS = 8  # in a function: each function takes some milliseconds to compile, and one of all steps runs slower
ARGUMENTS = [f"%{name}" for name in (*ARRAYS, "memory", "rows")]


class Loops:
    """The kernel of an array program: its steps, instructions and groups, are the functions of the module.

    What does not depend on the points runs once, before them; results that it has are copied behind them.

    Args:
        program: the array program.
        lanes: of the vectors.
        real: the type of a number, "double" or "float".
        single: whether the kernel is for one point.
    """

    def __init__(self, program: ArrayProgram, lanes: int, real: str, *, single: bool = False) -> None:
        self.program, self.lanes, self.real, self.single = program, lanes, real, single
        once: list[Instruction] = []
        tile: list[Instruction] = []
        after: list[Instruction] = []
        self.cleared, instructions = without_zeros(program) if single else ([], program.instructions)
        for instruction in in_runs(instructions, lanes) if single else instructions:
            block = instruction.out.block
            varies = single or block.batched or any(view.block.batched for view in instruction.views)
            these = tile if varies else once if block.kind == "rows" else after
            new = at_one_point(instruction) if single else instruction
            both = joined(these[-1], new) if these else None
            these[len(these) - bool(both) :] = [both or new]
        self.once, self.tile = [grouped(some, single=single) for some in (once, tile)]
        self.after = [[each] for each in after]
        self.steps = [*self.once, *self.tile, *self.after]
        self.module = Module(has_many_loops=True)
        self.layout = Layout(program, self.steps, single, real, self.module)
        self.results = (program.values, program.gradient)
        self.cleaned: set[Block] = set()  # the blocks with 0 in the lanes behind the last point

    def text(self) -> str:
        """Return the module. Its "kernel" is a function (points, theta, values, gradient, memory, n_points)."""
        once, tile = self.functions("once", self.once), self.functions("tile", self.tile)
        after = self.functions("after", self.after)
        *arguments, rows = ARGUMENTS
        f = Function(self.module, "kernel", [*[f"{self.real}* {name}" for name in arguments], "i64 %n"])
        f.do(f"{rows} = getelementptr {self.real}, {self.real}* %memory, i64 {self.layout.rows_at}")
        for block in self.cleared:
            clear(f, self.real, f"%{block.kind}", block.n_rows)
        for name in once:
            self.call(f, name, "%n")
        if self.single:
            for name in tile:
                self.call(f, name, "1")
        elif tile:
            self.tiles(f, tile)
        for name in after:
            self.call(f, name, "%n")
        f.end()
        return str(self.module)

    # ------------------------------------------------------------------------------------------------- tiles

    def tiles(self, f: Function, tile: Sequence[str]) -> None:
        """Write the loop over tiles, and before and behind it what makes means of sums."""
        size, mean = self.layout.tile, self.program.mean
        before, behind = self.transfers()
        if mean:
            for block in self.results:
                clear(f, self.real, f"%{block.kind}", block.n_rows)

        def one(i: str) -> None:
            start, count = tile_of(f, "%n", size, i)
            here = {
                block.kind: at(f, self.real, f"%{block.kind}", f.assign(f"mul i64 {start}, {block.n_rows}"))
                for block in (self.program.points, *(() if mean else self.results))
            }
            for name in (*before, *tile, *behind):
                self.call(f, name, count, here)

        loop(f, ceil_divide(f, "%n", size), one)
        if mean:
            widths = {f"%{block.kind}": block.n_rows for block in self.results}
            write_division(f, self.real, widths, "%n", self.lanes)

    def transfers(self) -> tuple[list[str], list[str]]:
        """Write the functions that copy inputs and results of a tile; return those that run before and behind it."""
        before: list[str] = []
        behind: list[str] = []
        inputs = self.program.points
        if any(view.block is inputs for step in self.tile for each in step for view in each.views):
            f, _ = self.begin("pack")
            rows = self.layout.rows(f, inputs)
            write_pack(inputs.n_rows, rows._replace(strides={**rows.strides, "v": self.lanes}), self.lanes, "%n")
            f.end()
            before.append("pack")
        for block in self.results:
            if not self.program.mean and block.n_rows:
                f, _ = self.begin(f"unpack_{block.kind}")
                results = self.layout.argument(f, View(block, 0, (1,)), "i")
                write_unpack(self.layout.rows(f, block), results, block.n_rows, self.lanes, "%n")
                f.end()
                behind.append(f"unpack_{block.kind}")
        return before, behind

    # ------------------------------------------------------------------------------------------------- functions

    def call(self, f: Function, name: str, count: str, here: dict[str, str] | None = None) -> None:
        """Write a call of a function of the module, for so many points."""
        addresses = [(here or {}).get(argument[1:], argument) for argument in ARGUMENTS]
        f.do(f"call void @{name}({', '.join([f'{self.real}* {x}' for x in addresses])}, i64 {count})")

    def begin(self, name: str) -> tuple[Function, str]:
        """Begin a function of the module; return it and the number of vectors of points."""
        parameters = [*[f"{self.real}* noalias {x}" for x in ARGUMENTS], "i64 %n"]
        f = Function(self.module, name, parameters, linkage="internal", attributes="noinline")
        return f, ceil_divide(f, "%n", self.lanes)

    def functions(self, name: str, steps: Sequence[Sequence[Instruction]]) -> list[str]:
        """Write the functions of some steps; return their names."""
        names = []
        for start in range(0, len(steps), STEPS):
            names.append(f"{name}{start}")
            f, n_vectors = self.begin(names[-1])
            for step in steps[start : start + STEPS]:
                self.step(f, n_vectors, step)
            f.end()
        return names

    def step(self, f: Function, n_vectors: str, step: Sequence[Instruction]) -> None:
        """Write the code of a step."""
        (first, *_) = step
        in_vectors = [Segment(0, 1)]  # one number
        if first.out.block.batched and not self.single:
            in_vectors = [Segment(0, n_vectors, 1, self.lanes)]
            if any(each.cost >= COSTLY for each in step):  # two vectors hide the time that an instruction takes
                pairs, rest = points(f, n_vectors, self.lanes, 2)
                in_vectors = [pairs._replace(unroll=1, width=2 * self.lanes), rest]
        match first:
            case Gather():
                write_gather(f, self.layout, first, in_vectors)
            case InRuns():
                write_in_runs(f, self.layout, first, self.lanes)
            case Windows():
                write_windows(f, self.layout, first, self.lanes)
            case Apply():
                write_elements(self.layout, self.elements(f, step), self.lanes, in_vectors)
            case Mean() if not first.mean:
                write_results(f, self.layout, first, in_vectors)
            case Reduce() if first.primitive is not SUM:
                write_logsumexp(f, self.layout, first, self.lanes, in_vectors)
            case _:
                self.sum(f, step, n_vectors)

    def sum(self, f: Function, step: Sequence[Instruction], n_vectors: str) -> None:
        """Write a sum of terms, of points, or of both, and the group that it leads."""
        instruction = step[0]
        if isinstance(instruction, Mean) and instruction.index is not None:
            write_mean(f, self.layout, instruction, self.lanes)
            return
        plan = planned(f, self.layout, instruction, self.lanes)
        if instruction.mean and plan.lane == BATCH:
            for block in {view.block: None for view in instruction.views if view.block not in self.cleaned}:
                write_clean(self.layout.rows(f, block), block.n_rows, self.lanes, "%n")
                self.cleaned.add(block)
        write_sum(self.elements(f, step), plan, self.lanes, "%n", n_vectors)

    def elements(self, f: Function, group: Sequence[Instruction]) -> Elements:
        """What writes a group; the blocks that are results, or are read elsewhere, are stored."""
        read = {view.block for step in self.steps if step is not group for each in step for view in each.views}
        stored = {each.out.block for each in group if each.out.block in read or each.out.block.kind != "rows"}
        return Elements(f, self.layout, group, stored)


def without_zeros(program: ArrayProgram) -> tuple[list[Block], list[Instruction]]:
    """The results of which most are 0 at every point, such as those of a sparse Hessian; what computes the others."""
    zeros: dict[Block, list[Instruction]] = {program.values: [], program.gradient: []}
    for each in program.instructions:
        is_copy = isinstance(each, Mean) or getattr(each, "primitive", None) is IDENTITY
        if is_copy and each.out.block in zeros and all(is_zero(view.block) for view in each.views):
            zeros[each.out.block].append(each)
    cleared = [
        block for block, some in zeros.items() if 2 * sum([math.prod(each.loops) for each in some]) > block.n_rows
    ]
    done = {id(each) for block in cleared for each in zeros[block]}
    return cleared, [each for each in program.instructions if id(each) not in done]


def is_zero(block: Block) -> bool:
    """Whether a block has the number 0.0, not -0.0, in all rows."""
    return block.numbers is not None and not block.numbers.any() and not np.signbit(block.numbers).any()
