"""Programs of well-known structures, small ones: each function returns outputs, inputs and parameters."""

import random
from itertools import combinations, pairwise

from autodiff import Value, cos, dot, exp, logsumexp, maximum, sin, sqrt, tanh
from autodiff import sum as total
from nn import MLP, losses


def numbers(n, label=""):
    return [Value(round(0.9 - 0.17 * k, 2), f"{label}{k}" if label else "") for k in range(n)]


def network():
    """A loss of a network with a penalty."""
    model, x, y = MLP(3, [5, 2], activation="tanh", rng=random.Random(0)), numbers(3, "x"), numbers(2, "y")
    parameters = model.parameters()
    loss = losses.squared_error(model(x), y) + 0.1 * dot(parameters, parameters)
    return [loss], [*x, *y], parameters


def classifier():
    """The cross-entropy of a layer: the derivative of each logit needs their sum."""
    model, x, y = MLP(2, [3], rng=random.Random(0)), numbers(2, "x"), numbers(3, "y")
    logits = model(x)
    for k, logit in enumerate(logits):
        logit.label = f"logit{k}"
    return [logsumexp(logits) - dot(y, logits)], [*x, *y], model.parameters()


def wide_network():
    """A classifier, wide enough for tiles of loops."""
    model, x, y = MLP(18, [33, 10], activation="sigmoid", rng=random.Random(0)), numbers(18), numbers(10)
    logits = model(x)
    return [logsumexp(logits) - dot(y, logits)], [*x, *y], model.parameters()


def samples():
    """A full batch in one graph: the numbers of its samples are constants."""
    model, rng = MLP(2, [4, 1], rng=random.Random(0)), random.Random(1)
    rows = [([rng.choice([0.0, 1.0, 0.25]), rng.gauss(0.0, 1.0)], rng.choice([-1.0, 1.0])) for _ in range(9)]
    return [total([(1.0 - y * model(x)).relu() for x, y in rows]) * (1.0 / 9)], [], model.parameters()


def attention():
    """Causal attention: sums of many lengths."""
    n, width = 7, 3
    rows = [[numbers(width) for _ in range(n)] for _ in range(3)]
    queries, keys, values = rows
    out = []
    for i in range(n):
        scores = [dot(queries[i], keys[j]) for j in range(i + 1)]
        weights = [exp(score - logsumexp(scores)) for score in scores]
        out += [dot(weights, [values[j][d] for j in range(i + 1)]) for d in range(width)]
    return [total([y * y for y in out])], [x for some in rows for row in some for x in row], []


def convolution():
    """Windows, and what has no array of its own."""
    image, kernel = [numbers(6) for _ in range(6)], [numbers(3) for _ in range(3)]
    out = [
        tanh(sum(kernel[i][j] * image[r + i][s + j] for i in range(3) for j in range(3)))
        for r in range(4)
        for s in range(4)
    ]
    return [total(out)], [x for row in image for x in row], [w for row in kernel for w in row]


def bodies():
    """All pairs: sums whose signs differ, and rows in runs."""
    n = 16
    xs, masses, energy = numbers(3 * n), numbers(n), Value(0.0)
    for i, j in combinations(range(n), 2):
        dx, dy, dz = [xs[3 * i + k] - xs[3 * j + k] for k in range(3)]
        energy = energy - masses[i] * masses[j] / sqrt(dx * dx + dy * dy + dz * dz + 0.5)
    return [energy], xs, masses


def shuffled():
    """Neurons that read in no order: copies."""
    rng, x, parameters = random.Random(0), numbers(6, "x"), numbers(35)
    some = rng.sample(parameters, 35)
    ys = [maximum(dot(some[7 * i : 7 * i + 6], rng.sample(x, 6)) + some[7 * i + 6], 0.1) for i in range(5)]
    return [total([maximum(y, -y) for y in ys])], x, parameters


def features():
    """Powers and waves of one number, weighted."""
    (x, y), a, b = numbers(2, "x"), numbers(6, "a"), numbers(6, "b")
    waves = [p * cos((k + 1) * x) + q * sin((k + 1) * x) for k, (p, q) in enumerate(zip(a, b, strict=True))]
    rate = x * y
    rate.label = "rate"
    return [(total(waves) + dot(a, [x**k for k in range(6)]) - rate) ** 2], [x, y], a + b


def outputs():
    """Results of every kind: computed, leaves, constants, twice, the same at all points."""
    x, y, p, q = numbers(4)
    z, table = tanh(x * p), [Value(0.0) for _ in range(40)]
    table[3::11] = [x * x + y, exp(y), x - p, dot([x, y], [p, q])]
    return [z, x, p, Value(2.5), z, p * q, *table], [x, y], [p, q]


def scattered():
    """A loss of some parameters, in no order: its gradient is scattered too, and 0 elsewhere."""
    rng, x, parameters = random.Random(0), numbers(3), numbers(50)
    some = rng.sample(parameters, 24)
    return [total([tanh(w * x[k % 3]) for k, w in enumerate(some)]) + dot(some[:12], some[12:])], x, parameters


def scattered_outputs():
    """Many results, computed and not, in no order."""
    rng, x, parameters = random.Random(0), numbers(12), numbers(12)
    results = [
        *x,
        *parameters,
        *[tanh(a * b) for a, b in zip(x, parameters, strict=True)],
        *[w * w for w in parameters],
    ]
    return rng.sample(results, 40), x, parameters


def two_orders():
    """Products whose factors stand in different orders, each of a few pieces: only one is read where it stands."""
    x, parameters = numbers(64), numbers(64)
    orders = []
    for cuts in ([0, 7, 18, 25, 36, 41, 48, 57, 64], [0, 5, 13, 22, 30, 33, 45, 52, 64]):
        parts = [range(*some) for some in pairwise(cuts)]
        orders.append([i for k in (2, 0, 5, 1, 7, 4, 3, 6) for i in parts[k]])
    return [parameters[i] * x[j] for i, j in zip(*orders, strict=True)], x, parameters


def recurrent():
    """A recurrent network, which reads an input in each turn."""
    x, weights, h = numbers(24), numbers(12), [Value(0.0)] * 3
    for t in range(24):
        h = [tanh(dot([*h, x[t]], weights[4 * i : 4 * i + 4]) + 0.1) for i in range(3)]
    return [(total(h) - 0.3) ** 2], x, weights


def trajectories():
    """Two recurrences that can run abreast, of unequal length, and a term of the loss in each turn."""
    x, y, w = numbers(3)
    a, b, loss = x, y, Value(0.0)
    for _ in range(30):
        a = a - 0.05 * sin(w * a)
        loss = loss + (a - 0.2) ** 2
    for _ in range(33):
        b = b * w + x
    return [loss * b], [x, y], [w]


def irregular():
    """Hundreds of operations without a pattern: chunks."""
    rng, nodes = random.Random(0), numbers(5)
    leaves = nodes[:]
    for _ in range(60):
        nodes.append(rng.choice([tanh, exp, lambda x: x * 0.3, lambda x: 1.0 - x])(tanh(nodes[-1] * rng.choice(nodes))))
    return [nodes[-1]], leaves[:3], leaves[3:]


STRUCTURES = [
    *(network, classifier, wide_network, samples, attention, convolution, bodies, shuffled, features, outputs),
    *(scattered, scattered_outputs, two_orders, recurrent, trajectories, irregular),
]
