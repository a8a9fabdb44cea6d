"""Arguments in lists, dicts and arrays as flat numbers, each by the caller's own name, and back again."""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autodiff.errors import GradientError
from autodiff.real import is_real
from autodiff.value import Value, as_value


def is_array(thing: Any) -> bool:
    """Whether it is an array or a tensor; numpy's scalars are not."""
    return hasattr(thing, "tolist") and hasattr(thing, "shape") and not is_real(thing)


def leaves(structure: Any, where: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number of a structure with its name, as in `W[1][0]` or `p['a']`.

    Raises:
        TypeError: if there is anything else in it.
    """
    if isinstance(structure, Value) or is_real(structure):
        yield name, structure
    elif isinstance(structure, dict):
        for key, part in structure.items():
            yield from leaves(part, where, f"{name}[{key!r}]")
    elif isinstance(structure, list | tuple):
        for i, part in enumerate(structure):
            yield from leaves(part, where, f"{name}[{i}]")
    elif is_array(structure):
        yield from leaves(structure.tolist(), where, name)
    else:
        hint = ", the three dots; write the answer in their place" if structure is ... else ""
        hint = hint or ("; did you forget return?" if structure is None else "")
        raise TypeError(
            f"{where}: expected numbers, or arrays, lists or dicts of numbers, got {_kind(structure)}{hint}"
        )


def rebuilt(structure: Any, numbers: Iterator[Any]) -> Any:
    """A structure of the same kind that holds other numbers, in order; arrays keep their type."""
    if isinstance(structure, dict):
        return {key: rebuilt(part, numbers) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        parts = [rebuilt(part, numbers) for part in structure]
        return structure._make(parts) if hasattr(structure, "_make") else type(structure)(parts)
    if not is_array(structure):
        number = next(numbers)
        is_scalar = hasattr(structure, "dtype") and not isinstance(number, Value)  # numpy's
        return type(structure)(number) if is_scalar else number
    size = 1
    for length in structure.shape:
        size *= length
    flat = [next(numbers) for _ in range(size)]
    root = type(structure).__module__.partition(".")[0]
    if root == "torch":
        tensor = sys.modules["torch"].tensor(flat, dtype=structure.dtype, device=structure.device)
        return tensor.reshape(structure.shape).requires_grad_(structure.requires_grad)
    library = sys.modules["jax.numpy" if root == "jaxlib" else root]
    kind = object if any(isinstance(x, Value) for x in flat) else structure.dtype
    return library.array(flat, dtype=kind).reshape(structure.shape)


def matched(structure: Any, other: Any, where: str, name: str = "") -> Iterator[float]:
    """The numbers of `other` in the order of `structure`, which it must be like; a list may stand for an array.

    Raise GradientError if it is of another structure.
    """
    if isinstance(structure, dict) and isinstance(other, dict):
        if structure.keys() != other.keys():
            raise GradientError(f"{where}: expected the keys {[*structure]} for {name}, got {[*other]}")
        for key, part in structure.items():
            yield from matched(part, other[key], where, f"{name}[{key!r}]")
    elif isinstance(structure, list | tuple) or (is_array(structure) and tuple(structure.shape)):
        length = len(structure)
        if not hasattr(other, "__len__") or isinstance(other, dict | str) or not _shape(other):
            raise GradientError(f"{where}: expected {length} numbers or rows for {name}, got {_kind(other)}")
        if len(other) != length:
            raise GradientError(f"{where}: expected {length} numbers or rows for {name}, got {len(other)}")
        ours, theirs = (x.tolist() if is_array(x) else x for x in (structure, other))
        for i, (part, its) in enumerate(zip(ours, theirs, strict=True)):
            yield from matched(part, its, where, f"{name}[{i}]")
    else:
        numbers = [x for _, x in leaves(other, where)]
        if len(numbers) != 1:
            raise GradientError(f"{where}: expected one number for {name}, got {len(numbers)}")
        yield float(numbers[0])


def _shape(thing: Any) -> bool:
    """Whether it has a length: an array of no dimensions has none."""
    return bool(tuple(thing.shape)) if hasattr(thing, "shape") else True


def _kind(thing: Any) -> str:
    """What it is, in a word or two."""
    return f"a bool: {thing}" if isinstance(thing, bool) else type(thing).__name__


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


class Arguments:
    """A function, and the point at which it is looked at."""

    def __init__(
        self, f: Callable[..., Any], point: tuple[Any, ...], argnums: int | Sequence[int] | None, by_hand: Any = None
    ) -> None:
        self.f = f
        self.point = point
        chosen = range(len(point)) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
        if not all(isinstance(i, int) and -len(point) <= i < len(point) for i in chosen):
            raise ValueError(f"check_gradients: expected argnums among 0 to {len(point) - 1}, got {argnums!r}")
        self.argnums = [i % len(point) for i in chosen]
        self.single = isinstance(argnums, int) or len(self.argnums) == 1
        self.numbers: list[float] = []  # those that count, flat
        self.names: list[str] = []  # one for each
        self.groups: list[float] = []  # for each the largest of its argument, in size
        self.roots = names_of([f, by_hand], len(point))
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
        try:
            pairs = [(name, float(x)) for name, x in leaves(argument, where, name)]
        except TypeError as error:
            raise TypeError(f"{error}; leave out what is no number by argnums=") from None
        self.names += [name for name, _ in pairs]
        self.numbers += [x for _, x in pairs]
        self.groups += [max([abs(x) for _, x in pairs])] * len(pairs) if pairs else []

    def at(self, numbers: Sequence[Any]) -> list[Any]:
        """The arguments of `f` at another point."""
        following = iter(numbers)
        arguments = list(self.point)
        for i in self.argnums:
            arguments[i] = rebuilt(self.point[i], following)
        return arguments

    def like_point(self, gradient: Any, where: str) -> list[float]:
        """The numbers of a gradient, which has the structure of the arguments."""
        if self.single:
            (i,) = self.argnums
            return list(matched(self.point[i], gradient, where, self.roots[i]))
        if not isinstance(gradient, list | tuple) or len(gradient) != len(self.argnums):
            got = len(gradient) if isinstance(gradient, list | tuple) else _kind(gradient)
            raise GradientError(
                f"{where}: expected a list or tuple of {len(self.argnums)}, one for each argument, got {got}"
            )
        return [
            x
            for i, part in zip(self.argnums, gradient, strict=True)
            for x in matched(self.point[i], part, where, self.roots[i])
        ]

    def evaluate(self, numbers: Sequence[float]) -> list[float]:
        """The outputs at another point as floats, flat."""
        return [float(x) for x in self.call(numbers)]

    def call(self, numbers: Sequence[Any]) -> list[Any]:
        """The outputs at another point, flat."""
        return [x for _, x in leaves(self.f(*self.at(numbers)), "check_gradients: the result of f")]

    def outputs(self) -> list[str]:
        """The names of the numbers that `f` returns."""
        return [name for name, _ in leaves(self.f(*self.at(self.numbers)), "check: the result of f", "f")]

    @property
    def counts(self) -> list[int]:
        """The lengths by which a mean may differ from a sum: of the whole point, and of each axis of its arguments."""
        lengths = {len(self.numbers)}
        for i in self.argnums:
            part = self.point[i]
            while (
                hasattr(part, "__len__") and not isinstance(part, dict) and (not hasattr(part, "shape") or part.shape)
            ):
                lengths.add(len(part))
                part = part[0] if len(part) else 0.0
        return sorted(lengths)

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        """The inputs and the outputs of a recorded call at another point."""
        inputs = [Value(x, name) for x, name in zip(numbers, self.names, strict=True)]
        return inputs, [as_value(x) for x in self.call(inputs)]

    def place(self) -> str:
        """The point, in words."""
        shown = ", ".join(f"{name} = {x!r}" for name, x in zip(self.names[:8], self.numbers, strict=False))
        return shown + (f", and {len(self.names) - 8} more" if len(self.names) > 8 else "")


class Parameters(Arguments):
    """A model as a function of its parameters, for fixed inputs."""

    def __init__(self, model: Any, inputs: tuple[Any, ...]) -> None:
        named = list(model.named_parameters())
        self.names = [name for name, _ in named]
        self.parameters: list[Value] = [parameter for _, parameter in named]
        self.numbers = [parameter.data for parameter in self.parameters]
        self.groups = [abs(x) for x in self.numbers]
        self.f = model
        self.point = inputs

    def record(self, numbers: Sequence[float]) -> tuple[list[Value], list[Value]]:
        """The parameters and the outputs of a recorded call with other numbers in the parameters."""
        return self.parameters, [as_value(x) for x in self.call(numbers)]

    def call(self, numbers: Sequence[Any]) -> list[Any]:
        """The outputs, flat; the parameters are left as they were."""
        try:
            self._put(numbers)
            return [x for _, x in leaves(self.f(*self.point), "check_gradients: the model's output")]
        finally:
            self._put(self.numbers)

    def _put(self, numbers: Sequence[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x
