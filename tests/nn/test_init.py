"""Each initialiser draws from the distribution it is named after."""

import math
import random
from statistics import fmean, pvariance

import pytest

from nn import Neuron
from nn.init import INITIALISERS, he, standard_normal, uniform, xavier

N = 20_000
VARIANCES = {uniform: 1 / 3, standard_normal: 1.0, xavier: 2 / (30 + 20), he: 2 / 30}
BOUNDS = {uniform: 1.0, xavier: math.sqrt(6 / (30 + 20))}


def draws(init):
    rng = random.Random(0)
    return [init(rng, 30, 20) for _ in range(N)]


@pytest.mark.parametrize("init", INITIALISERS.values(), ids=INITIALISERS.keys())
def test_weights_have_mean_0_and_the_variance_of_the_formula(init):
    weights = draws(init)
    # five standard errors: of the mean sqrt(v/N), of the variance at most v sqrt(2/N), which is the normal's
    assert abs(fmean(weights)) < 5 * math.sqrt(VARIANCES[init] / N)
    assert abs(pvariance(weights) / VARIANCES[init] - 1) < 5 * math.sqrt(2 / N)


@pytest.mark.parametrize("init", BOUNDS, ids=lambda init: init.__name__)
def test_uniform_weights_fill_their_interval(init):
    weights = draws(init)
    assert 0.999 * BOUNDS[init] < max(map(abs, weights)) <= BOUNDS[init]


def test_uniform_is_micrograds():
    assert uniform(random.Random(3), 1, 1) == random.Random(3).uniform(-1, 1)


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_is_found_by_its_name(name):
    assert INITIALISERS[name].__name__ == name


def test_a_function_is_an_initialiser_as_it_is():
    assert Neuron(2, init=lambda rng, n_in, n_out: 7.0).weights[1].data == 7.0


@pytest.mark.parametrize(("init", "kind"), [("zero", ValueError), (None, TypeError), (0.5, TypeError)])
def test_anything_else_is_refused(init, kind, refuses):
    names = "he, standard_normal, uniform, xavier"
    with refuses(kind, f"init: expected one of {names}, or a function, got {init!r}"):
        Neuron(2, init=init)
