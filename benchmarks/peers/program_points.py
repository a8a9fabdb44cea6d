"""`Program` at points: value and gradient by the inputs, a Hessian, and every way to call it."""

from functools import partial
from typing import Any

import numpy as np

from autodiff import Value, gradients
from autodiff.program import Program
from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import PROGRAM, Contenders
from benchmarks.peers.chainrule import ENGINE
from benchmarks.tasks import Task
from benchmarks.tasks.call import Call
from benchmarks.tasks.pendulum import ITERATIONS, Tuning
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import RosenbrockHessian

HOW = "scalars, compiled"


def contenders(task: Task) -> Contenders:
    """Machine code."""
    match task:
        case RosenbrockHessian():
            return {PROGRAM: partial(hessian, task)}
        case Pointwise():
            return {PROGRAM: partial(pointwise, task)}
        case Tuning():
            return {f"{PROGRAM}, compile included": partial(tuning, task)}
        case Call():
            return {name: partial(call, task, *way) for name, way in WAYS.items()}
    return {}


def pointwise(task: Pointwise) -> Contender:
    """`value_and_grad`, into arrays that are kept."""
    x = [Value(number) for number in task.points[0]]
    program = Program(task.function(ENGINE, x), inputs=x, backend="llvm")
    points = np.array(task.points)
    out = np.empty(len(points)), np.empty_like(points)
    run = partial(program.value_and_grad, points, out=out)
    return Contender(run, lambda result: arrays.flat(*result), HOW, recorded=True)


def tuning(task: Tuning) -> Contender:
    """Record, compile, and iterate."""

    def run() -> Any:
        parameters = [Value(number) for number in task.start]
        program, x = Program(task.function(ENGINE, parameters), [], parameters), np.array(task.start)
        for _ in range(ITERATIONS):
            x -= task.rate * program.mean_and_grad(theta=x)[1]
        return x

    return Contender(run, arrays.flat, HOW)


def hessian(task: RosenbrockHessian) -> Contender:
    """A program with an output for each entry."""
    x = [Value(number) for number in task.points[0]]
    slopes = gradients(task.function(ENGINE, x), x)
    program = Program([entry for slope in slopes for entry in gradients(slope, x)], inputs=x, backend="llvm")
    points, out = np.array(task.points), np.empty((1, len(x) ** 2))
    return Contender(partial(program, points, out=out), arrays.flat, HOW, recorded=True)


WAYS: dict[str, tuple[str, bool, bool]] = {  # method, with theta, with out
    f"{name}(x{', theta' * theta}{', out=' * out})": (method, theta, out)
    for name, method in {
        "mean_and_grad": "mean_and_grad",
        "value_and_grad": "value_and_grad",
        "program": "__call__",
    }.items()
    for theta in (True, False)
    for out in (True, False)
}


def call(task: Call, method: str, with_theta: bool, with_out: bool) -> Contender:
    """One way to call it; the numbers that the way does not return are those of another, outside the time."""
    (x, y), (a, b) = ([Value(number) for number in numbers] for numbers in (task.x, task.theta))
    program = Program(task.function([x, y, a, b]), inputs=[x, y], parameters=[a, b], backend="llvm")
    points, theta = np.array([task.x]), np.array(task.theta)
    values, slopes, mean = np.empty(1), np.empty((1, 2)), np.empty(2)
    out = {"mean_and_grad": mean, "value_and_grad": (values, slopes), "__call__": values}[method]
    function: Any = program if method == "__call__" else getattr(program, method)
    arguments = (points, theta) if with_theta else (points,)
    run = partial(function, *arguments, out=out) if with_out else partial(function, *arguments)

    def numbers(result: Any) -> list[float]:
        by_inputs = program.value_and_grad(points)[1] if method != "value_and_grad" else result[1]
        by_parameters = program.mean_and_grad(points)[1] if method != "mean_and_grad" else result[1]
        return arrays.flat(result if method == "__call__" else result[0], by_inputs, by_parameters)

    return Contender(run, numbers, HOW, recorded=True)
