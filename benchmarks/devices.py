"""A step of `fit` in machine code and on the devices of JAX: `python -m benchmarks.devices`; a GPU where JAX sees one.

Each column is a process of its own, which JAX_PLATFORMS keeps to its kind of device.
"""

import json
import os
import random
import subprocess
import sys
import time

from nn import MLP, Adam, fit, losses

CASES = [((64, 30, 10), 100), ((64, 30, 10), 10_000), ((784, 100, 10), 100), ((784, 100, 10), 5_000)]
"""Networks and batches."""
COLUMNS = {
    "machine code": ("cpu", "llvm", 1),
    "machine code, all processors": ("cpu", "llvm", None),
    "JAX, CPU": ("cpu", "jax", 1),
    "JAX, GPU": ("cuda", "jax", 1),
}
"""The device of JAX, the backend and the threads of `fit`."""
SECONDS = 0.5  # of the steps that are timed


def step(sizes: tuple[int, ...], batch: int, backend: str, threads: int | None) -> tuple[float, float]:
    """Return the seconds until the first step is made, and those of one more, the least of a few trainings."""
    import numpy as np

    n_in, *widths = sizes
    rng = np.random.default_rng(0)
    inputs, targets = rng.random((batch, n_in)), rng.random((batch, widths[-1]))
    model = MLP(n_in, widths, activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))

    def seconds(steps: int) -> float:
        options = {"optimizer": Adam(0.001), "max_steps": steps, "backend": backend, "threads": threads}
        history = fit(model, losses.squared_error, inputs, targets, **options)  # type: ignore[arg-type]
        return history.seconds

    start = time.perf_counter()
    seconds(1)
    first = time.perf_counter() - start
    steps = max(3, int(SECONDS / 5 / (seconds(5) / 5)))
    return first, min(seconds(steps) for _ in range(5)) / steps


def measured(device: str, backend: str, threads: int | None) -> list[tuple[float, float]]:
    """Do all cases in a process of its own; [] if it has no such device."""
    command = [sys.executable, "-m", "benchmarks.devices", backend, str(threads)]
    environment = {**os.environ, "JAX_PLATFORMS": device}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode and device != "cpu":
        return []
    run.check_returncode()
    return [(first, later) for first, later in json.loads(run.stdout)]


def main() -> None:
    """Print the table."""
    columns = {}
    for name, how in COLUMNS.items():
        columns[name] = measured(*how)
        if not columns[name]:
            print(f"{name}: skipped, JAX sees none")
    names = [name for name, cells in columns.items() if cells]
    print("seconds to the first step, and milliseconds a step of Adam:\n")
    print(f"| network, batch | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for i, (sizes, batch) in enumerate(CASES):
        cells = [f"{first:.1f} s, {1000.0 * later:.2f}" for first, later in [columns[name][i] for name in names]]
        print(f"| {'-'.join(map(str, sizes))}, {batch:,} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if sys.argv[1:]:
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.devices()  # an error if this process has no such device
        backend, threads = sys.argv[1], None if sys.argv[2] == "None" else int(sys.argv[2])
        print(json.dumps([step(sizes, batch, backend, threads) for sizes, batch in CASES]))
    else:
        main()
