"""Record a graph of Values once, replay it at machine speed."""

from autodiff.program.program import Program

__all__ = ["Program"]
