"""Optimizers: what a gradient does to the parameters, and what an optimizer remembers of its steps.

The learning-rate schedules are in `nn.schedules`.
May import `autodiff`, `extend`, `nn.basis`.
"""

from nn.optim.base import Optimizer, Schedule
from nn.optim.optimizers import SGD, Adam, AdamW, RMSProp

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "Schedule"]
