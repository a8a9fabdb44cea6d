"""One call of a function by a transform: fresh inputs, results as Values, and derivatives in the right structure.

In `grad(lambda x: x * grad(lambda y: x + y)(x))` the y of the inner function is another node than the x around it, and
their derivatives stay apart. While the function runs, the inputs are marked INPUT: so `float()` refuses them, and an
inner transform sees that it runs inside another.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, MethodType
from typing import Any

from autodiff import reverse
from autodiff.graph import topological_order
from autodiff.guard import Guard
from autodiff.node import INPUT
from autodiff.observers import observers, report_read
from autodiff.primitives import IDENTITY
from autodiff.structure import holds_value, is_number, map_numbers, map_values, numbers_of, with_numbers
from autodiff.value import Operation, Value, as_value


class Transformed:
    """What a transform returns: a function with the name and the arguments of `f`, shown as "grad of f"."""

    def __init__(self, what: str, f: Callable[..., Any], run: Callable[..., Any]) -> None:
        _check_function(what, f)
        self.__wrapped__, self._run = f, run
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self._title = f"{what} of {repr(f) if isinstance(f, Transformed) else self.__name__}"
        self.__doc__ = f"The {self._title}.\n\n{f.__doc__ or ''}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method of a class it gets the instance, as any function does."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return self._title


class Call:
    """One call of a function by a transform.

    Attributes:
        inputs: the fresh inputs, in order; `wrt` has the structures that hold them.
        result: what the function returned; `outputs` has its numbers as Values, and `order` their graph.
        aux: what it returned beside the result.
        on_values: whether the derivatives are to be Values.
    """

    def __init__(
        self,
        who: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | Sequence[int],
        kwargs: Mapping[str, Any] = MappingProxyType({}),
        has_aux: bool = False,
    ) -> None:
        _check_function(who, f)
        self.who = who
        self.single = isinstance(argnums, int)
        self.positions = []
        for position in [argnums] if isinstance(argnums, int) else [*argnums]:
            if not isinstance(position, int) or not -len(args) <= position < len(args):
                raise ValueError(f"{who}: expected argnums to name one of {len(args)} arguments, got {position!r}")
            self.positions.append(position % len(args))
        fresh = [
            map_numbers(_fresh, arg, who) if position in self.positions else arg for position, arg in enumerate(args)
        ]
        self.wrt = [fresh[position] for position in self.positions]
        self.inputs: list[Value] = numbers_of(self.wrt, who)
        try:
            with Guard(who, self.inputs, "an argument"):
                returned = f(*fresh, **kwargs)
        finally:
            for node in self.inputs:
                # from now on an ordinary leaf, or the outer Value's identity
                node._primitive = IDENTITY if node.operands else None
        self.result, aux = _pair(who, returned) if has_aux else (returned, None)
        self.outputs = [as_value(number) for number in numbers_of(self.result, who)]
        self.order = topological_order(*self.outputs)
        beside: list[Value] = []
        map_values(beside.append, aux)
        order = topological_order(*self.outputs, *beside) if beside else self.order
        self.on_values = (
            holds_value(args)
            or holds_value(kwargs)
            or any(node._primitive is INPUT for node in order)  # an input of an enclosing transform
        )
        self.aux = aux if self.on_values else map_values(lambda node: node.data, aux)

    def numbers(self, outputs: list[Value]) -> list[Any]:
        """The outputs as Values if the derivatives are to be Values, else as floats."""
        return list(outputs) if self.on_values else [output.data for output in outputs]

    def adjoints(self, output: Value, on_values: bool | None = None) -> list[Any]:
        """The derivatives of one output by the inputs, flat."""
        if self.on_values if on_values is None else on_values:
            return [as_value(number) for number in reverse.adjoints_on_values(output, self.inputs)]
        if observers:
            report_read(output)  # its derivatives leave the graph as numbers
        return reverse.adjoints(output, self.inputs)

    def structured(self, numbers: list[Any]) -> list[Any]:
        """A number for each input, in the structures of the arguments."""
        return with_numbers(self.wrt, numbers, self.who)  # type: ignore[no-any-return]

    def gradient(self) -> Any:
        """The gradient of a function that must have returned one number, in the structure of the arguments."""
        if len(self.outputs) != 1 or not is_number(self.result):
            got = f"a {type(self.result).__name__} of {len(self.outputs)}"
            hint = ", or has_aux=True for (number, aux)" if isinstance(self.result, tuple) else ""
            raise TypeError(f"grad: expected a function that returns one number, got {got}; use jacobian{hint}")
        structures = self.structured(self.adjoints(self.outputs[0]))
        return structures[0] if self.single else tuple(structures)


def _check_function(who: str, f: object) -> None:
    """Raise TypeError unless it can be called."""
    if not callable(f):
        hint = "; for a Value that was computed, use gradients" if isinstance(f, Value) else ""
        raise TypeError(f"{who}: expected a function, got {type(f).__name__}{hint}")


def _pair(who: str, returned: Any) -> tuple[Any, Any]:
    """What a function with `has_aux` returned, checked."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        got = f"a tuple of {len(returned)}" if isinstance(returned, tuple) else type(returned).__name__
        raise TypeError(f"{who}: expected a function that returns (result, aux), as has_aux=True says, got {got}")
    return returned


def _fresh(number: Any) -> Value:
    """A fresh input for a number: a leaf, or for a Value a node on top of it."""
    if isinstance(number, Value):
        return Operation(INPUT, number._data, number, 1.0)
    return Operation(INPUT, float(number))
