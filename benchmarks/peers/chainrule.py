"""This project: with `nn` and its wide nodes, as one would use it, and in scalar operations, as the peers are used."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Literal

import nn
from autodiff import Value, dot, exp, log, relu, sigmoid, sin, sqrt
from autodiff import sum as total
from benchmarks.engine import Engine, gradient, of_parameters
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import Gpt, char_gpt
from benchmarks.tasks.network import Batch, Network
from benchmarks.tasks.pendulum import Tuning
from nn import SGD, losses

ENGINE = Engine(Value, Value, exp, log, relu, sigmoid, sin=sin, sqrt=sqrt)


def contenders(task: Task) -> Contenders:
    """The natural form first; the one in scalar operations where it differs."""
    scalar = partial(task.scalar, ENGINE)
    if task.replay_only:
        return {"chainrule": scalar} if isinstance(task, Tuning) else {}
    rows: Contenders
    match task:
        case Chain():
            rows = {"chainrule": scalar}
        case Dot():
            rows = {"chainrule": partial(one_node, task), "chainrule, scalar operations": scalar}
        case Network():
            rows = {"chainrule": partial(network, task), "chainrule, scalar operations": scalar}
        case Gpt():
            rows = {"chainrule": scalar, "chainrule, wide nodes": lambda: task.step(ENGINE, char_gpt.WIDE)}
        case _:
            rows = {"chainrule": scalar}
    return {**rows, "chainrule, collector paused": partial(paused, rows["chainrule"])}


def paused(make: Callable[[], Contender]) -> Contender:
    """The same with the collector paused."""
    return dataclasses.replace(make(), paused=True)


def one_node(task: Dot) -> Contender:
    """`dot`."""
    n = len(task.x)
    return gradient(ENGINE, lambda parameters: dot(parameters[:n], parameters[n:]), [*task.x, *task.y])


def model_of(task: Network) -> nn.MLP:
    """The network, with the parameters that it begins with."""
    last: Literal["identity", "sigmoid"] = "identity" if task.activation == "relu" else "sigmoid"
    model = nn.MLP(task.sizes[0], task.sizes[1:], activation=task.activation, output_activation=last)
    for parameter, x in zip(model.parameters(), task.start, strict=True):
        parameter.data = x
    return model


def network(task: Network) -> Contender:
    """`nn.MLP`, a loss of `nn.losses`, and `SGD`."""
    model = model_of(task)
    loss = losses.hinge if task.activation == "relu" else losses.squared_error
    parameters = model.parameters()

    def target_of(target: list[float]) -> list[float] | float:
        return target[0] if len(target) == 1 else target  # as the model's output

    batches = [Batch(batch.inputs, [target_of(t) for t in batch.targets]) for batch in task.batches]  # type: ignore[misc]
    optimiser = SGD(task.learning_rate) if task.learning_rate else None

    def run() -> float:
        for batch in batches:
            model.zero_grad()
            errors = [loss(model(x), t) for x, t in zip(batch.inputs, batch.targets, strict=True)]
            cost = total(errors) / len(errors)
            if task.l2:
                cost = cost + task.l2 * dot(parameters, parameters)
            cost.backward()
            if optimiser is not None:
                optimiser.step(parameters)
        return cost.data

    return of_parameters(run, parameters)
