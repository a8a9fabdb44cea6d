"""The options of `fit` and `predict`, checked."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

from autodiff.extend import Backend, as_float, check_choice, check_positive_int, check_rng, is_real, type_name
from nn.data.prepare import take
from nn.data.samples import Samples, check_counts, rows

EAGER, JAX = "eager", "jax"
BackendName: TypeAlias = Literal["eager", Backend, "jax"]
BACKEND_NAMES: tuple[str, ...] = get_args(BackendName)

Metric: TypeAlias = Callable[[list[Any], list[Any]], float]  # (predictions, targets) -> a number; see `nn.metrics`


def check_options(optimizer: Any, rng: Any, backend: str, threads: Any, callbacks: Any) -> None:
    """Raise TypeError or ValueError unless these options of `fit` are of the right kind."""
    if isinstance(optimizer, type) or not hasattr(optimizer, "step") or not hasattr(optimizer, "update"):
        raise TypeError(f"fit: expected an optimizer such as SGD(0.1), got {type_name(optimizer)}")
    if rng is not None:
        check_rng("fit", rng)
    check_choice("fit", "backend", backend, BACKEND_NAMES)
    if threads is not None:
        check_positive_int("fit", "threads", threads)
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise TypeError("fit: expected callbacks to be a list of functions of the History")


def step_limit(epochs: int | None, max_steps: int | None, steps_per_epoch: int) -> tuple[int, str]:
    """Return the number of steps, and the name of the option that sets it."""
    if epochs is None and max_steps is None:
        raise ValueError("fit: expected epochs or max_steps, got neither; a bound for the gradient may never be met")
    limits = []
    if max_steps is not None:
        limits.append((check_positive_int("fit", "max_steps", max_steps), "max_steps"))
    if epochs is not None:
        limits.append((check_positive_int("fit", "epochs", epochs) * steps_per_epoch, "epochs"))
    return min(limits)


def gradient_tolerance(stop: float | None) -> float | None:
    """Return `stop` as a float >= 0, or None."""
    if stop is None:
        return None
    tolerance = as_float(stop, "fit: stop")
    if not 0.0 <= tolerance < math.inf:
        raise ValueError(f"fit: expected stop >= 0, a bound for the norm of the gradient, got {stop!r}")
    return tolerance


def divided(
    inputs: Any, targets: Any, sample_weight: Any, validation: Any, validation_split: float | None
) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those to validate on, if any; check how many there are of each part."""
    n = check_counts("fit", inputs, targets)
    samples = (inputs, targets) if sample_weight is None else (inputs, targets, _weights(sample_weight, n))
    if validation_split is not None:
        if validation is not None:
            raise ValueError("fit: expected validation or validation_split, got both")
        if not is_real(validation_split) or not 0.0 < validation_split < 1.0:
            raise ValueError(f"fit: expected 0 < validation_split < 1, got {validation_split!r}")
        if n < 2:
            raise ValueError("fit: expected at least 2 samples for a validation_split, got 1")
        first = n - min(max(round(validation_split * n), 1), n - 1)
        validation = take(inputs, range(first, n)), take(targets, range(first, n))
        samples = tuple([take(part, range(first)) for part in samples])
    elif validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise TypeError(f"fit: expected validation to be (inputs, targets), got {type(validation).__name__}")
        check_counts("fit: validation", *validation)
    return samples, validation


def _weights(sample_weight: Any, n: int) -> list[float]:
    """The weights of n samples, checked."""
    weights = rows("fit: sample_weight", sample_weight)
    if len(weights) != n:
        raise ValueError(f"fit: expected a sample_weight for each of {n} samples, got {len(weights)}")
    for i, weight in enumerate(weights):
        if not isinstance(weight, float) or not 0.0 <= weight < math.inf:
            raise ValueError(f"fit: sample_weight[{i}]: expected a finite number >= 0, got {weight!r}")
    return weights  # type: ignore[return-value]


def checked_metrics(metrics: Mapping[str, Metric] | None) -> dict[str, Metric]:
    """Return the metrics of `fit`, each with a check that its result is a number."""
    if metrics is not None and not isinstance(metrics, Mapping):
        got = type(metrics).__name__
        hint = '; write metrics={"accuracy": nn.metrics.accuracy}'
        raise TypeError(f"fit: expected metrics to be a dict of functions by name, got {got}{hint}")
    for name, metric in (metrics or {}).items():
        if not callable(metric):
            raise TypeError(f"fit: expected the metric {name!r} to be a function, got {type(metric).__name__}")
        if name == "loss":
            raise ValueError('fit: expected another name for the metric "loss"; the loss is always there')
    return {name: partial(_number, name, metric) for name, metric in (metrics or {}).items()}


def _number(name: str, metric: Metric, predictions: list[Any], targets: list[Any]) -> float:
    """The result of a metric as a float."""
    result = metric(predictions, targets)
    try:
        return float(result)
    except (TypeError, ValueError):
        got = type(result).__name__
        raise TypeError(f"fit: expected the metric {name!r} to return a number, got {got}") from None
