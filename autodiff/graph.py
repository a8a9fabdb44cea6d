"""Walks over a recorded graph. All are loops: a chain of a million nodes is no deeper for them than one of ten."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from autodiff.value import Value

_marks = itertools.count(1)  # a walk leaves its number on the nodes that it has seen


def topological_order(*outputs: "Value") -> "list[Value]":
    """Return the outputs and all they were computed from, each once, operands before the nodes made from them.

    The order depends only on the graph: depth first, first operands first.

    Raises:
        TypeError: if an output is not a Value.

    >>> from autodiff import Value
    >>> a = Value(2.0, "a")
    >>> b = a * a
    >>> c = a + b
    >>> topological_order(c) == [a, b, c]
    True
    """
    for thing in cast(tuple[Any, ...], outputs):
        if not hasattr(thing, "operands"):
            raise TypeError(f"graph: expected Values, got {type(thing).__name__}; unpack a list as in f(*outputs)")
    order: list[Value] = []
    mark = next(_marks)
    path: list[Value] = []  # the nodes above the one looked at, whose operands are not all in the order yet
    rest: dict[Value, Iterator[Value]] = {}  # of the operands of a wide node, those not looked at yet
    for output in outputs:
        node: Value | None = output
        while node is not None:
            while node._mark != mark:  # down, along the first operands
                node._mark = mark
                path.append(node)
                if node._first is None:
                    if node._wide is not None:
                        rest[node] = iter(node._wide[0])
                    break
                node = node._first
            node = None
            while path:  # and up, until an operand turns up that has not been seen
                above = path[-1]
                second = above._second
                if second is not None:
                    if second._mark != mark:
                        node = second
                        break
                elif above._first is None and above._wide is not None:
                    for operand in rest[above]:
                        if operand._mark != mark:
                            node = operand
                            break
                    if node is not None:
                        break
                order.append(path.pop())
    return order


def leaves(*outputs: "Value") -> "list[Value]":
    """Return the leaves that the outputs were computed from, constants left out, each once, in topological order.

    >>> from autodiff import Value
    >>> x, y = Value(1.0, "x"), Value(2.0, "y")
    >>> [leaf.label for leaf in leaves(3 * x * y + x)]
    ['x', 'y']
    """
    return [node for node in topological_order(*outputs) if node.is_leaf and not node.is_constant]


def counts(*outputs: "Value") -> dict[str, int]:
    """Return how many nodes of each primitive the graph has; leaves count as "leaf", plain numbers as "constant".

    >>> from autodiff import Value
    >>> x = Value(1.0, "x")
    >>> counts(3 * x * x + x)
    {'constant': 1, 'leaf': 1, 'mul': 2, 'add': 1}
    """
    kinds = [
        "constant" if node.is_constant else node.primitive.name if node.primitive else "leaf"
        for node in topological_order(*outputs)
    ]
    return dict(Counter(kinds))
