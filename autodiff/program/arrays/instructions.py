"""The instructions of an array program: all of them on this page.

    Apply     out = primitive(x, y, ...)          element by element
    Contract  out = sum_k x_k y_k                 a matrix product, or a dot product of rows
    Reduce    out = sum_k x_k, logsumexp_k x_k    over rows
    Gather    out = source[index]                 a copy of rows that follow no loops
    Mean      out = mean over the points of x     results; at rows in no order also copies, if they are not means

They work on *blocks*: two-dimensional arrays with a row for each member of a class and a column for each point of the
batch, or a single column if the numbers are the same at all points. Points, parameters and results are blocks too. An
operand is a *view* of a block: nested loops over some of its rows.

The loops of an instruction have letters: i, j, k over members, p, q, r over the terms of a sum. The batch is b.
"""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.program.arrays.classes import Structure

Array: TypeAlias = np.ndarray[Any, Any]
LOOPS, TERMS, BATCH = "ijk", "pqr", "b"


@dataclass(eq=False)
class Block:
    """Some rows of numbers."""

    kind: str  # "points", "theta", "values" or "gradient", arguments of a call; "numbers", constants; "rows", computed
    n_rows: int  # the number of rows
    batched: bool  # whether there is a column for each point
    numbers: Array | None = None  # the constants
    cls: int | None = None  # the class of the tape whose members are the rows; None for gathered rows


class View(NamedTuple):
    """Rows offset + i * strides[0] + j * strides[1] + ... of a block, for i, j, ... in the loops of an instruction."""

    block: Block
    offset: int
    strides: tuple[int, ...]

    def row_numbers(self, loops: tuple[int, ...]) -> Array:
        """The numbers of the rows, in an array with an axis for each loop."""
        rows = np.array(self.offset)
        for length, stride in zip(loops, self.strides, strict=True):
            rows = np.add.outer(rows, np.arange(length) * stride)
        return rows


class Axis(NamedTuple):
    """A loop along which a view or an array varies."""

    name: str  # its letter
    length: int
    stride: int  # from row to row, or from number to number of an array


def contiguous_strides(loops: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of loops that go through rows in order, without a gap."""
    return tuple(np.cumprod([1, *loops[:0:-1]])[::-1].tolist()) if loops else ()


@dataclass(frozen=True)
class Instruction:
    """The part that all instructions share."""

    out: View  # the rows to write, with a stride for each of `loops`
    loops: tuple[int, ...]  # the lengths of the loops over members
    operands: tuple[View | float, ...]  # views, with a stride for each of `loops` and then of `terms`, or plain numbers
    terms: tuple[int, ...] = ()  # the lengths of the loops over the terms of a sum
    add: bool = False  # whether to add the result to the rows
    mean: bool = False  # whether the result is a mean over the points

    @property
    def cost(self) -> int:
        """About how many machine instructions an element or a term takes."""
        primitive = getattr(self, "primitive", None)
        return 1 if primitive is None else int(primitive.cost)

    @property
    def views(self) -> list[View]:
        """The operands that are views."""
        return [operand for operand in self.operands if isinstance(operand, View)]

    @property
    def lengths(self) -> dict[str, int]:
        """The length of each loop by its letter, those over members first."""
        return dict(zip(LOOPS, self.loops, strict=False)) | dict(zip(TERMS, self.terms, strict=False))

    def axes(self, view: View) -> list[Axis]:
        """The loops along which a view varies; the result has no strides for terms."""
        loops = zip(self.lengths.items(), view.strides, strict=False)
        return [Axis(name, length, stride) for (name, length), stride in loops if stride]


@dataclass(frozen=True)
class Apply(Instruction):
    """A primitive, element by element."""

    primitive: Primitive = field(kw_only=True)


@dataclass(frozen=True)
class Contract(Instruction):
    """Products of two operands, summed over the terms and, for a mean, over the points."""


@dataclass(frozen=True)
class Reduce(Instruction):
    """A wide primitive, over the terms of one operand."""

    primitive: Primitive = field(kw_only=True)


@dataclass(frozen=True)
class Gather(Instruction):
    """Rows of the block of the only operand, by their numbers; the number -1 stands for a row of `pad`."""

    index: Array = field(kw_only=True)
    pad: float = field(kw_only=True, default=0.0)


@dataclass(frozen=True)
class Mean(Instruction):
    """Results: the operand or its mean over the points; into the rows `index`, if it is given, not into loops."""

    index: Array | None = field(kw_only=True, default=None)


class ArrayProgram(NamedTuple):
    """A tape as instructions."""

    structure: Structure  # the classes of the tape
    instructions: list[Instruction]  # in order
    points: Block  # the block of the inputs, a row for each
    theta: Block  # the block of the parameters
    values: Block  # the block of the first results
    gradient: Block  # the block of the other results
    mean: bool  # whether the results are means over the points

    def operations(self) -> int:
        """About how many operations a point takes."""
        return sum([math.prod((*each.loops, *each.terms)) * each.cost for each in self.instructions])

    def gathered(self) -> int:
        """How many numbers that differ from point to point are copied into another order."""
        gathers = [each for each in self.instructions if isinstance(each, Gather) and each.out.block.batched]
        return sum([len(each.index) for each in gathers])
