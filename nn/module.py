"""`Module`: something with parameters. They are found by looking at its attributes, so a subclass only assigns them."""

from collections.abc import Mapping
from typing import Any

from autodiff import Value
from autodiff.compiling import mypyc_attr
from autodiff.graph import distinct
from nn.state import load_state, state_of


@mypyc_attr(native_class=False)
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
        found: list[Value] = []
        names: list[str] = []
        _collect(self, found, names, "", set())
        first: dict[Value, str] = {}
        for parameter, name in zip(found, names, strict=True):
            first.setdefault(parameter, name)
        return [(name, parameter) for parameter, name in first.items()]

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        found: list[Value] = []
        _collect(self, found, None, "", set())
        return distinct(found)

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


def _collect(thing: Any, found: list[Value], names: list[str] | None, path: str, inside: set[int]) -> None:
    """Add every parameter that a thing is or holds to `found`, as often as it is there.

    Args:
        thing: where to look.
        found: the parameters so far.
        names: their paths, if they are wanted.
        path: that of `thing`.
        inside: the ids of the modules, lists and dicts that it lies in.
    """
    if isinstance(thing, Value):
        if thing.is_leaf and not thing.is_constant:
            found.append(thing)
            if names is not None:
                names.append(path)
    elif isinstance(thing, tuple):
        for i, part in enumerate(thing):
            _collect(part, found, names, path if names is None else _below(path, i), inside)
    elif isinstance(thing, (list, dict, Module)) and id(thing) not in inside:  # a module may know its owner
        inside.add(id(thing))
        held = dict(enumerate(thing)) if isinstance(thing, list) else thing if isinstance(thing, dict) else vars(thing)
        for key, part in held.items():
            _collect(part, found, names, path if names is None else _below(path, key), inside)
        inside.discard(id(thing))


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
