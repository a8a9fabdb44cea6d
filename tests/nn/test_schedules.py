"""Schedules are functions of the step, counted from 0."""

import math

import pytest

from nn.schedules import constant, cosine, step_decay


def test_constant_is_the_same_at_every_step():
    assert {constant(0.1)(t) for t in range(100)} == {0.1}


def test_cosine_goes_from_start_to_stop_and_stays():
    rate = cosine(0.5, 0.1, 10)
    assert (rate(0), rate(10), rate(11), rate(10**9)) == (0.5, 0.1, 0.1, 0.1)
    for t in range(11):
        # a handful of operations on numbers below 1
        assert rate(t) == pytest.approx(0.1 + 0.4 * (1.0 + math.cos(math.pi * t / 10)) / 2.0, rel=4e-16)
    assert rate(5) == pytest.approx(0.3, rel=4e-16)


def test_cosine_falls_at_every_step():
    rates = [*map(cosine(1.0, 0.0, 100), range(101))]
    assert rates == sorted(set(rates), reverse=True)


def test_cosine_may_rise():
    rate = cosine(0.0, 1.0, 4)
    assert [rate(0), rate(4)] == [0.0, 1.0]


def test_step_decay_multiplies_after_every_so_many_steps():
    rate = step_decay(0.8, 0.5, 3)
    assert [rate(t) for t in range(7)] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


@pytest.mark.parametrize("call", ["constant(0.1)", "cosine(0.1, 0.0, 100)", "step_decay(0.8, 0.5, 30)"])
def test_a_schedule_is_named_by_the_call_that_makes_it(call):
    assert eval(call).__name__ == call


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(-0.1), "constant: expected rate >= 0, got -0.1"),
        (lambda: constant(math.inf), "constant: expected rate >= 0, got inf"),
        (lambda: cosine(math.nan, 0.0, 10), "cosine: expected start >= 0, got nan"),
        (lambda: cosine(0.1, -0.1, 10), "cosine: expected stop >= 0, got -0.1"),
        (lambda: cosine(0.1, 0.0, 0), "cosine: expected steps to be a positive int, got 0"),
        (lambda: cosine(0.1, 0.0, 10.0), "cosine: expected steps to be a positive int, got 10.0"),
        (lambda: step_decay(0.1, 0.0, 10), "step_decay: expected 0 < factor <= 1, got 0.0"),
        (lambda: step_decay(0.1, 1.5, 10), "step_decay: expected 0 < factor <= 1, got 1.5"),
        (lambda: step_decay(0.1, 0.5, True), "step_decay: expected every to be a positive int, got True"),
    ],
)
def test_a_number_outside_its_domain_is_refused(make, message, refuses):
    with refuses(ValueError, message):
        make()


def test_a_rate_that_is_no_number_is_refused(refuses):
    message = "constant: rate: expected a real number, got str 'a'; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        constant("a")
