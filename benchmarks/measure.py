"""Timing that compares fairly: every contender does the same work in the same run, and takes turns with the others.

Before anything is timed the numbers of all contenders are compared: one that computes something else is an error, not
a row of a table.
"""

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

TOLERANCE = 1e-11
"""Relative to the largest number of a task. Engines add in different orders, and a sum of n terms is exact to n 2**-53
times the sum of their sizes: 1.1e-12 for the 10,000 terms of the longest sums here, once in each of two engines; the
rest is room for the later sums that depend on it. Between engines we measured 2e-14 at most."""


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
    """A contender's seconds, one per round, and what it took to record or compile it, if it is recorded."""

    contender: Contender
    seconds: list[float]
    setup: float | None = None


def compare(makers: dict[str, Callable[[], Contender]], *, rounds: int, at_least: float = 0.2) -> dict[str, Timing]:
    """Make the contenders, check that they agree, and time them."""
    contenders, setups, first = {}, {}, {}
    for name, make in makers.items():
        start = time.perf_counter()
        contender = contenders[name] = make()
        result = contender.run()
        setups[name] = time.perf_counter() - start if contender.recorded else None
        first[name] = list(contender.numbers(result))
    check_equal(first, 1)
    for run in (2, 3):
        check_equal({name: list(c.numbers(c.run())) for name, c in contenders.items()}, run)
    seconds = measure(contenders, rounds=rounds, at_least=at_least)
    return {name: Timing(contender, seconds[name], setups[name]) for name, contender in contenders.items()}


def check_equal(numbers: dict[str, list[float]], run: int) -> None:
    """Compare what the contenders computed in one run.

    Raises:
        ValueError: if a number of one is not that of the first, relative to the largest of all.
    """
    (first, expected), *others = numbers.items()
    allowed = TOLERANCE * max(map(abs, expected))
    for name, got in others:
        if len(got) != len(expected):
            raise ValueError(f"run {run}: {first} returned {len(expected)} numbers, {name} {len(got)}")
        for i, (x, y) in enumerate(zip(expected, got, strict=True)):
            if not math.isclose(x, y, rel_tol=0.0, abs_tol=allowed):
                raise ValueError(f"run {run}, number {i}: {first} returned {x!r}, {name} {y!r}")


def measure(contenders: dict[str, Contender], *, rounds: int, at_least: float = 0.2) -> dict[str, list[float]]:
    """Return, for each contender, the seconds per run in each round.

    A round times every contender once, as many runs in a row as fill `at_least` seconds, and 3 or more: the first
    leaves garbage that a later one pays for, as in training (in a row, micrograd's GPT step takes twice the time that
    it takes alone). Which contender starts alternates from round to round. The garbage of the one before is collected
    first, outside the time, so that nobody pays for another's. A contender's own garbage is collected when Python sees
    fit, inside its time. What lived before the first round is hidden from the collector, as if each contender ran in a
    process of its own: with the modules of all peers in sight, its full passes made the chain 3 times slower for
    chainrule and 4 times for the slotted Value.
    """
    runs = {name: max(3, math.ceil(at_least / _seconds(contender, 1))) for name, contender in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    turns = list(contenders.items())
    gc.collect()
    gc.freeze()
    try:
        for _ in range(rounds):
            for name, contender in turns:
                gc.collect()
                seconds[name].append(_seconds(contender, runs[name]))
            turns.reverse()
    finally:
        gc.unfreeze()
    return seconds


def _seconds(contender: Contender, runs: int) -> float:
    """The seconds per run of a number of runs in a row."""
    work = contender.run
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
