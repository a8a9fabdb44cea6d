"""Walks over a recorded graph. All are loops: a chain of a million nodes is no deeper for them than one of ten."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autodiff.value import Value


def topological_order(*outputs: "Value") -> "list[Value]":
    """Return the outputs and all they were computed from, each once, operands before the nodes made from them.

    The order depends only on the graph: depth first, first operands first.

    >>> from autodiff import Value
    >>> a = Value(2.0, "a")
    >>> b = a * a
    >>> c = a + b
    >>> topological_order(c) == [a, b, c]
    True
    """
    order: list[Value] = []
    seen: set[Value] = set()
    todo: list[Any] = [*reversed(outputs)]  # a None tells that the node below it has its operands behind it
    while todo:
        node = todo.pop()
        if node is None:
            order.append(todo.pop())
        elif node not in seen:
            seen.add(node)
            first = node._first
            if first is not None:
                todo.append(node)
                todo.append(None)
                second = node._second
                if second is not None and second not in seen:
                    todo.append(second)
                if first not in seen:
                    todo.append(first)
            elif node._wide is not None:
                todo.append(node)
                todo.append(None)
                todo.extend(reversed(node._wide[0]))
            else:
                order.append(node)
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
    kinds = (
        "constant" if node.is_constant else node.primitive.name if node.primitive else "leaf"
        for node in topological_order(*outputs)
    )
    return dict(Counter(kinds))
