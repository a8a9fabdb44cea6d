"""Long batches are computed in parts, and are the same to the last bit for any number of threads."""

import multiprocessing
import pickle
import random
import sys
import threading

import numpy as np
import pytest

from autodiff import Program, Value
from autodiff.program import parts
from autodiff.program.parts import LENGTH, MIN_LENGTH, OPERATIONS, Helper, InParts, Share, n_threads
from autodiff.program.pool import Pool
from nn import MLP, losses

BATCHES = [LENGTH - 1, LENGTH, LENGTH + 1, 4 * LENGTH, 5 * LENGTH + 77]


class Recorded:
    """A kernel of the mean of x and of theta * x that says which parts it was asked for, and by which thread."""

    quick, form = None, ""

    def __init__(self, wait_for=1):
        self.lengths, self.threads = [], set()
        self.barrier = threading.Barrier(wait_for)

    def __call__(self, points, theta, values, gradient):
        if not self.threads & {threading.get_ident()}:
            self.barrier.wait(10)
        self.threads.add(threading.get_ident())
        self.lengths.append(len(points))
        values[...] = points.mean()
        gradient[...] = theta * points.mean()


def network(**options):
    model = MLP(6, [20, 4], activation="tanh", rng=random.Random(0))
    inputs, targets = [Value(0.1) for _ in range(6)], [Value(0.2) for _ in range(4)]
    loss = losses.squared_error(model(inputs), targets)
    return Program(loss, [*inputs, *targets], model.parameters(), backend="llvm", **options)


@pytest.fixture(scope="module")
def programs():
    return {threads: network(threads=threads) for threads in (1, 2, 3, None)}


@pytest.mark.parametrize("batch", BATCHES)
def test_every_number_of_threads_gives_the_same_bits(batch, programs):
    points = np.random.default_rng(batch).uniform(-1.0, 1.0, (batch, 10))
    value, gradient = programs[1].mean_and_grad(points)
    values, gradients = programs[1].value_and_grad(points)
    for program in programs.values():
        again, of_parameters = program.mean_and_grad(points)
        assert (again, of_parameters.tolist()) == (value, gradient.tolist())
        at_points, of_inputs = program.value_and_grad(points)
        assert at_points.tolist() == values.tolist() == program(points).tolist()
        assert of_inputs.tolist() == gradients.tolist()


def test_a_long_batch_is_the_mean_of_its_points(programs):
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (2 * LENGTH + 5, 10))
    value, gradient = programs[2].mean_and_grad(points)
    expected = programs[1].value_and_grad(points)[0].mean()
    assert value == pytest.approx(expected, rel=1e-13)
    one_by_one = [programs[2].mean_and_grad(points[k : k + 5])[1] for k in range(0, len(points) - 4, 5)]
    rest = len(points) % 5
    total = 5 * np.sum(one_by_one, axis=0)
    if rest:
        total += rest * programs[2].mean_and_grad(points[-rest:])[1]
    assert gradient == pytest.approx(total / len(points), rel=1e-11, abs=1e-15)


def test_the_parts_have_a_fixed_length_and_are_computed_at_the_same_time():
    kernel = Recorded(wait_for=3)  # no thread goes on before three have begun
    points = np.arange(4.0 * LENGTH + MIN_LENGTH).reshape(-1, 1)
    value, gradient = np.empty(()), np.empty(2)
    InParts(kernel, True, OPERATIONS, 3)(points, np.array([1.0, 2.0]), value, gradient)
    assert sorted(kernel.lengths) == [MIN_LENGTH, *[LENGTH] * 4]
    assert len(kernel.threads) == 3
    assert value == pytest.approx(points.mean(), rel=1e-15)
    assert gradient == pytest.approx(points.mean() * np.array([1.0, 2.0]), rel=1e-15)


def test_the_parts_of_a_small_program_are_longer():
    kernel = Recorded()
    InParts(kernel, True, OPERATIONS // (8 * LENGTH) + 1, 1)(np.ones((9 * LENGTH, 1)), 1.0, np.empty(()), np.empty(1))
    assert kernel.lengths == [8 * LENGTH, LENGTH]


@pytest.mark.parametrize("rest", [1, 7, MIN_LENGTH - 1])
def test_a_short_rest_belongs_to_the_part_before_it(rest):
    kernel = Recorded()
    points = np.arange(2.0 * LENGTH + rest).reshape(-1, 1)
    value, gradient = np.empty(()), np.empty(1)
    InParts(kernel, True, OPERATIONS, 1)(points, np.array([2.0]), value, gradient)
    assert kernel.lengths == [LENGTH, LENGTH + rest]
    assert value == pytest.approx(points.mean(), rel=1e-15)
    InParts(kernel, True, OPERATIONS, 1)(points[: LENGTH + rest], np.array([2.0]), value, gradient)
    assert kernel.lengths[2:] == [LENGTH + rest]


def test_a_thread_that_comes_late_is_not_waited_for():
    late, has_waited, begun = threading.Event(), [], []

    class Late(Helper):
        def start(self, share, pooled):
            begun.append(share)
            super().start(Share(lambda: (has_waited.append(late.wait(10)), share.do())), pooled)

    pool, taken = parts._HELPERS, Pool(lambda process: Late())
    try:
        parts._HELPERS = taken
        InParts(Recorded(), True, OPERATIONS, 2)(np.ones((2 * LENGTH, 1)), 1.0, np.empty(()), np.empty(1))
        assert not has_waited
        assert len(begun) == 1  # two parts: one for the thread that calls
    finally:
        late.set()
        parts._HELPERS = pool


@pytest.mark.parametrize("rest", [1, 7])
def test_the_code_for_few_points_computes_no_part_of_a_batch(rest):
    """It adds in another order: a call with few points beforehand would change the last bits."""
    program = network(threads=2)
    program.mean_and_grad(np.zeros((2, 10)))
    length = program._replays["parameters"]._kernel.length
    points = np.random.default_rng(rest).uniform(-1.0, 1.0, (length + rest, 10))
    value, gradient = program.mean_and_grad(points)
    for n in (1, 7):
        called_before = network(threads=2)
        called_before.mean_and_grad(points[:n])
        again, of_parameters = called_before.mean_and_grad(points)
        assert (again, of_parameters.tolist()) == (value, gradient.tolist())


def test_an_error_in_a_part_is_the_callers():
    class Failing(Recorded):
        def __call__(self, points, theta, values, gradient):
            if points[0, 0] == 2 * LENGTH:
                raise ZeroDivisionError
            super().__call__(points, theta, values, gradient)

    for threads in (1, 2):
        in_parts = InParts(Failing(), True, OPERATIONS, threads)
        with pytest.raises(ZeroDivisionError):
            in_parts(np.arange(4.0 * LENGTH).reshape(-1, 1), 1.0, np.empty(()), np.empty(1))


def _in_child(program, points, queue):
    queue.put(program.mean_and_grad(points)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks by default")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    program, points = network(threads=2), np.random.default_rng(0).uniform(-1.0, 1.0, (3 * LENGTH, 10))
    expected = program.mean_and_grad(points)[0]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(program, points, queue))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join(60)


def test_threads_are_kept_in_a_pickle(programs):
    copy = pickle.loads(pickle.dumps(programs[3]))
    assert copy._threads == 3
    points = np.ones((2 * LENGTH, 10))
    assert copy.mean_and_grad(points)[0] == programs[3].mean_and_grad(points)[0]


def test_none_is_a_thread_for_each_processor_that_the_process_may_use():
    assert 1 <= n_threads(None) <= multiprocessing.cpu_count()
    assert n_threads(5) == 5


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_threads_are_a_positive_int(threads):
    x = Value(1.0)
    message = f"Program: expected threads to be a positive int or None, got {threads!r}"
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        Program(x * x, [x], threads=threads)
