"""A dot product of 10,000 numbers with 10,000 others: as scalars, a very long sum."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.engine import Engine, Scalar, gradient
from benchmarks.measure import Contender


def _uniform(n: int, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(-1.0, 1.0) for _ in range(n)]


@dataclass(frozen=True)
class Dot:
    """sum x_i y_i, and its gradient with respect to all of x and y."""

    x: list[float] = field(default_factory=lambda: _uniform(10_000, seed=1))
    y: list[float] = field(default_factory=lambda: _uniform(10_000, seed=2))

    replay_only = False
    title = "Dot product of 10,000 elements"
    text = (
        "The sum of 10,000 products and its gradient with respect to all 20,000 numbers. *chainrule* is "
        "`autodiff.dot`, one node; the other engines of scalars, and *chainrule, scalar operations*, build 20,000 "
        "nodes. Zeroing the 20,000 gradients is in the time of those that keep them on their scalars. The array "
        "libraries call their own dot product, whose gradient is a copy of the other vector."
    )

    def function(self, parameters: Sequence[Scalar]) -> Scalar:
        """Return the sum, product by product."""
        n = len(self.x)
        products = [x * y for x, y in zip(parameters[:n], parameters[n:], strict=True)]
        out = products[0]
        for product in products[1:]:
            out = out + product
        return out

    def scalar(self, engine: Engine) -> Contender:
        """The sum and its gradient."""
        return gradient(engine, self.function, [*self.x, *self.y])
