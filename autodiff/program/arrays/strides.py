"""What a view is in memory, for a batch of a given length: an offset and strides in numbers, and axes named by letters.

An axis that an operand does not vary along is left out; what it is multiplied by supplies it.
"""

from typing import NamedTuple

from autodiff.program.arrays.instructions import Block, Contract, Instruction, View

BATCH = "b"


class Axis(NamedTuple):
    """An axis of an array: a letter for the loop, its length, and the stride in numbers."""

    name: str
    length: int
    stride: int


class Layout(NamedTuple):
    """An array inside a block: where it begins, in numbers, and its axes."""

    block: Block
    offset: int
    axes: tuple[Axis, ...]

    @property
    def names(self) -> str:
        """The letters of its axes."""
        return "".join([axis.name for axis in self.axes])

    def ordered(self, names: str) -> "Layout":
        """The same with its axes in this order; one that it has not is of length 1."""
        have = {axis.name: axis for axis in self.axes}
        return self._replace(axes=tuple([have.get(name, Axis(name, 1, 0)) for name in names]))

    def repeated(self, names: str, lengths: "dict[str, int]") -> "Layout":
        """The same, but repeated along an axis that it has not."""
        axes = self.ordered(names).axes
        return self._replace(axes=tuple([a if a.stride else a._replace(length=lengths[a.name]) for a in axes]))


def layout(instruction: Instruction, view: View, batch: int) -> Layout:
    """Return the layout of a view: axes i, j, k for the loops, p, q, r for the terms, b for the batch.

    Args:
        instruction: whose view it is.
        view: an operand or the result.
        batch: the number of points.
    """
    block = view.block
    lengths = instruction.loops + (() if view is instruction.out else instruction.terms)
    step, column = steps(block, batch)
    names = "ijk"[: len(instruction.loops)] + "pqr"[: len(instruction.terms)]
    axes = [
        Axis(name, length, stride * step)
        for name, length, stride in zip(names, lengths, view.strides, strict=False)
        if stride
    ]
    if block.batched:
        axes.append(Axis(BATCH, batch, column))
    return Layout(block, view.offset * step, tuple(axes))


def steps(block: Block, batch: int) -> tuple[int, int]:
    """From a row to the next, and from a point to the next, in numbers.

    What comes with a call has the numbers of a point side by side; computed blocks have those of a row.
    """
    return (batch, 1) if block.kind == "rows" and block.batched else (1, block.n_rows if block.batched else 0)


def lengths(instruction: Instruction, batch: int) -> dict[str, int]:
    """Return the length of every axis of an instruction."""
    loops, terms = zip("ijk", instruction.loops, strict=False), zip("pqr", instruction.terms, strict=False)
    return {**dict(loops), **dict(terms), BATCH: batch}


class Product(NamedTuple):
    """A contraction as a matrix product: (outer, rows, inner) times (outer, inner, columns).

    Attributes:
        x: the left factor, with the axes `outer + rows + inner`.
        y: the right factor, with the axes `outer + inner + columns`.
        outer: axes along which there is one matrix product beside the other.
        rows: the axis of `x` alone, or "".
        columns: the axis of `y` alone, or "".
        inner: the axes that are summed over; more than one if they cannot be one axis of both in memory.
    """

    x: Layout
    y: Layout
    out: Layout
    outer: str
    rows: str
    columns: str
    inner: str


def product(instruction: Contract, x: Layout, y: Layout, out: Layout) -> Product | None:
    """Return how to compute a contraction as a matrix product; None if it is not one."""
    summed = {*"pqr"[: len(instruction.terms)], *(BATCH if instruction.mean else "")}
    inner = [name for name in x.names if name in y.names and name in summed]
    if not inner or summed - {*inner}:
        return None
    if {*x.names, *y.names} - summed != {*out.names}:
        return None
    outer = [name for name in out.names if name in x.names and name in y.names]
    if BATCH in outer:
        return None  # the points lie next to each other: a matrix product for each would jump
    x, out, rows = _joined([name for name in out.names if name in x.names and name not in outer], x, out)
    y, out, columns = _joined([name for name in out.names if name in y.names and name not in outer], y, out)
    x, y, inner = _joined(inner, x, y)
    outer += rows[:-1] + columns[:-1]
    return Product(x, y, out, "".join(outer), "".join(rows[-1:]), "".join(columns[-1:]), "".join(inner))


def _joined(names: list[str], x: Layout, y: Layout) -> tuple[Layout, Layout, list[str]]:
    """Join axes, outer and inner neighbour, that are one longer axis in both arrays; and those that are left.

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


def _are_one(array: Layout, outer: str, inner: str) -> bool:
    axes = {axis.name: axis for axis in array.axes}
    return axes[outer].stride == axes[inner].length * axes[inner].stride


def _join(array: Layout, outer: str, inner: str) -> Layout:
    axes = {axis.name: axis for axis in array.axes}
    joined = axes[inner]._replace(length=axes[outer].length * axes[inner].length)
    return array._replace(axes=tuple([joined if a.name == inner else a for a in array.axes if a.name != outer]))
