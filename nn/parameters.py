"""Finding parameters: every leaf Value that a thing holds, in attributes, lists, tuples and dicts, however deep."""

from typing import Any

from autodiff.graph import distinct
from autodiff.value import Value


def parameters_in(thing: Any, module: type) -> list[Value]:
    """Return every parameter once, in the order of assignment.

    Args:
        thing: where to look.
        module: the class of what is looked into, attribute by attribute.
    """
    found: list[Value] = []
    _collect(thing, module, found, None, "", set())
    return distinct(found)


def named_parameters_in(thing: Any, module: type) -> list[tuple[str, Value]]:
    """Return (path, parameter) for every parameter, with the first path that leads to it."""
    found: list[Value] = []
    paths: list[str] = []
    _collect(thing, module, found, paths, "", set())
    first: dict[Value, str] = {}
    for parameter, path in zip(found, paths):  # noqa: B905  # of one length
        first.setdefault(parameter, path)
    return [(path, parameter) for parameter, path in first.items()]


def _collect(
    thing: Any, module: type, found: list[Value], paths: list[str] | None, path: str, inside: set[int]
) -> None:
    """Add every parameter that a thing is or holds to `found`, as often as it is there.

    Args:
        thing: where to look.
        module: as above.
        found: the parameters so far.
        paths: the way to each of them, if they are wanted.
        path: the way to `thing`.
        inside: the ids of the modules, lists and dicts that it lies in.
    """
    if isinstance(thing, Value):
        if thing.is_leaf and not thing.is_constant:
            found.append(thing)
            if paths is not None:
                paths.append(path)
    elif isinstance(thing, tuple):
        for i, part in enumerate(thing):
            _collect(part, module, found, paths, path if paths is None else _below(path, i), inside)
    elif isinstance(thing, (list, dict, module)) and id(thing) not in inside:  # a module may know its owner
        inside.add(id(thing))
        held = dict(enumerate(thing)) if isinstance(thing, list) else thing if isinstance(thing, dict) else vars(thing)
        for key, part in held.items():
            _collect(part, module, found, paths, path if paths is None else _below(path, key), inside)
        inside.discard(id(thing))


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
