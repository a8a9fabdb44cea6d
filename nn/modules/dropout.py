"""`Dropout`: a random part of the activations is left out of each training step."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autodiff import Value
from autodiff.extend import as_value, check_fraction, check_rng, drawn_leaf
from nn.modules.module import Module, modules_in


class Dropout(Module):
    """Set each input to 0 with probability p, and divide the others by 1 - p, so that their mean stays what it was.

    It drops in the steps of `fit`, and after `model.train()`. `predict`, the validation of `fit`, and a model that is
    called otherwise, drop nothing.

    Args:
        p: 0 <= p < 1.
        rng: draws a mask for each sample. If `fit` and `nn.save` have the same generator, a training is resumed to the
            last digit.

    Raises:
        TypeError: if `rng` is not a random.Random.
        ValueError: if p is outside its domain.

    References:
        Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), section 4; the
        division, which they do in the test, is done in the training, as in PyTorch.

    >>> drop = Dropout(0.5, rng=random.Random(0))
    >>> [x.data for x in drop([1.0, 2.0, 3.0, 4.0])]
    [1.0, 2.0, 3.0, 4.0]
    >>> [x.data for x in drop.train()([1.0, 2.0, 3.0, 4.0])]
    [2.0, 4.0, 0.0, 0.0]
    """

    def __init__(self, p: float = 0.5, *, rng: random.Random) -> None:
        self.p = check_fraction("Dropout", "p", p)
        check_rng("Dropout", rng)
        self.rng = rng
        self.training = False
        self._recorded: Masks | None = None

    def draw(self) -> float:
        """Return the factor of one activation: 0, or 1 / (1 - p)."""
        return 0.0 if self.rng.random() < self.p else 1.0 / (1.0 - self.p)

    def __call__(self, inputs: Sequence[Value | float]) -> list[Value]:
        """Return as many Values."""
        if not hasattr(inputs, "__len__"):
            raise TypeError(f"Dropout: expected a list of inputs, got {type(inputs).__name__}")
        if not self.training or self.p == 0.0:
            return [as_value(x, "Dropout") for x in inputs]
        if self._recorded is None:
            return [drawn_leaf(self.draw(), "mask") * x for x in inputs]
        masks = [drawn_leaf(1.0, "mask") for _ in inputs]  # without a draw: the numbers of a record are replaced
        self._recorded += [(self, mask) for mask in masks]
        return [mask * x for mask, x in zip(masks, inputs, strict=True)]

    def __repr__(self) -> str:
        return f"Dropout({self.p!r})"


Masks = list[tuple[Dropout, Value]]
"""The factors of a recorded graph, in the order in which they are drawn."""


def modules_with_mode(model: Any) -> list[Any]:
    """Return the modules in a model that train, or do not."""
    return [module for module in modules_in(model) if "training" in vars(module)]


@contextmanager
def mode(modules: Sequence[Any], training: bool, recorded: Masks | None = None) -> Iterator[None]:
    """Within the `with` block, these modules train, or do not; `recorded` gets the factors, which stay 1."""
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = training
            if isinstance(module, Dropout):
                module._recorded = recorded
        yield
    finally:
        for module, was in zip(modules, before, strict=True):
            module.training = was
            if isinstance(module, Dropout):
                module._recorded = None
