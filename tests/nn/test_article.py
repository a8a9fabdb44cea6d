"""The article's backpropagation, in matrices and by hand, against what `backward()` leaves in `grad`.

    delta(L) = (a(L) - y) o sigma'(z(L))
    delta(l) = delta(l+1) W(l)' o sigma'(z(l))
    dC/dW(l) = a(l)' delta(l+1),  dC/db(l) = delta(l+1)

with row vectors, as in the article: z(l+1) = a(l) W(l) + b(l), a = sigma(z), C = 1/2 sum (a(L) - y)**2.
"""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Value
from nn import MLP
from nn.losses import squared_error

sizes = st.lists(st.integers(1, 5), min_size=2, max_size=5)  # of the layers, inputs included: 1 to 4 layers of neurons


def matrices(model):
    """Each layer's W, a column for a neuron, and b."""
    for layer in model.layers:
        W = np.array([[w.data for w in neuron.weights] for neuron in layer.neurons]).T
        yield W, np.array([neuron.bias.data for neuron in layer.neurons])


def forward(model, x):
    """The activations a(1), ..., a(L), in matrices."""
    activations = [np.array(x)]
    for W, b in matrices(model):
        activations.append(1 / (1 + np.exp(-(activations[-1] @ W + b))))
    return activations


def deltas_of(model, activations, error, magnitude=lambda matrix: matrix):
    """The article's recursion, from the last layer back to the first."""
    slopes = [a * (1 - a) for a in activations[1:]]
    deltas = [error * slopes[-1]]
    for (W, _), slope in zip(reversed([*matrices(model)][1:]), reversed(slopes[:-1]), strict=True):
        deltas.insert(0, deltas[0] @ magnitude(W).T * slope)
    return deltas


@given(sizes=sizes, seed=st.integers(0, 2**32))
def test_backward_gives_the_deltas_and_gradients_of_the_article(sizes, seed):
    rng = random.Random(seed)
    model = MLP(sizes[0], sizes[1:], activation="sigmoid", output_activation="sigmoid", init="standard_normal", rng=rng)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.bias.data = rng.gauss(0, 1)
    x = [rng.gauss(0, 1) for _ in range(sizes[0])]
    y = [rng.random() for _ in range(sizes[-1])]

    layers = [[*map(Value, x)]]
    for layer in model.layers:
        layers.append(layer(layers[-1]))
    squared_error(layers[-1], y).backward()

    activations = forward(model, x)
    deltas = deltas_of(model, activations, activations[-1] - y)
    # Both sides are sums of products, rounded in another order: relative to the sum of their absolute values, which
    # the same recursion gives, 1e-12 leaves 4500 eps for the few dozen operations.
    scales = deltas_of(model, activations, activations[-1] + y, np.abs)
    for a, layer, outputs, delta, scale in zip(activations, model.layers, layers[1:], deltas, scales, strict=False):
        pre_activations = [output.operands[0] for output in outputs]  # z, under the sigmoid
        assert np.all(abs([z.grad for z in pre_activations] - delta) <= 1e-12 * scale)
        assert np.all(abs([neuron.bias.grad for neuron in layer.neurons] - delta) <= 1e-12 * scale)
        gradient = np.array([[w.grad for w in neuron.weights] for neuron in layer.neurons]).T
        assert np.all(abs(gradient - np.outer(a, delta)) <= 1e-12 * np.outer(abs(a), scale))


@given(seed=st.integers(0, 2**32))
def test_the_forward_pass_is_that_of_the_matrices(seed):
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(seed))
    outputs = [output.data for output in model([0.5, -1.0])]
    np.testing.assert_allclose(outputs, forward(model, [0.5, -1.0])[-1], rtol=1e-14)  # a dozen operations of eps each
