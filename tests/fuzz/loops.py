"""Recurrences, layers and pairs, run as loops by llvm and arrays, against eager code: batches of any length, means."""

import itertools
import random
from collections.abc import Iterator

import numpy as np

from autodiff import Program
from tests.fuzz.backends import BACKENDS, compare
from tests.fuzz.graphs import EPS, OutsideError, Recipe, reference
from tests.fuzz.tries import repeat

UNARY = ("sin", "tanh", "atan", "sigmoid", "softplus", "scale", "shift")
BINARY, WIDE = ("mul", "add", "sub"), ("sum", "dot", "logsumexp")
TURNS, WIDTHS = (6, 7, 20, 33, 64), (1, 2, 3, 5, 7, 8, 9, 16, 17)
LENGTHS = (*range(1, 18), 31, 32, 33, 127, 128, 129, 520)  # of batches, around those of vectors, tiles and parts


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def recurrence(rng: random.Random) -> Recipe:
    """Turns of one body. An operand is a leaf, the same in all turns or another in each, or a line so far back."""
    turns, n_shared = rng.choice(TURNS), rng.randint(1, 4)
    n_leaves = n_shared + turns
    body = [(name, *operands(name, n_shared, rng)) for name in rng.choices(UNARY + BINARY + WIDE, k=rng.randint(1, 6))]
    odd = rng.choice([None, rng.randrange(turns)])  # the turn whose first line is another
    lines: list[tuple[str, tuple[int, ...], float]] = []
    for turn in range(turns):
        for k, (name, places, constant) in enumerate(body):
            here = n_leaves + len(lines)
            back = tuple([place if place >= 0 else max(0, here + place) for place in places])
            lines.append(("shift" if turn == odd and not k else name, back, constant))
        own = n_shared + turn if len(body) % 2 else 0
        lines += [("mul", (n_leaves + len(lines) - 1, own), 0.0), ("tanh", (n_leaves + len(lines),), 0.0)]
    return Recipe(n_leaves, lines)


def operands(name: str, n_leaves: int, rng: random.Random) -> tuple[list[int], float]:
    """Leaves, or how many lines back, and a constant."""
    n = 1 if name in UNARY else 2 if name in BINARY else rng.randint(2, 4)
    places = [rng.choice([rng.randrange(n_leaves), -rng.randint(1, 8)]) for _ in range(n)]
    return places, round(rng.uniform(-1.0, 1.0), 2)


def layers(rng: random.Random) -> Recipe:
    """Layers of neurons, each with weights of its own, and a loss."""
    widths = rng.choices(WIDTHS, k=rng.randint(2, 4))
    n_leaves = widths[0] + sum([n * m for n, m in itertools.pairwise(widths)])
    weight, before = widths[0], list(range(widths[0]))
    lines: list[tuple[str, tuple[int, ...], float]] = []
    for width in widths[1:]:
        activation, here = rng.choice(UNARY), n_leaves + len(lines)
        for _ in range(width):
            weights = range(weight, weight + len(before))
            lines.append(("dot", (*weights, *before[::-1]), 0.0))  # each product of a weight and a number, twice
            weight += len(before)
        lines += [(activation, (here + k,), 0.5) for k in range(width)]
        before = [here + width + k for k in range(width)]
    return Recipe(n_leaves, [*lines, (rng.choice(WIDE), tuple(before), 0.0)])


def pairs(rng: random.Random) -> Recipe:
    """A function of the difference of each of some numbers and each other, all in order, or some, or in disorder."""
    n_leaves, steps = rng.randint(2, 40), rng.choices(UNARY, k=rng.randint(1, 3))
    chosen = [*itertools.combinations(range(n_leaves), 2)]
    chosen = [pair[:: rng.choice([1, -1])] for pair in chosen] if rng.random() < 0.1 else chosen
    if rng.random() < 0.5:
        chosen = sorted(rng.sample(chosen, rng.randint(1, len(chosen))))
    if rng.random() < 0.2:
        rng.shuffle(chosen)
    lines: list[tuple[str, tuple[int, ...], float]] = [("sub", pair, 0.0) for pair in chosen]
    for name in steps:
        first = n_leaves + len(lines) - len(chosen)
        lines += [(name, (first + k,), 0.5) for k in range(len(chosen))]
    last = range(n_leaves + len(lines) - len(chosen), n_leaves + len(lines))
    return Recipe(n_leaves, [*lines, ("sum", tuple(last), 0.0)])


def attempt(rng: random.Random) -> str:
    make, kind = rng.choice([recurrence, layers, pairs]), rng.choice(BACKENDS[1:])
    recipe = make(rng)
    n = rng.randrange(1, recipe.n_leaves)  # the first are inputs, the others parameters, the same at all points
    theta = [rng.uniform(-1.0, 1.0) for _ in range(recipe.n_leaves - n)]
    points, wanted = [], []
    for _ in range(rng.randint(1, 5)):
        point = [rng.uniform(-1.0, 1.0) for _ in range(n)]
        try:
            wanted.append(reference(recipe, [*point, *theta]))
        except OutsideError:
            continue
        points.append(point)
    if not points:
        return f"{make.__name__}: not smooth"
    output, leaves = recipe.build([*points[0], *theta])
    program = Program(output, leaves[:n], leaves[n:], backend=kind, threads=rng.choice([1, 2]))
    what = f"{kind}: {make.__name__}"
    for length in rng.sample(LENGTHS, 3):
        rows = [rng.randrange(len(points)) for _ in range(length)]
        batch, here = np.array([points[row] for row in rows]), [wanted[row] for row in rows]
        compare(f"{what}, {length} points", [program(batch)], [[w[0]] for w in here])
        values, slopes = program.value_and_grad(batch)
        compare(f"{what}, value_and_grad of {length}", [values, *slopes.T], [w[: n + 1] for w in here])
        mean, by_parameters = program.mean_and_grad(batch)
        columns = list(zip(*here, strict=True))
        means = [
            (sum([x for x, _ in column]) / length, sum([bound + EPS * length * abs(x) for x, bound in column]) / length)
            for column in (columns[0], *columns[1 + n :])  # a sum of n numbers is right to n units of each
        ]
        compare(f"{what}, mean_and_grad of {length}", [[mean], *([g] for g in by_parameters)], [means])
    return what
