"""Microseconds a point of every entry point of a `Program`, for batches of many sizes: do larger ones cost less?

Each size is the first that its process runs, so that memory is as the system hands it out; a process that had served
another size before would hide what that costs. The program is compiled once and the process then forked for each size.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks import report

SIZES = [1, 2, 4, 7, 8, 9, 16, 31, 32, 33, 40, 63, 64, 65, 96, 100, 104, 127, 128, 129, 192, 200, 256, 257, 300]
SHOWN = [1, 8, 16, 31, 32, 33, 64, 65, 100, 128, 129, 256, 300]
NETWORKS = {"2-16-16-1": (2, 16, 16, 1), "64-30-10": (64, 30, 10)}
ENTRIES = {
    f"{method}(x{', theta' * theta}{', out=' * out})": (method, theta, out)
    for method in ("program", "value_and_grad", "mean_and_grad")
    for theta, out in ((False, False), (True, True))
}
FIT = "nn.fit, a step"
RUNS, ROUNDS = 20, 15

TEXT = (
    "Microseconds a point, machine code, squared error of a network; each size in a process that has run no other. "
    f"*Worst* is the largest factor by which a batch takes longer, in all, than a larger one, among {len(SIZES)} sizes "
    "from 1 to 300: near 1 where no size is a bad one. Each number is the minimum of a few hundred calls."
)


def best(work: Callable[[], Any]) -> float:
    """Return the seconds of a call, the least of a few rounds; the first call is in none."""
    work()
    lows = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(RUNS):
            work()
        lows.append((time.perf_counter() - start) / RUNS)
    return min(lows)


def in_a_child(work: Callable[[], float]) -> float:
    """Return what the work returns in a copy of this process."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.write(writes, json.dumps(work()).encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as answer:
        seconds: float = json.loads(answer.read())
    os.waitpid(child, 0)
    return seconds


def of_program(network: str, entry: str, dtype: Any) -> list[float]:
    """Return the seconds of a call for each size."""
    import numpy as np

    from autodiff.program import Program
    from benchmarks.compilation import squared_error_of

    method, with_theta, with_out = ENTRIES[entry]
    output, inputs, parameters = squared_error_of(NETWORKS[network])
    program = Program(output, inputs, parameters, backend="llvm", dtype=dtype)
    n, theta = len(inputs), np.array([p.data for p in parameters], dtype)
    call = program if method == "program" else getattr(program, method)
    with suppress(ValueError):  # there is no mean of no points, but it is compiled before that is noticed
        call(np.zeros((0, n), dtype))

    def timed(size: int) -> float:
        points = np.random.default_rng(0).random((size, n)).astype(dtype)
        values, slopes, mean = np.empty(size, dtype), np.empty((size, n), dtype), np.empty(len(theta), dtype)
        out: Any = {"program": values, "value_and_grad": (values, slopes), "mean_and_grad": mean}[method]
        arguments = (points, theta) if with_theta else (points,)
        return best((lambda: call(*arguments, out=out)) if with_out else (lambda: call(*arguments)))

    return [in_a_child(lambda size=size: timed(size)) for size in SIZES]  # type: ignore[misc]


def of_fit(network: str) -> list[float]:
    """Return the seconds of a step of `fit` for each size, compiled before."""
    import random

    import numpy as np

    from nn import MLP, SGD, fit, losses

    n_in, *sizes = NETWORKS[network]
    model = MLP(n_in, sizes, activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))

    def seconds(inputs: Any, targets: Any, steps: int) -> float:
        start = time.perf_counter()
        fit(model, losses.squared_error, inputs, targets, optimizer=SGD(0.01), max_steps=steps)
        return time.perf_counter() - start

    def timed(size: int) -> float:
        rng = np.random.default_rng(0)
        inputs, targets = rng.random((size, n_in)), rng.random((size, sizes[-1]))
        targets = targets if sizes[-1] > 1 else targets.ravel()
        seconds(inputs, targets, 1)  # compiles
        few = min(seconds(inputs, targets, 50) for _ in range(3))
        return (min(seconds(inputs, targets, 250) for _ in range(3)) - few) / 200

    return [in_a_child(lambda size=size: timed(size)) for size in SIZES]  # type: ignore[misc]


def worst(seconds: list[float]) -> float:
    """Return the largest factor by which one batch takes longer than a larger one."""
    return max(this / min(seconds[i + 1 :]) for i, this in enumerate(seconds[:-1]))


def section(rounds: int) -> report.Section:  # all tables have rounds
    """Return the table; each row comes from a process of its own."""
    if not hasattr(os, "fork"):
        raise OSError("a table that needs os.fork")
    asked = [("2-16-16-1", entry, dtype) for entry in ENTRIES for dtype in ("float64", "float32")]
    asked += [("64-30-10", list(ENTRIES)[-1], dtype) for dtype in ("float64", "float32")]
    asked += [("2-16-16-1", FIT, "float64")]
    rows = [["", *map(str, SHOWN), "worst"]]
    for row in asked:
        command = [sys.executable, "-m", "benchmarks.batches", *row]
        seconds = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stdout)
        per_point = [f"{1e6 * seconds[SIZES.index(size)] / size:#.2g}" for size in SHOWN]
        rows.append([", ".join(row), *map(report.plain, per_point), f"{worst(seconds):.2f}"])
    return report.Section("Every size of a batch", TEXT, rows)


if __name__ == "__main__":
    of_network, of_entry, of_dtype = sys.argv[1:]
    print(json.dumps(of_fit(of_network) if of_entry == FIT else of_program(of_network, of_entry, of_dtype)))
