"""A small program: what a call costs, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engine import Engine, Scalar, gradient
from benchmarks.measure import Contender


@dataclass(frozen=True)
class Call:
    """Rosenbrock's function of two inputs, with two parameters; value, gradient by inputs, gradient by parameters."""

    x: tuple[float, float] = (-1.2, 1.0)
    theta: tuple[float, float] = (1.0, 100.0)

    replay_only = True
    title = "A call"
    text = (
        "Rosenbrock's function of two inputs with its two constants as parameters, at one point: a dozen operations, "
        "so the time is that of the call, which an optimizer or a solver of differential equations makes in a loop. "
        "Every way to call a `Program`, beside casadi's generated C: through `buffer()`, which is its quick way, "
        "where arguments and results stay at their addresses, and called as a function."
    )

    def function(self, parameters: Sequence[Scalar]) -> Scalar:
        """Return the value; the first two are the inputs."""
        x, y, a, b = parameters
        bend = y - x * x
        return (a - x) * (a - x) + b * bend * bend

    def scalar(self, engine: Engine) -> Contender:
        """The gradient by all four."""
        return gradient(engine, self.function, [*self.x, *self.theta])
