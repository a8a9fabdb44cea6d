"""Python's cyclic garbage collector, and why a long loop may want it out of the way.

A graph of Values has no cycles: it is freed, node by node, the moment nothing refers to it. The collector looks for
cycles each time enough new objects exist, walks over every node, and finds nothing. In the compiled build it sees no
nodes, only the tuples of wide ones.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector for the duration of a `with` block.

    Blocks may be nested; the outermost one resumes it, also after an error. Cycles of other code wait until then.

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
