"""When does compiling a program pay that is no network? The table of docs/program.md."""

import gc
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff import Program, Value, cos, exp, sin, sqrt, tanh
from autodiff.program.llvm import machine
from benchmarks import report
from benchmarks.peers.chainrule import ENGINE
from benchmarks.tasks.bodies import Bodies
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.pendulum import Pendulum
from benchmarks.tasks.rosenbrock import Rosenbrock

CALLS = 1000

TEXT = (
    "A value with its gradient at one point: recorded anew in every step, or compiled once and called. Time of the "
    "processor, so that other work on the machine lengthens it little; LLVM is loaded before."
)


def expression(x: Sequence[Any]) -> Any:
    """10 operations."""
    a, b = x
    return sqrt(sin(a) * exp(b) + a * b + 3.0) / (cos(b) + a)


def recurrence(x: Sequence[Any]) -> Any:
    """60 times one tanh."""
    state = x[0]
    for _ in range(60):
        state = tanh(0.9 * state + x[1])
    return state


def descent(x: Sequence[Any]) -> Any:
    """150 steps on (y - 1)^2 + 0.1 y^4, by the first y and the rate."""
    y, rate = x
    for _ in range(150):
        y = y - rate * (2.0 * (y - 1.0) + 0.4 * y * y * y)
    return y


RECIPES: list[Callable[[Any, Any], Any]] = [
    lambda a, b: sin(a * b),
    lambda a, b: a * b + 0.5,
    lambda a, b: 0.3 * a - b,
    lambda a, b: tanh(a + b),
]


def irregular(x: Sequence[Any]) -> Any:
    """Some 6,000 operations without any pattern."""
    rng, nodes = random.Random(0), list(x)
    for _ in range(3000):
        nodes.append(rng.choice(RECIPES)(nodes[-1], rng.choice(nodes)))
    return nodes[-1]


CASES: dict[str, tuple[Callable[[Sequence[Any]], Any], Sequence[float]]] = {
    "`sqrt(sin(a) * exp(b) + a * b + 3) / (cos(b) + a)`": (expression, (0.5, 0.25)),
    "Rosenbrock's function in 100 variables": (lambda x: Rosenbrock().function(ENGINE, x), Rosenbrock().points[0]),
    "pendulum, 200 Euler steps": (lambda x: Pendulum(1).function(ENGINE, x), (0.5, 0.1)),
    "150 steps of gradient descent, unrolled": (descent, (0.5, 0.1)),
    "recurrence of one tanh, 60 steps": (recurrence, (0.5, 0.1)),
    "`y = y*a + b`, 5,000 times": (Chain().function, Chain().start),
    "energy of 50 bodies, 1,225 pairs": (lambda x: Bodies().function(ENGINE, x), Bodies().points[0]),
    "6,000 random operations without any pattern": (irregular, (0.5, 0.1)),
}
"""What is computed, and where."""


def least(work: Callable[[], Any], rounds: int, runs: int = 1) -> float:
    """Return the processor's seconds of one run, the least of some rounds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        for _ in range(runs):
            work()
        times.append((time.process_time() - start) / runs)
    return min(times)


def row(name: str, rounds: int) -> list[str]:
    """Return the cells of one program."""
    f, at = CASES[name]
    x, point = [Value(number) for number in at], np.array(at)

    def eager() -> None:
        f(x).backward()

    def compiled() -> Program:
        machine.ENGINES.clear()
        program = Program(f(x), x, backend="llvm")
        program.value_and_grad(point)
        return program

    compiled()
    program = compiled()
    a_step, to_compile = least(eager, rounds, 5), least(compiled, rounds)
    a_call = least(lambda: program.value_and_grad(point), rounds, CALLS)
    times = [report.duration(seconds) for seconds in (a_step, to_compile, a_call)]
    return [name, f"{len(program.passes()['record']):,}", *times, f"{to_compile / (a_step - a_call):,.0f}"]


def section(rounds: int) -> report.Section:
    """Return the table."""
    header = ["", "operations", "eager, a step", "compile", "a call", "pays after so many steps"]
    return report.Section("When compiling pays", TEXT, [header, *[row(name, rounds) for name in CASES]])
