"""The coordinates of items across the columns, in a fixed order: near their neighbors, with straight lines."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from viz.layout.columns import Columns
from viz.layout.crossings import ranking
from viz.layout.geometry import Size

MAX_VISITS = 200_000  # items placed in all sweeps together
MAX_SWEEPS = 16
MAX_ROUNDS = 4  # rounds in which lines are straightened
LINE_WEIGHT = 8.0  # weight of a neighbor on the same line; that of any other neighbor is 1


class Alignment:
    """The coordinates of all items across the columns.

    A line is a track, or a chain of nodes. Sweeps move each item toward the average of its neighbors, of which one on
    the same line weighs most. Then each line is straightened, the longest first, as far as earlier lines leave room.
    `packed` are the coordinates in columns whose items are as close as they may be, from 0 at the first one. `shifts`
    are the least and the greatest distance from there in each column.
    """

    def __init__(self, columns: Columns, packed: Sequence[float], shifts: Sequence[Size]) -> None:
        self._columns = columns
        self._place = ranking(columns.items)
        self._following = _following(columns, self._place)
        self._lines = _lines(self._following)
        self._packed, self._shifts = packed, shifts
        self.middles = [*packed]  # the coordinate of the middle of each item
        for items in columns.items:
            half = packed[items[-1]] / 2
            for item in items:
                self.middles[item] -= half
        sweeps = max(1, min(MAX_SWEEPS, MAX_VISITS // len(packed)))
        for sweep in range(sweeps):
            forwards, with_both = sweep % 2 == 0, sweep >= sweeps // 2
            for items in columns.items[:: 1 if forwards else -1]:
                self._settle(items, before=forwards or with_both, after=not forwards or with_both)
        self._placed: list[list[int]] = [[] for _ in columns.items]
        for sweep in range(max(1, min(MAX_ROUNDS, MAX_VISITS // len(packed)))):
            for line in self._lines:
                self._straighten(line, to_neighbors=sweep > 0)

    def _settle(self, items: Sequence[int], *, before: bool, after: bool) -> None:
        """Move each item of a column to the average of its neighbors; items that would overlap move as one."""
        middles, packed, following = self.middles, self._packed, self._following
        pools: list[tuple[float, float, int]] = []  # (weight, shift from the packed coordinates, number of items)
        for item in items:
            weight = total = 0.0
            for other in self._columns.before[item] if before else ():
                neighbor_weight = LINE_WEIGHT if following[other] == item else 1.0
                weight += neighbor_weight
                total += neighbor_weight * middles[other]
            for other in self._columns.after[item] if after else ():
                neighbor_weight = LINE_WEIGHT if following[item] == other else 1.0
                weight += neighbor_weight
                total += neighbor_weight * middles[other]
            shift = (total / weight if weight else middles[item]) - packed[item]
            weight, count = weight or 1e-3, 1
            while pools and pools[-1][1] > shift:
                pool_weight, pool_shift, pool_count = pools.pop()
                shift = (weight * shift + pool_weight * pool_shift) / (weight + pool_weight)
                weight += pool_weight
                count += pool_count
            pools.append((weight, shift, count))
        least, greatest = self._shifts[self._columns.column[items[0]]]
        shifts = [min(max(shift, least), greatest) for _, shift, count in pools for _ in range(count)]
        for item, shift in zip(items, shifts, strict=True):
            middles[item] = packed[item] + shift

    def _straighten(self, line: Sequence[int], *, to_neighbors: bool) -> None:
        """Give a line as few levels as the lines placed before it allow: its own average, or that of its neighbors."""
        start = 0
        low, high = float("-inf"), float("inf")
        for i, item in enumerate(line):
            item_low, item_high = self._limits(item)
            if i > start and max(low, item_low) > min(high, item_high):
                self._level(line[start:i], low, high, to_neighbors)
                start, low, high = i, item_low, item_high
            else:
                low, high = max(low, item_low), min(high, item_high)
        self._level(line[start:], low, high, to_neighbors)

    def _level(self, items: Sequence[int], low: float, high: float, to_neighbors: bool) -> None:
        """Put items on one level between two limits."""
        near = [self.middles[other] for item in items for other in self._off_line(item)] if to_neighbors else []
        level = min(max(fmean(near or [self.middles[item] for item in items]), low), high)
        for item in items:
            self.middles[item] = level
            placed, place = self._placed[self._columns.column[item]], self._place[item]
            i = bisect_left(placed, place)
            if i == len(placed) or placed[i] != place:
                placed.insert(i, place)

    def _off_line(self, item: int) -> list[int]:
        """The neighbors of an item that are not on its line."""
        columns, following = self._columns, self._following
        before = [other for other in columns.before[item] if following[other] != item]
        return before + [other for other in columns.after[item] if following[item] != other]

    def _limits(self, item: int) -> tuple[float, float]:
        """The limits of an item between the placed items beside it, with room for those that are not placed yet."""
        column = self._columns.column[item]
        items, placed, place = self._columns.items[column], self._placed[column], self._place[item]
        before = bisect_left(placed, place)
        after = before + (before < len(placed) and placed[before] == place)
        low, high = (self._packed[item] + shift for shift in self._shifts[column])
        if before:
            other = items[placed[before - 1]]
            low = max(low, self.middles[other] + self._packed[item] - self._packed[other])
        if after < len(placed):
            other = items[placed[after]]
            high = min(high, self.middles[other] + self._packed[item] - self._packed[other])
        return low, high


def packed_items(columns: Columns, sizes: Sequence[float], gap: float, track_gap: float) -> list[float]:
    """Return the coordinate of each item if those of a column are as close as they may be, from 0 at the first one.

    The sizes of the items, and the gaps to the neighbors of a node and between tracks, are those across a column.
    """
    packed, n = [0.0] * len(sizes), columns.n_nodes
    for items in columns.items:
        for one, other in pairwise(items):
            packed[other] = packed[one] + (sizes[one] + sizes[other]) / 2 + (track_gap if one >= n <= other else gap)
    return packed


def _following(columns: Columns, place: Mapping[int, int]) -> list[int]:
    """The next item on the line of each item, or -1. A node continues an operation with few users, if possible."""
    n = columns.n_nodes
    following = [-1] * len(columns.column)
    for piece in range(n, len(following)):
        if columns.before[piece][0] >= n:
            following[columns.before[piece][0]] = piece
    for items in columns.items:
        for item in items:
            free = [other for other in columns.before[item] if following[other] < 0] if item < n else []
            if free:
                merits = [(other < n, bool(columns.before[other]), -len(columns.after[other])) for other in free]
                best = [other for other, merit in zip(free, merits, strict=True) if merit == max(merits)]
                following[sorted(best, key=place.__getitem__)[(len(best) - 1) // 2]] = item
    for piece in range(n, len(following)):
        if following[columns.before[piece][0]] < 0:
            following[columns.before[piece][0]] = piece
    return following


def _lines(following: Sequence[int]) -> list[list[int]]:
    """The lines, the longest first."""
    lines = []
    for item in sorted({*range(len(following))}.difference(following)):
        line = [item]
        while following[line[-1]] >= 0:
            line.append(following[line[-1]])
        lines.append(line)
    return sorted(lines, key=len, reverse=True)
