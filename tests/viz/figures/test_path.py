"""The path of gradient descent, and the part of the plane that shows it."""

import math

import pytest

import viz
from autodiff import log
from viz.figures.path import Function, range_around


def test_a_path_ends_where_there_are_no_numbers_any_more():
    path = Function("test", log, 1).descend([0.5], 10.0, 50)
    assert len(path) == 2
    assert math.isnan(path[-1].value)


def test_a_path_that_runs_away_does_not_set_the_scale():
    low, high = range_around([3.0, -6.0, 12.0, 1e9])
    assert -20.0 < low < -6.0
    assert 6.0 < high < 25.0


def test_a_function_may_return_a_plain_number():
    assert Function("test", lambda x: 1.0, 1).place([2.0]) == ((2.0,), 1.0, (0.0,))


@pytest.mark.parametrize("f", [math.exp, lambda x: x * math.exp(x)])
def test_a_function_of_math_is_refused_and_not_drawn_flat(f):
    message = r"^grad: `.*` \(line \d+ of test_path.py\) makes a plain number of a Value that depends on an argument, "
    with pytest.raises(TypeError, match=message):
        viz.descent(f, 1.0)
    with pytest.raises(TypeError, match=message):
        viz.cost_contour(lambda m, c: m * f(c), (1.0, 1.0))
