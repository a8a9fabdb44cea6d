"""Data sets, and functions that prepare data for training.

A set is a pair of lists (inputs, targets) in the same order: inputs[i] is a list of n_in floats, targets[i] is a number
or the int label of a class. `binary_cross_entropy` takes labels 0 and 1, `hinge` takes 2 * label - 1, `cross_entropy`
takes a label or its row of `one_hot`. The functions that prepare data also take numpy arrays.
May import `autodiff`, `extend`.

>>> import random
>>> rng = random.Random(0)
>>> (inputs, labels), held_back = split(*moons(100, noise=0.1, rng=rng), test=0.2, rng=rng)
>>> scale = Standardize.of(inputs)
>>> inputs, held_back = scale(inputs), (scale(held_back[0]), held_back[1])
>>> len(inputs), len(labels), len(held_back[0])
(80, 80, 20)
"""

from nn.data.prepare import Standardise as Standardise  # the old spelling
from nn.data.prepare import Standardize, batches, one_hot, split, take
from nn.data.sets import circles, digits, line, moons, spirals, xor

__all__ = ["Standardize", "batches", "circles", "digits", "line", "moons", "one_hot", "spirals", "split", "take", "xor"]
