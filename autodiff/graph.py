"""Walks over a recorded graph. All are loops: a chain of a million nodes is no deeper for them than one of ten."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from autodiff.node import Wide

if TYPE_CHECKING:
    from autodiff.value import Value

_marks: Final[list[int]] = [1]
"""The number that the next walk leaves on the nodes it has seen; nothing, while a walk is under way.

Graphs that share nodes share the marks on them, so only one walk at a time may leave any. One that starts meanwhile, in
another thread or in code that runs when something is freed, remembers nodes in a set instead. That takes longer, but
nothing waits, and so nothing can wait for ever. All that this relies on is that `pop` takes the number or fails.
"""


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
    try:
        mark = _marks.pop()
    except IndexError:
        return _walk_without_marks(outputs)
    try:
        return _walk(outputs, mark)
    finally:
        _marks.append(mark + 1)


def _walk(outputs: "tuple[Value, ...]", mark: int) -> "list[Value]":
    """The order, found by leaving the mark, a number that no node has, on the nodes that were seen."""
    order: list[Value] = []
    path: list[Value] = []  # the nodes on the way to the one looked at; they come after it
    rest: list[Iterator[Value]] = []  # of the wide ones among them, the operands not looked at yet
    for output in outputs:
        below: Value | None = output if output._mark != mark else None  # what has not been seen
        while below is not None:
            below._mark = mark
            node, first = below, below._first
            while first is not None and first._mark != mark:  # down, along the first operands
                first._mark = mark
                path.append(node)
                node, first = first, first._first
            if first is None:
                if node._wide is not None and not _all_seen(node._wide, mark):
                    rest.append(iter(node.operands))
                else:
                    order.append(node)
                    if not path:
                        break
                    node = path.pop()
            below = None
            while True:  # and up, until an operand turns up that has not been seen
                second = node._second
                if second is not None:
                    if second._mark != mark:
                        below = second
                elif node._first is None and node._wide is not None:
                    for operand in rest[-1]:
                        if operand._mark != mark:
                            below = operand
                            break
                    else:
                        rest.pop()
                if below is not None:
                    path.append(node)
                    break
                order.append(node)
                if not path:
                    break
                node = path.pop()
    return order


def _all_seen(wide: Wide, mark: int) -> bool:
    """Whether all operands have the mark: the usual case, and faster to find out than with an iterator."""
    for operand in wide.left:
        if operand._mark != mark:
            return False
    for operand in wide.right:  # noqa: SIM110
        if operand._mark != mark:
            return False
    return True


def _walk_without_marks(outputs: "tuple[Value, ...]") -> "list[Value]":
    """The same order, found while another walk leaves its marks."""
    order: list[Value] = []
    seen: set[Value] = set()
    path: list[tuple[Value, Iterator[Value]]] = []
    for output in outputs:
        if output not in seen:
            seen.add(output)
            path.append((output, iter(output.operands)))
        while path:
            for operand in path[-1][1]:
                if operand not in seen:
                    seen.add(operand)
                    path.append((operand, iter(operand.operands)))
                    break
            else:
                order.append(path.pop()[0])
    return order


def distinct(nodes: "list[Value]") -> "list[Value]":
    """Return every node once, in the order of its first place.

    >>> from autodiff import Value
    >>> x, y = Value(1.0), Value(2.0)
    >>> distinct([x, y, x]) == [x, y]
    True
    """
    try:
        mark = _marks.pop()
    except IndexError:
        return [*dict.fromkeys(nodes)]
    found: list[Value] = []
    try:
        for node in nodes:
            if node._mark != mark:
                node._mark = mark
                found.append(node)
    finally:
        _marks.append(mark + 1)
    return found


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
