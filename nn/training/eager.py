"""Training by recording: every sample's graph is built anew, differentiated and dropped. Needs nothing but Python."""

import math
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeAlias

from autodiff import DomainError, Value, collector_paused
from autodiff.node import data_of, set_data, zero_grad
from nn.data.samples import SIDES, Row, Samples, rows, shuffled
from nn.training.objective import Objective

Batch: TypeAlias = list[tuple[Row, Row]]


class Eager:
    """The steps of a training, on Values; `Compiled` has the same methods.

    A sample's graph is differentiated with the seed 1/k, for a batch of k: the gradients that add up in `grad` are
    then those of the mean, and only one graph is held at a time.
    """

    backend = "eager"

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples) -> None:
        self._objective, self._parameters = objective, parameters
        inputs, self.targets = [rows(f"fit: {what}", data) for what, data in zip(SIDES, samples, strict=True)]
        self._samples: Batch = list(zip(inputs, self.targets, strict=True))
        with suppress(DomainError):  # which the first step will find
            objective.of_sample(*self._samples[0])  # fails before anything has changed, if it does
            objective.of_model()
        self._before = data_of(self._parameters)

    def running(self) -> AbstractContextManager[Any]:
        """Return what to do the steps in."""
        return collector_paused()

    def batches(self, size: int, rng: Any) -> list[Batch]:
        """Return an epoch's batches; the last may be smaller."""
        samples = self._samples
        if rng is not None:
            samples = [samples[i] for i in shuffled(rng, len(samples))]
        return [samples[start : start + size] for start in range(0, len(samples), size)]

    def loss_and_gradient(self, batch: Batch) -> float:
        """Return the loss of a batch; its gradient stays in `grad`."""
        zero_grad(self._parameters)
        share = 1.0 / len(batch)
        losses = []
        for inputs, target in batch:
            loss, _ = self._objective.of_sample(inputs, target)
            loss.backward(share)
            losses.append(loss.data)
        mean = sum(losses) * share
        penalty = self._objective.of_model()
        if penalty is None:
            return mean
        penalty.backward()
        return mean + penalty.data

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the gradient."""
        return math.hypot(*[parameter.grad for parameter in self._parameters])

    def step(self, optimizer: Any) -> None:
        """Move the parameters."""
        self._before = data_of(self._parameters)
        optimizer.step(self._parameters)

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return all(map(math.isfinite, data_of(self._parameters)))

    def undo(self) -> None:
        """Take back the last step."""
        set_data(self._parameters, self._before)

    def write_back(self) -> None:
        """Nothing to do: it was learned in the model's Values."""

    def read_back(self) -> None:
        """Nothing to do: every step reads the model's Values."""

    def record_again(self) -> None:
        """Nothing to do: every step records anew."""


class EagerEvaluation:
    """The mean loss of samples, and their predictions, on Values."""

    def __init__(self, objective: Objective, samples: Samples) -> None:
        self._objective = objective
        sides = zip(SIDES, samples, strict=True)
        self._inputs, self.targets = [rows(f"fit: validation {what}", data) for what, data in sides]
        objective.of_sample(self._inputs[0], self.targets[0])  # fails before anything has changed, if it does

    def __call__(self) -> tuple[float, list[Any]]:
        """Return (loss, predictions) at the model's parameters."""
        pairs = [self._objective.of_sample(x, t) for x, t in zip(self._inputs, self.targets, strict=True)]
        return sum(loss.data for loss, _ in pairs) / len(pairs), [as_numbers(prediction) for _, prediction in pairs]

    def record_again(self) -> None:
        """Nothing to do: every call records anew."""


def as_numbers(prediction: Any) -> Any:
    """Return a prediction as a float, or as a list of them."""
    return [float(x) for x in prediction] if isinstance(prediction, list | tuple) else float(prediction)
