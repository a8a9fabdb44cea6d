"""The quick call: machine code that checks its arguments and makes its results itself, or declines.

Whether it declined shows in its result, None. Then the slow call answers: it must give the same results, to the last
bit, and it alone raises errors.
"""

import gc
import pickle
import sys
import tracemalloc

import numpy as np
import pytest

from autodiff import Program, Value, sin
from autodiff.program.recording.data_dependence import Watch

DTYPES = ["float64", "float32"]
ENTRIES = ["outputs", "list of outputs", "gradient", "mean"]


class Entry:
    """One way to call a program of two inputs and two parameters: its quick call, the slow one, and arguments for both.

    Attributes:
        method: the method of the program.
        quick: the quick call, (points, theta, out) -> the result or None.
        slow: the slow call, likewise, never None.
        points: three of them.
        theta: the parameters.
        parameters: the Values that have them.
    """

    def __init__(self, name, dtype="float64"):
        x, y, *self.parameters = Value(1.0), Value(2.0), Value(0.5), Value(-0.25)
        p, q = self.parameters
        out = sin(p * x) + (q - y) ** 2
        outputs = [out, x * p, y] if name == "list of outputs" else out
        program = Program(outputs, [x, y], self.parameters, backend="llvm", dtype=dtype)
        self.name, self.dtype, self.program = name, np.dtype(dtype), program
        self.method = {"gradient": program.value_and_grad, "mean": program.mean_and_grad}.get(name, program)
        self.points = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, 0.25]], dtype)
        self.theta = np.array([0.5, -0.25], dtype)
        self.method(self.points, self.theta)
        wrt = {"gradient": "inputs", "mean": "parameters"}.get(name)
        self.replay = program._replay(wrt)
        self.quick = self.replay.quick

    def slow(self, points, theta, out):
        self.replay.quick = None
        try:
            return self.replay(points, theta, out)
        finally:
            self.replay.quick = self.quick

    def out(self, points):
        """New arrays for the result, as many as the method takes."""
        points = np.asarray(points)
        shape = points.shape[:-1]
        if self.name == "gradient":
            return np.empty(shape, self.dtype), np.empty((*shape, 2), self.dtype)
        return np.empty({"mean": (2,), "list of outputs": (*shape, 3)}.get(self.name, shape), self.dtype)


@pytest.fixture(scope="module", params=ENTRIES)
def entry(request):
    return Entry(request.param)


@pytest.fixture(scope="module", params=[f"{name} in {dtype}" for name in ENTRIES for dtype in DTYPES])
def any_entry(request):
    return Entry(*request.param.split(" in "))


def parts(result):
    """The arrays and numbers of a result, with their types, to the last bit."""
    results = result if isinstance(result, tuple) else (result,)
    return [(type(each), getattr(each, "dtype", None), np.shape(each), np.asarray(each).tobytes()) for each in results]


# ------------------------------------------------------------------------------------------- what it takes


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 16, 100])
def test_the_results_are_those_of_the_slow_call_to_the_last_bit(any_entry, n):
    points = np.random.default_rng(n).uniform(-2.0, 2.0, (n, 2) if n else 2).astype(any_entry.dtype)
    for theta in (any_entry.theta, None):
        result = any_entry.quick(points, theta, None)
        assert result is not None
        assert parts(result) == parts(any_entry.slow(points, theta, None)) == parts(any_entry.method(points, theta))


@pytest.mark.parametrize("n", [0, 1, 3, 8, 9])
def test_the_results_land_in_out(any_entry, n):
    points = np.random.default_rng(n).uniform(-2.0, 2.0, (n, 2) if n else 2).astype(any_entry.dtype)
    out = any_entry.out(points)
    result = any_entry.quick(points, any_entry.theta, out)
    assert parts(result) == parts(any_entry.slow(points, any_entry.theta, None))
    outs = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for array, each in zip(outs[::-1], results[::-1], strict=False):  # the mean has no array
        assert each is array if array.ndim else each == float(array)


def test_one_of_two_outs_may_be_none():
    entry = Entry("gradient")
    values, gradient = entry.out(entry.points)
    expected = parts(entry.slow(entry.points, entry.theta, None))
    for out in ((values, None), (None, gradient), (None, None)):
        result = entry.quick(entry.points, entry.theta, out)
        assert parts(result) == expected
        for array, each in zip(out, result, strict=True):
            assert array is None or each is array


def test_results_without_out_are_new_arrays_that_own_their_memory():
    entry = Entry("gradient")
    results = [*entry.quick(entry.points, entry.theta, None), *entry.quick(entry.points, entry.theta, None)]
    for array in results:
        assert type(array) is np.ndarray
        assert array.flags.owndata
        assert array.flags.carray
    assert len({array.ctypes.data for array in results}) == 4


def test_the_methods_take_the_quick_call_with_and_without_theta_and_out(entry, monkeypatch):
    attribute = {"gradient": "_quick_gradient", "mean": "_quick_mean"}.get(entry.name, "_quick_outputs")
    calls = []
    monkeypatch.setattr(entry.program, attribute, lambda *args: calls.append(entry.quick(*args)) or calls[-1])
    out = entry.out(entry.points)
    for points in (entry.points, entry.points[0]):
        entry.method(points)
        entry.method(points, entry.theta)
    entry.method(entry.points, entry.theta, out=out)
    entry.method(entry.points, out=out)
    assert len(calls) == 6
    assert all(result is not None for result in calls)


def test_read_only_points_and_parameters_are_read(entry):
    points, theta = entry.points.copy(), entry.theta.copy()
    points.flags.writeable = theta.flags.writeable = False
    assert entry.quick(points, theta, None) is not None


def test_out_may_lie_beside_the_arguments_in_one_array(entry):
    memory = np.ones(40)
    points, theta = memory[:6].reshape(3, 2), memory[6:8]
    at = 8
    outs = []
    out = entry.out(points)
    for like in out if isinstance(out, tuple) else (out,):
        outs.append(memory[at : at + like.size].reshape(like.shape))
        at += like.size
    assert entry.quick(points, theta, tuple(outs) if len(outs) == 2 else outs[0]) is not None


def test_a_program_may_have_no_inputs_or_no_parameters():
    x = Value(3.0)
    of_parameters = Program(x * x, [], [x], backend="llvm")
    of_parameters([]), of_parameters.mean_and_grad([])
    assert of_parameters._quick_outputs(np.empty(0), None, None) == 9.0
    assert of_parameters._quick_outputs(np.empty((2, 0)), np.array([4.0]), None).tolist() == [16.0, 16.0]
    mean, gradient = of_parameters._quick_mean(np.empty((2, 0)), None, None)
    assert (mean, gradient.tolist()) == (9.0, [6.0])
    of_inputs = Program(x * x, [x], backend="llvm")
    of_inputs([1.0])
    assert of_inputs._quick_outputs(np.array([2.0]), None, None) == 4.0
    assert of_inputs._quick_outputs(np.array([2.0]), np.empty(0), None) == 4.0


def test_programs_that_share_the_machine_code_of_the_call_keep_their_own_shapes_and_numbers():
    programs = []
    for n in (1, 2, 3):
        x, w = [Value(1.0) for _ in range(n)], [Value(10.0 * n + k) for k in range(n)]
        programs.append(Program(sum(a * b for a, b in zip(x, w, strict=True)), x, w, backend="llvm"))
        programs[-1](np.ones(n)), programs[-1].mean_and_grad(np.ones(n))
    for n, program in enumerate(programs, 1):
        point, expected = np.arange(1.0, n + 1), sum((10.0 * n + k) * (k + 1) for k in range(n))
        assert program._quick_outputs(point, None, None) == expected
        mean, gradient = program._quick_mean(point, None, None)
        assert (mean, gradient.tolist()) == (expected, point.tolist())
        assert program._quick_outputs(np.ones(n + 1), None, None) is None
        assert program._quick_outputs(point, np.ones(n + 1), None) is None


# ------------------------------------------------------------------------------------------- parameters' data


def test_without_theta_the_parameters_are_read_anew_in_every_call(entry):
    p, q = entry.parameters
    try:
        for numbers in ((2.0, 3.0), (-0.0, 1e300), (1, np.float64(0.5)), (float("inf"), 5e-324)):
            p.data, q.data = numbers
            theta = np.array(numbers, float)
            assert parts(entry.quick(entry.points, None, None)) == parts(entry.quick(entry.points, theta, None))
    finally:
        p.data, q.data = 0.5, -0.25


def test_parameters_that_are_too_large_for_single_precision_are_left_to_numpy_which_warns():
    entry = Entry("outputs", "float32")
    entry.parameters[1].data = 1e300
    assert entry.quick(entry.points, None, None) is None
    with pytest.warns(RuntimeWarning, match="overflow encountered in cast"):
        assert np.isinf(entry.method(entry.points)).all()
    entry.parameters[1].data = 1e-300
    assert parts(entry.quick(entry.points, None, None)) == parts(entry.slow(entry.points, None, None))


def test_reading_the_parameters_is_observed(entry):
    with Watch([], entry.parameters) as watch:
        assert entry.quick(entry.points, None, None) is None
        entry.method(entry.points)
    assert watch.seen
    with Watch([], entry.parameters) as watch:
        entry.method(entry.points, entry.theta)
    assert not watch.seen


def test_parameters_live_as_long_as_the_quick_call():
    entry = Entry("outputs")
    quick, points = entry.quick, entry.points
    expected = parts(quick(points, None, None))
    del entry
    assert parts(quick(points, None, None)) == expected


# ------------------------------------------------------------------------------------------- what it declines


def misaligned(array):
    """The same numbers at an odd address, writeable."""
    return np.frombuffer(bytearray(b"?" + array.tobytes()), array.dtype, offset=1).reshape(array.shape)


POINTS = {
    "a list": lambda points: points.tolist(),
    "a tuple": lambda points: tuple(points[0].tolist()),
    "a number": lambda points: 1.0,
    "None": lambda points: None,
    "a Value": lambda points: Value(1.0),
    "an empty batch": lambda points: points[:0],
    "points too wide": lambda points: np.ones((3, 3)),
    "a point too wide": lambda points: np.ones(3),
    "a point too narrow": lambda points: np.ones(1),
    "no axis": lambda points: np.array(1.0),
    "three axes": lambda points: points.reshape(1, 3, 2),
    "single precision": lambda points: points.astype("f4"),
    "integers": lambda points: points.astype(int),
    "booleans": lambda points: points.astype(bool),
    "big-endian": lambda points: points.astype(">f8"),
    "objects": lambda points: points.astype(object),
    "Fortran order": lambda points: np.asfortranarray(points),
    "gaps": lambda points: np.ones((6, 2))[::2],
    "gaps in a point": lambda points: np.ones(4)[::2],
    "misaligned": misaligned,
    "a subclass": lambda points: points.view(np.recarray),
    "a masked array": lambda points: np.ma.array(points),
    "a memoryview": lambda points: memoryview(points),
}
THETA = {
    "a list": lambda theta: theta.tolist(),
    "a number": lambda theta: 1.0,
    "Values": lambda theta: [Value(1.0), Value(2.0)],
    "too short": lambda theta: theta[:1],
    "too long": lambda theta: np.ones(3),
    "a row": lambda theta: theta.reshape(1, 2),
    "no axis": lambda theta: np.array(1.0),
    "single precision": lambda theta: theta.astype("f4"),
    "integers": lambda theta: theta.astype(int),
    "big-endian": lambda theta: theta.astype(">f8"),
    "gaps": lambda theta: np.ones((2, 2))[:, 0],
    "misaligned": misaligned,
    "a subclass": lambda theta: theta.view(np.recarray),
}
OUT = {
    "a list": lambda out: out.tolist(),
    "a number": lambda out: 1.0,
    "too short": lambda out: out[:1],
    "too long": lambda out: np.empty((len(out) + 1, *out.shape[1:])),
    "one axis more": lambda out: out[np.newaxis],
    "no axis": lambda out: np.empty(()),
    "single precision": lambda out: out.astype("f4"),
    "integers": lambda out: out.astype(int),
    "big-endian": lambda out: out.astype(">f8"),
    "gaps": lambda out: np.repeat(out, 2, axis=0)[::2],
    "misaligned": misaligned,
    "read-only": lambda out: np.frombuffer(bytes(out.nbytes)).reshape(out.shape),
    "a subclass": lambda out: out.view(np.recarray),
}


def same_answer(entry, points, theta, out):
    """Whether the method says what the slow call says: the same result, or the same error."""
    answers = []
    for call in (entry.slow, lambda points, theta, out: entry.method(points, theta, out=out)):
        try:
            answers.append(parts(call(points, theta, out)))
        except (TypeError, ValueError) as error:
            answers.append((type(error), str(error)))
    return answers[0] == answers[1]


@pytest.mark.parametrize("change", POINTS.values(), ids=POINTS)
def test_points_that_are_not_simple_are_left_to_the_slow_call(entry, change):
    points = change(entry.points)
    assert entry.quick(points, entry.theta, None) is None
    assert entry.quick(points, None, None) is None
    assert same_answer(entry, points, entry.theta, None)


@pytest.mark.parametrize("change", THETA.values(), ids=THETA)
def test_parameters_that_are_not_simple_are_left_to_the_slow_call(entry, change):
    theta = change(entry.theta)
    assert entry.quick(entry.points, theta, None) is None
    assert same_answer(entry, entry.points, theta, None)


@pytest.mark.parametrize("change", OUT.values(), ids=OUT)
def test_out_that_is_not_simple_is_left_to_the_slow_call(entry, change):
    right = entry.out(entry.points)
    outs = right if isinstance(right, tuple) else (right,)
    for k, array in enumerate(outs):
        wrong = [*outs[:k], change(array), *outs[k + 1 :]]
        out = tuple(wrong) if len(wrong) == 2 else wrong[0]
        assert entry.quick(entry.points, entry.theta, out) is None
        assert same_answer(entry, entry.points, entry.theta, out)


def test_out_of_a_single_point_has_no_axis():
    entry = Entry("outputs")
    assert entry.quick(entry.points[0], entry.theta, np.empty(1)) is None
    assert entry.quick(entry.points, entry.theta, np.empty(())) is None


@pytest.mark.parametrize(
    "change",
    {
        "an array": lambda values, gradient: values,
        "a list": lambda values, gradient: [values, gradient],
        "one": lambda values, gradient: (values,),
        "three": lambda values, gradient: (values, gradient, None),
        "a subclass of tuple": lambda values, gradient: type("Pair", (tuple,), {})((values, gradient)),
        "the wrong way round": lambda values, gradient: (gradient, values),
        "a number": lambda values, gradient: 0.5,
    }.values(),
)
def test_out_of_two_results_is_a_tuple_of_two(change):
    entry = Entry("gradient")
    out = change(*entry.out(entry.points))
    assert entry.quick(entry.points, entry.theta, out) is None
    assert same_answer(entry, entry.points, entry.theta, out)


def test_out_that_shares_memory_with_an_argument_is_left_to_the_slow_call(entry, refuses):
    memory = np.ones(64)
    right = entry.out(entry.points)
    outs = right if isinstance(right, tuple) else (right,)
    for k, array in enumerate(outs):
        shared = memory[8 : 8 + array.size].reshape(array.shape)
        wrong = [*outs[:k], shared, *outs[k + 1 :]]
        out = tuple(wrong) if len(wrong) == 2 else wrong[0]
        name = f"out[{k}]" if len(wrong) == 2 else "out"
        text = f"Program: expected {name} to be an array of its own, got one that shares memory with an argument"
        end = 8 + array.size
        for start in (8, 3, end - 1):  # at the same place, and where only one number is shared
            for points, theta in (
                (memory[start : start + 6].reshape(3, 2), entry.theta),
                (entry.points, memory[7:9] if start < 8 else memory[start : start + 2]),
            ):
                assert entry.quick(points, theta, out) is None
                with refuses(ValueError, text):
                    entry.method(points, theta, out=out)
    assert (memory == 1.0).all()


def test_two_outs_that_share_memory_are_left_to_the_slow_call(refuses):
    entry = Entry("gradient")
    memory = np.ones(16)
    for start in (0, 2, 8):
        out = memory[start : start + 3], memory[2:8].reshape(3, 2)
        if start == 8:
            assert entry.quick(entry.points, entry.theta, out) is not None
            continue
        assert entry.quick(entry.points, entry.theta, out) is None
        with refuses(ValueError, "Program: expected out to be two arrays of their own, got two that share memory"):
            entry.method(entry.points, entry.theta, out=out)


def test_a_large_batch_is_left_to_the_slow_call_which_lets_other_threads_run(entry):
    points = np.ones((50_000, 2))
    assert entry.quick(points, entry.theta, None) is None
    assert same_answer(entry, points, entry.theta, None)


@pytest.mark.parametrize("arguments", [(), (None,), (None, None), (None,) * 4])
def test_it_has_three_arguments(entry, arguments):
    assert entry.quick(*arguments) is None


def test_what_is_declined_leaves_out_alone(entry):
    out = entry.out(entry.points)
    for array in out if isinstance(out, tuple) else (out,):
        array[...] = 7.0
    assert entry.quick(entry.points.tolist(), entry.theta, out) is None
    assert entry.quick(entry.points, entry.theta.tolist(), out) is None
    assert all((array == 7.0).all() for array in (out if isinstance(out, tuple) else (out,)))


# ------------------------------------------------------------------------------------------- when there is none


def test_lists_become_arrays_once_and_take_the_quick_call_then(entry):
    calls = []
    entry.replay.quick = lambda *args: calls.append(args) or entry.quick(*args)
    try:
        result = entry.method(entry.points.tolist(), entry.theta.tolist())
    finally:
        entry.replay.quick = entry.quick
    assert len(calls) == 1
    assert parts(result) == parts(entry.quick(entry.points, entry.theta, None))


@pytest.mark.parametrize("options", [{"backend": "python"}, {"backend": "arrays"}, {"backend": "llvm", "check": True}])
def test_other_backends_and_checked_programs_have_none(options):
    x, w = Value(1.0), Value(3.0)
    program = Program((w * x - 1.0) ** 2, [x], [w], **options)
    program([1.0]), program.value_and_grad([1.0]), program.mean_and_grad([1.0])
    assert program._quick_outputs is program._quick_gradient is program._quick_mean is None


def test_a_program_that_computes_for_long_at_one_point_has_none(monkeypatch):
    x = Value(0.5)
    for operations, has_one in ((25 * 64, True), (24, False)):  # a sine counts as 25, in each lane
        monkeypatch.setattr("autodiff.program.llvm.kernel.QUICK_OPERATIONS", operations)
        program = Program(sin(x), [x], backend="llvm")
        assert program([0.0]) == 0.0
        assert (program._quick_outputs is not None) == has_one


def test_a_pickled_program_has_its_own(entry):
    again = pickle.loads(pickle.dumps(entry.program))
    assert again._quick_outputs is again._quick_gradient is again._quick_mean is None
    assert parts(again([1.0, 2.0])) == parts(entry.program([1.0, 2.0]))


# ------------------------------------------------------------------------------------------- memory


@pytest.mark.parametrize("is_batch", [False, True])
def test_it_does_not_leak(any_entry, is_batch):
    points = any_entry.points if is_batch else any_entry.points[0]
    out = any_entry.out(points)
    outs = out if isinstance(out, tuple) else (out,)
    quick, theta, dtype = any_entry.quick, any_entry.theta, any_entry.dtype
    counted = [points, theta, dtype, None, *outs, *any_entry.parameters]
    tracemalloc.start()
    try:
        for _repeat in range(2):
            before = tracemalloc.get_traced_memory()[0]
            references = [sys.getrefcount(each) for each in counted]
            for _ in range(5_000):
                quick(points, theta, None)
                quick(points, None, None)
                quick(points, theta, out)
                quick(points, theta, 0.5)
                quick(points, None, points)
                quick(None, None, None)
            grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 10_000
    changes = [sys.getrefcount(each) - count for each, count in zip(counted, references, strict=True)]
    assert all(abs(change) < 20 for change in changes)


def test_without_python_s_lock_two_threads_could_meet_in_the_memory_of_a_quick_call(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert Entry("outputs").quick is None
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True)
    assert Entry("outputs").quick is not None


# ------------------------------------------------------------------------------------------- prepared for its arrays


@pytest.mark.parametrize("n", [1, 3, 8, 100])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_prepared_call_computes_what_its_arrays_have_now(n, dtype):
    entry, rng = Entry("mean", dtype), np.random.default_rng(n)
    points, out = rng.uniform(-2.0, 2.0, (n, 2)).astype(dtype), np.empty(2, dtype)
    call = entry.program.prepared(points, entry.theta, out=out)
    for _ in range(3):
        expected = parts(entry.method(points, entry.theta))
        out[:] = np.nan
        assert parts((call(), out)) == expected
        points += 1.0
        entry.theta -= 0.25


@pytest.mark.parametrize("backend", ["llvm", "arrays", "python"])
def test_a_call_is_prepared_for_what_no_quick_call_takes_too(backend):
    x, w = Value(1.0), Value(2.0)
    program, out = Program(sin(x * w), [x], [w], backend=backend), np.empty(1)
    points, theta = [[0.5], [1.5]], [3.0]
    call = program.prepared(points, theta, out=out)
    points[0][0] = theta[0] = -1.0
    expected, slope = program.mean_and_grad(points, theta)
    assert (call(), out.tolist()) == (expected, slope.tolist())
    now = program.prepared(points, None, out=out)
    w.data = 4.0
    assert now() == program.mean_and_grad(points)[0]


def test_a_prepared_call_checks_its_arrays_once_and_takes_no_argument(refuses):
    entry = Entry("mean")
    with refuses(ValueError, "Program: expected theta of shape (2,), got (3,)"):
        entry.program.prepared(entry.points, np.zeros(3), out=np.empty(2))
    call = entry.program.prepared(entry.points, entry.theta, out=np.empty(2))
    with pytest.raises(TypeError, match="takes no arguments"):
        call(entry.points)


def test_a_prepared_call_outlives_its_program_and_keeps_its_arrays():
    entry = Entry("mean")
    expected = entry.method(entry.points, entry.theta)[0]
    call = entry.program.prepared(entry.points.copy(), entry.theta.copy(), out=np.empty(2))
    del entry
    gc.collect()
    assert call() == expected
