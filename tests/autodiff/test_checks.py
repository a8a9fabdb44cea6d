"""The checks of arguments: what each lets through, as what, and what it says of anything else."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from autodiff.checks import (
    check_choice,
    check_fraction,
    check_not_negative,
    check_positive,
    check_positive_int,
    check_range,
    check_rng,
    check_whole,
)
from autodiff.real import short


@pytest.mark.parametrize(
    ("check", "number", "checked"),
    [
        (check_positive, Fraction(1, 2), 0.5),
        (check_not_negative, 0, 0.0),
        (check_fraction, 0, 0.0),
        (check_positive_int, np.int64(3), 3),
    ],
)
def test_a_number_that_passes_is_a_float_or_an_int(check, number, checked):
    passed = check("who", "x", number)
    assert passed == checked
    assert type(passed) is type(checked)


@pytest.mark.parametrize(
    ("check", "number", "message"),
    [
        (check_positive, 0, "who: expected x > 0, got 0.0"),
        (check_positive, math.nan, "who: expected x > 0, got nan"),
        (check_positive, math.inf, "who: expected x > 0, got inf"),
        (check_not_negative, -1, "who: expected x >= 0, got -1.0"),
        (check_not_negative, math.inf, "who: expected x >= 0, got inf"),
        (check_fraction, 1, "who: expected 0 <= x < 1, got 1.0"),
        (check_fraction, -0.5, "who: expected 0 <= x < 1, got -0.5"),
        (check_positive_int, 0, "who: expected x to be a positive int, got 0"),
        (check_positive_int, True, "who: expected x to be a positive int, got True"),
        (check_positive_int, 2.0, "who: expected x to be a positive int, got 2.0"),
    ],
)
def test_another_number_is_refused(check, number, message, refuses):
    with refuses(ValueError, message):
        check("who", "x", number)


def test_a_range_is_two_numbers_that_rise(refuses):
    assert check_range("who", [1, 2]) == (1.0, 2.0)
    with refuses(TypeError, "who: expected a range (low, high), got 3"):
        check_range("who", 3)
    with refuses(TypeError, "who: expected a range (low, high), got (1, 2, 3)"):
        check_range("who", (1, 2, 3))
    for ends in [(1, 1), (2, 1), (0, math.inf), (math.nan, 1)]:
        low, high = map(float, ends)
        with refuses(ValueError, f"who: expected a range (low, high) with low < high, got ({low!r}, {high!r})"):
            check_range("who", ends)


def test_a_choice_is_one_of_the_choices(refuses):
    assert check_choice("who", "way", "up", ("up", "down")) == "up"
    with refuses(ValueError, "who: expected way to be one of up, down, got 'left'"):
        check_choice("who", "way", "left", ("up", "down"))


def test_a_generator_is_one_of_the_standard_library(refuses):
    check_rng("who", random.Random(0))
    with refuses(TypeError, "who: expected rng to be a random.Random, got int; use random.Random(seed)"):
        check_rng("who", 0)


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("x" * 58, f"'{'x' * 58}'"),
        ("x" * 59, f"'{'x' * 56}..."),
        ([1, "a\nb"], "[1, 'a\\nb']"),
        (np.zeros((2, 2)), "array([[0., 0.], [0., 0.]])"),
        (10**5000, "of too many digits to show"),
    ],
    ids=["60 characters", "61 characters", "list", "lines", "digits"],
)
def test_what_came_is_shown_in_one_short_line(thing, text):
    assert short(thing) == text


@pytest.mark.parametrize("units", [{}, {"unit": ""}, {"units": "dimensionless"}])
def test_an_array_of_another_package_is_whole_if_it_has_no_unit(units):
    check_whole("who", type("Other", (), {"__array__": lambda self: np.ones(2), **units})())


def test_an_array_of_another_package_with_a_unit_is_refused(refuses):
    with refuses(ValueError, "who: expected plain numbers, got Other in m; divide by the unit"):
        check_whole("who", type("Other", (), {"__array__": lambda self: np.ones(2), "units": "m"})())
