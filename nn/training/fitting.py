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
from nn.data.samples import Samples
from nn.errors import DependsOnDataError, NotFiniteError, NotRecordedError
from nn.modules import Module
from nn.optim import Optimizer
from nn.training.eager import EagerEvaluation, EagerRunner
from nn.training.history import History
from nn.training.interrupt import interrupts_deferred
from nn.training.loop import Callback, Evaluation, Loop, Runner, training_error
from nn.training.objective import Loss, Objective, Penalty
from nn.training.options import (
    EAGER,
    BackendName,
    Metric,
    check_options,
    checked_metrics,
    divided,
    gradient_tolerance,
    step_limit,
)
from nn.training.progress import Progress
from nn.training.targets import check_targets, with_class_rows


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
    sample_weight: Any = None,
    validation: Samples | None = None,
    validation_split: float | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
    backend: BackendName = "auto",
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
        targets: the same, (n,) or (n, n_out). For `losses.cross_entropy` also the labels of the classes, (n,).
        optimizer: moves the parameters.
        epochs: end when every sample was used this many times.
        max_steps: end after this many steps, one for each batch.
        batch_size: the number of samples in a batch; None for all samples. The last batch of an epoch may be smaller.
        stop: end when the norm of a batch's gradient is at most this tolerance.
        rng: shuffles the samples before every epoch; without it they keep their order.
        penalty: model -> a Value that is added once to the mean of a batch, such as a sum of squared weights.
        sample_weight: (n,), each >= 0: the loss of a sample is multiplied by its weight. The mean still divides by the
            number of samples, as in Keras.
        validation: (inputs, targets) held back; the loss and the metrics are computed on them after every epoch.
        validation_split: hold back this share of the samples, the last ones as they stand, 0 < share < 1.
        metrics: functions (predictions, targets) -> float, by name; see `nn.metrics`. They are computed after every
            epoch, on the samples of the training and on those of the validation.
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
    training, held_back = divided(inputs, targets, sample_weight, validation, validation_split)
    n = len(training[0])
    size = n if batch_size is None else min(n, check_positive_int("fit", "batch_size", batch_size))
    steps_per_epoch = -(-n // size)
    n_steps, limiting_option = step_limit(epochs, max_steps, steps_per_epoch)
    tolerance = gradient_tolerance(stop)
    named_metrics = checked_metrics(metrics)
    history = History()
    bar = Progress(progress, n_steps, history)
    with bar.compiling() if backend != EAGER else nullcontext():
        start = time.perf_counter()
        samples, judged = _with_class_rows(objective, training, held_back, bool(named_metrics))
        runner, evaluations, why = _runner(objective, parameters, samples, judged, backend, threads, size)
        history.backend, history.eager_because = runner.backend, why
        history.compile_seconds = time.perf_counter() - start
        check_targets(loss, runner.targets, evaluations)
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
            evaluations=evaluations,
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
        loop.note_losses()
        runner.write_back()
        history.seconds = time.perf_counter() - loop.start
        loop.progress.close()


def _with_class_rows(
    objective: Objective, training: Samples, held_back: Samples | None, is_judged: bool
) -> tuple[Samples, dict[str, Samples]]:
    """The samples to train on, and those to judge after each epoch; rows in place of labels of classes."""
    samples = with_class_rows("fit", objective, training)
    judged = {"training": samples} if is_judged else {}
    if held_back is not None:
        judged["validation"] = with_class_rows("fit: validation", objective, held_back)
    return samples, judged


def _runner(
    objective: Objective,
    parameters: list[Value],
    samples: Samples,
    judged: Mapping[str, Samples],
    backend: str,
    threads: int | None,
    size: int,
) -> tuple[Runner, dict[str, Evaluation], str]:
    """The runner of the steps, the evaluations of the judged samples, and the reason if "auto" became "eager".

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
            evaluations: dict[str, Evaluation] = {}
            for what, its_samples in judged.items():
                who = f"fit: {what}"
                evaluations[what] = CompiledEvaluation(who, objective, parameters, its_samples, backend, threads)
            return compiled, evaluations, ""
        except DependsOnDataError as error:
            if backend != "auto":
                raise ValueError(f"{who}: {error}") from None
            eager_because = error.reason
        except NotRecordedError as error:
            not_recorded = error
            eager_because = f"Values in place of the numbers of a sample raise {type(error.reason).__name__}: {error}"
    eager = EagerRunner(objective, parameters, samples)
    evaluations = {what: EagerEvaluation(f"fit: {what}", objective, judged[what]) for what in judged}
    if not_recorded is not None and backend != "auto":  # if samples do not fit, these lines have raised
        raise not_recorded.noted("fit") from None
    return eager, evaluations, eager_because
