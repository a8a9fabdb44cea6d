"""Where positions in a list are those of nested loops: the step from a list of scalars to an array.

Positions are *affine* in nested loops (i, j) if they are offset + i * si + j * sj: what numpy calls a strided view. A
list of positions is read for the longest such beginning, then again for the rest; a regular list is one piece.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
LOOPS = 3  # nested loops at most: three indices name a neuron, a sample and a head


class Piece(NamedTuple):
    """A stretch of a list whose positions are affine.

    Attributes:
        start: where in the list it begins; its length is the product of `loops`.
        loops: the lengths of the nested loops, outermost first; none of length 1.
        strides: for each list that was read jointly, the step of every loop.
    """

    start: int
    loops: tuple[int, ...]
    strides: tuple[tuple[int, ...], ...]


def pieces(positions: Array, limit: int) -> list[Piece] | None:
    """Return the affine pieces of lists that are to be read by the same loops; None if there are more than `limit`.

    Args:
        positions: integers, (n_lists, length), length at least 1.
        limit: how many pieces are worth while.

    >>> pieces(np.array([[0, 0, 0, 5, 5, 5], [7, 8, 9, 7, 8, 9]]), 1)
    [Piece(start=0, loops=(2, 3), strides=((5, 0), (0, 1)))]
    """
    found: list[Piece] = []
    start, length = 0, positions.shape[1]
    while start < length:
        if len(found) == limit:
            return None
        loops, strides = _beginning(positions[:, start:])
        found.append(Piece(start, loops, strides))
        start += int(np.prod(loops, dtype=int))
    return found


def _beginning(positions: Array) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """The loops of the longest affine beginning, and the strides of each list."""
    loops: list[int] = []  # innermost first
    strides: list[list[int]] = []
    heads = positions  # where each repetition of the loops found so far begins
    while len(loops) < LOOPS and heads.shape[1] > 1:
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
    """Members and terms for which all positions are affine.

    Attributes:
        members: the piece of the list of members.
        terms: the piece of the list of terms.
        offsets: for each array of positions, that of the first member and term.
    """

    members: Piece
    terms: Piece
    offsets: tuple[int, ...]


def regions(arrays: Sequence[Array], n_members: int, n_terms: int, limit: int) -> list[Region] | None:
    """Return the regions of arrays of positions, each (n_members, n_terms) or (n_members, 1); None if too many.

    Positions are separable if a member only shifts the row of its terms. Members in a row with equal rows, up to the
    shift, make regions.
    """
    if not arrays:
        alone = [Piece(0, () if n == 1 else (n,), ()) for n in (n_members, n_terms)]
        return [Region(alone[0], alone[1], ())]
    heads = np.stack([array[:, 0] for array in arrays])
    rows = np.stack([np.broadcast_to(array - array[:, :1], (n_members, n_terms)) for array in arrays])
    found: list[Region] = []
    changes = np.flatnonzero((rows[:, 1:] != rows[:, :-1]).any(axis=(0, 2))) + 1
    if len(changes) >= limit:
        return None
    for start, stop in zip([0, *changes.tolist()], [*changes.tolist(), n_members], strict=True):
        members = pieces(heads[:, start:stop], limit)
        terms = pieces(rows[:, start], limit)
        if members is None or terms is None or len(found) + len(members) * len(terms) > limit:
            return None
        for m in members:
            for t in terms:
                offsets = heads[:, start + m.start] + rows[:, start, t.start]
                found.append(Region(m._replace(start=start + m.start), t, tuple(offsets.tolist())))
    return found
