"""Where things in columns are across, in their order: near to their neighbors, and lines straight."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from viz.layout.columns import Columns
from viz.layout.crossings import ranking

WORK = 200_000  # items that are placed,
SWEEPS = 16  # in so many sweeps at most
ROUNDS = 4  # in which lines are made straight
LINE = 8.0  # how much more the neighbor on the same line counts than another one


class Across:
    """The middle of each item.

    A line is a track, or a chain of nodes. Sweeps bring all items near to their neighbors, where those on the same
    line count most; then each line is made straight, the long ones first, as far as those before it allow.

    Args:
        columns: the columns, in order.
        sizes: how much room each item takes.
        gap: the distance of a node from what is beside it.
        track_gap: that of two tracks.

    Attributes:
        middles: the middles.
    """

    def __init__(self, columns: Columns, sizes: Sequence[float], gap: float, track_gap: float) -> None:
        self._columns = columns
        self._place = ranking(columns.items)
        self._following = _following(columns, self._place)
        self._lines = _lines(self._following)
        n = columns.n_nodes
        self.middles = [0.0] * len(sizes)
        self._packed = [0.0] * len(sizes)  # where an item is if all before it are as near to the first as they can be
        for items in columns.items:
            for one, other in pairwise(items):
                apart = (sizes[one] + sizes[other]) / 2 + (track_gap if one >= n <= other else gap)
                self._packed[other] = self._packed[one] + apart
            half = self._packed[items[-1]] / 2
            for item in items:
                self.middles[item] = self._packed[item] - half
        sweeps = max(1, min(SWEEPS, WORK // len(sizes)))
        for sweep in range(sweeps):
            forwards, with_both = sweep % 2 == 0, sweep >= sweeps // 2
            for items in columns.items[:: 1 if forwards else -1]:
                self._settle(items, before=forwards or with_both, after=not forwards or with_both)
        self._placed: list[list[int]] = [[] for _ in columns.items]
        for sweep in range(max(1, min(ROUNDS, WORK // len(sizes)))):
            for line in self._lines:
                self._straighten(line, to_neighbors=sweep > 0)

    def _settle(self, items: Sequence[int], *, before: bool, after: bool) -> None:
        """Move the items of a column to the average of their neighbors; those in each other's way, as one."""
        middles, packed, following = self.middles, self._packed, self._following
        pools: list[tuple[float, float, int]] = []  # weight, how far from being packed, how many items
        for item in items:
            weight = total = 0.0
            for other in self._columns.before[item] if before else ():
                its_weight = LINE if following[other] == item else 1.0
                weight += its_weight
                total += its_weight * middles[other]
            for other in self._columns.after[item] if after else ():
                its_weight = LINE if following[item] == other else 1.0
                weight += its_weight
                total += its_weight * middles[other]
            shift = (total / weight if weight else middles[item]) - packed[item]
            weight, count = weight or 1e-3, 1
            while pools and pools[-1][1] > shift:
                its_weight, its_shift, its_count = pools.pop()
                shift = (weight * shift + its_weight * its_shift) / (weight + its_weight)
                weight += its_weight
                count += its_count
            pools.append((weight, shift, count))
        shifts = [shift for _, shift, count in pools for _ in range(count)]
        for item, shift in zip(items, shifts, strict=True):
            middles[item] = packed[item] + shift

    def _straighten(self, line: Sequence[int], *, to_neighbors: bool) -> None:
        """Give a line as few levels as the lines allow that have been placed; where it is, or near its neighbors."""
        start = 0
        low, high = float("-inf"), float("inf")
        for i, item in enumerate(line):
            its_low, its_high = self._free(item)
            if i > start and max(low, its_low) > min(high, its_high):
                self._level(line[start:i], low, high, to_neighbors)
                start, low, high = i, its_low, its_high
            else:
                low, high = max(low, its_low), min(high, its_high)
        self._level(line[start:], low, high, to_neighbors)

    def _level(self, items: Sequence[int], low: float, high: float, to_neighbors: bool) -> None:
        """Put items on one level between two limits."""
        near = [self.middles[other] for item in items for other in self._aside(item)] if to_neighbors else []
        level = min(max(fmean(near or [self.middles[item] for item in items]), low), high)
        for item in items:
            self.middles[item] = level
            placed, place = self._placed[self._columns.column[item]], self._place[item]
            at = bisect_left(placed, place)
            if at == len(placed) or placed[at] != place:
                placed.insert(at, place)

    def _aside(self, item: int) -> list[int]:
        """The neighbors of an item that are not on its line."""
        columns, following = self._columns, self._following
        before = [other for other in columns.before[item] if following[other] != item]
        return before + [other for other in columns.after[item] if following[item] != other]

    def _free(self, item: int) -> tuple[float, float]:
        """Between what an item can move: it leaves room for what has not been placed."""
        column = self._columns.column[item]
        items, placed, place = self._columns.items[column], self._placed[column], self._place[item]
        at = bisect_left(placed, place)
        after = at + (at < len(placed) and placed[at] == place)
        low, high = float("-inf"), float("inf")
        if at:
            other = items[placed[at - 1]]
            low = self.middles[other] + self._packed[item] - self._packed[other]
        if after < len(placed):
            other = items[placed[after]]
            high = self.middles[other] + self._packed[item] - self._packed[other]
        return low, high


def _following(columns: Columns, place: Mapping[int, int]) -> list[int]:
    """What follows each item on its line, or -1. A node follows an operation that few others use, if it can."""
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
    """The lines, the long ones first."""
    lines = []
    for item in sorted({*range(len(following))}.difference(following)):
        line = [item]
        while following[line[-1]] >= 0:
            line.append(following[line[-1]])
        lines.append(line)
    return sorted(lines, key=len, reverse=True)
