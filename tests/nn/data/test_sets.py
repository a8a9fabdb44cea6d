"""The data sets: their shapes, their geometry without noise, and their dependence on the seed."""

import math
import random
import sys
from itertools import pairwise
from statistics import fmean, pstdev

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_circles, make_moons

from autodiff import MissingDependencyError
from nn import data

DRAWN = [data.moons, data.circles, data.spirals]
each_drawn = pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
each = pytest.mark.parametrize("draw", [*DRAWN, data.xor, data.line], ids=lambda draw: draw.__name__)


def rng(seed=0):
    return random.Random(seed)


# --------------------------------------------------------------------------------------------------- what all share


@each
def test_the_same_seed_gives_the_same_set_and_another_another(draw):
    assert draw(20, noise=0.1, rng=rng(1)) == draw(20, noise=0.1, rng=rng(1)) != draw(20, noise=0.1, rng=rng(2))


@each
def test_python_s_own_generator_is_left_alone(draw):
    random.seed(7)
    state = random.getstate()
    draw(20, noise=0.1, rng=rng())
    assert random.getstate() == state


@each_drawn
@pytest.mark.parametrize("n", [2, 3, 10, 101])
def test_inputs_are_points_of_the_plane_and_labels_ints(draw, n):
    inputs, labels = draw(n, noise=0.1, rng=rng())
    assert {len(point) for point in inputs} == {2}
    assert len(inputs) == len(labels) == n
    assert {type(x) for point in inputs for x in point} == {float}
    assert {type(label) for label in labels} == {int}
    assert abs(labels.count(0) - labels.count(1)) == n % 2


@each
def test_noise_has_its_standard_deviation_and_moves_no_label(draw):
    n = 2000
    exact, noisy = draw(n, noise=0.0, rng=rng(3)), draw(n, noise=0.2, rng=rng(3))
    assert exact[1] == noisy[1] or draw is data.line
    pairs = zip(*(exact[:1] + noisy[:1] if draw is not data.line else exact[1:] + noisy[1:]), strict=True)
    moves = [q - p for a, b in pairs for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True)]
    # five standard errors: of the mean 0.2 / sqrt(n), of the deviation 0.2 / sqrt(2 n)
    assert abs(fmean(moves)) < 5 * 0.2 / math.sqrt(n)
    assert abs(pstdev(moves) - 0.2) < 5 * 0.2 / math.sqrt(2 * n)


# ------------------------------------------------------------------------------------------------------- geometry


def ordered(inputs, labels):
    """Rows of label, x and y, in an order that the set does not decide; rounded, so that -1e-17 sorts as 1e-17."""
    rows = [(label, *(np.round(point, 12) + 0.0).tolist()) for point, label in zip(inputs, labels, strict=True)]
    return np.array(sorted(rows))


@pytest.mark.parametrize("n", [10, 101])
def test_moons_and_circles_without_noise_are_those_of_scikit_learn(n):
    moons, circles = make_moons(n, shuffle=False), make_circles(n, shuffle=False, factor=0.3)
    # both sides are rounded to 12 digits
    np.testing.assert_allclose(ordered(*data.moons(n, rng=rng())), ordered(*moons), rtol=0, atol=2e-12)
    np.testing.assert_allclose(ordered(*data.circles(n, factor=0.3, rng=rng())), ordered(*circles), rtol=0, atol=2e-12)


def test_moons_lie_on_two_half_circles():
    for (x, y), label in zip(*data.moons(100, rng=rng()), strict=True):
        a, b = ((0.0, 0.0), (1.0, 0.5))[label]
        assert math.hypot(x - a, y - b) == pytest.approx(1.0, rel=1e-15)
        assert (y - b) * (1 - 2 * label) >= -1e-15  # above its centre, or below


def test_circles_have_their_radii():
    for (x, y), label in zip(*data.circles(100, factor=0.25, rng=rng()), strict=True):
        assert math.hypot(x, y) == pytest.approx((1.0, 0.25)[label], rel=1e-15)


@pytest.mark.parametrize(("classes", "turns"), [(2, 1.0), (3, 0.5), (2, 3.0)])
def test_on_a_spiral_the_angle_grows_with_the_radius(classes, turns):
    inputs, labels = data.spirals(20 * classes + 1, classes=classes, turns=turns, rng=rng())
    assert sorted({*labels}) == [*range(classes)]
    for (x, y), label in zip(inputs, labels, strict=True):
        turned = math.atan2(y, x) / (2 * math.pi) - turns * math.hypot(x, y) - label / classes
        assert turned - round(turned) == pytest.approx(0.0, abs=1e-14)  # whole turns; a few eps of up to 4 turns
    assert max(math.hypot(*point) for point in inputs) == pytest.approx(1.0, rel=1e-15)


def test_the_order_of_the_labels_is_random():
    for draw in DRAWN:
        _, labels = draw(100, rng=rng())
        changes = sum(a != b for a, b in pairwise(labels))
        assert 30 < changes < 70  # 99 coins: four standard deviations are 20


def test_xor_is_the_four_corners_over_and_over():
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    assert data.xor() == (corners, [0, 1, 1, 0])
    assert data.xor(6) == (corners + corners[:2], [0, 1, 1, 0, 0, 1])


def test_the_line_goes_through_the_two_points_of_the_article_s_example():
    assert data.line() == ([[1.0], [3.0]], [2.0, 1.0])


def test_a_line_has_its_slope_and_intercept():
    inputs, targets = data.line(5, slope=2.0, intercept=-1.0)
    assert (inputs, targets) == ([[1.0], [1.5], [2.0], [2.5], [3.0]], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert data.line(1, slope=2.0, intercept=-1.0) == ([[1.0]], [1.0])


# ----------------------------------------------------------------------------------------------------------- digits


def test_the_digits_are_those_of_scikit_learn_with_ink_from_0_to_1():
    inputs, labels = data.digits()
    scans = load_digits()
    assert labels == scans.target.tolist()
    assert (np.array(inputs) == scans.data / 16.0).all()
    assert (min(map(min, inputs)), max(map(max, inputs))) == (0.0, 1.0)
    assert (type(inputs[0][0]), type(labels[0])) == (float, int)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch, refuses):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with refuses(MissingDependencyError, str(MissingDependencyError("nn.data.digits", "scikit-learn", "examples"))):
        data.digits()


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: data.moons(1, rng=rng()), "moons: expected n to be an int >= 2, got 1"),
        (lambda: data.moons(10.0, rng=rng()), "moons: expected n to be an int >= 2, got 10.0"),
        (lambda: data.circles(10, noise=-1.0, rng=rng()), "circles: expected noise >= 0, got -1.0"),
        (lambda: data.circles(10, factor=1.0, rng=rng()), "circles: expected 0 < factor < 1, got 1.0"),
        (lambda: data.spirals(2, classes=3, rng=rng()), "spirals: expected n to be an int >= 3, got 2"),
        (lambda: data.spirals(9, classes=1, rng=rng()), "spirals: expected classes to be an int >= 2, got 1"),
        (lambda: data.spirals(9, classes=2.5, rng=rng()), "spirals: expected classes to be an int >= 2, got 2.5"),
        (lambda: data.spirals(9, turns=0.0, rng=rng()), "spirals: expected turns > 0, got 0.0"),
        (lambda: data.xor(0), "xor: expected n to be a positive int, got 0"),
        (lambda: data.line(2, noise=math.nan), "line: expected noise >= 0, got nan"),
    ],
)
def test_a_number_outside_its_domain_is_refused(make, message, refuses):
    with refuses(ValueError, message):
        make()


@pytest.mark.parametrize("generator", [None, 0, random])
@each
def test_noise_without_a_generator_is_refused(draw, generator, refuses):
    got = type(generator).__name__
    message = f"{draw.__name__}: expected rng to be a random.Random, got {got}; use random.Random(seed)"
    with refuses(TypeError, message):
        draw(4, noise=0.1, rng=generator)
