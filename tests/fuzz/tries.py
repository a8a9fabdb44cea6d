"""What all attacks share: many tries, each from a number of its own, which is the reproduction of a failure."""

import random
import time
from collections.abc import Callable, Iterator


class AttemptError(Exception):
    """An attempt failed; `seed` is the number of its generator."""

    def __init__(self, seed: int, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {str(error)[:1500]}")
        self.seed = seed


def repeat(attempt: Callable[[random.Random], str], rng: random.Random, seconds: float) -> Iterator[str]:
    """Attempt at least once and until the time is over; yield the kind of each attempt.

    Raises:
        AttemptError: at the first attempt that raises anything.
    """
    end = time.monotonic() + seconds
    while True:
        seed = rng.getrandbits(32)
        try:
            kind = attempt(random.Random(seed))
        except Exception as error:  # every error is a result
            raise AttemptError(seed, error) from error
        yield kind
        if time.monotonic() >= end:
            return


def require(holds: bool, message: str) -> None:
    """Raise AssertionError with a message unless a condition holds, also under python -O."""
    if not holds:
        raise AssertionError(message)
