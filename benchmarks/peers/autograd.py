"""HIPS autograd: numpy, traced again in every call."""

from functools import partial
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.scipy.special import logsumexp

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt
from benchmarks.tasks.network import Network

LIBRARY = arrays.Library(
    array=np.asarray,
    sum=anp.sum,
    exp=anp.exp,
    relu=lambda z: anp.maximum(z, 0.0),
    sigmoid=lambda z: 1.0 / (1.0 + anp.exp(-z)),
    mean_of_rows=partial(anp.mean, axis=1, keepdims=True),
    logsumexp=partial(logsumexp, axis=1, keepdims=True),
    concatenate=partial(anp.concatenate, axis=1),
)


def contenders(task: Task) -> Contenders:
    """Scalars for the chain, arrays for the rest."""
    match task:
        case Chain():
            return {"autograd": partial(chain, task)}
        case Dot():
            return {"autograd": partial(dot, task)}
        case Network() if not task.is_brief:
            return {"autograd": partial(network, task)}
        case Gpt():
            return {"autograd": partial(gpt, task)}
    return {}


def chain(task: Chain) -> Contender:
    """The same loop, on its boxes."""
    work = value_and_grad(lambda *parameters: task.function(parameters), argnum=(0, 1, 2))
    return Contender(lambda: work(*task.start), lambda out: [out[0], *out[1]], how="scalars, eager")


def dot(task: Dot) -> Contender:
    """`numpy.dot`."""
    x, y = np.array(task.x), np.array(task.y)
    work = value_and_grad(anp.dot, argnum=(0, 1))
    return Contender(lambda: work(x, y), lambda out: arrays.numbers(*out), how="arrays, eager")


def network(task: Network) -> Contender:
    """Matrices."""
    layers, batches = arrays.layers_of(task), arrays.batches_of(task)
    work = value_and_grad(lambda layers, X, T: arrays.cost(LIBRARY, task, layers, X, T))

    def run() -> tuple[Any, Any]:
        nonlocal layers
        for X, T in batches:
            loss, gradients = work(layers, X, T)
            if task.learning_rate:
                layers = arrays.descend(task.learning_rate, layers, gradients)
        return loss, gradients

    return Contender(run, lambda out: [float(out[0]), *arrays.neuron_by_neuron(out[1])], how="arrays, eager")


def gpt(task: Gpt) -> Contender:
    """Matrices."""
    xs = arrays.matrices_of(task)
    m, v = [np.zeros_like(x) for x in xs], [np.zeros_like(x) for x in xs]
    t = 0
    work = value_and_grad(lambda matrices: arrays.gpt_loss(LIBRARY, task, matrices))

    def run() -> tuple[Any, Any]:
        nonlocal xs, m, v, t
        t += 1
        loss, gradients = work(xs)
        xs, m, v = arrays.adam(RATE, t, xs, gradients, m, v)
        return loss, gradients

    return Contender(run, lambda out: arrays.numbers(*out), how="arrays, eager")
