"""Optimizers: what a gradient does to the parameters, and what an optimizer remembers of its steps.

May import `autodiff`, and of `nn` checks and errors. The learning-rate schedules are in `nn.schedules`.
"""

from nn.optim.algorithms import SGD, Adam, AdamW, RMSProp
from nn.optim.optimizer import Optimizer, Schedule

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "Schedule"]
