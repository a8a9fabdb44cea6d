"""What a task needs of an engine of scalars: the same model code then runs on every one of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias

from benchmarks.measure import Contender

Scalar: TypeAlias = Any
"""A number of an engine; it has + - * / and **."""

Function: TypeAlias = Callable[[Sequence[Scalar]], Scalar]
"""A function of the parameters, written in an engine's scalars."""


class Number:
    """A parameter of an engine whose own scalars cannot be changed: where its `data` and its `grad` are kept."""

    __slots__ = ("data", "grad")

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0


def backward_of_values(f: Function, parameters: Sequence[Scalar]) -> float:
    """Do what `Engine.backward` asks for, with Values that have `data`, `grad` and `backward()`."""
    for parameter in parameters:
        parameter.grad = 0.0
    out = f(parameters)
    out.backward()
    return out.data  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Engine:
    """An engine of scalars.

    Attributes:
        parameter: makes, of a float, something with a `data` and a `grad` that can be changed.
        constant: makes, of a float, a number to compute with that needs no gradient.
        exp, log, relu, sigmoid: functions of a scalar.
        backward: of (f, parameters), leaves d f / d parameter in the `grad` of each, and returns f.
        number: the float in a scalar.
        sin, sqrt: of engines that replay; tasks that need them are left to those.
    """

    parameter: Callable[[float], Scalar]
    constant: Callable[[float], Scalar]
    exp: Callable[[Scalar], Scalar]
    log: Callable[[Scalar], Scalar]
    relu: Callable[[Scalar], Scalar]
    sigmoid: Callable[[Scalar], Scalar]
    backward: Callable[[Function, Sequence[Scalar]], float] = backward_of_values
    number: Callable[[Scalar], float] = attrgetter("data")
    sin: Callable[[Scalar], Scalar] = math.sin
    sqrt: Callable[[Scalar], Scalar] = math.sqrt


def gradient(engine: Engine, f: Function, start: Sequence[float]) -> Contender:
    """The work of computing f and its gradient at a point."""
    parameters = [engine.parameter(x) for x in start]
    return of_parameters(lambda: engine.backward(f, parameters), parameters)


def of_parameters(run: Callable[[], float], parameters: Sequence[Scalar]) -> Contender:
    """A contender that returns its loss and leaves its gradient in the parameters."""
    return Contender(run, lambda loss: [float(loss), *(float(p.grad) for p in parameters)], how="scalars, eager")
