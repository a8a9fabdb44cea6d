"""`Value`: a number that remembers how it was made.

A node keeps its operands and, from the moment it is made, its partials: d node / d operand. That is all the backward
pass needs. `record` makes a node as the table in `primitives` says. What networks are mostly made of is written out
here once more, for speed: + - * /, `**` with a plain number, exp, log, tanh, sigmoid, relu and `dot`. The tests hold
the two against each other; where there is no result or no derivative, `record` is asked, which says so.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, SupportsFloat, final, overload

from autodiff import reverse
from autodiff.errors import GraphCopyError
from autodiff.native.mypyc import mypyc_attr
from autodiff.node import CONSTANT, Node, Wide
from autodiff.observers import observers, told
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
    pow_slope,
    sigmoid,
)
from autodiff.real import as_float, left_operand_as_float, operand_as_float


@mypyc_attr(acyclic=True)
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
    __array_ufunc__: ClassVar[None] = None  # so that numpy leaves `array + value` to us, who say what to write instead

    def __init_subclass__(cls) -> None:
        if getattr(cls, "__module__", "") != __name__:
            raise TypeError("Value: expected no subclass; hold a Value in an attribute, or write a function of Values")

    def backward(self, seed: SupportsFloat = 1.0) -> None:
        """Apply the chain rule from this node back to the leaves; see `reverse.backward`.

        Args:
            seed: the adjoint of this node, d output / d output.

        Raises:
            TypeError: if `seed` is not a real number.
        """
        if observers:
            told(self)
        reverse.backward(self, as_float(seed, "backward"))

    @staticmethod
    def record(primitive: Primitive, *operands: Any) -> "Value":
        """Return the node `primitive(*operands)`; see `record` of this module. `Primitive.__call__` calls it."""
        return record(primitive, operands)

    # ---------------------------------------------------------------------------------------------- arithmetic

    @overload
    def __add__(self, other: "Value") -> "Value": ...
    @overload
    def __add__(self, other: SupportsFloat) -> "Value": ...
    def __add__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return Operation(ADD, self._data + other._data, self, 1.0, other, 1.0)
        number = operand_as_float(other)
        if number is None:
            return NotImplemented
        return Operation(ADD, self._data + number, self, 1.0, _constant(number), 0.0)

    def __radd__(self, other: SupportsFloat) -> "Value":
        number = left_operand_as_float(other)
        if number == 0.0:  # so that sum(values), which starts from 0, adds no node; sum([v]) is v itself
            return self
        return Operation(ADD, number + self._data, _constant(number), 0.0, self, 1.0)

    @overload
    def __sub__(self, other: "Value") -> "Value": ...
    @overload
    def __sub__(self, other: SupportsFloat) -> "Value": ...
    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return Operation(SUB, self._data - other._data, self, 1.0, other, -1.0)
        number = operand_as_float(other)
        if number is None:
            return NotImplemented
        return Operation(SUB, self._data - number, self, 1.0, _constant(number), 0.0)

    def __rsub__(self, other: SupportsFloat) -> "Value":
        number = left_operand_as_float(other)
        return Operation(SUB, number - self._data, _constant(number), 0.0, self, -1.0)

    @overload
    def __mul__(self, other: "Value") -> "Value": ...
    @overload
    def __mul__(self, other: SupportsFloat) -> "Value": ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return Operation(MUL, self._data * other._data, self, other._data, other, self._data)
        number = operand_as_float(other)
        if number is None:
            return NotImplemented
        return Operation(MUL, self._data * number, self, number, _constant(number), 0.0)

    def __rmul__(self, other: SupportsFloat) -> "Value":
        number = left_operand_as_float(other)
        return Operation(MUL, number * self._data, _constant(number), 0.0, self, number)

    @overload
    def __truediv__(self, other: "Value") -> "Value": ...
    @overload
    def __truediv__(self, other: SupportsFloat) -> "Value": ...
    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Value):
            if other._data != 0.0:
                out, slope = self._data / other._data, 1.0 / other._data
                return Operation(DIV, out, self, slope, other, -out * slope)
            return record(DIV, (self, other))
        number = operand_as_float(other)
        if number is None:
            return NotImplemented
        if number != 0.0:
            return Operation(DIV, self._data / number, self, 1.0 / number, _constant(number), 0.0)
        return record(DIV, (self, number))

    def __rtruediv__(self, other: SupportsFloat) -> "Value":
        number = left_operand_as_float(other)
        if self._data != 0.0:
            out = number / self._data
            return Operation(DIV, out, _constant(number), 0.0, self, -out * (1.0 / self._data))
        return record(DIV, (number, self))

    @overload
    def __pow__(self, other: "Value") -> "Value": ...
    @overload
    def __pow__(self, other: SupportsFloat) -> "Value": ...
    def __pow__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return record(POW, (self, other))
        number = operand_as_float(other)
        if number is None:
            return NotImplemented
        try:
            out = math.pow(self._data, number)
            return Operation(POW, out, self, pow_slope(self._data, number), _constant(number), 0.0)
        except (ArithmeticError, ValueError):
            return record(POW, (self, number))  # which says what is wrong

    def __rpow__(self, other: SupportsFloat) -> "Value":
        number = left_operand_as_float(other)
        return record(POW, (number, self))

    def __neg__(self) -> "Value":
        return Operation(NEG, -self._data, self, -1.0)

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return record(ABS, (self,))

    # ------------------------------------- functions as methods, as micrograd has them; all are in `functions`

    def exp(self) -> "Value":
        """e**self."""
        try:
            out = math.exp(self._data)
        except OverflowError:
            return record(EXP, (self,))
        return Operation(EXP, out, self, out)

    def log(self) -> "Value":
        """The natural logarithm."""
        if self._data > 0.0:
            return Operation(LOG, math.log(self._data), self, 1.0 / self._data)
        return record(LOG, (self,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        out = math.tanh(self._data)
        return Operation(TANH, out, self, 1.0 - out * out)

    def sigmoid(self) -> "Value":
        """1 / (1 + e**-self)."""
        out = sigmoid(self._data)
        return Operation(SIGMOID, out, self, out * (1.0 - out))

    def relu(self) -> "Value":
        """max(self, 0)."""
        x = self._data
        if x > 0.0:
            return Operation(RELU, x, self, 1.0)
        return Operation(RELU, 0.0, self, 0.0) if x <= 0.0 else record(RELU, (self,))

    def __reduce__(self) -> "tuple[Callable[..., Value], tuple[Any, ...]]":
        """Copy or pickle a leaf; refuse an inner node, whose copy would have lost its graph."""
        if not self.is_leaf:
            raise GraphCopyError(
                f"copy: {self!r} is the result of {self._primitive!r}, and a copy would have no gradient; "
                "copy or pickle the leaves and compute it again"
            )
        return _leaf, (self.data, self.grad, self.label, self.is_constant)


@final
@mypyc_attr(acyclic=True)
class Operation(Value):
    """A Value that was computed: made with its operands and partials, and without the checks of the constructor."""

    __slots__ = ()

    def __init__(
        self,
        primitive: Primitive,
        data: float,
        first: Value | None,
        d_first: float,
        second: Value | None = None,
        d_second: float = 0.0,
    ) -> None:
        self._data = data
        self._grad = 0.0
        self._label = ""
        self._primitive = primitive
        self._first = first
        self._d_first = d_first
        self._second = second
        self._d_second = d_second
        self._mark = 0  # `_wide` is left unset: whoever makes a node without a first operand sets it


for _class in (Value, Operation):  # hash and == are the identity; classes with == and < would have no hash
    setattr(_class, "__hash__", object.__hash__)  # noqa: B010


def record(primitive: Primitive, operands: tuple[Any, ...]) -> Value:
    """Return the node `primitive(*operands)`, with the partials that the table gives.

    Raises:
        TypeError: if an operand is neither a Value nor a real number, or their count is wrong.
        DomainError: if an operand lies outside the primitive's domain, or there is no derivative there.
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
            partials = primitive.derivatives(out, data, [node._primitive is not CONSTANT for node in nodes])
        except (ArithmeticError, ValueError):
            raise primitive.without_derivative(data, [node._label for node in nodes]) from None
    if isinstance(primitive, WidePrimitive) or len(nodes) > 2:
        node = Operation(primitive, out, None, 0.0)
        node._wide = Wide(nodes, tuple(partials))
        return node
    if len(nodes) == 1:
        return Operation(primitive, out, nodes[0], partials[0])
    return Operation(primitive, out, nodes[0], partials[0], nodes[1], partials[1])


def record_one(primitive: Primitive, x: Value) -> Value:
    """Return the node `primitive(x)`: what `record` does, for the common case."""
    if len(primitive.partials) == 1:
        try:
            out = primitive.forward(x._data)
            return Operation(primitive, out, x, primitive.partials[0](out, x._data))
        except (ArithmeticError, ValueError):
            pass
    return record(primitive, (x,))  # which says what is wrong


def dot_operation(xs: tuple[Value, ...], ys: tuple[Value, ...], y_data: tuple[float, ...]) -> Operation:
    """Return the node of the sum of x * y; the dots of one layer share `ys` and `y_data`."""
    x_data = tuple([x._data for x in xs])
    if len(x_data) != len(y_data):
        raise ValueError("dot: lengths differ")
    total = 0.0
    for x, y in zip(xs, y_data):  # noqa: B905  # of one length, and faster without asking again
        total += x._data * y
    node = Operation(DOT, total, None, 0.0)
    node._wide = Wide(xs, y_data, ys, x_data)
    return node


def as_value(number: Any, where: str = "as_value") -> Value:
    """Return a Value as it is, and a plain real number as a constant; `where` names the caller in a TypeError."""
    return number if isinstance(number, Value) else _constant(as_float(number, where))


def _constant(number: float) -> Value:
    """A plain number in the graph."""
    return leaf_operation(CONSTANT, number)


def leaf_operation(marker: Primitive, number: float) -> Value:
    """A leaf with a marker: CONSTANT or INPUT."""
    node = Operation(marker, number, None, 0.0)
    node._wide = None
    return node


def _leaf(data: float, grad: float, label: str, is_constant: bool) -> Value:
    """A leaf, from its pickle."""
    leaf = _constant(data) if is_constant else Value(data, label)
    leaf._grad = grad
    return leaf
