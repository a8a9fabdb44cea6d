"""Loops by hand, compiled by numba for the sizes of a task: the samples innermost, the loop over batches inside."""

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
from benchmarks.tasks.pendulum import STEP, STEPS, Pendulum

LINE = 8  # doubles in the largest vector


def contenders(task: Task) -> Contenders:
    """Networks, and the pendulum."""
    match task:
        case Network() if not task.is_large:
            return {"numba": partial(network, task)}
        case Pendulum():
            return {"numba": partial(pendulum, task)}
    return {}


def network(task: Network) -> Contender:
    """The delta recursion in loops over floats; all batches in one call."""
    theta = np.array(task.start)
    g, batches = np.zeros_like(theta), arrays.batches_of(task)
    n = len(task.batches[0].inputs)
    padding = -n % LINE if n > 1 else 0  # so that a row is whole vectors
    one = len({id(batch) for batch in task.batches}) == 1
    X, T = (
        np.ascontiguousarray([np.pad(samples.T, ((0, 0), (0, padding))) for samples in part])
        for part in zip(*(batches[:1] if one else batches), strict=True)
    )
    work = np.zeros((2, len(task.sizes), max(task.sizes), X.shape[2]))
    run = partial(steps_of(task), theta, X, T, g, work, len(batches))
    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how="by hand, compiled", recorded=True)


def steps_of(task: Network) -> Any:
    """A function that leaves gradient and new parameters in its arguments, and returns the last loss."""
    sizes, relu, l2, rate = tuple(task.sizes), task.activation == "relu", task.l2, task.learning_rate
    last = len(sizes) - 1
    n_points = len(task.batches[0].inputs)
    compiled = numba.njit(fastmath=True)

    @compiled  # type: ignore[untyped-decorator]
    def forward(theta: Any, k: int, n_in: int, n_out: int, linear: bool, x: Any, y: Any) -> None:
        for o in range(n_out):
            y[o] = theta[k + n_in]
            for i in range(n_in):
                w = theta[k + i]
                for n in range(y.shape[1]):
                    y[o, n] += w * x[i, n]
            if not linear:
                for n in range(y.shape[1]):
                    y[o, n] = max(y[o, n], 0.0) if relu else 1.0 / (1.0 + math.exp(-y[o, n]))
            k += n_in + 1

    @compiled  # type: ignore[untyped-decorator]
    def losses(y: Any, t: Any, d: Any) -> float:
        loss = 0.0
        for o in range(t.shape[0]):
            d[o, n_points:] = 0.0
            for n in range(n_points):
                if relu:
                    margin = 1.0 - t[o, n] * y[o, n]
                    loss += max(margin, 0.0)
                    d[o, n] = -t[o, n] if margin > 0.0 else 0.0
                else:
                    e = y[o, n] - t[o, n]
                    loss += 0.5 * e * e
                    d[o, n] = e * y[o, n] * (1.0 - y[o, n])
        return loss

    @compiled  # type: ignore[untyped-decorator]
    def backward(theta: Any, k: int, n_in: int, n_out: int, x: Any, d: Any, d_in: Any, g: Any, first: bool) -> None:
        if not first:
            d_in[:n_in] = 0.0
        for o in range(n_out):
            for i in range(n_in):
                total, w = 0.0, theta[k + i]
                for n in range(d.shape[1]):
                    total += d[o, n] * x[i, n]
                g[k + i] = total
                if not first:
                    for n in range(d.shape[1]):
                        d_in[i, n] += w * d[o, n]
            g[k + n_in] = np.sum(d[o])
            k += n_in + 1
        if not first:
            for i in range(n_in):
                for n in range(d.shape[1]):
                    y = x[i, n]
                    d_in[i, n] *= (1.0 if y > 0.0 else 0.0) if relu else y * (1.0 - y)

    @compiled  # type: ignore[untyped-decorator]
    def steps(theta: Any, X: Any, T: Any, g: Any, work: Any, n_steps: int) -> float:
        a, delta = work[0], work[1]
        loss = 0.0
        for step in range(n_steps):
            batch = step % len(X)
            k = 0
            for layer in range(last):
                x = X[batch] if layer == 0 else a[layer]
                forward(theta, k, sizes[layer], sizes[layer + 1], relu and layer + 1 == last, x, a[layer + 1])
                k += sizes[layer + 1] * (sizes[layer] + 1)
            loss = losses(a[last], T[batch], delta[last]) / n_points
            for layer in range(last - 1, -1, -1):
                k -= sizes[layer + 1] * (sizes[layer] + 1)
                x = X[batch] if layer == 0 else a[layer]
                backward(theta, k, sizes[layer], sizes[layer + 1], x, delta[layer + 1], delta[layer], g, layer == 0)
            for k in range(len(theta)):
                loss += l2 * theta[k] * theta[k]
                g[k] = g[k] / n_points + 2.0 * l2 * theta[k]
                theta[k] -= rate * g[k]
        return loss

    return steps


def pendulum(task: Pendulum) -> Contender:
    """Forward and back, starts innermost, in blocks that stay in the cache."""
    points = np.array(task.points)
    n, block = len(points), min(len(points), 64)
    values, slopes = np.empty(n), np.empty_like(points)

    @numba.njit(fastmath=True)  # type: ignore[untyped-decorator]
    def run(points: Any, values: Any, slopes: Any) -> None:
        cosine = np.empty((STEPS, block))
        angle, velocity, d_angle, d_velocity = np.empty(block), np.empty(block), np.empty(block), np.empty(block)
        for first in range(0, n, block):
            m = min(block, n - first)
            for k in range(m):
                angle[k], velocity[k] = points[first + k]
                d_angle[k], d_velocity[k] = 1.0, 0.0
            for i in range(STEPS):
                for k in range(m):
                    before = angle[k]
                    cosine[i, k] = math.cos(before)
                    angle[k] = before + STEP * velocity[k]
                    velocity[k] -= STEP * math.sin(before)
            for i in range(STEPS - 1, -1, -1):
                for k in range(m):
                    d = d_angle[k]
                    d_angle[k] = d - STEP * cosine[i, k] * d_velocity[k]
                    d_velocity[k] += STEP * d
            for k in range(m):
                values[first + k] = angle[k]
                slopes[first + k, 0], slopes[first + k, 1] = d_angle[k], d_velocity[k]

    work = partial(run, points, values, slopes)
    return Contender(work, lambda _: arrays.flat(values, slopes), how="by hand, compiled", recorded=True)
