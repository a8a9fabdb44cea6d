"""No engine at all: the derivatives are written by hand, in floats for the chain, in numpy for the rest."""

from functools import partial
from typing import Any

import numpy as np

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.network import Network


def contenders(task: Task) -> Contenders:
    """All but the GPT."""
    match task:
        case Chain():
            return {"floats by hand": partial(chain, task)}
        case Dot():
            return {"numpy by hand": partial(dot, task)}
        case Network():
            return {"numpy by hand": partial(network, task)}
    return {}


def chain(task: Chain) -> Contender:
    """A loop forward that keeps every y, and one back."""

    def run() -> list[float]:
        a, b, y = task.start
        ys = []
        for _ in range(task.nodes // 2):
            ys.append(y)
            y = y * a + b
        da, db, dy = 0.0, 0.0, 1.0
        for before in reversed(ys):
            da += dy * before
            db += dy
            dy *= a
        return [y, da, db, dy]

    return Contender(run, lambda out: out, how="by hand")


def dot(task: Dot) -> Contender:
    """The gradient of x . y is (y, x)."""
    x, y = np.array(task.x), np.array(task.y)
    return Contender(lambda: (x @ y, [y.copy(), x.copy()]), lambda out: arrays.numbers(*out), how="by hand")


def network(task: Network) -> Contender:
    """The delta recursion: delta(l) = delta(l+1) W(l+1) * activation'(z(l)), dW = delta^T a."""
    layers, batches = arrays.layers_of(task), arrays.batches_of(task)

    def run() -> tuple[Any, Any]:
        nonlocal layers
        for X, T in batches:
            loss, gradients = (
                relu_network(task, layers, X, T) if task.activation == "relu" else sigmoid_network(layers, X, T)
            )
            if task.learning_rate:
                layers = arrays.descend(task.learning_rate, layers, gradients)
        return loss, gradients

    return Contender(run, lambda out: [float(out[0]), *arrays.neuron_by_neuron(out[1])], how="by hand")


def sigmoid_network(layers: arrays.Layers, X: Any, T: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """Squared error, sigmoid everywhere."""
    activations = [X]
    for W, b in layers:
        activations.append(1.0 / (1.0 + np.exp(-(activations[-1] @ W.T + b))))
    A = activations[-1]
    delta = (A - T) * A * (1.0 - A) / len(X)
    gradients = []
    for i in range(len(layers) - 1, -1, -1):
        A = activations[i]
        gradients.append((delta.T @ A, delta.sum(axis=0)))
        if i:
            delta = delta @ layers[i][0] * A * (1.0 - A)
    return 0.5 * np.sum((activations[-1] - T) ** 2) / len(X), gradients[::-1]


def relu_network(task: Network, layers: arrays.Layers, X: Any, T: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """Hinge loss and L2 term, relu inside, a linear output."""
    activations = [X]
    for W, b in layers[:-1]:
        activations.append(np.maximum(activations[-1] @ W.T + b, 0.0))
    W, b = layers[-1]
    margins = 1.0 - T * (activations[-1] @ W.T + b)
    loss = np.sum(np.maximum(margins, 0.0)) / len(X) + task.l2 * sum(np.sum(W * W) + np.sum(b * b) for W, b in layers)
    delta = np.where(margins > 0.0, -T / len(X), 0.0)
    gradients = []
    for i in range(len(layers) - 1, -1, -1):
        W, b = layers[i]
        gradients.append((delta.T @ activations[i] + 2.0 * task.l2 * W, delta.sum(axis=0) + 2.0 * task.l2 * b))
        if i:
            delta = delta @ W * (activations[i] > 0.0)
    return loss, gradients[::-1]
