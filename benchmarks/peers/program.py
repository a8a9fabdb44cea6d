"""This project's `Program`: the graph of one sample, recorded and compiled once, and replayed on the batch."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import llvmlite.binding  # noqa: F401  (the backend imports it when it compiles; here it is no part of any task)
import numpy as np

from autodiff import Value, dot
from autodiff.extend import Backend
from autodiff.program import Program
from benchmarks import arrays
from benchmarks.engine import Function
from benchmarks.measure import TOLERANCE, Contender
from benchmarks.peers import PROGRAM, Contenders, program_points
from benchmarks.peers.chainrule import model_of
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.gpt import RATE, Gpt, char_gpt
from benchmarks.tasks.network import Network
from nn import SGD, History, fit, losses


def contenders(task: Task) -> Contenders:
    """As machine code, and smaller networks as generated Python, too."""
    match task:
        case Network():
            backends: list[Backend] = ["llvm", "python"]
            if task.replay_only:
                backends = ["llvm"] if task.is_brief else ["llvm", "arrays"]
            programs: Contenders = {f"Program, {backend}": partial(network, task, backend) for backend in backends}
            trainings: Contenders = {"Program, plain loop": partial(loop, task), "nn.fit": partial(training, task)}
            return {**programs, **trainings} if task.is_training else programs
        case Chain():
            return {PROGRAM: partial(chain, task)}
        case Gpt():
            return {PROGRAM: partial(gpt, task)}
    return program_points.contenders(task)


def graph(task: Network) -> tuple[Value, list[Value], list[Value]]:
    """The loss of one sample, the L2 term in it (the mean of a constant is the constant); inputs, and parameters."""
    network, batch = model_of(task), task.batches[0]
    parameters = network.parameters()
    x, t = ([Value(number) for number in numbers[0]] for numbers in (batch.inputs, batch.targets))
    y = network(x)
    loss = losses.hinge(y, t[0]) if task.activation == "relu" else losses.squared_error(y, t)
    if task.l2:
        loss = loss + task.l2 * dot(parameters, parameters)
    return loss, [*x, *t], parameters


def network(task: Network, backend: Backend) -> Contender:
    """The gradient of each batch, by a call that is prepared for its arrays, and the update in numpy."""
    program = Program(*graph(task), backend=backend)
    theta = np.array(task.start)
    g = np.empty_like(theta)
    calls = [program.prepared(points, theta, out=g) for points in points_of(task)]
    rate, descend = task.learning_rate, arrays.descent(theta, g, task.learning_rate)

    def run() -> Any:
        for call in calls:
            loss = call()
            if rate:
                descend()
        return loss

    how = {"llvm": "scalars, compiled", "arrays": "scalars to arrays", "python": "scalars, recorded"}[backend]
    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how=how, recorded=True)


def points_of(task: Network) -> list[Any]:
    """The batches as points: inputs and targets side by side."""
    return [np.hstack([np.array(batch.inputs), np.array(batch.targets)]) for batch in task.batches]


def loop(task: Network) -> Contender:
    """The loop of docs/program.md, which takes the parameters from the model and leaves them there, as `fit` does."""
    loss, inputs, parameters = graph(task)
    program, batches, rate = Program(loss, inputs, parameters, backend="llvm"), points_of(task), task.learning_rate

    def run() -> tuple[Any, Any]:
        theta = np.array([parameter.data for parameter in parameters])
        for points in batches:
            mean, gradient = program.mean_and_grad(points, theta)
            theta -= rate * gradient
        for parameter, number in zip(parameters, theta.tolist(), strict=True):
            parameter.data = number
        return mean, gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), how="scalars, compiled", recorded=True)


def training(task: Network) -> Contender:
    """All steps by one call of `fit`, which goes on from where the last one ended."""
    model, size = model_of(task), len(task.batches[0].inputs)
    parameters = model.parameters()
    batches = task.batches[:1] if task.batches[-1] is task.batches[0] else task.batches
    inputs, targets = (np.vstack(rows) for rows in zip(*[(b.inputs, b.targets) for b in batches], strict=True))
    relu = task.activation == "relu"
    replayed = network(task, "llvm")

    def penalty(model: Any) -> Any:
        return task.l2 * dot(parameters, parameters)

    def run() -> History:
        return fit(
            model,
            losses.hinge if relu else losses.squared_error,
            inputs,
            targets.ravel() if relu else targets,
            optimizer=SGD(task.learning_rate),
            max_steps=len(task.batches),
            batch_size=size,
            penalty=penalty if task.l2 else None,
        )

    def numbers(history: History) -> Any:
        """The last loss is in the history; the last gradient is that of the bare loop, if the losses are alike."""
        loss = replayed.run()
        if abs(history.losses[-1] - loss) > TOLERANCE * abs(loss):
            raise ValueError(f"fit: the last loss is {history.losses[-1]!r}, that of the bare loop {loss!r}")
        return replayed.numbers(loss)

    return Contender(run, numbers, how="scalars, compiled", recorded=True)


def chain(task: Chain) -> Contender:
    """One point without inputs; what is differentiated by are parameters."""
    evaluate, _, g = _of_parameters(task.function, task.start)
    return Contender(evaluate, lambda loss: arrays.numbers(loss, [g]), how="scalars, compiled", recorded=True)


def gpt(task: Gpt) -> Contender:
    """The model code with wide nodes, recorded for one name; Adam in arrays."""
    evaluate, theta, g = _of_parameters(partial(task.loss, char_gpt.WIDE), task.start)
    m, v, t = [np.zeros_like(theta)], [np.zeros_like(theta)], 0

    def run() -> Any:
        nonlocal m, v, t
        t += 1
        loss = evaluate()
        (theta[:],), m, v = arrays.adam(RATE, t, [theta], [g], m, v)
        return loss

    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how="scalars, compiled", recorded=True)


def _of_parameters(function: Function, start: Sequence[float]) -> tuple[Callable[[], Any], Any, Any]:
    """A function that evaluates at theta and leaves the gradient in g; theta; g."""
    parameters = [Value(x) for x in start]
    program = Program(function(parameters), [], parameters, backend="llvm")
    theta = np.array(start)
    g, points = np.empty_like(theta), np.empty((1, 0))
    return program.prepared(points, theta, out=g), theta, g
