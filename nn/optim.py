"""Optimisers: what a gradient does to the parameters."""

import math
from collections.abc import Iterable

from autodiff import Value
from autodiff.real import as_float


class SGD:
    """Gradient descent: delta = -learning_rate * gradient, then parameter = parameter + delta.

    Stochastic when the gradient is that of a mini-batch. The learning rate, the article's eta, is positive: the minus
    sign is in the formula.

    Args:
        learning_rate: the step per unit of gradient, > 0.

    Raises:
        TypeError: if the learning rate is not a real number.
        ValueError: if it is not positive and finite.

    >>> m = Value(1.0)
    >>> (m**2).backward()
    >>> SGD(learning_rate=0.25).step([m])
    >>> m.data
    0.5
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = as_float(learning_rate, "SGD: learning_rate")
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(f"SGD: expected learning_rate > 0, got {learning_rate!r}; the formula has the minus sign")

    def step(self, parameters: Iterable[Value]) -> None:
        """Move every parameter along its `grad`."""
        if hasattr(parameters, "parameters"):
            raise TypeError(f"SGD: expected parameters, got {type(parameters).__name__}; pass model.parameters()")
        for parameter in parameters:
            parameter.data += -self.learning_rate * parameter.grad

    def __repr__(self) -> str:
        return f"SGD(learning_rate={self.learning_rate!r})"
