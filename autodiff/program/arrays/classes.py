"""Which lines of a tape do the same: the structural classes.

The class of a leaf is its kind. Two operations are in one class if they apply the same primitive to operands of the
same classes. For commutative primitives the order does not matter, only how often each class occurs. All neurons of a
layer are one class, the gradients of their biases another. Lines of a class cannot depend on each other, because an
operation is deeper than its operands. So a class can be computed at once: its members are the elements of an array.

Sums of several lengths may be one class, as in a text where each letter looks back at all letters before it. Shorter
sums are padded.

The members of a class are sorted so that instructions read arrays in order: by the places of their operands,
parameters first. So neurons stand in the order of their weights; if a graph holds a network at many samples, they stand
neuron by neuron, each at all samples. The terms of a sum are sorted as well.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import DOT, LOGSUMEXP, POW, SUM, factor_pairs
from autodiff.program.arrays.affine import regions
from autodiff.program.recording.tape import Line, Tape, looked_up

Array: TypeAlias = np.ndarray[Any, Any]
CONSTANT, DATA, PARAMETER, INPUT = 0, 1, 2, 3  # the classes of leaves; for data see `prepare`
N_LEAF_CLASSES = 4
REDUCTIONS = frozenset((SUM, DOT, LOGSUMEXP))
PAD = -1  # instead of a line, after the terms of a sum that is shorter than others
MAX_PIECES_COUNTED = 8  # when orders of the members are compared
MIN_LENGTHS_TO_PAD = 3  # sums of fewer different lengths are different classes
MAX_PADDING_FACTOR = 2.5  # of the terms of a class after padding to those before
MAX_PADDED_TERMS = 100_000  # of a class after padding
CHEAP_POWERS = (2.0, -1.0)  # these exponents make a product and a quotient, and have classes of their own


class Operand(NamedTuple):
    """The operands at one position of all members of a class."""

    cls: int  # the class of these lines
    lines: Array  # (n_members, n_terms); one term, except in a reduction. A short sum ends with PAD.


class StructuralClass(NamedTuple):
    """Lines that do the same."""

    primitive: Primitive | None  # the operation; None for leaves
    members: Array  # the lines, in the order of the array
    # in order. A `dot` has the xs and then the ys of each pair of classes, a `sum` the terms of each class.
    operands: tuple[Operand, ...]
    batched: bool  # whether the members depend on an input


class Structure(NamedTuple):
    """The classes of a tape, each after those of its operands."""

    classes: list[StructuralClass]  # the first four are the leaves: constants, data, parameters, inputs
    class_of: Array  # the class of each line
    place: Array  # the place of each line in its class


def classify(tape: Tape, first: Sequence[int] = (), n_data: int = 0) -> Structure:
    """Return the classes of a tape; the last `n_data` parameters are data.

    Lines are sorted by their place in `first`, such as the outputs, before anything else.
    """
    class_of, members = partition(tape, tape.n_leaves - n_data)
    sorter = _Sorter(tape, np.array(class_of, dtype=np.int64), first)
    for lines in members:
        sorter.add(lines)
    return Structure(sorter.classes, sorter.class_of, sorter.place)


def n_classes(tape: Tape) -> int:
    """Return the number of classes of operations, the least of which there can be: with sums of any length in one."""
    _, members = _partition(tape, tape.n_leaves, None)
    return len(members) - N_LEAF_CLASSES


def partition(tape: Tape, n_leaves: int) -> tuple[list[int], list[list[int]]]:
    """Return the class of each line, and the lines of each; leaves behind the first `n_leaves` are data."""
    class_of, members = _partition(tape, n_leaves, None)
    padded = _padded_sums(tape, class_of, members)
    return (class_of, members) if padded is None else _partition(tape, n_leaves, padded)


def _padded_sums(tape: Tape, class_of: Sequence[int], members: Sequence[Sequence[int]]) -> set[int] | None:
    """The lines whose class may hold sums of other lengths. In `members` every class does; None if they stay so."""
    padded: set[int] = set()
    stay = True
    for lines in members:
        if lines and tape.lines[lines[0]].primitive in REDUCTIONS:
            counts = [len(tape.lines[i].operands) for i in lines]
            size = len(counts) * max(counts)
            if len({*counts}) >= MIN_LENGTHS_TO_PAD and size <= min(MAX_PADDING_FACTOR * sum(counts), MAX_PADDED_TERMS):
                padded.update(lines)
            else:
                alike = {looked_up(tape.lines[i].operands, class_of): i for i in lines}.values()
                stay = stay and len({_key(tape, tape.lines[i], class_of, False) for i in alike}) == 1
    return None if stay else padded


def _partition(tape: Tape, n_leaves: int, padded: set[int] | None) -> tuple[list[int], list[list[int]]]:
    """The class of each line, and the lines of each; a class of `padded` lines, or all, ignores the length of a sum."""
    class_of_key: dict[object, int] = {}
    class_of_alike: dict[object, int] = {}  # by what costs less than a key: most lines are alike
    class_of: list[int] = []
    members: list[list[int]] = [[] for _ in range(N_LEAF_CLASSES)]
    for i, line in enumerate(tape.lines):
        if line[0] is None:
            constant = DATA if i < tape.n_leaves else CONSTANT
            c = INPUT if i < tape.n_inputs else PARAMETER if i < n_leaves else constant
        else:
            is_padded = padded is None or i in padded
            exponent = tape.lines[line[1][1]].number if line[0] is POW else None
            alike = (line[0], is_padded, exponent, looked_up(line[1], class_of))
            if alike not in class_of_alike:
                key = _key(tape, line, class_of, is_padded)
                class_of_alike[alike] = class_of_key.setdefault(key, len(members))
            c = class_of_alike[alike]
            if c == len(members):
                members.append([])
        class_of.append(c)
        members[c].append(i)
    return class_of, members


def _key(tape: Tape, line: Line, class_of: Sequence[int], padded: bool) -> object:
    """An object that is equal for the lines of a class."""
    primitive, operands, _, _ = line
    if len(operands) == 2 and primitive not in REDUCTIONS:
        x, y = operands
        a, b = class_of[x], class_of[y]
        if primitive is POW and b == CONSTANT and tape.lines[y].number in CHEAP_POWERS:
            return primitive, a, tape.lines[y].number, None
        return (primitive, b, a) if a > b and primitive and primitive.commutes else (primitive, a, b)
    terms: list[Any] = [class_of[x] for x in operands]
    if primitive in REDUCTIONS:
        if primitive is DOT:
            terms = [(a, b) if a <= b else (b, a) for a, b in factor_pairs(terms)]
        return primitive, padded, frozenset(terms) if padded else tuple(sorted(terms))
    return primitive, *terms


class _Sorter:
    """Sorts the members and terms of one class after the other."""

    def __init__(self, tape: Tape, class_of: Array, first: Sequence[int]) -> None:
        self.tape, self.class_of = tape, class_of
        self.classes: list[StructuralClass] = []  # the classes so far
        self.place: Array = np.zeros(len(tape.lines), dtype=np.int64)  # for each line its place in its class
        self.rank: Array = np.full(len(tape.lines), len(first), dtype=np.int64)
        self._terms_of: Array = np.zeros(0, dtype=np.int64)  # of each line, in its first sum: which term, and the sum
        self.rank[np.asarray(first[::-1], dtype=np.int64)] = np.arange(len(first))[::-1]

    def add(self, lines: Sequence[int]) -> None:
        """Sort the lines of the next class."""
        c = len(self.classes)
        if c < N_LEAF_CLASSES:
            cls = StructuralClass(None, np.array(lines, dtype=np.int64), (), c == INPUT)
        else:
            cls = self._operations(lines)
        self.place[cls.members] = np.arange(len(cls.members))
        self.classes.append(cls)

    def _operations(self, lines: Sequence[int]) -> StructuralClass:
        """A class of operations."""
        primitive = self.tape.lines[lines[0]].primitive
        assert primitive is not None
        members = np.array(lines, dtype=np.int64)
        operands = self._operands(primitive, [self.tape.lines[i].operands for i in lines])
        keys = [self.rank[members]]
        for operand in sorted(operands, key=lambda operand: operand.cls != PARAMETER):
            # Two terms, because one may not tell rows apart; all of them would not be linear time.
            columns = [operand.lines[:, k] for k in sorted({0, min(1, operand.lines.shape[1] - 1)})]
            keys += [np.where(column == PAD, PAD, self.place[column]) for column in columns]
        order = np.lexsort(keys[::-1])
        if len(members) > 1 and not np.ptp(self.rank[members]):
            orders = [order, np.arange(len(members))]  # as sorted, as recorded; the first, if it is a tie
            n_pieces = [self._n_pieces(order, operands) for order in orders]
            order = orders[n_pieces.index(min(n_pieces))]
            if min(n_pieces) == MAX_PIECES_COUNTED * (1 + len(operands)):  # no operand follows loops in either
                order = self._by_term(members, order)
        operands = tuple([operand._replace(lines=operand.lines[order]) for operand in operands])
        batched = any(self.classes[operand.cls].batched for operand in operands)
        return StructuralClass(primitive, members[order], operands, batched)

    def _operands(self, primitive: Primitive, rows: Sequence[tuple[int, ...]]) -> tuple[Operand, ...]:
        """The operands of a class, from those of each member."""
        if primitive in REDUCTIONS and len({*map(len, rows)}) > 1:
            return tuple(self._padded_terms(primitive, rows))
        table = np.array(rows, dtype=np.int64)
        if primitive in REDUCTIONS:
            return tuple(self._terms(primitive, table))
        if primitive.commutes:
            table = np.stack(self._ordered(*table.T), axis=1)
        return tuple([Operand(int(self.class_of[column[0]]), column[:, np.newaxis]) for column in table.T])

    def _ordered(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Operands of a commutative primitive, each pair in the order of class and place."""
        a, b = self.class_of[x], self.class_of[y]
        swap = (a > b) | ((a == b) & (self.place[x] > self.place[y]))
        return np.where(swap, y, x), np.where(swap, x, y)

    def _by_term(self, members: Array, order: Array) -> Array:
        """Another order of members that have none: all first terms of sums, then all second terms.

        So the sums read neighbors. The differences in d_x^2 + d_y^2 + d_z^2 for all pairs of bodies are such members.
        """
        if self._terms_of.size == 0:
            term, sum_of = [[-1] * len(self.tape.lines) for _ in range(2)]
            for i, (primitive, operands, _, _) in enumerate(self.tape.lines):
                if primitive is SUM or primitive is DOT:
                    for k, operand in enumerate(operands):
                        if sum_of[operand] < 0:
                            term[operand], sum_of[operand] = k, i
            self._terms_of = np.array([term, sum_of], dtype=np.int64)
        terms, sums = self._terms_of[:, members]
        if sums.min() < 0 or len(np.unique(self.class_of[sums])) > 1 or len(members) <= terms.max() ** 2:
            return order  # a term has many members
        return np.lexsort((sums, terms))

    def _n_pieces(self, order: Array, operands: Sequence[Operand]) -> int:
        """The number of pieces in which instructions read the operands, if the members are in this order."""
        arrays = [self.place[operand.lines[order]] for operand in operands if operand.cls not in (CONSTANT, DATA)]
        lengths = {array.shape[1] for array in arrays} - {1}
        if len(lengths) < 2:
            together = regions(arrays, len(order), max(lengths, default=1), MAX_PIECES_COUNTED)
            if together is not None:
                return len(together)
        apart = [regions([array], len(order), array.shape[1], MAX_PIECES_COUNTED) for array in arrays]
        return MAX_PIECES_COUNTED + sum([MAX_PIECES_COUNTED if each is None else len(each) for each in apart])

    def _terms(self, primitive: Primitive, table: Array) -> Iterator[Operand]:
        """The terms of a reduction by class, or by pair of classes, each in the order of their places."""
        if not table.shape[1]:
            return
        class_of, place = self.class_of, self.place
        if primitive is DOT:
            x, y = self._ordered(*np.split(table, 2, axis=1))
            sides = [x, y]
            # A parameter is cheaper to fetch out of order than a number that differs at each point, so y leads.
            keys = [place[x], place[y], class_of[y] * len(class_of) + class_of[x]]
        else:
            sides = [table]
            keys = [place[table], class_of[table]]
        order = np.lexsort(keys, axis=1)
        sides = [np.take_along_axis(side, order, axis=1) for side in sides]
        group = np.take_along_axis(keys[-1], order, axis=1)[0]
        cuts = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(group)]
        for start, stop in pairwise(cuts):
            for side in sides:
                yield Operand(int(class_of[side[0, start]]), side[:, start:stop])

    def _padded_terms(self, primitive: Primitive, rows: Sequence[tuple[int, ...]]) -> Iterator[Operand]:
        """As `_terms`, for rows of several lengths."""
        n_sides = 2 if primitive is DOT else 1
        groups: dict[tuple[int, ...], list[list[Array]]] = {}  # by class or pair of classes, the lines of each member
        for k, row in enumerate(rows):
            operands = [*self._terms(primitive, np.array([row], dtype=np.int64))]
            for start in range(0, len(operands), n_sides):
                sides = operands[start : start + n_sides]
                members = groups.setdefault(tuple([side.cls for side in sides]), [[] for _ in rows])
                members[k] = [side.lines[0] for side in sides]
        for group, members in groups.items():
            longest = max(len(terms[0]) if terms else 0 for terms in members)
            for side, c in enumerate(group):
                lines = np.full((len(rows), longest), PAD, dtype=np.int64)
                for k, terms in enumerate(members):
                    if terms:
                        lines[k, : len(terms[side])] = terms[side]
                yield Operand(c, lines)
