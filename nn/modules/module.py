"""`Module`: something with parameters. They are found by looking at its attributes, so a subclass only assigns them."""

from collections.abc import Mapping
from typing import Any

from autodiff import Value
from autodiff.extend import zero_grad
from nn.modules.parameters import named_parameters_in, parameters_in
from nn.modules.state import load_state, state_of
from nn.modules.summary import summarize


class Module:
    """Base class of all that has parameters.

    A parameter is a leaf Value held in an attribute: directly, in another Module, or in a list, tuple, dict or object
    array of such; one in a set, which has no order, is refused. A Value that was computed, and kept, is not one. A
    parameter held in two places is one parameter.

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
        """Return (name, parameter) for each, in the order of assignment; a name is a path, as in "layers.0.bias"."""
        return named_parameters_in(self, Module)

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return parameters_in(self, Module)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, so that the next `backward()` does not add to the last."""
        zero_grad(self.parameters())

    def state(self) -> dict[str, float]:
        """Return {name: data} of the parameters, which `load_state` takes back; `nn.save` keeps it in a file."""
        return state_of(self)

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set the parameters to a state of a model of the same shape, or raise StateError and change none."""
        load_state(self, state)

    def summary(self) -> str:
        """Return a table of the parts, their shapes and their numbers of parameters."""
        return summarize(self, Module)
