"""`Module.summary`: what a model consists of, as text."""

from collections.abc import Iterator
from typing import Any

from autodiff import Value
from nn.modules.module import Module


def summarize(model: Module) -> str:
    """Return a table: a line for each part of the model, with its shape and the number of its parameters.

    The parts are the modules that the attributes hold, and the attributes that hold parameters themselves. A parameter
    that several parts share counts in the first.

    >>> from nn import MLP
    >>> print(summarize(MLP(2, [16, 16, 1])))
    MLP(2, [16, 16, 1], activation='relu', output_activation='identity')
      layers.0    Layer(2, 16, activation='relu')       48
      layers.1    Layer(16, 16, activation='relu')     272
      layers.2    Layer(16, 1, activation='identity')   17
      parameters                                       337
    """
    seen: set[Value] = set()
    rows: list[tuple[str, str, int]] = []
    for name, thing in vars(model).items():
        for path, part in _modules(name, thing):
            rows.append((path, _name(part), _count_new([part], seen)))
        own = _count_new([thing], seen)
        if own:
            rows.append((name, "Value" if isinstance(thing, Value) else "Values", own))
    total = ("parameters", "", sum(count for _, _, count in rows))
    first, second, last = [max(len(str(row[i])) for row in [*rows, total]) for i in range(3)]
    lines = [f"  {path:{first}}  {part:{second}}  {count:>{last}}" for path, part, count in [*rows, total]]
    return "\n".join([_name(model), *lines])


def _modules(path: str, thing: object) -> Iterator[tuple[str, Module]]:
    """The modules that a thing is or holds, but not those within them."""
    if isinstance(thing, Module):
        yield path, thing
    elif isinstance(thing, list | tuple | dict):
        for key, part in thing.items() if isinstance(thing, dict) else enumerate(thing):
            yield from _modules(f"{path}.{key}", part)


def _count_new(things: list[Any], seen: set[Value]) -> int:
    """How many parameters there are that were not seen before."""
    holder = Module()
    vars(holder)["things"] = things
    new = [parameter for parameter in holder.parameters() if parameter not in seen]
    seen.update(new)
    return len(new)


def _name(module: Module) -> str:
    """As it shows itself, or its class."""
    return repr(module) if type(module).__repr__ is not object.__repr__ else type(module).__name__
