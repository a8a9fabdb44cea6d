"""`Module.summary`: the parts of a model as a table in text."""

from collections.abc import Iterator
from typing import Any

from autodiff import Value
from nn.modules.parameters import parameters_in


def summarize(model: Any, module: type) -> str:
    """Return a table: a line for each part of the model, with its shape and the number of its parameters.

    The parts are the modules that the attributes hold, and the attributes that hold parameters themselves. A parameter
    that several parts share counts in the first.

    Args:
        model: a Module.
        module: the class Module, which this file does not import: `Module.summary` calls it.

    >>> from nn import MLP, Module
    >>> print(summarize(MLP(2, [16, 16, 1]), Module))
    MLP(2, [16, 16, 1], activation='relu', output_activation='identity')
      layers.0    Layer(2, 16, activation='relu')       48
      layers.1    Layer(16, 16, activation='relu')     272
      layers.2    Layer(16, 1, activation='identity')   17
      parameters                                       337
    """
    seen: set[Value] = set()
    rows: list[tuple[str, str, int]] = []
    for name, attribute in vars(model).items():
        for path, part in _modules_in(attribute, name, module):
            rows.append((path, _name(part), _count_new(part, module, seen)))
        own = _count_new(attribute, module, seen)
        if own:
            rows.append((name, "Value" if isinstance(attribute, Value) else "Values", own))
    total = ("parameters", "", sum(count for _, _, count in rows))
    first, second, last = [max(len(str(row[i])) for row in [*rows, total]) for i in range(3)]
    lines = [f"  {path:{first}}  {part:{second}}  {count:>{last}}" for path, part, count in [*rows, total]]
    return "\n".join([_name(model), *lines])


def _modules_in(container: object, path: str, module: type) -> Iterator[tuple[str, object]]:
    """The outermost modules in a container, each with its path; a module itself is the only one."""
    if isinstance(container, module):
        yield path, container
    elif isinstance(container, list | tuple | dict):
        for key, part in container.items() if isinstance(container, dict) else enumerate(container):
            yield from _modules_in(part, f"{path}.{key}", module)


def _count_new(part: object, module: type, seen: set[Value]) -> int:
    """The number of parameters in a part that are not in `seen`, which gets them."""
    new = [parameter for parameter in parameters_in(part, module) if parameter not in seen]
    seen.update(new)
    return len(new)


def _name(module: object) -> str:
    """The `repr` of a module if its class defines one, else the name of its class."""
    return repr(module) if type(module).__repr__ is not object.__repr__ else type(module).__name__
