"""In which column a thing is, from what is computed from what."""

from collections.abc import Mapping, Set
from graphlib import TopologicalSorter
from typing import TypeVar

K = TypeVar("K")


def ranks(users: Mapping[K, Set[K]], depths: Mapping[K, int]) -> dict[K, int]:
    """Return a rank for each thing: lower than those of its users; just below them, if it is computed from nothing.

    In a loop, as in a network that is applied to its own output, only the users of greater depth count.

    Args:
        users: the things that are computed from each thing.
        depths: how many steps come before the first one of each thing.

    >>> ranks({"input": {"layer 0"}, "layer 0": {"layer 1"}, "layer 1": {"layer 0", "loss"}, "loss": set()},
    ...       {"input": 0, "layer 0": 1, "layer 1": 2, "loss": 3})
    {'input': 0, 'layer 0': 1, 'layer 1': 2, 'loss': 3}
    """
    reached = {thing: _reached(users, thing) for thing in users}
    later = {
        thing: {user for user in its_users if thing not in reached[user] or depths[user] > depths[thing]}
        for thing, its_users in users.items()
    }
    found = dict.fromkeys(users, 0)
    for thing in reversed([*TopologicalSorter(later).static_order()]):
        for user in later[thing]:
            found[user] = max(found[user], found[thing] + 1)
    computed = set().union(*later.values())
    for thing, its_users in later.items():
        if its_users and thing not in computed:
            found[thing] = min(found[user] for user in its_users) - 1
    return found


def _reached(users: Mapping[K, Set[K]], start: K) -> set[K]:
    """A thing and all that is computed from it."""
    reached, waiting = {start}, [start]
    while waiting:
        new = users[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return reached
