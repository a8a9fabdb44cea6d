"""Losses of one sample: functions of (prediction, target), each a number, a Value, or a list of them.

For a list, the loss is the sum over its elements. The gradient of a batch is the mean over its samples, which is the
training loop's business.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from autodiff import Value, relu
from autodiff import sum as total
from autodiff.real import is_real

Numbers: TypeAlias = Value | float | Sequence[Value | float]


def squared_error(prediction: Numbers, target: Numbers) -> Any:
    """Return 1/2 sum (prediction - target)**2, the article's cost C; its derivative is the signed difference.

    Args:
        prediction: a number or Value, or a list of n of them.
        target: the same.

    Returns:
        A Value, or a float if all are plain numbers.

    Raises:
        ValueError: if one is a list and the other is not, or the lengths differ.

    >>> squared_error([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return 0.5 * _sum([(p - t) ** 2 for p, t in _pairs("squared_error", prediction, target)])


def absolute_error(prediction: Numbers, target: Numbers) -> Any:
    """Return sum |prediction - target|, the article's cost C_linear; its derivative is the difference's sign, 0 at 0.

    Arguments, result and errors are those of `squared_error`.

    >>> absolute_error([1.0, 2.0], [0.0, 4.0])
    3.0
    """
    return _sum([abs(p - t) for p, t in _pairs("absolute_error", prediction, target)])


def hinge(prediction: Numbers, target: Numbers) -> Any:
    """Return sum max(0, 1 - target * prediction), for targets -1 and 1; its derivative is 0 at the kink.

    Arguments, result and errors are those of `squared_error`.

    References:
        Bishop, Pattern Recognition and Machine Learning (2006), eq. 7.44.

    >>> hinge([0.5, -2.0], [1, -1])
    0.5
    """
    return _sum([relu(1.0 - t * p) for p, t in _pairs("hinge", prediction, target)])


def _sum(terms: list[Any]) -> Any:
    """The sum, with no node for a single term."""
    return terms[0] if len(terms) == 1 else total(terms)


def _pairs(who: str, prediction: Numbers, target: Numbers) -> list[tuple[Any, Any]]:
    """The elements side by side."""
    predictions, targets = _as_list(who, prediction), _as_list(who, target)
    if predictions is None and targets is None:
        return [(prediction, target)]
    if predictions is None or targets is None:
        lone, listed = ("prediction", "target") if predictions is None else ("target", "prediction")
        raise ValueError(f"{who}: expected two numbers or two lists, got a list as {listed} and one number as {lone}")
    if len(predictions) != len(targets):
        raise ValueError(f"{who}: expected as many targets as predictions, got {len(targets)} and {len(predictions)}")
    return list(zip(predictions, targets, strict=True))


def _as_list(who: str, numbers: Any) -> list[Any] | None:
    """The elements of a list, tuple or array; None for a single number."""
    if isinstance(numbers, Value) or is_real(numbers):
        return None
    if not isinstance(numbers, list | tuple) and getattr(numbers, "ndim", 0) != 1:
        raise TypeError(f"{who}: expected a number, a Value, or a list of them, got {type(numbers).__name__}")
    for number in numbers:
        if not isinstance(number, Value) and not is_real(number):
            got = type(number).__name__
            raise TypeError(f"{who}: expected numbers or Values in the list, got {got}; a loss is of one sample")
    return list(numbers)
