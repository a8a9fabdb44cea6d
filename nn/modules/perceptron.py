"""The multi-layer perceptron, a(l+1) = activation(W a(l) + b): `Neuron`, `Layer` and `MLP`."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from autodiff import Value, affine
from autodiff.extend import check_positive_int, check_rng, data_of, needed, set_data
from nn.activations import ACTIVATIONS, Activation, ActivationName, by_name
from nn.init import Initializer, InitializerName, initializer
from nn.modules.module import Module

if TYPE_CHECKING:

    class Output(Value, list[Value]):  # type: ignore[misc]  # no such object: an annotation that allows what either has
        """What a model returns: a Value, or a list of Values, as its last layer decides."""


_DEFAULT_RNG = cast(random.Random, random)  # the functions of the module are methods of Python's own generator


class Neuron(Module):
    """activation(weights . inputs + bias): three nodes of the graph for any number of inputs.

    Args:
        n_in: the number of inputs, at least 1.
        activation: a name in `nn.ACTIVATIONS`, or a function of a Value; relu by default, as in micrograd.
        init: "matched" to the activation (see `nn.init.matched`), a name in `nn.init.INITIALIZERS`, or a function
            (rng, n_in, n_out) -> weight. The bias starts at 0. micrograd's is "uniform".
        rng: the generator of the weights; by default Python's own, which `random.seed` seeds.
        n_out: the number of neurons in its layer, at least 1, for initializers that depend on it.
        nonlin: micrograd's word: False for the activation "identity".

    Attributes:
        weights: a tuple of n_in Values; to change a weight, set its `data`. In micrograd it is `w`.
        bias: a Value. In micrograd it is `b`.

    Raises:
        ValueError: if a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        n_in: int,
        *,
        activation: ActivationName | Activation = "relu",
        init: InitializerName | Initializer = "matched",
        rng: random.Random | None = None,
        n_out: int = 1,
        nonlin: bool = True,
    ) -> None:
        activation = activation if nonlin else "identity"
        n_in = check_positive_int("Neuron", "n_in", n_in)
        if rng is None:
            rng = _DEFAULT_RNG
        else:
            check_rng("Neuron", rng)
        draw = initializer(init, activation)
        self.weights = tuple([Value(draw(rng, n_in, n_out)) for _ in range(n_in)])
        self.bias = Value(0.0)
        self.activation = activation
        self._activate = ACTIVATIONS[activation] if isinstance(activation, str) else activation

    @property
    def w(self) -> tuple[Value, ...]:
        """The weights, by micrograd's name."""
        return self.weights

    @property
    def b(self) -> Value:
        """The bias, by micrograd's name."""
        return self.bias

    def __call__(self, inputs: Sequence[Value | float]) -> Value:
        """Return the activation, a Value, for n_in Values or numbers."""
        _check_inputs("Neuron", inputs, len(self.weights))
        (out,) = _activations([self], inputs)
        return out

    def __repr__(self) -> str:
        return f"Neuron({len(self.weights)}, activation={activation_name(self.activation)})"


class Layer(Module):
    """`n_out` neurons with the same `n_in` inputs.

    The arguments and errors are those of `Neuron`; the attribute `neurons` is the list of them.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        activation: ActivationName | Activation = "relu",
        init: InitializerName | Initializer = "matched",
        rng: random.Random | None = None,
        nonlin: bool = True,
    ) -> None:
        n_out = check_positive_int("Layer", "n_out", n_out)
        activation = activation if nonlin else "identity"
        self.neurons = [Neuron(n_in, activation=activation, init=init, rng=rng, n_out=n_out) for _ in range(n_out)]

    def __call__(self, inputs: Sequence[Value | float]) -> list[Value]:
        """Return a list of n_out activations for n_in Values or numbers."""
        return _activations(self.neurons, _as_inputs("Layer", inputs, len(self.neurons[0].weights)))

    def matrix(self) -> tuple[Any, Any]:
        """Return (W, b), arrays of numpy: W (n_in, n_out) and b (n_out,), with z = x @ W + b. PyTorch's W is W.T.

        >>> W, b = Layer(2, 3).matrix()
        >>> W.shape, b.shape
        ((2, 3), (3,))
        """
        with needed("Layer.matrix", "numpy", "fast"):
            import numpy as np
        rows = [data_of([*neuron.weights]) for neuron in self.neurons]
        return np.array(rows).T.copy(), np.array([neuron.bias.data for neuron in self.neurons])

    def set_matrix(self, W: Any, b: Any) -> None:
        """Set all weights, to W (n_in, n_out), and all biases, to b (n_out,): arrays, or lists of numbers.

        Raises:
            ValueError: if a shape is another, or a number not finite; then nothing is changed.
        """
        with needed("Layer.set_matrix", "numpy", "fast"):
            import numpy as np
        n_in, n_out = len(self.neurons[0].weights), len(self.neurons)
        arrays = np.asarray(W, np.float64), np.asarray(b, np.float64)
        for name, array, shape in zip("Wb", arrays, [(n_in, n_out), (n_out,)], strict=True):
            if array.shape != shape:
                hint = "; use W.T" if array.shape == shape[::-1] else ""
                raise ValueError(f"Layer.set_matrix: expected {name} of shape {shape}, got {array.shape}{hint}")
            if not np.isfinite(array).all():
                raise ValueError(f"Layer.set_matrix: expected finite numbers in {name}, got nan or inf")
        for neuron, weights, bias in zip(self.neurons, arrays[0].T.tolist(), arrays[1].tolist(), strict=True):
            set_data([*neuron.weights, neuron.bias], [*weights, bias])

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return f"Layer({len(neuron.weights)}, {len(self.neurons)}, activation={activation_name(neuron.activation)})"


class MLP(Module):
    """A multi-layer perceptron. `MLP(2, [16, 16, 1])` is micrograd's, with relu inside and a linear output.

    Args:
        n_in: the number of inputs, at least 1.
        sizes: the number of neurons in each layer; at least one layer.
        activation, output_activation: of all layers but the last, and of the last; see `Neuron`.
        init, rng: see `Neuron`; the weights are drawn neuron by neuron.

    Attributes:
        layers: the Layers.

    Raises:
        ValueError: if a size is not positive, there is no layer, or a name is unknown.

    >>> model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    >>> model
    MLP(2, [3, 2], activation='sigmoid', output_activation='sigmoid')
    >>> [round(a.data, 3) for a in model([1.0, 2.0])]
    [0.604, 0.59]
    """

    def __init__(
        self,
        n_in: int,
        sizes: Sequence[int],
        *,
        activation: ActivationName | Activation = "relu",
        output_activation: ActivationName | Activation = "identity",
        init: InitializerName | Initializer = "matched",
        rng: random.Random | None = None,
    ) -> None:
        if not hasattr(sizes, "__len__"):
            raise TypeError(f"MLP: expected sizes to be a list, as in [16, 16, 1], got {type(sizes).__name__}")
        if len(sizes) == 0:
            raise ValueError("MLP: expected at least one layer, got sizes=[]; give the number of neurons of each layer")
        by_name("activation", ACTIVATIONS, activation)  # checked also if there is only one layer
        widths = [n_in, *sizes]
        activations = [activation] * (len(sizes) - 1) + [output_activation]
        self.layers = [
            Layer(n, n_out, activation=activate, init=init, rng=rng)
            for n, n_out, activate in zip(widths[:-1], widths[1:], activations, strict=True)
        ]

    def __call__(self, inputs: Sequence[Value | float]) -> "Output":
        """Return the output for n_in Values or numbers.

        Returns:
            A Value if the last layer has one neuron (micrograd's habit), else a list of Values.

        Raises:
            ValueError: if the number of inputs is not n_in.
        """
        activations = _as_inputs("MLP", inputs, len(self.layers[0].neurons[0].weights))
        for layer in self.layers:
            activations = _activations(layer.neurons, activations)
        return cast("Output", activations[0] if len(activations) == 1 else activations)

    def __repr__(self) -> str:
        first, last = self.layers[0].neurons[0], self.layers[-1].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        inside = f"activation={activation_name(first.activation)}, " if len(sizes) > 1 else ""
        return f"MLP({len(first.weights)}, {sizes}, {inside}output_activation={activation_name(last.activation)})"


def _activations(neurons: list[Neuron], inputs: Sequence[Value | float]) -> list[Value]:
    """The activations of neurons with the same inputs, whose number was checked before."""
    sums = affine([neuron.weights for neuron in neurons], inputs, [neuron.bias for neuron in neurons])
    outs = [neuron._activate(z) for neuron, z in zip(neurons, sums, strict=True)]
    for i, out in enumerate(outs):
        if not isinstance(out, Value):
            got, name = type(out).__name__, activation_name(neurons[i].activation)
            raise TypeError(f"Neuron: expected the activation to return a Value, got {got} from {name}; use autodiff's")
    return outs


def _as_inputs(who: str, inputs: Sequence[Value | float], n_in: int) -> list[Value]:
    """The inputs as Values: one Value for each number, shared by all neurons."""
    _check_inputs(who, inputs, n_in)
    return [x if isinstance(x, Value) else Value(x) for x in inputs]


def _check_inputs(who: str, inputs: Sequence[Value | float], n_in: int) -> None:
    """Raise TypeError or ValueError unless there are n_in inputs."""
    if not hasattr(inputs, "__len__"):
        hint = "; give a row for each sample, as in [[1.0], [2.0]] or x.reshape(-1, 1)" if n_in == 1 else ""
        raise TypeError(f"{who}: expected a list of {n_in} inputs, got {type(inputs).__name__}{hint}")
    if len(inputs) and hasattr(inputs[0], "__len__") and not isinstance(inputs[0], str):
        raise TypeError(
            f"{who}: expected the inputs of one sample, got rows; for many, nn.predict(model, rows), "
            "or [model(row) for row in rows]"
        )
    if len(inputs) != n_in:
        raise ValueError(f"{who}: expected {n_in} inputs, got {len(inputs)} (built with n_in={n_in})")


def activation_name(activation: ActivationName | Activation) -> str:
    """Return an activation as code."""
    return repr(activation) if isinstance(activation, str) else getattr(activation, "__name__", repr(activation))
