"""A function of a few numbers, and its gradient by them: at one point, or at many."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from benchmarks.engine import Engine, Scalar, gradient
from benchmarks.measure import Contender


class Pointwise(ABC):
    """What physics and optimization ask for: value and gradient at given points.

    Attributes:
        title, text: for the table.
        points: where, a list of numbers each. A contender returns all values, then all gradients.
    """

    replay_only = True  # what recording anew costs is in the other tables
    title: str
    text: str
    points: list[list[float]]

    @abstractmethod
    def function(self, engine: Engine, x: Sequence[Scalar]) -> Scalar:
        """Return the value at a point, in the scalars of an engine."""

    def scalar(self, engine: Engine) -> Contender:
        """The gradient at the first point."""
        return gradient(engine, lambda x: self.function(engine, x), self.points[0])
