"""Machine code in loops: right around the lengths of vectors and tiles, and as short for a wide network as for others.

What every kernel of an array program must give is tested with the arrays, in `arrays/`.
"""

import math
import random
from itertools import combinations

import numpy as np
import pytest

from autodiff import Program, Value, exp, log, relu, sqrt, tanh
from autodiff import sum as total
from autodiff.primitives import ADD, MUL, RELU, SIGMOID, TANH
from autodiff.program.arrays.kernel import ArrayKernel
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import prepare
from autodiff.program.choose import as_loops
from autodiff.program.interpret import interpret
from autodiff.program.kernel import Task
from autodiff.program.llvm.functions import pair
from autodiff.program.llvm.kernel import compile_loops
from autodiff.program.llvm.loops.groups import SLOPE
from autodiff.program.llvm.loops.kernel import Loops
from autodiff.program.llvm.loops.layout import TILE
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of
from nn import MLP, losses

BATCHES = [*range(1, 18), 31, 33, TILE - 1, TILE, TILE + 1, 2 * TILE, 2 * TILE + 9]


def network(sizes, activation="sigmoid"):
    """The loss of a network, its leaves and its parameters."""
    model = MLP(sizes[0], sizes[1:], activation=activation, output_activation=activation, rng=random.Random(0))
    inputs, targets = [[Value(0.1 * k) for k in range(n)] for n in (sizes[0], sizes[-1])]
    outputs = model(inputs)
    loss = losses.squared_error(outputs if isinstance(outputs, list) else [outputs], targets)
    return loss, [*inputs, *targets], model.parameters()


def text_of(sizes):
    loss, inputs, parameters = network(sizes)
    tape = tape_of([loss], inputs, parameters)
    return Loops(array_program(prepare(tape, tape.parameters), True), 8, "double").text()


@pytest.mark.full
@pytest.mark.parametrize("sizes", [(3, 17, 5), (9, 30, 10, 1)])
@pytest.mark.parametrize("wrt", [None, "inputs", "parameters"])
def test_batches_around_the_lengths_of_vectors_and_tiles(sizes, wrt):
    loss, inputs, parameters = network(sizes, "tanh")
    tape = tape_of([loss], inputs, parameters)
    leaves = {None: None, "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
    derived = tape if leaves is None else derive(tape, leaves)
    mean, rng = wrt == "parameters", np.random.default_rng(0)
    theta = rng.uniform(-1, 1, len(parameters))
    kernel = compile_loops(array_program(prepare(tape, leaves), mean))
    for batch in BATCHES:
        points = rng.uniform(-1, 1, (batch, len(inputs)))
        lines = interpret(derived, points, theta)
        expected = np.array([lines[i] for i in derived.outputs])
        expected = expected.mean(axis=1) if mean else expected.T
        values = np.full((*expected.shape[:-1], 1), np.nan)
        gradient = np.full((*expected.shape[:-1], expected.shape[-1] - 1), np.nan)
        kernel(points, theta, values, gradient)
        assert np.concatenate([values, gradient], axis=-1) == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.full
@pytest.mark.parametrize("doubles", [2, 4, 8])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_vectors_of_every_length_that_a_processor_may_have(doubles, dtype, monkeypatch):
    monkeypatch.setattr("autodiff.program.llvm.kernel.doubles", lambda: doubles)
    loss, inputs, parameters = network((7, 30, 13, 3), "tanh")
    tape = tape_of([loss], inputs, parameters)
    program = array_program(prepare(tape, tape.parameters), True)
    loops, arrays = compile_loops(program, dtype), ArrayKernel(program, dtype)
    rng = np.random.default_rng(0)
    theta = rng.uniform(-1, 1, len(parameters)).astype(dtype)
    for batch in (1, 2, 5, 19, TILE + 3):
        points = rng.uniform(-1, 1, (batch, len(inputs))).astype(dtype)
        results = [(np.empty(1, dtype), np.empty(len(parameters), dtype)) for _ in range(2)]
        for kernel, result in zip((loops, arrays), results, strict=True):
            kernel(points, theta, *result)
        tolerance = 1e-12 if dtype == "float64" else 1e-4
        for got, expected in zip(*results, strict=True):
            assert got == pytest.approx(expected, rel=tolerance, abs=tolerance / 10)


def relu_program():
    loss, inputs, parameters = network((5, 19, 6, 2), "relu")
    tape = tape_of([loss], inputs, parameters)
    return array_program(prepare(tape, tape.parameters), True), parameters


def test_a_layer_of_relus_leaves_the_registers_once_and_its_slope_never():
    program, _ = relu_program()
    steps = [step for step in Loops(program, 8, "double").tile if step[0].terms]
    names = [(*step[0].terms, *[each.primitive for each in step[1:]]) for step in steps]
    assert names == [(5, ADD, RELU), (19, ADD, RELU), (6, ADD, RELU), (2, SLOPE, MUL), (6, SLOPE, MUL)]


def test_a_slope_of_relu_is_computed_for_what_reads_it_before_or_behind_the_tiles():
    x, w = [[Value(0.1 * k - 0.9) for k in range(20)] for _ in range(2)]
    loss = total([tanh(a * relu(b)) for a, b in zip(x, w, strict=True)]) + total([relu(b) for b in w])
    program = Program(loss, x, w, backend="llvm")
    a, b = np.full(20, 0.5), np.array([each.data for each in w])
    expected = np.where(b > 0.0, a / np.cosh(a * b) ** 2 + 1.0, 0.0)
    assert program.mean_and_grad(np.tile(a, (9, 1)))[1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("batch", [2, 8, 13])
def test_relu_in_a_group_of_a_sum_is_relu(batch):
    program, parameters = relu_program()
    rng = np.random.default_rng(0)
    theta, points = rng.uniform(-1, 1, len(parameters)), rng.uniform(-1, 1, (batch, 7))
    theta[5 : 19 * 6 : 6] = points[0, :5] = 0.0  # without inputs and biases, relu is at its kink
    for special in (0.0, math.inf, math.nan):
        points[-1, 1] = special
        results = [(np.empty(1), np.empty(len(parameters))) for _ in range(2)]
        for kernel, result in zip((compile_loops(program), ArrayKernel(program, "float64")), results, strict=True):
            with np.errstate(all="ignore"):
                kernel(points, theta, *result)
        for got, expected in zip(*results, strict=True):
            assert got == pytest.approx(expected, rel=1e-12, abs=1e-14, nan_ok=True)


@pytest.mark.full
def test_the_code_of_a_wide_network_is_as_long_as_that_of_a_narrow_one():
    narrow, wide = [text_of(sizes).count("\n") for sizes in ((80, 100, 8), (400, 300, 8))]
    assert wide == narrow
    assert wide < 4000


def test_numbers_behind_the_last_point_are_in_no_mean():
    """The lanes behind the last point repeat it: their infinite logarithm is not counted twice, nor as 0 * inf."""
    xs, ws = [[Value(float(k + 1)) for k in range(40)] for _ in range(2)]
    loss = total([w * log(x) * exp(x) for x, w in zip(xs, ws, strict=True)])
    tape = tape_of([loss], xs, ws)
    kernel = compile_loops(array_program(prepare(tape, tape.parameters), True))
    points = np.random.default_rng(0).uniform(0.1, 1.0, (11, 40))
    points[-1, 7], points[-1, 8] = 0.0, -1.0
    value, gradient = np.empty(1), np.empty(40)
    kernel(points, np.ones(40), value, gradient)
    with np.errstate(all="ignore"):
        expected = (np.log(points) * np.exp(points)).mean(axis=0)
    assert gradient == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert gradient[7] == -math.inf
    assert np.isnan(gradient[8])


def test_a_program_of_a_network_runs_as_loops_and_a_small_one_or_one_without_a_pattern_does_not(numbers):
    def has_loops(output, inputs, parameters):
        tape = tape_of([output], inputs, parameters)
        leaves = tape.parameters if parameters else None
        task = Task(tape, "parameters" if parameters else None, leaves, True, "float64", 1, parameters, lambda: tape)
        return as_loops(task) is not None

    assert has_loops(*network((2, 16, 16, 1), "relu"))
    assert not has_loops(*network((2, 3, 2)))
    nodes, rng = numbers(5), random.Random(0)
    while len(nodes) < 600:
        nodes.append(rng.choice([exp, tanh, lambda x: x * 0.3])(tanh(nodes[-1] * rng.choice(nodes))) - 0.1)
    assert not has_loops(nodes[-1], nodes[:5], [])


@pytest.mark.full
@pytest.mark.parametrize("first", [1, 2, 40])
@pytest.mark.parametrize("wrt", ["inputs", "parameters"])
def test_one_point_in_loops_and_several_in_straight_line_code(first, wrt, numbers):
    n = 15
    xs, masses, energy = numbers(3 * n), numbers(n, 1), 0.0
    for i, j in combinations(range(n), 2):
        distance = sqrt(total([(xs[3 * i + k] - xs[3 * j + k]) ** 2 for k in range(3)]) + 0.5)
        energy = energy - masses[i] * masses[j] / distance
    program = Program(energy, xs, masses, backend="llvm")
    rng, tape = np.random.default_rng(first), program.passes(wrt)["derive"]
    theta = rng.uniform(1.0, 2.0, n)
    for batch in (first, 1, 2, 3, 1, 8, 17, 1, 33):
        points = rng.uniform(-1.0, 1.0, (batch, 3 * n))
        lines = interpret(tape, points, theta)
        expected = np.array([np.broadcast_to(lines[i], batch) for i in tape.outputs])
        if wrt == "parameters":
            value, gradient = program.mean_and_grad(points, theta)
            assert np.array([value, *gradient]) == pytest.approx(expected.mean(axis=1), rel=1e-12, abs=1e-12)
        else:
            values, gradients = program.value_and_grad(points, theta)
            assert np.vstack([values, gradients.T]) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_results_that_are_0_at_every_point_are_written_whatever_stood_in_their_place(zero):
    n = 24
    xs = [Value(1.0 + 0.1 * k) for k in range(n)]
    table = [[Value(zero)] * n for _ in xs]
    for k, x in enumerate(xs):
        table[k][k] = tanh(x * x) + x
    program = Program([entry for row in table for entry in row], xs, backend="llvm")
    rng = np.random.default_rng(0)
    for batch in (1, 2, 1, 19):
        points, out = rng.uniform(-1.0, 1.0, (batch, n)), np.full((batch, n * n), np.nan)
        program(points, out=out)
        diagonal = np.arange(n) * (n + 1)
        assert out[:, diagonal] == pytest.approx(np.tanh(points**2) + points, rel=1e-12)
        others = np.delete(out, diagonal, axis=1)
        assert not others.any()
        assert (np.signbit(others) == np.signbit(zero)).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_program_as_loops_writes_where_it_is_told_and_pickles_no_machine_code(dtype):
    loss, inputs, parameters = network((6, 20, 4))
    program = Program(loss, inputs, parameters, backend="llvm", dtype=dtype)
    rng = np.random.default_rng(0)
    points, theta = rng.uniform(-1, 1, (50, 10)).astype(dtype), rng.uniform(-1, 1, len(parameters)).astype(dtype)
    value, gradient = program.mean_and_grad(points, theta)
    out = np.empty_like(gradient)
    same_value, same = program.mean_and_grad(points, theta, out=out)
    assert same is out
    assert (same_value, same.tolist()) == (value, gradient.tolist())
    slow = Program(loss, inputs, parameters, backend="arrays", dtype=dtype).mean_and_grad(points, theta)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert value == pytest.approx(slow[0], rel=tolerance)
    assert gradient == pytest.approx(slow[1], rel=tolerance, abs=tolerance)


def _sigmoid(operands):
    return pair(SIGMOID, operands[0])[0]


def _sigmoid_of_minus(operands):
    return pair(SIGMOID, operands[0])[1]


@pytest.mark.parametrize(("write", "sign"), [(_sigmoid, 1), (_sigmoid_of_minus, -1)])
def test_sigmoids_of_a_number_and_its_opposite_are_right_to_two_ulp(write, sign, compiled):
    x = np.concatenate([np.linspace(-40.0, 40.0, 4001), [0.0, -0.0, 700.0, -700.0, math.inf, -math.inf, math.nan]])
    got = compiled(write)(x)
    mpmath = pytest.importorskip("mpmath")
    for number, result in zip(x[:-3].tolist(), got[:-3].tolist(), strict=True):
        exact = 1 / (1 + mpmath.exp(mpmath.mpf(-sign * number)))
        assert abs(result - exact) <= 2 * math.ulp(float(exact))
    assert got[-3:-1].tolist() == [float(sign > 0), float(sign < 0)]
    assert np.isnan(got[-1])


@pytest.mark.parametrize("which", [0, 1])
def test_tanh_is_right_to_two_ulp_and_its_slope_to_three(which, compiled):
    edges = [0.0, -0.0, 1e-300, 354.5, 372.0, 374.5, 1e300]
    x = np.concatenate([np.linspace(-25.0, 25.0, 4001), edges, [-e for e in edges], [math.inf, -math.inf, math.nan]])
    got = compiled(lambda operands: pair(TANH, operands[0])[which])(x)
    mpmath = pytest.importorskip("mpmath")
    for number, result in zip(x[:-3].tolist(), got[:-3].tolist(), strict=True):
        with mpmath.workdps(40):
            exact = mpmath.sech(mpmath.mpf(number)) ** 2 if which else mpmath.tanh(mpmath.mpf(number))
        assert abs(result - exact) <= (2 + which) * math.ulp(float(exact)), number
    assert got[-3:-1].tolist() == ([0.0, 0.0] if which else [1.0, -1.0])
    assert np.isnan(got[-1])
