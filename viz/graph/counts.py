"""How many products a gradient takes: path by path, by forward mode, and by the sweep backward. The graph is not walked
path by path, of which there may be more than anyone can walk.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from autodiff import Value, topological_order
from autodiff.extend import dependents
from viz.graph.symbols import visible

T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """The numbers of products, where a path of three edges takes three.

    Attributes:
        paths: the number of paths from the output to the leaves.
        by_paths: the products along all of these paths, each multiplied out.
        forward: the products of forward mode, which goes once through the graph for each leaf.
        backward: the products of the sweep backward, one for each edge.
    """

    paths: int
    by_paths: int
    forward: int
    backward: int


def paths_to(order: Sequence[T], output: T, operands_of: Callable[[T], Iterable[T]]) -> dict[T, tuple[int, int]]:
    """Return the number of paths from an output to each node, and the number of edges on all of them.

    The nodes are in topological order; a node that is an operand twice has two edges.

    >>> operands = {"c": ["b", "b"], "b": ["a", "a"], "a": []}
    >>> paths_to(["a", "b", "c"], "c", operands.__getitem__)
    {'c': (1, 0), 'b': (2, 2), 'a': (4, 8)}
    """
    counts = {output: (1, 0)}
    for node in reversed(order):
        if node in counts:
            n, length = counts[node]
            for operand in operands_of(node):
                more = counts.get(operand, (0, 0))
                counts[operand] = more[0] + n, more[1] + length + n
    return counts


def count_products(output: Value, wrt: Iterable[Value] = ()) -> Counts:
    """Return the numbers of products for the gradient of an output by some nodes, by default by all of its leaves.

    >>> a = Value(2.0)
    >>> for _ in range(10):
    ...     a = a * a
    >>> count_products(a)
    Counts(paths=1024, by_paths=10240, forward=20, backward=20)
    """
    output = visible(output)
    order = [node for node in topological_order(output) if visible(node) is node]
    leaves = [*wrt] or [node for node in order if node.is_leaf and not node.is_constant]
    varying = dependents(order, leaves).intersection(order)

    def operands_of(node: Value) -> list[Value]:
        return [x for x in map(visible, node.operands) if x in varying]

    counts = paths_to(order, output, operands_of) if output in varying else {}
    reached = [counts[leaf] for leaf in leaves if leaf in counts]
    sets = {leaf: 1 << i for i, leaf in enumerate(leaves)}  # of the leaves that a node depends on, as bits
    forward = 0
    for node in order:
        for operand in operands_of(node):
            sets[node] = sets.get(node, 0) | sets[operand]
            forward += sets[operand].bit_count()
    backward = sum(len(operands_of(node)) for node in counts)
    return Counts(sum(n for n, _ in reached), sum(length for _, length in reached), forward, backward)
