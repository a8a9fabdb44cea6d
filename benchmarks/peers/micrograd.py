"""micrograd, Karpathy's engine, whose interface this one takes over. The functions it lacks are added in its style."""

import math
from dataclasses import replace
from functools import partial

from micrograd.engine import Value

from benchmarks.engine import Engine
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task


def _function(x: Value, out: float, derivative: float, name: str) -> Value:
    node = Value(out, (x,), name)

    def _backward() -> None:
        x.grad += derivative * node.grad

    node._backward = _backward
    return node


def exp(x: Value) -> Value:
    """e**x."""
    out = math.exp(x.data)
    return _function(x, out, out, "exp")


def log(x: Value) -> Value:
    """The natural logarithm."""
    return _function(x, math.log(x.data), 1.0 / x.data, "log")


def sigmoid(x: Value) -> Value:
    """The logistic function."""
    out = 1.0 / (1.0 + math.exp(-x.data))
    return _function(x, out, out * (1.0 - out), "sigmoid")


ENGINE = Engine(Value, Value, exp, log, lambda x: x.relu(), sigmoid)


def contenders(task: Task) -> Contenders:
    """With the collector on, and paused: its nodes lie on cycles, which then wait until the clock has stopped."""
    if task.replay_only:
        return {}
    return {"micrograd": partial(task.scalar, ENGINE), "micrograd, collector paused": partial(paused, task)}


def paused(task: Task) -> Contender:
    """The same with the collector paused."""
    return replace(task.scalar(ENGINE), paused=True)
