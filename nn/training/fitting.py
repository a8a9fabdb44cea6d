"""`fit`: the article's loop, gradient descent on batches, made for daily use.

    repeat   for every batch: C = mean loss of its samples, theta = theta - eta dC/dtheta
    until    so many steps are done, or the gradient is almost zero

The loop is here; what a batch, a gradient and a step are, on Values or on arrays, is in `eager` and `compiled`.
"""

import importlib.util
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from autodiff import DomainError, Value
from autodiff.real import as_float
from nn.checks import count
from nn.data.samples import Samples, check_counts, rows
from nn.history import History
from nn.modules.module import Module
from nn.optim import Optimizer
from nn.training.backends import DependsOnDataError, NotRecordedError, check_backend
from nn.training.eager import Eager, EagerEvaluation
from nn.training.interrupt import interrupts_deferred
from nn.training.loop import Callback, Evaluation, Loop, NotFiniteError, Runner, training_error
from nn.training.objective import Loss, Objective, Penalty
from nn.training.progress import Progress
from nn.training.targets import domain_of

Metric: TypeAlias = Callable[[list[Any], list[Any]], float]
"""(predictions, targets) -> a number; see `nn.metrics`."""


def fit(
    model: Module,
    loss: Loss,
    inputs: Any,
    targets: Any,
    *,
    optimizer: Optimizer,
    epochs: int | None = None,
    max_steps: int | None = None,
    batch_size: int | None = None,
    stop: float | None = None,
    rng: random.Random | None = None,
    penalty: Penalty | None = None,
    validation: Samples | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
    backend: str = "auto",
) -> History:
    """Train a model: move its parameters down the gradient of the mean loss, batch after batch.

    Compiled, the loss of the first sample is recorded as a `Program` and replayed for all others, so nothing in it may
    hang on the numbers: no `if x > 0`, no `x.data`. Where the model or the loss looks at a number of a Value while it
    is recorded, or cannot be called with Values in place of numbers, "auto" trains eagerly and every other backend
    refuses. So they do where up to 8 recordings of a model that is new are not all alike, because it draws lots or
    counts its calls. The paths of all backends agree to rounding errors. Programs are kept: to fit a network of the
    same shape again compiles nothing.

    Ctrl-C ends the training after the step at hand, with a history as always.

    Args:
        model: a Module, called with the inputs of one sample: a list, or a number if `inputs` are numbers.
        loss: (prediction, target) -> the loss of one sample, a Value; see `nn.losses`.
        inputs: one for each sample, numbers or rows of numbers: lists, or an array (n,) or (n, n_in).
        targets: the same, (n,) or (n, n_out).
        optimizer: makes the steps.
        epochs: end when every sample was seen so many times.
        max_steps: end after so many steps, one for each batch.
        batch_size: samples in a batch; all of them, if None. The last batch of an epoch may be smaller.
        stop: end when the norm of a batch's gradient is at most this.
        rng: shuffles the samples before every epoch; they keep their order, if None.
        penalty: model -> a Value, added once to the mean of a batch, such as a sum of squared weights.
        validation: (inputs, targets) held back, on which the loss and the metrics are computed after every epoch.
        metrics: functions (predictions, targets) -> float, by name; see `nn.metrics`.
        callbacks: functions of the History, called after every epoch; a true answer ends the training.
            They may change the data of the model's parameters, and anything else that the model, the loss and the
            penalty use, and the training goes on from there; a constant that they change is compiled anew. They may not
            replace a parameter.
        progress: True for a bar, False for none; None for one where somebody sees it and tqdm is installed.
        backend: "eager" records every sample in every step; "llvm", "arrays" and "python" are those of
            `autodiff.Program`; "auto" takes the fastest that is installed.

    Returns:
        What happened. The model has its new parameters.

    Raises:
        TypeError: if an argument is not of the type it should be.
        ValueError: if it is outside its domain, as a target may be outside that of the loss, or shapes do not fit.
        DomainError: if no validation sample has a loss; eagerly, if one has none.
        TrainingError: if the loss is not finite, or there is none; the model has the last parameters with a finite one.
        MissingDependencyError: if a package for the backend or the bar is not installed.

    >>> from autodiff import Value
    >>> from nn import SGD, losses
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.m, self.c = Value(1.0), Value(0.0)
    ...
    ...     def __call__(self, x):
    ...         return self.m * x + self.c
    >>> line = Line()
    >>> fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.3), max_steps=500, stop=1e-9).stopped
    'gradient'
    >>> round(line.m.data, 6), round(line.c.data, 6)  # through (1, 2) and (3, 1)
    (-0.5, 2.5)
    """
    objective = Objective(model, loss, penalty)
    parameters = objective.parameters()
    _check_options(optimizer, rng, backend, callbacks)
    n = check_counts("fit", inputs, targets)
    size = n if batch_size is None else min(n, count("fit", "batch_size", batch_size))
    batches = -(-n // size)
    limit, reason = _limit(epochs, max_steps, batches)
    bound = None if stop is None else as_float(stop, "fit: stop")
    if bound is not None and not 0.0 <= bound < math.inf:
        raise ValueError(f"fit: expected stop >= 0, a bound for the norm of the gradient, got {stop!r}")
    measures = _measures(validation, metrics)
    try:
        runner, evaluate = _runner(objective, parameters, (inputs, targets), validation, backend)
    except NotFiniteError as error:
        why = objective.explain(rows("fit: inputs", inputs), rows("fit: targets", targets))
        raise training_error(error, why, History()) from None
    _check_targets(loss, runner, evaluate)
    history = History(backend=runner.backend)
    bar = Progress(progress, limit, history)
    start = time.perf_counter()
    with interrupts_deferred() as requests:
        try:
            course = (optimizer, history, batches, limit, bound, evaluate, measures, callbacks, bar, requests, start)
            loop = Loop(objective, parameters, runner, *course)
            with runner.running():
                history.stopped = loop.run(size, rng if size < n else None) or reason
                loop.check_last_step()
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except NotFiniteError as error:
            raise loop.explained(error, inputs, targets) from None
        except DependsOnDataError as error:
            raise ValueError(f"fit: after a callback, {error}") from None
        except NotRecordedError as error:
            raise error.noted("fit") from None
        finally:
            runner.write_back()
            history.seconds = time.perf_counter() - start
            bar.close()
    return history


def _runner(
    objective: Objective, parameters: list[Value], samples: Samples, validation: Samples | None, backend: str
) -> tuple[Runner, Evaluation | None]:
    """What makes the steps, and what evaluates the validation samples, on a backend.

    Raises:
        NotFiniteError: if there is nothing to record, because no sample has a loss.
    """
    reason: NotRecordedError | None = None
    if backend != "eager" and (backend != "auto" or importlib.util.find_spec("numpy")):
        who = "fit"
        try:
            from nn.training.compiled import Compiled, CompiledEvaluation

            try:
                compiled = Compiled(objective, parameters, samples, backend)
            except DomainError:
                raise NotFiniteError("the loss became nan at step 1") from None
            if validation is None:
                return compiled, None
            who = "fit: validation"
            return compiled, CompiledEvaluation(objective, parameters, validation, backend)
        except DependsOnDataError as error:
            if backend != "auto":
                raise ValueError(f"{who}: {error}") from None
        except NotRecordedError as error:
            reason = error
    eager = Eager(objective, parameters, samples)
    evaluate = None if validation is None else EagerEvaluation(objective, validation)
    if reason is not None and backend != "auto":  # and it is not that the samples do not fit
        raise reason.noted("fit") from None
    return eager, evaluate


def _check_targets(loss: Loss, runner: Runner, evaluate: Evaluation | None) -> None:
    """Raise ValueError if a target, also of the validation, is outside the domain of a loss of ours."""
    domain = domain_of(loss)
    if domain is not None:
        domain.check(f"fit: {loss.__name__}", runner.targets)
        if evaluate is not None:
            domain.check(f"fit: validation: {loss.__name__}", evaluate.targets)


def _limit(epochs: int | None, max_steps: int | None, batches: int) -> tuple[int, str]:
    """The number of steps, and what sets it."""
    if epochs is None and max_steps is None:
        raise ValueError("fit: expected epochs or max_steps, got neither; a bound for the gradient may never be met")
    limits = []
    if max_steps is not None:
        limits.append((count("fit", "max_steps", max_steps), "max_steps"))
    if epochs is not None:
        limits.append((count("fit", "epochs", epochs) * batches, "epochs"))
    return min(limits)


def _measures(validation: Any, metrics: Mapping[str, Metric] | None) -> dict[str, Metric]:
    """The metrics, checked."""
    if validation is None:
        if metrics:
            raise ValueError("fit: expected validation=(inputs, targets) with metrics, got none to compute them on")
        return {}
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"fit: expected validation to be (inputs, targets), got {type(validation).__name__}")
    check_counts("fit: validation", *validation)
    if metrics is not None and not isinstance(metrics, Mapping):
        raise TypeError(f"fit: expected metrics to be a dict of functions by name, got {type(metrics).__name__}")
    for name, metric in (metrics or {}).items():
        if not callable(metric):
            raise TypeError(f"fit: expected the metric {name!r} to be a function, got {type(metric).__name__}")
        if name == "loss":
            raise ValueError('fit: expected another name for the metric "loss"; the loss is always there')
    return {name: partial(_number, name, metric) for name, metric in (metrics or {}).items()}


def _number(name: str, metric: Metric, predictions: list[Any], targets: list[Any]) -> float:
    """The answer of a metric, checked."""
    answer = metric(predictions, targets)
    try:
        return float(answer)
    except (TypeError, ValueError):
        got = type(answer).__name__
        raise TypeError(f"fit: expected the metric {name!r} to return a number, got {got}") from None


def _check_options(optimizer: Any, rng: Any, backend: str, callbacks: Any) -> None:
    if isinstance(optimizer, type) or not hasattr(optimizer, "step") or not hasattr(optimizer, "update"):
        got = f"the class {optimizer.__name__}" if isinstance(optimizer, type) else type(optimizer).__name__
        raise TypeError(f"fit: expected an optimizer such as SGD(0.1), got {got}")
    if rng is not None and not isinstance(rng, random.Random):
        raise TypeError(f"fit: expected rng to be a random.Random, got {type(rng).__name__}; use random.Random(seed)")
    check_backend("fit", backend)
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise TypeError("fit: expected callbacks to be a list of functions of the History")
