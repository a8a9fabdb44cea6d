"""Training: `fit` and `predict`, and what they run on, Values or the arrays of a recorded program.

May import `autodiff`, `nn.modules`, `nn.optim`, `nn.data`, and of `nn` the losses, history, checks and errors.
"""

from nn.training.fitting import fit
from nn.training.prediction import predict

__all__ = ["fit", "predict"]
