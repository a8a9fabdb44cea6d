"""What `fit` does with its samples: their weights, those held back at the end, and metrics on both parts."""

import pickle
import random

import numpy as np
import pytest

from nn import MLP, SGD, History, fit, losses, metrics, predict

BACKENDS = ["eager", "python", "arrays", "llvm"]
INPUTS, TARGETS = [[0.0], [1.0], [2.0], [3.0], [4.0]], [0.0, 1.0, 4.0, 9.0, 16.0]


def trained(backend="auto", inputs=INPUTS, targets=TARGETS, **options):
    """The model and the history of a training of three epochs."""
    model = MLP(1, [3, 1], activation="tanh", rng=random.Random(0))
    options = {"optimizer": SGD(0.01), "epochs": 3} | options
    return model, fit(model, losses.squared_error, inputs, targets, backend=backend, **options)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_weight_of_two_counts_as_two_samples(backend, numbers):
    weights = [0.0, 2.0, 1.0, 0.0, 3.0]
    repeated = [i for i, weight in enumerate(weights) for _ in range(int(weight))]
    options = {"optimizer": SGD(0.012)}  # 6 samples instead of 5 in the mean
    model, history = trained(backend, sample_weight=np.array(weights))
    other, its_history = trained(backend, [INPUTS[i] for i in repeated], [TARGETS[i] for i in repeated], **options)
    assert numbers(model) == pytest.approx(numbers(other), rel=1e-12)
    assert history.losses == pytest.approx([loss * 6.0 / 5.0 for loss in its_history.losses], rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_are_shuffled_with_their_samples(backend, numbers):
    weights = [1.0, 0.0, 2.0, 0.5, 0.25]
    models = []
    for its_backend in ("eager", backend):
        options = {"rng": random.Random(1), "batch_size": 2, "sample_weight": weights}
        models.append(trained(its_backend, **options)[0])
    assert numbers(models[0]) == pytest.approx(numbers(models[1]), rel=1e-12)


@pytest.mark.parametrize("kind", [list, np.array])
def test_a_split_holds_back_the_last_samples(kind, numbers):
    options = {"sample_weight": kind([1.0, 2.0, 3.0, 4.0, 5.0]), "rng": random.Random(1), "batch_size": 2}
    model, history = trained(inputs=kind(INPUTS), targets=kind(TARGETS), validation_split=0.4, **options)
    options = {"sample_weight": [1.0, 2.0, 3.0], "rng": random.Random(1), "batch_size": 2}
    held_back = INPUTS[3:], TARGETS[3:]
    other, its_history = trained(inputs=INPUTS[:3], targets=TARGETS[:3], validation=held_back, **options)
    assert numbers(model) == numbers(other)
    assert history.validation == its_history.validation
    assert len(history.validation["loss"]) == 3


@pytest.mark.parametrize(("share", "n_held_back"), [(0.01, 1), (0.5, 2), (0.99, 4)])
def test_a_split_leaves_a_sample_for_each_part(share, n_held_back):
    sizes = []
    metric = {"size": lambda predictions, targets: sizes.append(len(targets)) or 0.0}
    trained(validation_split=share, metrics=metric, epochs=1)
    assert sizes == [5 - n_held_back, n_held_back]


@pytest.mark.parametrize("backend", BACKENDS)
def test_metrics_are_computed_on_both_parts_after_every_epoch(backend):
    held_back = [[5.0], [6.0]], [25.0, 36.0]
    options = {"validation": held_back, "metrics": {"r2": metrics.r2}, "sample_weight": [1.0, 2.0, 0.5, 1.0, 3.0]}
    model, history = trained(backend, batch_size=2, **options)
    assert [*history.training] == ["loss", "r2"]
    assert [*history.validation] == ["loss", "r2"]
    for judged, (inputs, targets) in ((history.training, (INPUTS, TARGETS)), (history.validation, held_back)):
        assert judged["r2"][-1] == pytest.approx(metrics.r2(predict(model, inputs), targets), rel=1e-12)
    assert [len(numbers) for numbers in history.training.values()] == [3, 3]


def test_metrics_need_no_validation():
    _, history = trained(metrics={"r2": metrics.r2})
    assert len(history.training["r2"]) == 3
    assert history.validation == {}
    assert f"r2 {history.training['r2'][-1]:.4g}" in repr(history)


@pytest.mark.parametrize(("batch_size", "steps"), [(None, 1), (2, 3)])
def test_the_loss_of_an_epoch_is_the_mean_of_its_steps(batch_size, steps):
    seen = []
    callback = [lambda history: seen.append([*history.training["loss"]])]
    options = {"batch_size": batch_size, "max_steps": 3 * steps - 1 + (steps == 1)}
    _, history = trained(callbacks=callback, **options)
    _, at_once = trained(**options)  # the means of all epochs
    assert at_once.training == history.training
    means = [sum(history.losses[i : i + steps]) / steps for i in range(0, history.epochs * steps, steps)]
    assert history.training == {"loss": pytest.approx(means, rel=1e-15)}
    assert history.epochs == len(seen) == (3 if steps == 1 else 2)
    assert seen[0] == history.training["loss"][:1]


def test_histories_add_up_also_with_one_of_a_version_without_training():
    _, history = trained(metrics={"r2": metrics.r2})
    both = history + history
    assert both.training == {name: numbers * 2 for name, numbers in history.training.items()}
    old = History.__new__(History)
    old.__setstate__({name: value for name, value in vars(history).items() if name != "training"})
    assert pickle.loads(pickle.dumps(old)).training == {}
    assert (old + history).training == {}
    assert (History() + history).training == history.training
