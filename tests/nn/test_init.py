"""Each initializer draws from the distribution it is named after."""

import math
import random
from statistics import fmean, pvariance

import pytest

from autodiff import sin, tanh
from nn import ACTIVATIONS, Neuron, init
from nn.init import INITIALIZERS, he, initializer, matched, siren, standard_normal, uniform, xavier

N = 20_000
VARIANCES = {uniform: 1 / 3, standard_normal: 1.0, xavier: 2 / (30 + 20), he: 2 / 30, siren: 2 / 30}
BOUNDS = {uniform: 1.0, xavier: math.sqrt(6 / (30 + 20)), siren: math.sqrt(6 / 30)}


def draws(init):
    rng = random.Random(0)
    return [init(rng, 30, 20) for _ in range(N)]


@pytest.mark.parametrize("init", INITIALIZERS.values(), ids=INITIALIZERS.keys())
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


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_is_found_by_its_name(name):
    assert INITIALIZERS[name].__name__ == name


def test_the_old_spelling_is_kept():
    assert (init.Initialiser, init.INITIALISERS, init.initialiser) == (init.Initializer, INITIALIZERS, initializer)


def test_a_function_is_an_initializer_as_it_is():
    assert Neuron(2, init=lambda rng, n_in, n_out: 7.0).weights[1].data == 7.0


@pytest.mark.parametrize(("init", "kind"), [("zero", ValueError), (None, TypeError), (0.5, TypeError)])
def test_anything_else_is_refused(init, kind, refuses):
    names = "matched, he, siren, standard_normal, uniform, xavier"
    with refuses(kind, f"init: expected one of {names}, or a function, got {init!r}"):
        Neuron(2, init=init)


# ------------------------------------------------------------------------------------------- matched to the activation


@pytest.mark.parametrize(
    ("activation", "init"),
    [
        *((name, he) for name in ("relu", "leaky_relu", "gelu", "softplus")),
        *((name, xavier) for name in ("tanh", "sigmoid", "identity")),
        ("sin", siren),
        (tanh, xavier),
        (sin, siren),
        (lambda x: x * x, xavier),
    ],
)
def test_the_matched_initializer_is_that_of_the_table(activation, init):
    assert matched(activation) is init
    assert initializer("matched", activation) is init


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_signal_through_ten_layers_neither_fades_nor_explodes(name):
    """From layer to layer the size stays, or shrinks slowly: in all by less than 100; too small by half, it is 1000."""
    rng, activate, width = random.Random(1), ACTIVATIONS[name], 40
    draw = matched(name)
    signal = [rng.gauss(0.0, 1.0) for _ in range(width)]
    for _ in range(10):
        rows = [[draw(rng, width, width) for _ in range(width)] for _ in range(width)]
        signal = [activate(sum(w * a for w, a in zip(row, signal, strict=True))) for row in rows]
    assert 0.01 < math.sqrt(fmean(a * a for a in signal)) < 100.0


@pytest.mark.parametrize("name", ["he", siren])
def test_another_initializer_is_taken_as_it_is(name):
    assert initializer(name, "tanh") in (he, siren)


def test_an_unknown_initializer_or_activation_is_refused(refuses):
    names = "matched, he, siren, standard_normal, uniform, xavier"
    with refuses(ValueError, f"init: expected one of {names}, or a function, got 'zero'"):
        initializer("zero", "tanh")
    names = ", ".join(ACTIVATIONS)
    with refuses(ValueError, f"activation: expected one of {names}, or a function, got 'ReLU'; did you mean 'relu'?"):
        matched("ReLU")
