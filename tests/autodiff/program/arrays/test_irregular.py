"""Graphs made to defeat the search for loops: the array program, and its source, still give what the tape says."""

import random

import pytest
from hypothesis import settings

from autodiff import Value, dot, exp, logsumexp, relu, sigmoid, sin, softplus, tanh
from autodiff import sum as total
from autodiff.program.arrays.source.function import numpy_source
from autodiff.program.interpret import interpret
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of

np = pytest.importorskip("numpy")

ACTIVATIONS = [tanh, sigmoid, relu, softplus, sin, lambda z: z * z * 0.3, lambda z: z**3 * 0.1, lambda z: z]
STYLES = ["dense", "sparse", "shared", "windows", "permuted", "constants"]


def irregular(seed):
    """The tape of a network whose layers are wired in different ways, with weights taken from anywhere."""
    rng = random.Random(seed)
    inputs = [Value(rng.uniform(-1.0, 1.0)) for _ in range(rng.randint(0, 9))]
    parameters = [Value(rng.uniform(-1.0, 1.0)) for _ in range(rng.randint(1, 50))]
    layers = [inputs or [Value(0.5)]]
    for _ in range(rng.randint(1, 4)):
        before = layers[-1] if rng.random() < 0.7 else rng.choice(layers)
        activate, style = rng.choice(ACTIVATIONS), rng.choice(STYLES)
        layer = [activate(weighted_sum(rng, style, i, before, parameters)) for i in range(rng.randint(1, 6))]
        if rng.random() < 0.3:
            shift = logsumexp(layer)
            layer = [exp(z - shift) for z in layer]
        layers.append(layer)
    terms = [z for layer in layers[1:] for z in layer if rng.random() < 0.6] or layers[-1]
    loss = total(terms) if rng.random() < 0.5 else total([z * z for z in terms]) * 0.5
    if rng.random() < 0.4:
        loss = loss + 1e-2 * sum(p * p for p in parameters)
    return tape_of([loss], inputs, parameters)


def weighted_sum(rng, style, i, before, parameters):
    if style == "windows":
        operands = [before[(i + k) % len(before)] for k in range(min(3, len(before)))]
    elif style == "sparse":
        operands = rng.sample(before, rng.randint(1, len(before)))
    else:
        operands = rng.sample(before, len(before)) if style == "permuted" else before
    start = 0 if style == "shared" else rng.randrange(len(parameters))
    weights = [parameters[(start + k) % len(parameters)] for k in range(len(operands))]
    if style == "constants":
        weights = [Value(rng.choice([0.0, 1.0, -1.0, 0.5])) for _ in operands]
    bias = rng.choice(parameters) if rng.random() < 0.6 else rng.choice([1.0, 0.25, -1.0])
    if rng.random() < 0.5:
        return dot(weights, operands) + bias
    return sum((w * x for w, x in zip(weights, operands, strict=True)), bias)


@pytest.mark.full
@pytest.mark.parametrize("wrt", [None, "inputs", "parameters"])
@pytest.mark.parametrize("seed", range(settings.default.max_examples * 2 // 5))
def test_the_kernel_and_the_source_give_what_the_tape_says(seed, wrt, compile_graph):
    tape = irregular(seed)
    leaves, mean = getattr(tape, wrt) if wrt else None, wrt == "parameters"
    rng = np.random.default_rng(seed)
    points, theta = rng.uniform(-1.0, 1.0, (4, tape.n_inputs)), rng.uniform(-1.0, 1.0, tape.n_parameters)
    plain = derive(tape, leaves) if wrt else tape
    lines = interpret(plain, points, theta)
    expected = np.array([lines[i] for i in plain.outputs])
    # sums are added in another order: a few eps of the largest number on the way, squared as it meets another one
    tolerance = 1e-13 * max(1.0, *[float(np.abs(line).max()) for line in lines]) ** 2
    if mean:
        expected = expected.mean(axis=1)

    rows = () if mean else (len(points),)
    values, gradient = np.full((*rows, 1), np.nan), np.full((*rows, len(plain.outputs) - 1), np.nan)
    compile_graph(tape, leaves, mean)(points, theta, values, gradient)
    assert np.abs(np.concatenate([values.T, gradient.T]) - expected).max() <= tolerance

    namespace = {}
    exec(numpy_source(tape, wrt), namespace)
    results = namespace["value"](points, theta)
    value, slopes = results if wrt else (results, np.empty((*rows, 0)))
    assert np.abs(np.concatenate([np.array([value]), slopes.T]) - expected).max() <= tolerance
