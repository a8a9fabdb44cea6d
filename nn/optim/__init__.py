"""Optimizers: what a gradient does to the parameters, and what an optimizer remembers of its steps.

The learning-rate schedules are in `nn.schedules`.
May import `autodiff`, `extend`, `nn.basis`.
"""

from nn.optim.algorithms import SGD, Adam, AdamW, RMSProp
from nn.optim.optimizer import Optimizer, Schedule

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "Schedule"]
