"""C by hand, `network.c`, compiled for each task with `cc -O3 -march=native -ffast-math` and called through ctypes."""

import ctypes
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.network import Network

if shutil.which("cc") is None:
    raise ImportError("no C compiler, cc")

VERSION = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
LINE = 8  # doubles in a cache line, and in the largest vector


def contenders(task: Task) -> Contenders:
    """Networks."""
    return {"C by hand": partial(network, task)} if isinstance(task, Network) and not task.is_large else {}


def network(task: Network) -> Contender:
    """The delta recursion, a sample in every lane of a vector; samples are laid out before the clock starts."""
    step = compiled(task)
    theta, g = (aligned(np.array(numbers)) for numbers in (task.start, np.zeros(len(task.start))))
    batches = [(rows_of(X), rows_of(T)) for X, T in arrays.batches_of(task)]
    calls = [[array.ctypes.data_as(ctypes.c_void_p) for array in (theta, X, T, g)] for X, T in batches]

    def run() -> float:
        for call in calls:
            loss = step(*call)
        return loss  # type: ignore[no-any-return]

    return Contender(run, lambda loss: arrays.numbers(loss, [g]), how="by hand, compiled", recorded=True)


def compiled(task: Network) -> Any:
    """`step` of `network.c`, for the sizes of a task."""
    n, first, layers = len(task.batches[0].inputs), 0, []
    for i, (n_in, n_out) in enumerate(task.shapes):
        layers.append(f"L({i}, {n_in}, {n_out}, {first})")
        first += n_out * (n_in + 1)
    macros = {
        "POINTS": n,
        "N": n if n == 1 else -(-n // LINE) * LINE,
        "DEPTH": len(layers),
        "WIDEST": max(task.sizes),
        "OUTPUTS": task.sizes[-1],
        "FORWARD": " ".join(layers),
        "BACKWARD": " ".join(reversed(layers)),
        "RELU": int(task.activation == "relu"),
        "L2": task.l2,
        "RATE": task.learning_rate,
        "PARAMETERS": first,
    }
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "network.so")
        options = [*FLAGS, *(f"-D{name}={value}" for name, value in macros.items())]
        source = Path(__file__).with_name("network.c")
        subprocess.run(["cc", *options, str(source), "-o", str(library), "-lm"], check=True)
        step = ctypes.CDLL(str(library)).step
    step.restype = ctypes.c_double
    return step


def rows_of(samples: Any) -> Any:
    """(n, m) as m rows of N numbers."""
    n = len(samples)
    return aligned(np.pad(samples.T, ((0, 0), (0, -n % LINE if n > 1 else 0))))


def aligned(array: Any) -> Any:
    """A copy that begins with a cache line."""
    memory = np.empty(array.size + LINE)
    start = -(memory.ctypes.data // memory.itemsize) % LINE
    copy = memory[start : start + array.size].reshape(array.shape)
    copy[...] = array
    return copy
