"""The column of each item, computed from which items use it."""

from collections.abc import Mapping, Set
from graphlib import TopologicalSorter
from typing import TypeVar

K = TypeVar("K")


def ranks(users: Mapping[K, Set[K]], depths: Mapping[K, int]) -> dict[K, int]:
    """Return the rank of each item, lower than those of its users; an item without sources is just below its users.

    In a loop, such as a network applied to its own output, only users of greater depth count.

    Args:
        users: for each item, the items that are computed from it.
        depths: for each item, the number of steps before its first step.

    >>> ranks({"input": {"layer 0"}, "layer 0": {"layer 1"}, "layer 1": {"layer 0", "loss"}, "loss": set()},
    ...       {"input": 0, "layer 0": 1, "layer 1": 2, "loss": 3})
    {'input': 0, 'layer 0': 1, 'layer 1': 2, 'loss': 3}
    """
    reachable = {item: _reachable(users, item) for item in users}
    later = {
        item: {user for user in item_users if item not in reachable[user] or depths[user] > depths[item]}
        for item, item_users in users.items()
    }
    rank_of = dict.fromkeys(users, 0)
    for item in reversed([*TopologicalSorter(later).static_order()]):
        for user in later[item]:
            rank_of[user] = max(rank_of[user], rank_of[item] + 1)
    computed = set().union(*later.values())
    for item, item_users in later.items():
        if item_users and item not in computed:
            rank_of[item] = min(rank_of[user] for user in item_users) - 1
    return rank_of


def _reachable(users: Mapping[K, Set[K]], start: K) -> set[K]:
    """An item and all items that are computed from it."""
    reached, stack = {start}, [start]
    while stack:
        new = users[stack.pop()] - reached
        reached |= new
        stack.extend(new)
    return reached
