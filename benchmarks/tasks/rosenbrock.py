"""Rosenbrock's function in 100 variables: its gradient, and its Hessian."""

import random
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.engine import Engine, Scalar
from benchmarks.tasks.pointwise import Pointwise

N = 100


class Rosenbrock(Pointwise):
    """sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2."""

    title = f"Rosenbrock's function in {N} variables, the gradient"
    text = "What an optimizer calls: value and gradient at one point."

    def __init__(self) -> None:
        rng = random.Random(5)
        self.points = [[rng.uniform(-1.0, 1.0) for _ in range(N)]]

    def function(self, engine: Engine, x: Sequence[Scalar]) -> Scalar:
        """Return the value."""
        total = 0.0
        for this, after in pairwise(x):
            bend, rest = after - this * this, 1.0 - this
            total = total + (100.0 * bend * bend + rest * rest)
        return total


class RosenbrockHessian(Rosenbrock):
    """All second derivatives: a contender returns them row by row."""

    title = f"Rosenbrock's function in {N} variables, the Hessian"
    text = (
        f"All {N * N:,} second derivatives at one point, as a dense array, of which {3 * N - 2} are not 0. *Program* "
        f"has {N * N:,} outputs; casadi's function is made to return a dense matrix."
    )
