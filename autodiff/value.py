"""`Value`: a number that remembers how it was made.

A node keeps its operands and, from the moment it is made, its partials: d node / d operand. The backward pass needs no
more. `Value.record` makes a node by the table in `primitives`, and raises where that has no result or no derivative.
The most frequent nodes are written out once more, for speed: + - * /, `**` with a plain number, exp, log, tanh, sigmoid
and relu. The tests hold the two together.
"""

import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, SupportsFloat, TypeAlias, final

from autodiff import reverse
from autodiff.errors import GraphCopyError
from autodiff.floats import pow_slope
from autodiff.names import Names
from autodiff.native import mypyc_attr
from autodiff.node import CONSTANT, Node, Wide
from autodiff.observers import observers, report_read
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import ABS, ADD, DIV, EXP, LOG, MUL, NEG, POW, RELU, SIGMOID, STOP_GRADIENT, SUB, TANH
from autodiff.real import as_float, left_operand_as_float, operand_as_float

Operand: TypeAlias = "Value | SupportsFloat"
if TYPE_CHECKING and sys.platform != "mypyc":  # mypyc: setup.py gives it this platform, because a compiled function
    Result: TypeAlias = "Value"
else:  # cannot return NotImplemented as a Value
    Result: TypeAlias = Any


@mypyc_attr(acyclic=True)
class Value(Names):
    """A node of the computation graph: a number, and how it was made.

    Arithmetic on Values records a graph; `backward()` applies the chain rule to it in reverse topological order.

    Args:
        data: any real number (int, float, Fraction, numpy scalar); kept as a float.
        label: a name, for error messages and drawings.

    Attributes:
        data: the forward value, a float. Changing it does not change nodes already recorded.
        grad: the adjoint d output / d node, a float. `backward()` adds to it in a leaf and sets it in an inner node.

    Raises:
        TypeError: if `data` is not a real number, or `label` not a str.

    >>> x, y = Value(3.0, "x"), Value(2.0, "y")
    >>> f = 2 * x**2 * y**3
    >>> f.backward()
    >>> f.data, x.grad, y.grad  # f, 4 x y^3, 6 x^2 y^2
    (144.0, 96.0, 216.0)
    """

    __slots__ = ()
    __hash__: ClassVar[Any] = object.__hash__  # mypyc: not inherited by a class that inherits `==` or `<`

    def __init_subclass__(cls) -> None:
        if getattr(cls, "__module__", "") != __name__:
            raise TypeError("Value: expected no subclass; hold a Value in an attribute, or write a function of Values")

    def backward(self, seed: SupportsFloat = 1.0) -> None:
        """Apply the chain rule from this node back to the leaves, with `seed` as its adjoint; see `reverse.backward`.

        Raises:
            TypeError: if `seed` is not a real number.
        """
        if observers:
            report_read(self)
        reverse.backward(self, as_float(seed, "backward"))

    @staticmethod
    def record(primitive: Primitive, *operands: Any) -> "Value":
        """Return the node of a primitive applied to Values and plain numbers, with the partials that the table gives.

        Raises:
            TypeError: if an operand is neither a Value nor a real number, or their count is wrong.
            DomainError: if an operand lies outside the primitive's domain, or there is no derivative there.
        """
        if len(operands) == len(primitive.partials) == 1:
            x = operands[0]
            if isinstance(x, Value) and primitive is not STOP_GRADIENT:  # the same as below, for the common case
                try:
                    out = primitive.forward(x._data)
                    return Operation(primitive, out, x, primitive.partials[0](out, x._data))
                except (ArithmeticError, ValueError):
                    pass
        primitive.check_count(len(operands))
        nodes = tuple([x if isinstance(x, Value) else as_value(x, primitive.name) for x in operands])
        data = [node._data for node in nodes]
        try:
            out = primitive.forward(*data)
        except (ArithmeticError, ValueError):
            out = primitive.evaluate(data, [node._label for node in nodes])  # raises, unless a NaN came in
        try:
            partials = primitive.derivatives(out, data, [node._primitive is not CONSTANT for node in nodes])
        except (ArithmeticError, ValueError):
            partials = primitive.without_derivatives(data, [node._label for node in nodes])  # likewise
        if isinstance(primitive, WidePrimitive) or len(nodes) > 2 or primitive is STOP_GRADIENT:
            return Operation(primitive, out, wide=Wide(nodes, tuple(partials)))
        if len(nodes) == 1:
            return Operation(primitive, out, nodes[0], partials[0])
        return Operation(primitive, out, nodes[0], partials[0], nodes[1], partials[1])

    # ------------------------------------------- arithmetic: Operation(primitive, out, x, d out/d x, y, d out/d y)

    def __add__(self, other: Operand) -> Result:
        y = other if isinstance(other, Value) else _constant(other)
        return NotImplemented if y is None else Operation(ADD, self._data + y._data, self, 1.0, y, 1.0)

    def __sub__(self, other: Operand) -> Result:
        y = other if isinstance(other, Value) else _constant(other)
        return NotImplemented if y is None else Operation(SUB, self._data - y._data, self, 1.0, y, -1.0)

    def __mul__(self, other: Operand) -> Result:
        y = other if isinstance(other, Value) else _constant(other)
        return NotImplemented if y is None else Operation(MUL, self._data * y._data, self, y._data, y, self._data)

    def __truediv__(self, other: Operand) -> Result:
        y = other if isinstance(other, Value) else _constant(other)
        if y is None or y._data == 0.0:  # `record` raises a DomainError; only NaN / 0 has a result, NaN
            return NotImplemented if y is None else Value.record(DIV, self, y)
        out = self._data / y._data
        return Operation(DIV, out, self, 1.0 / y._data, y, -out / y._data)

    def __pow__(self, other: Operand) -> Result:
        y = other if isinstance(other, Value) else _constant(other)
        if y is None:
            return NotImplemented
        if y._primitive is CONSTANT:  # the partial by the exponent, and its logarithm, are not needed
            try:
                return Operation(POW, math.pow(self._data, y._data), self, pow_slope(self._data, y._data), y, 0.0)
            except (ArithmeticError, ValueError):
                pass
        return Value.record(POW, self, y)

    def __radd__(self, other: SupportsFloat) -> "Value":  # other + self; sum(values) starts from 0 and adds no node
        x = Operation(CONSTANT, left_operand_as_float(other))
        return self if x._data == 0.0 else Operation(ADD, x._data + self._data, x, 1.0, self, 1.0)

    def __rsub__(self, other: SupportsFloat) -> "Value":  # other - self
        return Operation(CONSTANT, left_operand_as_float(other)) - self

    def __rmul__(self, other: SupportsFloat) -> "Value":  # other * self
        return Operation(CONSTANT, left_operand_as_float(other)) * self

    def __rtruediv__(self, other: SupportsFloat) -> "Value":  # other / self
        return Operation(CONSTANT, left_operand_as_float(other)) / self

    def __rpow__(self, other: SupportsFloat) -> "Value":  # other ** self
        return Operation(CONSTANT, left_operand_as_float(other)) ** self

    def __neg__(self) -> "Value":
        return Operation(NEG, -self._data, self, -1.0)

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return Value.record(ABS, self)

    # -------------- the most frequent functions as methods; more are in `names`, all of them in `functions`
    def exp(self) -> "Value":
        """e**self."""
        if self._data < 709.0:  # the result fits a float
            out = math.exp(self._data)
            return Operation(EXP, out, self, out)
        return Value.record(EXP, self)

    def log(self) -> "Value":
        """The natural logarithm."""
        if self._data > 0.0:
            return Operation(LOG, math.log(self._data), self, 1.0 / self._data)
        return Value.record(LOG, self)

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        out = math.tanh(self._data)
        z = math.exp(-2.0 * abs(self._data))
        return Operation(TANH, out, self, 4.0 * z / ((1.0 + z) * (1.0 + z)))

    def sigmoid(self) -> "Value":
        """1 / (1 + e**-self)."""
        z = math.exp(-abs(self._data))
        small, large = z / (1.0 + z), 1.0 / (1.0 + z)
        return Operation(SIGMOID, small if self._data < 0.0 else large, self, small * large)

    def relu(self) -> "Value":
        """max(self, 0)."""
        if self._data > 0.0:
            return Operation(RELU, self._data, self, 1.0)
        return Operation(RELU, 0.0, self, 0.0) if self._data <= 0.0 else Value.record(RELU, self)

    def __reduce__(self) -> "tuple[Callable[..., Value], tuple[Any, ...]]":
        """Copy or pickle a leaf; refuse an inner node, whose copy would lose its graph."""
        if self.is_leaf:
            return _leaf, (self.data, self.grad, self.label, self.is_constant)
        raise GraphCopyError(
            f"copy: {self!r} is the result of {self._primitive!r}, and a copy would have no gradient; "
            "copy or pickle the leaves and compute it again"
        )


@final
@mypyc_attr(acyclic=True)
class Operation(Value):
    """A Value that the engine makes, without the checks of the constructor; `node` shows the kinds."""

    __slots__ = ()
    __hash__: ClassVar[Any] = object.__hash__  # mypyc: not inherited by a class that inherits `==` or `<`

    def __init__(
        self,
        primitive: Primitive,
        data: float,
        first: Node | None = None,
        d_first: float = 0.0,
        second: Node | None = None,
        d_second: float = 0.0,
        wide: Wide | None = None,
    ) -> None:
        self._data = data
        self._grad = 0.0
        self._label = ""
        self._primitive = primitive
        self._first = first
        self._d_first = d_first
        self._second = second
        self._d_second = d_second
        self._wide = wide
        self._mark = 0


def as_value(number: Any, where: str = "as_value") -> Value:
    """Return a Value as it is, and a plain real number as a constant; `where` names the caller in a TypeError."""
    return number if isinstance(number, Value) else Operation(CONSTANT, as_float(number, where))


def _constant(operand: Any) -> Value | None:
    """The right operand of an operator as a Value; None for a type that may know what to do with a Value."""
    number = operand_as_float(operand)
    return None if number is None else Operation(CONSTANT, number)


def _leaf(data: float, grad: float, label: str, is_constant: bool) -> Value:
    """A leaf, from its pickle."""
    leaf = Operation(CONSTANT, data) if is_constant else Value(data, label)
    leaf._grad = grad
    return leaf
