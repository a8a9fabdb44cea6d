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
    name = getattr(f, "__name__", type(f).__name__)
    given = _given(who, f, name, arguments, named)
    leaves = {key: _leaves(x, key) for key, x in given.items()}
    positional = [leaves.pop(key) for key in [*leaves][: len(arguments)]]
    watched = watch(f, positional, leaves)
    output = watched.result
    if not isinstance(output, Value):
        raise TypeError(f"{who}: expected {name} to return a Value, got {type(output).__name__}")
    bound = {node: word for node, word in watched.names.items() if not node.label}
    if name.isidentifier() and len(name) <= MAX_NAME and not output.label and not output.is_leaf:
        bound.setdefault(output, name)
    return output, dict(_numbered(output, bound)), Source(watched, name)


def _given(
    who: str, f: Callable[..., Any], name: str, arguments: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments by their names, those by position first."""
    try:
        signature = inspect.signature(f)
    except ValueError:  # of a function that is not written in Python
        return {**{f"x{subscript(i)}": x for i, x in enumerate(arguments, 1)}, **named}
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        raise TypeError(f"{who}: expected the arguments of {name}{signature}, got {error}") from None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = [parameter.name for parameter in signature.parameters.values() if parameter.kind in kinds]
    rest = next((p.name for p in signature.parameters.values() if p.kind is inspect.Parameter.VAR_POSITIONAL), "")
    places += [f"{rest}[{i}]" for i in range(len(arguments) - len(places))]
    return {**dict(zip(places, arguments, strict=False)), **named}


def _leaves(x: Any, name: str) -> Any:
    """A leaf for a number, and for each number of a list; anything else as it is."""
    if isinstance(x, list | tuple):
        return type(x)(_leaves(element, f"{name}[{i}]") for i, element in enumerate(x))
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
