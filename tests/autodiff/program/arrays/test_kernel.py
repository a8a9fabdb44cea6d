"""The arrays backend gives what the tape says, line by line, for batches of any length."""

import functools
import math
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, defprimitive, exp, log, tanh
from autodiff.primitive import WidePrimitive
from autodiff.program.arrays.kernel import compile_arrays
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from autodiff.testing import expressions, points
from nn import MLP, losses

np = pytest.importorskip("numpy")


EPS = sys.float_info.epsilon


BATCHES = range(18)


@given(data=st.data(), mean=st.booleans(), batch=st.integers(1, 17))
def test_random_tapes_give_what_their_lines_say_inf_and_nan_too(tapes, data, mean, batch, check):
    tape = data.draw(tapes)
    if not tape.outputs:
        return
    n_values = data.draw(st.integers(1, len(tape.outputs)))
    check(tape, batch, n_values=n_values, mean=mean)
    check(fuse(simplify(tape)), batch, n_values=n_values, mean=mean)


@pytest.mark.full
@given(f=expressions(["x", "y", "p"], max_nodes=60), batch=st.integers(1, 5))
def test_random_expressions_and_their_gradients_give_what_their_lines_say(
    f, batch, run_kernel, interpreted, compile_graph
):
    x, y, p = [Value(number) for number in f.point]
    output = f(x, y, p)
    if not isinstance(output, Value):
        return
    tape = tape_of([output], [x, y], [p])
    batch_of_points = np.tile(f.point[:2], (batch, 1))
    for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
        plain = tape if leaves is None else derive(tape, leaves)
        expected, largest = interpreted(plain, batch_of_points, f.point[2:], mean)
        kernel = compile_graph(tape, leaves, mean)
        got = run_kernel(kernel, batch_of_points, f.point[2:], 1, len(plain.outputs) - 1, mean)
        # an error of one line is multiplied by at most the largest slope on its way, which `expressions` bounds
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest * largest)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_works_in_batches_of_any_length(name, run_kernel, interpreted, compile_tape):
    primitive = PRIMITIVES[name]

    @functools.cache
    def compiled(n):
        """The tape of `n` inputs and its kernels: the same at every point."""
        inputs = [Value(0.5) for _ in range(n)]
        tape = tape_of([primitive(*inputs)], inputs)
        return tape, [compile_tape(tape, 1, mean) for mean in (False, True)]

    @settings(max_examples=10)
    @given(st.data())
    def check_at(data):
        point = data.draw(points(primitive))
        tape, kernels = compiled(len(point))
        for mean, kernel in enumerate(kernels):
            for batch in BATCHES[mean:]:
                rows = np.tile(point, (batch, 1))
                expected, _ = interpreted(tape, rows, [], mean)
                got = run_kernel(kernel, rows, [], 1, 0, mean)
                assert (np.abs(got - expected) <= allowed(name, point, batch * mean, expected)).all()

    check_at()


def allowed(name, point, batch, expected):
    """How far rounding may take the result of a primitive at a point, or its mean over a batch of that point.

    For a sum of n terms that is n eps times the sum of their magnitudes, however much cancels (Higham, Accuracy and
    Stability of Numerical Algorithms, 2002, section 4.2), and a mean over the batch is another such sum. `logsumexp`
    adds the logarithm of at most n to its largest operand.
    """
    n, half = len(point), len(point) // 2
    if name == "sum":
        return (n + batch) * EPS * sum(map(abs, point))
    if name == "dot":
        return (half + batch) * EPS * sum(abs(x * y) for x, y in zip(point[:half], point[half:], strict=True))
    cancelled = max(map(abs, point)) + n if name == "logsumexp" else 0.0
    return 64 * EPS * np.abs(expected) + 4 * EPS * cancelled + 4 * math.ulp(0.0)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(PRIMITIVES))
@pytest.mark.filterwarnings("error")
def test_outside_its_domain_a_primitive_gives_what_ieee_arithmetic_gives(name, run_kernel, interpreted, compile_tape):
    primitive = PRIMITIVES[name]
    n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    special = [0.0, -0.0, 1.0, -1.0, 2.5, -800.0, 800.0, np.inf, -np.inf, np.nan]
    inputs = [Value(0.5) for _ in range(n)]
    tape = tape_of([primitive(*inputs)], inputs)
    rng = np.random.default_rng(0)
    rows = np.array(special)[:, np.newaxis] if n == 1 else rng.choice(special, (300, n))
    expected, _ = interpreted(tape, rows, [], False)
    got = run_kernel(compile_tape(tape, 1, False), rows, [], 1, 0, False)
    assert np.allclose(got, expected, rtol=64 * EPS, atol=4 * math.ulp(0.0), equal_nan=True)


@pytest.mark.full
@pytest.mark.parametrize("sizes", [[1], [3, 2], [16, 16, 1], [5, 1, 4, 3]])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_networks_work_in_batches_of_any_length(sizes, activation, compile_tape, check, numbers):
    model = MLP(3, sizes, activation=activation, rng=random.Random(0))
    inputs, targets = numbers(3), numbers(sizes[-1], 1)
    outputs = model(inputs) if sizes[-1] > 1 else [model(inputs)]
    tape = tape_of([losses.squared_error(outputs, targets)], [*inputs, *targets], model.parameters())
    for leaves, mean in ((None, False), (tape.inputs, False), (tape.parameters, True)):
        derived = fuse(simplify(tape if leaves is None else derive(tape, leaves)))
        kernel = compile_tape(derived, 1, mean)
        for batch in BATCHES[mean:]:
            check(derived, batch, mean=mean, seed=batch, kernel=kernel)


def test_single_precision_is_as_close_as_its_eps_allows(run_kernel, interpreted, compile_tape, numbers):
    model = MLP(3, [5, 2], activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(3), numbers(2, 1)
    tape = tape_of([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    tape = fuse(simplify(derive(tape, tape.parameters)))
    rng = np.random.default_rng(0)
    rows, theta = rng.normal(size=(7, 5)).astype("float32"), rng.normal(size=tape.n_parameters).astype("float32")
    got = run_kernel(compile_tape(tape, 1, True, "float32"), rows, theta, 1, tape.n_parameters, True, "float32")
    expected, largest = interpreted(tape, rows, theta, True)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() <= 64 * np.finfo(np.float32).eps * largest


def test_outputs_may_be_leaves_and_repeated_and_in_any_order(check, numbers):
    x, y, p = numbers(3)
    z = tanh(x * p)
    tape = tape_of([z, x, p, Value(2.5), z, y, p * p, p * p], [x, y], [p])
    for mean in (False, True):
        for n_values in (1, 3, 8):
            check(tape, 4, n_values=n_values, mean=mean)


def test_a_program_may_have_no_inputs_no_parameters_or_an_empty_sum(check):
    check(tape_of([Value(2.0)], []), 3)
    check(tape_of([Value.record(PRIMITIVES["sum"])], []), 3, mean=True)
    w = Value(2.0)
    check(tape_of([w * w, exp(w)], [], [w]), 2, n_values=2)


def test_a_batch_of_none_is_nothing(run_kernel, compile_tape, numbers):
    x, w = numbers(2)
    tape = tape_of([x * w], [x], [w])
    derived = derive(tape, tape.inputs)
    assert run_kernel(compile_tape(derived, 1, False), np.empty((0, 1)), [1.0], 1, 1, False).shape == (2, 0)


def test_a_function_and_its_memory_are_made_once_for_batches_of_a_length(run_kernel, numbers):
    x, w = numbers(2)
    kernel = compile_arrays(tape_of([tanh(w * x)], [x], [w]), None, False)
    for length in (3, 2, 3, 2):
        run_kernel(kernel, np.ones((length, 1)), [1.0], 1, 0, False)
    assert sorted(each.size for each in kernel.functions.free) == [2, 3]


def test_a_primitive_of_ones_own_is_nan_where_it_raises(run_kernel):
    half = defprimitive("half log", lambda x: 0.5 * math.log(x), lambda out, x: 0.5 / x)
    x, y = Value(2.0), Value(3.0)
    tape = tape_of([half(x) + half(y)], [x, y])
    got = run_kernel(compile_arrays(tape, None, False), [[1.0, 1.0], [-1.0, 1.0]], [], 1, 0, False)
    assert got[0, 0] == 0.0
    assert np.isnan(got[0, 1])


def test_numbers_that_are_not_finite_cause_no_warning(run_kernel, compile_tape):
    x = Value(1.0)
    got = run_kernel(compile_tape(tape_of([log(x)], [x]), 1, False), [[0.0], [-1.0]], [], 1, 0, False)
    assert got[0, 0] == -np.inf
    assert np.isnan(got[0, 1])
