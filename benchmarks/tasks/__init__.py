"""The tasks. Each is data: what to compute, from which numbers, and the scalar code for it, the same for every engine.

To add one, write a small module here and put it into `TASKS`. A peer that has a form of its own for it says so in its
module in `benchmarks/peers`.
"""

from collections.abc import Callable
from typing import Protocol

from benchmarks.engine import Engine
from benchmarks.measure import Contender
from benchmarks.tasks import article, chain, digits, dot, gpt, moons


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
}
"""By the name that `--only` takes."""
