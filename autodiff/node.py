"""`Node`: what a number in a computation graph holds. A node is one of these:

    Value(2.0, "x")                                 a leaf that a user makes: no operands
    Operation(CONSTANT, 2.0)                        the leaf that a plain number becomes when it meets a Value
    Operation(EXP, out, x, d_x)                     a result, with its operand and d out / d operand
    Operation(MUL, out, x, d_x, y, d_y)             the same with two operands
    Operation(SUM, out, wide=Wide(xs, d_xs))        the same with any number of operands

`Node` has the slots and behaves as a number; `Value` adds the arithmetic; `Operation` is a Value that the engine makes.
"""

from numbers import Number
from typing import Any, ClassVar, Final, Never, Self, SupportsFloat, TypeVar, cast, final

from autodiff.native import mypyc_attr
from autodiff.observers import guards, observers, report_comparison, report_read, taken_out
from autodiff.primitive import Primitive
from autodiff.real import as_float

N = TypeVar("N", bound="Node")
"""Node, or Value where the caller has Values: whoever walks over Values gets Values back."""

CONSTANT: Final = Primitive("constant", "", float, (), source="a plain number met by a Value")
"""Marks the leaf of a plain number, whose `primitive` says None, as of any leaf. It does not vary: the partial is 0."""

INPUT: Final = Primitive("input", "=", float, (lambda out, x: 1.0,), source="the argument of a transform")
"""Marks the arguments that a transform such as `grad` passes to its function, while the function runs."""


@final
@mypyc_attr(acyclic=True)
class Wide:
    """The operands of a node of any number of them, and their partials.

    They are `left` followed by `right`: the dots of a layer share one tuple of inputs, their right.
    """

    __slots__ = ("d_left", "d_right", "left", "right")

    def __init__(
        self,
        left: "tuple[Node, ...]",
        d_left: tuple[float, ...],
        right: "tuple[Node, ...]" = (),
        d_right: tuple[float, ...] = (),
    ) -> None:
        self.left = left
        self.d_left = d_left
        self.right = right
        self.d_right = d_right


@mypyc_attr(acyclic=True)
class Node:
    """The state of a `Value`. Operands exist before the nodes made from them, so a graph has no cycles."""

    # Two operands and two partials have slots of their own: a tuple for each node would double the collector's work.
    # fmt: off
    __slots__ = (
        "_d_first", "_d_second", "_data", "_first", "_grad", "_label", "_mark", "_primitive", "_second", "_wide",
    )
    # fmt: on
    __hash__: ClassVar[Any] = object.__hash__  # a class with `__eq__` inherits none; here both ask which object it is

    def __init__(self, data: SupportsFloat, label: Any = "", **unknown: Never) -> None:
        if unknown:
            raise TypeError(f"Value: expected data and label, got {', '.join(unknown)}; a Value is a float with a grad")
        self._data: float = as_float(data, "Value")
        self._grad: float = 0.0
        self._label: str = _checked(label)
        self._primitive: Primitive | None = None
        self._first: Node | None = None
        self._d_first: float = 0.0
        self._second: Node | None = None
        self._d_second: float = 0.0
        self._wide: Wide | None = None
        self._mark: int = 0  # the number of the last walk over the graph that visited this node

    # mypyc: a compiled assignment does not see that a setter takes more types than the getter returns. So no compiled
    # module assigns to `data`, `grad` or `label`; it assigns to the slots.

    @property
    def data(self) -> float:
        """The forward value."""
        if observers:
            report_read(self)
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        if observers:
            report_read(self)
        self._data = as_float(data, "Value.data")

    @property
    def grad(self) -> float:
        """The adjoint, d output / d node; 0 for a constant, which does not vary."""
        if observers:
            report_read(self)
        return 0.0 if self._primitive is CONSTANT else self._grad

    @grad.setter
    def grad(self, grad: SupportsFloat) -> None:
        if observers:
            report_read(self)
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
    def operands(self) -> "tuple[Self, ...]":
        """The nodes that this one was computed from, in order, duplicates kept; () for a leaf."""
        nodes: tuple[Node, ...] = ()
        if self._wide is not None:
            nodes = self._wide.left + self._wide.right
        elif self._first is not None:
            nodes = (self._first,) if self._second is None else (self._first, self._second)
        return cast("tuple[Self, ...]", nodes)

    @property
    def partials(self) -> tuple[float, ...]:
        """d node / d operand for each of `operands`, as recorded; 0 for a constant, which does not vary."""
        if observers:
            report_read(self)
        wide = self._wide
        recorded: tuple[float, ...] = (self._d_first, self._d_second)
        if wide is not None:
            recorded = wide.d_left + wide.d_right
        return tuple([0.0 if x.is_constant else d for x, d in zip(self.operands, recorded, strict=False)])

    @property
    def is_leaf(self) -> bool:
        """Whether it has no operands."""
        return self._first is None and self._wide is None

    @property
    def is_constant(self) -> bool:
        """Whether it is the leaf that a plain number became when it met a Value."""
        return self._primitive is CONSTANT

    def __eq__(self, other: object) -> Any:
        """Whether it is the same node: a set can hold a graph. A number is refused: the answer would always be no."""
        if isinstance(other, Node):
            if observers:
                report_comparison(self, other)
        elif isinstance(other, Number) or hasattr(other, "__array__"):
            kind = type(other).__name__
            raise TypeError(f"==: expected another Value, got {kind}; compare the number, as in `v.data == 0.0`")
        return True if self is other else NotImplemented

    def __lt__(self, other: "Node | SupportsFloat") -> bool:
        return self.data < _comparable(other)

    def __le__(self, other: "Node | SupportsFloat") -> bool:
        return self.data <= _comparable(other)

    def __gt__(self, other: "Node | SupportsFloat") -> bool:
        return self.data > _comparable(other)

    def __ge__(self, other: "Node | SupportsFloat") -> bool:
        return self.data >= _comparable(other)

    def __bool__(self) -> bool:
        raise TypeError("bool: a Value has no truth value; compare its number, as in `v.data != 0` or `v > 0`")

    def __float__(self) -> float:
        if guards:
            taken_out(self)
        return self.data

    def __round__(self, digits: int | None = None) -> Any:
        if guards:
            taken_out(self)
        return round(self.data, digits)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else str(self)

    def __repr__(self) -> str:
        grad = 0.0 if self._primitive is CONSTANT else self._grad
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._data!r}, grad={grad!r}{label})"


def _comparable(other: "Node | SupportsFloat") -> float:
    """The number to compare with."""
    return other.data if isinstance(other, Node) else as_float(other, "comparison")


def _checked(label: object) -> str:
    """The label, if it is a str; without the attributes of a subclass, one of which could hold the node: a cycle."""
    if not isinstance(label, str):
        raise TypeError(f"Value: expected a str as label, got {type(label).__name__}; use str(...)")
    return str.__str__(label)


# ---------------------------------------------------------------- many nodes at once; no observer hears of it


def data_of(nodes: list[N]) -> list[float]:
    """Return the data of every node."""
    return [node._data for node in nodes]


def set_data(nodes: list[N], data: list[float]) -> None:
    """Give every node its number, a float."""
    for node, number in zip(nodes, data):  # noqa: B905  # of one length, and faster without asking
        node._data = number


def zero_grad(nodes: list[N]) -> None:
    """Set the gradient of every node to 0."""
    for node in nodes:
        node._grad = 0.0
