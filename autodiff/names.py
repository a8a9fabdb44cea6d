"""`Names`: what code written for other packages looks for in a `Value`, all of it read only.

micrograd's drawings and its backpropagation by hand read `_prev`, `_op` and `_backward()`; here they are views of
`operands`, `primitive` and `partials`. numpy computes `np.sin(values)` by the method `sin` of each element. Who asks
for a name of PyTorch is told ours.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Final, NoReturn, Self, SupportsFloat

from autodiff import primitives
from autodiff.native import mypyc_attr
from autodiff.node import CONSTANT, Node
from autodiff.observers import observers, report_read
from autodiff.reverse import recorded_partials

SYMBOLS: Final = {"add": "+", "sub": "-", "neg": "-", "mul": "*", "div": "/", "pow": "**", "relu": "ReLU"}
"""micrograd's symbols by the names of primitives; any other primitive has its name."""


@mypyc_attr(acyclic=True)
class Names(Node):
    """The part of a `Value` that other packages know; it adds nothing to what a node holds."""

    __slots__ = ()
    __hash__: ClassVar[Any] = object.__hash__  # mypyc: not inherited by a class that inherits `==` or `<`
    __array_priority__: ClassVar[float] = -1.0  # numpy: an array takes `array + value` by elements, a scalar leaves it

    @abstractmethod  # mypyc: as no Value is of this very class, to check a type is to compare with three others at most
    def backward(self, seed: SupportsFloat = 1.0) -> None:
        """Apply the chain rule; see `Value`."""

    # ----------------------------------------------------------------------------------------------- micrograd

    @property
    def _prev(self) -> set[Self]:
        """The operands as a set, as micrograd has them; a fixed exponent stands in `_op` alone."""
        operands = self.operands
        return set(operands[:1] if self._has_fixed_power() else operands)

    @property
    def _op(self) -> str:
        """micrograd's symbol of the operation: "+", "*", "**2", "tanh", "ReLU", ...; "" for a leaf."""
        primitive, second = self.primitive, self._second
        if primitive is None:
            return ""
        power = f"{second._data:g}" if second is not None and self._has_fixed_power() else ""
        return SYMBOLS.get(primitive.name, primitive.name) + power

    def _backward(self) -> None:
        """Add this node's part, its `grad` times the partial, to the `grad` of each of its operands.

        Set the `grad` of the output to 1 and call this for each node in reverse topological order: what `backward()`
        does, by hand.
        """
        if observers:
            report_read(self)
        for operand, partial in recorded_partials(self):
            operand._grad += self._grad * partial

    def _has_fixed_power(self) -> bool:
        """Whether it is a power whose exponent is a plain number."""
        second = self._second
        return self._primitive is primitives.POW and second is not None and second._primitive is CONSTANT

    # --------------------------------------------------- functions as methods, by the names that numpy calls

    def sin(self) -> Self:
        """The sine of radians."""
        return primitives.SIN(self)

    def cos(self) -> Self:
        """The cosine of radians."""
        return primitives.COS(self)

    def tan(self) -> Self:
        """The tangent of radians."""
        return primitives.TAN(self)

    def arcsin(self) -> Self:
        """`asin`, the arc sine in radians."""
        return primitives.ASIN(self)

    def arccos(self) -> Self:
        """`acos`, the arc cosine in radians."""
        return primitives.ACOS(self)

    def arctan(self) -> Self:
        """`atan`, the arc tangent in radians."""
        return primitives.ATAN(self)

    def arctan2(self, x: Self | SupportsFloat) -> Self:
        """`atan2`, the angle of the point (x, self) in radians."""
        return primitives.ATAN2(self, x)  # type: ignore[return-value]

    def hypot(self, other: Self | SupportsFloat) -> Self:
        """sqrt(self**2 + other**2)."""
        return primitives.HYPOT(self, other)  # type: ignore[return-value]

    def sinh(self) -> Self:
        """The hyperbolic sine."""
        return primitives.SINH(self)

    def cosh(self) -> Self:
        """The hyperbolic cosine."""
        return primitives.COSH(self)

    def sqrt(self) -> Self:
        """The square root."""
        return primitives.SQRT(self)

    def cbrt(self) -> Self:
        """The cube root."""
        return primitives.CBRT(self)

    def expm1(self) -> Self:
        """e**self - 1."""
        return primitives.EXPM1(self)

    def log1p(self) -> Self:
        """log(1 + self)."""
        return primitives.LOG1P(self)

    def log2(self) -> Self:
        """The logarithm to base 2."""
        return primitives.LOG2(self)

    def log10(self) -> Self:
        """The logarithm to base 10."""
        return primitives.LOG10(self)

    # ------------------------------------------------------------------------------------- hints for PyTorch

    @property
    def item(self) -> NoReturn:
        """PyTorch's name; here it is `data`."""
        raise AttributeError("item: a Value is one number; read v.data")

    @property
    def detach(self) -> NoReturn:
        """PyTorch's name; here it is `data`, or `stop_gradient`."""
        raise AttributeError("detach: read v.data for the number, or write autodiff.stop_gradient(v)")

    @property
    def requires_grad(self) -> NoReturn:
        """PyTorch's name; here every Value that is not a constant has a `grad`."""
        raise AttributeError("requires_grad: every Value has a grad; train only those that you pass to the optimizer")
