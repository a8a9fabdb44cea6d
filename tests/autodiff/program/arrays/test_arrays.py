"""The array backend gives what the tape says, line by line: on random programs, and where nothing is regular."""

import math
import random
import sys
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, defprimitive, dot, exp, log, logsumexp, maximum, tanh
from autodiff import sum as total
from autodiff.primitive import WidePrimitive
from autodiff.program.arrays.kernel import compile_prepared, compile_program
from autodiff.program.arrays.lower import lower
from autodiff.program.arrays.memory import allocate
from autodiff.program.arrays.prepare import PreparedTape, constants_to_parameters
from autodiff.program.choose import MIN_ARRAY_OPERATIONS, best_backend
from autodiff.program.interpret import interpret
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.record import record
from autodiff.testing import expressions, points
from nn import MLP, losses

np = pytest.importorskip("numpy")
EPS = sys.float_info.epsilon
BATCHES = range(18)


def run(kernel, batch_of_points, theta, n_values, n_gradient, mean, dtype="float64"):
    """Values and gradient in one array, (n_outputs,) or (n_outputs, batch); what was there before is nan."""
    rows = () if mean else (len(batch_of_points),)
    values, gradient = np.full((*rows, n_values), np.nan, dtype), np.full((*rows, n_gradient), np.nan, dtype)
    kernel(np.asarray(batch_of_points, dtype), np.asarray(theta, dtype), values, gradient)
    return np.concatenate([values.T, gradient.T])


def interpreted(tape, batch_of_points, theta, mean):
    """The same line by line, and the largest finite number on the way."""
    lines = interpret(tape, np.asarray(batch_of_points, float), np.asarray(theta, float))
    outputs = np.array([lines[i] for i in tape.outputs]).reshape(len(tape.outputs), len(batch_of_points))
    largest = max([1.0, *[float(np.abs(line[np.isfinite(line)]).max(initial=0.0)) for line in lines]])
    with np.errstate(all="ignore"):
        return outputs.mean(axis=1) if mean else outputs, largest


def compile_arrays(tape, n_values, mean, dtype="float64"):
    """Compile a tape as it is, without the passes."""
    return compile_prepared(PreparedTape(tape, n_values), mean, dtype)


def check(tape, batch, *, n_values=1, mean=False, seed=0, kernel=None):
    """Compare at random points.

    Each line rounds relative to its size, and sums are added in another order; no program here has more than some
    thousand operations on numbers of this size, most of which do not add to the error of one output.
    """
    rng = np.random.default_rng(seed)
    batch_of_points = rng.uniform(-1.0, 1.0, (batch, tape.n_inputs))
    theta = rng.uniform(-1.0, 1.0, tape.n_parameters)
    kernel = kernel or compile_arrays(tape, n_values, mean)
    got = run(kernel, batch_of_points, theta, n_values, len(tape.outputs) - n_values, mean)
    expected, largest = interpreted(tape, batch_of_points, theta, mean)
    assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest, equal_nan=True)


def check_graph(output, inputs, parameters, batch=3):
    """Compare an output and its gradients, by inputs and by parameters, as a Program compiles them."""
    tape = record([output], inputs, parameters)
    rng = np.random.default_rng(0)
    batch_of_points, theta = rng.uniform(-1.0, 1.0, (batch, len(inputs))), rng.uniform(-1.0, 1.0, len(parameters))
    for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
        plain = tape if leaves is None else derive(tape, leaves)
        expected, largest = interpreted(plain, batch_of_points, theta, mean)
        kernel = compile_program(tape, leaves, 1, mean)
        got = run(kernel, batch_of_points, theta, 1, len(plain.outputs) - 1, mean)
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest)


def numbers(n, seed=0):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0)) for _ in range(n)]


# ---------------------------------------------------------------------------------------------- random programs


@settings(max_examples=150)
@given(data=st.data(), mean=st.booleans(), batch=st.integers(1, 17))
def test_random_tapes_with_inf_and_nan(tapes, data, mean, batch):
    tape = data.draw(tapes)
    if not tape.outputs:
        return
    n_values = data.draw(st.integers(1, len(tape.outputs)))
    check(tape, batch, n_values=n_values, mean=mean)
    check(fuse(simplify(tape)), batch, n_values=n_values, mean=mean)


@settings(max_examples=100)
@given(f=expressions(["x", "y", "p"], max_nodes=60), batch=st.integers(1, 5))
def test_random_expressions_with_their_gradients(f, batch):
    x, y, p = [Value(number) for number in f.point]
    output = f(x, y, p)
    if not isinstance(output, Value):
        return
    tape = record([output], [x, y], [p])
    batch_of_points = np.tile(f.point[:2], (batch, 1))
    for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
        plain = tape if leaves is None else derive(tape, leaves)
        expected, largest = interpreted(plain, batch_of_points, f.point[2:], mean)
        kernel = compile_program(tape, leaves, 1, mean)
        got = run(kernel, batch_of_points, f.point[2:], 1, len(plain.outputs) - 1, mean)
        # an error of one line is multiplied by at most the largest slope on its way, which `expressions` bounds
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest * largest)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_in_batches_of_any_length(name):
    primitive = PRIMITIVES[name]

    @settings(max_examples=10)
    @given(st.data())
    def check_at(data):
        point = data.draw(points(primitive))
        inputs = [Value(x) for x in point]
        tape = record([primitive(*inputs)], inputs)
        for mean in (False, True):
            kernel = compile_arrays(tape, 1, mean)
            for batch in BATCHES[mean:]:
                rows = np.tile(point, (batch, 1))
                expected, _ = interpreted(tape, rows, [], mean)
                got = run(kernel, rows, [], 1, 0, mean)
                assert np.allclose(got, expected, rtol=64 * EPS, atol=4 * EPS)

    check_at()


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
@pytest.mark.filterwarnings("error")
def test_outside_its_domain_a_primitive_gives_what_ieee_arithmetic_gives(name):
    primitive = PRIMITIVES[name]
    n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    special = [0.0, -0.0, 1.0, -1.0, 2.5, -800.0, 800.0, np.inf, -np.inf, np.nan]
    inputs = [Value(0.5) for _ in range(n)]
    tape = record([primitive(*inputs)], inputs)
    rng = np.random.default_rng(0)
    rows = np.array(special)[:, np.newaxis] if n == 1 else rng.choice(special, (300, n))
    expected, _ = interpreted(tape, rows, [], False)
    got = run(compile_arrays(tape, 1, False), rows, [], 1, 0, False)
    # a sigmoid below 2.3e-308 is 0
    assert np.allclose(got, expected, rtol=64 * EPS, atol=sys.float_info.min, equal_nan=True)


@pytest.mark.parametrize("sizes", [[1], [3, 2], [16, 16, 1], [5, 1, 4, 3]])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_networks_in_batches_of_any_length(sizes, activation):
    model = MLP(3, sizes, activation=activation, rng=random.Random(0))
    inputs, targets = numbers(3), numbers(sizes[-1], 1)
    outputs = model(inputs) if sizes[-1] > 1 else [model(inputs)]
    tape = record([losses.squared_error(outputs, targets)], [*inputs, *targets], model.parameters())
    for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
        derived = fuse(simplify(tape if leaves is None else derive(tape, leaves)))
        kernel = compile_arrays(derived, 1, mean)
        for batch in BATCHES[mean:]:
            check(derived, batch, mean=mean, seed=batch, kernel=kernel)


def test_single_precision():
    model = MLP(3, [5, 2], activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(3), numbers(2, 1)
    tape = record([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    tape = fuse(simplify(derive(tape, tape.parameters)))
    rng = np.random.default_rng(0)
    rows, theta = rng.normal(size=(7, 5)).astype("float32"), rng.normal(size=tape.n_parameters).astype("float32")
    got = run(compile_arrays(tape, 1, True, "float32"), rows, theta, 1, tape.n_parameters, True, "float32")
    expected, largest = interpreted(tape, rows, theta, True)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() <= 64 * np.finfo(np.float32).eps * largest


# --------------------------------------------------------------------------- what has no order falls back, and is right


def layer(neurons, activate=tanh):
    """Neurons given as (weights, inputs, bias), whatever inputs each sees."""
    return [activate(dot(weights, xs) + bias) for weights, xs, bias in neurons]


def split(values, *sizes):
    parts, start = [], 0
    for size in sizes:
        parts.append(values[start : start + size])
        start += size
    return parts


def test_permuted_weights():
    rng = random.Random(0)
    xs, parameters = numbers(6), numbers(5 * 7, 1)
    shuffled = rng.sample(parameters, len(parameters))
    neurons = [(shuffled[7 * i : 7 * i + 6], xs, shuffled[7 * i + 6]) for i in range(5)]
    check_graph(total(layer(neurons)), xs, parameters)


def test_inputs_in_another_order_for_each_neuron():
    rng = random.Random(0)
    xs, parameters = numbers(6), numbers(5 * 7, 1)
    neurons = [(parameters[7 * i : 7 * i + 6], rng.sample(xs, 6), parameters[7 * i + 6]) for i in range(5)]
    check_graph(total([y * y for y in layer(neurons)]), xs, parameters)


def test_neurons_that_share_weights():
    xs, parameters = numbers(6), numbers(9, 1)
    weights, biases = split(parameters, 6, 3)
    ys = layer([(weights, xs, biases[i % 3]) for i in range(5)] + [(weights[::-1], xs, biases[0])])
    check_graph(total([y * y for y in ys]), xs, parameters)


def test_layers_that_share_a_matrix_and_its_transpose():
    xs, parameters = numbers(4), numbers(16, 1)
    rows = [parameters[i : i + 4] for i in range(0, 16, 4)]
    hidden = [tanh(dot(row, xs)) for row in rows]
    again = [tanh(dot(row, hidden)) for row in rows]
    back = [dot([row[i] for row in rows], again) for i in range(4)]
    check_graph(total([y * y for y in back]), xs, parameters)


def test_skip_connections():
    xs, parameters = numbers(4), numbers(3 * 20, 1)
    hidden = xs
    for part in split(parameters, 20, 20, 20):
        made = layer([(part[5 * i : 5 * i + 4], hidden, part[5 * i + 4]) for i in range(4)])
        hidden = [x + y for x, y in zip(hidden, made, strict=True)]
    check_graph(dot(hidden, xs), xs, parameters)


@pytest.mark.parametrize("left_out", [0, 3, 4])
def test_a_network_without_one_of_its_neurons(left_out):
    xs, parameters = numbers(4), numbers(5 * 5 + 3 * 6, 1)
    first, second = split(parameters, 25, 18)
    hidden = layer([(first[5 * i : 5 * i + 4], xs, first[5 * i + 4]) for i in range(5)])
    kept = [k for k in range(5) if k != left_out]
    ys = layer([([second[6 * i + k] for k in kept], [hidden[k] for k in kept], second[6 * i + 5]) for i in range(3)])
    check_graph(total([y * y for y in ys]), xs, parameters)


@pytest.mark.parametrize("seed", range(8))
def test_networks_with_random_connections(seed):
    rng = random.Random(seed)
    xs, parameters = numbers(7), numbers(60, seed)
    nodes = [*xs, *[Value(rng.choice([0.0, 1.0, -1.0, 2.0])) for _ in range(3)]]
    for _ in range(30):
        n = rng.randint(1, 6)
        weights, operands = rng.sample(parameters, n), [rng.choice(nodes) for _ in range(n)]
        nodes.append(rng.choice([tanh, lambda z: z * z * 0.1, lambda z: maximum(z, 0.5)])(dot(weights, operands)))
    check_graph(total(rng.sample(nodes, 12)), xs, parameters)


def test_sums_of_several_lengths_are_padded():
    xs, parameters = numbers(8), numbers(36, 1)
    ys = [dot(parameters[i * (i - 1) // 2 : i * (i + 1) // 2], xs[:i]) for i in range(1, 9)]
    softened = [logsumexp(ys[: i + 1]) for i in range(8)]
    sums = [total([tanh(y) for y in softened[: i + 2]]) for i in range(7)]
    check_graph(total([y * y for y in sums]), xs, parameters)


def test_samples_in_one_graph_whose_numbers_are_0_and_1():
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


def test_data_is_what_differs_and_a_constant_is_what_does_not():
    xs = numbers(3)
    tape = record([total([c * (1.0 - x) ** 2 for c, x in zip([1.0, -1.0, 3.0], xs, strict=True)])], xs)
    lifted, n_data = constants_to_parameters(tape)
    assert n_data == 3
    assert [line.number for line in lifted.lines[3:6]] == [1.0, -1.0, 3.0]


# ------------------------------------------------------------------------------------------------------- results


def test_outputs_may_be_leaves_and_repeated_and_in_any_order():
    x, y, p = numbers(3)
    z = tanh(x * p)
    tape = record([z, x, p, Value(2.5), z, y, p * p, p * p], [x, y], [p])
    for mean in (False, True):
        for n_values in (1, 3, 8):
            check(tape, 4, n_values=n_values, mean=mean)


def test_no_inputs_no_parameters_and_an_empty_sum():
    check(record([Value(2.0)], []), 3)
    check(record([Value.record(PRIMITIVES["sum"])], []), 3, mean=True)
    w = Value(2.0)
    check(record([w * w, exp(w)], [], [w]), 2, n_values=2)


def test_a_batch_of_none_is_nothing():
    x, w = numbers(2)
    tape = record([x * w], [x], [w])
    derived = derive(tape, tape.inputs)
    assert run(compile_arrays(derived, 1, False), np.empty((0, 1)), [1.0], 1, 1, False).shape == (2, 0)


def test_a_primitive_of_ones_own_is_nan_where_it_raises():
    half = defprimitive("half log", lambda x: 0.5 * math.log(x), lambda out, x: 0.5 / x)
    x, y = Value(2.0), Value(3.0)
    tape = record([half(x) + half(y)], [x, y])
    got = run(compile_arrays(tape, 1, False), [[1.0, 1.0], [-1.0, 1.0]], [], 1, 0, False)
    assert got[0, 0] == 0.0
    assert np.isnan(got[0, 1])


def test_no_warning_where_numbers_are_not_finite():
    x = Value(1.0)
    got = run(compile_arrays(record([log(x)], [x]), 1, False), [[0.0], [-1.0]], [], 1, 0, False)
    assert got[0, 0] == -np.inf
    assert np.isnan(got[0, 1])


# ---------------------------------------------------------------------------------------------- memory and threads


def test_memory_is_used_again():
    x = Value(0.5)
    y = x
    for _ in range(50):
        y = tanh(y * 1.5) + 0.5
    program = lower(PreparedTape(record([y], [x]), 1), False)
    assert allocate(program.instructions).batched <= 2


def test_no_two_arrays_that_are_in_use_share_memory():
    model = MLP(4, [6, 5, 3], activation="sigmoid", rng=random.Random(0))
    inputs, targets = numbers(4), numbers(3, 1)
    tape = record([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    program = lower(PreparedTape(fuse(simplify(derive(tape, tape.parameters))), 1), True)
    memory = allocate(program.instructions)
    first, last = {}, {}
    for i, instruction in enumerate(program.instructions):
        for view in (instruction.out, *instruction.operands):
            if getattr(view, "block", None) in memory.rows:
                first.setdefault(view.block, i)
                last[view.block] = i
    for block, start in memory.rows.items():
        for other, begin in memory.rows.items():
            alive = first[block] < last[other] and first[other] < last[block]
            apart = start + block.n_rows <= begin or begin + other.n_rows <= start
            assert block is other or block.batched != other.batched or not alive or apart


def test_threads_at_once_and_batches_of_several_lengths():
    model = MLP(6, [20, 3], activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(6), numbers(3, 1)
    tape = record([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    tape = fuse(simplify(derive(tape, tape.parameters)))
    kernel = compile_arrays(tape, 1, True)
    rng = np.random.default_rng(0)
    theta = rng.normal(size=tape.n_parameters)
    cases = []
    for batch in (1, 2, 3, 5, 8, 13, 21, 34, 55):
        rows = rng.normal(size=(batch, 9))
        cases.append((rows, interpreted(tape, rows, theta, True)[0]))
    wrong = []

    def work(seed):
        for k in np.random.default_rng(seed).integers(0, len(cases), 60):
            rows, expected = cases[k]
            got = run(kernel, rows, theta, 1, tape.n_parameters, True)
            if not np.allclose(got, expected, rtol=1e-12, atol=1e-12):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(kernel.functions.free) <= 8


# ------------------------------------------------------------------------------------------------ what auto takes


def a_network(n_in, sizes):
    model = MLP(n_in, sizes, activation="sigmoid", rng=random.Random(0))
    inputs = numbers(n_in)
    return record([total(model(inputs))], inputs, model.parameters())


def test_auto_is_machine_code_for_small_programs_and_arrays_for_large_ones_that_are_regular():
    assert best_backend(a_network(2, [3, 2]))[0] == "llvm"
    backend, why = best_backend(a_network(100, [60, 10]))
    assert (backend, why) == ("arrays", "8,171 operations in 9 classes")


def test_auto_is_machine_code_for_large_programs_without_a_pattern():
    rng = random.Random(0)
    nodes = numbers(5)
    functions = [tanh, exp, lambda x: x * 0.3, lambda x: 1.0 - x]
    while len(nodes) < 6 * MIN_ARRAY_OPERATIONS // 25:  # a tanh counts as 25
        nodes.append(rng.choice(functions)(tanh(nodes[-1] * rng.choice(nodes))))
    assert best_backend(record([nodes[-1]], nodes[:5]))[0] == "llvm"


def test_auto_takes_what_is_installed():
    tape = a_network(2, [3, 2])
    assert best_backend(tape, numpy=False) == ("python", "numpy is not installed")
    assert best_backend(tape, llvmlite=False) == ("python", "llvmlite is not installed")
    own = defprimitive("own", lambda x: x, lambda out, x: 1.0)
    x = Value(1.0)
    assert best_backend(record([own(x)], [x])) == ("python", "<primitive own> is not in the table")


def test_compiling_takes_time_in_proportion_to_the_graph():
    sizes = [(40, [20, 10]), (80, [40, 10])]
    tapes = [a_network(*size) for size in sizes]
    lines = [len(fuse(simplify(derive(tape, tape.parameters))).lines) for tape in tapes]
    programs = [
        lower(PreparedTape(fuse(simplify(derive(tape, tape.parameters))), 1), True).instructions for tape in tapes
    ]
    assert [b > 3 * a for a, b in pairwise(lines)] == [True]
    assert len(programs[0]) == len(programs[1])
