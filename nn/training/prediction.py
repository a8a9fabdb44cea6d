"""`predict`: a model's answers for many samples, as plain numbers."""

import importlib.util
from typing import Any

from nn.data.samples import rows
from nn.training.backends import DependsOnDataError, NotRecordedError, check_backend
from nn.training.eager import as_numbers

WORTH_COMPILING = 1000
"""Samples. Small networks take 0.1 to 0.3 ms for each without a program, and their programs 0.3 s to compile."""


def predict(model: Any, inputs: Any, *, backend: str = "auto") -> list[Any]:
    """Return the model's outputs for every sample.

    What `fit` says of recorded graphs holds here too. To call the model itself answers for one sample, with a Value.

    Args:
        model: a Module, called with the inputs of one sample.
        inputs: one for each sample, numbers or rows of numbers: lists, or an array (n,) or (n, n_in).
        backend: as in `fit`; "auto" compiles for 1,000 samples or more, and leaves fewer to the model.

    Returns:
        A float for each sample, or a list of n_out floats where the model returns a list.

    Raises:
        TypeError: if an argument is not of the type it should be.
        ValueError: if the inputs do not fit the model, or it looks at numbers and cannot be replayed.

    >>> import random
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], rng=random.Random(0))
    >>> predict(model, [[0.5, -1.0], [2.0, 0.0]]) == [model([0.5, -1.0]).data, model([2.0, 0.0]).data]
    True
    """
    check_backend("predict", backend)
    if not hasattr(inputs, "__len__"):
        raise TypeError(f"predict: expected inputs to be a list of samples or an array, got {type(inputs).__name__}")
    if len(inputs) == 0:
        return []
    small = len(inputs) < WORTH_COMPILING or importlib.util.find_spec("numpy") is None
    if backend not in ("eager", "auto") or (backend == "auto" and not small):
        from nn.training.compiled import predictions

        try:
            return predictions(model, inputs, backend)
        except DependsOnDataError as error:
            if backend != "auto":
                raise ValueError(f"predict: {error}") from None
        except NotRecordedError as error:
            if backend != "auto":
                as_numbers(model(rows("predict: inputs", inputs)[0]))  # raises itself if the samples do not fit
                raise error.noted("predict") from None
    return [as_numbers(model(row)) for row in rows("predict: inputs", inputs)]
