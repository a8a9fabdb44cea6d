"""xad: a tape in C++, its scalar bound to Python by pybind11. A constant stays a float."""

from collections.abc import Sequence
from functools import partial

import xad.math as xm
from xad.adj_1st import Real, Tape

from benchmarks.engine import Engine, Function, Number, Scalar
from benchmarks.peers import Contenders
from benchmarks.tasks import Task


def backward(f: Function, parameters: Sequence[Number]) -> float:
    """Record on a new tape and roll it back."""
    with Tape() as tape:
        scalars = [Real(p.data) for p in parameters]
        tape.registerInputs(scalars)
        tape.newRecording()
        out = f(scalars)
        tape.registerOutput(out)
        out.setDerivative(1.0)
        tape.computeAdjoints()
        for parameter, scalar in zip(parameters, scalars, strict=True):
            parameter.grad = scalar.getDerivative()
        return out.getValue()  # type: ignore[no-any-return]


def sigmoid(x: Scalar) -> Scalar:
    """The logistic function, which xad lacks."""
    return 1.0 / (1.0 + xm.exp(-x))


ENGINE = Engine(Number, float, xm.exp, xm.log, lambda x: xm.max(x, 0.0), sigmoid, backward, lambda x: x.getValue())


def contenders(task: Task) -> Contenders:
    """The scalar code."""
    if task.replay_only:
        return {}
    return {"xad": partial(task.scalar, ENGINE)}
