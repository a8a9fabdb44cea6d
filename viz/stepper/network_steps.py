"""`viz.backprop`: backpropagation through a network, neuron by neuron, beside the matrix formulas of the blackboard."""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value
from autodiff.extend import check_choice, check_positive_int, type_name
from nn.losses import squared_error
from viz.graph.checks import check_size
from viz.graph.description import describe, visible_order
from viz.graph.layers import check_network
from viz.stepper.matrices import Matrices
from viz.stepper.network_story import NetworkStory
from viz.stepper.stepper import Steps, of_network
from viz.style.palette import Theme, theme_colors

LEVELS = "neurons", "layers"
MAX_NODES = 2_000  # the largest number of nodes of a graph


def backprop(
    model: Any,
    x: Sequence[Value | float] | Value | float,
    target: Any,
    *,
    loss: Callable[[Any, Any], Any] = squared_error,
    level: str = "neurons",
    digits: int = 4,
    theme: Theme = "light",
) -> Steps:
    """Return the forward and the backward pass of a network for one sample, as on the blackboard, step by step.

    The picture has z, a, b and δ at its neurons, weights and their gradients on its lines. On the page the formula of
    the layer is beside it, with sizes and numbers, and the entries that a step uses and computes are lit:

        z(l+1) = a(l) W(l) + b(l)                   a(l) = σ(z(l))
        δ(L) = dC/da(L) ∘ σ′(z(L))                  δ(l) = (δ(l+1) W(l)ᵀ) ∘ σ′(z(l))
        dC/dW(l) = a(l)ᵀ δ(l+1)                     dC/db(l) = δ(l+1)

    Names and counting are the article's. No `grad` changes.

    Args:
        model: an `nn.MLP`, or another model with `layers` of `neurons`, at most 16 in a layer.
        x: the inputs of the sample, n_in numbers or Values; a single one for a model of one input.
        target: what the loss compares the prediction with: a number, n_out of them, or a class.
        loss: (prediction, target) -> the cost, a Value, as `nn.fit` takes it.
        level: a step is one of the "neurons", or one of the "layers".
        digits: the number of significant digits.
        theme: "light", "dark" or "print", for slides and pictures; a page follows its reader.

    Returns:
        The steps, as `viz.steps` returns them: a notebook shows the page, `save` writes it, or slides.

    Raises:
        TypeError: if the model is not a network of layers, or the loss returns no Value.
        ValueError: if the model has another number of inputs, a layer is too large, or an option has another value.

    >>> import random
    >>> from nn import MLP
    >>> model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    >>> steps = backprop(model, [0.5, -1.0], [1.0, 0.0])
    >>> print(str(steps[9]).splitlines()[0])
    δ⁽³⁾₂ = dC/da⁽³⁾₂ · ∂a⁽³⁾₂/∂z⁽³⁾₂ = 0.6531 · 0.2266 = 0.148.
    >>> steps.save("backprop.html")  # doctest: +SKIP
    PosixPath('backprop.html')

    References:
        The article "A simple backprop explanation", sections on the neural network and on δ.
    """
    check_network("backprop", model)
    check_choice("backprop", "level", level, LEVELS)
    digits, colors = check_positive_int("backprop", "digits", digits), theme_colors("backprop", theme)
    if not callable(loss):
        raise TypeError(f"backprop: expected loss to be a function (prediction, target) -> cost, got {loss!r}")
    if x is None:
        raise TypeError("backprop: expected x to be the inputs of a sample, got None")
    row = [x] if isinstance(x, Value | float | int) else x
    # Values have a name in the picture
    cost = loss(model([one if isinstance(one, Value) else Value(one) for one in row]), target)
    if not isinstance(cost, Value):
        raise TypeError(f"backprop: expected loss to return a Value, got {type_name(cost)}; compute with Values")
    cost.label = cost.label or "C"
    check_size("backprop", len(visible_order([cost])), MAX_NODES, "show")
    graph = describe([cost], clusters=model).named()
    story = NetworkStory(model, graph, digits, level, who="backprop")
    return of_network(story, graph, digits, colors, Matrices(story, squared=loss is squared_error))
