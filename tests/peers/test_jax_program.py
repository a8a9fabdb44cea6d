"""A program as a JAX function gives what the program gives, and JAX's derivatives of it are those of the engine."""

import os
import random
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings

from autodiff import Value, dot, exp, logsumexp, tanh
from autodiff import sum as total
from autodiff.program.arrays.jax import to_jax
from autodiff.program.arrays.kernel import compile_arrays
from autodiff.program.arrays.prepare import prepare
from autodiff.program.recording.record import tape_of
from autodiff.testing import expressions
from nn import MLP, losses

np = pytest.importorskip("numpy")
jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision():
    """JAX computes with 32 bits unless it is told otherwise."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def numbers(n, seed=0):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0)) for _ in range(n)]


def function(tape):
    return to_jax(prepare(tape), True)


def ours(tape, points, theta):
    """The mean and its gradient by the parameters."""
    value, gradient = np.empty(1), np.empty(tape.n_parameters)
    compile_arrays(tape, tape.parameters, True)(points, theta, value, gradient)
    return value[0], gradient


def network(n_in, sizes, activation):
    model = MLP(n_in, sizes, activation=activation, rng=random.Random(0))
    x, y = numbers(n_in), numbers(sizes[-1], 1)
    outputs = model(x) if sizes[-1] > 1 else [model(x)]
    return tape_of([losses.squared_error(outputs, y)], [*x, *y], model.parameters())


def full_batch():
    rng = random.Random(0)
    model = MLP(2, [4, 1], rng=rng)
    samples = [([rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)], rng.choice([-1.0, 1.0])) for _ in range(10)]
    return tape_of([total([(1.0 - y * model(x)).relu() for x, y in samples])], [], model.parameters())


def attention():
    q, k, w = [[numbers(4, 10 * s + i) for i in range(5)] for s in range(3)]
    out = []
    for i in range(5):
        scores = [dot(q[i], k[j]) for j in range(i + 1)]
        shift = logsumexp(scores)
        out += [dot([exp(s - shift) for s in scores], [w[j][d] for j in range(i + 1)]) for d in range(4)]
    inputs, parameters = [x for row in (*q, *k) for x in row], [x for row in w for x in row]
    return tape_of([total([tanh(y) for y in out])], inputs, parameters)


def convolution():
    x, w = numbers(25), numbers(9, 1)
    out = [
        tanh(sum(w[3 * i + j] * x[5 * (r + i) + s + j] for i in range(3) for j in range(3)))
        for r in range(3)
        for s in range(3)
    ]
    return tape_of([total([y * y for y in out])], x, w)


TAPES = {
    "network": lambda: network(3, [4, 5, 2], "tanh"),
    "neuron": lambda: network(1, [1], "relu"),
    "full batch": full_batch,
    "attention": attention,
    "convolution": convolution,
}


@pytest.mark.parametrize("name", TAPES)
def test_values_and_gradients_are_those_of_the_program(name):
    tape = TAPES[name]()
    f = function(tape)
    rng = np.random.default_rng(0)
    points, theta = rng.uniform(-1.0, 1.0, (5, tape.n_inputs)), rng.uniform(-1.0, 1.0, tape.n_parameters)
    value, gradient = ours(tape, points, theta)
    scale = np.abs(gradient).max()
    mean, slopes = jax.jit(jax.value_and_grad(lambda theta: f(points, theta).mean()))(theta)
    assert abs(mean - value) <= 1e-12 * abs(value)
    assert np.abs(slopes - gradient).max() <= 1e-12 * scale
    assert np.allclose(jax.vmap(f, (0, None))(points, theta), f(points, theta), rtol=1e-12, atol=1e-12)
    single = f(points.astype("float32"), theta.astype("float32"))
    assert single.dtype == np.float32
    assert np.abs(single.mean() - value) <= 1e-4 * max(1.0, abs(value))


@settings(max_examples=25)
@given(f=expressions(["x", "y", "p"], max_nodes=20))
def test_random_expressions(f):
    x, y, p = [Value(number) for number in f.point]
    output = f(x, y, p)
    if not isinstance(output, Value):
        return
    tape = tape_of([output], [x, y], [p])
    points, theta = np.tile(f.point[:2], (2, 1)), np.array(f.point[2:])
    value, gradient = ours(tape, points, theta)
    g = function(tape)
    mean, slopes = jax.value_and_grad(lambda theta: g(points, theta).mean())(theta)
    # formulas differ by cancellations of up to 7 digits, as with the other frameworks
    assert abs(mean - value) <= 1e-9 * max(1.0, abs(value))
    assert np.abs(slopes - gradient).max() <= 1e-9 * max(1.0, abs(value), np.abs(gradient).max())


def test_points_and_theta_of_another_shape_are_refused():
    f = function(network(3, [2], "relu"))
    with pytest.raises(ValueError, match=r"to_jax: expected points of shape \(5,\) or \(batch, 5\), got \(4,\)"):
        f(np.zeros(4), np.zeros(8))
    with pytest.raises(ValueError, match=r"to_jax: expected theta of shape \(8,\), got \(7,\)"):
        f(np.zeros(5), np.zeros(7))
    assert f(np.zeros(5), np.zeros(8)).shape == ()


def test_a_batch_sharded_over_four_devices_gives_the_same():
    code = """
        import random

        import jax
        import numpy as np
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        from autodiff import Value
        from autodiff.program.arrays.jax import to_jax
        from autodiff.program.arrays.prepare import prepare
        from autodiff.program.recording.record import tape_of
        from nn import MLP, losses

        jax.config.update("jax_enable_x64", True)
        model = MLP(3, [8, 2], activation="tanh", rng=random.Random(0))
        x, y = [Value(0.1) for _ in range(3)], [Value(0.2) for _ in range(2)]
        tape = tape_of([losses.squared_error(model(x), y)], [*x, *y], model.parameters())
        f = to_jax(prepare(tape), True)
        step = jax.jit(jax.value_and_grad(lambda theta, points: f(points, theta).mean()))
        points, theta = np.random.default_rng(0).normal(size=(12, 5)), np.array([p.data for p in model.parameters()])
        mesh = Mesh(np.array(jax.devices()), ("batch",))
        shared = jax.device_put(points, NamedSharding(mesh, PartitionSpec("batch")))
        everywhere = jax.device_put(theta, NamedSharding(mesh, PartitionSpec()))
        value, gradient = step(everywhere, shared)
        alone, slopes = step(theta, points)
        assert abs(value - alone) <= 1e-12 * abs(alone)
        assert np.abs(gradient - slopes).max() <= 1e-12 * np.abs(slopes).max()
        print(len(jax.devices()), len(shared.sharding.device_set))
    """
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env=environment, check=False
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout == "4 4\n"


def test_terms_that_are_all_equal_are_counted():
    x, w = Value(2.0), Value(3.0)
    f = function(tape_of([dot([w] * 5, [x] * 5)], [x], [w]))
    assert f(np.array([2.0]), np.array([3.0])) == 30.0
