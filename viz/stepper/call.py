"""One call of a user's function, watched: its arguments as leaves, the names of its variables, its source."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autodiff import Value, topological_order
from autodiff.extend import is_real
from viz.graph.description import Names
from viz.graph.names import subscript
from viz.stepper.source import Source
from viz.stepper.watch import watch

MAX_NAME = 5  # characters of a function's name that is the name of its result too


def watched_call(
    who: str, f: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]
) -> tuple[Value, Names, Source]:
    """Call a function with a leaf for each number of its arguments.

    Returns:
        its result; its variables by name, one that was bound to several nodes as h₁, h₂, ...; its source.

    Raises:
        TypeError: if the arguments are not those of the function, or it does not return a Value.
    """
    name = getattr(f, "__name__", "")
    title = name or type(f).__name__
    leaves = _arguments(who, f, title, arguments, named)
    positional = [leaves.pop(key) for key in [*leaves][: len(arguments)]]
    watched = watch(f, positional, leaves)
    output = watched.result
    if not isinstance(output, Value):
        got, is_number = type(output).__name__, is_real(output)
        hint = "compute with Values, by autodiff's functions and not math's" if is_number else "return one node"
        raise TypeError(f"{who}: expected {title} to return a Value, got {got}; {hint}")
    bound = {node: word for node, word in watched.names.items() if not node.label}
    if name.isidentifier() and len(name) <= MAX_NAME and not output.label and not output.is_leaf:
        bound.setdefault(output, name)
    return output, dict(_numbered(output, bound)), Source(watched, title)


def _arguments(
    who: str, f: Callable[..., Any], name: str, arguments: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments with leaves by their names, those by position first; an int where the default is one stays."""
    try:
        signature = inspect.signature(f)
    except ValueError:  # of a function that is not written in Python
        return {key: _leaves(x, key) for key, x in zip("xyzuvw", arguments, strict=False)} | dict(named)
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        raise TypeError(f"{who}: expected the arguments of {name}{signature}; {error}") from None
    parameters = signature.parameters
    places = [key for key, one in parameters.items() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    rest = next((key for key, one in parameters.items() if one.kind is one.VAR_POSITIONAL), "")
    places += [f"{rest}[{i}]" for i in range(len(arguments) - len(places))]
    given = {**dict(zip(places, arguments, strict=False)), **named}
    counts = {key for key, one in parameters.items() if type(one.default) is int and type(given.get(key)) is int}
    return {key: x if key in counts else _leaves(x, key) for key, x in given.items()}


def _leaves(x: Any, name: str) -> Any:
    """A leaf for a number, and for each number of a list, dictionary or array; anything else as it is."""
    if isinstance(x, dict):
        return {key: _leaves(part, f"{name}[{key!r}]") for key, part in x.items()}
    if isinstance(x, list | tuple):
        parts = [_leaves(part, f"{name}[{i}]") for i, part in enumerate(x)]
        return x._make(parts) if hasattr(x, "_make") else type(x)(parts)
    if getattr(x, "shape", None) == () and hasattr(x, "item"):
        x = x.item()  # an array of one number, without dimensions
    if hasattr(x, "astype"):
        leaves = x.astype(object)
        for i, part in enumerate(x):
            leaves[i] = _leaves(part, f"{name}[{i}]")
        return leaves
    return Value(x, name) if is_real(x) and not isinstance(x, Value | bool) else x


def _numbered(output: Value, names: Mapping[Value, str]) -> Iterator[tuple[str, Value]]:
    """The names of nodes, all different: a variable that is bound to several nodes is numbered."""
    graph = {*topological_order(output)}
    labels = {node.label for node in graph}
    nodes: dict[str, list[Value]] = {}
    for node, name in names.items():
        if node in graph:
            nodes.setdefault(name, []).append(node)
    for name, bound in nodes.items():
        is_one = len(bound) == 1 and name not in labels
        yield from [(name if is_one else f"{name}{subscript(i)}", node) for i, node in enumerate(bound, 1)]
