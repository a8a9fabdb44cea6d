"""An exercise ticks a right answer, and says in one sentence what is wrong with another."""

import functools
import math

import numpy as np
import pytest

from autodiff import exp, grad, sin
from autodiff.testing import exercise

SIGMOID_SLOPE = grad(lambda x: 1.0 / (1.0 + exp(-x)))


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def said(answer, right, points, capsys) -> str:
    """The line that is printed."""
    exercise(answer, right, points=points)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "right", "points"),
    [
        (lambda x: math.cos(x), grad(sin), [0.0, math.pi / 2, 2.0]),  # where the slope is 0 but for rounding
        (lambda x: sigmoid(x) * (1.0 - sigmoid(x)), SIGMOID_SLOPE, [-1.0, 2.0]),
        (lambda w: [2.0 * x for x in w], grad(lambda w: sum(x * x for x in w)), [[1.0, -2.0], [0.0, 3.0]]),
        (lambda w: 2.0 * np.array(w), grad(lambda w: sum(x * x for x in w)), [[1.0, -2.0]]),
        (lambda x, y: (y, x), grad(lambda x, y: x * y, argnums=(0, 1)), [(1.0, 2.0)]),
        (lambda w: [w[1], 1e-17], grad(lambda w: w[0] * w[1]), [[0.0, 3.0]]),  # a rounding of the other number
    ],
)
def test_a_right_answer_gets_a_tick(answer, right, points, capsys):
    assert said(answer, right, points, capsys) == f"✓ right at {len(points)} point{'s' * (len(points) > 1)}.\n"


def derivative(x):
    return derivative.answer(x)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x: None, "derivative(-1.0) gives nothing: did you forget return?"),
        (lambda x: ..., "derivative is still open: write your answer in place of the three dots."),
        (lambda x: 1 / 0, "derivative(-1.0) raises ZeroDivisionError: division by zero"),
        (lambda x: [1.0, 2.0], "derivative(-1.0): expected one number, got 2 numbers ([0], [1])."),
        (lambda x: "2x", "derivative(-1.0): expected numbers, or arrays, lists or dicts of numbers, got str."),
        (lambda x: -2.0 * x, "derivative(-1.0) is 2 and should be -2; perhaps the sign is wrong."),
        (lambda x: x, "derivative(-1.0) is -1 and should be -2; perhaps a factor 2 is missing."),
        (
            lambda x: 7.0,
            "derivative(-1.0) is 7 and should be -2; perhaps it does not depend on the argument.",
        ),
        (lambda x: 2.0 * x + (x > 1.0), "derivative(3.0) is 7 and should be 6."),
    ],
)
def test_a_wrong_answer_gets_a_sentence(answer, sentence, capsys):
    derivative.answer = answer
    assert said(derivative, grad(lambda x: x**2), [-1.0, 3.0], capsys) == f"✗ {sentence}\n"


@pytest.mark.parametrize(
    ("answer", "idea"),
    [
        (lambda x: math.nan, "it is not finite: look for a division by 0, or inf - inf"),
        (sigmoid, "it looks like the value of a sigmoid: its derivative is s (1 - s)"),
        (lambda x: x * (1.0 - x), "s (1 - s) is meant with s = sigmoid(x), not with x"),
    ],
)
def test_a_slip_is_recognized(answer, idea, capsys):
    assert said(answer, SIGMOID_SLOPE, [-1.0, 0.5], capsys).endswith(f"; perhaps {idea}.\n")


def test_the_wrong_number_of_several_is_counted(capsys):
    right = grad(lambda w: w[0] * w[1])
    line = said(lambda w: [w[1], 5.0], right, [[2.0, 3.0], [1.0, 4.0]], capsys)
    assert line == "✗ the answer([2.0, 3.0]), number 2, is 5 and should be 2.\n"


def test_a_factor_is_the_number_of_arguments_where_a_mean_is_meant(capsys):
    right = grad(lambda w: sum(x * x for x in w) * (1.0 / len(w)))
    line = said(lambda w: [2.0 * x for x in w], right, [[1.0, 2.0, 3.0]], capsys)
    assert line.endswith("; perhaps a factor 3 too many, such as n = 3, where a mean is meant or a sum.\n")


def test_an_answer_without_a_name_is_called_the_answer(capsys):
    line = said(functools.partial(lambda a, x: a * x, 3.0), grad(lambda x: x**2), [-1.0, 3.0], capsys)
    assert line == "✗ the answer(-1.0) is -3 and should be -2.\n"
