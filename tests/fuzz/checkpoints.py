"""Damaged checkpoints, and a process killed while it saves: a file is loaded as it was saved, or refused."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import autodiff
from nn import MLP, Adam, StateError, load, save
from tests.fuzz.tries import repeat, require

WRONG: list[Any] = [
    *(None, True, 0, -1, 1e308, 1e999, float("nan"), 2**70, "", "chainrule", "x" * 1000, [], {}, [[]], [1], {"": 1}),
    *(["1.0"], 10**400),
]
MOST_MEMORY = 200e6  # bytes, for a file of some kilobytes
SAVER = """
import random, sys
sys.path.insert(0, sys.argv[3])
from nn import MLP, save
models = [MLP(2, [20, 1], rng=random.Random(seed)) for seed in (1, 2)]
print("ready", flush=True)
while True:
    for model in models:
        save(sys.argv[1], model)
"""


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    return rng.choices([damaged, killed], [50, 1])[0](rng)


def new(seed: int) -> tuple[MLP, Adam, random.Random]:
    model, optimizer = MLP(2, [3, 1], rng=random.Random(seed)), Adam(0.1)
    for parameter in model.parameters():
        parameter.grad = 0.1
    optimizer.step(model.parameters())
    return model, optimizer, random.Random(seed)


def states(model: MLP, optimizer: Adam, rng: random.Random) -> tuple[object, ...]:
    return model.state(), optimizer.state(), rng.getstate()


def saved(suffix: str) -> tuple[bytes, tuple[object, ...]]:
    """A file, and what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        model, optimizer, generator = new(1)
        save(path, model, optimizer=optimizer, rng=generator)
        return path.read_bytes(), states(model, optimizer, generator)


def read(content: bytes, suffix: str) -> tuple[object, ...] | None:
    """What is loaded from a file; None if it is refused, in few words, with little memory, and without a change."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        model, optimizer, generator = new(2)
        old = states(model, optimizer, generator)
        is_refused = False
        tracemalloc.start()
        try:
            load(path, model, optimizer=optimizer, rng=generator)
        except StateError as error:
            require(len(str(error)) < 5_000, f"an error of {len(str(error))} characters")
            is_refused = True
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    require(peak < MOST_MEMORY + 20 * len(content), f"{peak:,} bytes of memory for {len(content):,}")
    now = states(model, optimizer, generator)
    require(not is_refused or now == old, "refused, and changed")
    return None if is_refused else now


def damaged(rng: random.Random) -> str:
    suffix = rng.choice([".json", ".npz"])
    whole, wanted = saved(suffix)
    harm = rng.choice([flip, truncate, splice, noise, field, field, nest, bomb])
    loaded = read(harm(whole, suffix, rng), suffix)
    what = f"{harm.__name__} of {suffix}"
    if loaded and harm is not field:  # a field without a checksum may be another number
        require(loaded == wanted, f"{what}: loaded what was not saved")
    return f"{what}, {'loaded' if loaded else 'refused'}"


def flip(content: bytes, suffix: str, rng: random.Random) -> bytes:
    bits = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 20])):
        bits[rng.randrange(len(bits))] ^= 1 << rng.randrange(8)
    return bytes(bits)


def truncate(content: bytes, suffix: str, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def splice(content: bytes, suffix: str, rng: random.Random) -> bytes:
    a, b = sorted(rng.sample(range(len(content)), 2))
    return rng.choice([content[:a] + content[b:], content[:b] + content[a:], content[a:] + content[:a]])


def noise(content: bytes, suffix: str, rng: random.Random) -> bytes:
    return content[: rng.choice([0, 2, 10])] + rng.randbytes(rng.randrange(2_000))


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all fields of a document."""
    children = document.items() if isinstance(document, dict) else enumerate(document[:3])
    for key, child in children:
        yield (*path, key)
        if isinstance(child, dict | list):
            yield from places(child, (*path, key))


def field(content: bytes, suffix: str, rng: random.Random) -> bytes:
    """A field replaced, or left out; the checksum is left out, as by a user who edits the file."""
    if suffix == ".npz":
        return flip(content, suffix, rng)
    document = without_checksum(content)
    *way, last = rng.choice([*places(document)])
    at = document
    for key in way:
        at = at[key]
    if rng.random() < 0.1:
        del at[last]
    else:
        at[last] = rng.choice(WRONG)
    return json.dumps(document).encode()


def without_checksum(content: bytes) -> Any:
    document = json.loads(content)
    del document["checksum"]
    return document


def nest(content: bytes, suffix: str, rng: random.Random) -> bytes:
    depth = rng.choice([900, 10_000, 200_000])
    deep = rng.choice([b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth])
    return rng.choice([deep, content.replace(b"{", b'{"model": ' + deep + b",", 1)])


def bomb(content: bytes, suffix: str, rng: random.Random) -> bytes:
    """A small file with large arrays: compressed zeros, or a header that claims more than the file has."""
    if suffix == ".json":
        return b'{"format": "chainrule", "version": 1, "model": {"w": ' + b"9" * rng.choice([5_000, 500_000]) + b"}}"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.npz", Path(folder) / "b.npz"
        source.write_bytes(content)
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new_file:
            victim = rng.choice(old.namelist())
            for name in old.namelist():
                data = old.read(name)
                if name == victim:
                    n = rng.choice([10**7, 10**8])
                    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }" % n
                    header += b" " * (-(len(header) + 11) % 64) + b"\n"
                    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
                    data += bytes(rng.choice([0, 100, min(8 * n, 10**8)]))
                new_file.writestr(name, data)
        return target.read_bytes()


def killed(rng: random.Random) -> str:
    """A process that saves two models in turn is killed; the file is one of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / rng.choice(["model.json", "model.npz"])
        root = str(Path(autodiff.__file__).parents[1])
        command = [sys.executable, "-P", "-c", SAVER, str(path), "", root]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as saver:
            assert saver.stdout is not None
            saver.stdout.readline()
            while saver.poll() is None and not path.exists():
                time.sleep(0.01)
            time.sleep(rng.random() * 0.1)
            os.kill(saver.pid, signal.SIGKILL)
        model = MLP(2, [20, 1], rng=random.Random(0))
        load(path, model)
        wanted = [MLP(2, [20, 1], rng=random.Random(seed)).state() for seed in (1, 2)]
    require(model.state() in wanted, f"killed in save: {path.suffix} has another model")
    return f"killed in save, {path.suffix}"
