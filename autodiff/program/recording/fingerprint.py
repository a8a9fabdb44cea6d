"""The fingerprint of a graph: what a compiled program depends on, as a key for a cache of programs."""

from collections.abc import Sequence
from typing import Any

from autodiff.graph import marked_order, marks, topological_order
from autodiff.node import CONSTANT, Node
from autodiff.value import Value


def fingerprint(outputs: Sequence[Value], inputs: Sequence[Value]) -> list[Any]:
    """Return a key that is equal for two graphs if and only if they differ at most in the data of `inputs`.

    The inputs are leaves, none of which occurs twice, whether or not the outputs depend on them.

    Returns:
        For each node in topological order that is no input, its primitive and the numbers of its operands, those of a
        wide node as runs (first, step, count) of either half; for a leaf, CONSTANT and its data. At the end None and
        the numbers of the outputs. Inputs are numbered first, then the other nodes in this order: -1, -2, ...

    >>> x, y = Value(1.0), Value(2.0)
    >>> fingerprint([3 * x + x], [x]) == fingerprint([3 * y + y], [y])
    True
    """
    leaves: list[Node] = [*inputs]
    mark = 0
    try:  # numbers in the place of marks: 10 times as fast as in a dict
        mark, marks[0] = marks[0], 0
        if mark:
            for leaf in leaves:
                leaf._mark = mark  # the walk leaves it out
            nodes = leaves + marked_order(tuple(outputs), mark)
            for i, node in enumerate(nodes):
                node._mark = -1 - i  # no walk has a negative number
            return _key(nodes, len(leaves), [*outputs], None)
    finally:
        if mark:
            marks[0] = mark + 1
    numbers: dict[Node, int] = dict.fromkeys(leaves, 0)  # another walk is under way
    nodes = leaves + [node for node in topological_order(*outputs) if node not in numbers]
    return _key(nodes, len(leaves), [*outputs], {node: -1 - i for i, node in enumerate(nodes)})


def _key(nodes: list[Node], n_inputs: int, outputs: list[Node], numbers: dict[Node, int] | None) -> list[Any]:
    """The key; the number of a node is its mark where there is no dict of numbers."""
    key: list[Any] = []
    right: tuple[Node, ...] = ()
    right_runs: list[int] = []
    for node in nodes[n_inputs:]:
        first, second, wide = node._first, node._second, node._wide
        if first is not None:
            key.append(node._primitive)
            key.append(first._mark if numbers is None else numbers[first])
            if second is not None:
                key.append(second._mark if numbers is None else numbers[second])
        elif wide is not None:
            key.append(node._primitive)
            key += _runs(wide.left, numbers)
            if wide.right is not right:  # the dots of a layer share it
                right, right_runs = wide.right, _runs(wide.right, numbers)
            key += right_runs
        else:
            number = node._data  # as text where == on floats misleads: nan is not equal to itself, and 0.0 == -0.0
            key += [CONSTANT, number if number != 0.0 and number == number else repr(number)]
    return [*key, None, *[node._mark if numbers is None else numbers[node] for node in outputs]]


def _runs(nodes: tuple[Node, ...], numbers: dict[Node, int] | None) -> list[int]:
    """The numbers of operands in runs of equal steps, first, step, count: the weights of a neuron are one run."""
    runs: list[int] = []
    first = step = count = 0
    expected = 1  # no number is positive
    for node in nodes:
        number = node._mark if numbers is None else numbers[node]
        if number == expected:
            expected += step
            count += 1
        elif count == 1:
            step = number - first
            expected = number + step
            count = 2
        else:
            if count:
                runs += [first, step, count]
            first, step, count, expected = number, 0, 1, 1
    return [*runs, first, step, count]
