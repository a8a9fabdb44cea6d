"""A primitive of your own: `defprimitive` checks the parts and puts them together."""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.domain import FINITE, Domain
from autodiff.primitive import Primitive
from autodiff.real import as_float


def defprimitive(
    name: str,
    forward: Callable[..., Any],
    partials: Callable[..., Any] | Sequence[Callable[..., Any]],
    *,
    symbol: str = "",
    domain: Sequence[Sequence[tuple[float, float]]] = (),
    requires: str = FINITE.words,
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
        TypeError: if `forward`, `partials` or `kink` cannot be called, or `name` is not a str.
        ValueError: if there is no partial, or `domain` does not list every operand.

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
        intervals = [tuple([(float(low), float(high)) for low, high in union]) for union in domain]
    except TypeError:
        raise ValueError(
            f"defprimitive: expected domain to list the intervals of each operand, as in [[(0.0, 1.0)]], got {domain!r}"
        ) from None

    def checked(*operands: float) -> float:
        return as_float(forward(*operands), name)

    return Primitive(
        name, symbol or name, checked, rules, source=source, domain=Domain(requires, *intervals), kink=kink
    )
