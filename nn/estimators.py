"""A classifier and a regressor with scikit-learn's conventions: for its pipelines, cross-validation and grid search.

They are MLPs trained by `fit`. Only this module imports scikit-learn, and `import nn` does not import this module.
"""

import random
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

from autodiff import MissingDependencyError, dot
from autodiff.extend import as_int, check_whole
from nn import losses
from nn.activations import Activation, ActivationName
from nn.modules.perceptron import MLP
from nn.optim import Adam
from nn.training import fit, predict
from nn.training.history import History
from nn.training.options import BackendName

try:
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError:
    raise MissingDependencyError("nn.estimators", "scikit-learn", "sklearn") from None


def _validated(estimator: Any, *data: Any, **options: Any) -> Any:
    """X, or X and y, as scikit-learn checks them. It would train on the numbers under a mask."""
    for name, array in zip("Xy", data, strict=False):
        check_whole(f"{type(estimator).__name__}: {name}", array)
    return validate_data(estimator, *data, dtype=np.float64, **options)


def _weights(X: Any, sample_weight: Any) -> Any:
    """The weights of the samples, >= 0; ones for None."""
    return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


@dataclass(eq=False, repr=False)
class _Estimator(BaseEstimator):  # type: ignore[misc]
    """The options and the training of both estimators."""

    hidden: int | Sequence[int] = (16,)
    _: KW_ONLY
    activation: ActivationName | Activation = "tanh"
    learning_rate: float = 0.01
    epochs: int = 200
    batch_size: int = 32
    l2: float = 1e-4
    backend: BackendName = "auto"
    random_state: Any = None

    def _fit(self, X: Any, y: Any, weights: Any) -> Self:
        """Train a new model without the samples of weight 0, with a mean weight of 1."""
        counts = weights > 0.0
        weights = weights[counts]
        self._train_on(X[counts], y[counts], weights / weights.mean(), epochs=self.epochs, goes_on=False)
        return self

    def _train_on(self, X: Any, y: Any, weights: Any, *, epochs: int, goes_on: bool) -> None:
        """Train on targets as the user writes them; a subclass defines it."""
        raise NotImplementedError

    def _train(self, X: Any, targets: Any, n_out: int, loss: Any, weights: Any, *, epochs: int, goes_on: bool) -> None:
        """Train a new model, or the one that `goes_on`."""
        if goes_on:
            model, optimizer, rng, history = self.model_, self._optimizer, self._rng, self.history_
        else:
            rng = random.Random(int(check_random_state(self.random_state).randint(2**31)))
            single = as_int(self.hidden)
            hidden = [*self.hidden] if single is None else [single]  # type: ignore[misc]
            model = MLP(self.n_features_in_, [*hidden, n_out], activation=self.activation, init="xavier", rng=rng)
            optimizer, history = Adam(self.learning_rate), History()
        history += fit(
            model,
            loss,
            X,
            targets,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=self.batch_size,
            rng=rng,
            penalty=self._penalty if self.l2 else None,
            sample_weight=None if (weights == 1.0).all() else weights,
            progress=False,
            backend=self.backend,
        )
        if history.stopped == "interrupted":  # a cross-validation must end, not score a model that is half trained
            raise KeyboardInterrupt
        self.model_: MLP = model
        self.history_: History = history
        self._optimizer: Adam = optimizer
        self._rng: random.Random = rng

    @property
    def n_iter_(self) -> int:
        """The number of epochs."""
        return self.history_.epochs

    @property
    def loss_curve_(self) -> list[float]:
        """The mean loss of each epoch."""
        return self.history_.training["loss"]

    @property
    def coefs_(self) -> list[Any]:
        """The weights of each layer, (n_in, n_out)."""
        return [layer.matrix()[0] for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of each layer, (n_out,)."""
        return [layer.matrix()[1] for layer in self.model_.layers]

    def _penalty(self, model: MLP) -> Any:
        """l2/2 times the sum of the squared weights, without the biases."""
        weights = [weight for layer in model.layers for neuron in layer.neurons for weight in neuron.weights]
        return 0.5 * self.l2 * dot(weights, weights)

    def _outputs(self, X: Any) -> Any:
        """The model's outputs, (n,) or (n, n_out)."""
        check_is_fitted(self)
        X = _validated(self, X, reset=False)
        return np.array(predict(self.model_, X, backend=self.backend))


@dataclass(eq=False, repr=False)
class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """An MLP for classes: cross-entropy of one logit (two classes), or of one logit for each class.

    Scale the inputs first: `make_pipeline(StandardScaler(), Classifier())`.
    Ctrl-C during `fit` is a KeyboardInterrupt.

    Args:
        hidden: the sizes of the hidden layers, or one size for one layer; () for a linear model.
        activation: of the hidden layers; see `nn.MLP`.
        learning_rate: of Adam.
        epochs: the number of times that every sample is used.
        batch_size: the number of samples in a step.
        l2: half of this, times the sum of the squared weights, is added to the loss.
        backend: see `nn.fit`.
        random_state: for the initial weights and the order of the samples: an int, a numpy RandomState, or None.
        class_weight: {label: weight}, "balanced" for weights that make the classes count the same, or None.

    Attributes:
        model_: the trained `nn.MLP`.
        history_: its `nn.History`.
        n_iter_, loss_curve_: the number of epochs, and the mean loss of each.
        coefs_, intercepts_: the weights and the biases of each layer, as arrays.
        classes_: the labels, sorted.
        n_features_in_: the number of inputs.

    >>> classifier = Classifier(hidden=(8,), learning_rate=0.1, random_state=0)
    >>> classifier.fit([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 8, ["same", "other", "other", "same"] * 8)
    Classifier(hidden=(8,), learning_rate=0.1, random_state=0)
    >>> classifier.predict([[0.0, 1.0], [1.0, 1.0]]).tolist()
    ['other', 'same']
    """

    _: KW_ONLY
    class_weight: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples X, (n, n_features), of classes y, (n,); of `sample_weight`, (n,), the ratios count."""
        X, y = _validated(self, X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier: expected at least 2 classes, got one class, {self.classes_[0]}")
        return self._fit(X, y, _weights(X, sample_weight) * compute_sample_weight(self.class_weight, y))

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one more epoch on these samples alone; the first call needs all `classes`.

        The loss of a sample is multiplied by its weight.
        """
        goes_on = hasattr(self, "model_")
        first = _check_partial_fit_first_call(self, classes)
        X, y = _validated(self, X, y, reset=first)
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"Classifier: expected class_weight to be a dict in partial_fit, got {self.class_weight!r}"
            )
        weights = _weights(X, sample_weight) * compute_sample_weight(self.class_weight, y)
        self._train_on(X, y, weights, epochs=1, goes_on=goes_on)
        return self

    def _train_on(self, X: Any, y: Any, weights: Any, *, epochs: int, goes_on: bool) -> None:
        labels, n = np.searchsorted(self.classes_, y), len(self.classes_)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"Classifier: expected labels among classes, {self.classes_}, got {unknown[0]}")
        n_out, loss = (1, losses.binary_cross_entropy) if n == 2 else (n, losses.cross_entropy)
        self._train(X, labels, n_out, loss, weights, epochs=epochs, goes_on=goes_on)

    def decision_function(self, X: Any) -> Any:
        """Return the logits: (n,) for two classes, else (n, n_classes)."""
        return self._outputs(X)

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of every class, (n, n_classes)."""
        logits = self._outputs(X)
        if logits.ndim == 1:
            logits = np.column_stack([np.zeros_like(logits), logits])
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of every sample, (n,)."""
        logits = self._outputs(X)
        return self.classes_[(logits > 0.0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)]


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """An MLP for numbers, trained on the squared error of standardized targets.

    Scale the inputs first: `make_pipeline(StandardScaler(), Regressor())`. The arguments are those of `Classifier`.

    Attributes:
        model_: the trained `nn.MLP`; its outputs are standardized, as its targets were.
        history_: its `nn.History`.
        n_iter_, loss_curve_, coefs_, intercepts_: see `Classifier`.
        mean_, deviation_: of the targets, in `partial_fit` those of its first call.
        n_features_in_: the number of inputs.

    >>> regressor = Regressor(hidden=(), learning_rate=0.1, l2=0.0, random_state=0)
    >>> regressor = regressor.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> regressor.predict([[3.0]]).round(2).tolist()
    [7.0]
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples X, (n, n_features), with targets y, (n,); of `sample_weight`, (n,), the ratios count."""
        X, y = _validated(self, X, y, y_numeric=True)
        return self._fit(X, y, _weights(X, sample_weight))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one more epoch on these samples alone. The loss of a sample is multiplied by its weight."""
        goes_on = hasattr(self, "model_")
        X, y = _validated(self, X, y, y_numeric=True, reset=not goes_on)
        self._train_on(X, y, _weights(X, sample_weight), epochs=1, goes_on=goes_on)
        return self

    def _train_on(self, X: Any, y: Any, weights: Any, *, epochs: int, goes_on: bool) -> None:
        if not goes_on:
            self.mean_ = float(np.average(y, weights=weights))
            self.deviation_ = float(np.average((y - self.mean_) ** 2, weights=weights)) ** 0.5 or 1.0
        targets = (y - self.mean_) / self.deviation_
        self._train(X, targets, 1, losses.squared_error, weights, epochs=epochs, goes_on=goes_on)

    def predict(self, X: Any) -> Any:
        """Return a number for every sample, (n,)."""
        outputs = self._outputs(X)
        return self.mean_ + self.deviation_ * outputs
