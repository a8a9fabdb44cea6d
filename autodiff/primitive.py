"""`Primitive`: an elementary function as data, with its derivatives. The table of all of them is in `primitives`.

What a backend, a printed program or a drawing must know of a primitive is here. A function that `math` and every other
language has, such as `exp`, is known by its name; any other has a `formula`, from which `languages` writes its code.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from autodiff.domain import FINITE, REALS, Domain
from autodiff.elementwise import by_elements
from autodiff.errors import DomainError
from autodiff.observers import is_tolerated, observers, report_read
from autodiff.real import as_float

T = TypeVar("T")


class Primitive:
    """An elementary function with its derivatives.

    Attributes:
        name: as in `math`, numpy and JavaScript's `Math` where they share it.
        symbol: what a drawing shows.
        forward: floats to a float; it raises ValueError, OverflowError or ZeroDivisionError outside the domain.
        partials: for each operand, a function (out, *operands) -> d out / d operand.
        domain, requires: the intervals of a `Domain`, for each operand, and its words.
        kink: a function of the operands that is zero exactly where there is no derivative, or None.
        source: where the derivative is from.
        formula: how every language computes it, unless its library has the function; see `languages`.
        spellings: formulas for single languages, by the name of the language.
        words: what the formula computes, for a reader of printed code.
        commutes: whether the order of the operands does not matter.
        is_activation: whether a neuron applies it to its sum.
        cost: about how many instructions it is in machine code.
    """

    __slots__ = (
        *("commutes", "cost", "domain", "forward", "formula", "is_activation", "kink", "name", "partials", "requires"),
        *("source", "spellings", "symbol", "words"),
    )

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        partials: tuple[Callable[..., Any], ...],
        *,
        source: str,
        domain: Domain | None = None,
        kink: Callable[..., float] | None = None,
        formula: str = "",
        spellings: Mapping[str, str] | None = None,
        words: str = "",
        commutes: bool = False,
        is_activation: bool = False,
        cost: int = 25,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.forward = forward
        self.partials = partials
        self.source = source
        self.domain = (domain or FINITE).intervals or (REALS,) * len(partials)
        self.requires = (domain or FINITE).words
        self.kink = kink
        self.formula = formula
        self.spellings: Mapping[str, str] = spellings or {}
        self.words = words
        self.commutes = commutes
        self.is_activation = is_activation
        self.cost = cost

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __call__(self, *operands: T) -> T:
        """Apply it: a float for plain numbers, the node that it records for Values, arrays element by element."""
        if len(operands) == 1 and type(operands[0]) is float and len(self.partials) == 1:
            return cast(T, self.evaluate(operands))  # type: ignore[arg-type]  # the last line, for the common case
        try:
            for operand in operands:
                if type(operand) is not float and hasattr(operand, "record"):  # a Value
                    return operand.record(self, *operands)  # type: ignore[no-any-return]
            self.check_count(len(operands))
            data: list[Any] = [x if type(x) is float else as_float(x, self.name) for x in operands]
            return cast(T, self.evaluate(data))
        except TypeError:
            return cast(T, by_elements(self, operands, self.name))

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
            if any(map(math.isnan, data)) or is_tolerated():
                return math.nan
            raise self._error(f"expected {self.requires}, got", data, labels) from None

    def derivatives(self, out: Any, operands: Sequence[Any], varies: Sequence[bool] | None = None) -> Sequence[Any]:
        """Return d out / d operand for every operand: floats for floats, Values for Values.

        Args:
            out: `self(*operands)`.
            operands: floats, or Values.
            varies: for each operand, whether its partial is wanted; 0.0 stands for one that is not.
        """
        varies = [True] * len(self.partials) if varies is None else varies
        return [
            partial(out, *operands) if wanted else 0.0 for partial, wanted in zip(self.partials, varies, strict=True)
        ]

    def formula_in(self, language: str) -> str:
        """Return the formula for a language; "" if it must have the function."""
        return self.spellings.get(language, self.formula)

    def check_count(self, count: int) -> None:
        """Raise TypeError if it does not take that many operands."""
        if count != (n := len(self.partials)):
            raise TypeError(f"{self.name}: expected {n} operand{'s' * (n > 1)}, got {count}")

    def without_derivatives(self, data: Sequence[float], labels: Sequence[str]) -> Sequence[float]:
        """Return NaNs if NaN came in; else raise DomainError, for operands at which there is a value and no slope."""
        if any(map(math.isnan, data)) or is_tolerated():
            return [math.nan] * len(data)
        raise self._error("the derivative has no value at", data, labels) from None

    def _error(self, problem: str, data: Sequence[float], labels: Sequence[str]) -> DomainError:
        """An error that lists the operands, as in "log: expected x > 0, got x = 0.0 ('p')"."""
        if observers:
            report_read(None)
        names = ["x", "y"] if len(data) <= 2 else [f"x{i}" for i in range(len(data))]
        got = [f"{name} = {x!r}" for name, x in zip(names, data, strict=False)]
        for i, label in enumerate(labels):
            if label:
                got[i] += f" ({label!r})"
        return DomainError(f"{self.name}: {problem} {', '.join(got) or 'nothing'}; check or clamp the operand first")


class WidePrimitive(Primitive):
    """A primitive of any number of operands, with one rule for all partials; its `cost` is that of an operand.

    With a `fold`, a primitive of two, it is that of the first two operands, then of this and the third, and so on.
    """

    __slots__ = ("fold", "rule")

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        rule: Callable[[Any, Sequence[Any]], Sequence[Any]],
        *,
        source: str,
        commutes: bool = True,
        cost: int = 1,
        kink: Callable[..., float] | None = None,
        fold: Primitive | None = None,
    ) -> None:
        super().__init__(name, symbol, forward, (), source=source, commutes=commutes, cost=cost, kink=kink)
        self.rule = rule
        self.fold = fold

    def derivatives(self, out: Any, operands: Sequence[Any], varies: Sequence[bool] | None = None) -> Sequence[Any]:
        """As for any primitive; the one rule gives them all."""
        partials = self.rule(out, operands)
        if varies is None or all(varies):
            return partials
        return [partial if wanted else 0.0 for partial, wanted in zip(partials, varies, strict=True)]

    def check_count(self, count: int) -> None:
        """Accept any count."""
