"""A pendulum: 200 steps of Euler's method, and how its last angle depends on where it starts."""

import random
from collections.abc import Sequence

from benchmarks.engine import Engine, Scalar, gradient
from benchmarks.measure import Contender
from benchmarks.tasks.pointwise import Pointwise

STEPS, STEP = 200, 0.01
ITERATIONS = 300

ONE = (
    f"The angle after {STEPS} steps and its gradient by the first angle and velocity. A structure that is deep and "
    "narrow: each step needs the one before. JAX runs it as one `lax.scan`, in forward mode, C and numba as loops, "
    "forward and back; *Program*, casadi and ddx have recorded all steps."
)
MANY = "The same from many starts at once, with the gradient of each; JAX in reverse mode, which is quicker here."


class Pendulum(Pointwise):
    """angle, velocity = angle + h velocity, velocity - h sin(angle)."""

    def __init__(self, n: int) -> None:
        rng = random.Random(3)
        self.points = [[rng.uniform(-2.0, 2.0), rng.uniform(-1.0, 1.0)] for _ in range(n)]
        self.title = f"A pendulum of {STEPS} Euler steps, {f'{n:,} starts' if n > 1 else 'one start'}"
        self.text = MANY if n > 1 else ONE

    def function(self, engine: Engine, x: Sequence[Scalar]) -> Scalar:
        """Return the last angle."""
        angle, velocity = x
        for _ in range(STEPS):
            angle, velocity = angle + STEP * velocity, velocity - STEP * engine.sin(angle)
        return angle


class Tuning:
    """Gradient descent: where must the pendulum start to end at 0? Recording and compiling is in the time."""

    replay_only = True  # the other engines of scalars have no sine
    title = f"A pendulum of {STEPS} Euler steps, tuned by {ITERATIONS} iterations of gradient descent"
    text = (
        "The square of the last angle, minimized over the first angle and velocity, from nothing to the result: what "
        "records or compiles does so within the time. *chainrule* records in every iteration, *Program* once; LLVM is "
        "loaded before."
    )
    start = (0.5, 0.1)
    rate = 0.05

    def function(self, engine: Engine, x: Sequence[Scalar]) -> Scalar:
        """Return the square of the last angle."""
        last = Pendulum(1).function(engine, x)
        return last * last

    def scalar(self, engine: Engine) -> Contender:
        """Every iteration in the scalars of an engine."""

        def run() -> list[float]:
            x = list(self.start)
            for _ in range(ITERATIONS):
                slopes = gradient(engine, lambda leaves: self.function(engine, leaves), x)
                _, *numbers = slopes.numbers(slopes.run())
                x = [a - self.rate * slope for a, slope in zip(x, numbers, strict=True)]
            return x

        return Contender(run, lambda x: x)


def one() -> Pendulum:
    """Return the task with one start."""
    return Pendulum(1)


def many() -> Pendulum:
    """Return the task with a thousand starts."""
    return Pendulum(1000)
