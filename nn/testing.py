"""Hypothesis strategies of networks, for users' own tests; needs the extra `testing`."""

import random
from collections.abc import Sequence
from typing import Any

from autodiff.extend import needed

with needed("nn.testing", "hypothesis", "testing"):
    from hypothesis import note
    from hypothesis import strategies as st

from autodiff.testing import reals
from nn.activations import ACTIVATIONS, Activation, ActivationName
from nn.modules.perceptron import MLP

SMOOTH: Sequence[ActivationName] = (
    "identity",
    "tanh",
    "sigmoid",
    "softplus",
    "sin",
)  # the names of activations without a kink


def networks(
    max_inputs: int = 3,
    max_layers: int = 3,
    max_width: int = 4,
    *,
    activations: Sequence[ActivationName | Activation] = SMOOTH,
) -> st.SearchStrategy[tuple[MLP, list[float], Any]]:
    """Draw (model, inputs, targets), ready for `loss(model(inputs), targets)`.

    Weights are uniform on [-1, 1], biases are 0, inputs and targets lie between -2 and 2. A falsifying example is
    printed with the call that constructs its model. It shrinks towards one identity neuron with one input, and zeros.

    Args:
        max_inputs: the largest number of inputs, at least 1.
        max_layers: the largest number of layers, at least 1.
        max_width: the largest number of neurons in a layer, at least 1.
        activations: the candidates for the inner and for the last activation: names in `nn.ACTIVATIONS`, or functions.

    Returns:
        A strategy of tuples (model, inputs, targets): an `MLP`, a list of n_in floats, and a list of n_out floats, or
        one float if the last layer has one neuron.

    Raises:
        ValueError: if a size is below 1, or there is no activation.

    >>> from hypothesis import find
    >>> find(networks(), lambda network: "tanh" in repr(network[0]))
    (MLP(1, [1], output_activation='tanh'), [0.0], 0.0)
    """
    for name, size in (("max_inputs", max_inputs), ("max_layers", max_layers), ("max_width", max_width)):
        if size < 1:
            raise ValueError(f"networks: expected {name} >= 1, got {size!r}")
    if not activations:
        raise ValueError(f"networks: expected at least one activation, got none; there are {', '.join(ACTIVATIONS)}")
    return _networks(max_inputs, max_layers, max_width, activations)


@st.composite
def _networks(
    draw: st.DrawFn,
    max_inputs: int,
    max_layers: int,
    max_width: int,
    activations: Sequence[ActivationName | Activation],
) -> tuple[MLP, list[float], Any]:
    n_in = draw(st.integers(1, max_inputs))
    sizes = draw(st.lists(st.integers(1, max_width), min_size=1, max_size=max_layers))
    inner, last = draw(st.sampled_from(activations)), draw(st.sampled_from(activations))
    seed = draw(st.integers(0, 2**32 - 1))
    model = MLP(n_in, sizes, activation=inner, output_activation=last, init="uniform", rng=random.Random(seed))
    note(f"model = {repr(model)[:-1]}, init='uniform', rng=random.Random({seed}))")
    inputs, targets = (draw(st.lists(reals(-2.0, 2.0), min_size=n, max_size=n)) for n in (n_in, sizes[-1]))
    return model, inputs, targets[0] if len(targets) == 1 else targets
