"""The slope from differences is within its error, on random functions of any scale, in double and single precision."""

import importlib.util
import math
import sys
from collections import Counter

import numpy as np
import pytest

from autodiff.testing import differences
from autodiff.testing.differences import Ladder, Slope, significant_bits, slope_at_zero, slope_of_fit


@pytest.fixture(scope="module")
def checkers(root):
    """`benchmarks/checkers.py`: functions with exact slopes, by mpmath, and slopes with a planted mistake."""
    spec = importlib.util.spec_from_file_location("checkers", root / "benchmarks" / "checkers.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["checkers"] = module
    spec.loader.exec_module(module)
    return module


def power_of_two(x) -> float:
    return 2.0 ** math.floor(math.log2(abs(float(x))))


def test_a_function_of_one_point_has_no_slope():
    slope = slope_at_zero(lambda t: 1.0 if t == 0.0 else math.nan)
    assert math.isnan(slope.value)
    assert slope.trouble == (
        "f has no values near the point, or on one side only and no finite slope there; choose a point inside"
    )


@pytest.mark.full
def test_the_error_of_a_slope_holds_in_double_precision(checkers):
    for case in checkers.cases(1000, seed=1):
        slope = slope_at_zero(lambda t, case=case: case.f(case.x + t), power_of_two(case.x))
        assert abs(slope.value - case.slope) <= 2.0 * slope.error
        assert slope.error <= 1e-6 * abs(case.slope)


def test_the_error_of_a_slope_holds_in_single_precision(checkers):
    sharp = 0
    for case in checkers.cases(100, seed=2, single=True):
        slope = slope_at_zero(lambda t, case=case: float(case.f(np.float32(float(case.x) + t))), power_of_two(case.x))
        assert abs(slope.value - case.slope) <= 2.0 * slope.error + 1.2e-5 * abs(case.slope)
        sharp += slope.error <= 3e-5 * abs(case.slope)
    assert sharp >= 90  # measured: 91; in the others, f hardly moves: its change is lost in its rounding


@pytest.mark.full
@pytest.mark.parametrize(("count", "single"), [(500, False), (100, True)], ids=["double", "single"])
def test_exact_slopes_pass_and_planted_mistakes_do_not(checkers, count, single):
    verdicts = Counter()
    for what, n in checkers.tally(checkers.chainrule(), checkers.cases(count, seed=3, single=single)).items():
        verdicts[what[0] == "exact", what[1]] += n
    assert verdicts[True, "right"] == verdicts[False, "wrong"] == count


@pytest.mark.parametrize(
    ("x", "bits"), [(1.0, 1), (-3.0, 2), (0.1, 53), (float(np.float32(0.1)), 24), (2.0**-1074, 1), (1e300, 53)]
)
def test_the_binary_digits_of_a_number_are_counted(x, bits):
    assert significant_bits(x) == pytest.approx(bits, abs=2 * (bits > 20))  # the last digits may be zeros


def test_a_fit_admits_what_it_does_not_show():
    narrow = 2.0**-10  # between the points of the fit
    ladder = Ladder(lambda t: t * math.exp(-((t / narrow) ** 2)), 1.0)
    ladder.look(range(8))
    assert slope_of_fit(ladder, 0.5).error < 1e-12
    ladder.look([10])
    fit = slope_of_fit(ladder, 0.5)
    assert fit.error == pytest.approx(2.0 * narrow / math.e, rel=1e-9)  # what it hides at that step, over the width


@pytest.mark.parametrize(("value", "is_near"), [(1.0, True), (1.5, False), (0.0, False)])
def test_a_fit_that_is_not_near_the_differences_is_not_believed_nor_are_they(value, is_near, monkeypatch):
    def f(t):
        return round(math.exp(t), 3)

    monkeypatch.setattr(differences, "WIDTHS", ())
    by_differences = slope_at_zero(f)
    fit = Slope(value, 1e-6, 1.0, 1.0)
    monkeypatch.setattr(differences, "WIDTHS", (1.0,))
    monkeypatch.setattr(differences, "slope_of_fit", lambda ladder, width: fit)
    slope = slope_at_zero(f)
    assert slope.means == "differences"
    if is_near:
        assert (slope.value, slope.error) == (value, 1e-6)
    else:
        assert slope.value == by_differences.value
        assert slope.error == max(by_differences.error, abs(value - by_differences.value))
