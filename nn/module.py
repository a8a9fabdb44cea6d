"""`Module`: something with parameters. They are found by looking at its attributes, so a subclass only assigns them."""

from collections.abc import Iterable, Mapping
from typing import Any

from autodiff import Value
from nn.state import load_state, state_of


class Module:
    """Base class of all that has parameters.

    A parameter is a leaf Value held in an attribute: directly, in another Module, or in a list, tuple or dict of such.
    A Value that was computed, and kept, is not one. A parameter held in two places is one parameter.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.m, self.c = Value(1.0), Value(0.0)
    ...
    ...     def __call__(self, x):
    ...         return self.m * x + self.c
    >>> [name for name, _ in Line().named_parameters()]
    ['m', 'c']
    """

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return (name, parameter) for each, in the order of assignment; a name is a path, as in "layers.0.bias"."""
        found: dict[Value, str] = {}
        _collect(self, "", found, set())
        return [(name, parameter) for parameter, name in found.items()]

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        found: dict[Value, str] = {}
        _collect(self, None, found, set())
        return [*found]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, so that the next `backward()` does not add to the last."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state(self) -> dict[str, float]:
        """Return {name: data} of the parameters, which `load_state` takes back; `nn.save` keeps it in a file."""
        return state_of(self)

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set the parameters to a state of a model of the same shape, or raise StateError and change none."""
        load_state(self, state)

    def summary(self) -> str:
        """Return a table of the parts, their shapes and their numbers of parameters."""
        from nn.summary import summarize  # which has to know what a Module is

        return summarize(self)


def _collect(thing: object, path: str | None, found: dict[Value, str], inside: set[int]) -> None:
    """Add every parameter below `thing` to `found`, with its path, or without if `path` is None.

    `inside` are the ids of the things that this one lies in.
    """
    parts: Iterable[tuple[Any, Any]]
    if isinstance(thing, Module):
        parts = vars(thing).items()
    elif isinstance(thing, list | tuple):
        parts = enumerate(thing)
    elif isinstance(thing, dict):
        parts = thing.items()
    else:
        return
    if id(thing) in inside:  # a module that knows its owner
        return
    inside.add(id(thing))
    below = ""
    for name, part in parts:
        if path is not None:
            below = f"{path}.{name}" if path else str(name)
        if not isinstance(part, Value):
            _collect(part, None if path is None else below, found, inside)
        elif part not in found and part.is_leaf and not part.is_constant:
            found[part] = below
    inside.discard(id(thing))
