"""Eager training: the graph of every sample is recorded, differentiated and freed. Needs nothing but Python."""

import math
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeAlias

from autodiff import DomainError, Value, collector_paused
from autodiff.extend import Guard, data_of, set_data, total, zero_grad
from nn.data.samples import OneHot, Row, Samples, both_rows, shuffled
from nn.modules.dropout import mode, modules_with_mode
from nn.training.objective import Objective
from nn.training.options import EAGER

Batch: TypeAlias = list[tuple[Row, ...]]


class EagerRunner:
    """The steps of a training on Values; a `Runner`.

    The graph of a sample is differentiated with the seed 1/k in a batch of k. The gradients that add up in `grad` are
    then those of the mean, and only one graph is in memory at a time.
    """

    backend = EAGER

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples) -> None:
        self._objective, self._parameters = objective, parameters
        columns = both_rows("fit: ", samples)
        self.targets = columns[1]
        self._samples: Batch = list(zip(*columns, strict=True))
        self._modules = modules_with_mode(objective.model)
        with suppress(DomainError), Guard("fit", parameters, "a parameter"), mode(self._modules, False):
            # the first step reports what is outside a domain
            objective.of_sample(*self._samples[0])  # an error is raised here, before a parameter has changed
            objective.penalty_value()
        self._before = data_of(self._parameters)
        self._guard = Guard("fit", parameters, "a parameter")

    def running(self) -> AbstractContextManager[Any]:
        return collector_paused()

    def batches(self, size: int, rng: Any) -> list[Batch]:
        samples = self._samples
        if rng is not None:
            samples = [samples[i] for i in shuffled(rng, len(samples))]
        return [samples[start : start + size] for start in range(0, len(samples), size)]

    def loss_and_gradient(self, batch: Batch) -> float:
        zero_grad(self._parameters)
        share = 1.0 / len(batch)
        losses = []
        with self._guard, mode(self._modules, True):
            for sample in batch:
                loss, _ = self._objective.of_sample(*sample)
                loss.backward(share)
                losses.append(loss.data)
            penalty = self._objective.penalty_value()
        mean = total(losses) * share
        if penalty is None:
            return mean
        penalty.backward()
        return mean + penalty.data

    def gradient_norm(self) -> float:
        return math.hypot(*[parameter.grad for parameter in self._parameters])

    def step(self, optimizer: Any) -> None:
        self._before = data_of(self._parameters)
        try:
            optimizer.step(self._parameters)
        except BaseException:
            self.undo()
            raise

    def is_finite(self) -> bool:
        return all(map(math.isfinite, data_of(self._parameters)))

    def undo(self) -> None:
        set_data(self._parameters, self._before)

    def rerecord(self) -> None:
        """Do nothing: every step records the model again, and moves its own Values."""

    write_back = read_back = rerecord


class EagerEvaluation:
    """The mean loss of some samples, and their predictions, on Values; an `Evaluation`."""

    def __init__(self, who: str, objective: Objective, samples: Samples) -> None:
        self._objective = objective
        self._inputs, self.targets = both_rows(f"{who} ", samples[:2])
        self.labels = samples[1].labels if isinstance(samples[1], OneHot) else self.targets
        self._modules = modules_with_mode(objective.model)
        with mode(self._modules, False):
            objective.of_sample(self._inputs[0], self.targets[0])  # an error is raised here, before the training

    def __call__(self) -> tuple[float, list[Any]]:
        with mode(self._modules, False):
            pairs = [self._objective.of_sample(x, t) for x, t in zip(self._inputs, self.targets, strict=True)]
        return total([loss.data for loss, _ in pairs]) / len(pairs), [as_numbers(prediction) for _, prediction in pairs]

    def rerecord(self) -> None:
        """Do nothing: every call records the model again."""


def as_numbers(prediction: Any) -> Any:
    """Return a prediction as a float, or as a list of floats; raise TypeError if the model returned neither."""
    return [_number(x) for x in prediction] if isinstance(prediction, list | tuple) else _number(prediction)


def _number(prediction: Any) -> float:
    """A Value, or another number, as a float."""
    if not hasattr(prediction, "__float__"):  # text, or None where a `return` was forgotten
        got = type(prediction).__name__
        raise TypeError(f"predict: expected the model to return a number, a Value, or a list of them, got {got}")
    return float(prediction)
