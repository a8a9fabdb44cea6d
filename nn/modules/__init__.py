"""Modules: what has parameters, how the parameters are collected, and the layers of a multi-layer perceptron.

May import `autodiff`, and of `nn` the files at the top: activations, initial weights, checks and errors.
"""

from nn.modules.module import Module
from nn.modules.neuron import MLP, Layer, Neuron

__all__ = ["MLP", "Layer", "Module", "Neuron"]
