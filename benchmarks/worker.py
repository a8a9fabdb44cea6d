"""A process for each peer: `Worker` is the side that asks, `serve` the one that answers.

A peer then has an interpreter, a collector and settings of its own, and one that fails or hangs loses the row at hand:
the process is ended, and another one takes the next row.
"""

import gc
import multiprocessing
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from benchmarks import peers
from benchmarks.measure import Contender, runs_for, seconds_per_run, with_deep_stack
from benchmarks.tasks import Task


class LostError(Exception):
    """A contender failed, or took longer than it may."""


class Worker:
    """A peer in a process of its own.

    Args:
        peer: a name in `peers.DISTRIBUTIONS`.
        limit: seconds that one answer may take.
    """

    def __init__(self, peer: str, limit: float) -> None:
        self.peer, self.limit = peer, limit
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_child, args=(self.peer, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._task: Task | None = None

    def ask(self, question: str, *arguments: Any, limit: float | None = None) -> Any:
        """Return the answer of the method of this name of `Peer`; `limit` is for a question that takes longer.

        Raises:
            LostError: if there is none, with the reason.
        """
        try:
            self._pipe.send((question, arguments))
            limit = limit or self.limit
            answered = self._pipe.poll(limit)
            good, answer = self._pipe.recv() if answered else (False, f"no answer in {limit:.0f} s")
        except (EOFError, OSError):
            answered, good, answer = False, False, "its process ended"
        if not answered:
            self._process.kill()
            self._process.join()
            task = self._task
            self._start()
            if task is not None:
                self.begin(task)
        if not good:
            raise LostError(answer)
        return answer

    def begin(self, task: Task) -> None:
        """Give the process its task, in place of the last one with its contenders."""
        self.ask("begin", task)
        self._task = task

    def close(self) -> None:
        """Let the process end."""
        self._pipe.close()
        self._process.join(5.0)
        self._process.kill()


class Peer:
    """What a process can be asked."""

    def __init__(self, name: str) -> None:
        self.name, self.contenders = name, dict[str, Contender]()
        self.makers: dict[str, Callable[[], Contender]] = {}
        self.runs: dict[str, int] = {}

    def version(self) -> str:
        """The name and version of the library; it is imported."""
        peers.load(self.name)
        return peers.version_of(self.name)

    def begin(self, task: Task) -> None:
        """Forget all contenders; the next ones do this task."""
        self.contenders.clear()
        self.runs.clear()
        gc.unfreeze()
        gc.collect()
        self.makers = peers.load(self.name)(task)

    def rows(self) -> list[str]:
        """The names of the rows that it has to offer for the task."""
        return list(self.makers)

    def make(self, row: str) -> tuple[str, float | None, list[float]]:
        """Set up a contender and run it once: (what kind it is, seconds that this took if recorded, numbers)."""
        start = time.perf_counter()
        contender = self.makers[row]()
        result = contender.run()
        seconds = time.perf_counter() - start
        self.contenders[row] = contender
        return contender.how, seconds if contender.recorded else None, list(contender.numbers(result))

    def made(self) -> list[str]:
        """The rows whose contenders it has."""
        return list(self.contenders)

    def numbers(self, row: str) -> list[float]:
        """Its numbers in another run."""
        contender = self.contenders[row]
        return list(contender.numbers(contender.run()))

    def seconds(self, row: str) -> float:
        """Seconds per run, in as many runs in a row as fill a fifth of a second.

        What lives before is hidden from the collector, and garbage of others is collected first, outside the time.
        """
        contender = self.contenders[row]
        gc.collect()
        gc.freeze()
        if row not in self.runs:
            self.runs[row] = runs_for(contender)
        return seconds_per_run(contender, self.runs[row])

    def section(self, module: str, rounds: int) -> Any:
        """The table that a module of this package makes by itself."""
        return import_module(f"benchmarks.{module}").section(rounds)


def _child(name: str, pipe: Connection) -> None:
    """The process."""
    with_deep_stack(lambda: serve(Peer(name), pipe))


def serve(peer: Peer, pipe: Connection) -> None:
    """Answer what is asked, until nobody asks any more."""
    while True:
        try:
            question, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, getattr(peer, question)(*arguments)))
        except Exception as error:  # noqa: BLE001  # whatever goes wrong in a library is the reason for a missing row
            text = " ".join(str(error).split())
            pipe.send((False, f"{type(error).__name__}: {text[:300]}"))
