"""Random graphs on every backend, and in the Python and numpy that is printed, against eager code."""

import importlib.util
import pickle
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from autodiff import Program, gradients
from tests.fuzz.graphs import OutsideError, Recipe, draw, is_near, reference
from tests.fuzz.tries import repeat, require

BACKENDS = ["python", "arrays", *(["llvm"] if importlib.util.find_spec("llvmlite") else [])]
KINDS = [*BACKENDS, "python source", "numpy source"]


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def points_near(recipe: Recipe, point: list[float], rng: random.Random, order: int) -> tuple[list[Any], list[Any]]:
    """Points where the recipe is smooth, and what eager code has there; the first point is that of recording."""
    points, wanted = [], []
    for i in range(rng.randint(1, 9)):
        near = [x * (1 + (i > 0) * rng.uniform(-0.05, 0.05)) for x in point]
        try:
            wanted.append(reference(recipe, near, order))
        except (OutsideError, ArithmeticError):
            continue
        points.append(near)
    return points, wanted


def attempt(rng: random.Random) -> str:
    kind = rng.choice(KINDS)
    recipe, point = draw(rng, rng.choice([3, 10, 30, 60]))
    order = int(len(recipe.lines) <= 30 and rng.random() < 0.3)
    points, wanted = points_near(recipe, point, rng, order)
    if not points:
        return f"{kind}: not smooth"
    output, leaves = recipe.build(points[0])
    if order:
        output = gradients(output, leaves)[0]
    n = rng.randint(1, len(leaves))  # the first are inputs, the others parameters, the same at all points
    if kind.endswith("source"):
        compare_source(kind, Program(output, leaves), points, wanted)
        return kind
    program = Program(output, leaves, backend=kind)
    if rng.random() < 0.2:
        program = pickle.loads(pickle.dumps(program))
    batch = np.array(points)
    compare(f"{kind}: a batch", [program(batch)], [[w[0]] for w in wanted])
    values, slopes = program.value_and_grad(np.asfortranarray(batch) if rng.random() < 0.5 else batch)
    compare(f"{kind}: value_and_grad", [values, *np.asarray(slopes).T], wanted)
    value, slope = program.value_and_grad(points[0])
    compare(f"{kind}: a point", [[value], *([s] for s in slope)], wanted[:1])
    if n < len(leaves):
        split = Program(output, leaves[:n], leaves[n:], backend=kind)
        mean, by_parameters = split.mean_and_grad([points[0][:n]] * 3, points[0][n:])
        first = [wanted[0][0], *wanted[0][1 + n :]]
        compare(f"{kind}: mean_and_grad", [[mean], *([g] for g in by_parameters)], [first])
    return kind


def compare_source(kind: str, program: Program, points: list[Any], wanted: list[Any]) -> None:
    """Run printed code at the points."""
    language = kind.split()[0]
    namespace: dict[str, Any] = {}
    exec(program.source(language, wrt="inputs"), namespace)
    function = namespace["value_and_grad"]
    if language == "numpy":
        values, slopes = function(np.array(points), np.zeros(0))
        compare(kind, [np.ravel(values), *np.reshape(slopes, (len(points), -1)).T], wanted)
        return
    for point, numbers in zip(points, wanted, strict=True):
        value, slope = function(point)
        compare(kind, [[value], *([g] for g in slope)], [numbers])


def compare(what: str, columns: list[Any], wanted: list[Any]) -> None:
    """Each column has a number for each point."""
    require(len(columns) == len(wanted[0]), f"{what}: {len(columns)} results for {len(wanted[0])}")
    for j, column in enumerate(columns):
        require(len(column) == len(wanted), f"{what}: {len(column)} points for {len(wanted)}")
        for i, got in enumerate(column):
            number, bound = wanted[i][j]
            require(
                is_near(float(got), wanted[i][j]),
                f"{what}: result {j} at point {i} is {got!r}, eagerly {number!r}; rounding explains {bound:.2g}",
            )
