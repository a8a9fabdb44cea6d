"""`Value`: a number that remembers how it was made.

A node keeps its operands and, from the moment it is made, its partials: d node / d operand. That is all the backward
pass needs. Nothing here knows a formula of calculus except those of + - * /, which are written out for speed; every
other operation takes its derivative from the table in `primitives`.
"""

import math
import operator
from collections.abc import Sequence
from typing import Any, NoReturn

from autodiff import reverse
from autodiff.node import CONSTANT, INPUT, Node
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import (
    ABS,
    ADD,
    DIV,
    DOT,
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

_new = object.__new__


class Value(Node):
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

    __slots__ = ()
    __array_ufunc__ = None  # so that numpy leaves `array + value` to us, who say what to write instead

    # --------------------------------------------------------------------------------------------- recording

    @staticmethod
    def record(primitive: Primitive, *operands: "Value | float") -> "Value":
        """Return the node `primitive(*operands)`, with the partials that the table gives.

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
            out = primitive.evaluate(data, [node._label for node in nodes])  # raises, unless a NaN came in
            partials: Sequence[float] = [0.0 if node._primitive is CONSTANT else math.nan for node in nodes]
        else:
            try:
                if len(primitive.partials) == 1:  # what `derivatives` does, for the common case
                    partials = (primitive.partials[0](out, *data),)
                else:
                    partials = primitive.derivatives(out, data, [node._primitive is not CONSTANT for node in nodes])
            except (ArithmeticError, ValueError):
                raise primitive.without_derivative(data, [node._label for node in nodes]) from None
        if isinstance(primitive, WidePrimitive) or len(nodes) > 2:
            return _wide_node(primitive, out, nodes, tuple(partials))
        if len(nodes) == 1:
            return _node(primitive, out, nodes[0], partials[0])
        return _node(primitive, out, nodes[0], partials[0], nodes[1], partials[1])

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
            return _node(ADD, self._data + other._data, self, 1.0, other, 1.0)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return _node(ADD, self._data + constant._data, self, 1.0, constant, 0.0)

    def __radd__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        if constant._data == 0.0:  # so that sum(values), which starts from 0, adds no node; sum([v]) is v itself
            return self
        return _node(ADD, constant._data + self._data, constant, 0.0, self, 1.0)

    def __sub__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return _node(SUB, self._data - other._data, self, 1.0, other, -1.0)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return _node(SUB, self._data - constant._data, self, 1.0, constant, 0.0)

    def __rsub__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return _node(SUB, constant._data - self._data, constant, 0.0, self, -1.0)

    def __mul__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return _node(MUL, self._data * other._data, self, other._data, other, self._data)
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return _node(MUL, self._data * constant._data, self, constant._data, constant, 0.0)

    def __rmul__(self, other: float) -> "Value":
        constant = _constant(other)
        if constant is None:
            return NotImplemented
        return _node(MUL, constant._data * self._data, constant, 0.0, self, constant._data)

    def __truediv__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value) and other._data:
            out, slope = self._data / other._data, 1.0 / other._data
            return _node(DIV, out, self, slope, other, -out * slope)
        if type(other) is float and other:
            return _node(DIV, self._data / other, self, 1.0 / other, _constant_node(other), 0.0)
        return _record(DIV, self, other)

    def __rtruediv__(self, other: float) -> "Value":
        return _record(DIV, other, self)

    def __pow__(self, other: "Value | float") -> "Value":
        if type(other) is int or type(other) is float:
            try:
                exponent = float(other)
                out = math.pow(self._data, exponent)
            except (ArithmeticError, ValueError):
                pass  # `record` says what is wrong
            else:
                slope = POW.partials[0](out, self._data, exponent)
                return _node(POW, out, self, slope, _constant_node(exponent), 0.0)
        return _record(POW, self, other)

    def __rpow__(self, other: float) -> "Value":
        return _record(POW, other, self)

    def __neg__(self) -> "Value":
        return _node(NEG, -self._data, self, -1.0)

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
        if self._primitive is INPUT:
            raise TypeError(
                "float: the argument of a transform would lose its derivative; use autodiff's functions, not math's"
            )
        return self._data

    def __round__(self, digits: int | None = None) -> float:
        return round(self._data, digits)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)


def as_value(number: Any, where: str = "as_value") -> Value:
    """Return a Value as it is, and a plain real number as a constant; `where` names the caller in a TypeError."""
    return number if isinstance(number, Value) else _constant_node(as_float(number, where))


def as_input(number: "Value | float") -> Value:
    """Return a new node for a transform to call its function with: a leaf, or for a Value a node on top of it."""
    if isinstance(number, Value):
        return _node(INPUT, number._data, number, 1.0)
    leaf = Value(number)
    leaf._primitive = INPUT
    return leaf


def dot_node(xs: "list[Value]", ys: "list[Value]") -> Value:
    """Return the node of sum(x * y), as `record` would: written out because a network is mostly this."""
    x_data = [x._data for x in xs]
    y_data = [y._data for y in ys]
    return _wide_node(DOT, sum(map(operator.mul, x_data, y_data), 0.0), (*xs, *ys), (*y_data, *x_data))


def _node(
    primitive: Primitive,
    data: float,
    first: Value | None,
    d_first: float,
    second: Value | None = None,
    d_second: float = 0.0,
) -> Value:
    """A node with its operands and partials, made without the checks of the constructor."""
    node = _new(Value)
    node._data = data
    node._grad = 0.0
    node._label = ""
    node._primitive = primitive
    node._first = first
    node._d_first = d_first
    node._second = second
    node._d_second = d_second
    node._wide = None
    return node


def _wide_node(primitive: Primitive, data: float, operands: tuple[Value, ...], partials: tuple[float, ...]) -> Value:
    """A node of any number of operands."""
    node = _node(primitive, data, None, 0.0)
    node._wide = operands, partials
    return node


def _constant_node(data: float) -> Value:
    """A plain number in the graph."""
    return _node(CONSTANT, data, None, 0.0)


def _number(operand: Any) -> float | None:
    """The operand of a Value as a float; None for a type that may know how to meet a Value itself."""
    if type(operand) is float:
        return operand
    if is_real(operand) or type(operand).__name__ in ("bool", "bool_"):  # as_float says what is wrong with a bool
        return as_float(operand, "Value")
    if hasattr(operand, "__array__"):
        raise TypeError(
            f"Value: expected a Value or a real number, got {type(operand).__name__}; "
            "a Value is one number: combine it with each element, as in [v * x for x in array]"
        )
    return None


def _constant(operand: Any) -> Value | None:
    """The same as a constant in the graph."""
    number = _number(operand)
    return None if number is None else _constant_node(number)


def _record(primitive: Primitive, *operands: Any) -> Value:
    """An operator's node where one operand may be of a foreign type, to which Python then gives its turn."""
    known = [x if isinstance(x, Value) else _number(x) for x in operands]
    if None in known:
        return NotImplemented  # type: ignore[no-any-return]
    return Value.record(primitive, *known)  # type: ignore[arg-type]


def _comparable(other: "Value | float") -> float:
    """The number to compare with."""
    return other._data if isinstance(other, Value) else as_float(other, "comparison")
