"""Prepares data for training: parts for training and test, batches, one-hot rows, scaled inputs.

Lists of samples stay lists, and arrays stay arrays.
"""

import math
import operator
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from autodiff.extend import check_positive_int, check_rng, is_real
from nn.data.samples import check_counts, rows, shuffled

EPSILON = sys.float_info.epsilon


def take(data: Any, indices: Sequence[int]) -> Any:
    """Return the samples at some indices: an array for an array, a frame for a pandas frame, else a list.

    Args:
        data: n samples, in a sequence or a numpy array.
        indices: m ints, 0 .. n - 1.

    Raises:
        TypeError: if `data` is neither a sequence nor an array.
        IndexError: if an index is out of range.

    >>> take(["a", "b", "c"], [2, 0])
    ['c', 'a']
    """
    if hasattr(data, "iloc"):  # of pandas, where [] selects by label
        return data.iloc[list(indices)]
    if hasattr(data, "dtype"):
        return data[list(indices)]
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        raise TypeError(f"take: expected a list or an array of samples, got {type(data).__name__}")
    return [data[i] for i in indices]


def split(
    inputs: Any, targets: Any, *, test: float = 0.2, rng: random.Random
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Shuffle, and return (inputs, targets) for training and (inputs, targets) held back for a test.

    Args:
        inputs: n samples.
        targets: n targets.
        test: the share held back, 0 < test < 1, rounded to whole samples; each part has at least one.
        rng: the generator of the order.

    Raises:
        TypeError: if `rng` is not a random.Random.
        ValueError: if `test` is outside its domain, there are fewer than 2 samples, or the lengths differ.

    >>> (inputs, labels), held_back = split([[0.0], [1.0], [2.0], [3.0]], [0, 1, 2, 3], test=0.25, rng=random.Random(0))
    >>> len(inputs), len(labels), len(held_back[0])
    (3, 3, 1)
    """
    check_rng("split", rng)
    n = check_counts("split", inputs, targets)
    if not is_real(test) or not 0.0 < test < 1.0:
        raise ValueError(f"split: expected 0 < test < 1, the share that is held back, got {test!r}")
    if n < 2:
        raise ValueError("split: expected at least 2 samples, one for either part, got 1")
    n_test = min(max(round(test * n), 1), n - 1)
    order = shuffled(rng, n)
    training, held_back = order[n_test:], order[:n_test]
    return (take(inputs, training), take(targets, training)), (take(inputs, held_back), take(targets, held_back))


def batches(n: int, batch_size: int, *, rng: random.Random | None = None) -> list[list[int]]:
    """Return the indices 0 .. n - 1 in batches, in random order if there is an `rng`.

    Args:
        n: the number of samples, at least 1.
        batch_size: the number of samples in a batch, at least 1; the last batch may be smaller.
        rng: the generator of the order.

    Raises:
        TypeError: if `rng` is neither None nor a random.Random.
        ValueError: if a size is not a positive int.

    >>> batches(5, 2)
    [[0, 1], [2, 3], [4]]
    """
    check_positive_int("batches", "n", n)
    check_positive_int("batches", "batch_size", batch_size)
    if rng is not None:
        check_rng("batches", rng)
    order = [*range(n)] if rng is None else shuffled(rng, n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


def one_hot(labels: Iterable[int], n: int) -> list[list[float]]:
    """Return a row of n numbers for each label: 1 at the position of the label, and 0 elsewhere.

    Args:
        labels: ints, 0 .. n - 1, in a list or an array.
        n: the number of classes, at least 1.

    Returns:
        The rows, (number of labels, n).

    Raises:
        TypeError: if a label is not an int.
        ValueError: if a label is not one of the classes, or n not a positive int.

    >>> one_hot([2, 0], 3)
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    check_positive_int("one_hot", "n", n)
    encoded = []
    for label in labels:
        try:
            k = operator.index(label)
        except TypeError:
            raise TypeError(f"one_hot: expected labels that are ints, got {type(label).__name__} {label!r}") from None
        if not 0 <= k < n:
            raise ValueError(f"one_hot: expected labels from 0 to {n - 1}, got {k}")
        encoded.append([1.0 if i == k else 0.0 for i in range(n)])
    return encoded


@dataclass(frozen=True)
class Standardize:
    """z = (x - mean) / deviation, column by column: build it with `of` from the training part, call it on both parts.

    If the columns have different scales, gradient descent is slow: a learning rate that suits one weight is too large
    for another.

    Args:
        mean: the mean of each column, n_in floats; a float if samples are single numbers.
        deviation: the standard deviation of each column, > 0, likewise.

    References:
        LeCun et al., Efficient backprop (1998), section 4.3.

    >>> scale = Standardize.of([[0.0, 5.0], [2.0, 5.0]])
    >>> scale
    Standardize(mean=[1.0, 5.0], deviation=[1.0, 1.0])
    >>> scale([[0.0, 5.0], [4.0, 6.0]])
    [[-1.0, 0.0], [3.0, 1.0]]
    """

    mean: list[float] | float
    deviation: list[float] | float

    @classmethod
    def of(cls, inputs: Any) -> Self:
        """Return the transform that gives these inputs a mean of 0 and a standard deviation of 1 in every column.

        A column that is constant, also if only up to rounding, has no scale: its mean is subtracted, and its deviation
        counts as 1.

        Args:
            inputs: n >= 1 samples, (n, n_in) or (n,), in lists or an array.

        Raises:
            TypeError: if the samples contain anything but numbers.
            ValueError: if there are no samples, their lengths differ, or a number is not finite.
        """
        samples = rows("Standardize: inputs", inputs)
        if not samples:
            raise ValueError("Standardize: expected at least one sample, got none")
        table = [sample if isinstance(sample, list) else [sample] for sample in samples]
        for i, row in enumerate(table):
            for j, x in enumerate(row):
                if not math.isfinite(x):
                    raise ValueError(f"Standardize: expected finite numbers, got {x!r} in sample {i}, column {j}")
        scales = [_scale(column) for column in zip(*table, strict=True)]
        if not isinstance(samples[0], list):
            return cls(*scales[0])
        return cls([mean for mean, _ in scales], [deviation for _, deviation in scales])

    def __call__(self, inputs: Any) -> Any:
        """Return (x - mean) / deviation, for samples in lists or an array.

        Raises:
            ValueError: if they have another number of columns.
        """
        return self._transformed(inputs, lambda x, mean, deviation: (x - mean) / deviation)

    def inverse(self, outputs: Any) -> Any:
        """Return z * deviation + mean, which undoes the transform.

        Raises:
            ValueError: if they have another number of columns.
        """
        return self._transformed(outputs, lambda z, mean, deviation: z * deviation + mean)

    def _transformed(self, samples: Any, formula: Any) -> Any:
        """The samples with a formula applied to every number and the mean and deviation of its column."""
        checked = rows("Standardize: inputs", samples)
        means, deviations = self.mean, self.deviation
        if isinstance(means, list):
            width = len(means)
            if checked and not (isinstance(checked[0], list) and len(checked[0]) == width):
                got = len(checked[0]) if isinstance(checked[0], list) else "single numbers"
                raise ValueError(f"Standardize: expected samples of {width} numbers, got {got}")
            out: Any = [
                [formula(x, m, d) for x, m, d in zip(row, means, deviations, strict=True)]  # type: ignore[arg-type]
                for row in checked
            ]
        else:
            if checked and isinstance(checked[0], list):
                raise ValueError(f"Standardize: expected single numbers, got samples of {len(checked[0])}")
            out = [formula(x, means, deviations) for x in checked]
        if hasattr(samples, "iloc"):  # of pandas
            names = {"columns": samples.columns} if hasattr(samples, "columns") else {"name": samples.name}
            return type(samples)(out, index=samples.index, **names)
        if not hasattr(samples, "dtype"):
            return out
        array = samples.astype("float64")  # a copy
        array[...] = out
        return array


Standardise = Standardize  # the old spelling, also for pickles


def _scale(column: Sequence[float]) -> tuple[float, float]:
    """Mean and deviation of a column; for one that is constant up to rounding its mean, and 1.

    The squares are those of numbers near 1, so that they fit floats for a column of any size.

    References:
        Chan, Golub, LeVeque, Algorithms for computing the sample variance (1983): the bound of the rounding.
    """
    if min(column) == max(column):
        return column[0], 1.0
    n = len(column)
    _, exponent = math.frexp(max(map(abs, column)))
    scaled = [math.ldexp(x, -exponent) for x in column]
    mean = math.fsum(scaled) / n
    variance = math.fsum((x - mean) * (x - mean) for x in scaled) / n
    rounding = n * EPSILON * variance + (n * EPSILON * mean) ** 2
    deviation = 0.0 if variance <= rounding else math.ldexp(math.sqrt(variance), exponent)
    return math.ldexp(mean, exponent), deviation or 1.0
