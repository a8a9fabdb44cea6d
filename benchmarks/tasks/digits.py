"""Real digits of 8 x 8 pixels: an epoch of a 64-30-10 network, and the first steps of one."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from autodiff.errors import MissingDependencyError
from benchmarks.tasks.network import Batch, Network

SIZES = (64, 30, 10)


def make() -> Network:
    """Return the first steps, small enough for engines of scalars."""
    batches, size = 5, 10
    return _network(
        batches,
        size,
        title=f"Digits, {batches} mini-batches of {size}",
        text=(
            f"A network 64-30-10, sigmoid and squared error, on real handwritten digits: {batches} mini-batches of "
            f"{size}, each with a step of gradient descent. An epoch over 1,438 training digits is "
            f"{1438 / (batches * size):.1f} times this. Models as for two moons: *chainrule* is `nn`, 2,260 "
            "parameters; in scalar operations a sample is about 4,500 nodes."
        ),
    )


def epoch() -> Network:
    """Return an epoch at a batch size where arrays are at home."""
    batches, size = 17, 100
    return _network(
        batches,
        size,
        replay_only=True,
        is_training=True,
        title=f"Digits, an epoch at batch {size}",
        text=(
            f"The same network on {batches * size:,} of the 1,797 digits: {batches} mini-batches of {size}. Engines of "
            "scalars that record anew in every step are left out; micrograd would take a minute. *nn.fit* is one call, "
            "with all that it does before and after the epoch; JAX and numba have the loop over the batches inside."
        ),
    )


def batch_of(n: int) -> Network:
    """Return the gradient on the first n digits, without a step."""
    return replace(_network(1, n, title="", text="", replay_only=True), learning_rate=0.0, is_brief=True)


def author() -> Network:
    """Return the network of the article's author on 100 images."""
    sizes, rng = (784, 100, 10), random.Random(0)
    return Network(
        title="The author's 784-100-10 network, 100 samples",
        text=(
            "Loss and gradient, sigmoid and squared error, of images drawn at random. *Program* has been given the "
            "scalars of one sample, some 80,000, and has found the matrices in them, for machine code or for numpy."
        ),
        sizes=sizes,
        activation="sigmoid",
        start=_start(sizes, rng),
        batches=[
            Batch(
                [[rng.random() for _ in range(784)] for _ in range(100)],
                [[float(k == i % 10) for k in range(10)] for i in range(100)],
            )
        ],
        replay_only=True,
        is_large=True,
    )


def _start(sizes: Sequence[int], rng: random.Random) -> list[float]:
    """Weights drawn as by Glorot and Bengio (2010), biases 0."""
    start: list[float] = []
    for n_in, n_out in pairwise(sizes):
        r = math.sqrt(6.0 / (n_in + n_out))
        for _ in range(n_out):
            start += [rng.uniform(-r, r) for _ in range(n_in)] + [0.0]
    return start


def _network(
    batches: int, size: int, *, title: str, text: str, replay_only: bool = False, is_training: bool = False
) -> Network:
    """A task; the data come with scikit-learn.

    Raises:
        MissingDependencyError: if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingDependencyError("benchmarks: digits", "scikit-learn", "peers") from None
    data, n, rng = load_digits(), batches * size, random.Random(0)
    inputs = (data.data[:n] / 16.0).tolist()  # the data set counts ink from 0 to 16
    targets = [[float(digit == k) for k in range(10)] for digit in data.target[:n].tolist()]
    return Network(
        title,
        text,
        sizes=SIZES,
        activation="sigmoid",
        start=_start(SIZES, rng),
        batches=[Batch(inputs[i : i + size], targets[i : i + size]) for i in range(0, n, size)],
        learning_rate=3.0,
        replay_only=replay_only,
        is_training=is_training,
    )
