"""`Value`: a number that remembers how it was made.

A node keeps its operands and, from the moment it is made, its partials: d node / d operand. That is all the backward
pass needs. Nothing here knows a formula of calculus except those of + - * /, which are written out for speed; every
other operation takes its derivative from the table in `primitives`.
"""

import math
from collections.abc import Callable
from typing import Any, NoReturn

from autodiff import reverse
from autodiff.errors import GraphCopyError
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import (
    ABS,
    ADD,
    DIV,
    EXP,
    LOG,
    MUL,
    NEG,
    POW,
    RELU,
    SIGMOID,
    SUB,
    TANH,
)
from autodiff.real import as_float, is_real

CONSTANT = Primitive("constant", "", float, (), source="a plain number met by a Value")
"""Marks the leaf that a plain number becomes when a Value meets it; it does not vary, and the partial there is 0."""


class Value:
    """A node of the computation graph: a number, and how it was made.

    Arithmetic on Values records a graph; `backward()` applies the chain rule to it in reverse topological order.

    Args:
        data: the number, any real one (int, float, Fraction, numpy scalar); kept as a float.
        label: a name, for error messages and drawings.

    Attributes:
        data: the forward value, a float. Changing it does not change nodes already recorded.
        grad: the adjoint d output / d node, a float. `backward()` adds to it in a leaf and sets it in an inner node.
        label: the name, "" if there is none.

    Raises:
        TypeError: if `data` is not a real number, or `label` not a str.

    >>> x, y = Value(3.0, "x"), Value(2.0, "y")
    >>> f = 2 * x**2 * y**3
    >>> f.backward()
    >>> f.data, x.grad, y.grad  # f, 4 x y^3, 6 x^2 y^2
    (144.0, 96.0, 216.0)
    """

    # Two operands and two partials lie in slots of their own: a tuple per node would double the collector's work.
    # fmt: off
    __slots__ = (
        "__weakref__", "_d_first", "_d_second", "_data", "_first", "_grad", "_primitive", "_second", "_wide", "label",
    )
    # fmt: on
    __array_ufunc__ = None  # so that numpy leaves `array + value` to us, who say what to write instead

    def __init__(
        self,
        data: float,
        label: str = "",
        _primitive: Primitive | None = None,
        _first: "Value | None" = None,
        _d_first: float = 0.0,
        _second: "Value | None" = None,
        _d_second: float = 0.0,
        _wide: "tuple[tuple[Value, ...], tuple[float, ...]] | None" = None,
    ) -> None:
        self._data = data if type(data) is float else as_float(data, "Value")
        self._grad = 0.0
        if label and not isinstance(label, str):
            raise TypeError(f"Value: expected a str as label, got {type(label).__name__}; use str(...)")
        self.label = label
        self._primitive = _primitive
        self._first = _first
        self._d_first = _d_first
        self._second = _second
        self._d_second = _d_second
        self._wide = _wide

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
    def primitive(self) -> Primitive | None:
        """The primitive that made this node; None for a leaf."""
        return None if self._primitive is CONSTANT else self._primitive

    @property
    def operands(self) -> "tuple[Value, ...]":
        """The nodes it was made from, in order, duplicates kept; () for a leaf."""
        if self._first is None:
            return self._wide[0] if self._wide else ()
        return (self._first,) if self._second is None else (self._first, self._second)

    @property
    def partials(self) -> tuple[float, ...]:
        """d node / d operand for each of `operands`, as recorded; 0 for a constant, which does not vary."""
        if self._first is None:
            return self._wide[1] if self._wide else ()
        return (self._d_first,) if self._second is None else (self._d_first, self._d_second)

    @property
    def is_leaf(self) -> bool:
        """Whether it has no operands: it was given, not computed."""
        return self._primitive is None or self._primitive is CONSTANT

    @property
    def is_constant(self) -> bool:
        """Whether it is the leaf that a plain number became when it met a Value."""
        return self._primitive is CONSTANT

    # --------------------------------------------------------------------------------------------- recording

    @staticmethod
    def record(primitive: Primitive, *operands: "Value | float") -> "Value":
        """Return the node `primitive(*operands)`: every node but those of + - * / is made here.

        Raises:
            TypeError: if an operand is neither a Value nor a real number, or their count is wrong.
            DomainError: if an operand lies outside the primitive's domain.
        """
        primitive.check_count(len(operands))
        nodes = tuple([x if isinstance(x, Value) else as_value(x, primitive.name) for x in operands])
        data = [node._data for node in nodes]
        try:
            out = primitive.forward(*data)
        except (ArithmeticError, ValueError):
            out = primitive.evaluate(data, [node.label for node in nodes])  # raises, unless a NaN came in
            partials: tuple[float, ...] = (math.nan,) * len(nodes)
        else:
            partials = tuple(primitive.derivatives(out, data))
        if nodes != operands:
            partials = tuple([d if isinstance(x, Value) else 0.0 for d, x in zip(partials, operands, strict=True)])
        if isinstance(primitive, WidePrimitive):
            return Value(out, "", primitive, None, 0.0, None, 0.0, (nodes, partials))
        if len(nodes) == 1:
            return Value(out, "", primitive, nodes[0], partials[0])
        return Value(out, "", primitive, nodes[0], partials[0], nodes[1], partials[1])

    def backward(self, seed: float = 1.0) -> None:
        """Apply the chain rule from this node back to the leaves; see `reverse.backward`.

        Args:
            seed: the adjoint of this node, d output / d output.

        Raises:
            TypeError: if `seed` is not a real number.
        """
        reverse.backward(self, as_float(seed, "backward"))

    # ---------------------------------------------------------------------------------------------- arithmetic

    def __add__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self._data + other._data, "", ADD, self, 1.0, other, 1.0)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return Value(self._data + constant._data, "", ADD, self, 1.0, constant, 0.0)

    def __radd__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        if constant._data == 0.0:  # so that sum(values), which starts from 0, adds no node
            return self
        return Value(constant._data + self._data, "", ADD, constant, 0.0, self, 1.0)

    def __sub__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self._data - other._data, "", SUB, self, 1.0, other, -1.0)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return Value(self._data - constant._data, "", SUB, self, 1.0, constant, 0.0)

    def __rsub__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return Value(constant._data - self._data, "", SUB, constant, 0.0, self, -1.0)

    def __mul__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self._data * other._data, "", MUL, self, other._data, other, self._data)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return Value(self._data * constant._data, "", MUL, self, constant._data, constant, 0.0)

    def __rmul__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return Value(constant._data * self._data, "", MUL, constant, 0.0, self, constant._data)

    def __truediv__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value) and other._data:
            out = self._data / other._data
            return Value(out, "", DIV, self, 1.0 / other._data, other, -out / other._data)
        return _record(DIV, self, other)

    def __rtruediv__(self, other: float) -> "Value":
        return _record(DIV, other, self)

    def __pow__(self, other: "Value | float") -> "Value":
        return _record(POW, self, other)

    def __rpow__(self, other: float) -> "Value":
        return _record(POW, other, self)

    def __neg__(self) -> "Value":
        return Value(-self._data, "", NEG, self, -1.0)

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return Value.record(ABS, self)

    # ------------------------------------- functions as methods, as micrograd has them; all are in `functions`

    def exp(self) -> "Value":
        """e**self."""
        return Value.record(EXP, self)

    def log(self) -> "Value":
        """The natural logarithm."""
        return Value.record(LOG, self)

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        return Value.record(TANH, self)

    def sigmoid(self) -> "Value":
        """1 / (1 + e**-self)."""
        return Value.record(SIGMOID, self)

    def relu(self) -> "Value":
        """max(self, 0)."""
        return Value.record(RELU, self)

    # --------------------------------------------------------------------------------------------- as a number

    def __lt__(self, other: "Value | float") -> bool:
        return self._data < _comparable(other)

    def __le__(self, other: "Value | float") -> bool:
        return self._data <= _comparable(other)

    def __gt__(self, other: "Value | float") -> bool:
        return self._data > _comparable(other)

    def __ge__(self, other: "Value | float") -> bool:
        return self._data >= _comparable(other)

    def __bool__(self) -> NoReturn:
        raise TypeError("bool: a Value has no truth value; compare its number, as in `v.data != 0` or `v > 0`")

    def __float__(self) -> float:
        return self._data

    def __round__(self, digits: int | None = None) -> float:
        return round(self._data, digits)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __reduce__(self) -> "tuple[Callable[..., Value], tuple[float, float, str, bool]]":
        """Copy or pickle a leaf; refuse an inner node, whose copy would have lost its graph."""
        if not self.is_leaf:
            raise GraphCopyError(
                f"copy: {self!r} is the result of {self._primitive!r}, and a copy would have no gradient; "
                "copy or pickle the leaves and compute it again"
            )
        return _leaf, (self._data, self._grad, self.label, self.is_constant)


def as_value(number: Any, where: str = "as_value") -> Value:
    """Return a Value as it is, and a plain real number as a constant; `where` names the caller in a TypeError."""
    return number if isinstance(number, Value) else Value(as_float(number, where), "", CONSTANT)


def _leaf(data: float, grad: float, label: str, is_constant: bool) -> Value:
    """A leaf, from its pickle."""
    leaf = Value(data, label, CONSTANT if is_constant else None)
    leaf._grad = grad
    return leaf


def _constant(number: Any) -> Value | None:
    """The operand of a Value as a constant; None for a type that may know how to meet a Value itself."""
    if type(number) is float:
        return Value(number, "", CONSTANT)
    if is_real(number) or isinstance(number, bool):  # as_float says what is wrong with a bool
        return Value(as_float(number, "Value"), "", CONSTANT)
    if hasattr(number, "__array__"):
        raise TypeError(
            f"Value: expected a Value or a real number, got {type(number).__name__}; "
            "a Value is one number: combine it with each element, as in [v * x for x in array]"
        )
    return None


def _record(primitive: Primitive, first: Any, second: Any) -> Value:
    """An operator's node where one operand may be of a foreign type, to which Python then gives its turn."""
    for operand in (first, second):
        if not isinstance(operand, Value) and _constant(operand) is None:
            return NotImplemented  # type: ignore[no-any-return]
    return Value.record(primitive, first, second)


def _comparable(other: "Value | float") -> float:
    """The number to compare with."""
    return other._data if isinstance(other, Value) else as_float(other, "comparison")
