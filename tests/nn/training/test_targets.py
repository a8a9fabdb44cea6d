"""`fit` refuses targets for which the loss is not defined."""

import math
import random

import numpy as np
import pytest

from nn import MLP, data, losses, metrics

BACKENDS = ["eager", "python", "llvm"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", [losses.squared_error, lambda y, t: (y - t) ** 2])
def test_a_column_of_targets_for_a_single_output_is_refused_with_the_way_out(backend, loss, refuses, attempt):
    message = (
        "fit: expected targets of shape (n,) for a model with a single output, got (n, 1); "
        "use targets.ravel() of an array, or a number for each sample"
    )
    with refuses(ValueError, message):
        attempt(backend=backend, targets=[[1.0], [0.0]], loss=loss)


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
@pytest.mark.parametrize("kind", [list, np.array, lambda labels: np.array(labels, float)])
def test_labels_of_classes_train_as_their_one_hot_rows_do(backend, kind, numbers, attempt):
    labels, models = [2, 0], [MLP(2, [3], rng=random.Random(0)) for _ in range(2)]
    seen = []

    def judge(predictions, targets):
        seen.append(targets)
        return metrics.accuracy(predictions, targets)

    options = {"loss": losses.cross_entropy, "backend": backend}
    validation = [[1.0, 2.0]], kind([1])
    attempt(model=models[0], targets=kind(labels), validation=validation, metrics={"judge": judge}, **options)
    attempt(model=models[1], targets=data.one_hot(labels, 3), **options)
    assert numbers(models[0]) == numbers(models[1])
    assert seen == [labels, [1]]


@pytest.mark.parametrize("backend", ["auto", "eager"])
@pytest.mark.parametrize("wrong", [3, -1, 0.5])
def test_labels_of_no_class_are_refused(backend, wrong, refuses, attempt):
    message = f"cross_entropy: expected labels from 0 to 2, one for each output, got {float(wrong)!r} for sample"
    options = {"backend": backend, "model": MLP(2, [3]), "loss": losses.cross_entropy}
    with refuses(ValueError, f"fit: {message} 1"):
        attempt(targets=[1, wrong], **options)
    with refuses(ValueError, f"fit: validation: {message} 0"):
        attempt(targets=[1, 2], validation=([[1.0, 2.0]], [wrong]), **options)


@pytest.mark.parametrize("backend", ["auto", "eager"])
def test_labels_for_a_model_of_one_output_are_refused_with_the_way_out(backend, refuses, attempt):
    message = "cross_entropy: expected a list of logits, got {}; for one, use binary_cross_entropy"
    with refuses(TypeError, message.format("Operation")):
        attempt(backend=backend, model=MLP(2, [1]), loss=losses.cross_entropy, targets=[0, 1])


YES_OR_NO = "binary_cross_entropy: expected targets from 0 to 1, got {} for sample {}; {}".format
OTHER = "for n classes use cross_entropy with one_hot, for -1 and 1 hinge"
SIGN = (
    "hinge: expected targets -1 or 1, got {} for sample {}; for 0 and 1 use binary_cross_entropy, or make them 2*y - 1"
)
DISTRIBUTION = (
    "cross_entropy: expected probabilities >= 0 that sum to 1, got {} for sample {}; "
    "make them of labels by nn.data.one_hot(labels, n)"
)
OUTSIDE = [
    (losses.binary_cross_entropy, 1, [5, 0], YES_OR_NO("5.0", 0, OTHER)),
    (losses.binary_cross_entropy, 1, [1, -1], YES_OR_NO("-1.0", 1, OTHER)),
    (losses.binary_cross_entropy, 1, [1.0, math.nan], YES_OR_NO("nan", 1, OTHER)),
    (losses.binary_cross_entropy, 2, [[0, 1], [1, 2]], YES_OR_NO("[1.0, 2.0]", 1, OTHER)),
    (losses.hinge, 1, [1, 0], SIGN.format("0.0", 1)),
    (losses.cross_entropy, 2, [[0, 1], [1, 1]], DISTRIBUTION.format("[1.0, 1.0]", 1)),
    (losses.cross_entropy, 2, [[1.5, -0.5], [0, 1]], DISTRIBUTION.format("[1.5, -0.5]", 0)),
    (losses.cross_entropy, 6, [[1] * 6, [1] * 6], DISTRIBUTION.format("[1.0, 1.0, 1.0, 1.0, 1.0, ...]", 0)),
]


@pytest.mark.parametrize("backend", ["eager", "auto"])
@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize(("loss", "n_out", "targets", "message"), OUTSIDE)
def test_targets_outside_the_domain_of_the_loss_are_refused(
    backend, kind, loss, n_out, targets, message, refuses, numbers, attempt
):
    model = MLP(2, [n_out])
    before = numbers(model)
    with refuses(ValueError, f"fit: {message}"):
        attempt(backend=backend, model=model, loss=loss, targets=kind(targets))
    assert numbers(model) == before


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_so_are_those_of_the_validation(backend, refuses, attempt):
    with refuses(ValueError, "fit: validation: " + YES_OR_NO("2.0", 1, OTHER)):
        validation = [[1.0, 2.0], [3.0, 4.0]], [0, 2]
        attempt(backend=backend, loss=losses.binary_cross_entropy, validation=validation)


@pytest.mark.parametrize("backend", ["eager", "auto"])
@pytest.mark.parametrize(
    ("loss", "n_out", "targets"),
    [
        (losses.cross_entropy, 3, [[0.33, 0.33, 0.33], [0, 1, 0]]),
        (losses.binary_cross_entropy, 1, [0.25, True]),
        (losses.hinge, 1, [-1, 1]),
        (lambda y, t: losses.binary_cross_entropy(y, t), 1, [5, 0]),
        (losses.squared_error, 1, [5, -3]),
    ],
    ids=["sum almost 1", "between", "signs", "another loss", "numbers"],
)
def test_targets_on_the_border_and_those_of_other_losses_train(backend, loss, n_out, targets, attempt, numbers):
    model = MLP(2, [n_out], rng=random.Random(0))
    before = numbers(model)
    attempt(backend=backend, model=model, loss=loss, targets=targets)
    assert numbers(model) != before
