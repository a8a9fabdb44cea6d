"""Gravity: the potential energy of 50 bodies, and its gradient, the forces on them."""

import random
from collections.abc import Sequence
from itertools import combinations

from benchmarks.engine import Engine, Scalar
from benchmarks.tasks.pointwise import Pointwise

SOFTENING = 1e-3  # added to the square of a distance


class Bodies(Pointwise):
    """- sum of m_i m_j / |x_i - x_j| over all pairs; a point is x, y, z of body after body."""

    title = "The gradient of an N-body energy, 50 bodies"
    text = (
        "Potential energy and its gradient by 150 coordinates: 1,225 pairs, each with a root and a division. A "
        "structure that is wide and shallow. JAX works on the matrix of all pairs, numpy and casadi on vectors of "
        "them; *Program* and ddx have recorded each pair."
    )

    def __init__(self, n: int = 50) -> None:
        rng = random.Random(4)
        self.points = [[rng.gauss(0.0, 1.0) for _ in range(3 * n)]]
        self.masses = [rng.uniform(0.5, 1.5) for _ in range(n)]

    def function(self, engine: Engine, x: Sequence[Scalar]) -> Scalar:
        """Return the energy."""
        bodies = [(mass, x[3 * i : 3 * i + 3]) for i, mass in enumerate(self.masses)]
        energy = 0.0
        for (m, a), (n, b) in combinations(bodies, 2):
            dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            energy = energy - m * n / engine.sqrt(dx * dx + dy * dy + dz * dz + SOFTENING)
        return energy
