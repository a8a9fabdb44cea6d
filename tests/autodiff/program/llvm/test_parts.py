"""Long batches are computed in parts, and are the same to the last bit for any number of threads."""

import ctypes
import math
import multiprocessing
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from autodiff import Program, Value
from autodiff.program.choose import n_threads
from autodiff.program.llvm import kernel as kernels
from autodiff.program.llvm import threads
from autodiff.program.llvm.closure import ALIGNMENT, BATCH, SINGLE
from autodiff.program.llvm.kernel import PART, PART_OPERATIONS, LlvmKernel
from autodiff.program.llvm.threads import MIN_LENGTH
from autodiff.program.pool import Pool
from nn import MLP, losses


class Recorded:
    """Machine code, in Python, for the mean of x and of theta * x; it says what it was called for."""

    def __init__(self, wait_for=1):
        self.lengths, self.threads, self.memories = [], set(), set()
        self.barrier = threading.Barrier(wait_for)
        self.code = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 6)(self)

    def kernel(self, operations=PART_OPERATIONS, n=1):
        kernel = LlvmKernel({SINGLE: None, BATCH: None}, 1, operations, True, "float64", (), (), "")
        kernel.addresses[:] = ctypes.cast(self.code, ctypes.c_void_p).value
        kernel.threads, kernel.size = n, 100
        return kernel

    def __call__(self, points, theta, values, gradient, memory, n_points):
        if threading.get_ident() not in self.threads:
            self.barrier.wait(10)
        self.threads.add(threading.get_ident())
        self.memories.add(memory)
        self.lengths.append(n_points)
        points, theta, values, gradient = [
            np.frombuffer((ctypes.c_double * n).from_address(address))
            for address, n in ((points, n_points), (theta, 2), (values, 1), (gradient, 2))
        ]
        values[0] = points.mean()
        gradient[:] = theta * points.mean()


def network(**options):
    model = MLP(6, [20, 4], activation="tanh", rng=random.Random(0))
    inputs, targets = [Value(0.1) for _ in range(6)], [Value(0.2) for _ in range(4)]
    loss = losses.squared_error(model(inputs), targets)
    return Program(loss, [*inputs, *targets], model.parameters(), backend="llvm", **options)


@pytest.fixture(scope="module")
def programs():
    return {n: network(threads=n) for n in (1, 2, 3, 4, 5, None)}


@pytest.fixture(scope="module")
def length(programs):
    """Of a part of the loss with its gradient by the parameters."""
    programs[1].mean_and_grad(np.zeros((2, 10)))
    return programs[1]._replays["parameters"]._kernel.length


@pytest.mark.parametrize("n_parts", [1, 2, 4, 7])
@pytest.mark.parametrize("rest", [-1, 0, 1, MIN_LENGTH - 1, MIN_LENGTH, MIN_LENGTH + 1])
def test_every_number_of_threads_gives_the_same_bits(n_parts, rest, programs, length):
    points = np.random.default_rng(rest + 1).uniform(-1.0, 1.0, (n_parts * length + rest, 10))
    value, gradient = programs[1].mean_and_grad(points)
    values, gradients = programs[1].value_and_grad(points)
    for program in programs.values():
        again, of_parameters = program.mean_and_grad(points)
        assert (again, of_parameters.tobytes()) == (value, gradient.tobytes())
        at_points, of_inputs = program.value_and_grad(points)
        assert at_points.tobytes() == values.tobytes() == program(points).tobytes()
        assert of_inputs.tobytes() == gradients.tobytes()


def test_float32_has_the_same_bits_too(length):
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (5 * length + 77, 10)).astype("float32")
    value, gradient = network(threads=1, dtype="float32").mean_and_grad(points)
    again, of_parameters = network(threads=3, dtype="float32").mean_and_grad(points)
    assert (again, of_parameters.tobytes(), gradient.dtype) == (value, gradient.tobytes(), np.float32)


def test_a_long_batch_is_the_mean_of_its_points(programs, length):
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (2 * length + 100, 10))
    value, gradient = programs[2].mean_and_grad(points)
    assert value == pytest.approx(programs[2](points).mean(), rel=1e-13)
    slopes = np.array([programs[1].mean_and_grad(point)[1] for point in points])
    expected = np.array([math.fsum(column) for column in slopes.T]) / len(points)
    bound = length * sys.float_info.epsilon * np.abs(slopes).mean(axis=0)  # a part adds so many numbers, in any order
    assert (np.abs(gradient - expected) <= bound).all()


def test_the_parts_have_a_fixed_length_and_are_computed_at_the_same_time():
    recorded = Recorded(wait_for=3)  # no thread goes on before three have begun
    points = np.arange(4.0 * PART + MIN_LENGTH).reshape(-1, 1)
    value, gradient = np.empty(()), np.empty(2)
    recorded.kernel(n=3)(points, np.array([1.0, 2.0]), value, gradient)
    assert sorted(recorded.lengths) == [MIN_LENGTH, *[PART] * 4]
    assert len(recorded.threads) == len(recorded.memories) == 3
    assert {memory % ALIGNMENT for memory in recorded.memories} == {0}
    assert value == pytest.approx(points.mean(), rel=1e-15)
    assert gradient == pytest.approx(points.mean() * np.array([1.0, 2.0]), rel=1e-15)


def test_the_parts_of_a_small_program_are_longer():
    recorded = Recorded()
    kernel = recorded.kernel(PART_OPERATIONS // (8 * PART) + 1)
    kernel(np.ones((9 * PART, 1)), np.ones(2), np.empty(()), np.empty(2))
    assert recorded.lengths == [8 * PART, PART]


@pytest.mark.parametrize("rest", [1, 7, MIN_LENGTH - 1])
def test_a_short_rest_belongs_to_the_part_before_it(rest):
    recorded = Recorded()
    points = np.arange(2.0 * PART + rest).reshape(-1, 1)
    value, gradient = np.empty(()), np.empty(2)
    recorded.kernel()(points, np.ones(2), value, gradient)
    assert recorded.lengths == [PART, PART + rest]
    assert value == pytest.approx(points.mean(), rel=1e-15)
    recorded.kernel()(points[: PART + rest], np.ones(2), value, gradient)
    recorded.kernel()(points[:rest], np.ones(2), value, gradient)
    assert recorded.lengths[2:] == [PART + rest, rest]
    assert value == pytest.approx(points[:rest].mean(), rel=1e-15)


def test_a_thread_that_comes_late_is_not_waited_for(monkeypatch):
    """A helper whose thread never starts."""
    helpers = []

    class Never:
        def __init__(self, target, **options):
            helpers.append(target.__self__)

        def start(self):
            """It comes too late."""

    monkeypatch.setattr(threads.threading, "Thread", Never)
    monkeypatch.setattr(kernels, "_HELPERS", Pool(lambda process: threads.start_helper()))
    recorded = Recorded()
    kernel = recorded.kernel(n=2)
    for _ in range(3):
        kernel(np.ones((2 * PART, 1)), np.ones(2), np.empty(()), np.empty(2))
    assert recorded.lengths == [PART] * 6
    assert recorded.threads == {threading.get_ident()}
    assert len(helpers) == 1  # two parts: one for the thread that calls


@pytest.mark.parametrize("rest", [1, 7])
def test_the_code_for_few_points_computes_no_part_of_a_batch(rest, length):
    """It adds in another order: a call with few points beforehand would change the last bits."""
    points = np.random.default_rng(rest).uniform(-1.0, 1.0, (length + rest, 10))
    value, gradient = network(threads=2).mean_and_grad(points)
    for n in (1, 7):
        called_before = network(threads=2)
        called_before.mean_and_grad(points[:n])
        again, of_parameters = called_before.mean_and_grad(points)
        assert (again, of_parameters.tolist()) == (value, gradient.tolist())


def test_threads_that_call_at_the_same_time_have_helpers_of_their_own(programs, length):
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (4 * length, 10))
    expected, results = programs[1].mean_and_grad(points)[0], []
    callers = [
        threading.Thread(target=lambda: results.extend([programs[3].mean_and_grad(points)[0] for _ in range(20)]))
        for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == [expected] * 80


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers that send signals")
def test_an_interrupt_waits_for_all_threads_and_spoils_no_later_call(programs, length):
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (4 * length, 10))
    value, gradient = programs[2].mean_and_grad(points)
    out, n_interrupts, n_before = np.empty_like(gradient), 0, threading.active_count()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for k in range(40):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + 1e-5 * k)
                while True:
                    programs[2].mean_and_grad(points, out=out)
            except KeyboardInterrupt:
                n_interrupts += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert n_interrupts == 40
    assert threading.active_count() <= n_before + 8  # an interrupt just before a call may lose one
    again, of_parameters = programs[2].mean_and_grad(points, out=out)
    assert (again, of_parameters.tobytes()) == (value, gradient.tobytes())


LEFT = """
import sys, time
import numpy as np
from autodiff import Value, sin
from autodiff.program import Program

x, w = Value(0.5), Value(0.5)
program = Program(sin(x * w) ** 2, [x], [w], backend="llvm", threads=3)
program.mean_and_grad(np.ones((1_000_000, 1)))
time.sleep(float(sys.argv[1]))
"""


@pytest.mark.parametrize("seconds", [0.0, 0.1])
def test_python_ends_while_helpers_wait(seconds, root):
    """Awake, right behind a call, or asleep."""
    command = [sys.executable, "-X", "faulthandler", "-c", LEFT, str(seconds)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the states of threads from Linux")
def test_a_helper_without_a_job_sleeps(programs, length):
    programs[2].mean_and_grad(np.zeros((2 * length, 10)))
    helpers = [thread for thread in threading.enumerate() if thread.name == "Program"]
    assert helpers
    for helper in helpers:
        task = Path(f"/proc/self/task/{helper.native_id}/stat")
        for _ in range(1000):
            if task.read_text().rpartition(")")[2].split()[0] == "S":
                break
            time.sleep(0.01)
        else:
            raise AssertionError("a helper is awake")


def _in_child(program, points, queue):
    queue.put((program.mean_and_grad(points)[0], sum(thread.name == "Program" for thread in threading.enumerate())))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks by default")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(length):
    program, points = network(threads=2), np.random.default_rng(0).uniform(-1.0, 1.0, (3 * length, 10))
    expected = program.mean_and_grad(points)[0]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(program, points, queue))
    child.start()
    assert queue.get(timeout=60) == (expected, 1)
    child.join(60)


def test_threads_are_kept_in_a_pickle(programs, length):
    copy = pickle.loads(pickle.dumps(programs[3]))
    assert copy._threads == 3
    points = np.ones((2 * length, 10))
    assert copy.mean_and_grad(points)[0] == programs[3].mean_and_grad(points)[0]


def test_none_is_a_thread_for_each_processor_that_the_process_may_use():
    assert 1 <= n_threads(None) <= multiprocessing.cpu_count()
    assert n_threads(5) == 5


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_threads_are_a_positive_int(n):
    x = Value(1.0)
    message = f"Program: expected threads to be a positive int or None, got {n!r}"
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        Program(x * x, [x], threads=n)
