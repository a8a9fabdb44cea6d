"""Arguments in lists, dicts and arrays as flat numbers, each by the caller's own name, and back again."""

import inspect
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autodiff.errors import GradientError
from autodiff.real import is_real
from autodiff.value import Value, as_value


def is_array(thing: Any) -> bool:
    """Whether it is an array or a tensor; numpy's scalars are not."""
    return hasattr(thing, "tolist") and hasattr(thing, "shape") and not is_real(thing)


def leaves(structure: Any, where: str, name: str = "", number: type = Value) -> Iterator[tuple[str, Any]]:
    """Every number of a structure with its name, as in `W[1][0]` or `p['a']`.

    Raises:
        TypeError: if there is anything else in it than real numbers and those of the type `number`.
    """
    if isinstance(structure, number) or is_real(structure):
        yield name, structure
    elif isinstance(structure, dict):
        for key, part in structure.items():
            yield from leaves(part, where, f"{name}[{key!r}]", number)
    elif isinstance(structure, list | tuple):
        for i, part in enumerate(structure):
            yield from leaves(part, where, f"{name}[{i}]", number)
    elif is_array(structure):
        yield from leaves(structure.tolist(), where, name, number)
    else:
        hint = ", the three dots; write the answer in their place" if structure is ... else ""
        hint = hint or ("; did you forget return?" if structure is None else "")
        kind = f"a bool: {structure}" if isinstance(structure, bool) else type(structure).__name__
        raise TypeError(f"{where}: expected numbers, or arrays, lists or dicts of numbers, got {kind}{hint}")


def rebuilt(structure: Any, numbers: Iterator[Any], kind: type | None = None) -> Any:
    """A structure of the same sort that holds other numbers, in order; arrays keep their type, or get that of `kind`.

    Args:
        structure: what to copy.
        numbers: what to put into it.
        kind: float, complex or Value; None for the types that are in `structure`.
    """
    if isinstance(structure, dict):
        return {key: rebuilt(part, numbers, kind) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        parts = [rebuilt(part, numbers, kind) for part in structure]
        return structure._make(parts) if hasattr(structure, "_make") else type(structure)(parts)
    if not is_array(structure):
        number = next(numbers)
        of_numpy = hasattr(structure, "dtype") and kind is not Value
        return (sys.modules["numpy"].dtype(kind or structure.dtype).type(number)) if of_numpy else number
    flat = [next(numbers) for _ in range(math.prod(structure.shape))]
    root = type(structure).__module__.partition(".")[0]
    if root == "torch":
        torch = sys.modules["torch"]
        dtypes: dict[Any, Any] = {None: structure.dtype, float: torch.float64, complex: torch.complex128}
        tensor = torch.tensor(flat, dtype=dtypes[kind], device=structure.device)
        return tensor.reshape(structure.shape).requires_grad_(structure.requires_grad)
    library = sys.modules["jax.numpy" if root == "jaxlib" else root]
    dtype = object if kind is Value else kind or structure.dtype
    return library.array(flat, dtype=dtype).reshape(structure.shape)


def in_order(names: Sequence[str], pairs: Iterable[tuple[str, Any]], where: str) -> list[float]:
    """The numbers of a structure, with their names, in the order of other names, which must be the same.

    An array of one number may stand for a number. Raise GradientError if the structures differ otherwise.
    """
    numbers = {name: float(number) for name, number in pairs}
    bare = {re.sub(r"(\[0\])+$", "", name): x for name, x in numbers.items()}
    if numbers.keys() != {*names} and bare.keys() >= {*names} and len(numbers) == len(names):
        numbers = bare
    if numbers.keys() != {*names}:
        raise GradientError(f"{where}: expected {_listed(names)}, got {_listed([*numbers])}")
    return [numbers[name] for name in names]


def _listed(names: Sequence[str]) -> str:
    """Which numbers."""
    count = "one number" if len(names) == 1 else f"{len(names)} numbers"
    which = ", ".join(names) if len(names) <= 4 else f"{names[0]} to {names[-1]}"
    return f"{count} ({which})" if which else count


def names_of(functions: Sequence[Any], count: int) -> list[str]:
    """The names that the first function to name enough arguments has for them, else those that a DomainError uses."""
    for function in functions:
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            continue
        names = [x.name for x in parameters if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]
        if len(names) >= count:
            return names[:count]
    return ["x", "y"][:count] if count <= 2 else [f"x{i}" for i in range(count)]


class Function:
    """A function of numbers, and the point at which it is looked at.

    Attributes:
        numbers: those that count, flat.
        names: one for each.
        groups: for each the largest of its argument, in size.
        outputs: the names of the numbers that it returns.
    """

    numbers: list[float]
    names: list[str]
    groups: list[float]
    outputs: list[str]

    def call(self, numbers: Sequence[Any], kind: type | None = None) -> list[Any]:
        """The outputs at another point, flat; `kind` as for `rebuilt`."""
        raise NotImplementedError

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        """The inputs and the outputs of a recorded call at another point."""
        inputs = [Value(x, name) for x, name in zip(numbers, self.names, strict=True)]
        return inputs, [as_value(x) for x in self.call(inputs, Value)]

    def place(self) -> str:
        """The point, in words."""
        shown = ", ".join(f"{name} = {x!r}" for name, x in zip(self.names[:8], self.numbers, strict=False))
        return shown + (f", and {len(self.names) - 8} more" if len(self.names) > 8 else "")


class Arguments(Function):
    """A function of structures."""

    def __init__(
        self, f: Callable[..., Any], point: tuple[Any, ...], argnums: int | Sequence[int] | None, by_hand: Any = None
    ) -> None:
        self.f = f
        self.point = point
        chosen = range(len(point)) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
        if not all(isinstance(i, int) and -len(point) <= i < len(point) for i in chosen):
            raise ValueError(f"check_gradients: expected argnums among 0 to {len(point) - 1}, got {argnums!r}")
        self.argnums = [i % len(point) for i in chosen]
        self.roots = names_of([f, by_hand], len(point))
        self.numbers, self.names, self.groups = [], [], []
        self.is_single = False  # whether numbers of single precision are among the arguments
        for i in self.argnums:
            self._add(self.roots[i], point[i])

    def _add(self, name: str, argument: Any) -> None:
        where = "check_gradients: the point"
        if callable(argument) and not hasattr(argument, "tolist"):
            raise TypeError(f"{where}: expected numbers, got a function; pass it as gradient=")
        kind = str(getattr(argument, "dtype", "float"))
        if "float" not in kind:
            raise TypeError(
                f"{where}: expected floats for {name}, got an array of {kind}; convert it, or leave it out by argnums="
            )
        self.is_single |= "float32" in kind
        try:
            pairs = [(name, float(x)) for name, x in leaves(argument, where, name)]
        except TypeError as error:
            raise TypeError(f"{error}; leave out what is no number by argnums=") from None
        self.names += [name for name, _ in pairs]
        self.numbers += [x for _, x in pairs]
        self.groups += [max([abs(x) for _, x in pairs])] * len(pairs) if pairs else []

    def at(self, numbers: Sequence[Any], kind: type | None = None) -> list[Any]:
        """The arguments of `f` at another point."""
        following = iter(numbers)
        arguments = list(self.point)
        for i in self.argnums:
            arguments[i] = rebuilt(self.point[i], following, kind)
        return arguments

    def result(self) -> Any:
        """What `f` returns at the point; its numbers get their names."""
        result = self.f(*self.at(self.numbers))
        self.outputs = [name for name, _ in leaves(result, "check_gradients: the result of f", "f")]
        return result

    def call(self, numbers: Sequence[Any], kind: type | None = None) -> list[Any]:
        result = self.f(*self.at(numbers, kind))
        return [x for _, x in leaves(result, "check_gradients: the result of f", "f", kind or Value)]

    def like_point(self, gradient: Any, where: str) -> list[float]:
        """The numbers of a gradient, which has the structure of the arguments."""
        parts = [gradient] if len(self.argnums) == 1 else gradient
        if not isinstance(parts, list | tuple) or len(parts) != len(self.argnums):
            got = len(parts) if isinstance(parts, list | tuple) else type(parts).__name__
            count = len(self.argnums)
            raise GradientError(
                f"{where}: expected a list or tuple of {count}, one for each argument, got {got}; "
                "argnums= chooses arguments"
            )
        pairs = [
            pair for i, part in zip(self.argnums, parts, strict=True) for pair in leaves(part, where, self.roots[i])
        ]
        return in_order(self.names, pairs, where)

    @property
    def counts(self) -> list[int]:
        """The lengths by which a mean may differ from a sum: of the whole point, and of each axis of its arguments."""

        def lengths(part: Any) -> list[int]:
            if is_array(part):
                return [*part.shape]
            return [len(part), *lengths(part[0])] if isinstance(part, list | tuple) and part else []

        return sorted({len(self.numbers)}.union(*(lengths(self.point[i]) for i in self.argnums)))


class Parameters(Function):
    """A model as a function of its parameters, for fixed inputs."""

    def __init__(self, model: Any, inputs: tuple[Any, ...]) -> None:
        named = list(model.named_parameters())
        self.names = [name for name, _ in named]
        self.parameters: list[Value] = [parameter for _, parameter in named]
        self.numbers = [parameter.data for parameter in self.parameters]
        self.groups = [abs(x) for x in self.numbers]
        self.model, self.inputs = model, inputs

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        return self.parameters, [as_value(x) for x in self.call(numbers)]

    def call(self, numbers: Sequence[Any], kind: type | None = None) -> list[Any]:
        """The outputs, flat; the parameters are left as they were."""
        try:
            self._put(numbers)
            return [x for _, x in leaves(self.model(*self.inputs), "check_gradients: the model's output")]
        finally:
            self._put(self.numbers)

    def _put(self, numbers: Sequence[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x
