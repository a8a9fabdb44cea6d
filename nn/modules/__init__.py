"""Modules: what has parameters, how the parameters are collected, and the layers of a multi-layer perceptron.

May import `autodiff`, `extend`, `nn.basis`, `ingredients`.
"""

from nn.modules.dropout import Dropout
from nn.modules.module import Module
from nn.modules.perceptron import MLP, Layer, Neuron
from nn.modules.sequential import Linear, Sequential

__all__ = ["MLP", "Dropout", "Layer", "Linear", "Module", "Neuron", "Sequential"]
