"""The objective function: the mean loss over a batch, plus an optional penalty that does not depend on the samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autodiff import DomainError, Value, explain_nonfinite
from autodiff.extend import Watch, distinct, type_name
from nn.data.samples import Row, Samples, both_rows, leaves_like
from nn.errors import NOT_WITH_VALUES

Loss = Callable[[Any, Any], Any]  # (prediction, target) -> the loss of one sample, a Value; see `nn.losses`

Penalty = Callable[[Any], Any]  # model -> a Value that is added once to the mean of a batch


@dataclass(frozen=True)
class Objective:
    """A model, the loss of a sample, and a penalty."""

    model: Any
    loss: Loss
    penalty: Penalty | None = None

    def __post_init__(self) -> None:
        if isinstance(self.model, type) or not callable(self.model) or not hasattr(self.model, "parameters"):
            got = type_name(self.model)
            raise TypeError(f"fit: expected a model, a Module that can be called with a sample's inputs, got {got}")
        for name, function in (("loss", self.loss), ("penalty", self.penalty)):
            if function is not None and not callable(function):
                example = "; write nn.losses.squared_error" if name == "loss" and isinstance(function, str) else ""
                raise TypeError(f"fit: expected {name} to be a function, got {type(function).__name__}{example}")

    def parameters(self) -> list[Value]:
        """Return the parameters of the model, each once, also if several layers share it."""
        parameters = distinct([*self.model.parameters()])
        if not parameters:
            raise ValueError(f"fit: expected a model with parameters, got {type(self.model).__name__} with none")
        return parameters

    def parts(self) -> list[Any]:
        """Return the user's objects: the model, the loss, and the penalty if there is one."""
        return [part for part in (self.model, self.loss, self.penalty) if part is not None]

    def of_sample(self, inputs: Any, target: Any, weight: Any = None) -> tuple[Value, Any]:
        """Return the loss of a sample, times its weight if it has one, and the prediction."""
        prediction = self.model(inputs)
        try:
            loss = self.loss(prediction, target)
        except (TypeError, ValueError) as error:
            is_column = isinstance(target, list) and len(target) == 1  # as in an array of shape (n, 1)
            if is_column and not isinstance(error, DomainError) and not isinstance(prediction, list | tuple):
                raise ValueError(
                    "fit: expected targets of shape (n,) for a model with a single output, got (n, 1); "
                    "use targets.ravel() of an array, or a number for each sample"
                ) from error
            raise
        loss = _value("loss", loss)
        return loss if weight is None else weight * loss, prediction

    def penalty_value(self) -> Value | None:
        """Return the penalty, if there is one."""
        return None if self.penalty is None else _value("penalty", self.penalty(self.model))

    def explain(self, samples: Samples) -> str:
        """Return the sample and the node of its graph at which a number stops being finite, as a phrase."""
        for i, (row, target, *_) in enumerate(zip(*both_rows("fit: ", samples), strict=True)):
            explanation = self._explain_sample(row, target)
            if explanation:
                return f"in sample {i}, {explanation}"
        explanation = _explain(self.penalty_value) if self.penalty else None
        return (
            f"in the penalty, {explanation}" if explanation else "and no sample alone is to blame: the sum is too large"
        )

    def _explain_sample(self, row: Row, target: Row) -> str | None:
        """The first number of a sample's graph that is not finite; None if all are finite.

        The message has labels such as inputs[0] if Values with these labels make the same graph as the numbers.
        """
        try:
            unlabeled = _explain(lambda: self.of_sample(row, target)[0])
        except NOT_WITH_VALUES as error:
            unlabeled = f"the model raised {type(error).__name__}: {error}"
        if unlabeled is None:
            return None
        (x, x_leaves), (t, t_leaves) = leaves_like(row, "inputs"), leaves_like(target, "targets")
        try:
            with Watch([*x_leaves, *t_leaves]) as watch:
                loss, _ = self.of_sample(x, t)
            return unlabeled if watch.seen else explain_nonfinite(loss) or unlabeled
        except DomainError as error:
            return str(error)
        except NOT_WITH_VALUES:
            return unlabeled


def _explain(record: Callable[[], Any]) -> str | None:
    """The first number that is not finite in the graph that a function records."""
    try:
        return explain_nonfinite(record())
    except DomainError as error:
        return str(error)


def _value(what: str, result: Any) -> Value:
    """The result of a user's function, if it is a Value."""
    if not isinstance(result, Value):
        raise TypeError(f"fit: expected {what} to return a Value, got {type(result).__name__}; compute with Values")
    return result
