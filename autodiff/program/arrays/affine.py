"""Lists of positions as nested loops: the step from a list of scalars to an array.

Positions are *affine* in nested loops (i, j) if they are offset + i * si + j * sj, which numpy calls a strided view. A
list of positions is cut into affine pieces, each as long as possible; a regular list is one piece.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
MAX_LOOPS = 3  # nested: three indices name a neuron, a sample and a head


class Piece(NamedTuple):
    """A stretch of a list whose positions are affine."""

    start: int  # its beginning in the list; its length is the product of `loops`
    loops: tuple[int, ...]  # the lengths of the nested loops, outermost first; none of length 1
    strides: tuple[tuple[int, ...], ...]  # for each list, the step of every loop


def pieces(positions: Array, limit: int) -> list[Piece] | None:
    """Return the affine pieces of lists (n_lists, length), read by the same loops; None if they are more than `limit`.

    >>> pieces(np.array([[0, 0, 0, 5, 5, 5], [7, 8, 9, 7, 8, 9]]), 1)
    [Piece(start=0, loops=(2, 3), strides=((5, 0), (0, 1)))]
    """
    result: list[Piece] = []
    start, length = 0, positions.shape[1]
    while start < length:
        if len(result) == limit:
            return None
        loops, strides = _beginning(positions[:, start:])
        result.append(Piece(start, loops, strides))
        start += int(np.prod(loops, dtype=int))
    return result


def _beginning(positions: Array) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """The loops of the longest affine beginning, and the strides of each list."""
    loops: list[int] = []  # innermost first
    strides: list[list[int]] = []
    heads = positions  # the beginnings of all repetitions of these loops
    while len(loops) < MAX_LOOPS and heads.shape[1] > 1:
        steps = np.diff(heads, axis=1)
        broken = (steps != steps[:, :1]).any(axis=0)
        length = int(broken.argmax()) + 1 if broken.any() else heads.shape[1]
        loops.append(length)
        strides.append(steps[:, 0].tolist())
        rows = heads[:, : heads.shape[1] // length * length].reshape(len(heads), -1, length)
        inside = rows - rows[:, :, :1]
        differs = (inside != inside[:, :1]).any(axis=(0, 2))
        heads = rows[:, : int(differs.argmax()) if differs.any() else rows.shape[1], 0]
    by_list = zip(*strides[::-1], strict=True) if strides else [()] * len(positions)
    return tuple(loops[::-1]), tuple([tuple(steps) for steps in by_list])


class Region(NamedTuple):
    """Members and terms whose positions are all affine."""

    members: Piece  # the piece of the list of members
    terms: Piece  # the piece of the list of terms
    offsets: tuple[int, ...]  # for each array, the position of the first member and term


def regions(arrays: Sequence[Array], n_members: int, n_terms: int, limit: int) -> list[Region] | None:
    """Return the regions of arrays of positions, each (n_members, n_terms) or (n_members, 1); None if too many.

    Positions are separable if members only shift the row of their terms. Consecutive members with equal rows, up to
    the shift, make regions.
    """
    if not arrays:
        members, terms = [Piece(0, () if n == 1 else (n,), ()) for n in (n_members, n_terms)]
        return [Region(members, terms, ())]
    heads = np.stack([array[:, 0] for array in arrays])
    rows = np.stack([np.broadcast_to(array - array[:, :1], (n_members, n_terms)) for array in arrays])
    result: list[Region] = []
    changes = np.flatnonzero((rows[:, 1:] != rows[:, :-1]).any(axis=(0, 2))) + 1
    if len(changes) >= limit:
        return None
    for start, stop in zip([0, *changes.tolist()], [*changes.tolist(), n_members], strict=True):
        of_members = pieces(heads[:, start:stop], limit)
        of_terms = pieces(rows[:, start], limit)
        if of_members is None or of_terms is None or len(result) + len(of_members) * len(of_terms) > limit:
            return None
        for m in of_members:
            for t in of_terms:
                offsets = heads[:, start + m.start] + rows[:, start, t.start]
                result.append(Region(m._replace(start=start + m.start), t, tuple(offsets.tolist())))
    return result
