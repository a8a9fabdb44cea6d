"""What a check looks at: a function at a point, or a model with its parameters, as a flat list of named numbers."""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.structure import numbers_of, with_numbers
from autodiff.value import Value, as_value


class Arguments:
    """A function of numbers or structures of numbers, and the point at which it is looked at."""

    def __init__(self, f: Callable[..., Any], point: tuple[Any, ...]) -> None:
        self.f = f
        self.point = point
        self.numbers = [float(x) for x in numbers_of(point, "check_gradients")]
        self.names = [f"x{i}" for i in range(len(self.numbers))]

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        """Return the inputs and the outputs of a recorded call at another point."""
        inputs = [Value(x, name) for x, name in zip(numbers, self.names, strict=True)]
        return inputs, [as_value(x) for x in self.call(inputs)]

    def evaluate(self, numbers: Sequence[float]) -> list[float]:
        """Return the outputs as floats at another point, from a call that is given floats."""
        return [float(x) for x in self.call(numbers)]

    def call(self, numbers: Sequence[Any]) -> list[Any]:
        """Return the outputs, flat."""
        return numbers_of(self.f(*with_numbers(self.point, numbers, "point")), "check_gradients: the result of f")


class Parameters(Arguments):
    """A model as a function of its parameters, for fixed inputs."""

    def __init__(self, model: Any, inputs: tuple[Any, ...]) -> None:
        named = list(model.named_parameters())
        self.names = [name for name, _ in named]
        self.parameters: list[Value] = [parameter for _, parameter in named]
        self.numbers = [parameter.data for parameter in self.parameters]
        self.f = model
        self.inputs = inputs

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        """Return the parameters and the outputs of a recorded call with other numbers in the parameters."""
        return self.parameters, [as_value(x) for x in self.call(numbers)]

    def call(self, numbers: Sequence[Any]) -> list[Any]:
        """Return the outputs, flat; the parameters are left as they were."""
        try:
            self._put(numbers)
            return numbers_of(self.f(*self.inputs), "check_gradients: the model's output")
        finally:
            self._put(self.numbers)

    def _put(self, numbers: Sequence[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x
