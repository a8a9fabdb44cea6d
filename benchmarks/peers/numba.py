"""Loops by hand, sample by sample as one would write them first, compiled by numba for the sizes of a task."""

import math
from functools import partial
from typing import Any

import numba
import numpy as np

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.network import Network


def contenders(task: Task) -> Contenders:
    """Networks."""
    return {"numba loops": partial(network, task)} if isinstance(task, Network) and not task.is_large else {}


def network(task: Network) -> Contender:
    """The delta recursion in loops over floats."""
    step, theta = step_of(task), np.array(task.start)
    g, work = np.zeros_like(theta), np.zeros((2, len(task.sizes), max(task.sizes)))
    batches = arrays.batches_of(task)

    def run() -> float:
        for X, T in batches:
            loss = step(theta, X, T, g, work)
        return loss  # type: ignore[no-any-return]

    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how="by hand, compiled", recorded=True)


def step_of(task: Network) -> Any:
    """A function that leaves gradient and new parameters in its arguments, and returns the loss."""
    sizes, relu, l2, rate = tuple(task.sizes), task.activation == "relu", task.l2, task.learning_rate
    last = len(sizes) - 1

    @numba.njit(fastmath=True)  # type: ignore[untyped-decorator]
    def step(theta: Any, X: Any, T: Any, g: Any, work: Any) -> float:
        a, delta = work[0], work[1]
        loss = 0.0
        g[:] = 0.0
        for n in range(len(X)):
            a[0, : sizes[0]] = X[n]
            k = 0
            for layer in range(last):
                for o in range(sizes[layer + 1]):
                    z = theta[k + sizes[layer]]
                    for i in range(sizes[layer]):
                        z += theta[k + i] * a[layer, i]
                    if not relu:
                        z = 1.0 / (1.0 + math.exp(-z))
                    elif layer + 1 < last:
                        z = max(z, 0.0)
                    a[layer + 1, o] = z
                    k += sizes[layer] + 1
            for o in range(sizes[last]):
                y, t = a[last, o], T[n, o]
                if relu:
                    loss += max(1.0 - t * y, 0.0)
                    delta[last, o] = -t if 1.0 - t * y > 0.0 else 0.0
                else:
                    loss += 0.5 * (y - t) ** 2
                    delta[last, o] = (y - t) * y * (1.0 - y)
            for layer in range(last - 1, -1, -1):
                k -= sizes[layer + 1] * (sizes[layer] + 1)
                delta[layer, :] = 0.0
                for o in range(sizes[layer + 1]):
                    d, row = delta[layer + 1, o], k + o * (sizes[layer] + 1)
                    for i in range(sizes[layer]):
                        g[row + i] += d * a[layer, i]
                        delta[layer, i] += d * theta[row + i]
                    g[row + sizes[layer]] += d
                for i in range(sizes[layer]):
                    y = a[layer, i]
                    delta[layer, i] *= (1.0 if y > 0.0 else 0.0) if relu else y * (1.0 - y)
        loss /= len(X)
        for k in range(len(theta)):
            loss += l2 * theta[k] ** 2
            g[k] = g[k] / len(X) + 2.0 * l2 * theta[k]
            theta[k] -= rate * g[k]
        return loss

    return step
