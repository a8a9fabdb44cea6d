"""The first number that is not finite is named, with its line and its point."""

import math

import numpy as np
import pytest

from autodiff import PRIMITIVES, Value, log, step, where
from autodiff.program.interpret import first_nonfinite
from autodiff.program.recording.record import tape_of

NONE = np.empty(0)


@pytest.mark.parametrize(
    ("output", "points", "message"),
    [
        (lambda x, y: log(x) + y, [[1.0, 2.0]], None),
        (lambda x, y: log(x) + y, [[1.0, 2.0], [-1.0, 0.0]], "log(x = -1.0) = nan at point 1"),
        (lambda x, y: log(x * y), [[0.0, 3.0]], "log(0.0) = -inf at point 0"),
        (lambda x, y: x / y, [[1.0, math.inf]], "input 1 = inf, which was given at point 0"),
        (lambda x, y: x + math.inf, [[1.0, 1.0]], "a constant = inf"),
        (lambda x, y: 2.0 * x, [[1.0, math.inf]], "input 1 = inf, which was given at point 0"),
        (lambda x, y: where(x, 2.0, x), [[1.0, math.inf]], None),
        (lambda x, y: where(step(log(x)), y, 2.0 * y), [[0.0, 1.0]], "log(x = 0.0) = -inf at point 0"),
        (lambda x, y: where(y, lambda: 2.0 * log(x), y), [[-1.0, 0.0], [0.0, 1.0]], "log(x = 0.0) = -inf at point 1"),
        (
            lambda x, y: where(y, lambda: where(x, 1.0, lambda: y / x), lambda: log(y)),
            [[0.0, 0.0]],
            "log(0.0) = -inf at point 0",
        ),
    ],
)
def test_the_first_line_that_is_not_finite_is_named(output, points, message):
    x, y = Value(1.0, "x"), Value(1.0)
    assert first_nonfinite(tape_of([output(x, y)], [x, y]), np.array(points), NONE) == message


def test_the_message_has_the_label_of_the_line_and_a_few_operands():
    xs = [Value(1.0) for _ in range(9)]
    total = Value.record(PRIMITIVES["sum"], *xs)
    total.label = "total"
    message = first_nonfinite(tape_of([total], xs), np.full((1, 9), 1e308), NONE)
    assert message == f"total = sum({', '.join(['1e+308'] * 6)}, ... 3 more) = inf at point 0"
    six = tape_of([Value.record(PRIMITIVES["sum"], *xs[:6])], xs)
    message = first_nonfinite(six, np.full((1, 9), 1e308), NONE)
    assert message == f"sum({', '.join(['1e+308'] * 6)}) = inf at point 0"
    assert first_nonfinite(tape_of([xs[0]], [], xs[:1]), np.empty((1, 0)), np.array([math.nan])) == (
        "parameter 0 = nan, which was given"
    )


@pytest.mark.parametrize(("n_forward", "where_it_is"), [(None, ""), (2, ""), (1, " in the derivative")])
def test_a_line_behind_the_forward_ones_is_in_the_derivative(n_forward, where_it_is):
    x = Value(1.0)
    message = first_nonfinite(tape_of([log(x)], [x]), np.array([[0.0]]), NONE, n_forward)
    assert message == f"log(0.0) = -inf{where_it_is} at point 0"
