"""No engine at all: the derivatives are written by hand, in floats for the chain, in numpy for the rest."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.bodies import SOFTENING, Bodies
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.network import Network
from benchmarks.tasks.pendulum import STEP, STEPS, Pendulum
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import RosenbrockHessian


def _kernel() -> str:
    """The kernel that the BLAS chose for this processor, where it can be asked."""
    try:
        from threadpoolctl import threadpool_info  # comes with scikit-learn
    except ImportError:
        return "BLAS not asked: no threadpoolctl"
    return ", ".join(f"{blas['internal_api']} {blas.get('architecture', '')}" for blas in threadpool_info())


VERSION = f"numpy {np.__version__} ({_kernel()})"


def contenders(task: Task) -> Contenders:
    """All but the GPT."""
    match task:
        case Chain():
            return {"floats by hand": partial(chain, task)}
        case Dot():
            return {"numpy by hand": partial(dot, task)}
        case Network():
            return {"numpy by hand": partial(network, task)}
        case Pointwise():
            return {"numpy by hand": partial(pointwise, task)}
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
    """The delta recursion, delta(l) = W(l+1)^T delta(l+1) * activation'(z(l)), dW = delta a^T, without a new array.

    A sample is a column, and below its activations stands a 1, so that the bias is one more weight: the parameters of
    a layer are a matrix as they lie in memory, and so is their gradient.
    """
    theta, g = np.array(task.start), np.zeros(len(task.start))
    weights, slopes = _layers(task, theta), _layers(task, g)
    n = len(task.batches[0].inputs)
    activations = [np.ones((size + 1, n)) for size in task.sizes]
    deltas, spare = ([np.empty((size, n)) for size in task.sizes] for _ in range(2))
    batches = [(np.vstack([X.T, np.ones(len(X))]), np.ascontiguousarray(T.T)) for X, T in arrays.batches_of(task)]
    forward, last, backward = (_relu, _hinge, _relu_slope) if task.activation == "relu" else _SIGMOID
    change, descend = np.empty_like(theta), arrays.descent(theta, g, task.learning_rate)

    def run() -> Any:
        for X, T in batches:
            activations[0] = X
            for layer, W in enumerate(weights):
                z = activations[layer + 1][:-1]
                np.matmul(W, activations[layer], out=z)
                if layer + 1 < len(weights):
                    forward(z)
            loss = last(z, T, deltas[-1], spare[-1]) / n
            np.divide(deltas[-1], n, out=deltas[-1])
            for layer in range(len(weights) - 1, -1, -1):
                np.matmul(deltas[layer + 1], activations[layer].T, out=slopes[layer])
                if layer:
                    np.matmul(weights[layer][:, :-1].T, deltas[layer + 1], out=deltas[layer])
                    backward(activations[layer][:-1], deltas[layer], spare[layer])
            if task.l2:
                loss += task.l2 * (theta @ theta)
                np.add(g, np.multiply(theta, 2.0 * task.l2, out=change), out=g)
            if task.learning_rate:
                descend()
        return loss

    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how="by hand")


def _layers(task: Network, numbers: Any) -> list[Any]:
    """The matrices of the layers, biases in the last column, as views of all numbers in a row."""
    ends = np.cumsum([n_out * (n_in + 1) for n_in, n_out in task.shapes])[:-1]
    shapes = [(n_out, n_in + 1) for n_in, n_out in task.shapes]
    return [part.reshape(shape) for part, shape in zip(np.split(numbers, ends), shapes, strict=True)]


def _relu(z: Any) -> None:
    np.maximum(z, 0.0, out=z)


def _relu_slope(a: Any, delta: Any, spare: Any) -> None:
    """delta * relu'(z)."""
    np.multiply(delta, np.greater(a, 0.0, out=spare), out=delta)


def _hinge(z: Any, T: Any, delta: Any, margins: Any) -> Any:
    """The sum of the losses; their derivatives by z are left in `delta`."""
    np.subtract(1.0, np.multiply(z, T, out=margins), out=margins)
    np.maximum(margins, 0.0, out=margins)
    np.multiply(np.greater(margins, 0.0, out=delta), T, out=delta)
    np.negative(delta, out=delta)
    return np.add.reduce(margins, axis=None)


def _sigmoid(z: Any) -> None:
    np.exp(np.negative(z, out=z), out=z)
    np.reciprocal(np.add(z, 1.0, out=z), out=z)


def _sigmoid_slope(a: Any, delta: Any, spare: Any) -> None:
    """delta * a (1 - a)."""
    np.multiply(delta, a, out=delta)
    np.multiply(delta, np.subtract(1.0, a, out=spare), out=delta)


def _squared_error(z: Any, T: Any, delta: Any, spare: Any) -> Any:
    """Half the sum of squares of sigmoid(z) - T; its derivatives by z are left in `delta`."""
    _sigmoid(z)
    np.subtract(z, T, out=delta)
    loss = 0.5 * np.vdot(delta, delta)
    _sigmoid_slope(z, delta, spare)
    return loss


_SIGMOID = _sigmoid, _squared_error, _sigmoid_slope


# ------------------------------------------------------------------------------------------------------ at points


def pointwise(task: Pointwise) -> Contender:
    """All points at once, or all pairs."""
    points = np.array(task.points)
    work: Callable[[], Any]
    match task:
        case RosenbrockHessian():
            work = partial(rosenbrock_hessian, points[0])
        case Pendulum():
            work = partial(pendulum, np.ascontiguousarray(points.T))
        case Bodies():
            work = partial(bodies, np.array(task.masses), np.triu_indices(len(task.masses), 1), points[0])
        case _:
            work = partial(rosenbrock, points[0])
    return Contender(work, lambda out: arrays.flat(*out), how="by hand")


def pendulum(starts: Any) -> tuple[Any, Any]:
    """Forward and back through the steps, all starts at once."""
    angle, velocity = starts
    cosines = []
    for _ in range(STEPS):
        cosines.append(np.cos(angle))
        angle, velocity = angle + STEP * velocity, velocity - STEP * np.sin(angle)
    d_angle, d_velocity = np.ones_like(angle), np.zeros_like(angle)
    for cosine in reversed(cosines):
        d_angle, d_velocity = d_angle - STEP * cosine * d_velocity, d_velocity + STEP * d_angle
    return angle, np.column_stack([d_angle, d_velocity])


def bodies(masses: Any, pairs: Any, x: Any) -> tuple[Any, Any]:
    """Each pair once; forces are added up body by body."""
    i, j = pairs
    places, n = x.reshape(-1, 3).T, len(masses)
    differences = places[:, i] - places[:, j]
    squares = np.einsum("kp,kp->p", differences, differences) + SOFTENING
    shares = masses[i] * masses[j] / np.sqrt(squares)
    pulls = differences * (shares / squares)
    forces = [np.bincount(i, pull, n) - np.bincount(j, pull, n) for pull in pulls]
    return -np.sum(shares), np.column_stack(forces)


def rosenbrock(x: Any) -> tuple[Any, Any]:
    """In shifted arrays."""
    bend, rest = x[1:] - x[:-1] * x[:-1], 1.0 - x[:-1]
    g = np.zeros_like(x)
    g[:-1] = -400.0 * bend * x[:-1] - 2.0 * rest
    g[1:] += 200.0 * bend
    return 100.0 * bend @ bend + rest @ rest, g


def rosenbrock_hessian(x: Any) -> tuple[Any]:
    """The diagonal and the two beside it, into zeros."""
    n = len(x)
    h = np.zeros((n, n))
    flat = h.ravel()
    flat[:: n + 1] = 200.0
    flat[0] = 0.0
    flat[: -1 : n + 1] += 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
    flat[1 :: n + 1] = flat[n :: n + 1] = -400.0 * x[:-1]
    return (h,)
