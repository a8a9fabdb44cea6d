"""A view as what one would write: a slice, a reshape, a transpose. JAX and readers have no strides."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.program.arrays.instructions import View

Array: TypeAlias = np.ndarray[Any, Any]


class Reading(NamedTuple):
    """How to get a view out of the rows of an array: rows[start:stop:step].reshape(shape)[parts], and the axes turned.

    Attributes:
        start: the first row.
        stop: the row behind the last.
        step: from row to row.
        shape: into which the rows are cut; () if they are taken as they are.
        parts: for each axis of the shape, a slice of it or an index into it.
        order: for each axis of the view its axis in what is left.
        by_number: instead of all that, the rows by number, where loops overlap as windows do.
    """

    start: int
    stop: int
    step: int
    shape: tuple[int, ...]
    parts: tuple[slice | int, ...]
    order: tuple[int, ...]
    by_number: Array | None = None


@dataclass(frozen=True)
class _Loop:
    name: int
    length: int
    stride: int


def reading(view: View, loops: tuple[int, ...]) -> Reading:
    """Return how to read a view; loops that it does not vary along are left out.

    Args:
        view: of a block.
        loops: the lengths of all loops, of members and terms.
    """
    used = [_Loop(i, n, s) for i, (n, s) in enumerate(zip(loops, view.strides, strict=True)) if s]
    found = _sliced(view, used)
    if found is not None:
        return found
    index: Array = np.full((1,) * len(used), view.offset)
    for axis, loop in enumerate(used):
        index = index + (np.arange(loop.length) * loop.stride).reshape(
            [-1 if a == axis else 1 for a in range(len(used))]
        )
    return Reading(0, 0, 1, (), (), tuple(range(len(used))), index)


def _sliced(view: View, used: list[_Loop]) -> Reading | None:
    """A reading by slices, if no stride is negative and each loop lies within a step of the next."""
    nested = sorted(used, key=lambda loop: -loop.stride)
    if any(loop.stride < 0 for loop in used):
        return None
    order = tuple([nested.index(loop) for loop in used])
    if not used:
        return Reading(view.offset, view.offset + 1, 1, (), (0,), ())
    if len(used) == 1:
        (loop,) = used
        last = view.offset + (loop.length - 1) * loop.stride
        return Reading(view.offset, last + 1, loop.stride, (), (), (0,))
    widths = [outer.stride // inner.stride for outer, inner in pairwise(nested)]
    regular = all(
        outer.stride % inner.stride == 0 and inner.length <= width
        for outer, inner, width in zip(nested[:-1], nested[1:], widths, strict=True)
    )
    if not regular:
        return None
    shape = [nested[0].length, *widths]
    parts: list[slice | int] = [slice(None)]
    parts += [
        slice(None) if loop.length == width else slice(0, loop.length)
        for loop, width in zip(nested[1:], widths, strict=True)
    ]
    if nested[-1].stride > 1:
        shape.append(nested[-1].stride)
        parts.append(0)
    stop = view.offset + int(np.prod(shape))
    start, over = view.offset, stop - view.block.n_rows
    if over > 0:  # the rows end before the last repetition does: begin earlier, and take a later part
        width, part = shape[-1], parts[-1]
        first = 0 if part == 0 else over
        length = part.stop if isinstance(part, slice) and part.stop is not None else width
        if over > start or (isinstance(part, slice) and over + length > width) or (part == 0 and over >= width):
            return None
        parts[-1] = over if part == 0 else slice(first, first + length)
        start, stop = start - over, stop - over
    if all(part == slice(None) for part in parts):
        parts = []
    return Reading(start, stop, 1, tuple(shape), tuple(parts), order)
