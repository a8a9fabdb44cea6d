"""Leaves drawn by chance: a program that kept the number of one draw would repeat it at every call, in silence."""

from typing import Final

from autodiff.node import Node
from autodiff.primitive import Primitive
from autodiff.value import Operation, Value

DRAWN: Final = Primitive("drawn", "", float, (), source="a number drawn by chance")
"""Marks a leaf whose number was drawn by chance, whose `primitive` says None, as of any leaf."""


def drawn_leaf(number: float, label: str) -> Value:
    """Return a leaf that a program takes as an input or a parameter, and not as a constant.

    >>> from autodiff import Program
    >>> x, mask = Value(3.0, "x"), drawn_leaf(2.0, "mask")
    >>> float(Program(mask * x, [x, mask])([3.0, 0.0]))
    0.0
    >>> Program(mask * x, [x])
    Traceback (most recent call last):
        ...
    ValueError: Program: expected a graph without chance, got 'mask', which was drawn by chance and would stay \
as it is: call model.eval() before you record, or give it as an input
    """
    leaf = Operation(DRAWN, number)
    leaf.label = label
    return leaf


def check_not_drawn(leaf: Node) -> None:
    """Raise ValueError if a leaf that is to be a constant was drawn by chance."""
    if leaf._primitive is DRAWN:
        raise ValueError(
            f"Program: expected a graph without chance, got {leaf.label!r}, which was drawn by chance and would stay "
            "as it is: call model.eval() before you record, or give it as an input"
        )
