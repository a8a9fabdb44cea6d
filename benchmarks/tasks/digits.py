"""Real digits of 8 x 8 pixels: the first steps of an epoch of a 64-30-10 network."""

import math
import random
from itertools import pairwise

from autodiff.errors import MissingDependencyError
from benchmarks.tasks.network import Batch, Network

BATCHES, BATCH_SIZE = 5, 10


def make() -> Network:
    """Return the task; the data come with scikit-learn.

    Raises:
        MissingDependencyError: if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingDependencyError("benchmarks: digits", "scikit-learn", "peers") from None
    data = load_digits()
    n = BATCHES * BATCH_SIZE
    inputs = (data.data[:n] / 16.0).tolist()  # the data set counts ink from 0 to 16
    targets = [[float(digit == k) for k in range(10)] for digit in data.target[:n].tolist()]
    sizes, rng = (64, 30, 10), random.Random(0)
    start: list[float] = []
    for n_in, n_out in pairwise(sizes):
        r = math.sqrt(6.0 / (n_in + n_out))  # Glorot and Bengio, 2010
        for _ in range(n_out):
            start += [rng.uniform(-r, r) for _ in range(n_in)] + [0.0]
    return Network(
        title=f"Digits, {BATCHES} mini-batches of {BATCH_SIZE}",
        text=(
            f"A network 64-30-10, sigmoid and squared error, on real handwritten digits: {BATCHES} mini-batches of "
            f"{BATCH_SIZE}, each with a step of gradient descent. An epoch over 1,438 training digits is "
            f"{1438 / n:.1f} times this. Models as for two moons: *chainrule* is `nn`, 2,260 parameters; in scalar "
            "operations a sample is about 4,500 nodes."
        ),
        sizes=sizes,
        activation="sigmoid",
        start=start,
        batches=[Batch(inputs[i : i + BATCH_SIZE], targets[i : i + BATCH_SIZE]) for i in range(0, n, BATCH_SIZE)],
        learning_rate=3.0,
    )
