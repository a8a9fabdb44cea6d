"""The fingerprint of a graph: what a compiled program depends on, as a key for a cache of programs."""

from collections.abc import Sequence
from typing import Any

from autodiff.graph import topological_order
from autodiff.node import CONSTANT, Node
from autodiff.value import Value


def fingerprint(outputs: Sequence[Value], inputs: Sequence[Value]) -> list[Any]:
    """Return a key that is equal for two graphs if and only if they differ at most in the data of `inputs`.

    Args:
        outputs: nodes.
        inputs: leaves, distinct, whether or not the outputs depend on them.

    Returns:
        For each node in topological order that is no input, its primitive and the numbers of its operands, those of a
        wide node as runs (first, step, count); for a leaf, CONSTANT and its data. At the end None and the numbers of
        the outputs. Inputs are numbered first, then the other nodes in this order.

    >>> x, y = Value(1.0), Value(2.0)
    >>> fingerprint([3 * x + x], [x]) == fingerprint([3 * y + y], [y])
    True
    """
    number: dict[Node, int] = {leaf: i for i, leaf in enumerate(inputs)}
    key: list[Any] = []
    for node in topological_order(*outputs):
        if node in number:
            continue
        number[node] = len(number)
        first, second = node._first, node._second
        if first is not None:
            key += [node._primitive, number[first]]
            if second is not None:
                key.append(number[second])
        elif node._wide is not None:
            key.append(node._primitive)
            key += _runs([*map(number.__getitem__, node.operands)])
        else:
            key += [CONSTANT, _exact(node._data)]
    return [*key, None, *[number[output] for output in outputs]]


def _exact(number: float) -> float | str:
    """The number, or its text where == on floats misleads: nan is not equal to itself, and 0.0 == -0.0."""
    return number if number != 0.0 and number == number else repr(number)


def _runs(numbers: list[int]) -> list[int]:
    """Numbers as runs of equal steps, (first, step, count) each: the weights of a neuron follow each other."""
    runs: list[int] = []
    start, n = 0, len(numbers)
    while start < n:
        first, end = numbers[start], start + 1
        step = numbers[end] - first if end < n else 0
        expected = first + step
        while end < n and numbers[end] == expected:
            end += 1
            expected += step
        runs += [first, step, end - start]
        start = end
    return runs
