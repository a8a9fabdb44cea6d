"""Learning-rate schedules: functions step -> rate, with steps counted from 0. Your own function is a schedule too."""

import math

from autodiff.extend import as_float, check_not_negative, check_positive_int
from nn.optim import Schedule

__all__ = ["Schedule", "constant", "cosine", "step_decay"]


def constant(rate: float) -> Schedule:
    """Return the schedule rate(t) = rate.

    Args:
        rate: >= 0.

    Raises:
        TypeError: if a number is not real.
        ValueError: if a number is outside its domain.

    >>> constant(0.1)(1000)
    0.1
    """
    rate = check_not_negative("constant", "rate", rate)

    def schedule(step: int) -> float:
        return rate

    return _named(schedule, f"constant({rate!r})")


def cosine(start: float, stop: float, steps: int) -> Schedule:
    """Return the schedule rate(t) = stop + (start - stop) (1 + cos(pi t / steps)) / 2, and `stop` from t = steps on.

    Args:
        start: the first rate, >= 0; for errors see `constant`.
        stop: the last rate, >= 0; 0 is usual.
        steps: the number of steps from `start` to `stop`, at least 1.

    References:
        Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts (2017), eq. 5, without the restarts.

    >>> rate = cosine(1.0, 0.0, 4)
    >>> [round(rate(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    start, stop = check_not_negative("cosine", "start", start), check_not_negative("cosine", "stop", stop)
    check_positive_int("cosine", "steps", steps)

    def schedule(step: int) -> float:
        if step >= steps:
            return stop
        return stop + (start - stop) * (1.0 + math.cos(math.pi * step / steps)) / 2.0

    return _named(schedule, f"cosine({start!r}, {stop!r}, {steps})")


def step_decay(rate: float, factor: float, every: int) -> Schedule:
    """Return the schedule rate(t) = rate * factor**(t // every), a stair.

    Args:
        rate: the first rate, >= 0; for errors see `constant`.
        factor: 0 < factor <= 1; 0.1 and 0.5 are usual.
        every: the number of steps at one rate, at least 1.

    References:
        He et al., Deep residual learning for image recognition (2016), section 3.4, with factor 0.1.

    >>> rate = step_decay(0.5, 0.5, 2)
    >>> [rate(t) for t in range(5)]
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """
    rate, factor = check_not_negative("step_decay", "rate", rate), as_float(factor, "step_decay: factor")
    if not 0.0 < factor <= 1.0:
        raise ValueError(f"step_decay: expected 0 < factor <= 1, got {factor!r}")
    check_positive_int("step_decay", "every", every)

    def schedule(step: int) -> float:
        return rate * factor ** (step // every)

    return _named(schedule, f"step_decay({rate!r}, {factor!r}, {every})")


def _named(schedule: Schedule, call: str) -> Schedule:
    """The schedule with the call as its name, which the `repr` and the state of an optimizer show."""
    schedule.__name__ = call
    return schedule
