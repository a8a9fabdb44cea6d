"""The instructions of an array program: all of them on this page.

    Apply     out = primitive(x, y, ...)          element by element
    Contract  out = sum_k x_k y_k                 a matrix product, or a dot product of rows
    Reduce    out = sum_k x_k, logsumexp_k x_k    over rows
    Gather    out = source[index]                 where the places of what is read follow no loops
    Mean      out = mean over the points of x     a result; a copy of each point's where no mean is asked for

They work on *blocks*: two-dimensional arrays with a row for each member of a class and a column for each point of the
batch, or a single column if the numbers are the same at all points. Points, parameters and results are blocks too. An
operand is a *view* of a block: nested loops over some of its rows.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitive import Primitive

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(eq=False)
class Block:
    """Some rows of numbers.

    Attributes:
        kind: "points", "theta", "values" or "gradient", which come with a call; "numbers", constants; "rows", computed.
        n_rows: how many rows there are.
        batched: whether there is a column for each point.
        numbers: the constants.
        of: the class whose members the rows are; None for what has been gathered.
    """

    kind: str
    n_rows: int
    batched: bool
    numbers: Array | None = None
    of: int | None = None


class View(NamedTuple):
    """Rows offset + i * strides[0] + j * strides[1] + ... of a block, for i, j, ... in the loops of an instruction."""

    block: Block
    offset: int
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Instruction:
    """What all instructions have.

    Attributes:
        out: where the result goes; its strides are those of the loops.
        loops: the lengths of the loops over members.
        terms: the lengths of the loops over the terms of a sum, which come after those in the strides of an operand.
        operands: what is computed from; a number stands for itself.
        add: whether the result is added to what is there.
        mean: whether the result is the mean over the points.
    """

    out: View
    loops: tuple[int, ...]
    operands: tuple[View | float, ...]
    terms: tuple[int, ...] = ()
    add: bool = False
    mean: bool = False


@dataclass(frozen=True)
class Apply(Instruction):
    """A primitive, element by element."""

    primitive: Primitive = field(kw_only=True)


@dataclass(frozen=True)
class Contract(Instruction):
    """Products of two operands, summed over the terms; for a mean over the points, over these as well."""


@dataclass(frozen=True)
class Reduce(Instruction):
    """A wide primitive, over the terms of one operand."""

    primitive: Primitive = field(kw_only=True)


@dataclass(frozen=True)
class Gather(Instruction):
    """Rows of the block of the one operand, by their numbers; for the number -1 a row of `pad`."""

    index: Array = field(kw_only=True)
    pad: float = field(kw_only=True, default=0.0)


@dataclass(frozen=True)
class Mean(Instruction):
    """Results: the mean of the operand over the points, or each point's; into the rows `index` if that is given."""

    index: Array | None = field(kw_only=True, default=None)


class ArrayProgram(NamedTuple):
    """What a tape becomes.

    Attributes:
        instructions: in order.
        points: the block of the points of a call; a row for each input.
        theta: its parameters.
        values: the first results.
        gradient: the other results.
        mean: whether the results are means over the points.
    """

    instructions: list[Instruction]
    points: Block
    theta: Block
    values: Block
    gradient: Block
    mean: bool
