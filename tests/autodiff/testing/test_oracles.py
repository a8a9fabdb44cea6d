"""The oracles are right where the answer is known, and notice a derivative that is wrong."""

import cmath
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff.testing import central_difference, complex_step, exact

SMOOTH = {math.exp: math.exp, math.sin: math.cos, math.atan: lambda x: 1 / (1 + x * x)}


@pytest.mark.parametrize("f", SMOOTH)
@given(x=st.floats(-5.0, 5.0))
def test_the_error_of_a_central_difference_is_within_its_bound(f, x):
    derivative, error = central_difference(f, x)
    assert abs(derivative - SMOOTH[f](x)) <= error


@given(x=st.floats(-5.0, 5.0))
def test_the_bound_of_a_central_difference_notices_one_part_in_two_thousand(x):
    derivative, error = central_difference(math.exp, x)
    assert abs(derivative - 1.0005 * math.exp(x)) > error


@pytest.mark.parametrize("h", [0.0, -1.0, math.nan])
def test_a_step_that_is_not_positive_is_refused(h, refuses):
    with refuses(ValueError, f"central_difference: expected a step h > 0, got {h!r}"):
        central_difference(math.exp, 1.0, h)


@given(x=st.floats(-5.0, 5.0))
def test_complex_step_has_no_truncation_error(x):
    # e**x (sin x + cos x); each factor is rounded a few times, and the sum may cancel, so relative to e**x.
    want = math.exp(x) * (math.sin(x) + math.cos(x))
    assert abs(complex_step(lambda z: cmath.exp(z) * cmath.sin(z), x) - want) <= 8 * 2.3e-16 * math.exp(x)


@pytest.mark.parametrize(
    ("f", "want"),
    [
        (lambda x, y: x + y * 2, (1, 2)),
        (lambda x, y: 3 - x - y, (-1, -1)),
        (lambda x, y: 2 * x * y, (6, 4)),
        (lambda x, y: x / y + 1 / y, (Fraction(1, 3), Fraction(-1, 3))),
        (lambda x, y: x**3 * y**-1, (4, Fraction(-8, 9))),
        (lambda x, y: -x + +y + x**0, (-1, 1)),
        (lambda x, y: 0.5 * x, (Fraction(1, 2), 0)),
        (lambda x, y: 7, (0, 0)),
    ],
)
def test_exact_gives_the_fraction(f, want):
    assert tuple(exact(f, [2, 3], i) for i in (0, 1)) == want


def test_exact_refuses_a_power_that_is_no_integer(refuses):
    with refuses(TypeError, "exact: expected an integer power, got 0.5; use complex_step"):
        exact(lambda x: x**0.5, [2])
