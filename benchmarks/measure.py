"""What is timed, and how: a contender does the work of a task, alone in its process while the clock runs."""

import gc
import math
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

TOLERANCE = 1e-10
"""Relative to the largest number of a task. Engines add in different orders, and a sum of n terms is exact to n 2**-53
times the sum of their sizes: 1.1e-12 for the 10,000 terms of the longest sums here, once in each of two engines; the
rest is room for the later sums that depend on it, over the hundred steps of a training."""

AT_LEAST = 0.2  # seconds that the runs of one round fill


@dataclass(frozen=True)
class Contender:
    """One engine's way to do a task.

    Attributes:
        run: does the work once; this is what is timed.
        numbers: turns what `run` returned into data and gradients, outside the time.
        how: what kind of work it is, for the table.
        recorded: whether the computation is recorded or compiled once, before the clock starts, and only replayed.
        paused: whether Python's cyclic collector is paused while it runs.
    """

    run: Callable[[], Any]
    numbers: Callable[[Any], Iterable[float]] = lambda result: []
    how: str = ""
    recorded: bool = False
    paused: bool = False


@dataclass(frozen=True)
class Timing:
    """What the table says of a contender.

    Attributes:
        how: what kind of work it is.
        seconds: of one run, a number for each round.
        setup: seconds to record or compile it and to run it once, if it is recorded.
    """

    how: str
    seconds: list[float]
    setup: float | None = None


def disagreement(expected: list[float], got: list[float]) -> str | None:
    """Return in words where two contenders differ by more than the tolerance, None if nowhere."""
    if len(got) != len(expected):
        return f"expected {len(expected)} numbers, got {len(got)}"
    allowed = TOLERANCE * max(map(abs, expected))
    for i, (x, y) in enumerate(zip(expected, got, strict=True)):
        if not math.isclose(x, y, rel_tol=0.0, abs_tol=allowed):
            return f"number {i}: expected {x!r}, got {y!r}"
    return None


def runs_for(contender: Contender, at_least: float = AT_LEAST) -> int:
    """Return how many runs in a row fill so many seconds: 3 or more, so that a run pays for the garbage of another."""
    once = seconds_per_run(contender, 1)
    few = max(1, math.ceil(0.1 * at_least / once))  # a single run of a microsecond says little
    return max(3, math.ceil(at_least / min(once, seconds_per_run(contender, few))))


def seconds_per_run(contender: Contender, runs: int) -> float:
    """Return the seconds of one of so many runs in a row."""
    work = contender.run
    gc.collect()
    if contender.paused:
        gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(runs):
            work()
        return (time.perf_counter() - start) / runs
    finally:
        gc.enable()


def with_deep_stack(work: Callable[[], T]) -> T:
    """Do the work in a thread where a recursion of 10,000s of calls fits; micrograd's backward pass is one."""
    old_limit, old_size = sys.getrecursionlimit(), threading.stack_size(256 * 1024 * 1024)
    sys.setrecursionlimit(100_000)
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(work).result()  # so that an error in the thread is raised here
    finally:
        sys.setrecursionlimit(old_limit)
        threading.stack_size(old_size)
