"""A primitive of floats that is computed by its formula."""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.languages import function_of
from autodiff.primitive import Primitive

_functions: dict[str, Callable[..., float]] = {}  # those of composites, for the formulas after them


def composite(
    name: str,
    symbol: str,
    formula: str,
    partials: tuple[Callable[..., Any], ...],
    *,
    forward: Callable[..., float] | None = None,
    spellings: dict[str, str] | None = None,
    **others: Any,
) -> Primitive:
    """Return a primitive of floats that is computed by its formula, or, for speed, by `forward`, which is the same."""
    spellings = spellings or {}
    _functions[name] = forward or function_of(spellings.get("python", formula), _functions)
    return Primitive(name, symbol, _functions[name], partials, formula=formula, spellings=spellings, **others)


def horner(name: str, coefficients: Sequence[float]) -> str:
    """Return the formula of c0 + c1 x + c2 x**2 + ..., by Horner's rule.

    >>> horner("t", (1.0, -2.0, 0.5))
    '(0.5 * t + -2.0) * t + 1.0'
    """
    *others, last = coefficients
    text = f"{last!r}"
    for c in reversed(others):
        text = f"{text if text == repr(last) else f'({text})'} * {name} + {c!r}"
    return text
