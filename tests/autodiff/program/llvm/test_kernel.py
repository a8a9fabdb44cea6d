"""The kernel for batches and the one for single points: which is compiled when, and that their results are the same."""

import random
import sys
import threading

import numpy as np
import pytest

from autodiff import Program, Value, exp, log, sin, tanh
from autodiff.program.llvm import kernel, machine
from nn import MLP, SGD, fit, losses, predict


def example(**options):
    """A program with uniform and varying outputs, and random arguments for it."""
    x, y, w, v = [Value(number) for number in (0.5, 1.5, -0.5, 0.25)]
    outputs = [sin(x * w) * exp(v * y), x, tanh(w) * v, Value(0.0), log(1.0 + x * x) ** 2.5 / y, w]
    rng = np.random.default_rng(0)
    program = Program(outputs, [x, y], [w, v], backend="llvm", **options)
    dtype = options.get("dtype", "float64")
    return program, rng.uniform(0.1, 2.0, (9, 2)).astype(dtype), rng.uniform(0.1, 1.0, 2).astype(dtype)


@pytest.fixture
def compiled_lanes(monkeypatch):
    """The lanes of every kernel that is compiled."""
    lanes = []

    def counted(frame, write=kernel.write_kernel):
        lanes.append(frame.lanes)
        return write(frame)

    monkeypatch.setattr(kernel, "write_kernel", counted)
    return lanes


def test_batches_need_one_kernel_which_does_single_points_too(compiled_lanes):
    program, points, theta = example()
    program(points, theta)
    (lanes,) = compiled_lanes
    assert lanes > 1
    program(points[0], theta)
    program(points[:1].tolist(), theta)
    program(points[:0], theta)
    assert compiled_lanes == [lanes]


def test_single_points_need_one_kernel_and_a_batch_after_them_another(compiled_lanes):
    program, points, theta = example()
    for point in points:
        program(point, theta)
    program(points[:1], theta)
    assert compiled_lanes == [1]
    program(points, theta)
    program(points[0], theta)
    assert len(compiled_lanes) == 2
    assert compiled_lanes[1] > 1


def test_batches_have_a_kernel_of_two_vectors_where_these_take_the_time_of_one(compiled_lanes):
    x, w = Value(0.5), Value(1.5)
    y = x
    for _ in range(100):
        y = tanh(w * y)
    program, lanes = Program(y, [x], [w], backend="llvm"), machine.doubles()
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (3 * lanes, 1))
    few = program(points[:lanes])
    assert program(points)[:lanes].tolist() == few.tolist()
    assert compiled_lanes == [2 * lanes]


@pytest.mark.parametrize(("n", "n_kernels"), [(3, 2), (100, 1)])
def test_a_mean_without_loops_has_a_kernel_for_single_points_if_it_is_small(n, n_kernels, compiled_lanes):
    x, w, rng = Value(1.0), Value(2.0), random.Random(0)
    nodes = [x, w]
    for _ in range(n):
        nodes.append(rng.choice([tanh, sin, lambda y: exp(-y * y)])(x * nodes[-1] + rng.choice(nodes)))
    program = Program(nodes[-1], [x], [w], backend="llvm")
    value, (slope,) = program.mean_and_grad([[0.7]])
    mean, (mean_slope,) = program.mean_and_grad([[0.7]] * 3)
    assert (value, slope) == pytest.approx((mean, mean_slope), rel=1e-13)
    assert len(compiled_lanes) == n_kernels
    assert compiled_lanes[-1] > 1


def test_a_program_whose_results_all_points_share_has_one_kernel(compiled_lanes):
    w = Value(2.0)
    program = Program(w * w, [], [w], backend="llvm")
    assert program(np.empty(0)) == 4.0
    assert program(np.empty((2, 0))).tolist() == [4.0, 4.0]
    assert len(compiled_lanes) == 1


def test_training_with_validation_and_predictions_compile_for_batches_alone(compiled_lanes):
    model = MLP(2, [2, 1], rng=random.Random(0))
    inputs, targets = np.random.default_rng(0).uniform(size=(6, 2)), [0.0, 1.0] * 3
    fit(
        model,
        losses.squared_error,
        inputs,
        targets,
        optimizer=SGD(0.1),
        epochs=1,
        validation=(inputs, targets),
        progress=False,
        backend="llvm",
    )
    assert len(compiled_lanes) == 2  # of the mean, and of the validation
    predict(model, inputs, backend="llvm")
    assert len(compiled_lanes) == 3
    assert min(compiled_lanes) > 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_single_point_has_the_results_that_it_has_in_a_batch(dtype):
    """To the last bit: it is the same operations in the same order."""
    program, points, theta = example(dtype=dtype)
    alone = np.array([program(point, theta) for point in points])
    assert alone.tobytes() == program(points, theta).tobytes()
    assert alone.tobytes() == np.array([program(point, theta) for point in points]).tobytes()


def test_the_gradient_at_a_single_point_is_the_one_in_a_batch():
    x, y, w = Value(0.5), Value(1.5), Value(0.25)
    program = Program(sin(x * w) * exp(y), [x, y], [w], backend="llvm")
    points = np.random.default_rng(0).uniform(0.1, 2.0, (5, 2))
    alone = [program.value_and_grad(point) for point in points]
    values, gradients = program.value_and_grad(points)
    assert values.tolist() == [value for value, _ in alone]
    assert gradients.tolist() == [gradient.tolist() for _, gradient in alone]


def test_single_points_and_batches_may_come_from_several_threads_at_once():
    reference, points, theta = example()
    expected = reference(points, theta)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(4):
            program, _, _ = example()
            wrong = []

            def work(i, program=program, wrong=wrong):
                argument, wanted = (points, expected) if i % 2 else (points[i], expected[i])
                for _ in range(20):
                    if program(argument, theta).tobytes() != wanted.tobytes():
                        wrong.append(i)

            threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert wrong == []
    finally:
        sys.setswitchinterval(before)
