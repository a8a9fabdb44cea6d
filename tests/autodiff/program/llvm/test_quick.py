"""The quick way into a mean: machine code that looks at its arguments itself, and leaves what is not simple alone."""

import sys
import tracemalloc

import numpy as np
import pytest

from autodiff import Program, Value


def quick_case(dtype="float64"):
    """A program whose mean is compiled, and arguments that its quick way takes."""
    x, y, p, q = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    program = Program((p * x + q - y) ** 2, [x, y], [p, q], backend="llvm", dtype=dtype)
    rows, theta = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, 0.25]], dtype), np.array([0.5, -0.25], dtype)
    program.mean_and_grad(rows, theta)
    return program, rows, theta


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_quick_way_gives_what_the_slow_one_does(dtype):
    program, rows, theta = quick_case(dtype)
    gradient = np.empty(2, dtype)
    value = program._quick(rows, theta, gradient)
    slow_value, slow = program.mean_and_grad(rows.tolist(), theta.tolist())
    assert type(value) is float
    assert (value, gradient.tolist()) == (slow_value, slow.tolist())


def test_the_quick_way_is_taken_with_and_without_out():
    program, rows, theta = quick_case()
    calls = []
    quick = program._quick
    program._quick = lambda *arguments: calls.append(quick(*arguments)) or calls[-1]
    out = np.empty(2)
    value, gradient = program.mean_and_grad(rows, theta, out=out)
    assert gradient is out
    assert program.mean_and_grad(rows, theta)[1].tolist() == out.tolist()
    assert calls == [value, value]


@pytest.mark.parametrize(
    "change",
    {
        "a list of points": lambda rows, theta, out: (rows.tolist(), theta, out),
        "no parameters": lambda rows, theta, out: (rows, None, out),
        "no points": lambda rows, theta, out: (rows[:0], theta, out),
        "one point alone": lambda rows, theta, out: (rows[0], theta, out),
        "points too wide": lambda rows, theta, out: (np.ones((3, 3)), theta, out),
        "single precision": lambda rows, theta, out: (rows.astype("f4"), theta, out),
        "integers": lambda rows, theta, out: (rows, theta.astype(int), out),
        "big-endian": lambda rows, theta, out: (rows.astype(">f8"), theta, out),
        "Fortran order": lambda rows, theta, out: (np.asfortranarray(rows), theta, out),
        "gaps": lambda rows, theta, out: (rows, np.ones((2, 2))[:, 0], out),
        "misaligned": lambda rows, theta, out: (rows, np.frombuffer(bytes(17), offset=1), out),
        "a matrix of parameters": lambda rows, theta, out: (rows, theta.reshape(1, 2), out),
        "too many parameters": lambda rows, theta, out: (rows, np.ones(3), out),
        "a subclass": lambda rows, theta, out: (rows, theta.view(np.recarray), out),
        "out too short": lambda rows, theta, out: (rows, theta, out[:1]),
        "out a list": lambda rows, theta, out: (rows, theta, [0.0, 0.0]),
        "out is theta": lambda rows, theta, out: (rows, theta, theta),
        "out in the points": lambda rows, theta, out: (rows, theta, rows[0]),
        "out overlaps theta": lambda rows, theta, out: (rows, (line := np.ones(3))[:2], line[1:]),
        "two arguments": lambda rows, theta, out: (rows, theta),
    }.values(),
)
def test_what_is_not_the_simple_case_is_left_to_the_slow_way(change):
    program, rows, theta = quick_case()
    assert program._quick(*change(rows, theta, np.empty(2))) is None


def test_a_read_only_out_is_left_to_the_slow_way():
    program, rows, theta = quick_case()
    out = np.empty(2)
    out.flags.writeable = False
    assert program._quick(rows, theta, out) is None


def test_read_only_arguments_are_read():
    program, rows, theta = quick_case()
    rows.flags.writeable = theta.flags.writeable = False
    assert program._quick(rows, theta, np.empty(2)) is not None


def test_a_large_batch_is_left_to_the_slow_way_which_lets_other_threads_run():
    program, _, theta = quick_case()
    assert program._quick(np.ones((50_000, 2)), theta, np.empty(2)) is None
    assert program.mean_and_grad(np.ones((50_000, 2)), theta)[0] == 0.5625  # (0.5 - 0.25 - 1)^2


def test_out_must_not_share_memory_with_an_argument(refuses):
    program, rows, theta = quick_case()
    with refuses(
        ValueError, "Program: expected out to be an array of its own, got one that shares memory with an argument"
    ):
        program.mean_and_grad(rows, theta, out=theta)


def test_the_quick_way_does_not_leak():
    program, rows, theta = quick_case()
    out = np.empty(2)
    tracemalloc.start()
    try:
        for _repeat in range(2):
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(20_000):
                program._quick(rows, theta, out)
                program._quick(rows, None, out)
            grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 10_000
    assert sys.getrefcount(out) == 2
