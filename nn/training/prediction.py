"""`predict`: a model's outputs for many samples, as plain numbers."""

import importlib.util
from collections.abc import Callable
from typing import Any, overload

from autodiff import Value
from autodiff.extend import check_choice
from nn.data.samples import count, rows
from nn.errors import DependsOnDataError, NotRecordedError
from nn.modules import MLP, Sequential
from nn.modules.dropout import mode, modules_with_mode
from nn.training.eager import as_numbers
from nn.training.options import BACKEND_NAMES, EAGER, BackendName

MIN_COMPILED_SAMPLES = 1000
"""Without a program a small network takes 0.1 to 0.3 ms for each sample; to compile its program takes 0.3 s."""


@overload
def predict(model: MLP | Sequential, inputs: Any, *, backend: BackendName = "auto") -> list[Any]: ...
@overload
def predict(model: Callable[[Any], Value], inputs: Any, *, backend: BackendName = "auto") -> list[float]: ...
@overload
def predict(
    model: Callable[[Any], list[Value]], inputs: Any, *, backend: BackendName = "auto"
) -> list[list[float]]: ...
@overload
def predict(model: Any, inputs: Any, *, backend: BackendName = "auto") -> list[Any]: ...
def predict(model: Any, inputs: Any, *, backend: BackendName = "auto") -> list[Any]:
    """Return the model's outputs for every sample.

    The rules for recorded graphs are those of `fit`. For a single sample call the model itself, which returns Values.

    Args:
        model, inputs, backend: see `fit`; "auto" compiles for 1,000 samples or more, and calls the model for fewer.

    Returns:
        A float for each sample, or a list of n_out floats if the model returns a list.

    Raises:
        TypeError: if an argument is of the wrong type, or the model returns something else than numbers.
        ValueError: if the inputs do not fit the model, or it reads numbers and cannot be replayed.

    >>> import random
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], rng=random.Random(0))
    >>> predict(model, [[0.5, -1.0], [2.0, 0.0]]) == [model([0.5, -1.0]).data, model([2.0, 0.0]).data]
    True
    """
    check_choice("predict", "backend", backend, BACKEND_NAMES)
    n = count("predict: expected inputs", inputs)
    if n == 0:
        return []
    is_worth_it = n >= MIN_COMPILED_SAMPLES and importlib.util.find_spec("numpy") is not None
    if backend != EAGER and (backend != "auto" or is_worth_it):
        from nn.training.compiled import predictions

        try:
            return predictions(model, inputs, backend)
        except DependsOnDataError as error:
            if backend != "auto":
                raise ValueError(f"predict: {error}") from None
        except NotRecordedError as error:
            if backend != "auto":
                as_numbers(model(rows("predict: inputs", inputs)[0]))  # raises a clearer error if samples do not fit
                raise error.noted("predict") from None
    with mode(modules_with_mode(model), False):
        return [as_numbers(model(row)) for row in rows("predict: inputs", inputs)]
