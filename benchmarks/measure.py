"""Timing that compares fairly: every contender does the same work in the same run, and takes turns with the others.

A contender is a function that does the work once and returns the numbers that came out: data, then gradients. An
adapter to another library is such a function. Before anything is timed the numbers of all contenders are compared.
"""

import gc
import math
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

Contender: TypeAlias = Callable[[], Sequence[float]]
"""Does the work once; returns its data and gradients."""

TOLERANCE = 1e-12  # engines add in different orders: measured 5e-16 after four training steps


def check_equal(contenders: dict[str, Contender], runs: int = 3) -> None:
    """Run every contender a few times and compare what came out.

    Raises:
        ValueError: if a number of one is not that of the first, relative to the largest of all.
    """
    for run in range(1, runs + 1):
        (first, expected), *others = [(name, list(work())) for name, work in contenders.items()]
        allowed = TOLERANCE * max(map(abs, expected))
        for name, numbers in others:
            if len(numbers) != len(expected):
                raise ValueError(f"run {run}: {first} returned {len(expected)} numbers, {name} {len(numbers)}")
            for i, (x, y) in enumerate(zip(expected, numbers, strict=True)):
                if not math.isclose(x, y, rel_tol=0.0, abs_tol=allowed):
                    raise ValueError(f"run {run}, number {i}: {first} returned {x!r}, {name} {y!r}")


def measure(contenders: dict[str, Contender], *, rounds: int, runs: int = 1) -> dict[str, list[float]]:
    """Return, for each contender, the seconds per run in each round.

    A round times every contender once, `runs` runs in a row; which one starts alternates from round to round. The
    garbage of the one before is collected first, outside the time, so that nobody pays for another's. The garbage of
    a contender's own runs is collected when Python sees fit, inside its time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    turns = list(contenders.items())
    for _ in range(rounds):
        for name, work in turns:
            gc.collect()
            start = time.perf_counter()
            for _ in range(runs):
                work()
            seconds[name].append((time.perf_counter() - start) / runs)
        turns.reverse()
    return seconds


def print_table(title: str, seconds: dict[str, list[float]]) -> None:
    """Print minimum and median for each contender, and their ratios to those of the first."""
    ours, *_ = seconds.values()
    print(f"\n{title}")
    print(f"  {'':24}{'minimum':>12}{'median':>12}{'ratio of minima':>18}{'of medians':>12}")
    for name, times in seconds.items():
        low, middle = min(times), statistics.median(times)
        ratios = f"{low / min(ours):17.2f}x{middle / statistics.median(ours):11.2f}x"
        print(f"  {name:24}{low * 1e3:9.2f} ms{middle * 1e3:9.2f} ms{ratios}")


def compare(title: str, contenders: dict[str, Contender], *, rounds: int, runs: int = 1) -> None:
    """Check, measure and print; a contender that computes something else is an error, not a row."""
    check_equal(contenders)
    print_table(title, measure(contenders, rounds=rounds, runs=runs))


def print_machine() -> None:
    """Print what the numbers depend on: Python, the processor, the collector."""
    state = "on" if gc.isenabled() else "OFF"
    default = " (default)" if gc.isenabled() and gc.get_threshold() == (700, 10, 10) else ""
    print(f"Python {platform.python_version()} ({platform.python_implementation()}), {platform.system()}")
    print(f"processor: {_processor()}, {os.cpu_count()} cores")
    print(f"cyclic collector: {state}, thresholds {gc.get_threshold()}{default}; collected before each timing")


def with_deep_stack(work: Callable[[], None]) -> None:
    """Do the work in a thread where a recursion of 10,000s of calls fits; micrograd's backward pass is one."""
    old_limit, old_size = sys.getrecursionlimit(), threading.stack_size(256 * 1024 * 1024)
    sys.setrecursionlimit(100_000)
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(work).result()  # so that an error in the thread is raised here
    finally:
        sys.setrecursionlimit(old_limit)
        threading.stack_size(old_size)


def _processor() -> str:
    """The processor's name, as well as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
