"""Ctrl-C, once or several times, at random calls within `fit` and `load`: whole steps, and all or nothing."""

import gc
import itertools
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from nn import MLP, SGD, Adam, AdamW, Optimizer, RMSProp, fit, load, losses, save
from tests.fuzz.tries import repeat, require

X = [[0.1, 0.9], [0.8, -0.3], [-0.5, 0.4], [0.2, 0.2], [-1.0, 0.7]]
Y = [0.0, 1.0, 0.5, 1.0, -0.5]
STEPS = 6
BACKENDS = ["eager", "python", "arrays"]


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    collects = gc.isenabled()
    gc.disable()  # a collection calls what other code has asked for, and would be counted
    try:
        return rng.choice([in_fit, in_fit, in_load])(rng)
    finally:
        if collects:
            gc.enable()


def moments(call: Callable[[], object], rng: random.Random, n: int) -> set[int]:
    """Run undisturbed; return n of its calls by number, of rarely called functions as often as of others."""
    numbers: dict[str, list[int]] = {}
    counted = itertools.count(1)

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        numbers.setdefault(frame.f_code.co_qualname, []).append(next(counted))

    call()  # fills the caches, which take calls of their own
    tracer = sys.getprofile()
    try:
        sys.setprofile(trace)
        call()
    finally:
        sys.setprofile(tracer)
    return {rng.choice(numbers[rng.choice([*numbers])]) for _ in range(n)}


def interrupted(call: Callable[[], object], presses: set[int]) -> str:
    """Press Ctrl-C at these calls and returns, counted; return how the call ended."""
    counted = pressed = 0
    here = sys._getframe()  # what this function does behind the call is not attacked

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted, pressed
        counted += 1
        if counted in presses and frame is not here:
            pressed += 1
            signal.raise_signal(signal.SIGINT)

    handler, tracer = signal.signal(signal.SIGINT, signal.default_int_handler), sys.getprofile()
    try:
        sys.setprofile(trace)
        call()
    except KeyboardInterrupt:
        return "raised"
    finally:
        sys.setprofile(tracer)
        signal.signal(signal.SIGINT, handler)
    return "noted" if pressed else "too late"


def new(seed: int, kind: int) -> tuple[MLP, Optimizer]:
    optimizer = [SGD(0.1), SGD(0.1, momentum=0.9), RMSProp(0.05), Adam(0.1), AdamW(0.1)][kind]
    return MLP(2, [3, 1], rng=random.Random(seed)), optimizer


def in_fit(rng: random.Random) -> str:
    """The model and the optimizer are those of a training of k whole steps, for one k."""
    seed, kind, backend = rng.randrange(1000), rng.randrange(5), rng.choice(BACKENDS)
    size = rng.choice([1, 2, 5])

    def train(model: MLP, optimizer: Optimizer, steps: int) -> None:
        fit(
            model, losses.squared_error, X, Y, optimizer=optimizer, max_steps=steps, batch_size=size,
            rng=random.Random(seed), backend=backend, progress=False,
        )  # fmt: skip

    whole = []
    for steps in range(STEPS + 1):
        model, optimizer = new(seed, kind)
        if steps:
            train(model, optimizer, steps)
        whole.append((model.state(), optimizer.state()))
    model, optimizer = new(seed, kind)
    presses = moments(lambda: train(*new(seed, kind), STEPS), rng, rng.choice([1, 2, 3]))
    if rng.random() < 0.5:
        presses |= {press + rng.randint(1, 30) for press in presses}
    end = interrupted(lambda: train(model, optimizer, STEPS), presses)
    state = model.state(), optimizer.state()
    before = state[0] == whole[0][0] and not state[1].get("steps")  # slots may be there already, empty of meaning
    require(
        state in whole or before, f"torn step on {backend} with {type(optimizer).__name__}: no whole step has {state}"
    )
    return f"fit, {end}, {backend}"


def in_load(rng: random.Random) -> str:
    """The model, the optimizer and the generator are all old or all new."""
    kind = rng.randrange(5)
    saved, memory = new(1, kind)
    fit(saved, losses.squared_error, X, Y, optimizer=memory, max_steps=2, backend="eager", progress=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / rng.choice(["model.json", "model.npz"])
        save(path, saved, optimizer=memory, rng=random.Random(5))
        model, optimizer = new(2, kind)
        generator = random.Random(6)

        def states() -> tuple[object, ...]:
            return model.state(), optimizer.state(), generator.getstate()

        old = states()
        other = new(2, kind)
        presses = moments(lambda: load(path, other[0], optimizer=other[1], rng=random.Random(6)), rng, 1)
        end = interrupted(lambda: load(path, model, optimizer=optimizer, rng=generator), presses)
        wanted = saved.state(), memory.state(), random.Random(5).getstate()
        require(
            states() in (old, wanted), f"half loaded from {path.suffix}, {type(optimizer).__name__}: {states()!r:.500}"
        )
    return f"load, {end}, {path.suffix}"
