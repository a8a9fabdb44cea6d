"""ddx: expressions of scalars recorded once and compiled by LLVM, one point or a batch of points in a call."""

from functools import partial
from typing import Any

import ddx
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
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import RosenbrockHessian


def sigmoid(z: Any) -> Any:
    """The logistic function."""
    return 1.0 / (1.0 + ddx.exp(-z))


def relu(z: Any) -> Any:
    """The positive part; `ddx.max` would give half a derivative at 0."""
    return ddx.select(z > 0.0, z, 0.0 * z)


ENGINE = Engine(float, float, ddx.exp, ddx.log, relu, sigmoid, number=lambda x: 0.0, sin=ddx.sin, sqrt=ddx.sqrt)


def contenders(task: Task) -> Contenders:
    """A recorded equation for each task."""
    match task:
        case Chain():
            return {"ddx": partial(chain, task)}
        case Dot():
            return {"ddx": partial(dot, task)}
        case Network() if not task.is_large and not task.is_brief:
            return {"ddx": partial(network, task)}
        case Gpt():
            return {"ddx": partial(gpt, task)}
        case RosenbrockHessian():
            return {}
        case Pointwise():
            return {"ddx": partial(pointwise, task)}
    return {}


def chain(task: Chain) -> Contender:
    """10,000 operations, compiled."""
    equation = ddx.equation(lambda: task.function([ddx.var(name) for name in "aby"])).compile(cache_dir="")
    return _of_point(equation, task.start, "scalars, compiled")


def dot(task: Dot) -> Contender:
    """A node of vectors, which ddx interprets."""
    n = len(task.x)
    equation = ddx.equation(lambda: ddx.dot(ddx.vec("x", n), ddx.vec("y", n)))
    return _of_point(equation, [*task.x, *task.y], "arrays, recorded")


def _of_point(equation: Any, point: Any, how: str) -> Contender:
    """The work of one call that leaves value and gradient in arrays of its own."""
    call = equation.buffer(np.array(point))

    def run() -> tuple[float, Any]:
        call()
        return call.value, call.jacobian

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how=how, recorded=True)


def pointwise(task: Pointwise) -> Contender:
    """The function of one point, replayed on all."""
    n, names = len(task.points), [f"x{i}" for i in range(len(task.points[0]))]
    equation = ddx.equation(lambda: task.function(ENGINE, [ddx.var(name) for name in names]))
    if n == 1:
        return _of_point(equation.compile(cache_dir=""), task.points[0], "scalars, compiled")
    call = equation.compile(points=n, cache_dir="").buffer(np.ascontiguousarray(np.array(task.points).T))

    def run() -> tuple[Any, Any]:
        call()
        return call.value, call.jacobian

    return Contender(run, lambda out: arrays.flat(out[0], out[1].T), "scalars, compiled", recorded=True)


def network(task: Network) -> Contender:
    """The scalar model code for one sample, replayed on the batch; the L2 term is an equation of its own."""
    theta = np.array(task.start)
    n_in, n_out, n = task.sizes[0], task.sizes[-1], len(task.batches[0].inputs)

    def parameters() -> list[Any]:
        return [ddx.var(f"p{i}") for i in range(len(theta))]

    def loss_of_sample() -> Any:
        scalars = parameters()
        inputs = [ddx.param(f"x{i}") for i in range(n_in)]
        targets = [ddx.param(f"t{i}") for i in range(n_out)]
        return task.loss(ENGINE, task.output(ENGINE, iter(scalars), inputs), targets)

    equation = ddx.equation(loss_of_sample).compile(points=n, cache_dir="")
    penalty = ddx.equation(lambda: task.penalty(parameters())).compile(cache_dir="") if task.l2 else None
    samples = [np.vstack([X.T, T.T]) for X, T in arrays.batches_of(task)]
    call = equation.buffer(np.vstack([np.repeat(theta[:, None], n, axis=1), samples[0]]))

    def run() -> tuple[float, Any]:
        nonlocal theta
        for sample in samples:
            call.x[: len(theta)] = theta[:, None]
            call.x[len(theta) :] = sample
            call()
            loss, gradient = np.mean(call.value), call.jacobian.mean(axis=1)
            if penalty is not None:
                more, slope = penalty.jacobian(theta)
                loss, gradient = loss + more, gradient + slope
            if task.learning_rate:
                theta = theta - task.learning_rate * gradient
        return loss, gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how="scalars, compiled", recorded=True)


def gpt(task: Gpt) -> Contender:
    """The scalar model code, recorded for one name."""
    names = [f"p{i}" for i in range(len(task.start))]
    equation = ddx.equation(lambda: task.loss(model_engine(ENGINE), [ddx.var(name) for name in names]))
    xs = [np.array(task.start)]
    call = equation.buffer(xs[0])
    m, v, t = [np.zeros_like(xs[0])], [np.zeros_like(xs[0])], 0

    def run() -> tuple[float, Any]:
        nonlocal xs, m, v, t
        t += 1
        call.x[:] = xs[0]
        call()
        loss, gradient = call.value, call.jacobian.copy()
        xs, m, v = arrays.adam(RATE, t, xs, [gradient], m, v)
        return loss, gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how="scalars, recorded", recorded=True)
