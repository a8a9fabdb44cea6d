"""`fit`: the article's training loop, gradient descent on batches, made for daily use.

    repeat   for every batch: C = mean loss of its samples, theta = theta - eta dC/dtheta
    until    the number of steps is reached, or the gradient is almost zero

This file checks the arguments and chooses a runner. `loop` is the loop itself; `eager` and `compiled` are the runners:
they compute gradients and move the parameters, on Values or on arrays.
"""

import importlib.util
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from autodiff import DomainError, Value
from autodiff.extend import check_positive_int
from nn.data.samples import Samples, check_counts
from nn.errors import DependsOnDataError, NotFiniteError, NotRecordedError
from nn.modules import Module
from nn.optim import Optimizer
from nn.training.eager import EagerEvaluation, EagerRunner
from nn.training.history import History
from nn.training.interrupt import interrupts_deferred
from nn.training.loop import Callback, Evaluation, Loop, Runner, training_error
from nn.training.objective import Loss, Objective, Penalty
from nn.training.options import EAGER, Metric, check_options, checked_metrics, gradient_tolerance, step_limit
from nn.training.progress import Progress
from nn.training.targets import check_targets


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
    threads: int | None = 1,
) -> History:
    """Train a model: move its parameters down the gradient of the mean loss, batch after batch.

    A compiled training records the loss of the first sample as a `Program` and replays it for all others. So the model
    and the loss must not depend on the numbers in other ways than by operations: no `if x > 0`, no `x.data`. If they
    read a number of a Value while they are recorded, or cannot be called with Values instead of numbers, "auto" trains
    eagerly and every other backend refuses. They also refuse a new model whose first 8 recordings differ, for example
    because it uses random numbers or counts its calls. All backends take the same path, up to rounding errors.
    Programs are kept: to train a network of the same shape again compiles nothing.

    Ctrl-C ends the training after the current step; `fit` then returns a history as usual. A second one does not wait
    for the loss, the callback or the metric that is being computed; the model is as after the last whole step.

    Args:
        model: a Module, called with the inputs of one sample: a list, or a number if `inputs` are numbers.
        loss: (prediction, target) -> the loss of one sample, a Value; see `nn.losses`.
        inputs: a number or a row of numbers for each sample: lists, or an array (n,) or (n, n_in).
        targets: the same, (n,) or (n, n_out).
        optimizer: moves the parameters.
        epochs: end when every sample was used this many times.
        max_steps: end after this many steps, one for each batch.
        batch_size: the number of samples in a batch; None for all samples. The last batch of an epoch may be smaller.
        stop: end when the norm of a batch's gradient is at most this tolerance.
        rng: shuffles the samples before every epoch; without it they keep their order.
        penalty: model -> a Value that is added once to the mean of a batch, such as a sum of squared weights.
        validation: (inputs, targets) held back; the loss and the metrics are computed on them after every epoch.
        metrics: functions (predictions, targets) -> float, by name; see `nn.metrics`.
        callbacks: functions of the History, called after every epoch; a true result ends the training. They may change
            the data of the model's parameters, and everything else that the model, the loss and the penalty use. The
            training continues with these changes; a changed constant is compiled again. They may not replace a
            parameter.
        progress: True for a progress bar, False for none; None for a bar if the output is a terminal or a notebook and
            tqdm is installed.
        backend: "eager" records every sample in every step; "llvm", "arrays" and "python" are those of
            `autodiff.Program`; "jax" computes on all devices that JAX sees, each batch cut over them, as docs/jax.md
            says; "auto" takes the fastest for this machine that is installed.
        threads: how many threads compute a long batch, as in `autodiff.Program`; None for one on each processor.

    Returns:
        The history of the training. The model has its new parameters.

    Raises:
        TypeError: if an argument is of the wrong type.
        ValueError: if an argument is outside its domain, a target is outside that of the loss, or shapes do not fit.
        DomainError: if no validation sample has a loss; with the eager backend, if one of them has none.
        TrainingError: if a loss is not finite or does not exist; the model keeps the last parameters with a finite one.
        MissingDependencyError: if a package for the backend or the progress bar is not installed.

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
    check_options(optimizer, rng, backend, threads, callbacks)
    n = check_counts("fit", inputs, targets)
    size = n if batch_size is None else min(n, check_positive_int("fit", "batch_size", batch_size))
    steps_per_epoch = -(-n // size)
    n_steps, limiting_option = step_limit(epochs, max_steps, steps_per_epoch)
    tolerance = gradient_tolerance(stop)
    named_metrics = checked_metrics(validation, metrics)
    samples = inputs, targets
    history = History()
    bar = Progress(progress, n_steps, history)
    with bar.compiling() if backend != EAGER else nullcontext():
        start = time.perf_counter()
        runner, evaluate, why = _runner(objective, parameters, samples, validation, backend, threads, size)
        history.backend, history.eager_because = runner.backend, why
        history.compile_seconds = time.perf_counter() - start
        check_targets(loss, runner.targets, None if evaluate is None else evaluate.targets)
    with interrupts_deferred() as interrupts:
        loop = Loop(
            objective=objective,
            parameters=parameters,
            runner=runner,
            optimizer=optimizer,
            history=history,
            steps_per_epoch=steps_per_epoch,
            n_steps=n_steps,
            limiting_option=limiting_option,
            tolerance=tolerance,
            evaluate=evaluate,
            metrics=named_metrics,
            callbacks=callbacks,
            progress=bar,
            interrupts=interrupts,
        )
        _train(loop, size, rng if size < n else None, samples)
    return history


def _train(loop: Loop, size: int, rng: random.Random | None, samples: Samples) -> None:
    """Run a loop to its end, and turn its internal errors into those of `fit`."""
    history, runner = loop.history, loop.runner
    try:
        with runner.running():
            history.stopped = loop.run(size, rng)
            loop.check_last_step()
    except KeyboardInterrupt:
        if not loop.interrupts.noted:  # of another handler, at any moment: the optimizer may have made half of a step
            raise
        history.stopped = "interrupted"
    except NotFiniteError as error:
        raise loop.explained(error, samples) from None
    except DependsOnDataError as error:
        raise ValueError(f"fit: after a callback, {error}") from None
    except NotRecordedError as error:
        raise error.noted("fit") from None
    finally:
        loop.interrupts.may_raise = False
        runner.write_back()
        history.seconds = time.perf_counter() - loop.start
        loop.progress.close()


def _runner(
    objective: Objective,
    parameters: list[Value],
    samples: Samples,
    validation: Samples | None,
    backend: str,
    threads: int | None,
    size: int,
) -> tuple[Runner, Evaluation | None, str]:
    """The runner of the steps, the evaluation of the validation samples, and the reason if "auto" became "eager".

    Raise TrainingError if no sample has a loss, so that no graph can be recorded.
    """
    not_recorded: NotRecordedError | None = None
    eager_because = "numpy is not installed" if backend == "auto" else ""
    if backend != "eager" and (backend != "auto" or importlib.util.find_spec("numpy")):
        who = "fit"
        try:
            from nn.training.compiled import CompiledEvaluation, CompiledRunner

            try:
                compiled = CompiledRunner(objective, parameters, samples, backend, threads, size)
            except DomainError:
                error = NotFiniteError("the loss became nan at step 1")
                why = objective.explain(samples)
                raise training_error(error, why, History()) from None
            if validation is None:
                return compiled, None, ""
            who = "fit: validation"
            return compiled, CompiledEvaluation(objective, parameters, validation, backend, threads), ""
        except DependsOnDataError as error:
            if backend != "auto":
                raise ValueError(f"{who}: {error}") from None
            eager_because = error.reason
        except NotRecordedError as error:
            not_recorded = error
            eager_because = f"Values in place of the numbers of a sample raise {type(error.reason).__name__}: {error}"
    eager = EagerRunner(objective, parameters, samples)
    evaluate = None if validation is None else EagerEvaluation(objective, validation)
    if not_recorded is not None and backend != "auto":  # if samples do not fit, the two lines above have raised
        raise not_recorded.noted("fit") from None
    return eager, evaluate, eager_because
