"""The errors of `nn`, below the root of `autodiff.errors`.

ChainruleError
├── StateError (ValueError)             a state or a file that does not fit, is damaged, or is not ours
└── TrainingError (ArithmeticError)     a loss that stopped being a finite number
"""

from typing import TYPE_CHECKING

from autodiff.errors import ChainruleError

if TYPE_CHECKING:
    from nn.history import History


class StateError(ChainruleError, ValueError):
    """A state does not fit the model, or a file is damaged, truncated, or of another kind; nothing was changed."""


class TrainingError(ChainruleError, ArithmeticError):
    """The loss stopped being a finite number; the message says at which step, in which sample, and where in its graph.

    The model has the last parameters with a finite loss. The optimizer still remembers the step that was taken back:
    to go on, make a new one, or load a checkpoint.

    Attributes:
        history: of the steps before.
    """

    def __init__(self, message: str, history: "History") -> None:
        super().__init__(message)
        self.history = history
