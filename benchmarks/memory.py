"""Bytes per node: what a chain leaves allocated, by Python's own account."""

import gc
import tracemalloc
from importlib import import_module

from benchmarks import report
from benchmarks.tasks.chain import Chain

NODES = 100_000
PEERS = ["chainrule", "micrograd", "slotted"]  # xad's nodes live in C++, where Python does not count

TEXT = (
    f"`tracemalloc` around the recording of a chain of {NODES:,} nodes, `y = y*a + b`, all alive: every byte that "
    "Python allocated for them, over the number of nodes. Gradients are included where they have a place in the node."
)


def per_node(peer: str) -> float:
    """Return the bytes per node of a peer that is an engine of scalars.

    Raises:
        ImportError: if it is not installed.
    """
    value = import_module(f"benchmarks.peers.{peer}").ENGINE.parameter
    chain = Chain(nodes=NODES)
    parameters = [value(x) for x in chain.start]
    gc.collect()
    tracemalloc.start()
    try:
        out = chain.function(parameters)
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del out
    return allocated / NODES


def section(rounds: int) -> report.Section:  # bytes are the same in every round
    """Return the table, of the engines that are installed."""
    sizes = {}
    for peer in PEERS:
        try:
            sizes[peer] = per_node(peer)
        except ImportError:
            continue
    rows = [[name, f"{size:.0f}", f"{size / sizes['chainrule']:.2f}"] for name, size in sizes.items()]
    return report.Section("Memory of a node", TEXT, [["", "bytes", "ratio"], *rows])
