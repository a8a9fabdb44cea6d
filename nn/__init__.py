"""Neurons, losses and training on the engine of `autodiff`: no code here knows how a derivative is computed.

| module | contents |
|---|---|
| `modules` | `Module`, the base class of models; `Neuron`, `Layer`, `MLP`; `Sequential`, `Linear`, `Dropout` |
| `optim`, `schedules` | `SGD`, `RMSProp`, `Adam`, `AdamW`; their learning rates |
| `training` | `fit` and `predict`; `History`, the result of `fit` |
| `checkpoint` | `save` and `load` |
| `callbacks` | early stopping, checkpoints and a table, for `fit` |
| `data` | small data sets, and functions that prepare data |
| `losses`, `metrics` | the losses that `fit` minimizes; the numbers for people |
| `activations`, `init` | the functions of a neuron; its initial weights |
| `errors`, `estimators`, `testing` | exceptions; scikit-learn's interface; strategies for tests |

Of ours `nn` imports `autodiff` alone. `modules`, `optim` and `data` do not know each other; `training` uses all three,
`checkpoint` only `modules`, `callbacks` both.

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

import sys
from typing import TYPE_CHECKING

from nn import callbacks, data, errors, init, losses, metrics, schedules
from nn.activations import ACTIVATIONS
from nn.checkpoint import load, save
from nn.errors import StateError, TrainingError
from nn.modules import MLP, Dropout, Layer, Linear, Module, Neuron, Sequential, perceptron
from nn.optim import SGD, Adam, AdamW, Optimizer, RMSProp
from nn.training import fit, history, predict
from nn.training.history import History

# where pickles of 0.1.0 look for MLP, Layer and Neuron, and for History
sys.modules |= {"nn.neuron": perceptron, "nn.history": history}

# fmt: off
__all__ = [
    "ACTIVATIONS", "MLP", "SGD", "Adam", "AdamW", "Dropout", "History", "Layer", "Linear", "Module", "Neuron",
    "Optimizer", "RMSProp", "Sequential", "StateError", "TrainingError", "callbacks", "data", "fit", "init", "load",
    "losses", "metrics", "predict", "save", "schedules",
]


if not TYPE_CHECKING:  # for a checker, `nn` has no other names than its own

    def __getattr__(name: str) -> None:
        hint = errors.HINTS.get(name, f"from nn import {name}" if name in ("estimators", "testing") else "")
        activation = {"leakyrelu": "leaky_relu"}.get(name.lower(), name.lower())
        if activation in ACTIVATIONS:
            hint = f'the name of the activation, as in nn.Sequential(nn.Linear(2, 3), "{activation}")'
        raise AttributeError(f"nn: no {name} here; write {hint}" if hint else f"module 'nn' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names alone, for completion."""
    return __all__
