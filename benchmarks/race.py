"""All contenders of a task: made, compared with each other, and timed in turns."""

from dataclasses import dataclass, field

from benchmarks.measure import Timing, disagreement
from benchmarks.tasks import Task
from benchmarks.worker import LostError, Worker


@dataclass
class Results:
    """What came of a task: a timing for each row, and the rows that were lost, with the reason."""

    timings: dict[str, Timing] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def race(task: Task, workers: list[Worker], rounds: int) -> Results:
    """Return the timings of all that compute the same numbers as the first.

    A round times every contender once; the order alternates from round to round.
    """
    results = Results()
    entries = entered(task, workers, results)
    for _ in range(rounds):
        for row, worker in list(entries.items()):
            if row not in entries:  # it was lost together with another
                continue
            try:
                results.timings[row].seconds.append(worker.ask("seconds", row))
            except LostError as reason:
                drop(row, worker, str(reason), entries, results)
        entries = dict(reversed(entries.items()))
    results.timings = {row: timing for row, timing in results.timings.items() if timing.seconds}
    return results


def entered(task: Task, workers: list[Worker], results: Results) -> dict[str, Worker]:
    """Make the contenders, compare what they compute in three runs, and return those that agree with the first."""
    entries: dict[str, Worker] = {}
    expected: list[list[float]] = []
    for worker in workers:
        try:
            worker.begin(task)
            rows = worker.ask("rows")
        except LostError as reason:
            results.lost[worker.peer] = str(reason)
            continue
        for row in rows:
            try:
                how, setup, numbers = worker.ask("make", row)
                runs = [numbers, worker.ask("numbers", row), worker.ask("numbers", row)]
            except LostError as reason:
                drop(row, worker, str(reason), entries, results)
                continue
            expected = expected or runs
            wrong = next((words for words in map(disagreement, expected, runs) if words), None)
            if wrong:
                results.lost[row] = wrong
                continue
            entries[row] = worker
            results.timings[row] = Timing(how, [], setup)
    return entries


def drop(row: str, worker: Worker, reason: str, entries: dict[str, Worker], results: Results) -> None:
    """Take a row out; where its process had to be ended, the contenders that were made in it are made anew."""
    results.lost[row] = reason
    results.timings.pop(row, None)
    entries.pop(row, None)
    for other in [name for name, of in entries.items() if of is worker]:
        try:
            if other not in worker.ask("made"):
                worker.ask("make", other)
        except LostError as also:
            drop(other, worker, str(also), entries, results)
