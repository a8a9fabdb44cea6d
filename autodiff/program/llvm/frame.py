"""`Frame`: the types, the arguments and the places in memory that all functions of a kernel share."""

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.program.llvm.flow import at
from autodiff.program.llvm.schedule import Schedule
from autodiff.program.llvm.text import Function, Module, vector

BLOCKS_PER_TILE = 16  # of points, between two chunks: so few that their rows stay in the second-level cache, and
BLOCKS_WITH_LOOPS = 2  # where there are loops: they have many rows and little code


class Arguments(NamedTuple):
    """The arguments of every function of a kernel: addresses, and a number."""

    points: str  # the address of the inputs of the first point
    theta: str  # the address of the parameters
    values: str  # the address of the values
    gradient: str  # the address of the derivatives
    kept: str  # the address of the numbers that were computed once
    sums: str  # the address of the running sums
    rows: str  # the address of the rows of the first block
    n_items: str  # the number of points; for a chunk, the number of blocks


ARGUMENTS = Arguments(*[f"%{name}" for name in Arguments._fields])


class Target(NamedTuple):
    """An array of results."""

    argument: str  # its field in `Arguments`
    first: int  # the first of its outputs, as a place in `tape.outputs`
    width: int  # the number of its outputs


class Frame:
    """The types of a kernel, its arguments, and its work memory.

    The work memory has, in this order: the numbers that are computed once a call; for means, a running sum for each
    output and lane, and the same again for a block that is not full; for each block of a tile, a row for each number
    that crosses a cut and, for results of each point, a row for each varying output.

    With one lane, a block is a point. Inputs are then read from the points, and results are written to their places.

    Args:
        cut: the schedule of a tape; the tape's first `n_values` outputs are values, the others derivatives.
        n_values: the number of values.
        mean: whether results are means over the points, not results of each point.
        lanes: the number of points in a block.
        real: the type of a number, "double" or "float".
        single: whether each call is for one point; then results are no means, and there is one lane.
    """

    def __init__(self, cut: Schedule, n_values: int, mean: bool, lanes: int, real: str, single: bool = False) -> None:
        self.cut, self.tape, self.mean, self.lanes, self.real, self.single = (cut, cut.tape, mean, lanes, real, single)
        self.module = Module()
        self.tile = min(BLOCKS_PER_TILE, BLOCKS_WITH_LOOPS if cut.looped else BLOCKS_PER_TILE) * lanes  # points
        self.vector = vector(real, lanes)
        self.n_outputs = len(self.tape.outputs)
        self.targets = (Target("values", 0, n_values), Target("gradient", n_values, self.n_outputs - n_values))
        results = [] if mean or lanes == 1 else sorted(k for chunk in cut.varying for k in chunk.outputs)
        self.row_of_result = {k: len(cut.rows) + row for row, k in enumerate(results)}
        self.n_rows = len(cut.rows) + len(results)
        self.sums_at = -(-len(cut.kept) // lanes) * lanes  # a whole number of vectors
        self.sums_size = self.n_outputs * lanes if mean and cut.varying else 0
        self.rows_at = self.sums_at + 2 * self.sums_size
        self.memory_size = self.rows_at + self.n_rows * self.tile  # numbers

    def place_of_output(self, a: Arguments, output: int) -> tuple[str, int]:
        """The address of the array of an output, and the output's column in it."""
        target = self.targets[output >= self.targets[1].first]
        return getattr(a, target.argument), output - target.first

    def advance(self, f: Function, a: Arguments, n_points: str) -> Arguments:
        """The arguments without the first `n_points` points and, unless they are means, without their results."""
        arrays = {"points": self.tape.n_inputs}
        if not self.mean:
            arrays |= {target.argument: target.width for target in self.targets}
        return a._replace(
            **{
                name: at(f, self.real, getattr(a, name), f.assign(f"mul i64 {n_points}, {width}"))
                for name, width in arrays.items()
            }
        )

    def function(self, name: str, *, repeats: bool = False) -> Function:
        """Begin a function of the module, with `ARGUMENTS`.

        The long straight code for one point calls functions for what takes time, so LLVM need not optimize the rest:
        that takes two thirds of the time to compile it, and gains 2 %.
        """
        *addresses, n_items = ARGUMENTS
        attributes = "optnone noinline" if self.lanes == 1 and self.cut.calls and not repeats else ""
        parameters = [*[f"{self.real}* noalias {x}" for x in addresses], f"i64 {n_items}"]
        return Function(self.module, name, parameters, attributes=attributes)

    def call(self, f: Function, names: Sequence[str], a: Arguments) -> None:
        """Write calls of such functions, one after the other."""
        *addresses, n_items = a
        for name in names:
            f.do(f"call void @{name}({''.join([f'{self.real}* {x}, ' for x in addresses])}i64 {n_items})")
