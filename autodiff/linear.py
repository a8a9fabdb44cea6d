"""Sums of products of numbers and Values, recorded with as few nodes as the sum needs.

Both sweeps over a graph of Values are such sums: adjoint * partial over the consumers of a node in reverse mode,
partial * tangent over its operands in forward mode.
"""

from collections.abc import Iterable
from typing import Any

from autodiff.primitives import DOT, NEG, SUM


def sum_of_products(pairs: Iterable[tuple[Any, Any]]) -> Any:
    """Return the sum of x * y over the pairs of floats and Values: a float if all are floats, else a Value.

    There is no node for a factor of 1 or a term of 0, and one `dot` for several products.

    >>> from autodiff import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> sum_of_products([(1.0, a), (0.0, b)]) is a
    True
    >>> sum_of_products([(a, b), (b, a)]).primitive
    <primitive dot>
    """
    total = 0.0
    factors: list[Any] = []
    values: list[Any] = []
    for x, y in pairs:
        factor, value = (y, x) if isinstance(y, float) else (x, y)
        if isinstance(value, float):
            total += factor * value
        elif not _is(factor, 0.0):
            factors.append(factor)
            values.append(value)
    if not values:
        return total
    out: Any
    if all(_is(factor, 1.0) for factor in factors):
        out = values[0] if len(values) == 1 else SUM(*values)
    elif len(values) > 1:
        out = DOT(*factors, *values)
    else:
        out = NEG(values[0]) if _is(factors[0], -1.0) else factors[0] * values[0]
    return out + total if total else out


def _is(factor: Any, number: float) -> bool:
    """Whether a factor is a plain number, and this one."""
    return isinstance(factor, float) and factor == number
