"""What was written in scalars is found again as arrays: the instructions of well-known structures, counted."""

import random

import pytest

from autodiff import Value, cos, dot, exp, logsumexp, sin, tanh
from autodiff import sum as total
from autodiff.program.arrays.instructions import Contract, Gather
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import prepare
from autodiff.program.recording.record import tape_of
from nn import MLP, losses
from nn.activations import ACTIVATIONS


def instructions(output, inputs, parameters, wrt="parameters"):
    """The array program of an output with its gradient."""
    tape = tape_of([output], inputs, parameters)
    leaves = {None: None, "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
    return array_program(prepare(tape, leaves), wrt == "parameters").instructions


def count(kind, program):
    return sum(isinstance(instruction, kind) for instruction in program)


def numbers(n, seed=0):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0)) for _ in range(n)]


def layer_by_hand(weights, biases, xs):
    """A layer as micrograd writes it: a node for each * and each +."""
    return [sum((w * x for w, x in zip(row, xs, strict=True)), b) for row, b in zip(weights, biases, strict=True)]


def matrix(n_out, n_in, seed=0):
    values = numbers(n_out * n_in, seed)
    return [values[i : i + n_in] for i in range(0, len(values), n_in)]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("sizes", [[2], [3, 2], [7, 5, 4, 3]])
def test_a_network_has_a_matrix_product_for_each_layer_and_three_with_the_gradient(activation, sizes):
    rng = random.Random(0)
    model = MLP(5, sizes, activation=activation, output_activation="sigmoid", rng=rng)
    inputs, targets = numbers(5), numbers(sizes[-1], 1)
    loss = losses.squared_error(model(inputs), targets)
    program = instructions(loss, [*inputs, *targets], model.parameters())
    assert count(Gather, program) == 0
    products = [i for i in program if isinstance(i, Contract) and (i.terms or i.mean)]
    assert len([i for i in products if len(i.loops) + len(i.terms) == 2]) == 3 * len(sizes) - 1  # no adjoint of inputs
    assert len(program) <= 24 * len(sizes)


def test_the_slope_of_a_penalty_is_added_to_a_mean_once_not_at_every_point():
    model = MLP(5, [4, 3], activation="tanh", rng=random.Random(0))
    inputs, targets, parameters = numbers(5), numbers(3, 1), model.parameters()
    loss = losses.squared_error(model(inputs), targets)
    program = instructions(loss + 0.1 * dot(parameters, parameters), [*inputs, *targets], parameters)
    per_point = [i for i in program if i.out.block.batched]
    assert max(i.out.block.n_rows for i in per_point) == 4  # no row for each weight
    weights = [i for i in program if i.out.block.kind == "gradient" and isinstance(i, Contract)]
    assert [(i.mean, i.add) for i in weights] == [(True, False), (False, True)] * 2


def test_code_in_the_manner_of_micrograd_gives_the_instructions_of_nn():
    model = MLP(4, [6, 3], activation="tanh", output_activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(4), numbers(3, 1)
    hidden = inputs
    for layer in model.layers:
        weights, biases = [n.weights for n in layer.neurons], [n.bias for n in layer.neurons]
        hidden = [tanh(z) for z in layer_by_hand(weights, biases, hidden)]
    by_hand = losses.squared_error(hidden, targets)
    by_nn = losses.squared_error(model(inputs), targets)
    shapes = [
        [(type(i), i.loops, i.terms) for i in instructions(loss, [*inputs, *targets], model.parameters())]
        for loss in (by_hand, by_nn)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.full
def test_a_full_batch_in_one_graph_is_rolled_up_over_the_samples_too():
    rng = random.Random(1)
    model = MLP(2, [16, 16, 1], rng=rng)
    scores, labels = [], []
    for _ in range(100):
        xs = [Value(rng.gauss(0.0, 1.0)), Value(rng.gauss(0.0, 1.0))]
        for layer in model.layers:
            sums = layer_by_hand([n.weights for n in layer.neurons], [n.bias for n in layer.neurons], xs)
            xs = [z.relu() for z in sums] if layer is not model.layers[-1] else sums
        scores.append(xs[0])
        labels.append(rng.choice([-1, 1]))
    data_loss = sum((1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)) * (1.0 / 100)
    loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
    program = instructions(loss, [], model.parameters())
    assert count(Gather, program) == 0
    assert len(program) <= 40  # of 20,000 lines
    assert any(i.loops == (16, 100) and i.terms == (16,) for i in program)  # a layer at all samples


def test_softmax_with_cross_entropy_gathers_nothing():
    model = MLP(6, [8, 5], activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(6), numbers(5, 1)
    logits = model(inputs)
    loss = logsumexp(logits) - dot(targets, logits)
    program = instructions(loss, [*inputs, *targets], model.parameters())
    assert count(Gather, program) == 0
    assert len(program) <= 20


def test_a_block_of_attention_gathers_nothing():
    n, width = 6, 4
    query, key, value = [matrix(width, width, seed) for seed in range(3)]
    xs = matrix(n, width, 3)
    q, k, v = [[[dot(row, x) for row in m] for x in xs] for m in (query, key, value)]
    out = []
    for i in range(n):
        scores = [dot(q[i], k[j]) * width**-0.5 for j in range(n)]
        shift = logsumexp(scores)
        weights = [exp(score - shift) for score in scores]
        out += [dot(weights, [v[j][d] for j in range(n)]) for d in range(width)]
    loss = total([y * y for y in out])
    parameters = [p for m in (query, key, value) for row in m for p in row]
    program = instructions(loss, [x for row in xs for x in row], parameters)
    assert count(Gather, program) == 0
    assert len(program) <= 30


def test_a_causal_block_of_attention_pads_what_is_short():
    n, width = 8, 4
    queries, keys, values = [matrix(n, width, seed) for seed in range(3)]
    out = []
    for i in range(n):
        scores = [dot(queries[i], keys[j]) for j in range(i + 1)]
        shift = logsumexp(scores)
        weights = [exp(score - shift) for score in scores]
        out += [dot(weights, [values[j][d] for j in range(i + 1)]) for d in range(width)]
    inputs = [x for rows in (queries, keys, values) for row in rows for x in row]
    few = instructions(total([y * y for y in out]), inputs, [], wrt=None)
    assert len(few) <= 24  # whatever n is, but for the first one, whose sums have one term


def test_polynomial_features_gather_nothing():
    x, y = numbers(2)
    weights = numbers(9, 1)
    loss = (dot(weights, [x**i for i in range(9)]) - y) ** 2
    program = instructions(loss, [x, y], weights)
    assert count(Gather, program) == 0
    assert len(program) <= 15


def test_fourier_features_gather_nothing():
    x, y = numbers(2)
    a, b = numbers(10, 1), numbers(10, 2)
    features = [ai * cos((i + 1) * x) + bi * sin((i + 1) * x) for i, (ai, bi) in enumerate(zip(a, b, strict=True))]
    program = instructions((total(features) - y) ** 2, [x, y], a + b)
    assert count(Gather, program) == 0
    assert len(program) <= 12


def test_a_convolution_is_a_product_with_windows():
    n, k = 8, 3
    image, kernels = matrix(n, n), [matrix(k, k, seed) for seed in range(3)]
    out = [
        tanh(sum(w[i][j] * image[r + i][s + j] for i in range(k) for j in range(k)))
        for w in kernels
        for r in range(n - k + 1)
        for s in range(n - k + 1)
    ]
    pixels, parameters = [x for row in image for x in row], [w for m in kernels for row in m for w in row]
    program = instructions(total([y * y for y in out]), pixels, parameters)
    assert count(Gather, program) == 0
    assert len(program) <= 10
    assert any((i.loops, i.terms) == ((3, 6, 6), (3, 3)) for i in program)


@pytest.mark.full
def test_the_author_s_network_is_compiled_in_a_few_instructions():
    model = MLP(784, [100, 10], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    inputs, targets = numbers(784), numbers(10, 1)
    loss = losses.squared_error(model(inputs), targets)
    program = instructions(loss, [*inputs, *targets], model.parameters())
    assert len(program) == 24
    assert count(Gather, program) == 0
    outer = [i for i in program if isinstance(i, Contract) and i.mean]
    assert sorted(i.loops for i in outer) == [(10, 100), (100, 784)]  # delta @ a.T, straight into the gradient
