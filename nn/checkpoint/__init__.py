"""Checkpoints: a training in a file, as JSON or as numpy's .npz, from which it goes on.

May import `autodiff`, `nn.modules`, and of `nn` the history, checks and errors.
"""

from nn.checkpoint.checkpoint import load, save

__all__ = ["load", "save"]
