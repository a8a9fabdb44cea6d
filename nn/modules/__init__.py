"""Modules: what has parameters, how the parameters are collected, and the layers of a multi-layer perceptron.

May import `autodiff`, `extend`, `nn.basis`, `ingredients`.
"""

from nn.modules.module import Module
from nn.modules.perceptron import MLP, Layer, Neuron

__all__ = ["MLP", "Layer", "Module", "Neuron"]
