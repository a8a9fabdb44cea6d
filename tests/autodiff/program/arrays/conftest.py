"""What the tests of arrays and of machine code in loops share: kernels, compared with the tape line by line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff.program.arrays.kernel import ArrayKernel
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import PreparedTape, prepare
from autodiff.program.interpret import interpret
from autodiff.program.llvm.kernel import compile_loops
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of


@pytest.fixture(scope="session")
def run_kernel() -> Callable[..., Any]:
    """Values and gradient of a kernel in one array, (n_outputs,) or (n_outputs, batch)."""

    def run(kernel, batch_of_points, theta, n_values, n_gradient, mean, dtype="float64"):
        rows = () if mean else (len(batch_of_points),)
        values, gradient = np.full((*rows, n_values), np.nan, dtype), np.full((*rows, n_gradient), np.nan, dtype)
        kernel(np.asarray(batch_of_points, dtype), np.asarray(theta, dtype), values, gradient)
        return np.concatenate([values.T, gradient.T])

    return run


@pytest.fixture(scope="session")
def interpreted() -> Callable[..., Any]:
    """The outputs of a tape, computed line by line, and the largest finite number on the way."""

    def compute(tape, batch_of_points, theta, mean):
        lines = interpret(tape, np.asarray(batch_of_points, float), np.asarray(theta, float))
        outputs = np.array([lines[i] for i in tape.outputs]).reshape(len(tape.outputs), len(batch_of_points))
        largest = max([1.0, *[float(np.abs(line[np.isfinite(line)]).max(initial=0.0)) for line in lines]])
        with np.errstate(all="ignore"):
            return outputs.mean(axis=1) if mean else outputs, largest

    return compute


@pytest.fixture(scope="session", params=[ArrayKernel, compile_loops], ids=["numpy", "loops"])
def kernel_of(request) -> Callable[..., Any]:
    """The kernel of an array program and a dtype: numpy's calls, or loops of machine code."""
    return request.param


@pytest.fixture(scope="session")
def compile_tape(kernel_of) -> Callable[..., Any]:
    """Compile a tape as it is, without the passes."""

    def compile_(tape, n_values, mean, dtype="float64"):
        return kernel_of(array_program(PreparedTape(tape, n_values), mean), dtype)

    return compile_


@pytest.fixture(scope="session")
def compile_graph(kernel_of) -> Callable[..., Any]:
    """Compile a recorded tape with the derivatives by some leaves."""
    return lambda tape, leaves, mean: kernel_of(array_program(prepare(tape, leaves), mean), "float64")


@pytest.fixture(scope="session")
def check(run_kernel, interpreted, compile_tape) -> Callable[..., None]:
    """Compare a kernel with its tape at random points.

    Each line rounds relative to its size, and sums are added in another order; no program here has more than some
    thousand operations on numbers of this size, most of which do not add to the error of one output.
    """

    def compare(tape, batch, *, n_values=1, mean=False, seed=0, kernel=None):
        rng = np.random.default_rng(seed)
        batch_of_points = rng.uniform(-1.0, 1.0, (batch, tape.n_inputs))
        theta = rng.uniform(-1.0, 1.0, tape.n_parameters)
        kernel = kernel or compile_tape(tape, n_values, mean)
        got = run_kernel(kernel, batch_of_points, theta, n_values, len(tape.outputs) - n_values, mean)
        expected, largest = interpreted(tape, batch_of_points, theta, mean)
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest, equal_nan=True)

    return compare


@pytest.fixture(scope="session")
def check_graph(run_kernel, interpreted, compile_graph) -> Callable[..., None]:
    """Compare an output and its gradients, by inputs and by parameters, as a Program compiles them."""

    def compare(output, inputs, parameters, batch=3):
        tape = tape_of([output], inputs, parameters)
        rng = np.random.default_rng(0)
        batch_of_points, theta = rng.uniform(-1.0, 1.0, (batch, len(inputs))), rng.uniform(-1.0, 1.0, len(parameters))
        for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
            plain = tape if leaves is None else derive(tape, leaves)
            expected, largest = interpreted(plain, batch_of_points, theta, mean)
            kernel = compile_graph(tape, leaves, mean)
            got = run_kernel(kernel, batch_of_points, theta, 1, len(plain.outputs) - 1, mean)
            assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest)

    return compare
