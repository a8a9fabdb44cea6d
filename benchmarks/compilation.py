"""What a `Program` takes from a live graph to its first result, and how that grows with the graph."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

import nn
from autodiff import Value
from autodiff.program import Program
from autodiff.program.llvm import machine
from benchmarks import report
from benchmarks.peers import program
from benchmarks.tasks import digits, moons
from benchmarks.tasks.gpt import Gpt, char_gpt
from nn import losses

Graph: TypeAlias = tuple[Value, list[Value], list[Value]]
"""An output, inputs, parameters."""

WIDTHS = [20, 75, 310]  # neurons in the middle of 64-n-10: some 3,000, 12,000 and 50,000 operations

TEXT = (
    "Seconds from a graph of Values to the first mean and gradient by the parameters: record, derive, simplify, fuse, "
    "machine code, and one call with a single point. *Operations* are those of the tape that is compiled, a dot "
    "product of n pairs counted as n. LLVM is loaded before. The networks 64-n-10 show how it grows. Three rounds."
)


def squared_error_of(sizes: Sequence[int]) -> Graph:
    """The squared error of a network, for one sample."""
    rng, (n_in, *widths) = random.Random(0), sizes
    model = nn.MLP(n_in, widths, activation="sigmoid", output_activation="sigmoid", rng=rng)
    x, t = ([Value(rng.random()) for _ in range(n)] for n in (n_in, widths[-1]))
    y = model(x)
    return losses.squared_error(y, t if len(t) > 1 else t[0]), [*x, *t], model.parameters()


def gpt() -> Graph:
    """A step of the character GPT, in wide nodes."""
    task = Gpt()
    parameters = [Value(x) for x in task.start]
    return task.loss(char_gpt.WIDE, parameters), [], parameters


def measured(make: Callable[[], Graph], rounds: int) -> tuple[int, int, list[float]]:
    """Return operations, parameters, and seconds of each round, with a new graph each."""
    seconds = []
    for _ in range(rounds):
        output, inputs, parameters = make()
        points = np.full((1, len(inputs)), 0.5)
        gc.collect()
        machine.ENGINES.clear()
        start = time.perf_counter()
        compiled = Program(output, inputs, parameters, backend="llvm")
        compiled.mean_and_grad(points)
        seconds.append(time.perf_counter() - start)
    lines = compiled.passes("parameters")["fuse"].lines
    return sum(max(1, len(line.operands) // 2) for line in lines if line.primitive), len(parameters), seconds


def section(rounds: int) -> report.Section:
    """Compile small and large graphs."""
    graphs: dict[str, Callable[[], Graph]] = {
        "two moons, 2-16-16-1": lambda: program.graph(moons.make()),
        "digits, 64-30-10": lambda: program.graph(digits.make()),
        **{f"64-{n}-10": lambda n=n: squared_error_of((64, n, 10)) for n in WIDTHS},  # type: ignore[misc]
        "a step of the character GPT": gpt,
    }
    measured(graphs["two moons, 2-16-16-1"], 1)  # loads LLVM
    rows = [["", "parameters", "operations", "minimum", "median", "minimum per operation"]]
    for name, make in graphs.items():
        operations, parameters, seconds = measured(make, min(rounds, 3))
        low = min(seconds)
        times = [report.duration(s) for s in (low, statistics.median(seconds), low / operations)]
        rows.append([name, f"{parameters:,}", f"{operations:,}", *times])
    return report.Section("Compiling a Program", TEXT, rows)
