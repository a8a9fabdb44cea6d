"""Data to learn from, and what prepares it, with nothing but an explicit `random.Random`.

A set is a pair (inputs, targets) of lists in one order: inputs[i] is a list of n_in floats, and targets[i] a number, or
the int label of a class. Labels 0 and 1 are what `binary_cross_entropy` takes; `hinge` takes 2 * label - 1;
`cross_entropy` takes the label itself, or its row of `one_hot`. The functions that prepare take numpy arrays too.

>>> import random
>>> rng = random.Random(0)
>>> (inputs, labels), held_back = split(*moons(100, noise=0.1, rng=rng), test=0.2, rng=rng)
>>> scale = Standardise.of(inputs)
>>> inputs, held_back = scale(inputs), (scale(held_back[0]), held_back[1])
>>> len(inputs), len(labels), len(held_back[0])
(80, 80, 20)
"""

from nn.data.prepare import Standardise, batches, one_hot, split, take
from nn.data.sets import circles, digits, line, moons, spirals, xor

__all__ = ["Standardise", "batches", "circles", "digits", "line", "moons", "one_hot", "spirals", "split", "take", "xor"]
