"""`Module`: the base class of models. A subclass only assigns its parameters to attributes."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from autodiff import Value
from autodiff.extend import data_of, is_finite, set_data, short, zero_grad
from nn.errors import StateError
from nn.modules.parameters import named_parameters_in, parameters_in

MAX_NAMES_SHOWN = 3  # in a message
CONTAINERS = (list, tuple, dict)
HINTS = {
    "bias": "matrix(), which returns (W, b)",
    "compile": "nn.fit(model, loss, inputs, targets, optimizer=...)",
    "evaluate": "nn.metrics.accuracy(nn.predict(model, inputs), targets)",
    "fit": "nn.fit(model, loss, inputs, targets, optimizer=...)",
    "forward": "model(inputs)",
    "get_weights": "matrix() of a layer",
    "load_state_dict": "load_state(state)",
    "predict": "nn.predict(model, inputs)",
    "save": 'nn.save("model.json", model)',
    "set_weights": "set_matrix(W, b) of a layer",
    "state_dict": "state()",
    "weight": "matrix(), which returns (W, b)",
}
"""The methods of other libraries, and how one writes it here."""


class Module:
    """Base class of models and their layers.

    Define `__call__`, which is PyTorch's `forward`. A parameter is a leaf Value in an attribute: directly, in another
    Module, or in a list, tuple, dict or object array of these. A parameter in a set, which has no order, is refused.
    The result of a computation is not a parameter. A parameter in two places is one parameter.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.m, self.c = Value(1.0), Value(0.0)
    ...
    ...     def __call__(self, x):
    ...         return self.m * x + self.c
    >>> [name for name, _ in Line().named_parameters()]
    ['m', 'c']
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "forward" in cls.__dict__ and not any("__call__" in vars(base) for base in cls.__mro__):
            raise TypeError(f"{cls.__name__}: expected __call__, got forward; rename it: def __call__(self, inputs)")
        if cls.__dict__.get("__slots__"):
            raise TypeError(f"{cls.__name__}: expected a Module without __slots__, where parameters would not be found")

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return (name, parameter) pairs in the order of assignment; a name is a path such as "layers.0.bias"."""
        return named_parameters_in(self, Module)

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return parameters_in(self, Module)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, because `backward()` adds to it."""
        zero_grad(self.parameters())

    def modules(self) -> list["Module"]:
        """Return this module and all modules in it, each once, outer ones first."""
        return modules_in(self)

    def train(self, mode: bool = True) -> Self:
        """Set `training` of all modules that have it, such as `nn.Dropout`, as `fit` does, and return the model."""
        for module in self.modules():
            if "training" in vars(module):
                vars(module)["training"] = mode
        return self

    def eval(self) -> Self:
        """Return the model, no longer training."""
        return self.train(False)

    def state(self) -> dict[str, float]:
        """Return {name: data} of the parameters, PyTorch's `state_dict`; `nn.save` writes it to a file."""
        named = self.named_parameters()
        state = {name: parameter.data for name, parameter in named}
        if len(state) < len(named):
            ((duplicate, _),) = Counter([name for name, _ in named]).most_common(1)
            raise StateError(
                f"{type(self).__name__}: expected every parameter to have a name of its own, got two {duplicate!r}"
            )
        return state

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set the parameters to the state of a model of the same shape, or raise StateError and change none."""
        check_state(self, state)
        named = self.named_parameters()
        parameters = [parameter for _, parameter in named]
        before = data_of(parameters)
        try:
            for name, parameter in named:
                parameter.data = float(state[name])
        except BaseException:  # an interrupt
            set_data(parameters, before)
            raise

    if not TYPE_CHECKING:  # for a checker, a module has no other attributes than its own

        def __getattr__(self, name: str) -> Any:
            hint = HINTS.get(name)
            if hint and not hasattr(type(self), name):
                raise AttributeError(f"{type(self).__name__}: no {name} here; write {hint}")
            return object.__getattribute__(self, name)  # raises the error that Python would raise

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # without an address; a class of one's own may show its arguments

    def summary(self) -> str:
        """Return a table of the parts with their shapes and their numbers of parameters.

        The parts are the modules that the attributes hold, and the attributes that hold parameters themselves. A
        parameter that several parts share counts in the first.

        >>> from nn import MLP
        >>> print(MLP(2, [16, 16, 1]).summary())
        MLP(2, [16, 16, 1], activation='relu', output_activation='identity')
          layers.0    Layer(2, 16, activation='relu')       48
          layers.1    Layer(16, 16, activation='relu')     272
          layers.2    Layer(16, 1, activation='identity')   17
          parameters                                       337
        """
        seen: set[Value] = set()
        rows: list[tuple[str, str, int]] = []
        for name, attribute in vars(self).items():
            for path, part in _modules_in(attribute, name):
                rows.append((path, _name(part), _count_new(part, seen)))
            own = _count_new(attribute, seen)
            if own:
                rows.append((name, "Value" if isinstance(attribute, Value) else "Values", own))
        rows.append(("parameters", "", sum(count for _, _, count in rows)))
        first, second, last = [max(len(str(row[i])) for row in rows) for i in range(3)]
        lines = [f"  {path:{first}}  {part:{second}}  {count:>{last}}" for path, part, count in rows]
        return "\n".join([_name(self), *lines])


def check_state(model: Module, state: Any) -> None:
    """Raise StateError unless a state has a finite number for every parameter of the model, and no other name."""
    who = type(model).__name__
    if not isinstance(state, Mapping):
        raise StateError(f"{who}: expected a state to be a dict of numbers by name, got {type(state).__name__}")
    names = dict.fromkeys(name for name, _ in model.named_parameters())
    missing = [name for name in names if name not in state]
    unknown = [name for name in state if name not in names]
    if missing or unknown:
        faults = [f"{what} {_shortened(some)}" for what, some in (("without", missing), ("with", unknown)) if some]
        close = difflib.get_close_matches(str(unknown[0]), missing, n=1, cutoff=0.8) if unknown and missing else []
        hint = f"; is {unknown[0]!r} the old name of {close[0]!r}?" if close else "; it is of a model of another shape"
        raise StateError(f"{who}: expected the state of {len(names)} parameters, got one {' and '.join(faults)}{hint}")
    for name, number in state.items():
        if not is_finite(number):
            raise StateError(f"{who}: expected {name} to be a finite number, got {short(number)}")


def _shortened(names: list[Any]) -> str:
    """The first names, and the number of the others."""
    more = len(names) - MAX_NAMES_SHOWN
    return ", ".join(map(repr, names[:MAX_NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")


def modules_in(model: object) -> list[Any]:
    """Return the modules in a model, each once, outer ones first; the model may be of a class that is no Module."""
    seen: dict[int, Any] = {}
    waiting: list[Any] = [model]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen[id(part)] = part
            attributes = [] if type(part) in CONTAINERS else [*getattr(part, "__dict__", {}).values()]
            inside = part.values() if isinstance(part, dict) else part if isinstance(part, list | tuple) else ()
            waiting += reversed([x for x in (*attributes, *inside) if isinstance(x, (Module, list, tuple, dict))])
    return [part for part in seen.values() if isinstance(part, Module)]


def _modules_in(container: object, path: str) -> Iterator[tuple[str, object]]:
    """The outermost modules in a container, each with its path; a module itself is the only one."""
    if isinstance(container, Module):
        yield path, container
    elif isinstance(container, list | tuple | dict):
        for key, part in container.items() if isinstance(container, dict) else enumerate(container):
            yield from _modules_in(part, f"{path}.{key}")


def _count_new(part: object, seen: set[Value]) -> int:
    """The number of parameters in a part that are not in `seen`, which gets them."""
    new = [parameter for parameter in parameters_in(part, Module) if parameter not in seen]
    seen.update(new)
    return len(new)


def _name(module: object) -> str:
    """The `repr` of a module if its class defines one, else the name of its class."""
    plain = object.__repr__, Module.__repr__
    return type(module).__name__ if type(module).__repr__ in plain else repr(module)
