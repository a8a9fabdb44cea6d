"""casadi: expressions recorded once and run by its virtual machine; scalars (SX) or, for networks, matrices (MX)."""

from functools import partial
from typing import Any

import casadi as ca
import numpy as np

from benchmarks import arrays
from benchmarks.engine import Engine
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt, model_engine
from benchmarks.tasks.network import Network


def sigmoid(z: Any) -> Any:
    """The logistic function."""
    return 1.0 / (1.0 + ca.exp(-z))


def relu(z: Any) -> Any:
    """The positive part."""
    return ca.fmax(z, 0.0)


ENGINE = Engine(float, float, ca.exp, ca.log, relu, sigmoid, number=lambda x: 0.0)


def contenders(task: Task) -> Contenders:
    """A recorded function for each task."""
    match task:
        case Chain():
            return {"casadi": partial(chain, task)}
        case Dot():
            return {"casadi": partial(dot, task)}
        case Network() if not task.is_large:
            return {"casadi": partial(network, task)}
        case Gpt():
            return {"casadi": partial(gpt, task)}
    return {}


def chain(task: Chain) -> Contender:
    """10,000 operations on scalars."""
    x = ca.SX.sym("x", 3)
    y = task.function([x[0], x[1], x[2]])
    return _of_point(ca.Function("chain", [x], [y, ca.gradient(y, x)]), [*task.start], "scalars, recorded")


def dot(task: Dot) -> Contender:
    """One operation on vectors."""
    n = len(task.x)
    x = ca.MX.sym("x", 2 * n)
    y = ca.dot(x[:n], x[n:])
    function = ca.Function("dot", [x], [y, ca.gradient(y, x)])
    return _of_point(function, [*task.x, *task.y], "arrays, recorded")


def _of_point(function: Any, numbers: list[float], how: str) -> Contender:
    """The work of calling a function of one vector that returns value and gradient."""
    point = ca.DM(numbers)
    return Contender(lambda: function(point), lambda out: arrays.numbers(out[0], [out[1]]), how=how, recorded=True)


def network(task: Network) -> Contender:
    """Matrices, casadi's own (DM) where they hold numbers; here a sample is a column."""
    layers = [ca.DM(p) for layer in arrays.layers_of(task) for p in layer]
    batches = [(ca.DM(X.T), ca.DM(T.T)) for X, T in arrays.batches_of(task)]
    symbols = [ca.MX.sym("p", *p.shape) for p in layers]
    X, T = (ca.MX.sym("samples", *samples.shape) for samples in batches[0])
    cost = _cost(task, symbols, X, T)
    function = ca.Function("cost", [*symbols, X, T], [cost, *(ca.gradient(cost, symbol) for symbol in symbols)])

    def run() -> tuple[Any, Any]:
        nonlocal layers
        for X, T in batches:
            loss, *gradients = function(*layers, X, T)
            if task.learning_rate:
                layers = [p - task.learning_rate * g for p, g in zip(layers, gradients, strict=True)]
        return loss, gradients

    def numbers(out: Any) -> list[float]:
        Ws, bs = ([g.full() for g in gradients] for gradients in (out[1][::2], out[1][1::2]))
        return [float(out[0]), *arrays.neuron_by_neuron(list(zip(Ws, bs, strict=True)))]

    return Contender(run, numbers, how="arrays, recorded", recorded=True)


def _cost(task: Network, parameters: list[Any], X: Any, T: Any) -> Any:
    """The cost of a batch, as an expression."""
    A = X
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    for i, (W, b) in enumerate(layers, start=1):
        Z = W @ A + ca.repmat(b, 1, A.shape[1])
        A = Z if task.activation == "relu" and i == len(layers) else getattr(ENGINE, task.activation)(Z)
    errors = relu(1.0 - T * A) if task.activation == "relu" else 0.5 * (A - T) ** 2
    return ca.sum1(ca.sum2(errors)) / A.shape[1] + task.l2 * sum(ca.dot(p, p) for p in parameters)


def gpt(task: Gpt) -> Contender:
    """The scalar model code, recorded for one name."""
    parameters = ca.SX.sym("theta", len(task.start))
    loss = task.loss(model_engine(ENGINE), ca.vertsplit(parameters))
    function = ca.Function("loss", [parameters], [loss, ca.gradient(loss, parameters)])
    xs = [np.array(task.start)]
    m, v, t = [np.zeros_like(xs[0])], [np.zeros_like(xs[0])], 0

    def run() -> tuple[Any, Any]:
        nonlocal xs, m, v, t
        t += 1
        loss, gradient = function(xs[0])
        gradient = gradient.full().ravel()
        xs, m, v = arrays.adam(RATE, t, xs, [gradient], m, v)
        return loss, gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how="scalars, recorded", recorded=True)
