"""A view in memory, for a batch of a given length: an offset and strides, counted in numbers, and axes with letters.

An array has no axis for a loop along which it does not vary; the other operand has that axis.
"""

from typing import NamedTuple

from autodiff.program.arrays.instructions import BATCH, TERMS, Block, Contract, Instruction, View


class Axis(NamedTuple):
    """An axis of an array: the letter of its loop, its length, and its stride in numbers."""

    name: str
    length: int
    stride: int


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
    loops = [*instruction.lengths.items()]  # the result has no strides for terms
    axes = [Axis(name, length, s * row) for (name, length), s in zip(loops, view.strides, strict=False) if s]
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
    """A contraction as a matrix product: (outer, rows, inner) times (outer, inner, columns)."""

    x: StridedArray  # the left factor, with the axes `outer + rows + inner`
    y: StridedArray  # the right factor, with the axes `outer + inner + columns`
    out: StridedArray  # the result, with the axes `outer + rows + columns`
    outer: str  # the axes along which there are separate matrix products
    rows: str  # the axis that only `x` has, or ""
    columns: str  # the axis that only `y` has, or ""
    inner: str  # the axes of the sum; several if they are not one axis of both factors in memory


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
    x, out, rows = _joined([name for name in out.names if name in x.names and name not in outer], x, out)
    y, out, columns = _joined([name for name in out.names if name in y.names and name not in outer], y, out)
    x, y, inner = _joined(inner, x, y)
    outer += rows[:-1] + columns[:-1]
    return Product(x, y, out, "".join(outer), "".join(rows[-1:]), "".join(columns[-1:]), "".join(inner))


def _joined(names: list[str], x: StridedArray, y: StridedArray) -> tuple[StridedArray, StridedArray, list[str]]:
    """Join neighbors, an outer and an inner axis, that are one longer axis in both arrays. Also return the axes left.

    A joined axis has the name of the inner one.
    """
    left: list[str] = []
    for name in names:
        if left and _are_one(x, left[-1], name) and _are_one(y, left[-1], name):
            x, y = _join(x, left[-1], name), _join(y, left[-1], name)
            left[-1] = name
        else:
            left.append(name)
    return x, y, left


def _are_one(array: StridedArray, outer: str, inner: str) -> bool:
    axes = {axis.name: axis for axis in array.axes}
    return axes[outer].stride == axes[inner].length * axes[inner].stride


def _join(array: StridedArray, outer: str, inner: str) -> StridedArray:
    axes = {axis.name: axis for axis in array.axes}
    joined = axes[inner]._replace(length=axes[outer].length * axes[inner].length)
    return array._replace(axes=tuple([joined if a.name == inner else a for a in array.axes if a.name != outer]))
