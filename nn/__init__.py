"""Neurons, losses and an optimiser on the engine of `autodiff`: nothing here knows how a derivative is taken.

>>> import random
>>> from nn import MLP, SGD, losses
>>> model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
>>> loss = losses.squared_error(model([0.5, -1.0]), [1.0, 0.0])
>>> loss.backward()
>>> before = loss.data
>>> SGD(learning_rate=0.5).step(model.parameters())
>>> losses.squared_error(model([0.5, -1.0]), [1.0, 0.0]).data < before
True
"""

from nn import init, losses
from nn.activations import ACTIVATIONS
from nn.module import Module
from nn.neuron import MLP, Layer, Neuron
from nn.optim import SGD

__all__ = ["ACTIVATIONS", "MLP", "SGD", "Layer", "Module", "Neuron", "init", "losses"]
