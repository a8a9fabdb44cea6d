"""The order of things in columns in which few edges cross: sweeps that put each where its neighbors are on average."""

from bisect import bisect_right, insort
from collections.abc import Iterable

from viz.layout.columns import Columns

WORK = 200_000  # items that are looked at,
SWEEPS = 24  # in so many sweeps at most;
PATIENCE = 6  # so many in a row without a better order are the last ones


def untangle(columns: Columns) -> None:
    """Reorder the items of each column.

    References:
        Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981).
    """
    sweeps = min(SWEEPS, WORK // len(columns.column))
    if sweeps < 2:
        _sweep(columns, forwards=True, later_first=False)
        return
    best, order = crossings(columns), [list(column) for column in columns.items]
    waited = 0
    for sweep in range(sweeps):
        _sweep(columns, forwards=sweep % 2 == 0, later_first=sweep % 4 > 1)
        found = crossings(columns)
        waited += 1
        if found < best:
            best, order, waited = found, [list(column) for column in columns.items], 0
        if not best or waited == PATIENCE:
            break
    columns.items = order


def ranking(items: Iterable[list[int]]) -> dict[int, int]:
    """Return the place of each item in its column."""
    return {item: place for column in items for place, item in enumerate(column)}


def crossings(columns: Columns) -> int:
    """Return how many pairs of edges cross."""
    place, found = ranking(columns.items), 0
    for column in columns.items:
        seen: list[int] = []
        for item in column:
            ends = sorted([place[user] for user in columns.after[item]])
            if seen and ends and ends[0] < seen[-1]:
                found += sum([len(seen) - bisect_right(seen, end) for end in ends])
                for end in ends:
                    insort(seen, end)
            else:
                seen += ends
    return found


def _sweep(columns: Columns, *, forwards: bool, later_first: bool) -> None:
    """Order column by column by the last one. Items at the same place keep their order, or turn it around."""
    neighbors = columns.before if forwards else columns.after
    place: dict[int, float] = {}
    for column in columns.items if forwards else reversed(columns.items):
        at = {item: float(i) for i, item in enumerate(column)}
        for item in column:
            if near := neighbors[item]:
                at[item] = sum(place[other] for other in near) / len(near)
        if later_first:
            column.reverse()
        column.sort(key=at.__getitem__)
        place = {item: float(i) for i, item in enumerate(column)}
