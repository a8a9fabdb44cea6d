"""The tasks. Each is data: what to compute, from which numbers, and the scalar code for it, the same for every engine.

To add one, write a small module here and put it into `TASKS`. A peer that has a form of its own for it says so in its
module in `benchmarks/peers`.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from benchmarks.engine import Engine
from benchmarks.measure import Contender
from benchmarks.tasks import article, bodies, call, chain, digits, dot, gpt, moons, pendulum, rosenbrock


class Task(Protocol):
    """What the command needs of a task."""

    @property
    def title(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """A paragraph: what is compared with what."""

    @property
    def replay_only(self) -> bool:
        """Whether engines of scalars that record anew in every step are left out; it would take them minutes."""

    def scalar(self, engine: Engine) -> Contender:
        """The task in the scalars of an engine."""


TASKS: dict[str, Callable[[], Task]] = {
    "chain": chain.Chain,
    "dot": dot.Dot,
    "moons": moons.make,
    "moons-training": moons.training,
    "article-1": article.one_sample,
    "article-100": article.many_samples,
    "digits": digits.make,
    "digits-epoch": digits.epoch,
    "784-100-10": digits.author,
    "gpt": gpt.Gpt,
    "call": call.Call,
    "pendulum-1": pendulum.one,
    "pendulum-1000": pendulum.many,
    "pendulum-tuning": pendulum.Tuning,
    "bodies": bodies.Bodies,
    "rosenbrock": rosenbrock.Rosenbrock,
    "rosenbrock-hessian": rosenbrock.RosenbrockHessian,
}
"""By the name that `--only` takes."""

SMALL_BATCHES: dict[str, Callable[[], Task]] = {
    f"{name}, {n}": partial(make, n)
    for name, make in {"2-16-16-1": moons.batch_of, "64-30-10": digits.batch_of}.items()
    for n in (32, 33, 64)
}
"""The columns of one table."""

SMALL_BATCHES_TEXT = (
    "Loss and gradient by the parameters, without a step, of two networks on batches of the sizes that most trainings "
    "have, and of one sample more. The peers are those that are set up in a second or two."
)
