"""The errors of `nn`. Users meet those below ChainruleError, the root of `autodiff.errors`.

The others are internal: `fit` and `predict` catch them and raise an error for the user, or run without a program.
"""

from typing import TYPE_CHECKING

from autodiff import ChainruleError

if TYPE_CHECKING:
    from nn.training.history import History


class StateError(ChainruleError, ValueError):
    """A state does not fit the model, or a file is damaged, truncated or of another kind. Nothing was changed."""


class TrainingError(ChainruleError, ArithmeticError):
    """The loss stopped being a finite number. The message names the step, the sample, and the node of its graph.

    The model has the last parameters with a finite loss. The optimizer still remembers the step that was undone:
    before you continue, create a new optimizer or load a checkpoint.

    Attributes:
        history: the History of the steps before.
    """

    def __init__(self, message: str, history: "History") -> None:
        super().__init__(message)
        self.history = history


class NotFiniteError(Exception):
    """A loss or a parameter is not finite. `fit` looks for the cause and raises a TrainingError."""


class DependsOnDataError(ValueError):
    """The graph of one sample may differ from that of another, so it must not be replayed for all samples.

    The `reason` continues the message, for example "but `if x > 0:` looks at a number"; the attribute lacks the "but".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f'expected one graph for all samples, {reason}; use backend="eager"')
        self.reason = reason.removeprefix("but ")


class NotRecordedError(Exception):
    """The model or the loss raised an error, the `reason`, when it got Values instead of a sample's numbers."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason

    def noted(self, who: str) -> Exception:
        """Return the error of the model, with a note that names the backend for plain numbers."""
        self.reason.add_note(
            f'{who}: this backend calls the model with Values; if it needs numbers, use backend="eager"'
        )
        return self.reason


NOT_WITH_VALUES = (TypeError, AttributeError, ValueError, LookupError, AssertionError, NotImplementedError)
"""Errors that suggest that a model works on plain numbers but not on Values, for example `self.table[int(x)]`."""

HINTS = {
    "BCELoss": "nn.losses.binary_cross_entropy, of logits",
    "BCEWithLogitsLoss": "nn.losses.binary_cross_entropy",
    "CrossEntropyLoss": "nn.losses.cross_entropy",
    "Dense": "nn.Layer(n_in, n_out, activation=...)",
    "HuberLoss": "nn.losses.huber",
    "L1Loss": "nn.losses.absolute_error",
    "MLPClassifier": "from nn.estimators import Classifier",
    "MLPRegressor": "from nn.estimators import Regressor",
    "MSELoss": "nn.losses.squared_error, with 1/2",
    "Parameter": "autodiff.Value",
    "Softmax": "nothing: nn.losses.cross_entropy takes logits; or autodiff.softmax",
    "functional": "nn.losses and the functions of autodiff",
    "layers": "nn.Layer",
}
"""The names of other libraries, and how one writes it here."""
