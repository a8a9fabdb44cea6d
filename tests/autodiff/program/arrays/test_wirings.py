"""Graphs wired in ways that loops do not follow still give what the tape says."""

import random
from itertools import combinations

import pytest
from hypothesis import settings

from autodiff import Value, dot, logsumexp, maximum, sqrt, tanh
from autodiff import sum as total
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import prepare
from autodiff.program.recording.record import tape_of


def layer(neurons, activate=tanh):
    """Neurons given as (weights, inputs, bias), whatever inputs each sees."""
    return [activate(dot(weights, xs) + bias) for weights, xs, bias in neurons]


def split(values, *sizes):
    parts, start = [], 0
    for size in sizes:
        parts.append(values[start : start + size])
        start += size
    return parts


def test_permuted_weights_are_gathered(check_graph, numbers):
    rng = random.Random(0)
    xs, parameters = numbers(6), numbers(5 * 7, 1)
    shuffled = rng.sample(parameters, len(parameters))
    neurons = [(shuffled[7 * i : 7 * i + 6], xs, shuffled[7 * i + 6]) for i in range(5)]
    check_graph(total(layer(neurons)), xs, parameters)


def test_each_neuron_may_read_its_inputs_in_another_order(check_graph, numbers):
    rng = random.Random(0)
    xs, parameters = numbers(6), numbers(5 * 7, 1)
    neurons = [(parameters[7 * i : 7 * i + 6], rng.sample(xs, 6), parameters[7 * i + 6]) for i in range(5)]
    check_graph(total([y * y for y in layer(neurons)]), xs, parameters)


def test_neurons_may_share_weights(check_graph, numbers):
    xs, parameters = numbers(6), numbers(9, 1)
    weights, biases = split(parameters, 6, 3)
    ys = layer([(weights, xs, biases[i % 3]) for i in range(5)] + [(weights[::-1], xs, biases[0])])
    check_graph(total([y * y for y in ys]), xs, parameters)


def test_layers_may_share_a_matrix_and_its_transpose(check_graph, numbers):
    xs, parameters = numbers(4), numbers(16, 1)
    rows = [parameters[i : i + 4] for i in range(0, 16, 4)]
    hidden = [tanh(dot(row, xs)) for row in rows]
    again = [tanh(dot(row, hidden)) for row in rows]
    back = [dot([row[i] for row in rows], again) for i in range(4)]
    check_graph(total([y * y for y in back]), xs, parameters)


def test_connections_may_skip_a_layer(check_graph, numbers):
    xs, parameters = numbers(4), numbers(3 * 20, 1)
    hidden = xs
    for part in split(parameters, 20, 20, 20):
        made = layer([(part[5 * i : 5 * i + 4], hidden, part[5 * i + 4]) for i in range(4)])
        hidden = [x + y for x, y in zip(hidden, made, strict=True)]
    check_graph(dot(hidden, xs), xs, parameters)


@pytest.mark.parametrize("left_out", [0, 3, 4])
def test_a_network_may_lack_one_of_its_neurons(left_out, check_graph, numbers):
    xs, parameters = numbers(4), numbers(5 * 5 + 3 * 6, 1)
    first, second = split(parameters, 25, 18)
    hidden = layer([(first[5 * i : 5 * i + 4], xs, first[5 * i + 4]) for i in range(5)])
    kept = [k for k in range(5) if k != left_out]
    ys = layer([([second[6 * i + k] for k in kept], [hidden[k] for k in kept], second[6 * i + 5]) for i in range(3)])
    check_graph(total([y * y for y in ys]), xs, parameters)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(settings.default.max_examples // 10))
def test_connections_may_be_random(seed, check_graph, numbers):
    rng = random.Random(seed)
    xs, parameters = numbers(7), numbers(60, seed)
    nodes = [*xs, *[Value(rng.choice([0.0, 1.0, -1.0, 2.0])) for _ in range(3)]]
    for _ in range(30):
        n = rng.randint(1, 6)
        weights, operands = rng.sample(parameters, n), [rng.choice(nodes) for _ in range(n)]
        nodes.append(rng.choice([tanh, lambda z: z * z * 0.1, lambda z: maximum(z, 0.5)])(dot(weights, operands)))
    check_graph(total(rng.sample(nodes, 12)), xs, parameters)


def test_sums_of_several_lengths_are_padded(check_graph, numbers):
    xs, parameters = numbers(8), numbers(36, 1)
    ys = [dot(parameters[i * (i - 1) // 2 : i * (i + 1) // 2], xs[:i]) for i in range(1, 9)]
    softened = [logsumexp(ys[: i + 1]) for i in range(8)]
    sums = [total([tanh(y) for y in softened[: i + 2]]) for i in range(7)]
    check_graph(total([y * y for y in sums]), xs, parameters)


@pytest.mark.full
@pytest.mark.parametrize(("n", "n_instructions"), [(6, 40), (12, 18), (20, 18)])
def test_all_pairs_of_bodies(n, n_instructions, check_graph, numbers):
    xs, energy = numbers(3 * n), 0.0
    for i, j in combinations(range(n), 2):
        dx, dy, dz = [xs[3 * i + k] - xs[3 * j + k] for k in range(3)]
        energy = energy - (1.0 + i) * (2.0 + j) / sqrt(dx * dx + dy * dy + dz * dz + 0.5)
    check_graph(energy, xs, [])
    tape = tape_of([energy], xs)
    program = array_program(prepare(tape, tape.inputs), False)
    assert len(program.instructions) <= n_instructions


def test_samples_in_one_graph_may_have_the_numbers_0_and_1(check_graph, numbers):
    rng = random.Random(0)
    parameters = numbers(4 * 4 + 5, 1)
    first, second = split(parameters, 16, 5)
    terms = []
    for _ in range(9):
        xs = [rng.choice([0.0, 1.0, 0.25]) for _ in range(3)]
        hidden = [
            tanh(sum((w * x for w, x in zip(first[4 * i : 4 * i + 3], xs, strict=True)), first[4 * i + 3]))
            for i in range(4)
        ]
        terms.append((rng.choice([-1.0, 1.0]) * (dot(second[:4], hidden) + second[4]) - 1.0) ** 2)
    check_graph(total(terms) * (1.0 / 9), [], parameters)
