"""`Module`: the base class of models. A subclass only assigns its parameters to attributes."""

from collections.abc import Mapping
from typing import Any

from autodiff import Value
from autodiff.extend import zero_grad
from nn.modules.parameters import named_parameters_in, parameters_in
from nn.modules.state import load_state, state_of
from nn.modules.summary import summarize


class Module:
    """Base class of models and their layers.

    Define `__call__`, which is PyTorch's `forward`. A parameter is a leaf Value in an attribute: directly, in another
    Module, or in a list, tuple, dict or object array of these. A parameter in a set, which has no order, is refused.
    The result of a computation is not a parameter. A parameter in two places is one parameter.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.m, self.c = Value(1.0), Value(0.0)
    ...
    ...     def __call__(self, x):
    ...         return self.m * x + self.c
    >>> [name for name, _ in Line().named_parameters()]
    ['m', 'c']
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__dict__.get("__slots__"):
            raise TypeError(f"{cls.__name__}: expected a Module without __slots__, where parameters would not be found")

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return (name, parameter) pairs in the order of assignment; a name is a path such as "layers.0.bias"."""
        return named_parameters_in(self, Module)

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return parameters_in(self, Module)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, because `backward()` adds to it."""
        zero_grad(self.parameters())

    def state(self) -> dict[str, float]:
        """Return {name: data} of the parameters, PyTorch's `state_dict`; `nn.save` writes it to a file."""
        return state_of(self)

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set the parameters to the state of a model of the same shape, or raise StateError and change none."""
        load_state(self, state)

    def summary(self) -> str:
        """Return a table of the parts with their shapes and their numbers of parameters."""
        return summarize(self, Module)
