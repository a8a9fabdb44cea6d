"""`fit`: the article's loop takes the same path on every backend."""

import itertools
import math
import random
import sys
from dataclasses import replace

import numpy as np
import pytest

from autodiff import MissingDependencyError, Value, dot
from nn import MLP, SGD, Adam, AdamW, History, Module, RMSProp, data, fit, losses, metrics, predict, schedules
from nn.data.samples import shuffled

BACKENDS = ["eager", "python", "llvm"]


def samples(n, n_in=3, n_out=2, seed=0):
    """Inputs between -1 and 1, and targets that are 0 or 1."""
    rng = random.Random(seed)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(n_in)] for _ in range(n)]
    return inputs, [[float(i % n_out == k) for k in range(n_out)] for i in range(n)]


# ------------------------------------------------------------------------------------------ the article's semantics


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_is_minus_eta_times_the_mean_gradient_of_the_batch(backend, Line, numbers):
    line = Line()
    fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.1), max_steps=1, backend=backend)
    # f = (1, 3), s = f - y = (-1, 2): dC/dm = (s1 x1 + s2 x2) / 2 = 2.5, dC/dc = (s1 + s2) / 2 = 0.5
    assert numbers(line) == pytest.approx([1.0 - 0.1 * 2.5, 0.0 - 0.1 * 0.5], rel=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_history_has_the_mean_loss_of_every_batch_before_its_step(backend, Line):
    history = fit(Line(), losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.1), epochs=2, backend=backend)
    # C = (s1^2 + s2^2) / 4 = 1.25; then m = 0.75, c = -0.05: s = (-1.3, 1.2), C = 3.13 / 4
    assert history.losses == pytest.approx([1.25, 0.7825], rel=1e-15)
    assert (history.epochs, history.steps, history.stopped, history.backend) == (2, 2, "epochs", backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_batches_go_through_the_samples_in_order_and_the_last_may_be_smaller(backend, Line, numbers):
    x, y = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 1.0, 2.0, 2.0, 3.0]
    line, twin = Line(), Line()
    history = fit(line, losses.squared_error, x, y, optimizer=SGD(0.01), epochs=2, batch_size=2, backend=backend)
    for start in [0, 2, 4] * 2:
        batch = slice(start, start + 2)
        fit(twin, losses.squared_error, x[batch], y[batch], optimizer=SGD(0.01), max_steps=1, backend="eager")
    assert numbers(line) == pytest.approx(numbers(twin), rel=1e-13)  # some twenty roundings in each of six steps
    assert (history.epochs, history.steps) == (2, 6)


OPTIMIZERS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.05, momentum=0.9),
    "nesterov": lambda: SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: RMSProp(0.01),
    "adam": lambda: Adam(0.01),
    "adamw": lambda: AdamW(0.01, weight_decay=0.1),
    "cosine": lambda: SGD(schedules.cosine(0.1, 0.0, 50)),
    "clipped": lambda: SGD(0.1, clip_norm=0.05),
}
LOSSES = {
    "squared_error": losses.squared_error,
    "absolute_error": losses.absolute_error,
    "huber": losses.huber,
    "hinge": lambda prediction, target: losses.hinge(prediction, [2.0 * t - 1.0 for t in target]),
    "binary_cross_entropy": losses.binary_cross_entropy,
    "cross_entropy": losses.cross_entropy,
}


def path(backend, optimizer, loss, **options):
    """The losses of 50 steps, and where they end."""
    model = MLP(3, [4, 2], activation="tanh", rng=random.Random(1))
    inputs, targets = samples(10)
    rng = random.Random(2)
    options = {"max_steps": 50, "batch_size": 4, "rng": rng, "backend": backend, **options}
    history = fit(model, loss, inputs, targets, optimizer=optimizer, **options)
    return history.losses, [*model.state().values()]


@pytest.mark.parametrize(("optimizer", "loss"), [*itertools.product(OPTIMIZERS, LOSSES)])
def test_eager_and_compiled_take_the_same_path(optimizer, loss):
    eager = path("eager", OPTIMIZERS[optimizer](), LOSSES[loss])
    compiled = path("llvm", OPTIMIZERS[optimizer](), LOSSES[loss])
    assert len(eager[0]) == 50
    for ours, theirs in zip(compiled, eager, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_generated_python_takes_the_same_path_too():
    eager, compiled = (path(backend, Adam(0.01), losses.squared_error) for backend in ("eager", "python"))
    for ours, theirs in zip(compiled, eager, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_penalty_is_added_once_to_the_mean_of_a_batch(backend, Line, numbers):
    line = Line(m=3.0, c=1.0)
    options = {"optimizer": SGD(0.1), "max_steps": 1, "penalty": lambda model: 0.5 * model.m**2, "backend": backend}
    history = fit(line, losses.squared_error, [0.0, 0.0], [1.0, 1.0], **options)
    assert history.losses == [4.5]
    assert numbers(line) == pytest.approx([3.0 - 0.1 * 3.0, 1.0], rel=1e-15)


def test_eager_and_compiled_agree_on_a_penalty():
    def l2(model):
        return 0.01 * dot(model.parameters(), model.parameters())

    eager, compiled = (path(backend, SGD(0.1), losses.squared_error, penalty=l2) for backend in ("eager", "llvm"))
    for ours, theirs in zip(compiled, eager, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


# ----------------------------------------------------------------------------------------------- order and chance


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    def run(backend, seed):
        return path(backend, SGD(0.1), losses.squared_error, rng=random.Random(seed))

    for backend in ("eager", "llvm"):
        assert run(backend, 1) == run(backend, 1) != run(backend, 2)


def test_every_epoch_sees_every_sample_in_a_new_order(Line):
    seen = []

    def loss(prediction, target):
        seen.append(target)
        return losses.squared_error(prediction, target)

    x = [0.1 * i for i in range(6)]
    fit(Line(), loss, x, x, optimizer=SGD(0.1), epochs=3, batch_size=2, rng=random.Random(0), backend="eager")
    epochs = [seen[1 + 6 * i : 7 + 6 * i] for i in range(3)]  # the first call only looks whether the loss works
    assert all(sorted(epoch) == x for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_shuffle_is_uniform():
    counts = dict.fromkeys(itertools.permutations(range(3)), 0)
    rng = random.Random(0)
    for _ in range(6000):
        counts[tuple(shuffled(rng, 3))] += 1
    assert all(abs(count - 1000) < 5 * math.sqrt(1000) for count in counts.values())  # five standard deviations


def test_whole_batches_draw_nothing_from_the_generator(Line):
    rng = random.Random(0)
    fit(Line(), losses.squared_error, [1.0, 2.0], [1.0, 2.0], optimizer=SGD(0.1), epochs=2, batch_size=5, rng=rng)
    assert rng.getstate() == random.Random(0).getstate()


# ---------------------------------------------------------------------------------------------------- validation


@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_gives_the_loss_and_the_metrics_after_every_epoch(backend):
    inputs, targets = samples(12)
    model = MLP(3, [2], output_activation="sigmoid", rng=random.Random(0))
    options = {"optimizer": SGD(0.1), "epochs": 3, "batch_size": 4, "backend": backend}
    held_back = inputs[:5], targets[:5]
    seen = []

    def metric(predictions, targets):
        seen.append((predictions, targets))
        return metrics.accuracy(predictions, targets)

    history = fit(
        model, losses.squared_error, inputs[5:], targets[5:], validation=held_back, metrics={"share": metric}, **options
    )
    assert {name: len(found) for name, found in history.validation.items()} == {"loss": 3, "share": 3}
    mean = sum(losses.squared_error(model(x), t).data for x, t in zip(*held_back, strict=True)) / 5
    assert history.validation["loss"][-1] == pytest.approx(mean, rel=1e-14)
    predictions, wanted = seen[-1]
    assert wanted == held_back[1]
    assert np.allclose(predictions, [[y.data for y in model(x)] for x in held_back[0]], rtol=1e-14, atol=0.0)
    assert history.validation["share"][-1] == metrics.accuracy(predictions, held_back[1])


def test_the_penalty_is_no_part_of_the_validation_loss(Line):
    options = {"optimizer": SGD(1e-9), "epochs": 1, "penalty": lambda model: 100.0 * model.m}
    history = fit(Line(), losses.squared_error, [1.0], [1.0], validation=([1.0], [1.0]), **options)
    assert history.losses == [100.0]
    assert history.validation["loss"][0] < 1e-12


# ---------------------------------------------------------------------------------------------- shapes of samples


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("convert", [list, np.array, np.float32, tuple], ids=["list", "array", "float32", "tuple"])
def test_samples_are_lists_or_arrays(backend, convert, numbers):
    inputs, targets = [[1.0, 2.0], [3.0, -1.0]], [0.5, 1.0]
    models = [MLP(2, [1], rng=random.Random(0)) for _ in range(2)]
    options = {"max_steps": 3, "backend": backend}
    fit(models[0], losses.squared_error, inputs, targets, optimizer=SGD(0.1), **options)
    fit(models[1], losses.squared_error, convert(inputs), convert(targets), optimizer=SGD(0.1), **options)
    assert numbers(models[0]) == numbers(models[1])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("convert", [list, np.array, lambda x: [*np.array(x)]], ids=["bools", "array", "numpy bools"])
def test_truth_is_one(backend, convert, Line, numbers):
    flags = convert([True, False, True])
    models = [Line(), Line()]
    for model, x in zip(models, (flags, [1.0, 0.0, 1.0]), strict=True):
        options = {"optimizer": SGD(0.1), "max_steps": 3, "backend": backend, "validation": (x, x)}
        fit(model, losses.squared_error, x, x, **options)
    assert numbers(models[0]) == numbers(models[1])
    assert predict(models[0], flags, backend=backend) == predict(models[1], [1, 0, 1], backend=backend)


def test_integers_of_numpy_are_integers():
    one, two = np.int64(1), np.int32(2)
    model = MLP(two, np.array([3, 1]), rng=random.Random(0))
    options = {"optimizer": SGD(0.1), "epochs": two, "max_steps": np.uint8(3), "batch_size": one}
    history = fit(model, losses.squared_error, [[1.0, 2.0], [2.0, 1.0]], [1.0, 2.0], **options)
    assert (history.steps, repr(model)) == (3, "MLP(2, [3, 1], activation='relu', output_activation='identity')")
    rng = random.Random(0)
    points, labels = data.spirals(np.int64(6), classes=np.int64(3), rng=rng)
    assert (len(points), {*map(type, labels)}, {type(x) for point in points for x in point}) == (6, {int}, {float})


@pytest.mark.parametrize("flag", [True, np.bool_(True)])
def test_truth_is_no_count(flag, refuses, Line):
    with refuses(ValueError, f"fit: expected epochs to be a positive int, got {flag!r}"):
        fit(Line(), losses.squared_error, [1.0], [1.0], optimizer=SGD(0.1), epochs=flag)


def test_arrays_are_not_changed():
    inputs, targets = map(np.array, samples(6))
    before = inputs.copy(), targets.copy()
    model = MLP(3, [2], rng=random.Random(0))
    fit(model, losses.squared_error, inputs, targets, optimizer=SGD(0.1), epochs=2, batch_size=2, rng=random.Random(0))
    assert np.array_equal(inputs, before[0])
    assert np.array_equal(targets, before[1])


def test_a_parameter_that_two_layers_share_is_one():
    class Tied(Module):
        def __init__(self):
            self.first = self.second = Value(0.5)

        def __call__(self, x):
            return self.second * (self.first * x)

    found = []
    for backend in BACKENDS:
        model = Tied()
        fit(model, losses.squared_error, [1.0], [1.0], optimizer=Adam(0.1), max_steps=5, backend=backend)
        assert len(model.parameters()) == 1
        found.append(model.first.data)
    assert found == pytest.approx([found[0]] * 3, rel=1e-12)


def test_a_history_shows_what_matters():
    history = History([1.0, 0.5], {"loss": [0.7]}, 1, "gradient", "llvm", 0.25)
    assert repr(history) == (
        "<History 1 steps, 1 epochs, loss 1 -> 0.5, validation loss 0.7, stopped by gradient; llvm, 0.25 s>"
    )


def test_histories_add_up():
    first = History([1.0, 0.5], {"loss": [0.7]}, 2, "epochs", "llvm", 0.25)
    later = History([0.3], {"loss": [0.6]}, 1, "interrupted", "eager", 0.5)
    assert first + later == History([1.0, 0.5, 0.3], {"loss": [0.7, 0.6]}, 3, "interrupted", "eager", 0.75)
    assert first == History([1.0, 0.5], {"loss": [0.7]}, 2, "epochs", "llvm", 0.25)
    assert History() + first == first
    assert first + History() == first
    ended = replace(first, stopped="gradient")
    assert ended + History() == ended


def test_a_history_that_a_small_gradient_ended_goes_on_with_the_same_loss(Line):
    def train(stop):
        return fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.3), max_steps=500, stop=stop)

    line = Line()
    history = train(0.1)
    more = train(0.01)
    assert history.losses[-1] == more.losses[0]
    whole, line = history + more, Line()
    assert whole.losses == train(0.01).losses
    assert whole.steps == history.steps + more.steps


def test_histories_of_other_measures_do_not_add_up(refuses):
    one, two = (
        History(validation={"loss": [0.5]}, epochs=1),
        History(validation={"loss": [0.5], "accuracy": [0.9]}, epochs=1),
    )
    message = "History: expected the same validation numbers in both, got loss and loss, accuracy"
    with refuses(ValueError, message):
        one + two
    with refuses(ValueError, "History: expected the same validation numbers in both, got loss and none"):
        one + History(epochs=1)
    with refuses(TypeError, "unsupported operand type(s) for +: 'History' and 'int'"):
        one + 1
    assert (one + History([0.4])).validation == {"loss": [0.5]}  # less than an epoch


def test_it_needs_nothing_but_python(monkeypatch, refuses, Line):
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "nn.training.compiled", raising=False)
    options = {"optimizer": Adam(0.1), "epochs": 2, "batch_size": 1, "rng": random.Random(0)}
    history = fit(Line(), losses.squared_error, [1.0, 2.0], [1.0, 2.0], validation=([1.0], [1.0]), **options)
    assert history.backend == "eager"
    needed = "nn: training or prediction on a Program needs the package numpy"
    message = f'{needed}: pip install ".[fast]" in the folder of chainrule'
    with refuses(MissingDependencyError, message):
        fit(Line(), losses.squared_error, [1.0], [1.0], backend="python", **options)


# ------------------------------------------------------------------------------------------ threads and compiling


def test_any_number_of_threads_takes_the_same_steps():
    inputs, targets = samples(1200)

    def losses_with(threads):
        model = MLP(3, [30, 2], activation="tanh", rng=random.Random(0))
        options = {"optimizer": SGD(0.1), "max_steps": 5, "backend": "llvm", "threads": threads}
        return fit(model, losses.squared_error, inputs, targets, validation=(inputs, targets), **options)

    one = losses_with(1)
    for threads in (2, 3, None):
        several = losses_with(threads)
        assert (several.losses, several.validation) == (one.losses, one.validation)


@pytest.mark.parametrize("threads", [0, 1.5, "2"])
def test_threads_are_a_positive_int(threads):
    with pytest.raises((TypeError, ValueError), match=r"^fit: expected threads to be "):
        fit(MLP(3, [2]), losses.squared_error, *samples(2), optimizer=SGD(0.1), epochs=1, threads=threads)


def test_the_time_of_the_first_compilation_is_told_apart():
    inputs, targets = samples(4)
    options = {"optimizer": SGD(0.1), "max_steps": 1, "backend": "llvm"}
    first, again = [
        fit(MLP(3, [31, 29, 2], rng=random.Random(0)), losses.squared_error, inputs, targets, **options)
        for _ in range(2)
    ]
    assert first.compile_seconds > 2 * again.compile_seconds > 0.0
    assert first.compile_seconds > first.seconds
    assert (first + again).compile_seconds == first.compile_seconds + again.compile_seconds
