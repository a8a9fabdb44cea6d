"""PyTorch: as an engine of scalars, with tensors of no dimension; with matrices, eager; and a whole step compiled."""

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks import arrays
from benchmarks.engine import Engine, Function, Number
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt
from benchmarks.tasks.network import Network

torch.set_num_threads(1)
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no pool of processes, which would outlive this one
CACHE = tempfile.TemporaryDirectory()  # empty: what was compiled before would be no part of a set-up
os.environ["TORCHINDUCTOR_CACHE_DIR"] = CACHE.name


def leaf(x: Any) -> torch.Tensor:
    """A tensor of float64 to differentiate by."""
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def backward(f: Function, parameters: Sequence[Number]) -> float:
    """The gradient, with a new tensor for each scalar."""
    scalars = [leaf(p.data) for p in parameters]
    out = f(scalars)
    out.backward()
    for parameter, scalar in zip(parameters, scalars, strict=True):
        parameter.grad = 0.0 if scalar.grad is None else float(scalar.grad)
    return float(out.detach())


ENGINE = Engine(Number, float, torch.exp, torch.log, torch.relu, torch.sigmoid, backward, lambda x: x.item())

LIBRARY = arrays.Library(
    array=torch.from_numpy,
    sum=torch.sum,
    exp=torch.exp,
    relu=torch.relu,
    sigmoid=torch.sigmoid,
    mean_of_rows=partial(torch.mean, dim=1, keepdim=True),
    logsumexp=partial(torch.logsumexp, dim=1, keepdim=True),
    concatenate=partial(torch.cat, dim=1),
)


def contenders(task: Task) -> Contenders:
    """Scalars always, tensors where there are any."""
    scalars = {} if task.replay_only else {"PyTorch, scalars": partial(task.scalar, ENGINE)}
    match task:
        case Chain():
            return {**scalars}
        case Dot():
            return {**scalars, "PyTorch, tensors": partial(dot, task)}
        case Network():
            compiled: Contenders = {} if task.is_brief else {"torch.compile": partial(compiled_network, task)}
            return {**scalars, "PyTorch, tensors": partial(network, task), **compiled}
        case Gpt():
            return {**scalars, "PyTorch, tensors": partial(gpt, task), "torch.compile": partial(compiled_gpt, task)}
    return {**scalars}


def dot(task: Dot) -> Contender:
    """`torch.dot`."""
    x, y = leaf(task.x), leaf(task.y)

    def run() -> tuple[Any, Any]:
        out = torch.dot(x, y)
        return out.detach(), torch.autograd.grad(out, [x, y])

    return Contender(run, lambda result: arrays.numbers(*result), how="arrays, eager")


def network(task: Network) -> Contender:
    """Matrices, and gradient descent by hand."""
    layers = [(leaf(W), leaf(b)) for W, b in arrays.layers_of(task)]
    parameters = [p for layer in layers for p in layer]
    batches = [(torch.from_numpy(X), torch.from_numpy(T)) for X, T in arrays.batches_of(task)]

    def run() -> tuple[Any, Any]:
        for X, T in batches:
            loss = arrays.cost(LIBRARY, task, layers, X, T)
            gradients = torch.autograd.grad(loss, parameters)
            if task.learning_rate:
                with torch.no_grad():
                    for p, g in zip(parameters, gradients, strict=True):
                        p -= task.learning_rate * g
        return loss.detach(), gradients

    def numbers(result: Any) -> list[float]:
        loss, gradients = result
        layers = list(zip(gradients[::2], gradients[1::2], strict=True))
        return [float(loss), *arrays.neuron_by_neuron(layers)]

    return Contender(run, numbers, how="arrays, eager")


def gpt(task: Gpt) -> Contender:
    """Matrices, and PyTorch's own Adam."""
    matrices = [leaf(matrix) for matrix in arrays.matrices_of(task)]
    adam = torch.optim.Adam(matrices, lr=RATE, betas=(0.9, 0.99))

    def run() -> Any:
        adam.zero_grad()
        loss = arrays.gpt_loss(LIBRARY, task, matrices)
        loss.backward()
        adam.step()
        return loss.detach()

    return Contender(run, lambda loss: arrays.numbers(loss, [p.grad for p in matrices]), how="arrays, eager")


# ------------------------------------------------------------------------------------------------------- compiled


def flattened(matrices: Sequence[Any]) -> tuple[Any, Callable[[Any], list[Any]]]:
    """All numbers in one tensor, and the function that cuts it up again."""
    shapes = [np.shape(matrix) for matrix in matrices]
    sizes = [int(np.prod(shape)) for shape in shapes]

    def cut(theta: Any) -> list[Any]:
        return [part.reshape(shape) for part, shape in zip(torch.split(theta, sizes), shapes, strict=True)]

    return torch.from_numpy(np.concatenate([np.ravel(matrix) for matrix in matrices])), cut


def compiled_network(task: Network) -> Contender:
    """Loss, gradient and update as one function of a flat tensor."""
    theta, cut = flattened([p for layer in arrays.layers_of(task) for p in layer])
    batches = [(torch.from_numpy(X), torch.from_numpy(T)) for X, T in arrays.batches_of(task)]

    def layers_of(theta: Any) -> list[Any]:
        parts = cut(theta)
        return list(zip(parts[::2], parts[1::2], strict=True))

    def cost(theta: Any, X: Any, T: Any) -> Any:
        return arrays.cost(LIBRARY, task, layers_of(theta), X, T)

    def step(theta: Any, X: Any, T: Any) -> tuple[Any, Any, Any]:
        gradient, loss = torch.func.grad_and_value(cost)(theta, X, T)
        return loss, gradient, theta - task.learning_rate * gradient

    work = torch.compile(step, fullgraph=True, dynamic=False)

    def run() -> tuple[Any, Any]:
        nonlocal theta
        for X, T in batches:
            loss, gradient, theta = work(theta, X, T)
        return loss, gradient

    def numbers(result: Any) -> list[float]:
        return [float(result[0]), *arrays.neuron_by_neuron(layers_of(result[1]))]

    return Contender(run, numbers, how="arrays, compiled", recorded=True)


def compiled_gpt(task: Gpt) -> Contender:
    """Loss, gradient and Adam as one function of flat tensors."""
    theta, cut = flattened(arrays.matrices_of(task))
    state = torch.zeros((), dtype=torch.float64), theta, torch.zeros_like(theta), torch.zeros_like(theta)

    def step(t: Any, theta: Any, m: Any, v: Any) -> Any:
        gradient, loss = torch.func.grad_and_value(lambda theta: arrays.gpt_loss(LIBRARY, task, cut(theta)))(theta)
        (theta,), (m,), (v,) = arrays.adam(RATE, t + 1, [theta], [gradient], [m], [v])
        return loss, gradient, (t + 1, theta, m, v)

    work = torch.compile(step, fullgraph=True, dynamic=False)

    def run() -> tuple[Any, Any]:
        nonlocal state
        loss, gradient, state = work(*state)
        return loss, gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how="arrays, compiled", recorded=True)
