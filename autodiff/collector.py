"""Python's cyclic garbage collector, and why a long loop may want it out of the way.

A graph of Values has no cycles: it is freed, node by node, the moment nothing refers to it. The collector, which looks
for cycles, still walks over every node each time enough new objects have been made, and finds nothing. In the compiled
build it does not know of nodes, and what is left for it are the tuples of wide ones.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector for the duration of a `with` block.

    May be nested; the outermost block restores what was found, also when an error leaves it. Objects of other code
    that are in cycles wait until then.

    >>> import gc
    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
