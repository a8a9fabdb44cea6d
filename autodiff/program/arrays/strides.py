"""A view in memory, for a batch of a given length: an offset and strides, counted in numbers, and axes with letters.

An array has no axis for a loop along which it does not vary; the other operand has that axis.
"""

from typing import NamedTuple

from autodiff.program.arrays.instructions import BATCH, TERMS, Axis, Block, Contract, Instruction, View


class StridedArray(NamedTuple):
    """An array inside a block: its offset in numbers, and its axes."""

    block: Block
    offset: int
    axes: tuple[Axis, ...]

    @property
    def names(self) -> str:
        """The letters of its axes."""
        return "".join([axis.name for axis in self.axes])

    def ordered(self, names: str) -> "StridedArray":
        """The array with its axes in this order; a missing axis is added with length 1."""
        axes = {axis.name: axis for axis in self.axes}
        return self._replace(axes=tuple([axes.get(name, Axis(name, 1, 0)) for name in names]))

    def repeated(self, names: str, lengths: "dict[str, int]") -> "StridedArray":
        """The array with its axes in this order, repeated along missing axes."""
        axes = self.ordered(names).axes
        return self._replace(axes=tuple([a if a.stride else a._replace(length=lengths[a.name]) for a in axes]))


def strided_array(instruction: Instruction, view: View, batch: int) -> StridedArray:
    """Return the array of a view, with axes i, j, k for the loops, p, q, r for the terms and b for the batch."""
    row, point = _steps(view.block, batch)
    axes = [axis._replace(stride=axis.stride * row) for axis in instruction.axes(view)]
    if view.block.batched:
        axes.append(Axis(BATCH, batch, point))
    return StridedArray(view.block, view.offset * row, tuple(axes))


def _steps(block: Block, batch: int) -> tuple[int, int]:
    """The distance in memory between rows, and between points, in numbers.

    In the arguments of a call the numbers of a point are neighbors; in computed blocks those of a row are.
    """
    return (batch, 1) if block.kind == "rows" and block.batched else (1, block.n_rows if block.batched else 0)


def lengths(instruction: Instruction, batch: int) -> dict[str, int]:
    """Return the length of every axis of an instruction."""
    return {**instruction.lengths, BATCH: batch}


class Product(NamedTuple):
    """The axes of a contraction as a matrix product: (outer, rows, inner) times (outer, inner, columns)."""

    outer: str  # the axes along which there are separate matrix products
    rows: str  # the axis that only `x` has, or ""
    columns: str  # the axis that only `y` has, or ""
    inner: str  # the axes of the sum


def product(instruction: Contract, x: StridedArray, y: StridedArray, out: StridedArray) -> Product | None:
    """Return a contraction as a matrix product; None if it is not one."""
    summed = {*TERMS[: len(instruction.terms)], *(BATCH if instruction.mean else "")}
    inner = [name for name in x.names if name in y.names and name in summed]
    if not inner or summed - {*inner}:
        return None
    if {*x.names, *y.names} - summed != {*out.names}:
        return None
    outer = [name for name in out.names if name in x.names and name in y.names]
    if BATCH in outer:
        return None  # points are neighbors in memory, so a matrix product for each point would jump
    rows, columns = [[name for name in out.names if name in each.names and name not in outer] for each in (x, y)]
    outer += rows[:-1] + columns[:-1]
    return Product("".join(outer), "".join(rows[-1:]), "".join(columns[-1:]), "".join(inner))
