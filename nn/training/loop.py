"""The loop of `fit`: what is done in every step and after every epoch, whatever it runs on."""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Protocol, TypeAlias

from autodiff import DomainError, Value
from autodiff.node import data_of
from nn.data.samples import rows
from nn.errors import TrainingError
from nn.history import History
from nn.training.objective import Objective
from nn.training.progress import Progress

Callback: TypeAlias = Callable[[History], object]
"""Called after every epoch; any true answer, also that of numpy, ends the training."""


class NotFiniteError(Exception):
    """A loss or a parameter is not a finite number; `fit` finds out why and raises a TrainingError."""


class Runner(Protocol):
    """What `Eager` and `Compiled` have in common."""

    targets: Any

    @property
    def backend(self) -> str: ...
    def running(self) -> AbstractContextManager[Any]: ...
    def batches(self, size: int, rng: random.Random | None) -> Sequence[Any]: ...
    def loss_and_gradient(self, batch: Any) -> float: ...
    def gradient_norm(self) -> float: ...
    def step(self, optimizer: Any) -> None: ...
    def is_finite(self) -> bool: ...
    def undo(self) -> None: ...
    def write_back(self) -> None: ...
    def read_back(self) -> None: ...
    def record_again(self) -> None: ...


class Evaluation(Protocol):
    """What `EagerEvaluation` and `CompiledEvaluation` have in common."""

    targets: Any

    def __call__(self) -> tuple[float, list[Any]]: ...
    def record_again(self) -> None: ...


@dataclass
class Loop:
    """A training, ready to run.

    Attributes:
        parameters: those of the objective, from the start.
        batches: how many make an epoch.
        limit: how many steps to take.
        stop: the bound for the norm of the gradient.
        requests: not empty once the user wants it to end.
        start: when it began, by `time.perf_counter`.
    """

    objective: Objective
    parameters: list[Value]
    runner: Runner
    optimizer: Any
    history: History
    batches: int
    limit: int
    stop: float | None
    evaluate: Evaluation | None
    metrics: Mapping[str, Callable[..., float]]
    callbacks: Sequence[Callback]
    progress: Progress
    requests: list[str]
    start: float

    def run(self, size: int, rng: random.Random | None) -> str:
        """Train, and return why it ended, "" if all steps were taken.

        Raises:
            NotFiniteError: if a loss is not finite.
        """
        runner, optimizer, losses, requests = self.runner, self.optimizer, self.history.losses, self.requests
        loss_and_gradient, step, isfinite = runner.loss_and_gradient, runner.step, math.isfinite
        stop, batches, limit, shown = self.stop, self.batches, self.limit, self.progress.is_shown
        pauses = self.evaluate is not None or len(self.callbacks) > 0
        if rng is None:  # all epochs are alike
            epochs: Iterable[Sequence[Any]] = repeat(runner.batches(size, None))
        else:  # each is drawn when it begins
            epochs = map(runner.batches, repeat(size), repeat(rng))
        for steps, batch in enumerate(chain.from_iterable(epochs), start=1):
            try:
                loss = loss_and_gradient(batch)
            except DomainError:  # where a replay gives inf or nan
                loss = math.nan
            if not isfinite(loss):
                raise NotFiniteError(f"the loss became {loss} at step {steps}")
            losses.append(loss)
            if stop is not None and runner.gradient_norm() <= stop:
                return "gradient"
            step(optimizer)
            if shown:
                self.progress.update()
            if steps % batches == 0:
                self.history.epochs += 1
                if pauses and self._end_epoch():
                    return "callback"
            if steps == limit:
                break
            if requests:  # before the next epoch is shuffled
                return requests[0]
            if self.callbacks and steps % batches == 0:
                self._record_again()
        return ""

    def _end_epoch(self) -> bool:
        """Evaluate, and return whether a callback wants to end."""
        self.check_last_step()
        self.runner.write_back()
        if self.evaluate:
            loss, predictions = self.evaluate()
            numbers = {"loss": loss}
            for name, metric in self.metrics.items():
                numbers[name] = float(metric(predictions, self.evaluate.targets))
            for name, number in numbers.items():
                self.history.validation.setdefault(name, []).append(number)
        if not self.callbacks:
            return False
        self.history.seconds = time.perf_counter() - self.start
        try:
            answers = [bool(callback(self.history)) for callback in self.callbacks]
        finally:
            self.runner.read_back()  # a callback may have changed the parameters
        for i, number in enumerate(data_of(self.parameters)):
            if not math.isfinite(number):
                raise ValueError(f"fit: expected finite parameters after a callback, got parameters()[{i}] = {number}")
        return any(answers)

    def _record_again(self) -> None:
        """Take the model as the callbacks left it: they may have changed anything."""
        self.objective.check_same(self.parameters)
        try:
            self.runner.record_again()
            if self.evaluate:
                self.evaluate.record_again()
        except DomainError:
            raise NotFiniteError(f"the loss became nan at step {len(self.history.losses) + 1}") from None

    def check_last_step(self) -> None:
        """Raise NotFiniteError if the last step led to parameters that are not finite."""
        if not self.runner.is_finite():
            raise NotFiniteError(f"the gradient was not finite at step {len(self.history.losses)}")

    def explained(self, error: NotFiniteError, inputs: Any, targets: Any) -> TrainingError:
        """Take the last step back, and say which sample and which node made it a mistake."""
        runner = self.runner
        bad_step = bool(self.history.losses) and not runner.is_finite()
        if bad_step:  # the loss was still finite, its gradient was not
            error = NotFiniteError(f"the gradient was not finite at step {len(self.history.losses)}")
            runner.undo()
        runner.write_back()
        try:
            why = self.objective.explain(rows("fit: inputs", inputs), rows("fit: targets", targets))
        finally:
            if not bad_step and self.history.losses:
                runner.undo()
        return training_error(error, why, self.history)


def training_error(error: NotFiniteError, why: str, history: History) -> TrainingError:
    """What `fit` raises."""
    kept = "that it was given" if not history.losses else "of the last finite loss"
    return TrainingError(
        f"fit: {error}, {why}\nthe model has the parameters {kept}; "
        "try a lower learning rate or clip_norm, and look at the data",
        history,
    )
