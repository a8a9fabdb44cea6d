"""What training makes small: the mean loss of a batch, plus a penalty that is no mean over samples."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from autodiff import DomainError, Value, explain_nonfinite
from autodiff.graph import distinct
from autodiff.program.data_dependence import Watch
from nn.data.samples import Row, leaves_like
from nn.training.backends import NOT_WITH_VALUES

Loss = Callable[[Any, Any], Any]
"""(prediction, target) -> the Value that one sample adds to the mean; see `nn.losses`."""

Penalty = Callable[[Any], Any]
"""model -> the Value that is added once to the mean of a batch."""


@dataclass(frozen=True)
class Objective:
    """A model, the loss of a sample, and a penalty."""

    model: Any
    loss: Loss
    penalty: Penalty | None = None

    def __post_init__(self) -> None:
        if isinstance(self.model, type) or not callable(self.model) or not hasattr(self.model, "parameters"):
            got = self.model.__name__ if isinstance(self.model, type) else type(self.model).__name__
            raise TypeError(f"fit: expected a model, a Module that can be called with a sample's inputs, got {got}")
        for name, function in (("loss", self.loss), ("penalty", self.penalty)):
            if function is not None and not callable(function):
                raise TypeError(f"fit: expected {name} to be a function, got {type(function).__name__}")

    def parameters(self) -> list[Value]:
        """Return what is learned; a parameter that two layers share is there once."""
        parameters = distinct([*self.model.parameters()])
        if not parameters:
            raise ValueError(f"fit: expected a model with parameters, got {type(self.model).__name__} with none")
        return parameters

    def check_same(self, parameters: list[Value]) -> None:
        """Raise ValueError if the model has other parameters by now, as after a callback that replaced one."""
        if self.parameters() != parameters:
            raise ValueError(
                "fit: expected the model to keep its parameters, got others after a callback; "
                "set the data of a parameter, or call fit again"
            )

    def parts(self) -> list[Any]:
        """Return what the user wrote: the model, the loss, and the penalty if there is one."""
        return [part for part in (self.model, self.loss, self.penalty) if part is not None]

    def of_sample(self, inputs: Any, target: Any) -> tuple[Value, Any]:
        """Return the loss of a sample, and the prediction."""
        prediction = self.model(inputs)
        try:
            loss = self.loss(prediction, target)
        except (TypeError, ValueError) as error:
            if not isinstance(error, DomainError) and not isinstance(prediction, list | tuple) and _is_column(target):
                raise ValueError(
                    "fit: expected targets of shape (n,) for a model with a single output, got (n, 1); "
                    "use targets.ravel() of an array, or a number for each sample"
                ) from error
            raise
        return _value("loss", loss), prediction

    def of_model(self) -> Value | None:
        """Return the penalty, if there is one."""
        return None if self.penalty is None else _value("penalty", self.penalty(self.model))

    def _loss_of(self, inputs: Any, target: Any) -> Value:
        return self.of_sample(inputs, target)[0]

    def explain(self, inputs: list[Row], targets: list[Row]) -> str:
        """Say in which sample, and at which node of its graph, a number stops being finite at these parameters."""
        for i, (row, target) in enumerate(zip(inputs, targets, strict=True)):
            found = self._explain_sample(row, target)
            if found:
                return f"in sample {i}, {found}"
        found = _explain(self.of_model) if self.penalty else None
        return f"in the penalty, {found}" if found else "and no sample alone is to blame: the sum is too large"

    def _explain_sample(self, row: Row, target: Row) -> str | None:
        """What is not finite, named with labels where Values in place of the numbers make the same graph."""
        try:
            plain = _explain(partial(self._loss_of, row, target))
        except NOT_WITH_VALUES as error:
            plain = f"the model raised {type(error).__name__}: {error}"
        if plain is None:
            return None
        (x, leaves), (t, wanted) = leaves_like(row, "inputs"), leaves_like(target, "targets")
        try:
            with Watch([*leaves, *wanted]) as watch:
                loss = self._loss_of(x, t)
            return plain if watch.seen else explain_nonfinite(loss) or plain
        except DomainError as error:
            return str(error)
        except NOT_WITH_VALUES:
            return plain


def _explain(make: Callable[[], Any]) -> str | None:
    """What is not finite in the graph that a function makes."""
    try:
        return explain_nonfinite(make())
    except DomainError as error:
        return str(error)


def _is_column(target: Any) -> bool:
    """Whether a target is a list of one number, as in an array of shape (n, 1)."""
    return isinstance(target, list) and len(target) == 1


def _value(what: str, result: Any) -> Value:
    if not isinstance(result, Value):
        raise TypeError(f"fit: expected {what} to return a Value, got {type(result).__name__}; compute with Values")
    return result
