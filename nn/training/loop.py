"""The loop of `fit`: the work of every step and of every epoch, the same for all runners."""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, repeat
from statistics import fmean
from typing import Any, Protocol, TypeAlias

from autodiff import DomainError, Value
from autodiff.extend import data_of
from nn.data.samples import Samples
from nn.errors import NotFiniteError, TrainingError
from nn.training.history import History
from nn.training.interrupt import Interrupts
from nn.training.objective import Objective
from nn.training.progress import Progress

Callback: TypeAlias = Callable[[History], object]
"""Called after every epoch; any true result, also one of numpy, ends the training."""


class Runner(Protocol):
    """The steps of a training: `EagerRunner` on Values, `CompiledRunner` on arrays."""

    targets: Any

    @property
    def backend(self) -> str: ...
    def running(self) -> AbstractContextManager[Any]: ...  # a context for all steps
    def batches(self, size: int, rng: random.Random | None) -> Sequence[Any]: ...  # of an epoch
    def loss_and_gradient(self, batch: Any) -> float: ...  # the loss; the runner keeps the gradient
    def gradient_norm(self) -> float: ...  # the Euclidean norm
    def step(self, optimizer: Any) -> None: ...  # moves the parameters, all or, if an error comes, none
    def is_finite(self) -> bool: ...  # whether all parameters are finite
    def undo(self) -> None: ...  # undoes the last step
    def write_back(self) -> None: ...  # brings the parameters to the model's Values
    def read_back(self) -> None: ...  # takes them from there
    def rerecord(self) -> None: ...  # takes the model in its current state; raises DomainError if no sample has a loss


class Evaluation(Protocol):
    """Some samples at the model's current parameters: `EagerEvaluation` or `CompiledEvaluation`."""

    targets: Any
    labels: Any  # the targets for the metrics

    def __call__(self) -> tuple[float, list[Any]]: ...  # the mean loss, and the prediction of each sample
    def rerecord(self) -> None: ...  # takes the model in its current state


@dataclass(kw_only=True)
class Loop:
    """A training, ready to run."""

    objective: Objective
    parameters: list[Value]  # those of the objective, when the training began
    runner: Runner
    optimizer: Any
    history: History
    steps_per_epoch: int  # the number of batches
    n_steps: int  # the number of steps after which the training ends
    limiting_option: str  # the option of `fit` that sets `n_steps`
    tolerance: float | None  # for the norm of the gradient; None for no such stopping rule
    evaluations: Mapping[str, Evaluation]  # of the samples of the "training", for metrics, and of the "validation"
    metrics: Mapping[str, Callable[..., float]]
    callbacks: Sequence[Callback]
    progress: Progress
    interrupts: Interrupts  # see `interrupts_deferred`
    start: float = field(default_factory=time.perf_counter)  # in seconds

    def run(self, size: int, rng: random.Random | None) -> str:
        """Train on batches of a size, shuffled by rng if there is one, and return why the training ended.

        Raise NotFiniteError if a loss is not finite.
        """
        runner, optimizer, losses, interrupts = self.runner, self.optimizer, self.history.losses, self.interrupts
        loss_and_gradient, step, isfinite = runner.loss_and_gradient, runner.step, math.isfinite
        tolerance, steps_per_epoch, n_steps = self.tolerance, self.steps_per_epoch, self.n_steps
        shows_progress = self.progress.is_shown
        pauses = len(self.evaluations) > 0 or len(self.callbacks) > 0
        if rng is None:  # all epochs have the same batches
            epochs: Iterable[Sequence[Any]] = repeat(runner.batches(size, None))
        else:  # an epoch is shuffled when it begins
            epochs = map(runner.batches, repeat(size), repeat(rng))
        for steps, batch in enumerate(chain.from_iterable(epochs), start=1):
            interrupts.may_raise = True
            try:
                loss = loss_and_gradient(batch)
            except DomainError:  # the eager runner raises where a replay gives inf or nan
                loss = math.nan
            interrupts.may_raise = False
            if not isfinite(loss):
                raise NotFiniteError(f"the loss became {loss} at step {steps}")
            losses.append(loss)
            if tolerance is not None and runner.gradient_norm() <= tolerance:
                return "gradient"
            step(optimizer)
            if shows_progress:
                self.progress.update()
            if steps % steps_per_epoch == 0:
                self.history.epochs += 1
                if pauses and self._end_epoch():
                    return "callback"
            if interrupts.noted:  # checked before the next epoch is shuffled, so that a checkpoint can resume
                return "interrupted"
            if steps == n_steps:
                break
            if self.callbacks and steps % steps_per_epoch == 0:
                self._rerecord()
        return self.limiting_option

    def _end_epoch(self) -> bool:
        """Evaluate and call the callbacks; return whether one of them ends the training."""
        self.check_last_step()
        self.runner.write_back()
        self.interrupts.may_raise = True
        self.note_losses()
        for what, evaluate in self.evaluations.items():
            loss, predictions = evaluate()
            numbers = {} if what == "training" else {"loss": loss}
            for name, metric in self.metrics.items():
                numbers[name] = float(metric(predictions, evaluate.labels))
            for name, number in numbers.items():
                getattr(self.history, what).setdefault(name, []).append(number)
        if not self.callbacks:
            self.interrupts.may_raise = False
            return False
        self.history.seconds = time.perf_counter() - self.start
        try:
            results = [bool(callback(self.history)) for callback in self.callbacks]
        finally:
            self.interrupts.may_raise = False
            self.runner.read_back()  # a callback may have changed the parameters
        for i, number in enumerate(data_of(self.parameters)):
            if not math.isfinite(number):
                raise ValueError(f"fit: expected finite parameters after a callback, got parameters()[{i}] = {number}")
        return any(results)

    def note_losses(self) -> None:
        """Note the mean loss of the steps of each new epoch."""
        losses, size, n = self.history.losses, self.steps_per_epoch, self.history.epochs
        means = self.history.training.setdefault("loss", [])
        new = range(len(means) * size, n * size, size)
        means += losses[new.start : new.stop] if size == 1 else [fmean(losses[i : i + size]) for i in new]

    def _rerecord(self) -> None:
        """Record the model again, because the callbacks may have changed it."""
        if self.objective.parameters() != self.parameters:
            raise ValueError(
                "fit: expected the model to keep its parameters, got others after a callback; "
                "set the data of a parameter, or call fit again"
            )
        self.interrupts.may_raise = True
        try:
            self.runner.rerecord()
            for evaluate in self.evaluations.values():
                evaluate.rerecord()
        except DomainError:
            raise NotFiniteError(f"the loss became nan at step {len(self.history.losses) + 1}") from None
        self.interrupts.may_raise = False

    def check_last_step(self) -> None:
        """Raise NotFiniteError if the last step led to parameters that are not finite."""
        if not self.runner.is_finite():
            raise NotFiniteError(f"the gradient was not finite at step {len(self.history.losses)}")

    def explained(self, error: NotFiniteError, samples: Samples) -> TrainingError:
        """Undo the last step, and return the error that names the sample and the node at fault."""
        runner = self.runner
        # If the loss was finite and its gradient was not, the parameters before the step explain it.
        if self.history.losses and not runner.is_finite():
            error = NotFiniteError(f"the gradient was not finite at step {len(self.history.losses)}")
            runner.undo()
        runner.write_back()
        self.interrupts.may_raise = True
        try:
            why = self.objective.explain(samples)
        finally:
            self.interrupts.may_raise = False
            runner.undo()
        return training_error(error, why, self.history)


def training_error(error: NotFiniteError, why: str, history: History) -> TrainingError:
    """Return the error that `fit` raises."""
    kept = "that it was given" if not history.losses else "of the last finite loss"
    return TrainingError(
        f"fit: {error}, {why}\nthe model has the parameters {kept}; "
        "try a lower learning rate or clip_norm, and look at the data",
        history,
    )
