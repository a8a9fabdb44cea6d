"""Every primitive on numpy arrays under IEEE arithmetic: the readable reference for the other backends.

It runs what is printed as numpy code. Inside its domain a primitive agrees with `Primitive.forward`, up to the last
digit of numpy's own exp, log and so on. Outside, where `forward` raises an error, it gives inf or nan: log(0) is -inf,
log(-1) is nan, exp(1000) is inf.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.languages import Language
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import DOT, LOGSUMEXP, PRIMITIVES, SUM, factor_pairs
from autodiff.program.recording.tape import lacks_code
from autodiff.spelling import ELEMENTARY, function

_DIFFERENT = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
_DIFFERENT["pow"] = "float_power"  # np.power(x, 0.5) is sqrt(x), which is nan at -inf
UFUNCS = {name: _DIFFERENT.get(name, name) for name in ELEMENTARY if hasattr(np, _DIFFERENT.get(name, name))}
NUMPY = Language(
    "numpy",
    library={name: f"np.{ufunc}" for name, ufunc in UFUNCS.items()},
    choice="np.where({test}, {yes}, {no})",
    either="({0}) | ({1})",
    both="({0}) & ({1})",
    infinity="np.inf",
    nan="np.nan",
)


def evaluate(name: str, operands: Sequence[Any]) -> Any:
    """Return a primitive of the table, by its name, of arrays and numbers that broadcast together, as an array.

    >>> evaluate("log", [[1.0, 0.0, -1.0]])
    array([  0., -inf,  nan])
    """
    if name not in PRIMITIVES:
        raise ValueError(f"ieee: expected the name of a primitive of the table, got {name!r}")
    return apply(PRIMITIVES[name], operands)


def apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """Return a primitive of arrays as `evaluate` does. One without code gives NaN where its forward function raises."""
    formula = _function(primitive)
    with np.errstate(all="ignore"):
        return np.asarray(formula(*[np.asarray(operand, dtype=np.float64) for operand in operands]), dtype=np.float64)


@functools.lru_cache(maxsize=1024)
def _function(primitive: Primitive) -> Callable[..., Any]:
    """A primitive as a function of arrays."""
    if primitive in _WIDE:
        return _WIDE[primitive]
    if isinstance(primitive, WidePrimitive) and primitive.fold:
        of_two = _function(primitive.fold)
        return lambda *xs: functools.reduce(of_two, xs)
    if not lacks_code(primitive):
        return function(primitive, NUMPY, {"np": np})

    def at(*point: float) -> float:
        try:
            return primitive.forward(*map(float, point))
        except (ArithmeticError, ValueError):
            return np.nan

    return np.vectorize(at, otypes=[float])


def _logsumexp(*xs: Any) -> Any:
    rows = np.stack(np.broadcast_arrays(*xs))
    largest = rows.max(axis=0)
    terms = np.exp(rows - largest)
    np.put_along_axis(terms, rows.argmax(axis=0)[np.newaxis], 0.0, axis=0)  # log1p adds the 1 of the largest
    return np.where(np.isinf(largest), largest, largest + np.log1p(terms.sum(axis=0)))


_WIDE: dict[Primitive, Callable[..., Any]] = {
    SUM: lambda *xs: functools.reduce(np.add, xs, 0.0),
    DOT: lambda *xs: functools.reduce(np.add, [np.multiply(x, y) for x, y in factor_pairs(xs)], 0.0),
    LOGSUMEXP: _logsumexp,
}
