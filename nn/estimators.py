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
from nn.activations import Activation
from nn.modules.perceptron import MLP
from nn.optim import Adam
from nn.training import fit, predict

try:
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise MissingDependencyError("nn.estimators", "scikit-learn", "sklearn") from None


def _validated(estimator: Any, *data: Any, **options: Any) -> Any:
    """X, or X and y, as scikit-learn checks them. It would train on the numbers under a mask."""
    for name, array in zip("Xy", data, strict=False):
        check_whole(f"{type(estimator).__name__}: {name}", array)
    return validate_data(estimator, *data, dtype=np.float64, **options)


@dataclass(eq=False, repr=False)
class _Estimator(BaseEstimator):  # type: ignore[misc]
    """The options and the training of both estimators."""

    hidden: int | Sequence[int] = (16,)
    _: KW_ONLY
    activation: str | Activation = "tanh"
    learning_rate: float = 0.01
    epochs: int = 200
    batch_size: int = 32
    l2: float = 1e-4
    backend: str = "auto"
    random_state: Any = None

    def _train(self, X: Any, targets: Any, n_out: int, loss: Any) -> None:
        rng = random.Random(int(check_random_state(self.random_state).randint(2**31)))
        single = as_int(self.hidden)
        hidden = [*self.hidden] if single is None else [single]  # type: ignore[misc]
        model = MLP(self.n_features_in_, [*hidden, n_out], activation=self.activation, init="xavier", rng=rng)
        history = fit(
            model,
            loss,
            X,
            targets,
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            penalty=self._penalty if self.l2 else None,
            progress=False,
            backend=self.backend,
        )
        if history.stopped == "interrupted":  # a cross-validation must end, not score a model that is half trained
            raise KeyboardInterrupt
        self.model_, self.history_ = model, history

    def _penalty(self, model: MLP) -> Any:
        """l2/2 times the sum of the squared weights, without the biases."""
        weights = [weight for layer in model.layers for neuron in layer.neurons for weight in neuron.weights]
        return 0.5 * self.l2 * dot(weights, weights)

    def _outputs(self, X: Any) -> Any:
        """The model's outputs, (n,) or (n, n_out)."""
        check_is_fitted(self)
        X = _validated(self, X, reset=False)
        return np.array(predict(self.model_, X, backend=self.backend))


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

    Attributes:
        model_: the trained `nn.MLP`.
        history_: its `nn.History`.
        classes_: the labels, sorted.
        n_features_in_: the number of inputs.

    >>> classifier = Classifier(hidden=(8,), learning_rate=0.1, random_state=0)
    >>> classifier.fit([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 8, ["same", "other", "other", "same"] * 8)
    Classifier(hidden=(8,), learning_rate=0.1, random_state=0)
    >>> classifier.predict([[0.0, 1.0], [1.0, 1.0]]).tolist()
    ['other', 'same']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples X, (n, n_features), of classes y, (n,)."""
        X, y = _validated(self, X, y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        n = len(self.classes_)
        if n < 2:
            raise ValueError(f"Classifier: expected at least 2 classes, got one class, {self.classes_[0]}")
        if n == 2:
            self._train(X, labels.astype(float), 1, losses.binary_cross_entropy)
        else:
            self._train(X, np.eye(n)[labels], n, losses.cross_entropy)
        return self

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
        mean_, deviation_: of the targets.
        n_features_in_: the number of inputs.

    >>> regressor = Regressor(hidden=(), learning_rate=0.1, l2=0.0, random_state=0)
    >>> regressor = regressor.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> regressor.predict([[3.0]]).round(2).tolist()
    [7.0]
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples X, (n, n_features), with targets y, (n,)."""
        X, y = _validated(self, X, y, y_numeric=True)
        self.mean_, self.deviation_ = float(np.mean(y)), float(np.std(y)) or 1.0
        self._train(X, (y - self.mean_) / self.deviation_, 1, losses.squared_error)
        return self

    def predict(self, X: Any) -> Any:
        """Return a number for every sample, (n,)."""
        outputs = self._outputs(X)
        return self.mean_ + self.deviation_ * outputs
