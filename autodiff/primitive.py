"""`Primitive`: an elementary function as data, with its derivatives. The table of all of them is in `primitives`."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from autodiff.errors import DomainError
from autodiff.observers import observers, told
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
        if len(operands) == 1 and type(operands[0]) is float and len(self.partials) == 1:
            return cast(T, self.evaluate(operands))  # type: ignore[arg-type]  # what follows, for the common case
        for operand in operands:
            if type(operand) is not float and hasattr(operand, "record"):
                return operand.record(self, *operands)  # type: ignore[no-any-return]
        self.check_count(len(operands))
        data: list[Any] = [x if type(x) is float else as_float(x, self.name) for x in operands]
        return cast(T, self.evaluate(data))

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
            raise self._error(f"expected {self.requires}, got", data, labels) from None

    def derivatives(self, out: Any, operands: Sequence[Any], varies: Sequence[bool] | None = None) -> Sequence[Any]:
        """Return d out / d operand for every operand: floats for floats, Values for Values.

        Args:
            out: `self(*operands)`.
            operands: floats, or Values.
            varies: for each operand, whether its partial is wanted; where it is not, the result is 0.0.
        """
        if varies is None:
            return [partial(out, *operands) for partial in self.partials]
        return [
            partial(out, *operands) if wanted else 0.0 for partial, wanted in zip(self.partials, varies, strict=True)
        ]

    def check_count(self, count: int) -> None:
        """Raise TypeError if it does not take that many operands."""
        if count != len(self.partials):
            n = len(self.partials)
            raise TypeError(f"{self.name}: expected {n} operand{'s' * (n > 1)}, got {count}")

    def without_derivative(self, data: Sequence[float], labels: Sequence[str]) -> DomainError:
        """The error that says: here the function has a value, but no derivative."""
        return self._error("the derivative has no value at", data, labels)

    def _error(self, problem: str, data: Sequence[float], labels: Sequence[str]) -> DomainError:
        """An error that lists the operands, as in "log: expected x > 0, got x = 0.0 ('p')"."""
        if observers:
            told(None)
        names = ["x", "y"] if len(data) <= 2 else [f"x{i}" for i in range(len(data))]
        got = [f"{name} = {x!r}" for name, x in zip(names, data, strict=False)]
        for i, label in enumerate(labels):
            if label:
                got[i] += f" ({label!r})"
        return DomainError(f"{self.name}: {problem} {', '.join(got) or 'nothing'}; check or clamp the operand first")


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

    def derivatives(self, out: Any, operands: Sequence[Any], varies: Sequence[bool] | None = None) -> Sequence[Any]:
        """As for any primitive; the one formula gives them all."""
        partials = self.formula(out, operands)
        if varies is None or all(varies):
            return partials
        return [partial if wanted else 0.0 for partial, wanted in zip(partials, varies, strict=True)]

    def check_count(self, count: int) -> None:
        """Any count will do."""


def defprimitive(
    name: str,
    forward: Callable[..., Any],
    partials: Callable[..., Any] | Sequence[Callable[..., Any]],
    *,
    symbol: str = "",
    domain: Sequence[Sequence[tuple[float, float]]] = (),
    requires: str = "finite operands",
    kink: Callable[..., float] | None = None,
    source: str = "",
) -> Primitive:
    """Return a primitive of your own, usable in every mode: call it on Values or numbers.

    `autodiff.testing.check_gradients` tests its derivatives; docs/primitives.md is the how-to.

    Args:
        name: what errors and drawings call it.
        forward: floats to a float; it raises ValueError, OverflowError or ZeroDivisionError outside the domain.
        partials: (out, *operands) -> d out / d operand; for several operands, a list of such functions. Written with
            operators, functions of `autodiff` and other primitives, so that they work on floats and on Values.
        symbol: what a drawing shows; the name if empty.
        domain: for each operand, its open intervals, such as [[(0.0, math.inf)]]; all reals if empty.
        requires: the domain in words, for error messages, as in "x > 0".
        kink: a function of the operands that is zero exactly where there is no derivative.
        source: where the derivative is from.

    Raises:
        TypeError: if `forward`, `partials` or `kink` cannot be called.
        ValueError: if there is no partial, or `domain` is not given for every operand.

    >>> from autodiff import Value
    >>> cube = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> cube(2.0), x.grad
    (8.0, 12.0)
    """
    rules = (partials,) if callable(partials) else tuple(partials)
    functions: list[tuple[str, Any]] = [("forward", forward), *[("partials", rule) for rule in rules]]
    if kink is not None:
        functions.append(("kink", kink))
    for what, function in functions:
        if not callable(function):
            raise TypeError(f"defprimitive: expected {what} to be functions, got {type(function).__name__}")
    if not isinstance(name, str):
        raise TypeError(f"defprimitive: expected a str as name, got {type(name).__name__}")
    if not rules:
        raise ValueError("defprimitive: expected a partial for each operand, got none")
    if domain and len(domain) != len(rules):
        raise ValueError(f"defprimitive: expected a domain for each of {len(rules)} operands, got {len(domain)}")
    try:
        intervals = tuple([tuple([(float(low), float(high)) for low, high in union]) for union in domain])
    except TypeError:
        raise ValueError(
            f"defprimitive: expected domain to list the intervals of each operand, as in [[(0.0, 1.0)]], got {domain!r}"
        ) from None

    def checked(*operands: float) -> float:
        return as_float(forward(*operands), name)

    return Primitive(
        name, symbol or name, checked, rules, source=source, domain=intervals, requires=requires, kink=kink
    )
