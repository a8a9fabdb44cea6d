"""Replays and eager code differ by rounding: no more than the running error bounds of their two graphs together.

A bound has an ulp (2**-52) of the result for each operation, n for a sum of n, and what the partials make of it further
on, to first order.
"""

import random

import numpy as np
import pytest

import autodiff as ad
from autodiff import Program, Value

N_INPUTS, N_PARAMETERS, N_NODES = 3, 2, 60
SAFE = [  # each is smooth and of moderate size for any operand
    *[lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / (1.5 + y * y)],
    *[lambda x, y: ad.maximum(x, y), lambda x, y: ad.logsumexp([x, y, x - y]), lambda x, y: abs(x - 0.3) * y],
    *[
        lambda x, y: (1.0 + x * x) ** ad.tanh(y),
        lambda x, y: ad.exp(ad.tanh(x) - y * y),
        lambda x, y: ad.sin(x + 3 * y),
    ],
    *[lambda x, y: ad.log(1.0 + x * x + y * y), lambda x, y: ad.sqrt(0.5 + x * x) - ad.atan(y)],
    *[lambda x, y: ad.sigmoid(x) * ad.softplus(y), lambda x, y: ad.relu(x) - ad.cos(y) ** 3, lambda x, y: 2.0 - x],
]


def random_function(rng):
    """A function of some numbers, as a random graph of `SAFE` in which any earlier node may be an operand."""
    steps = []
    for length in range(N_INPUTS + N_PARAMETERS, N_INPUTS + N_PARAMETERS + N_NODES):
        width = rng.choice([0, 0, 0, 0, 3, 8])
        recent = [rng.randrange(max(0, length - 12), length) for _ in range(2 * width or 2)]
        steps.append((recent, rng.choice([ad.sum, ad.dot] if width else SAFE)))

    large = {}

    def f(*leaves):
        nodes = list(leaves)
        for indices, function in steps:
            operands = [nodes[i] for i in indices]
            half = len(operands) // 2
            if function is ad.sum:
                node = ad.sum(operands)
            elif function is ad.dot:
                node = ad.dot(operands[:half], operands[half:])
            else:
                node = function(*operands)
            position = len(nodes)
            if position not in large:  # decided at the first call, so that every call has the same graph
                large[position] = abs(node.data) > 4.0
            nodes.append(ad.tanh(node) if large[position] else node)
        return ad.dot(nodes[-6:-3], nodes[-3:])

    return f


def eager(f, inputs, parameters):
    """The value, its gradient by inputs and by parameters, recorded at this point."""
    leaves = [Value(x) for x in (*inputs, *parameters)]
    output = f(*leaves)
    output.backward()
    return output.data, [leaf.grad for leaf in leaves]


@pytest.mark.full
@pytest.mark.parametrize("seed", [*range(6), 139])
def test_values_and_gradients_are_within_the_bound(seed, backend, rounding):
    rng = random.Random(seed)
    f = random_function(rng)
    start = [rng.uniform(-2.0, 2.0) for _ in range(N_INPUTS + N_PARAMETERS)]
    leaves = [Value(x) for x in start]
    program = Program(f(*leaves), leaves[:N_INPUTS], leaves[N_INPUTS:], backend=backend)
    points = [[x + rng.uniform(-1e-4, 1e-4) for x in start[:N_INPUTS]] for _ in range(9)]
    values, slopes = program.value_and_grad(points)
    for point, value, slope in zip(points, values, slopes, strict=True):
        expected, gradient = eager(f, point, start[N_INPUTS:])
        _, slope_by_parameters = program.mean_and_grad([point])
        at = [*point, *start[N_INPUTS:]]
        for wrt, got, wanted in (
            ("inputs", [value, *slope], [expected, *gradient[:N_INPUTS]]),
            ("parameters", [value, *slope_by_parameters], [expected, *gradient[N_INPUTS:]]),
        ):
            passes = program.passes(wrt)
            bound = np.add(rounding(passes["derive"], at), rounding(passes["fuse"], at))
            error = np.abs(np.subtract(got, wanted))
            assert (error <= bound).all()
            assert bound.max() <= 1e-6 * np.abs(wanted).max()  # so that a wrong derivative is outside
