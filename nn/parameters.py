"""Finding parameters: every leaf Value that a thing holds, in attributes, lists, tuples and dicts, however deep."""

from collections.abc import Iterable
from typing import Any

from autodiff.graph import distinct
from autodiff.value import Value

DEEPEST = 500
"""Containers within containers; as deep as Python itself would go."""


def parameters_in(thing: Any, module: type) -> list[Value]:
    """Return every parameter once, in the order of assignment.

    Args:
        thing: where to look.
        module: the class of what is looked into, attribute by attribute.

    Raises:
        RecursionError: if containers lie in each other more than 500 deep.
    """
    found: list[Value] = []
    _collect(thing, module, found, None, "", set(), 0)
    return distinct(found)


def named_parameters_in(thing: Any, module: type) -> list[tuple[str, Value]]:
    """Return (path, parameter) for every parameter, with the first path that leads to it."""
    found: list[Value] = []
    paths: list[str] = []
    _collect(thing, module, found, paths, "", set(), 0)
    first: dict[Value, str] = {}
    for parameter, path in zip(found, paths):  # noqa: B905  # of one length
        first.setdefault(parameter, path)
    return [(path, parameter) for parameter, path in first.items()]


def _collect(
    thing: Any, module: type, found: list[Value], paths: list[str] | None, path: str, seen: set[int], depth: int
) -> None:
    """Add every parameter that a thing is or holds to `found`.

    Args:
        thing: where to look.
        module: as above.
        found: the parameters so far; one may be there more than once.
        paths: the way to each of them, if they are wanted.
        path: the way to `thing`.
        seen: the ids of the containers that were looked into.
        depth: how many containers `thing` lies in.
    """
    if isinstance(thing, Value):
        if thing.is_leaf and not thing.is_constant:
            found.append(thing)
            if paths is not None:
                paths.append(path)
        return
    if depth > DEEPEST:
        raise RecursionError(
            f"parameters: expected containers at most {DEEPEST} deep, got more at {path or 'a module'}"
        )
    if isinstance(thing, tuple) and not isinstance(thing, module):  # the weights of a neuron: the common case, faster
        for i, part in enumerate(thing):
            _collect(part, module, found, paths, path if paths is None else _below(path, i), seen, depth + 1)
    elif isinstance(thing, (list, dict, tuple, module)) and id(thing) not in seen:
        seen.add(id(thing))
        kinds: list[Iterable[tuple[Any, Any]]] = []  # a module may be a list as well
        if isinstance(thing, module):
            kinds.append(vars(thing).items())
        if isinstance(thing, dict):
            kinds.append(thing.items())
        elif isinstance(thing, (list, tuple)):
            kinds.append(enumerate(thing))
        for parts in kinds:
            for key, part in parts:
                _collect(part, module, found, paths, path if paths is None else _below(path, key), seen, depth + 1)


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
