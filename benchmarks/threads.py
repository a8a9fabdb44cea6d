"""Long batches of a `Program` on one thread and on two."""

import random
import time

import numpy as np

from autodiff.program import Program
from benchmarks import report
from benchmarks.compilation import squared_error_of

BATCHES = [2_000, 10_000]
CALLS = 200  # of a round, each timed: the least is that of a moment when two processors were free

TEXT = (
    "Loss and gradient by the parameters of a network 64-30-10; the least of many calls, which take turns. A call that "
    "finds the second processor busy is no faster than one thread."
)


def section(rounds: int) -> report.Section:
    """Return the table."""
    output, inputs, parameters = squared_error_of((64, 30, 10))
    theta = np.array([p.data for p in parameters])
    rows = [["", "one thread", "two threads", "times faster", "same bits"]]
    for batch in BATCHES:
        points = np.random.default_rng(0).random((batch, len(inputs)))
        programs = [Program(output, inputs, parameters, backend="llvm", threads=n) for n in (1, 2)]
        means, gradients = zip(*[program.mean_and_grad(points, theta) for program in programs], strict=True)
        same = means[0] == means[1] and (gradients[0] == gradients[1]).all()
        lows = [float("inf")] * len(programs)
        order = [0, 1] * (CALLS * rounds)
        random.Random(0).shuffle(order)
        for k in order:
            start = time.perf_counter()
            programs[k].mean_and_grad(points, theta, out=gradients[k])
            lows[k] = min(lows[k], time.perf_counter() - start)
        times = [report.duration(low) for low in lows]
        rows.append([f"{batch:,} points", *times, f"{lows[0] / lows[1]:.2f}", "yes" if same else "no"])
    return report.Section("Two threads", TEXT, rows)
