"""`Node`: what a number in a computation graph keeps. `Value`, which adds the arithmetic, is what everyone uses."""

from collections.abc import Callable
from typing import Any, Self

from autodiff.errors import GraphCopyError
from autodiff.primitive import Primitive
from autodiff.real import as_float

CONSTANT = Primitive("constant", "", float, (), source="a plain number met by a Value")
"""Marks the leaf that a plain number becomes when a Value meets it; it does not vary, and the partial there is 0."""

INPUT = Primitive("input", "=", float, (lambda out, x: 1.0,), source="the argument of a transform")
"""Marks what a transform such as `grad` calls its function with, for as long as the call lasts."""


class Node:
    """A number, how it was made, and its gradient; see `Value`."""

    # Two operands and two partials lie in slots of their own: a tuple per node would double the collector's work.
    # fmt: off
    __slots__ = (
        "__weakref__", "_d_first", "_d_second", "_data", "_first", "_grad", "_label", "_primitive", "_second", "_wide",
    )
    # fmt: on

    def __init__(self, data: float, label: str = "") -> None:
        self._data = data if type(data) is float else as_float(data, "Value")
        self._grad = 0.0
        self.label = label
        self._primitive: Primitive | None = None
        self._first: Self | None = None
        self._d_first = 0.0
        self._second: Self | None = None
        self._d_second = 0.0
        self._wide: tuple[tuple[Self, ...], tuple[float, ...]] | None = None

    # ------------------------------------------------------------------------------------------ what it holds

    @property
    def data(self) -> float:
        """The forward value."""
        return self._data

    @data.setter
    def data(self, data: float) -> None:
        self._data = as_float(data, "Value.data")

    @property
    def grad(self) -> float:
        """The adjoint, d output / d node."""
        return self._grad

    @grad.setter
    def grad(self, grad: float) -> None:
        self._grad = as_float(grad, "Value.grad")

    @property
    def label(self) -> str:
        """The name, "" if there is none."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"Value: expected a str as label, got {type(label).__name__}; use str(...)")
        self._label = label

    @property
    def primitive(self) -> Primitive | None:
        """The primitive that made this node; None for a leaf."""
        return None if self.is_leaf else self._primitive

    @property
    def operands(self) -> tuple[Self, ...]:
        """The nodes it was made from, in order, duplicates kept; () for a leaf."""
        if self._first is None:
            return self._wide[0] if self._wide else ()
        return (self._first,) if self._second is None else (self._first, self._second)

    @property
    def partials(self) -> tuple[float, ...]:
        """d node / d operand for each of `operands`, as recorded; 0 for a constant, which does not vary."""
        recorded = (self._d_first, self._d_second) if self._wide is None else self._wide[1]
        return tuple([0.0 if x.is_constant else d for x, d in zip(self.operands, recorded, strict=False)])

    @property
    def is_leaf(self) -> bool:
        """Whether it has no operands: it was given, not computed."""
        return self._first is None and self._wide is None

    @property
    def is_constant(self) -> bool:
        """Whether it is the leaf that a plain number became when it met a Value."""
        return self._primitive is CONSTANT

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __reduce__(self) -> "tuple[Callable[..., Node], tuple[Any, ...]]":
        """Copy or pickle a leaf; refuse an inner node, whose copy would have lost its graph."""
        if not self.is_leaf:
            raise GraphCopyError(
                f"copy: {self!r} is the result of {self._primitive!r}, and a copy would have no gradient; "
                "copy or pickle the leaves and compute it again"
            )
        return _leaf, (type(self), self._data, self._grad, self._label, self.is_constant)


def _leaf(cls: type[Node], data: float, grad: float, label: str, is_constant: bool) -> Node:
    """A leaf, from its pickle."""
    leaf = cls.__new__(cls)
    Node.__init__(leaf, data, label)
    leaf._grad = grad
    if is_constant:
        leaf._primitive = CONSTANT
    return leaf
