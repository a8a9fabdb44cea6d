"""PyTorch: as an engine of scalars, with tensors of no dimension, and as it is meant, with matrices."""

from collections.abc import Sequence
from functools import partial
from typing import Any

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
            return {**scalars, "PyTorch, tensors": partial(network, task)}
        case Gpt():
            return {**scalars, "PyTorch, tensors": partial(gpt, task)}
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
