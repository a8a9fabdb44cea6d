"""Two moons: one training step of the demonstration that comes with micrograd."""

import math
import random
from dataclasses import replace
from itertools import pairwise

from benchmarks.tasks.network import Batch, Network


def two_moons(n: int, noise: float, rng: random.Random) -> Batch:
    """Return n points on two half circles that reach into each other, with targets -1 and 1."""
    inputs, targets = [], []
    for i in range(n):
        angle, upper = rng.uniform(0.0, math.pi), i % 2 == 0
        x, y = (math.cos(angle), math.sin(angle)) if upper else (1.0 - math.cos(angle), 0.5 - math.sin(angle))
        inputs.append([x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)])
        targets.append([-1.0 if upper else 1.0])
    return Batch(inputs, targets)


def make() -> Network:
    """Return the task."""
    sizes, rng = (2, 16, 16, 1), random.Random(1337)
    start: list[float] = []
    for n_in, n_out in pairwise(sizes):
        for _ in range(n_out):
            start += [rng.uniform(-1.0, 1.0) for _ in range(n_in)] + [0.0]
    return Network(
        title="Two moons, a training step",
        text=(
            "One step of micrograd's demonstration: a network 2-16-16-1 with relu, all of 100 points, hinge loss plus "
            "an L2 term, backward, gradient descent. Every engine of scalars runs the same model, whose neuron is "
            "micrograd's sum of products: about 65,000 nodes. *chainrule* is the same step with `nn`, whose neuron is "
            "a `dot`, a sum and an activation. Array libraries and numpy work on matrices of all 100 points at once; "
            "casadi, ddx and *Program* have recorded the network of one point, which they replay on 100. *C by hand* "
            "and *numba* have all points in the innermost loops, which are vector instructions; in C, a block of 4 "
            "neurons and 4 vectors of points stays in the registers."
        ),
        sizes=sizes,
        activation="relu",
        start=start,
        batches=[two_moons(100, 0.1, rng)],
        l2=1e-4,
        learning_rate=0.1,
    )


def training() -> Network:
    """Return a hundred such steps, for what replays."""
    step = make()
    return replace(
        step,
        title="Two moons, a training of 100 steps",
        text=(
            "The same step a hundred times, each from where the last left off. *nn.fit* is one call: it records the "
            "network for one sample, finds the program that it has compiled before, trains, and leaves the parameters "
            "in the model. *Program, plain loop* is what docs/program.md shows, from the model and back to it. JAX "
            "runs all steps as one compiled `lax.scan`, its own idiom for a loop; numba has the loop inside, too. The "
            "others are Python loops around their step, on arrays of their own."
        ),
        batches=[*step.batches] * 100,
        replay_only=True,
        is_training=True,
    )


def batch_of(n: int) -> Network:
    """Return the gradient on a batch of n points, without a step."""
    points = two_moons(n, 0.1, random.Random(7))
    return replace(make(), batches=[points], l2=0.0, learning_rate=0.0, replay_only=True, is_brief=True)
