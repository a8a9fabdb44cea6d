"""The search for parameters: leaf Values in the attributes of modules, in lists, tuples, dicts and object arrays."""

from types import BuiltinFunctionType, FunctionType
from typing import Any, Final, final

from autodiff import Value
from autodiff.extend import distinct

MAX_DEPTH: Final = 500  # of containers in containers; about as deep as Python itself can recurse

NO_CONTAINERS: Final = frozenset({str, float, int, bool, type(None), FunctionType, BuiltinFunctionType})
"""Types of attributes that contain no parameters, tested first because they are frequent."""


def parameters_in(container: Any, module: type) -> list[Value]:
    """Return every parameter in a module, or in a container of modules and parameters, once, in order of assignment.

    `module` is the class Module; the attributes of its instances are searched.

    Raises:
        RecursionError: if containers are nested more than 500 deep.
        TypeError: if a parameter is in a set, which has no order.
        ValueError: if a Value is computed, not a leaf, as after `w = w - rate * w.grad`.
    """
    search = _Search(module, False)
    search.visit(container, "", 0)
    if search.has_computed:
        named_parameters_in(container, module)  # raises, with the path
    return distinct(search.parameters)


def named_parameters_in(container: Any, module: type) -> list[tuple[str, Value]]:
    """Return (path, parameter) for every parameter, with the first path that leads to it."""
    search = _Search(module, True)
    search.visit(container, "", 0)
    path_of: dict[Value, str] = {}
    for parameter, path in zip(search.parameters, search.paths):  # noqa: B905  # of one length
        path_of.setdefault(parameter, path)
    return [(path, parameter) for parameter, path in path_of.items()]


@final
class _Search:
    """A walk through containers."""

    def __init__(self, module: type, is_named: bool) -> None:
        self.parameters: list[Value] = []  # every parameter as often as it occurs
        self.paths: list[str] = []  # the path to each of them, if `is_named`
        self.has_computed = False  # whether a Value is not a leaf; if `is_named`, that is an error at once
        self.module = module
        self.is_named = is_named
        self.visited: set[int] = set()  # the ids of modules, lists and dicts

    def visit(self, part: Any, path: str, depth: int) -> None:
        """Search an attribute or element that is nested this deep."""
        if isinstance(part, Value):
            if not part.is_leaf:
                self.has_computed = True
                if self.is_named:  # the leaf that it replaced would no longer be trained
                    raise ValueError(
                        f"parameters: expected leaf Values, got {path} = {part!r}, the result of {part.primitive!r}; "
                        f"change a parameter in place, as in `w.data -= rate * w.grad`, or store Value({path}.data)"
                    )
            elif not part.is_constant:
                self.parameters.append(part)
                if self.is_named:
                    self.paths.append(path)
            return
        if type(part) in NO_CONTAINERS:
            return
        if depth > MAX_DEPTH:
            where = path or "a module"
            raise RecursionError(f"parameters: expected containers at most {MAX_DEPTH} deep, got more at {where}")
        if isinstance(part, tuple) and not isinstance(part, self.module):  # the weights of a neuron, first for speed
            for i, element in enumerate(part):
                self.visit(element, self.path_below(path, i) if self.is_named else path, depth + 1)
            return
        is_module = isinstance(part, self.module)
        if is_module or isinstance(part, (list, dict)):
            if id(part) in self.visited:
                return
            self.visited.add(id(part))
        if is_module:  # a module may also be a list
            for name, element in vars(part).items():
                self.visit(element, self.path_below(path, name) if self.is_named else path, depth + 1)
        if isinstance(part, dict):
            for key, element in part.items():
                self.visit(element, self.path_below(path, key) if self.is_named else path, depth + 1)
        elif isinstance(part, (list, tuple)):
            for i, element in enumerate(part):
                self.visit(element, self.path_below(path, i) if self.is_named else path, depth + 1)
        elif isinstance(part, (set, frozenset)):
            if any(isinstance(element, (Value, self.module)) for element in part):
                raise TypeError(
                    "parameters: expected them in attributes, lists, tuples, dicts or arrays, got a set, "
                    "which has no order; use a list"
                )
        elif not is_module and getattr(getattr(part, "dtype", None), "kind", "") == "O":  # an object array of numpy
            for i, element in enumerate(part if part.ndim else [part.item()]):
                self.visit(element, self.path_below(path, i) if self.is_named else path, depth + 1)

    def path_below(self, path: str, key: Any) -> str:
        """The path of an attribute or element."""
        return f"{path}.{key}" if path else str(key)
