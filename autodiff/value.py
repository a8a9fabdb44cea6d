"""`Value`: a number that remembers how it was made.

A node keeps its operands and, from the moment it is made, its partials: d node / d operand. That is all the backward
pass needs. Nothing here knows a formula of calculus except those of + - * / and `dot`, which are written out for speed;
every other operation takes its derivative from the table in `primitives`.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, SupportsFloat, final, overload

from autodiff import reverse
from autodiff.errors import GraphCopyError
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import ABS, ADD, DIV, DOT, EXP, LOG, MUL, NEG, POW, RELU, SIGMOID, SUB, TANH
from autodiff.real import as_float, left_operand_as_float, operand_as_float

CONSTANT = Primitive("constant", "", float, (), source="a plain number met by a Value")
"""Marks the leaf that a plain number becomes when a Value meets it; it does not vary, and the partial there is 0."""

INPUT = Primitive("input", "=", float, (lambda out, x: 1.0,), source="the argument of a transform")
"""Marks what a transform such as `grad` calls its function with, for as long as the call lasts."""


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
        "_d_first", "_d_second", "_data", "_first", "_grad", "_label", "_mark", "_primitive", "_second", "_wide",
    )
    # fmt: on
    __array_ufunc__: ClassVar[None] = None  # so that numpy leaves `array + value` to us, who say what to write instead

    def __init__(self, data: SupportsFloat, label: Any = "") -> None:
        self._data: float = as_float(data, "Value")
        self._grad: float = 0.0
        self._label: str = _checked(label)
        self._primitive: Primitive | None = None
        self._first: Value | None = None
        self._d_first: float = 0.0
        self._second: Value | None = None
        self._d_second: float = 0.0
        self._wide: tuple[tuple[Value, ...], tuple[float, ...]] | None = None
        self._mark: int = 0  # the number of the last walk over the graph that came by

    def __init_subclass__(cls) -> None:
        if getattr(cls, "__module__", "") != __name__:
            raise TypeError("Value: expected no subclass; hold a Value in an attribute, or write a function of Values")

    # ------------------------------------------------------------------------------------------ what it holds

    @property
    def data(self) -> float:
        """The forward value."""
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        self._data = as_float(data, "Value.data")

    @property
    def grad(self) -> float:
        """The adjoint, d output / d node."""
        return self._grad

    @grad.setter
    def grad(self, grad: SupportsFloat) -> None:
        self._grad = as_float(grad, "Value.grad")

    @property
    def label(self) -> str:
        """The name, "" if there is none."""
        return self._label

    @label.setter
    def label(self, label: Any) -> None:
        self._label = _checked(label)

    @property
    def primitive(self) -> Primitive | None:
        """The primitive that made this node; None for a leaf."""
        return None if self.is_leaf else self._primitive

    @property
    def operands(self) -> "tuple[Value, ...]":
        """The nodes it was made from, in order, duplicates kept; () for a leaf."""
        if self._first is None:
            return self._wide[0] if self._wide is not None else ()
        return (self._first,) if self._second is None else (self._first, self._second)

    @property
    def partials(self) -> tuple[float, ...]:
        """d node / d operand for each of `operands`, as recorded; 0 for a constant, which does not vary."""
        recorded: tuple[float, ...] = (self._d_first, self._d_second)
        if self._first is None:
            recorded = self._wide[1] if self._wide is not None else ()
        return tuple([0.0 if x.is_constant else d for x, d in zip(self.operands, recorded, strict=False)])

    @property
    def is_leaf(self) -> bool:
        """Whether it has no operands: it was given, not computed."""
        return self._first is None and self._wide is None

    @property
    def is_constant(self) -> bool:
        """Whether it is the leaf that a plain number became when it met a Value."""
        return self._primitive is CONSTANT

    def backward(self, seed: SupportsFloat = 1.0) -> None:
        """Apply the chain rule from this node back to the leaves; see `reverse.backward`.

        Args:
            seed: the adjoint of this node, d output / d output.

        Raises:
            TypeError: if `seed` is not a real number.
        """
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
            return Operation(POW, out, self, POW.partials[0](out, self._data, number), _constant(number), 0.0)
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
        return record(EXP, (self,))

    def log(self) -> "Value":
        """The natural logarithm."""
        return record(LOG, (self,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        return record(TANH, (self,))

    def sigmoid(self) -> "Value":
        """1 / (1 + e**-self)."""
        return record(SIGMOID, (self,))

    def relu(self) -> "Value":
        """max(self, 0)."""
        return record(RELU, (self,))

    # --------------------------------------------------------------------------------------------- as a number

    def __lt__(self, other: "Value | SupportsFloat") -> bool:
        return self._data < _comparable(other)

    def __le__(self, other: "Value | SupportsFloat") -> bool:
        return self._data <= _comparable(other)

    def __gt__(self, other: "Value | SupportsFloat") -> bool:
        return self._data > _comparable(other)

    def __ge__(self, other: "Value | SupportsFloat") -> bool:
        return self._data >= _comparable(other)

    def __bool__(self) -> bool:
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

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __reduce__(self) -> "tuple[Callable[..., Value], tuple[Any, ...]]":
        """Copy or pickle a leaf; refuse an inner node, whose copy would have lost its graph."""
        if not self.is_leaf:
            raise GraphCopyError(
                f"copy: {self!r} is the result of {self._primitive!r}, and a copy would have no gradient; "
                "copy or pickle the leaves and compute it again"
            )
        return _leaf, (self._data, self._grad, self._label, self.is_constant)


@final
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


for _class in (Value, Operation):  # hash and == are the identity; compiled classes with < would have no hash
    setattr(_class, "__hash__", object.__hash__)  # noqa: B010


def record(primitive: Primitive, operands: tuple[Any, ...]) -> Value:
    """Return the node `primitive(*operands)`, with the partials that the table gives.

    Raises:
        TypeError: if an operand is neither a Value nor a real number, or their count is wrong.
        DomainError: if an operand lies outside the primitive's domain, or there is no derivative there.
    """
    primitive.check_count(len(operands))
    if len(operands) == 1 and len(primitive.partials) == 1:  # what follows, for the common case
        (x,) = operands
        if isinstance(x, Value):
            try:
                out = primitive.forward(x._data)
                return Operation(primitive, out, x, primitive.partials[0](out, x._data))
            except (ArithmeticError, ValueError):
                pass  # what follows says what is wrong
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
        return wide_operation(primitive, out, nodes, tuple(partials))
    if len(nodes) == 1:
        return Operation(primitive, out, nodes[0], partials[0])
    return Operation(primitive, out, nodes[0], partials[0], nodes[1], partials[1])


def wide_operation(
    primitive: Primitive, data: float, operands: tuple[Value, ...], partials: tuple[float, ...]
) -> Operation:
    """A node of any number of operands."""
    node = Operation(primitive, data, None, 0.0)
    node._wide = (operands, partials)
    return node


def dot_operation(xs: list[Value], ys: list[Value]) -> Operation:
    """Return the node of the sum of x * y, as `record` would: written out, because a network is mostly this."""
    x_data = [x._data for x in xs]
    y_data = [y._data for y in ys]
    return wide_operation(DOT, sum(map(operator.mul, x_data, y_data), 0.0), (*xs, *ys), (*y_data, *x_data))


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


def _comparable(other: "Value | SupportsFloat") -> float:
    """The number to compare with."""
    return other._data if isinstance(other, Value) else as_float(other, "comparison")


def _checked(label: object) -> str:
    """The label, if it is one."""
    if not isinstance(label, str):
        raise TypeError(f"Value: expected a str as label, got {type(label).__name__}; use str(...)")
    return label
