"""The same graphs in another process, bit for bit: with another hash seed, and, if you name one, in another build.

`CHAINRULE_OTHER_PYTHON=/path/to/python` is a Python in which chainrule is installed, compiled say. Without it the same
build is compared with itself.
"""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import autodiff
from autodiff import DomainError, gradients
from tests.fuzz.graphs import draw
from tests.fuzz.tries import repeat, require

GRAPHS = 20
ROOT = Path(__file__).parents[2]
# An installed chainrule is first, the sources last; without another Python the sources of this process are used.
CHILD = """
import random, sys
sys.path.append(sys.argv[2])
if sys.argv[3]:
    sys.path.insert(0, sys.argv[3])
import autodiff
from tests.fuzz.builds import digests
print(autodiff.build(), *digests(random.Random(int(sys.argv[1]))))
"""


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def digests(rng: random.Random) -> list[str]:
    """For each of some graphs a digest of all its bits: numbers, partials, gradients and gradients of these."""
    texts = []
    for _ in range(GRAPHS):
        recipe, point = draw(rng, rng.choice([3, 10, 40]))
        output, leaves = recipe.build(point)
        output.backward()
        numbers = [output.data, *(leaf.grad for leaf in leaves), *output.partials]
        try:
            slope = gradients(output, leaves)[0]
            slope.backward()
            numbers += [slope.data, *(leaf.grad for leaf in leaves), *slope.partials]
            message = ""
        except DomainError as error:
            message = str(error)
        text = " ".join(number.hex() for number in numbers) + message
        texts.append(hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
    return texts


def attempt(rng: random.Random) -> str:
    seed = rng.getrandbits(32)
    other = os.environ.get("CHAINRULE_OTHER_PYTHON", "")
    first = "" if other else str(Path(autodiff.__file__).parents[1])
    environment = {**os.environ, "PYTHONHASHSEED": str(rng.randrange(1000))}
    with tempfile.TemporaryDirectory() as folder:
        command = [other or sys.executable, "-P", "-c", CHILD, str(seed), str(ROOT), first]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=300)
    require(ran.returncode == 0, ran.stderr[-1000:])
    build, *theirs = ran.stdout.split()
    for i, (mine, their) in enumerate(zip(digests(random.Random(seed)), theirs, strict=True)):
        require(mine == their, f"graph {i} of {seed} has other bits here, {autodiff.build()}, than there, {build}")
    return f"{GRAPHS} graphs, {autodiff.build()} against {build}"
