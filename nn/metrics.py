"""Metrics: the quality of predictions as a number for people. Unlike losses they are functions of all samples."""

from collections.abc import Sequence
from typing import Any

from autodiff.extend import check_whole


def accuracy(predictions: Sequence[Any], targets: Sequence[Any], *, threshold: float = 0.0) -> float:
    """Return the share of samples that are classified correctly.

    With several outputs, the class is the position of the largest; the target is this position, or a row with its
    largest number there. With one output there are two classes: above the threshold or not, for the target as well.

    Args:
        predictions: (n,) or (n, n_classes); (n, 1) is (n,).
        targets: of the same shape, or n labels.
        threshold: between the two classes. 0 fits scores of any sign, with targets -1 and 1 or 0 and 1; the output of a
            sigmoid needs 0.5, as in `functools.partial(accuracy, threshold=0.5)`.

    Raises:
        ValueError: if there are no samples, or the shapes differ.

    >>> accuracy([[0.1, 0.8], [0.7, 0.6]], [[0.0, 1.0], [0.0, 1.0]])
    0.5
    >>> accuracy([[0.1, 0.8], [0.7, 0.6]], [1, 1])
    0.5
    >>> accuracy([-0.3, 2.0, 0.1], [-1.0, 1.0, -1.0])
    0.6666666666666666
    """
    _check("accuracy", predictions, targets)
    right = 0
    for i, (prediction, target) in enumerate(zip(map(_unpacked, predictions), map(_unpacked, targets), strict=True)):
        if hasattr(prediction, "__len__"):
            if hasattr(target, "__len__") and len(target) != len(prediction):
                n, got = len(prediction), len(target)
                raise ValueError(f"accuracy: expected a target for each of {n} outputs, got {got}")
            right += _largest(prediction) == (_largest(target) if hasattr(target, "__len__") else target)
        else:
            _check_number(
                "accuracy", "the target of a single output", target, i, "predictions come first, then targets"
            )
            right += bool(prediction > threshold) == bool(target > threshold)
    return right / len(predictions)


def r2(predictions: Sequence[float], targets: Sequence[float]) -> float:
    """Return 1 - sum (y - t)**2 / sum (t - mean t)**2: the share of the targets' variance that the model explains.

    1 is perfect; a model that always predicts the mean has 0.

    Args:
        predictions: (n,).
        targets: (n,), not all equal.

    Raises:
        ValueError: if there are no samples, the lengths differ, a prediction or target is a row, or all targets are
            equal.

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    _check("r2", predictions, targets)
    for what, numbers in (("a prediction", predictions), ("a target", targets)):
        for i, number in enumerate(numbers):
            _check_number("r2", what, number, i, "take one output at a time")
    mean = sum(targets) / len(targets)
    variation = sum((t - mean) ** 2 for t in targets)
    if variation == 0.0:
        raise ValueError("r2: expected targets that differ, got equal ones: there is no variance to explain")
    return float(1.0 - sum((y - t) ** 2 for y, t in zip(predictions, targets, strict=True)) / variation)


def _unpacked(output: Any) -> Any:
    """The number in a row of one number, which is not a choice between classes."""
    return output[0] if hasattr(output, "__len__") and len(output) == 1 else output


def _largest(numbers: Sequence[float]) -> int:
    """The position of the largest number."""
    return max(range(len(numbers)), key=numbers.__getitem__)


def _check(who: str, predictions: Sequence[Any], targets: Sequence[Any]) -> None:
    """Raise ValueError unless there are as many targets as predictions, and at least one, and none is missing."""
    check_whole(f"{who}: predictions", predictions)
    check_whole(f"{who}: targets", targets)
    if len(predictions) != len(targets):
        raise ValueError(f"{who}: expected as many targets as predictions, got {len(targets)} and {len(predictions)}")
    if len(predictions) == 0:
        raise ValueError(f"{who}: expected at least one sample, got none")


def _check_number(who: str, what: str, output: Any, i: int, advice: str) -> None:
    """Raise ValueError if the output of sample i is a row."""
    if hasattr(output, "__len__"):
        got = f"{type(output).__name__} of {len(output)}"
        raise ValueError(f"{who}: expected {what} to be a number, got a {got} for sample {i}; {advice}")
