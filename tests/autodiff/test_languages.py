"""What a formula of the table uses, and what are only its own parts."""

import pytest

from autodiff.languages import called


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("x + 2.5e3 * y", set()),
        ("exp(-x) if x > 0.0 and y < inf or x == y else nan", {"exp", "inf", "nan"}),
        ("part = exp(x)\nlog1p(part)", {"exp", "log1p"}),
        ("first = exp(x)\nsecond = log(first)\nfirst * second", {"exp", "log"}),
    ],
)
def test_the_names_that_a_formula_uses_are_functions_and_special_numbers(formula, names):
    assert called(formula) == names
