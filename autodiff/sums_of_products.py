"""Sums of products of numbers and Values, recorded with as few nodes as possible.

Both sweeps over a graph compute such sums: in reverse mode adjoint * partial over the consumers of a node, in forward
mode partial * tangent over its operands.
"""

from collections.abc import Sequence
from typing import Any

from autodiff.primitives import DOT, SUM


def sum_of_products(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Return the sum of x * y over the pairs of floats and Values: a float if all are floats, else a Value.

    Factors of 1 make no node, and several products make one `dot`. A factor of 0 does make one: 0 * x is NaN where x is
    not finite, and the graph must be true at every point, not only where it is recorded.

    >>> from autodiff import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> sum_of_products([(1.0, a)]) is a
    True
    >>> sum_of_products([(a, b), (b, a)]).primitive
    <primitive dot>
    """
    if len(pairs) == 1:
        return product(*pairs[0])
    total = 0.0
    summands: list[Any] = []  # the values whose factor is 1, then the sum of the products
    factors: list[Any] = []
    values: list[Any] = []
    for x, y in pairs:
        factor, value = (y, x) if isinstance(y, float) else (x, y)
        if isinstance(value, float):
            total += factor * value
        elif isinstance(factor, float) and factor == 1.0:
            summands.append(value)
        else:
            factors.append(factor)
            values.append(value)
    if values:
        summands.append(product(factors[0], values[0]) if len(values) == 1 else DOT(*factors, *values))
    if not summands:
        return total
    out = summands[0] if len(summands) == 1 else SUM(*summands)
    return out + total if total else out


def product(x: Any, y: Any) -> Any:
    """Return x * y for floats and Values; a factor of 1 makes no product, and -1 a `neg`."""
    factor, value = (y, x) if isinstance(y, float) else (x, y)
    if isinstance(factor, float) and not isinstance(value, float):
        if factor == 1.0:
            return value
        if factor == -1.0:
            return -value
    return factor * value + 0.0 if isinstance(value, float) else factor * value  # + 0.0: no sum is -0.0
