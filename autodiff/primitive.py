"""`Primitive`: an elementary function as data, with its derivatives. The table of all of them is in `primitives`."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from autodiff.errors import DomainError
from autodiff.real import as_float

T = TypeVar("T")
Interval: TypeAlias = tuple[float, float]
"""An open interval (low, high)."""
Domain: TypeAlias = tuple[Interval, ...]
"""A union of open intervals: where one operand may lie."""

REALS: Domain = ((-math.inf, math.inf),)


class Primitive:
    """An elementary function with its derivatives.

    Attributes:
        name: as in `math`, numpy and JavaScript's `Math` where they share it.
        symbol: what a drawing shows.
        forward: floats to a float; it raises ValueError, OverflowError or ZeroDivisionError outside the domain.
        partials: for each operand, a function (out, *operands) -> d out / d operand.
        domain: for each operand, the open intervals on whose interior `forward` is defined and, away from a kink,
            smooth. Together they may be narrower than what `forward` accepts (`pow` also takes -2 ** 3).
        requires: the whole domain in words, for error messages.
        kink: a function of the operands that is zero exactly where there is no derivative, or None.
        source: where the derivative is from.
    """

    __slots__ = ("domain", "forward", "kink", "name", "partials", "requires", "source", "symbol")

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        partials: tuple[Callable[..., Any], ...],
        *,
        source: str,
        domain: tuple[Domain, ...] = (),
        requires: str = "finite operands",
        kink: Callable[..., float] | None = None,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.forward = forward
        self.partials = partials
        self.source = source
        self.domain = domain or (REALS,) * len(partials)
        self.requires = requires
        self.kink = kink

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __call__(self, *operands: T) -> T:
        """Apply it: a float for plain numbers; where a Value is among the operands, the node that it records."""
        for operand in operands:
            if not isinstance(operand, float) and hasattr(operand, "record"):
                return operand.record(self, *operands)  # type: ignore[no-any-return]
        self.check_count(len(operands))
        return cast(T, self.evaluate([as_float(operand, self.name) for operand in operands]))

    def evaluate(self, data: Sequence[float], labels: Sequence[str] = ()) -> float:
        """Return `forward(*data)`; NaN in gives NaN out.

        Args:
            data: the operands.
            labels: their names, for the error.

        Raises:
            DomainError: if an operand lies outside the domain.
        """
        try:
            return self.forward(*data)
        except (ArithmeticError, ValueError):
            if any(map(math.isnan, data)):
                return math.nan
            raise DomainError(self._complaint(data, labels)) from None

    def derivatives(self, out: Any, operands: Sequence[Any]) -> Sequence[Any]:
        """Return d out / d operand for every operand: floats for floats, Values for Values."""
        return [partial(out, *operands) for partial in self.partials]

    def check_count(self, count: int) -> None:
        """Raise TypeError if it does not take that many operands."""
        if count != len(self.partials):
            raise TypeError(f"{self.name}: expected {len(self.partials)} operands, got {count}")

    def _complaint(self, data: Sequence[float], labels: Sequence[str]) -> str:
        """The text of a DomainError."""
        names = ["x", "y"] if len(data) <= 2 else [f"x{i}" for i in range(len(data))]
        got = [f"{name} = {x!r}" for name, x in zip(names, data, strict=False)]
        for i, label in enumerate(labels):
            if label:
                got[i] += f" ({label!r})"
        return f"{self.name}: expected {self.requires}, got {', '.join(got)}; check or clamp the operand first"


class WidePrimitive(Primitive):
    """A primitive of any number of operands. One formula gives all its partials: (out, operands) -> a sequence."""

    __slots__ = ("formula",)

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        formula: Callable[[Any, Sequence[Any]], Sequence[Any]],
        *,
        source: str,
    ) -> None:
        super().__init__(name, symbol, forward, (), source=source)
        self.formula = formula

    def derivatives(self, out: Any, operands: Sequence[Any]) -> Sequence[Any]:
        """Return d out / d operand for every operand: floats for floats, Values for Values."""
        return self.formula(out, operands)

    def check_count(self, count: int) -> None:
        """Any count will do."""
