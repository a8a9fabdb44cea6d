"""`Sequential` and `Linear`: networks put together from their parts, under PyTorch's names."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast, overload

from autodiff import Value
from autodiff.extend import as_value, type_name
from nn.activations import ACTIVATIONS, ActivationName, by_name
from nn.init import Initializer, InitializerName
from nn.modules.module import Module
from nn.modules.perceptron import Layer, activation_name

if TYPE_CHECKING:
    from nn.modules.perceptron import Output


class Linear(Layer):
    """A layer without an activation, z = x @ W + b. The arguments are those of `Layer`.

    >>> Linear(2, 3)
    Linear(2, 3)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        init: InitializerName | Initializer = "matched",
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(n_in, n_out, activation="identity", init=init, rng=rng)

    def __repr__(self) -> str:
        return f"Linear({len(self.neurons[0].weights)}, {len(self.neurons)})"


class Sequential(Module):
    """Modules and functions, one after the other: each gets what the one before it returned.

    Args:
        *layers: Modules that take a list; or names in `nn.ACTIVATIONS`, or functions of a Value, for each activation.

    Attributes:
        layers: the list of them.

    Raises:
        TypeError: if a layer is neither.
        ValueError: if there is none, or a name is unknown.

    >>> from nn import Dropout
    >>> rng = random.Random(0)
    >>> model = Sequential(Linear(2, 16, rng=rng), "tanh", Dropout(0.2, rng=rng), Linear(16, 1, rng=rng))
    >>> model
    Sequential(Linear(2, 16), 'tanh', Dropout(0.2), Linear(16, 1))
    >>> model[0], len(model), model[:2]  # a slice is a Sequential of the same layers
    (Linear(2, 16), 4, Sequential(Linear(2, 16), 'tanh'))
    >>> round(model([0.5, -1.0]).data, 3)
    -0.299
    """

    def __init__(self, *layers: Module | ActivationName | Callable[[Any], Any]) -> None:
        if len(layers) == 1 and isinstance(layers[0], list | tuple):
            layers = (*layers[0],)
        if not layers:
            raise ValueError("Sequential: expected at least one layer, got none")
        for layer in layers:
            if isinstance(layer, type) or not (callable(layer) or isinstance(layer, str)):
                raise TypeError(f"Sequential: expected modules and functions, got {type_name(layer)}")
            if isinstance(layer, str):
                by_name("Sequential", ACTIVATIONS, layer)
        self.layers = list(layers)

    def __call__(self, inputs: Sequence[Value | float]) -> "Output":
        """Return the output of the last layer: a Value if it is one, as that of an `MLP`, else a list of Values."""
        outputs: Any = inputs
        for layer in self.layers:
            if isinstance(layer, Module):
                outputs = layer(outputs)  # type: ignore[operator]
            else:
                function = ACTIVATIONS[layer] if isinstance(layer, str) else layer
                outputs = [function(as_value(x, "Sequential")) for x in outputs]
            if isinstance(outputs, Value):
                outputs = [outputs]
        return cast("Output", outputs[0] if len(outputs) == 1 else outputs)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Any:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        names = [repr(layer) if isinstance(layer, Module) else activation_name(layer) for layer in self.layers]
        return f"Sequential({', '.join(names)})"
