"""An order of items in columns with few crossings of edges: sweeps sort items by the average of their neighbors.

Source: Sugiyama, Tagawa & Toda, Methods for visual understanding of hierarchical system structures (1981).
"""

from bisect import bisect_right, insort
from collections.abc import Iterable

from viz.layout.columns import Columns

MAX_VISITS = 200_000  # items visited in all sweeps together
MAX_SWEEPS = 24
PATIENCE = 6  # sweeps in a row without a better order, after which it stops


def untangle(columns: Columns) -> None:
    """Reorder the items of each column so that few edges cross."""
    sweeps = min(MAX_SWEEPS, MAX_VISITS // len(columns.column))
    if sweeps < 2:
        _sweep(columns, forwards=True, later_first=False)
        return
    fewest, order = count_crossings(columns), [list(column) for column in columns.items]
    waited = 0
    for sweep in range(sweeps):
        _sweep(columns, forwards=sweep % 2 == 0, later_first=sweep % 4 > 1)
        count = count_crossings(columns)
        waited += 1
        if count < fewest:
            fewest, order, waited = count, [list(column) for column in columns.items], 0
        if not fewest or waited == PATIENCE:
            break
    columns.items = order


def ranking(items: Iterable[list[int]]) -> dict[int, int]:
    """Return the place of each item in its column."""
    return {item: place for column in items for place, item in enumerate(column)}


def count_crossings(columns: Columns) -> int:
    """Return the number of pairs of edges that cross."""
    place, count = ranking(columns.items), 0
    for column in columns.items:
        seen: list[int] = []
        for item in column:
            ends = sorted([place[user] for user in columns.after[item]])
            if seen and ends and ends[0] < seen[-1]:
                count += sum([len(seen) - bisect_right(seen, end) for end in ends])
                for end in ends:
                    insort(seen, end)
            else:
                seen += ends
    return count


def _sweep(columns: Columns, *, forwards: bool, later_first: bool) -> None:
    """Sort each column by the one before it. Items with equal averages keep their order, or reverse it."""
    neighbors = columns.before if forwards else columns.after
    place: dict[int, float] = {}
    for column in columns.items if forwards else reversed(columns.items):
        average = {item: float(i) for i, item in enumerate(column)}
        for item in column:
            if near := neighbors[item]:
                average[item] = sum(place[other] for other in near) / len(near)
        if later_first:
            column.reverse()
        column.sort(key=average.__getitem__)
        place = {item: float(i) for i, item in enumerate(column)}
