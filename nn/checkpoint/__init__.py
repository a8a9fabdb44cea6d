"""Checkpoints: a training in a file, as JSON or as numpy's .npz, from which it goes on.

May import `extend`, `nn.basis`, `modules`.
"""

from nn.checkpoint.checkpoint import load, save

__all__ = ["load", "save"]
