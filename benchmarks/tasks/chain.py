"""A chain: y = y*a + b, over and over. Nothing but nodes, so the cost of a node."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engine import Engine, Scalar, gradient
from benchmarks.measure import Contender


@dataclass(frozen=True)
class Chain:
    """`nodes` nodes, half of them products and half sums; the gradient is with respect to a, b and the first y."""

    nodes: int = 10_000
    start: tuple[float, float, float] = (0.999, 0.002, 1.0)  # a, b, y

    replay_only = False
    title = "Chain of 10,000 nodes"
    text = (
        "`y = y*a + b` 5,000 times, built and differentiated with respect to `a`, `b` and the first `y`. Engines of "
        "scalars run the same loop; ddx and *Program* replay 10,000 recorded operations. Three peers have the steps as "
        "a loop and use forward mode, which suits three inputs: JAX, as one `lax.scan` with 20 steps unrolled; casadi, "
        "as a fold of blocks of 50 steps; and *C by hand*. *Floats by hand* is two loops, the derivative written out: "
        "what the arithmetic costs in Python when nothing is recorded."
    )

    def function(self, parameters: Sequence[Scalar]) -> Scalar:
        """Return the last y."""
        a, b, y = parameters
        for _ in range(self.nodes // 2):
            y = y * a + b
        return y

    def scalar(self, engine: Engine) -> Contender:
        """The loop and its gradient."""
        return gradient(engine, self.function, self.start)
