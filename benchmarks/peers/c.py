"""C by hand, `network.c` and `points.c`, compiled for each task and called through ctypes.

The compiler is gcc where `cc` is; clang 14 was no faster on these files.
"""

import ctypes
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.bodies import SOFTENING, Bodies
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.network import Network
from benchmarks.tasks.pendulum import STEP, STEPS, Pendulum
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import N, Rosenbrock, RosenbrockHessian

if shutil.which("cc") is None:
    raise ImportError("no C compiler, cc")

VERSION = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
FLAGS += ["-mprefer-vector-width=512"] if platform.machine() == "x86_64" else []  # gcc would take half of a vector
LINE = 8  # doubles in a cache line, and in the largest vector
HOW = "by hand, compiled"


def contenders(task: Task) -> Contenders:
    """All that is loops over numbers."""
    match task:
        case Network():
            return {"C by hand": partial(network, task)}
        case Chain():
            return {"C by hand": partial(points, [task.start], {"CHAIN": task.nodes // 2}, 3)}
        case RosenbrockHessian():
            return {"C by hand": partial(points, task.points, {"HESSIAN": N}, N * N)}
        case Pointwise():
            return {"C by hand": partial(points, task.points, macros_of(task), len(task.points[0]))}
    return {}


def macros_of(task: Pointwise) -> dict[str, Any]:
    """Which part of `points.c` it is, and its sizes."""
    match task:
        case Pendulum():
            return {"PENDULUM": 1, "POINTS": len(task.points), "STEPS": STEPS, "H": STEP}
        case Bodies():
            masses = ",".join(map(repr, task.masses))
            return {"BODIES": len(task.masses), "MASSES": masses, "SOFTENING": SOFTENING}
        case Rosenbrock():
            return {"ROSENBROCK": N}
    raise NotImplementedError(type(task).__name__)


def points(starts: Any, macros: Mapping[str, Any], n_results: int) -> Contender:
    """The part of `points.c` with values and gradients, or the Hessian, at all points."""
    run = compiled("points.c", macros).run
    inputs, values = aligned(np.array(starts)), aligned(np.zeros(len(starts)))
    results = aligned(np.zeros((len(starts), n_results)))
    call = partial(run, *map(address, (inputs, values, results)))
    with_value = "HESSIAN" not in macros
    return Contender(call, lambda _: arrays.flat(*([values] if with_value else []), results), HOW, recorded=True)


def network(task: Network) -> Contender:
    """The delta recursion, a sample in every lane of a vector; samples are laid out before the clock starts."""
    step = compiled("network.c", sizes_of(task)).step
    step.restype = ctypes.c_double
    theta, g = (aligned(np.array(numbers)) for numbers in (task.start, np.zeros(len(task.start))))
    batches = [(rows_of(X), rows_of(T)) for X, T in arrays.batches_of(task)]
    calls = [[address(array) for array in (theta, X, T, g)] for X, T in batches]

    def run() -> float:
        for call in calls:
            loss = step(*call)
        return loss  # type: ignore[no-any-return]

    return Contender(run, lambda loss: arrays.numbers(loss, [g]), HOW, recorded=True)


def sizes_of(task: Network) -> dict[str, Any]:
    """The macros of `network.c`."""
    n, first, layers = len(task.batches[0].inputs), 0, []
    for i, (n_in, n_out) in enumerate(task.shapes):
        layers.append(f"L({i}, {n_in}, {n_out}, {first})")
        first += n_out * (n_in + 1)
    return {
        "POINTS": n,
        "LANES": 1 if n == 1 else LINE,
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


def compiled(source: str, macros: Mapping[str, Any]) -> ctypes.CDLL:
    """The library of a file here, with these macros."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "library.so")
        options = [*FLAGS, *(f"-D{name}={value}" for name, value in macros.items())]
        file = Path(__file__).with_name(source)
        subprocess.run(["cc", *options, str(file), "-o", str(library), "-lm"], check=True, timeout=60.0)
        return ctypes.CDLL(str(library))


def address(array: Any) -> Any:
    """A pointer to the numbers of an array."""
    return array.ctypes.data_as(ctypes.c_void_p)


def rows_of(samples: Any) -> Any:
    """(n, m) as m rows of numbers, filled up to whole vectors."""
    n = len(samples)
    return aligned(np.pad(samples.T, ((0, 0), (0, -n % LINE if n > 1 else 0))))


def aligned(array: Any) -> Any:
    """A copy that begins with a cache line."""
    memory = np.empty(array.size + LINE)
    start = -(memory.ctypes.data // memory.itemsize) % LINE
    copy = memory[start : start + array.size].reshape(array.shape)
    copy[...] = array
    return copy
