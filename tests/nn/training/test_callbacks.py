"""The training continues with the changes of a callback, on every backend in the same way."""

import random
import signal

import pytest

from autodiff import Value, log
from nn import MLP, SGD, Module, TrainingError, fit, load, losses, save

BACKENDS = ["eager", "python", "llvm"]
X, T = [1.0, 2.0, 3.0], [2.0, 1.0, 0.5]


class Scaled(Module):
    """f(x) = (m x + c) / temperature, where the temperature is a plain number."""

    def __init__(self, m=1.0, c=0.0):
        self.m, self.c, self.temperature = Value(m), Value(c), 1.0

    def __call__(self, x):
        return (self.m * x + self.c) / self.temperature


def cool(model, weight, target):
    model.temperature *= 2.0


def weigh(model, weight, target):
    weight[0] += 1.0


def refresh(model, weight, target):
    target.load_state(model.state())


def replace_numbers(model, weight, target):
    model.load_state({"m": 0.5, "c": 0.25})


@pytest.mark.parametrize("change", [cool, weigh, refresh, replace_numbers])
def test_all_backends_go_on_with_what_a_callback_changed(change):
    def train(backend):
        model, target, weight = Scaled(), Scaled(0.5, 0.25), [0.0]

        def loss(y, t):
            return (y - t) ** 2 + 0.1 * (y - target.m * t) ** 2

        history = fit(
            model,
            loss,
            X,
            T,
            optimizer=SGD(0.05),
            epochs=4,
            batch_size=2,
            penalty=lambda model: weight[0] * model.m**2,
            validation=(X, T),
            callbacks=[lambda history: change(model, weight, target)],
            backend=backend,
        )
        return [*history.losses, *history.validation["loss"], model.m.data, model.c.data]

    expected = train("eager")
    for backend in BACKENDS[1:]:
        assert train(backend) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_may_not_replace_a_parameter(backend, refuses):
    model = Scaled()

    def change(history):
        model.c = Value(5.0)

    message = (
        "fit: expected the model to keep its parameters, got others after a callback; "
        "set the data of a parameter, or call fit again"
    )
    with refuses(ValueError, message):
        fit(model, losses.squared_error, X, T, optimizer=SGD(0.1), epochs=3, callbacks=[change], backend=backend)
    model = Scaled()
    history = fit(model, losses.squared_error, X, T, optimizer=SGD(0.1), epochs=1, callbacks=[change], backend=backend)
    assert history.stopped == "epochs"  # there was nothing more to do


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_that_leads_out_of_a_domain_ends_it(backend):
    class Logarithm(Scaled):
        shift = 0.0

        def __call__(self, x):
            return log(self.m * x + self.shift)

    model = Logarithm()
    callbacks = [lambda history: setattr(model, "shift", -100.0)]
    options = {"optimizer": SGD(0.01), "epochs": 5, "callbacks": callbacks, "backend": backend}
    with pytest.raises(TrainingError, match=r"^fit: the loss became nan at step 2, in sample 0, log: expected x > 0"):
        fit(model, losses.squared_error, X, T, **options)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_may_choose_its_parameters(backend):
    class Frozen(Scaled):
        def parameters(self):
            return (self.m, self.m)

    model = Frozen(0.5, 0.25)
    fit(model, losses.squared_error, X, T, optimizer=SGD(0.01), epochs=3, callbacks=[len_of], backend=backend)
    assert model.m.data != 0.5
    assert model.c.data == 0.25


def len_of(history):
    """A callback that changes nothing."""
    return len(history.losses) == 0


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_that_sets_a_parameter_to_nan_is_named(backend, epochs, refuses):
    model = Scaled()

    def change(history):
        model.c.data = float("nan")

    with refuses(ValueError, "fit: expected finite parameters after a callback, got parameters()[1] = nan"):
        fit(model, losses.squared_error, X, T, optimizer=SGD(0.1), epochs=epochs, callbacks=[change], backend=backend)


class Switched(Scaled):
    """Looks at its number from the second epoch on."""

    looks = False

    def __call__(self, x):
        return super().__call__(float(x) if self.looks else x)


def test_a_model_that_a_callback_makes_look_at_numbers_is_refused_then():
    def train(backend):
        model = Switched()
        looks = [lambda history: setattr(model, "looks", True)]
        fit(model, losses.squared_error, X, T, optimizer=SGD(0.01), epochs=3, callbacks=looks, backend=backend)

    train("eager")
    with pytest.raises(
        ValueError, match=r"^fit: after a callback, expected one graph for all samples, but `return super"
    ):
        train("python")


@pytest.mark.usefixtures("_ctrl_c_interrupts")
@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_in_a_callback_leaves_the_generator_at_the_end_of_the_epoch(backend, tmp_path):
    inputs = [[random.Random(i).uniform(-1.0, 1.0), 0.1 * i] for i in range(10)]
    targets = [x * y for x, y in inputs]

    def train(model, rng, epochs, callbacks=()):
        options = {"optimizer": SGD(0.1), "batch_size": 3, "rng": rng, "backend": backend, "callbacks": callbacks}
        return fit(model, losses.squared_error, inputs, targets, epochs=epochs, **options)

    def press(history):
        if history.epochs == 2:
            signal.raise_signal(signal.SIGINT)

    def network():
        return MLP(2, [3, 1], activation="tanh", rng=random.Random(0))

    whole = network()
    train(whole, random.Random(7), 5)
    model, rng = network(), random.Random(7)
    assert train(model, rng, 5, [press]).stopped == "interrupted"
    save(tmp_path / "model.json", model, rng=rng)
    resumed, rng = network(), random.Random()
    load(tmp_path / "model.json", resumed, rng=rng)
    train(resumed, rng, 3)
    assert resumed.state() == whole.state()


@pytest.mark.parametrize("backend", BACKENDS)
def test_parameters_that_are_not_finite_from_the_start_are_named(backend):
    with pytest.raises(
        TrainingError, match=r"^fit: the loss became nan at step 1, in sample 0, the data of .*\n.*\nthe"
    ):
        fit(Scaled(float("nan")), losses.squared_error, X, T, optimizer=SGD(0.1), epochs=3, backend=backend)
