"""Threads that record, differentiate and replay at once, one Program among them: each as if it were alone."""

import random
import threading
from collections.abc import Callable, Iterator

from autodiff import Program
from tests.fuzz.backends import BACKENDS
from tests.fuzz.graphs import draw
from tests.fuzz.tries import repeat, require

WAIT = 120.0  # seconds, after which a thread is believed to hang


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    recipe, point = draw(rng, rng.choice([5, 40]))
    backend = rng.choice(BACKENDS)

    def program() -> Program:
        return Program(*recipe.build(point), backend=backend, threads=rng.choice([1, 2]))

    shared = program()  # its first calls, which compile it, come from all threads at once
    batches = [[[x + 1e-3 * rng.random() for x in point] for _ in range(rng.randint(1, 200))] for _ in range(5)]

    def replayed(used: Program) -> list[object]:
        results: list[object] = []
        for batch in batches:
            results.append(used(batch).tolist())
            results.append([part.tolist() for part in used.value_and_grad(batch)])
        return results

    def recorded() -> list[object]:
        results: list[object] = []
        for _ in range(20):
            output, leaves = recipe.build(point)
            output.backward()
            results.append([output.data, *(leaf.grad for leaf in leaves)])
        return results

    alone = {"replayed": repr(replayed(program())), "recorded": repr(recorded())}
    tasks: list[tuple[str, Callable[[], object]]] = [("replayed", lambda: replayed(shared)), ("recorded", recorded)]
    got: list[tuple[str, str]] = []
    start = threading.Barrier(n := rng.randint(2, 8))

    def work(name: str, task: Callable[[], object]) -> None:
        start.wait(WAIT)
        try:
            got.append((name, repr(task())))
        except Exception as error:  # noqa: BLE001  # told by the comparison
            got.append((name, repr(error)))

    workers = [threading.Thread(target=work, args=rng.choice(tasks), daemon=True) for _ in range(n)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(WAIT)
        require(not worker.is_alive(), f"a thread of {n} hangs on {backend}")
    for name, result in got:
        require(result == alone[name], f"{name} in {n} threads on {backend}: {result[:200]}, alone {alone[name][:200]}")
    return f"{n} threads, {backend}"
