"""Irregular rows that lie in runs, at a single point: right whatever the runs are, in vectors where they are long."""

import random
from itertools import combinations

import numpy as np
import pytest

from autodiff import Program, Value, dot, exp, sqrt
from autodiff import sum as total
from autodiff.extend import adjoints
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import prepare
from autodiff.program.llvm import machine
from autodiff.program.llvm.loops.runs import InRuns, Windows, in_runs
from autodiff.program.recording.record import tape_of


def numbers(n, seed=0):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0)) for _ in range(n)]


def bodies(n, softening=0.01):
    """The energy of all pairs of bodies in space."""
    x, masses = numbers(3 * n), [random.Random(1).uniform(0.5, 1.5) for _ in range(n)]
    energy = 0.0
    for i, j in combinations(range(n), 2):
        square = total([(x[3 * i + k] - x[3 * j + k]) ** 2 for k in range(3)])
        energy = energy - masses[i] * masses[j] / sqrt(square + softening)
    return energy, x


def springs(edges, n, weight=lambda i, j: 1.0):
    """The energy of springs between the numbers of a line."""
    x = numbers(n)
    return total([weight(i, j) * exp(x[i] - x[j]) for i, j in edges]), x


def shuffled(edges):
    edges = list(edges)
    random.Random(0).shuffle(edges)
    return edges


PAIRS = list(combinations(range(30), 2))
GRAPHS = {
    "few bodies": lambda: bodies(9),
    "bodies": lambda: bodies(23),
    "all pairs": lambda: springs(PAIRS, 30),
    "ordered pairs": lambda: springs([(i, j) for i in range(20) for j in range(20) if i != j], 20),
    "pairs in disorder": lambda: springs(shuffled(PAIRS), 30),
    "a pair is missing": lambda: springs([pair for pair in PAIRS if pair != (7, 19)], 30),
    "a pair twice": lambda: springs([*PAIRS, (3, 11)], 30),
    "the ends of pairs exchanged": lambda: springs([(j, i) for i, j in PAIRS], 30),
    "other weights": lambda: springs(PAIRS, 30, lambda i, j: 0.1 * i - 0.2 * j),
    "neighbors up to ten": lambda: springs([(i, j) for i, j in combinations(range(60), 2) if j - i <= 10], 60),
    "a ring": lambda: springs([(i, (i + k) % 80) for k in (1, 2, 5) for i in range(80)], 80),
    "a star": lambda: springs([(0, i) for i in range(1, 200)], 200),
    "no pattern": lambda: springs([tuple(random.Random(k).sample(range(50), 2)) for k in range(300)], 50),
}


def at_a_point(program, x, dtype="float64"):
    """The value and the gradient at the point of the recording, by the code for single points."""
    point = np.array([value.data for value in x], dtype)
    value, gradient = program.value_and_grad(point)
    return np.array([value, *gradient], float)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", GRAPHS)
def test_runs_of_every_kind_give_what_eager_code_gives(name, dtype):
    output, x = GRAPHS[name]()
    got = at_a_point(Program(output, x, backend="llvm", dtype=dtype), x, dtype)
    expected = np.array([output.data, *[y.data if isinstance(y, Value) else y for y in adjoints(output, x)]])
    tolerance = 1e-12 if dtype == "float64" else 2e-4
    assert got == pytest.approx(expected, rel=tolerance, abs=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("doubles", [2, 4])
@pytest.mark.parametrize("name", ["bodies", "all pairs", "other weights", "a star"])
def test_vectors_of_other_lengths(name, doubles, monkeypatch):
    output, x = GRAPHS[name]()
    expected = at_a_point(Program(output, x, backend="llvm"), x)
    monkeypatch.setattr("autodiff.program.llvm.kernel.doubles", lambda: doubles)
    monkeypatch.setattr(machine, "ENGINES", {})
    got = at_a_point(Program(output, x, backend="llvm"), x)
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max())


def kinds(name):
    """The kinds of instructions of the gradient."""
    output, x = GRAPHS[name]()
    tape = tape_of([output], x)
    return [type(each) for each in in_runs(array_program(prepare(tape, tape.inputs), False).instructions, 8)]


def test_pairs_of_bodies_are_read_and_added_in_vectors_and_rows_without_a_pattern_are_not_read_so():
    assert kinds("bodies").count(InRuns) == kinds("bodies").count(Windows) == 1
    assert InRuns not in kinds("no pattern")


def test_a_pair_that_is_not_finite_leaves_other_bodies_alone():
    n = 23
    output, x = bodies(n, softening=0.0)
    program, plain = [Program(output, x, backend=backend) for backend in ("llvm", "python")]
    for value, other in zip(x[12:15], x[45:48], strict=True):
        value.data = other.data  # two bodies at one place
    got, expected = at_a_point(program, x), at_a_point(plain, x)
    assert np.count_nonzero(~np.isfinite(expected[1:])) == 6
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_a_weight_that_is_not_finite_is_no_reason_for_others():
    x = numbers(40)
    terms = [[x[i] - x[j] for j in range(i + 1, 40)] for i in range(39)]
    output = total([dot(row, [float("inf") if i == 7 else 1.0] * len(row)) for i, row in enumerate(terms)])
    program, plain = [Program(output, x, backend=backend) for backend in ("llvm", "python")]
    np.testing.assert_array_equal(at_a_point(program, x), at_a_point(plain, x))
