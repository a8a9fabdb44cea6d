"""Training: `fit` and `predict`, and what they run on, Values or the arrays of a recorded program.

May import `autodiff`, `extend`, `nn.basis`, `ingredients`, `modules`, `optim`, `data`.
"""

from nn.training.fitting import fit
from nn.training.prediction import predict

__all__ = ["fit", "predict"]
