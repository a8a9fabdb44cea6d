"""The article's network, 2-3-2 with sigmoid and the squared error: loss and gradient."""

import random

from benchmarks.tasks.network import Batch, Network


def _make(n: int, title: str, text: str) -> Network:
    rng = random.Random(1)
    start = [rng.gauss(0.0, 1.0) for _ in range(3 * 3 + 2 * 4)]
    inputs = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(n)]
    targets = [[1.0, 0.0] if x * x + y * y < 0.5 else [0.0, 1.0] for x, y in inputs]
    return Network(title, text, sizes=(2, 3, 2), activation="sigmoid", start=start, batches=[Batch(inputs, targets)])


def one_sample() -> Network:
    """Return the task with one sample."""
    return _make(
        1,
        "The article's 2-3-2 network, one sample",
        "Squared error and gradient with respect to the 17 parameters, no update. The smallest task: an array library "
        "mostly pays for its calls, and chainrule for what `nn` checks. The sigmoid is one node where an engine has "
        "one or lets one be added (chainrule, micrograd, the slotted Value, PyTorch, JAX); elsewhere it is written "
        "`1 / (1 + exp(-z))`. *Program* has prepared its call, *casadi, C* is called through its `buffer()`, *C by "
        "hand* through ctypes with prepared pointers: the call is most of it.",
    )


def many_samples() -> Network:
    """Return the task with 100 samples."""
    return _make(
        100,
        "The article's 2-3-2 network, 100 samples",
        "The same, the mean over 100 samples as one graph. Scalars do 100 times the work, arrays the same calls on "
        "larger matrices; *Program* replays the graph of one sample on all.",
    )
