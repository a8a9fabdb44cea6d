"""A view as slices, a reshape and a transpose, for JAX and for readers, who have no strides."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.program.arrays.instructions import Axis, View

Array: TypeAlias = np.ndarray[Any, Any]


class Slices(NamedTuple):
    """A view of the rows of an array: rows[start:stop:step].reshape(shape)[parts] with its axes in another order."""

    start: int  # the first row
    stop: int  # the row behind the last
    step: int  # from row to row
    shape: tuple[int, ...]  # of the rows after the reshape; () if there is none
    parts: tuple[slice | int, ...]  # for each axis of the shape, a slice of it or an index into it
    order: tuple[int, ...]  # for each axis of the view its axis before the transpose
    row_indices: Array | None = None  # instead of all that, the numbers of the rows, if loops overlap as windows do


def slices(view: View, axes: Sequence[Axis]) -> Slices:
    """Return the slices of a view with these axes, the loops along which it varies in any order."""
    regular = _regular_slices(view, axes)
    if regular is not None:
        return regular
    narrow = view._replace(strides=tuple([axis.stride for axis in axes]))
    index = narrow.row_numbers(tuple([axis.length for axis in axes]))
    return Slices(0, 0, 1, (), (), tuple(range(len(axes))), index)


def _regular_slices(view: View, loops: Sequence[Axis]) -> Slices | None:
    """The slices if no stride is negative and each loop lies within a step of the next; else None."""
    nested = sorted(loops, key=lambda loop: -loop.stride)
    if any(loop.stride < 0 for loop in loops):
        return None
    if not loops:
        return Slices(view.offset, view.offset + 1, 1, (), (0,), ())
    if len(loops) == 1:
        (loop,) = loops
        last = view.offset + (loop.length - 1) * loop.stride
        return Slices(view.offset, last + 1, loop.stride, (), (), (0,))
    widths = [outer.stride // inner.stride for outer, inner in pairwise(nested)]
    for (outer, inner), width in zip(pairwise(nested), widths, strict=True):
        if outer.stride % inner.stride or inner.length > width:
            return None
    shape = [nested[0].length, *widths]
    parts: list[slice | int] = [slice(None)]
    for loop, width in zip(nested[1:], widths, strict=True):
        parts.append(slice(None) if loop.length == width else slice(0, loop.length))
    if nested[-1].stride > 1:
        shape.append(nested[-1].stride)
        parts.append(0)
    start, stop = view.offset, view.offset + int(np.prod(shape))
    excess = stop - view.block.n_rows
    if excess > 0:  # the last repetition is cut off: begin earlier and take a later part of each
        width, part = shape[-1], parts[-1]
        length = 1 if part == 0 else part.stop if isinstance(part, slice) and part.stop is not None else width
        if excess > start or excess + length > width:
            return None
        parts[-1] = excess if part == 0 else slice(excess, excess + length)
        start, stop = start - excess, stop - excess
    if all(part == slice(None) for part in parts):
        parts = []
    order = tuple([nested.index(loop) for loop in loops])
    return Slices(start, stop, 1, tuple(shape), tuple(parts), order)
