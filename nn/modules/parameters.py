"""Finding parameters: every leaf Value that a thing holds, in attributes, lists, tuples, dicts and object arrays."""

from types import BuiltinFunctionType, FunctionType
from typing import Any, Final, final

from autodiff.value import Value

DEEPEST: Final = 500
"""Containers within containers; as deep as Python itself would go."""

PLAIN: Final = frozenset({str, float, int, bool, type(None), FunctionType, BuiltinFunctionType})
"""What a module also has, and nothing is in."""


def parameters_in(thing: Any, module: type) -> list[Value]:
    """Return every parameter once, in the order of assignment.

    Args:
        thing: where to look.
        module: the class of what is looked into, attribute by attribute.

    Raises:
        RecursionError: if containers lie in each other more than 500 deep.
        TypeError: if a parameter is in a set, which has no order.
    """
    search = _Search(module, False)
    search.look(thing, "", 0)
    return [*dict.fromkeys(search.found)]


def named_parameters_in(thing: Any, module: type) -> list[tuple[str, Value]]:
    """Return (path, parameter) for every parameter, with the first path that leads to it."""
    search = _Search(module, True)
    search.look(thing, "", 0)
    first: dict[Value, str] = {}
    for parameter, path in zip(search.found, search.paths):  # noqa: B905  # of one length
        first.setdefault(parameter, path)
    return [(path, parameter) for parameter, path in first.items()]


@final
class _Search:
    """A walk through containers.

    Attributes:
        found: the parameters, each as often as it was met.
        paths: the way to each of them, if it is wanted.
    """

    def __init__(self, module: type, is_named: bool) -> None:
        self.found: list[Value] = []
        self.paths: list[str] = []
        self.module = module
        self.is_named = is_named
        self.seen: set[int] = set()  # the ids of the containers that were looked into, tuples and arrays left out

    def look(self, thing: Any, path: str, depth: int) -> None:
        """Look into a thing, which lies in so many containers."""
        if isinstance(thing, Value):
            if thing.is_leaf and not thing.is_constant:
                self.found.append(thing)
                if self.is_named:
                    self.paths.append(path)
            return
        if type(thing) in PLAIN:
            return
        if depth > DEEPEST:
            where = path or "a module"
            raise RecursionError(f"parameters: expected containers at most {DEEPEST} deep, got more at {where}")
        if isinstance(thing, tuple) and not isinstance(thing, self.module):  # the weights of a neuron, fast
            for i, part in enumerate(thing):
                self.look(part, self.below(path, i) if self.is_named else path, depth + 1)
            return
        is_module = isinstance(thing, self.module)
        if is_module or isinstance(thing, (list, dict)):
            if id(thing) in self.seen:
                return
            self.seen.add(id(thing))
        if is_module:  # which may be a list as well
            for name, part in vars(thing).items():
                self.look(part, self.below(path, name) if self.is_named else path, depth + 1)
        if isinstance(thing, dict):
            for key, part in thing.items():
                self.look(part, self.below(path, key) if self.is_named else path, depth + 1)
        elif isinstance(thing, (list, tuple)):
            for i, part in enumerate(thing):
                self.look(part, self.below(path, i) if self.is_named else path, depth + 1)
        elif isinstance(thing, (set, frozenset)):
            self.refuse_in_set(thing)
        elif not is_module and getattr(getattr(thing, "dtype", None), "kind", "") == "O":  # an array of numpy
            for i, part in enumerate(thing if thing.ndim else [thing.item()]):
                self.look(part, self.below(path, i) if self.is_named else path, depth + 1)

    def refuse_in_set(self, things: Any) -> None:
        """Raise TypeError if parameters may be among things that have no order."""
        for thing in things:
            if isinstance(thing, (Value, self.module)):
                raise TypeError(
                    "parameters: expected them in attributes, lists, tuples, dicts or arrays, got a set, "
                    "which has no order; use a list"
                )

    def below(self, path: str, key: Any) -> str:
        """The way to a part."""
        return f"{path}.{key}" if path else str(key)
