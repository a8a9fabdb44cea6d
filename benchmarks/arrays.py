"""The tasks written in arrays: the same code for PyTorch, JAX and autograd, each with its own few functions.

A network's parameters are a list of (W, b), W of shape (n_out, n_in), and samples are rows; all in float64.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from benchmarks.tasks.gpt import Gpt
from benchmarks.tasks.network import Network

Array: TypeAlias = Any
Layers: TypeAlias = Sequence[tuple[Array, Array]]


@dataclass(frozen=True)
class Library:
    """What the models need of a library, besides operators on its arrays."""

    array: Callable[[Any], Array]  # from a numpy array
    sum: Callable[[Array], Array]
    exp: Callable[[Array], Array]
    relu: Callable[[Array], Array]
    sigmoid: Callable[[Array], Array]
    mean_of_rows: Callable[[Array], Array]  # (n, m) -> (n, 1)
    logsumexp: Callable[[Array], Array]  # of rows, (n, m) -> (n, 1)
    concatenate: Callable[[list[Array]], Array]  # side by side


# ---------------------------------------------------------------------------------------------- the networks


def layers_of(network: Network) -> list[tuple[Array, Array]]:
    """Return the parameters that a network begins with."""
    layers, start = [], np.array(network.start)
    for n_in, n_out in network.shapes:
        rows, start = start[: n_out * (n_in + 1)].reshape(n_out, n_in + 1), start[n_out * (n_in + 1) :]
        layers.append((rows[:, :-1].copy(), rows[:, -1].copy()))
    return layers


def neuron_by_neuron(layers: Layers) -> list[float]:
    """Return parameters, or their gradients, in the order of `nn`."""
    rows = [np.column_stack([np.asarray(W), np.asarray(b)]).ravel() for W, b in layers]
    return np.concatenate(rows).tolist()  # type: ignore[no-any-return]


def batches_of(network: Network) -> list[tuple[Array, Array]]:
    """Return (inputs, targets) of each batch, of shapes (n, n_in) and (n, n_out)."""
    return [(np.array(batch.inputs), np.array(batch.targets)) for batch in network.batches]


def cost(library: Library, network: Network, layers: Layers, X: Array, T: Array) -> Array:
    """Return the mean loss over a batch, plus the L2 term."""
    A, activate = X, getattr(library, network.activation)
    for i, (W, b) in enumerate(layers, start=1):
        Z = A @ W.T + b
        A = Z if network.activation == "relu" and i == len(layers) else activate(Z)
    if network.activation == "relu":
        mean = library.sum(library.relu(1.0 - T * A)) / len(X)
    else:
        mean = 0.5 * library.sum((A - T) ** 2) / len(X)
    if network.l2:
        mean = mean + network.l2 * sum(library.sum(W * W) + library.sum(b * b) for W, b in layers)
    return mean


# ----------------------------------------------------------------------------------------------------- the GPT


def matrices_of(gpt: Gpt) -> list[Array]:
    """Return the model's matrices in the order of the scalar code: tokens, positions, six for a layer, output."""
    n, start = gpt.shape.embedding, np.array(gpt.start)
    letters = (gpt.shape.n_parameters // n - gpt.shape.block - 12 * n * gpt.shape.layers) // 2
    layer = [(n, n), (n, n), (n, n), (n, n), (4 * n, n), (n, 4 * n)]
    shapes = [(letters, n), (gpt.shape.block, n), *layer * gpt.shape.layers, (letters, n)]
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    return [part.reshape(shape).copy() for part, shape in zip(np.split(start, cuts), shapes, strict=True)]


def gpt_loss(library: Library, gpt: Gpt, matrices: Sequence[Array]) -> Array:
    """Return the mean surprise at the letters of the name; `char_gpt.loss` in matrices, a row for each position."""
    tokens, positions, *layers, output = matrices
    inputs, targets = np.array(gpt.tokens[:-1]), np.array(gpt.tokens[1:])
    n, width = len(inputs), gpt.shape.embedding // gpt.shape.heads
    future = library.array(np.triu(np.full((n, n), -1e30), k=1))  # added to a score, it makes its weight 0

    def norm(x: Array) -> Array:
        return x * (library.mean_of_rows(x * x) + 1e-5) ** -0.5

    x = tokens[inputs] + positions[:n]
    for i in range(0, len(layers), 6):
        query, key, value, mix, expand, contract = layers[i : i + 6]
        y = norm(x)
        q, k, v = y @ query.T, y @ key.T, y @ value.T
        found = []
        for head in range(gpt.shape.heads):
            part = slice(head * width, (head + 1) * width)
            scores = (q[:, part] @ k[:, part].T) * width**-0.5 + future
            found.append(library.exp(scores - library.logsumexp(scores)) @ v[:, part])
        x = x + library.concatenate(found) @ mix.T
        x = x + library.relu(norm(x) @ expand.T) @ contract.T
    logits = norm(x) @ output.T
    chosen = library.array(np.eye(len(output))[targets])
    return (library.sum(library.logsumexp(logits)) - library.sum(logits * chosen)) / n


# --------------------------------------------------------------------------------------------------- the steps


def descent(theta: Any, gradient: Any, rate: float) -> Callable[[], object]:
    """A step of gradient descent in numpy's quickest form: nothing new, and nothing to convert or to look up."""
    rates, change, subtract, multiply = np.array(rate), np.empty_like(theta), np.subtract, np.multiply
    return lambda: subtract(theta, multiply(gradient, rates, change), theta)


def descend(rate: float, layers: Layers, gradients: Layers) -> list[tuple[Array, Array]]:
    """Return the parameters after a step of gradient descent."""
    return [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in zip(layers, gradients, strict=True)]


def adam(rate: float, t: Any, xs: list[Array], gs: list[Array], m: list[Array], v: list[Array]) -> Any:
    """Return parameters, m and v after step t >= 1 of Adam; `char_gpt.Adam` on arrays."""
    rate, correction = rate / (1.0 - 0.9**t), 1.0 / (1.0 - 0.99**t)
    m = [0.9 * mi + 0.1 * g for mi, g in zip(m, gs, strict=True)]
    v = [0.99 * vi + 0.01 * g * g for vi, g in zip(v, gs, strict=True)]
    xs = [x - rate * mi / ((vi * correction) ** 0.5 + 1e-8) for x, mi, vi in zip(xs, m, v, strict=True)]
    return xs, m, v


def numbers(loss: Any, gradients: Sequence[Array]) -> list[float]:
    """Return a loss and arrays of derivatives as floats in a row."""
    return [float(loss), *np.concatenate([np.asarray(g).ravel() for g in gradients]).tolist()]


def flat(*results: Any) -> list[float]:
    """Return numbers and arrays as floats in a row."""
    return np.concatenate([np.ravel(np.asarray(result)) for result in results]).tolist()  # type: ignore[no-any-return]
