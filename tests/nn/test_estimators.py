"""The estimators keep scikit-learn's conventions, by scikit-learn's own tests, and learn what they should."""

import random
import signal
import sys

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.datasets import load_diabetes, make_moons  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from autodiff import MissingDependencyError  # noqa: E402
from nn import MLP  # noqa: E402
from nn.estimators import Classifier, Regressor  # noqa: E402


@pytest.mark.full
@parametrize_with_checks([Classifier(), Regressor()])  # all of them: there are no expected failures
def test_scikit_learn_s_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def moons():
    return make_moons(200, noise=0.1, random_state=0)


def test_a_classifier_tells_two_moons_apart(moons):
    X, y = moons
    scores = cross_val_score(Classifier(random_state=0), X, y, cv=4)
    assert min(scores) >= 0.95


def test_probabilities_add_up_to_one_and_agree_with_the_prediction():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    y = np.array(["low", "middle", "top"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    classifier = Classifier(epochs=100, random_state=0).fit(X, y)
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (90, 3)
    assert np.allclose(probabilities.sum(axis=1), 1.0, rtol=1e-15)
    assert (classifier.classes_[probabilities.argmax(axis=1)] == classifier.predict(X)).all()
    assert classifier.score(X, y) >= 0.95


def test_two_classes_have_the_sigmoid_of_the_logit_as_probability(moons):
    classifier = Classifier(epochs=5, random_state=0).fit(*moons)
    logits = classifier.decision_function(moons[0])
    assert np.allclose(classifier.predict_proba(moons[0])[:, 1], 1.0 / (1.0 + np.exp(-logits)), rtol=1e-14)


def test_a_linear_regressor_finds_the_least_squares_solution():
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    options = {"hidden": (), "l2": 0.0, "batch_size": len(X), "learning_rate": 0.05, "epochs": 3000}
    ours = Regressor(random_state=0, **options).fit(X, y)
    exact = LinearRegression().fit(X, y)
    assert ours.score(X, y) == pytest.approx(exact.score(X, y), abs=1e-4)
    assert np.abs(ours.predict(X) - exact.predict(X)).max() < 0.01 * y.std()


def test_a_pipeline_in_a_grid_search(moons):
    pipeline = make_pipeline(StandardScaler(), Classifier(epochs=30, random_state=0))
    search = GridSearchCV(pipeline, {"classifier__hidden": [(), (8,)], "classifier__l2": [0.0, 1e-3]}, cv=3)
    search.fit(*moons)
    assert search.best_params_["classifier__hidden"] == (8,)  # no line tells the moons apart


def test_the_same_random_state_gives_the_same_estimator_on_every_backend(moons):
    X, y = moons
    outputs = [
        Classifier(epochs=5, random_state=seed, backend=backend).fit(X, y).decision_function(X)
        for seed, backend in ((0, "eager"), (0, "llvm"), (1, "llvm"))
    ]
    assert np.allclose(outputs[0], outputs[1], rtol=1e-9, atol=1e-12)
    assert not np.allclose(outputs[1], outputs[2])


def test_numbers_of_epochs_may_come_from_numpy(moons):
    search = GridSearchCV(Classifier(), {"epochs": np.arange(10, 40, 10)}, cv=2, error_score="raise")
    assert search.fit(*moons).best_params_["epochs"] in (10, 20, 30)


def test_a_single_hidden_layer_may_be_a_number(moons):
    for size in (4, np.int64(4)):
        classifier = Classifier(hidden=size, epochs=1, random_state=0).fit(*moons)
        assert [len(layer.neurons) for layer in classifier.model_.layers] == [4, 1]


@pytest.mark.usefixtures("_ctrl_c_interrupts")
def test_ctrl_c_ends_a_cross_validation(moons, monkeypatch):
    fits = []

    def interrupted(self, model):
        if not fits:
            fits.append(1)
            signal.raise_signal(signal.SIGINT)
        return 0.0 * model.layers[0].neurons[0].bias

    monkeypatch.setattr(Classifier, "_penalty", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(Classifier(epochs=3, backend="eager"), *moons, cv=2)
    classifier = Classifier(epochs=3, backend="eager")
    fits.clear()
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*moons)
    assert not hasattr(classifier, "model_")


@pytest.mark.parametrize("estimator", [Classifier, Regressor])
def test_a_sample_of_weight_0_is_left_out_and_ratios_count(estimator, moons):
    X, y = moons
    weights = np.arange(len(y)) % 3
    chosen = np.repeat(np.arange(len(y)), weights > 0)
    options = {"epochs": 3, "random_state": 0}
    first = estimator(**options).fit(X, y, sample_weight=weights)
    same = estimator(**options).fit(X, y, sample_weight=8.0 * weights)
    left_out = estimator(**options).fit(X[chosen], y[chosen], sample_weight=weights[chosen])
    assert np.allclose(first.predict(X), same.predict(X), rtol=1e-12)
    assert first.history_.losses == left_out.history_.losses


def test_classes_are_weighed(moons):
    X, y = moons
    rare = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:8]])
    X, y = X[rare], y[rare]
    options = {"hidden": (), "epochs": 60, "random_state": 0}
    plain, balanced, by_hand = [
        Classifier(class_weight=weight, **options).fit(X, y)
        for weight in (None, "balanced", {0: 108 / 200, 1: 108 / 16})
    ]
    ones = X[y == 1]
    assert plain.predict(ones).mean() < balanced.predict(ones).mean()
    assert np.allclose(balanced.decision_function(X), by_hand.decision_function(X), rtol=1e-9)


@pytest.mark.parametrize("estimator", [Classifier, Regressor])
def test_a_negative_weight_is_refused(estimator, moons):
    with pytest.raises(ValueError, match=r"^Negative values in data passed to `sample_weight`"):
        estimator(epochs=1).fit(*moons, sample_weight=-np.ones(200))


def test_the_penalty_is_half_of_l2_times_the_squares_of_the_weights_alone():
    model = MLP(2, [3, 1], rng=random.Random(0))
    weights = np.concatenate([layer.matrix()[0].ravel() for layer in model.layers])
    model.layers[0].neurons[0].bias.data = 7.0
    penalty = Regressor(l2=0.25)._penalty(model)
    assert penalty.data == pytest.approx(0.125 * (weights @ weights), rel=1e-15)


@pytest.mark.parametrize("estimator", [Classifier, Regressor])
def test_a_fit_epoch_by_epoch_is_a_fit(estimator, moons):
    X, y = moons
    whole = estimator(epochs=4, random_state=0).fit(X, y)
    parts = estimator(random_state=0)
    classes = {"classes": [0, 1]} if estimator is Classifier else {}
    for _ in range(4):
        parts.partial_fit(X, y, **classes)
    assert np.allclose(parts.predict(X), whole.predict(X), rtol=1e-12)
    assert parts.loss_curve_ == pytest.approx(whole.loss_curve_, rel=1e-12)
    assert parts.n_iter_ == whole.n_iter_ == len(whole.loss_curve_) == 4
    parts.partial_fit(X[:10], y[:10])
    assert parts.n_iter_ == 5
    assert parts.fit(X, y).n_iter_ == 200


def test_coefficients_are_those_of_the_layers(moons):
    X, y = moons
    model = Regressor(hidden=(3,), epochs=1, random_state=0).fit(X, y)
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    outputs = np.tanh(X @ W1 + b1) @ W2 + b2
    assert np.allclose(model.predict(X), model.mean_ + model.deviation_ * outputs[:, 0], rtol=1e-12)


def test_what_partial_fit_cannot_know_is_refused(moons, refuses):
    X, y = moons
    with refuses(ValueError, "Classifier: expected labels among classes, [0 1], got 2"):
        Classifier().partial_fit(X, y + 1, classes=[0, 1])
    with refuses(ValueError, "Classifier: expected class_weight to be a dict in partial_fit, got 'balanced'"):
        Classifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


def test_one_class_is_refused(refuses):
    with refuses(ValueError, "Classifier: expected at least 2 classes, got one class, 3"):
        Classifier().fit(np.zeros((4, 2)), np.array([3, 3, 3, 3]))


def test_scikit_learn_that_is_missing_is_one_line(monkeypatch, refuses):
    monkeypatch.delitem(sys.modules, "nn.estimators")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    message = 'nn.estimators needs the package scikit-learn: pip install ".[sklearn]" in the folder of chainrule'
    with refuses(MissingDependencyError, message):
        __import__("nn.estimators")
