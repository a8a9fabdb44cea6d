"""Which lines of a tape do the same: the structural classes.

The class of a leaf is its kind. The class of an operation is its primitive and the
classes of its operands; where their order means nothing, their set with counts. All neurons of a layer are one class,
their bias gradients another. Lines of a class cannot depend on each other (each would be deeper than itself), so a
class can be computed at once: its members are the elements of an array.

Sums of several lengths may be one class: a letter of a text looks back at all letters before it. The shorter ones are
padded.

A member's place in the array is chosen so that whoever reads the array reads it in order. Members are sorted by the
places of their operands, parameters first: neurons come in the order of their weights, and if a graph holds a network
at many samples, then neuron by neuron, each at all samples. The terms of a sum are sorted as well.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DOT, LOGSUMEXP, MAXIMUM, MINIMUM, MUL, POW, SUM
from autodiff.program.arrays.affine import regions
from autodiff.program.tape import Line, Tape

Array: TypeAlias = np.ndarray[Any, Any]
CONSTANT, DATA, PARAMETER, INPUT = 0, 1, 2, 3  # the leaf classes; data are constants of no formula, see `prepare`
N_LEAF_CLASSES = 4
COMMUTATIVE = (ADD, MUL, MAXIMUM, MINIMUM)
REDUCTIONS = (SUM, DOT, LOGSUMEXP)
PAD = -1
MANY = 8  # pieces that are not counted further
LENGTHS = 3  # different lengths from which sums are padded, not told apart
PADDED = 2.5, 100_000  # padding may make the terms of a class so many times as many, and so many in all
CHEAP_POWERS = (2.0, -1.0)  # which are a product and a quotient, and a class apart


class Operand(NamedTuple):
    """What the members of a class have in one place.

    Attributes:
        of: the class of these lines.
        lines: (n_members, n_terms); one term but in a reduction. A sum that is shorter than others ends with PAD.
    """

    of: int
    lines: Array


class Class(NamedTuple):
    """Lines that do the same.

    Attributes:
        primitive: what they do; None for leaves.
        members: the lines, in the order of the array.
        operands: for a `dot` the xs and the ys of each pair of classes, in turn; for a `sum` the terms of each class;
            else the operands in order.
        batched: whether an input is among what they are computed from.
    """

    primitive: Primitive | None
    members: Array
    operands: tuple[Operand, ...]
    batched: bool


class Structure(NamedTuple):
    """The classes of a tape, operands before what is computed from them.

    Attributes:
        classes: the first four are the leaves: constants, data, parameters, inputs.
        of: the class of each line.
        place: the place of each line in its class.
    """

    classes: list[Class]
    of: Array
    place: Array


def classify(tape: Tape, first: Sequence[int] = (), n_data: int = 0) -> Structure:
    """Return the classes of a tape.

    Args:
        tape: a tape, fused for wide reductions.
        first: lines that are better sorted by their place here, as results are by the place they go to.
        n_data: how many of the parameters, the last ones, are numbers that never change.
    """
    n_leaves = tape.n_leaves - n_data
    of, members = _classes(tape, n_leaves, [True] * len(tape.lines))
    of, members = _classes(tape, n_leaves, _ragged(tape, members))
    place = np.zeros(len(tape.lines), dtype=np.int64)
    rank = np.full(len(tape.lines), len(first), dtype=np.int64)
    rank[np.asarray(first[::-1], dtype=np.int64)] = np.arange(len(first))[::-1]
    classes: list[Class] = []
    for c, lines in enumerate(members):
        made = _leaves(c, lines) if c < N_LEAF_CLASSES else _made(tape, c, lines, of, place, rank, classes)
        place[made.members] = np.arange(len(made.members))
        classes.append(made)
    return Structure(classes, of, place)


def _ragged(tape: Tape, members: Sequence[Sequence[int]]) -> list[bool]:
    """For each line whether its class may hold sums of other lengths, from classes that hold all of them."""
    ragged = [False] * len(tape.lines)
    for lines in members:
        if tape.lines[lines[0]].primitive in REDUCTIONS if lines else False:
            counts = [len(tape.lines[i].operands) for i in lines]
            size = len(counts) * max(counts)
            if len({*counts}) >= LENGTHS and size <= min(PADDED[0] * sum(counts), PADDED[1]):
                for i in lines:
                    ragged[i] = True
    return ragged


def _classes(tape: Tape, n_leaves: int, ragged: Sequence[bool]) -> tuple[Array, list[list[int]]]:
    """The class of each line, and the lines of each class.

    Args:
        tape: a tape.
        n_leaves: the leaves from there on are data.
        ragged: for each line whether the length of its sum does not matter.
    """
    ids: dict[object, int] = {}
    of: list[int] = []
    members: list[list[int]] = [[] for _ in range(N_LEAF_CLASSES)]
    for i, line in enumerate(tape.lines):
        if line.primitive is None:
            kind = PARAMETER if i < n_leaves else DATA if i < tape.n_leaves else CONSTANT
            c = INPUT if i < tape.n_inputs else kind
        else:
            key = _key(tape, line, of, ragged[i])
            c = ids.setdefault(key, len(members))
            if c == len(members):
                members.append([])
        of.append(c)
        members[c].append(i)
    return np.array(of, dtype=np.int64), members


def _key(tape: Tape, line: Line, of: Sequence[int], ragged: bool) -> object:
    """What the lines of a class have in common."""
    primitive, operands = line.primitive, line.operands
    if primitive in REDUCTIONS:
        if primitive is DOT:
            half = len(operands) // 2
            pairs = zip(operands[:half], operands[half:], strict=True)
            counts: Counter[Any] = Counter([(a, b) if (a := of[x]) <= (b := of[y]) else (b, a) for x, y in pairs])
        else:
            counts = Counter([of[x] for x in operands])
        return primitive, ragged, frozenset(counts if ragged else counts.items())
    if len(operands) == 2:
        x, y = operands
        a, b = of[x], of[y]
        if primitive is POW and b == CONSTANT and tape.lines[y].number in CHEAP_POWERS:
            return primitive, a, tape.lines[y].number, None
        return (primitive, b, a) if a > b and primitive in COMMUTATIVE else (primitive, a, b)
    return primitive, *[of[x] for x in operands]


def _leaves(c: int, lines: Sequence[int]) -> Class:
    return Class(None, np.array(lines, dtype=np.int64), (), c == INPUT)


def _made(
    tape: Tape, c: int, lines: Sequence[int], of: Array, place: Array, rank: Array, classes: Sequence[Class]
) -> Class:
    """A class of operations, its members and terms sorted."""
    primitive = tape.lines[lines[0]].primitive
    assert primitive is not None
    members = np.array(lines, dtype=np.int64)
    rows = [tape.lines[i].operands for i in lines]
    if primitive in REDUCTIONS and len({*map(len, rows)}) > 1:
        operands = tuple(_padded(primitive, rows, of, place))
    elif primitive in REDUCTIONS:
        operands = tuple(_groups(primitive, np.array(rows, dtype=np.int64), of, place))
    else:
        table = np.array(rows, dtype=np.int64)
        if primitive in COMMUTATIVE:
            x, y = table.T
            swap = (of[x] > of[y]) | ((of[x] == of[y]) & (place[x] > place[y]))
            table = np.where(swap[:, np.newaxis], table[:, ::-1], table)
        operands = tuple([Operand(int(of[column[0]]), column[:, np.newaxis]) for column in table.T])
    keys = [rank[members]]
    for operand in sorted(operands, key=lambda operand: operand.of != PARAMETER):
        # two terms tell rows apart where one does not; all of them would not be linear time
        columns = [operand.lines[:, k] for k in sorted({0, min(1, operand.lines.shape[1] - 1)})]
        keys += [np.where(column == PAD, PAD, place[column]) for column in columns]
    order = np.lexsort(keys[::-1])
    if len(members) > 1 and not np.ptp(rank[members]):
        recorded = np.arange(len(members))
        order = min(order, recorded, key=lambda some: _n_pieces(some, operands, place))  # the first, if it is a tie
    operands = tuple([operand._replace(lines=operand.lines[order]) for operand in operands])
    return Class(primitive, members[order], operands, any(classes[operand.of].batched for operand in operands))


def _n_pieces(order: Array, operands: Sequence[Operand], place: Array) -> int:
    """In how many pieces the operands are to be read in this order."""
    arrays = [place[operand.lines[order]] for operand in operands if operand.of not in (CONSTANT, DATA)]
    lengths = {array.shape[1] for array in arrays} - {1}
    found = regions(arrays, len(order), max(lengths, default=1), MANY) if len(lengths) < 2 else None
    if found is not None:
        return len(found)
    alone = [regions([array], len(order), array.shape[1], MANY) for array in arrays]
    return MANY + sum([MANY if each is None else len(each) for each in alone])


def _groups(primitive: Primitive, table: Array, of: Array, place: Array) -> Iterator[Operand]:
    """The terms of a reduction by class, or by pair of classes, each in the order of their places."""
    if not table.shape[1]:
        return
    n = len(of)
    if primitive is DOT:
        x, y = np.split(table, 2, axis=1)
        swap = (of[x] > of[y]) | ((of[x] == of[y]) & (place[x] > place[y]))
        x, y = np.where(swap, y, x), np.where(swap, x, y)
        sides = [x, y]
        # a parameter is cheaper to fetch out of order than what is different at each point: that one leads
        keys = [place[x], place[y], of[y] * n + of[x]]
    else:
        sides = [table]
        keys = [place[table], of[table]]
    order = np.lexsort(keys, axis=1)
    sides = [np.take_along_axis(side, order, axis=1) for side in sides]
    group = np.take_along_axis(keys[-1], order, axis=1)[0]
    cuts = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(group)]
    for start, stop in pairwise(cuts):
        for side in sides:
            yield Operand(int(of[side[0, start]]), side[:, start:stop])


def _padded(primitive: Primitive, rows: Sequence[tuple[int, ...]], of: Array, place: Array) -> Iterator[Operand]:
    """As `_groups`, for rows of several lengths."""
    alone = [[*_groups(primitive, np.array([row], dtype=np.int64), of, place)] for row in rows]
    n_sides = 2 if primitive is DOT else 1
    found: dict[tuple[int, ...], list[list[Array]]] = {}  # for each group the lines of each member
    for k, operands in enumerate(alone):
        for start in range(0, len(operands), n_sides):
            sides = operands[start : start + n_sides]
            members = found.setdefault(tuple([side.of for side in sides]), [[] for _ in rows])
            members[k] = [side.lines[0] for side in sides]
    for group, members in found.items():
        longest = max(len(terms[0]) if terms else 0 for terms in members)
        for side, c in enumerate(group):
            lines = np.full((len(rows), longest), PAD, dtype=np.int64)
            for k, terms in enumerate(members):
                if terms:
                    lines[k, : len(terms[side])] = terms[side]
            yield Operand(c, lines)
