"""The machine code: any number of lanes and of points, IEEE arithmetic in every lane, nothing outside its arrays."""

import ctypes
import functools
import itertools
import math
import random
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, dot, exp, log, logsumexp, sin, sqrt, tanh
from autodiff import sum as total
from autodiff.primitive import WidePrimitive
from autodiff.program import Program
from autodiff.program.interpret import interpret
from autodiff.program.kernel import Task
from autodiff.program.llvm import frame, functions, objects
from autodiff.program.llvm import schedule as cutting
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.kernel import compile_llvm
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from autodiff.program.recording.tape import Line, Tape
from autodiff.testing import expressions
from nn import MLP, losses

EPS = float(np.finfo(float).eps)
LANES = [1, 2, 4, 8, 16]
LENGTHS = [*range(18), 127, 128, 129, 255, 256, 257, 300]


def optimised(tape, wrt=None):
    """What runs."""
    return fuse(simplify(tape if wrt is None else derive(tape, wrt)))


def results(kernel, tape, points, theta, mean=False, dtype=float):
    """Call a kernel whose tape has one value; an array (batch, outputs), or (outputs,) if it averages."""
    points = np.array(points, dtype).reshape(len(points), tape.n_inputs)
    rows = () if mean else (len(points),)
    values, rest = np.full(rows or (1,), -77.0, dtype), np.full((*rows, len(tape.outputs) - 1), -77.0, dtype)
    kernel(points, np.array(theta, dtype), values, rest)
    return np.concatenate([values if mean else values[:, None], rest], axis=-1)


# ----------------------------------------------------------------------------------------- lanes and lengths


@functools.cache
def network():
    """The tape of a loss, 300 points, and what each line of the two derived tapes is there."""
    model = MLP(3, [4, 2, 1], activation="tanh", output_activation="softplus", rng=random.Random(1))
    x = [Value(0.3), Value(-0.2), Value(0.9)]
    tape = tape_of([losses.squared_error(model(x[:3]), 0.5 * x[2])], x, list(model.parameters()))
    rng = np.random.default_rng(0)
    return tape, rng.uniform(-2.0, 2.0, (300, 3)), np.array([line.number for line in tape.lines[3 : tape.n_leaves]])


@functools.cache
def eager_network():
    """Loss, gradient by inputs and by parameters at each of the points, by `backward`; and how far rounding goes.

    Every number in the graph is below 10, no path is longer than 30 operations and no sum has more than 4 terms: a
    thousand eps are generous for a relative error, and a thousandth of what a lost term or point would be.
    """
    tape, points, theta = network()
    from autodiff.program.recording.record import graph_of

    rows = []
    for point in points:
        lines = [line._replace(number=x) for line, x in zip(tape.lines, [*point, *theta], strict=False)]
        nodes = graph_of(Tape((*lines, *tape.lines[tape.n_leaves :]), tape.n_inputs, tape.n_parameters, tape.outputs))
        nodes[tape.outputs[0]].backward()
        rows.append([nodes[tape.outputs[0]].data, *[leaf.grad for leaf in nodes[: tape.n_leaves]]])
    return np.array(rows)


@pytest.mark.parametrize(
    ("dtype", "lanes"), [*(("float64", n) for n in LANES), *(("float32", n) for n in (1, 4, 16, 32))]
)
def test_any_number_of_lanes_does_any_number_of_points(dtype, lanes):
    tape, points, theta = network()
    eps, expected = float(np.finfo(dtype).eps), eager_network()
    size = 1.0 + np.abs(expected).max()
    by_inputs = optimised(tape, tape.inputs)
    by_parameters = optimised(tape, tape.parameters)
    alone = compile_llvm(by_inputs, 1, False, dtype, lanes)
    mean = compile_llvm(by_parameters, 1, True, dtype, lanes)
    for length in LENGTHS:
        got = results(alone, by_inputs, points[:length], theta, dtype=dtype)
        assert np.abs(got - expected[:length, :4]).max(initial=0.0) <= 1000 * eps * size
        if length:
            got = results(mean, by_parameters, points[:length], theta, mean=True, dtype=dtype)
            wanted = np.delete(expected[:length], [1, 2, 3], axis=1).mean(axis=0)
            assert np.abs(got - wanted).max() <= (1000 + length) * eps * size


@pytest.mark.parametrize("lanes", LANES)
def test_every_point_is_counted_once_in_a_mean(lanes):
    x, w = Value(1.0), Value(1.0)
    for out, slope in ((w * x, lambda x: x), (w * x * x, lambda x: x * x), (w + x, lambda x: 0 * x + 1)):
        tape = optimised(tape_of([out], [x], [w]), range(1, 2))
        kernel = compile_llvm(tape, 1, True, lanes=lanes)
        for length in LENGTHS[1:]:
            points = np.arange(1.0, 1.0 + length)
            value, gradient = results(kernel, tape, points, [1.0], mean=True)
            assert gradient == slope(points).sum() / length  # sums of integers are exact
            assert value in (slope(points).sum() / length, (points + 1).sum() / length)


@pytest.mark.parametrize("length", LENGTHS)
def test_nothing_is_written_outside_the_results(length):
    tape, points, theta = network()
    by_inputs = optimised(tape, tape.inputs)
    kernel = compiled_network()
    whole = np.full((2, 4 * (length + 20)), -77.0)
    values, gradient = whole[0, 8 : 8 + length], whole[1, 8 : 8 + 3 * length].reshape(length, 3)
    kernel(np.ascontiguousarray(points[:length]), theta, values, gradient)
    assert (whole[0, :8] == -77.0).all()
    assert (whole[0, 8 + length :] == -77.0).all()
    assert (whole[1, :8] == -77.0).all()
    assert (whole[1, 8 + 3 * length :] == -77.0).all()
    np.testing.assert_array_equal(
        np.column_stack([values, gradient]), results(kernel, by_inputs, points[:length], theta)
    )


@functools.cache
def compiled_network():
    """With the gradient by inputs."""
    tape, *_ = network()
    return compile_llvm(optimised(tape, tape.inputs), 1, False)


READ_TO_THE_EDGE = """
import ctypes, mmap, numpy as np
from autodiff import Value, sin
from autodiff.program import Program
x, y, p, q = [Value(1.0) for _ in range(4)]
program = Program(sin(x * p) * y * q, [x, y], [p, q], backend="llvm")
page = mmap.PAGESIZE
memory = mmap.mmap(-1, 3 * page)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
libc = ctypes.CDLL(None, use_errno=True)
for offset in (0, 2 * page):
    assert libc.mprotect(ctypes.c_void_p(start + offset), page, 0) == 0
def at_edge(array, last):
    offset = 2 * page - array.nbytes if last else page
    out = np.frombuffer(memory, float, array.size, offset).reshape(array.shape)
    out[:] = array
    return out
for length in range(1, 40):
    rows = np.random.default_rng(0).uniform(size=(length, 2))
    theta = np.array([0.5, 2.0])
    expected = program.value_and_grad(rows, theta), program.mean_and_grad(rows, theta)
    for last in (False, True):
        np.testing.assert_equal(program.value_and_grad(at_edge(rows, last), theta), expected[0])
        np.testing.assert_equal(program.mean_and_grad(at_edge(rows, last), theta), expected[1])
        np.testing.assert_equal(program.value_and_grad(rows, at_edge(theta, last)), expected[0])
        program.value_and_grad(rows, theta, out=(at_edge(np.zeros(length), last), np.empty((length, 2))))
        program.mean_and_grad(rows, theta, out=at_edge(np.zeros(2), last))
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="protects pages by Linux's mprotect")
def test_nothing_is_read_outside_the_arguments(root):
    """Where the pages around the arguments are protected, reading there would end the process."""
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", READ_TO_THE_EDGE], cwd=root, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("done\n", "")


# ------------------------------------------------------------------------------------------ IEEE arithmetic

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, math.inf, -math.inf, math.nan, 1e-310, 800.0, -800.0]


def same_where_special(got, expected, rtol):
    """Whether inf and nan are in the same places, and the numbers close."""
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=1e-307, equal_nan=True)


@pytest.mark.full
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_and_its_gradient_follow_ieee_at_special_numbers(name, dtype):
    primitive = PRIMITIVES[name]
    n = 4 if name == "dot" else 3 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    special = SPECIAL if n < 3 else [0.0, 1.0, -2.0, math.inf, -math.inf, math.nan]
    start = [0.5] * n
    tape = tape_of([node := primitive(*(inputs := [Value(x) for x in start]))], inputs)
    assert node.data == node.data
    rows = np.array([*itertools.product(special, repeat=n)], dtype)
    for derived in (optimised(tape), optimised(tape, tape.inputs)):
        got = results(compile_llvm(derived, 1, False, dtype), derived, rows, [], dtype=dtype)
        lines = interpret(derived, rows, np.empty(0))
        with np.errstate(over="ignore", under="ignore"):
            expected = np.column_stack([lines[i] for i in derived.outputs]).astype(dtype)
        if dtype == "float32":
            # What overflows here and not in double precision, or was rounded before a cancellation, is not looked at.
            in_range = (np.abs(expected) < 1e30) | ~np.isfinite(expected)
            fits = in_range & np.isfinite(rows).all(axis=1)[:, None] & (np.abs(rows) < 80).all(axis=1)[:, None]
            got, expected = np.where(fits, got, 0.0), np.where(fits, expected, 0.0)
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-30)
        else:
            same_where_special(got, expected, 1e-13)  # a derivative takes some ten operations of 2 ulp


@settings(max_examples=40)
@given(f=expressions(["x", "y"], max_nodes=25), data=st.data())
def test_a_random_expression_follows_ieee_outside_its_domain(f, data):
    inputs = [Value(x) for x in f.point]
    tape = optimised(tape_of([f(*inputs)], inputs), None)
    special = st.sampled_from([0.0, 1.0, -1.0, -3.5, math.inf, -math.inf, math.nan, *f.point])
    rows = np.array(data.draw(st.lists(st.tuples(special, special), min_size=1, max_size=9)))
    got = results(compile_llvm(tape, 1, False), tape, rows, [])[:, 0]
    expected = interpret(tape, rows, np.empty(0))[tape.outputs[0]]
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_array_equal(got[np.isinf(expected)], expected[np.isinf(expected)])


@pytest.mark.full
@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_special_number_in_one_lane_does_not_touch_the_others(name):
    primitive = PRIMITIVES[name]
    n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    inputs = [Value(0.5 + 0.1 * i) for i in range(n)]
    tape = tape_of([primitive(*inputs)], inputs)
    derived = optimised(tape, tape.inputs)
    kernel = compile_llvm(derived, 1, False)
    rows = np.random.default_rng(0).uniform(0.1, 0.9, (24, n))
    clean = results(kernel, derived, rows, [])
    for k, special in itertools.product(range(0, 24, 5), (math.nan, math.inf, -math.inf, 1e300, -1.0, 0.0)):
        mixed = rows.copy()
        mixed[k] = special
        got = results(kernel, derived, mixed, [])
        others = np.arange(24) != k
        np.testing.assert_array_equal(got[others], clean[others])  # to the last bit


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 127, 128, 129])
@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("special", [math.inf, -math.inf, math.nan])
def test_a_special_number_at_one_point_is_in_the_means_that_depend_on_it_alone(special, where, length):
    kernel, tape = kernel_of_means()
    points = np.ones((length, 2))
    points[0 if where == "first" else -1, 0] = special
    value, by_w, by_v, by_b = results(kernel, tape, points, [2.0, 3.0, 0.5], mean=True)
    np.testing.assert_equal([value, by_w], [2.0 * special, special])
    assert (by_v, by_b) == (1.0, 1.0)


@functools.cache
def kernel_of_means():
    """w x + v y + b, its value and its gradient by w, v, b: averages of x, y and 1."""
    x, y, w, v, b = [Value(1.0) for _ in range(5)]
    tape = tape_of([w * x + v * y + b], [x, y], [w, v, b])
    derived = optimised(tape, tape.parameters)
    return compile_llvm(derived, 1, True), derived


@pytest.mark.parametrize("length", [1, 2, 7, 9, 127, 129])
def test_an_infinite_product_at_the_last_point_is_no_nan_in_the_mean(length):
    """The lanes behind the last point repeat it, and are left out of the sum: not multiplied by 0."""
    x, w, v = Value(1.0), Value(1.0), Value(1.0)
    tape = tape_of([exp(w * x) * v], [x], [w, v])
    derived = optimised(tape, tape.parameters)
    points = np.zeros((length, 1))
    points[-1] = 1000.0
    got = results(compile_llvm(derived, 1, True), derived, points, [1.0, 1.0], mean=True)
    assert got.tolist() == [math.inf] * 3


def test_what_a_call_left_in_memory_is_not_in_the_next():
    tape, points, theta = network()
    by_parameters, by_inputs = optimised(tape, tape.parameters), optimised(tape, tape.inputs)
    mean, alone = compile_llvm(by_parameters, 1, True), compile_llvm(by_inputs, 1, False)
    for n in (1, 3, 8, 11):
        clean = results(mean, by_parameters, points[:n], theta, mean=True), results(alone, by_inputs, points[:n], theta)
        assert np.isnan(results(mean, by_parameters, points * math.nan, theta, mean=True)).all()
        assert np.isnan(results(alone, by_inputs, points * math.nan, theta)).all()
        np.testing.assert_array_equal(results(mean, by_parameters, points[:n], theta, mean=True), clean[0])
        np.testing.assert_array_equal(results(alone, by_inputs, points[:n], theta), clean[1])


@pytest.mark.full
@pytest.mark.parametrize("lanes", [None, 1, 2, 8, 16])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_is_read_from_work_memory_that_this_call_did_not_write(dtype, lanes, monkeypatch):
    """All memory from `np.empty` is NaN before every call, and the results are those of a fresh program."""
    tape, points, theta = network()
    memories = []

    def poisoned(shape, dtype=float):
        memories.append(np.full(shape, math.nan, dtype))
        return memories[-1]

    kernels = []
    parameters = [Value(number) for number in theta]
    for wrt, leaves, mean in (
        (None, None, False),
        ("", None, True),  # which no method of Program asks for
        ("inputs", tape.inputs, False),
        ("parameters", tape.parameters, True),
    ):
        derived = optimised(tape, leaves)
        task = Task(tape, wrt, leaves, True, dtype, 1, parameters, lambda derived=derived: derived)
        delivered = () if wrt == "" else task.results
        with monkeypatch.context() as patch:
            patch.setattr(np, "empty", poisoned)
            kernel = compile_llvm(derived, 1, mean, dtype, lanes, delivered, parameters)
        kernels.append((kernel, derived, mean))
    tile = frame.BLOCKS_PER_TILE * (lanes or 8)
    for length in [*range(1, 41), *range(tile - 2, tile + 3), 2 * tile]:
        rows = np.resize(points, (length, 3))
        for kernel, derived, mean in kernels:
            with monkeypatch.context() as patch:
                patch.setattr(np, "empty", poisoned)
                for memory in memories:
                    memory.fill(math.nan)
                got = results(kernel, derived, rows, theta, mean, dtype)
                if kernel.quick is not None:
                    for memory in memories:
                        memory.fill(math.nan)
                    quick = kernel.quick(rows.astype(dtype), theta.astype(dtype), None)
                    columns = quick if isinstance(quick, tuple) else (quick,)
                    np.testing.assert_array_equal(np.hstack(columns) if mean else np.column_stack(columns), got)
            assert np.isfinite(got).all()
            expected = eager_network()[np.arange(length) % len(points)]
            columns = {1: [0], 4: [0, 1, 2, 3]}.get(len(derived.outputs), [0, *range(4, expected.shape[1])])
            expected = expected[:, columns]
            error = np.abs(got - (expected.mean(axis=0) if mean else expected)).max()
            assert error <= (1000 + length) * float(np.finfo(dtype).eps) * (1.0 + np.abs(expected).max())
    assert memories


def uniform_tape(kinds):
    """Outputs of these kinds, and what each is at (x, w)."""
    x, w = Value(1.0), Value(2.0)
    outputs = {
        "0": (Value(0.0), lambda x, w: 0.0),
        "-0": (Value(-0.0), lambda x, w: -0.0),
        "c": (Value(3.5), lambda x, w: 3.5),
        "n": (Value(math.nan), lambda x, w: math.nan),
        "x": (x, lambda x, w: x),
        "w": (w, lambda x, w: w),
        "u": (w * w + 1.0, lambda x, w: w * w + 1.0),
        "v": (w * x + 1.0, lambda x, w: w * x + 1.0),
    }
    return tape_of([outputs[kind][0] for kind in kinds], [x], [w]), [outputs[kind][1] for kind in kinds]


@pytest.mark.full
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("n_values", ["one", "half", "all"])
@pytest.mark.parametrize(
    "kinds",
    [
        *(["0"], ["-0"], ["u"], ["v"], ["0", "0", "v"], ["v", "0", "0", "0"], ["-0", "-0", "x"], ["n", "u", "c", "w"]),
        ["x", "0", "v", "v", "-0", "v", "u", "0", "0", "v", "w", "c", "x", "0", "0", "0", "0"],
        ["0", "v"] * 40 + ["v"] * 30 + ["0"] * 90 + ["u"] * 20,
        ["u"] * 1200 + ["x"] * 700,
    ],
    ids=lambda kinds: "".join(kinds)[:20],
)
def test_results_that_all_points_share_are_written_to_each_of_them(kinds, n_values, lanes):
    tape, formulas = uniform_tape(kinds)
    n = {"one": 1, "half": (len(kinds) + 1) // 2, "all": len(kinds)}[n_values]
    kernel = compile_llvm(tape, n, False, lanes=lanes)
    for length in (0, 1, 2, 7, 8, 9, 300):
        points = np.arange(1.0, 1.0 + length)[:, None]
        values, gradient = np.full((length, n), -77.0), np.full((length, len(kinds) - n), -77.0)
        kernel(points, np.array([0.5]), values, gradient)
        got = np.concatenate([values, gradient], axis=1)
        expected = np.array([[formula(x, 0.5) for formula in formulas] for x in points[:, 0]])
        assert got.tobytes() == expected.tobytes()


UNTOUCHED_SUMS = """
import ctypes, mmap, numpy as np
import llvmlite.binding as llvm
from autodiff import Value, dot
from autodiff.program.llvm import kernel, machine
machine.features()  # initializes LLVM
llvm.get_host_cpu_name = lambda: ""
machine.features = llvm.FeatureMap  # a processor without masked loads, which pass over protected pages in silence
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of
from autodiff.program.llvm.frame import BLOCKS_PER_TILE
page, lanes = mmap.PAGESIZE, 8
n = page // (8 * lanes) - 1
x, w = [Value(1.0) for _ in range(n)], [Value(1.0) for _ in range(n)]
tape = tape_of([dot(x, w)], x, w)
compiled = kernel.compile_llvm(derive(tape, tape.parameters), 1, True, lanes=lanes)
memory = mmap.mmap(-1, -(-compiled.size * 8 // page) * page)
numbers = np.frombuffer(memory, float)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mprotect(ctypes.c_void_p(numbers.ctypes.data + page), page, 0) == 0  # the second sums
for batch in (lanes, 2 * lanes, BLOCKS_PER_TILE * lanes, 3 * BLOCKS_PER_TILE * lanes):
    points, value, gradient = np.arange(1.0 * batch * n).reshape(batch, n), np.empty(1), np.empty(n)
    compiled.run(points, np.ones(n), numbers, points[:1], value[None], gradient[None])
    np.testing.assert_allclose(gradient, points.mean(axis=0), rtol=1e-12)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="protects pages by Linux's mprotect")
def test_batches_of_whole_blocks_do_not_read_the_sums_of_a_block_that_is_not_full(root):
    """In such batches nobody writes these sums; masked loads from pages never written made a call 40 times slower."""
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", UNTOUCHED_SUMS], cwd=root, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("done\n", "")


# ------------------------------------------------------------------------------------------- wide lines, cuts


@pytest.mark.full
@pytest.mark.parametrize("n", [*range(20), 64, 501, 5000])
def test_a_dot_and_a_sum_of_any_length_have_all_their_terms(n):
    """All numbers are integers below 2**53: the sums are exact in every order."""
    m = min(n, 80)  # leaves on each side; no pair occurs twice up to 80**2
    xs, ys = [k % m for k in range(n)], [m + (k + k // m) % m for k in range(n)]
    lines = (*[Line(None)] * (2 * m), Line(PRIMITIVES["dot"], (*xs, *ys)), Line(PRIMITIVES["sum"], tuple(xs)))
    rng = np.random.default_rng(n)
    points, theta = rng.integers(-999, 999, (3, m)).astype(float), rng.integers(-999, 999, m).astype(float)
    tape = Tape(lines, m, m, (2 * m, 2 * m + 1))
    got = results(compile_llvm(tape, 1, False), tape, points, theta)
    left, right = points[:, xs], theta[[y - m for y in ys]]
    np.testing.assert_array_equal(got, np.column_stack([left @ right, left.sum(axis=1)]))


def test_logsumexp_of_many_operands_is_stable():
    x = [Value(float(i)) for i in range(40)]
    tape = tape_of([logsumexp(x)], x)
    derived = optimised(tape, tape.inputs)
    rows = np.random.default_rng(0).uniform(-5.0, 5.0, (5, 40)) + np.array([[0.0], [1000.0], [-1000.0], [1e6], [-1e6]])
    value, *slopes = results(compile_llvm(derived, 1, False), derived, rows, []).T
    largest = rows.max(axis=1)
    weights = np.exp(rows - largest[:, None])
    np.testing.assert_allclose(value, largest + np.log(weights.sum(axis=1)), rtol=40 * EPS)
    # exp(x - out): x - out has an error of eps |out|
    np.testing.assert_allclose(np.transpose(slopes), weights / weights.sum(axis=1)[:, None], rtol=4e6 * EPS)


@pytest.mark.parametrize(("body", "sums"), [(2, 1), (7, 2), (40, 24)])
def test_a_program_in_many_small_pieces_computes_the_same(body, sums):
    tape, points, theta = network()
    expected = eager_network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "CHUNK_SIZE", body)
        patch.setattr(cutting, "SUMS_PER_CHUNK", sums)
        by_inputs, by_parameters = optimised(tape, tape.inputs), optimised(tape, tape.parameters)
        assert len(cutting.schedule(by_parameters, True).varying) > 4
        alone, mean = compile_llvm(by_inputs, 1, False), compile_llvm(by_parameters, 1, True)
    got = results(alone, by_inputs, points, theta)
    size = 1.0 + np.abs(expected).max()
    assert np.abs(got - expected[:, :4]).max() <= 1000 * EPS * size
    got = results(mean, by_parameters, points, theta, mean=True)
    assert np.abs(got - np.delete(expected, [1, 2, 3], axis=1).mean(axis=0)).max() <= 1300 * EPS * size


@settings(max_examples=15)
@given(f=expressions(["x", "y"], max_nodes=60), body=st.integers(2, 60), sums=st.integers(1, 3), tile=st.integers(1, 3))
def test_where_a_random_expression_is_cut_makes_no_difference(f, body, sums, tile):
    inputs = [Value(x) for x in f.point]
    tape = tape_of([f(*inputs)], inputs)
    derived = optimised(tape, tape.inputs)
    rows = [f.point] * 3 + [(f.point[0] + 1e-4, f.point[1])] * 20
    whole = results(compile_llvm(derived, 1, False), derived, rows, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "CHUNK_SIZE", body)
        patch.setattr(cutting, "SUMS_PER_CHUNK", sums)
        patch.setattr(frame, "BLOCKS_PER_TILE", tile)
        same = cutting.split(derived) is derived
        pieces = results(compile_llvm(derived, 1, False), derived, rows, [])
    if same:
        np.testing.assert_array_equal(pieces, whole)  # the same operations in the same order, to the last bit


@settings(max_examples=25)
@given(f=expressions(["x", "y"], max_nodes=40), dtype=st.sampled_from(["float64", "float32"]))
def test_a_function_that_is_called_computes_what_it_does_in_place(f, dtype):
    inputs = [Value(x) for x in f.point]
    tape = tape_of([f(*inputs)], inputs)
    derived = optimised(tape, tape.inputs)
    rows = [f.point] * 3 + [(f.point[0] + 1e-4, f.point[1])] * 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "MANY_FUNCTIONS", 1)
        called = compile_llvm(derived, 1, False, dtype)
        several = results(called, derived, rows, [], dtype=dtype)
        one = results(called, derived, rows[:1], [], dtype=dtype)
    in_place = compile_llvm(derived, 1, False, dtype)
    np.testing.assert_array_equal(several, results(in_place, derived, rows, [], dtype=dtype))
    np.testing.assert_array_equal(one, results(in_place, derived, rows[:1], [], dtype=dtype))


def test_equal_numbers_of_two_lines_have_the_functions_of_each():
    """x * 1 and x are two lines with one name in the machine code: each has functions of its own."""
    lines = [Line(None, (), 0.5), Line(None, (), 1.0), Line(PRIMITIVES["pow"], (0, 1))]
    lines += [Line(PRIMITIVES[name], (x,)) for x, name in ((0, "tanh"), (2, "exp"), (0, "sin"), (2, "expm1"))]
    tape = Tape(tuple(lines), 1, 0, (3, 4, 5, 6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "MANY_FUNCTIONS", 1)
        got = results(compile_llvm(tape, 1, False), tape, [[0.5], [1.5]], [])
    rows = [[math.tanh(x), math.exp(x), math.sin(x), math.expm1(x)] for x in (0.5, 1.5)]
    np.testing.assert_allclose(got, rows, rtol=4 * EPS)


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_function_of_many_operands_is_written_once(lanes):
    x = Value(0.5)
    nodes = [x]
    for k in range(functions.MANY_FUNCTIONS):
        nodes.append(tanh(nodes[-1] * nodes[k // 2]) + sin(nodes[-1] - nodes[k // 3]))
    for n, definitions in ((10, 0), (len(nodes) - 1, 2)):
        tape = tape_of([nodes[n]], [x])
        derived = optimised(tape, tape.inputs)
        cut = cutting.schedule(derived, False)
        text = str(write_kernel(frame.Frame(cut, 1, False, lanes, "double")))
        assert len(re.findall("define internal .* @(?:tanh_tanh_slope|sin_cos)[.]", text)) == definitions
        calls = len(re.findall("call .* @(?:tanh_tanh_slope|sin_cos)[.]", text))
        assert definitions * n <= calls <= definitions * (n + len(cut.varying))  # again in another chunk
        assert ("@chunk0" in text, "optnone" in text) == (True, definitions > 0 and lanes == 1)


@pytest.mark.full
def test_a_program_of_thousands_of_operations_has_its_eager_gradient():
    """v = u w + x or its sine, |w| < 1/2, |x| < 1: no node is above 2, no error grows, and so n eps bound them."""
    rng = random.Random(0)
    n = 1500
    x, w = [Value(rng.uniform(-1.0, 1.0)) for _ in range(4)], [Value(rng.uniform(-0.5, 0.5)) for _ in range(40)]
    nodes = [*x]
    for i in range(n):
        node = nodes[-1 - rng.randrange(min(len(nodes), 300))] * w[i % 40] + rng.choice(x)
        nodes.append(sin(node) if i % 10 == 0 else node)
    loss = total(nodes) * (1.0 / n)
    program = Program(loss, x, w, backend="llvm")
    assert len(cutting.schedule(program.passes("parameters")["fuse"], True).varying) > 10
    value, gradient = program.mean_and_grad([[leaf.data for leaf in x]] * 5)
    loss.backward()
    assert abs(value - loss.data) <= 10 * n * EPS
    assert np.abs(gradient - [leaf.grad for leaf in w]).max() <= 10 * n * EPS


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_mean_whose_terms_are_computed_in_several_chunks_has_all_of_them(lanes, monkeypatch):
    monkeypatch.setattr(cutting, "CHUNK_SIZE", 60)
    x, weights = Value(1.0), [Value(float(k)) for k in range(1, 9)]
    tape = tape_of([total([w * sin(float(k) * x) for k, w in enumerate(weights, 1)])], [x], weights)
    assert sum(0 in chunk.outputs for chunk in cutting.schedule(tape, True).varying) > 2
    points = np.linspace(-2.0, 3.0, 19)
    got = results(compile_llvm(tape, 1, True, lanes=lanes), tape, points, np.arange(1.0, 9.0), mean=True)
    expected = sum(k * np.sin(k * points) for k in range(1, 9)).mean()
    np.testing.assert_allclose(got, [expected], rtol=100 * EPS)


def test_a_mean_may_be_delivered_twice():
    x, y = Value(2.0), Value(5.0)
    product = x * y
    tape = tape_of([product, product, x, product + 1.0, x, product], [x, y])
    got = results(compile_llvm(tape, 1, True), tape, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [], mean=True)
    np.testing.assert_allclose(got, [44 / 3, 44 / 3, 3.0, 47 / 3, 3.0, 44 / 3], rtol=2 * EPS)


@pytest.mark.parametrize("exponent", [-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 2.5])
def test_a_power_by_a_constant_and_its_derivatives(exponent):
    x = Value(1.5)
    program = Program(x**exponent, [x], backend="llvm")
    for point in (0.3, 1.0, 7.5):
        value, gradient = program.value_and_grad([point])
        np.testing.assert_allclose(
            [value, *gradient], [point**exponent, exponent * point ** (exponent - 1.0)], rtol=8 * EPS
        )


def test_a_power_by_a_parameter_or_an_input_follows_it():
    x, p = Value(2.0), Value(2.0)
    program = Program(x**p, [x], [p], backend="llvm")
    assert program([3.0], [2.0]) == 9.0
    np.testing.assert_allclose(program([3.0], [0.5]), math.sqrt(3.0), rtol=2 * EPS)
    np.testing.assert_allclose(program.value_and_grad([3.0], [3.0])[1], [27.0], rtol=4 * EPS)


# ---------------------------------------------------------------------------------------- what a call costs


def test_with_out_a_call_allocates_nothing_that_grows_with_the_batch():
    x, w = [Value(0.1), Value(0.2)], Value(0.3)
    program = Program(tanh(dot(x, [w, w]) + sqrt(exp(x[0])) + log(exp(x[1]))), x, [w], backend="llvm")
    points, theta = np.random.default_rng(0).uniform(size=(50_000, 2)), np.array([0.3])
    values, gradient, slopes = np.empty(50_000), np.empty((50_000, 2)), np.empty(1)

    def calls():
        program(points, theta, out=values)
        program.value_and_grad(points, theta, out=(values, gradient))
        program.mean_and_grad(points, theta, out=slopes)

    calls()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        calls()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 5_000  # bytes, of the 400,000 that one row of results has
    assert after - before < 500


def test_ten_thousand_calls_leave_every_reference_count_as_it_was():
    x, w = Value(0.1), Value(0.2)
    program = Program(x * w, [x], [w], backend="llvm")
    points, theta, values = np.ones((1, 1)), np.ones(1), np.empty(1)
    kernel = program._replay(None)._kernel
    arguments = [points, theta, values, points[:0], kernel.run, kernel]

    def counts():
        return [*map(sys.getrefcount, arguments), sys.getrefcount(None)]

    kernel(*arguments[:4])
    before = counts()
    for _ in range(10_000):
        kernel(*arguments[:4])
    after = counts()
    assert after[:-1] == before[:-1]
    assert abs(after[-1] - before[-1]) < 1000  # None has other users


def test_the_machine_code_reads_arrays_where_numpy_has_their_fields():
    """The offsets in `objects` are those of numpy's C interface."""
    array = np.arange(6.0).reshape(2, 3)
    assert ctypes.c_void_p.from_address(id(array) + objects.TYPE).value == id(np.ndarray)
    assert ctypes.c_void_p.from_address(id(array) + objects.DATA).value == array.ctypes.data
    assert ctypes.c_int.from_address(id(array) + objects.RANK).value == 2
    dimensions = ctypes.c_void_p.from_address(id(array) + objects.LENGTHS).value
    assert list((ctypes.c_ssize_t * 2).from_address(dimensions)) == [2, 3]
    steps = ctypes.c_void_p.from_address(id(array) + objects.STEPS).value
    assert list((ctypes.c_ssize_t * 2).from_address(steps)) == [24, 8]
    assert ctypes.c_void_p.from_address(id(array) + objects.DTYPE).value == id(array.dtype)
    array.flags.writeable = False
    assert ctypes.c_int.from_address(id(array) + objects.FLAGS).value & objects.WRITEABLE == objects.READABLE
