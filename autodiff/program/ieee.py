"""Every primitive on numpy arrays under IEEE arithmetic: the readable reference for the other backends.

Inside its domain a primitive agrees with `Primitive.forward`, up to the last digit of numpy's own exp, log and so on.
Outside, where `forward` raises an error, it gives inf or nan: log(0) is -inf, log(-1) is nan, exp(1000) is inf.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import factor_pairs
from autodiff.program.recording.tape import is_custom


def evaluate(name: str, operands: Sequence[Any]) -> Any:
    """Return a primitive of the operands, element by element, as an array of float64.

    Args:
        name: of the primitive, as in `autodiff.PRIMITIVES`.
        operands: arrays and numbers that broadcast together.

    Raises:
        ValueError: if the primitive is not in the table.

    >>> evaluate("log", [[1.0, 0.0, -1.0]])
    array([  0., -inf,  nan])
    """
    formula = _TABLE.get(name)
    if formula is None:
        raise ValueError(f"ieee: expected the name of a primitive of the table, got {name!r}")
    with np.errstate(all="ignore"):
        return np.asarray(formula(*[np.asarray(operand, dtype=np.float64) for operand in operands]), dtype=np.float64)


def apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """Return a primitive of arrays as `evaluate` does. A custom one gives NaN where its forward function raises."""
    if not is_custom(primitive):
        return evaluate(primitive.name, operands)

    def at(*point: float) -> float:
        try:
            return primitive.forward(*map(float, point))
        except (ArithmeticError, ValueError):
            return np.nan

    return np.asarray(np.vectorize(at, otypes=[float])(*operands))


def _pow_slope(x: Any, y: Any) -> Any:
    """y x**(y-1), for each y in a form that neither overflows nor divides by zero."""
    falling = np.where(x == 0.0, np.nan, y * np.float_power(x, y) / x)
    steep = y * _reciprocal(np.float_power(x, 1.0 - y))
    return np.select([y == 0.0, y < 0.0, y < 1.0], [0.0, falling, steep], y * np.float_power(x, y - 1.0))


def _reciprocal(x: Any) -> Any:
    return np.where(x == 0.0, np.inf, 1.0 / x)


def _sigmoid(x: Any) -> Any:
    z = np.exp(-np.abs(x))
    return np.where(x < 0.0, z, 1.0) / (1.0 + z)


def _compare(x: Any, y: Any) -> Any:
    return np.select([x > y, x < y, x == y], [1.0, -1.0, 0.0], np.nan)


def _logsumexp(*xs: Any) -> Any:
    rows = np.stack(np.broadcast_arrays(*xs))
    largest = rows.max(axis=0)
    terms = np.exp(rows - largest)
    np.put_along_axis(terms, rows.argmax(axis=0)[np.newaxis], 0.0, axis=0)  # log1p adds the 1 of the largest
    return np.where(np.isinf(largest), largest, largest + np.log1p(terms.sum(axis=0)))


_TABLE: dict[str, Callable[..., Any]] = {
    "identity": lambda x: x,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "pow": np.float_power,  # np.power(x, 0.5) is sqrt(x), which is nan at -inf
    "pow_slope": _pow_slope,
    "reciprocal": _reciprocal,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log_or_zero": lambda x: np.where(x == 0.0, 0.0, np.log(x)),
    "log1p": np.log1p,
    "sqrt": lambda x: np.sqrt(x) + 0.0,  # + 0.0 so that sqrt(-0.0) is 0.0
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))),
    "relu": lambda x: np.where(x <= 0.0, 0.0, x),
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda x: np.select([x > 0.0, x <= 0.0], [1.0, 0.0], x),
    "compare": _compare,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "sum": lambda *xs: functools.reduce(np.add, xs, 0.0),
    "dot": lambda *xs: functools.reduce(np.add, [np.multiply(x, y) for x, y in factor_pairs(xs)], 0.0),
    "logsumexp": _logsumexp,
}
