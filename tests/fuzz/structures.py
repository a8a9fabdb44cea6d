"""Deep, wide and shared graphs, whose derivatives are known: made, differentiated, replayed and freed."""

import random
from collections.abc import Iterator

import numpy as np

import autodiff
from autodiff import Program, Value, dot, tanh
from tests.fuzz.backends import BACKENDS
from tests.fuzz.tries import repeat, require


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    return rng.choice([deep, wide, doubled, freed, network])(rng)


def deep(rng: random.Random) -> str:
    """A chain of steps of slope 1, -1, 2 and 1/2, each exact: the slope of the whole is their product."""
    x = Value(rng.uniform(-1, 1), "x")
    node, slope = x, 1.0
    for _ in range(rng.choice([1_000, 20_000])):
        factor = rng.choice([1.0, -1.0, 2.0 if abs(slope) < 2 else 0.5])
        node = node + 1.0 if factor == 1.0 else -node if factor == -1.0 else node * factor
        slope *= factor
    node.backward()
    require(x.grad == slope, f"deep: slope {x.grad!r}, expected {slope!r}")
    return "deep"


def wide(rng: random.Random) -> str:
    """The sum of c x, over one node of many operands or many nodes of two; each slope is c."""
    n = rng.choice([1, 2, 3, 100, 5_000])
    xs, factors = [Value(float(i)) for i in range(n)], [float(rng.randint(-9, 9)) for _ in range(n)]
    terms = [x * c for x, c in zip(xs, factors, strict=True)]
    out = rng.choice([lambda: dot(factors, xs), lambda: autodiff.sum(terms), lambda: sum(terms, Value(0.0))])()
    out.backward()
    require([x.grad for x in xs] == factors, "wide: other slopes than the factors")
    require(out.data == sum(i * c for i, c in enumerate(factors)), "wide: another sum")
    return "wide"


def doubled(rng: random.Random) -> str:
    """x added to itself again and again: 2**n paths, all of one length, and a slope of 2**n."""
    n = rng.randint(1, 60)
    x = Value(1.0, "x")
    node = x
    for _ in range(n):
        node = node + node
    node.backward()
    require(x.grad == 2.0**n, f"doubled: slope {x.grad!r}, expected 2**{n}")
    if n < 30:
        _, slope = Program(node, [x], backend=rng.choice(BACKENDS)).value_and_grad([1.0])
        require(slope[0] == 2.0**n, f"doubled: replayed slope {slope[0]!r}, expected 2**{n}")
    return "doubled"


def freed(rng: random.Random) -> str:
    """A long graph of mixed kinds loses its last name; what is kept of it still works."""
    x = Value(0.5, "x")
    node, kept = x, []
    for _ in range(30_000):
        match rng.randrange(4):
            case 0:
                node = node + x
            case 1:
                node = tanh(node)
            case 2:
                node = node * 0.5
            case 3:
                node = dot([node, x], [0.5, 1.0])
        if rng.random() < 1e-4:
            kept.append(node)
    node = x
    for some in kept:
        require(some.operands[0] is not None and abs(some.data) < 1e9, "freed: a kept node has lost its operands")
    return "freed"


def network(rng: random.Random) -> str:
    """Layers with tied, transposed or permuted weights, a program of arrays, against numpy and its own chain rule."""
    n, rows, layers = rng.randint(1, 6), rng.randint(1, 7), rng.randint(1, 4)
    weights = [Value(rng.uniform(-1, 1), f"w{i}") for i in range(n * n)]
    theta = np.array([w.data for w in weights])
    order = np.arange(n * n).reshape(n, n)
    inputs = [Value(rng.uniform(-1, 1), f"x{i}") for i in range(n)]
    uses, a = [], inputs
    for _ in range(layers):
        use = rng.choice([order, order.T, order[:, ::-1], order[rng.sample(range(n), n)]])
        a = [tanh(dot([weights[i] for i in row], a)) for row in use.tolist()]
        uses.append(use)
    backend = rng.choice(BACKENDS)
    program = Program(autodiff.sum(a), inputs, weights, backend=backend)
    points = np.array([[rng.uniform(-1, 1) for _ in range(n)] for _ in range(rows)])
    mean, slopes = program.mean_and_grad(points)

    states = [points]
    for use in uses:
        states.append(np.tanh(states[-1] @ theta[use].T))
    delta, wanted = np.ones((rows, n)) / rows, np.zeros(n * n)
    for use, before, after in zip(uses[::-1], states[-2::-1], states[:0:-1], strict=True):
        delta = delta * (1 - after**2)
        np.add.at(wanted, use, delta.T @ before)
        delta = delta @ theta[use]
    # at most n**2 rows layers products, each of at most 1: their rounding errors are far below 1e-12
    require(abs(mean - states[-1].sum(axis=1).mean()) < 1e-12, f"network: mean {mean!r} on {backend}")
    require(bool(np.all(np.abs(slopes - wanted) < 1e-12)), f"network: slopes {slopes} on {backend}, expected {wanted}")
    return f"network, {backend}"
