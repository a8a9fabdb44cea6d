"""Random graphs in the JavaScript that is printed, several in one process of node, against eager code."""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator

from autodiff import Program
from tests.fuzz.backends import compare, points_near
from tests.fuzz.graphs import draw
from tests.fuzz.tries import repeat, require

PROGRAMS = 8


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    if shutil.which("node") is None:
        return iter(["not tried: node is not installed"])
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    cases, scripts = [], []
    while len(cases) < PROGRAMS:
        recipe, point = draw(rng, rng.choice([3, 10, 30]))
        points, wanted = points_near(recipe, point, rng, 0)
        if points:
            source = Program(*recipe.build(points[0])).source("javascript", wrt="inputs")
            scripts.append(f"(() => {{ {source}\nreturn {json.dumps(points)}.map(p => value_and_grad(p)) }})()")
            cases.append(wanted)
    script = f"process.stdout.write(JSON.stringify([{','.join(scripts)}]))"
    ran = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=120)
    require(ran.returncode == 0, ran.stderr[-1000:])
    for results, wanted in zip(json.loads(ran.stdout), cases, strict=True):
        columns = zip(*([value, *slope] for value, slope in results), strict=True)
        compare("javascript", [*columns], wanted)
    return f"{PROGRAMS} programs in node"
