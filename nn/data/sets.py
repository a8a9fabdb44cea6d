"""Data sets: small problems, each generated in a few lines, and real digits. `nn.data` says what they return."""

import math
import random
from collections.abc import Sequence
from typing import Any, TypeAlias

from autodiff import MissingDependencyError
from autodiff.extend import as_float, as_int, check_not_negative, check_positive_int, check_rng
from nn.data.samples import shuffled

Labeled: TypeAlias = tuple[list[list[float]], list[int]]  # n rows of inputs, n labels


def moons(n: int, *, noise: float = 0.0, rng: random.Random) -> Labeled:
    """Draw points on two interleaved half circles: label 0 above, label 1 below.

    The radius is 1; the centers are (0, 0) and (1, 0.5). The points are evenly spaced, in random order.

    Args:
        n: the number of points, at least 2; if it is odd, label 1 has one more.
        noise: the standard deviation of the normal noise on both coordinates, >= 0; micrograd's demo has 0.1.
        rng: the generator of order and noise.

    Returns:
        Inputs (n, 2), and n labels.

    Raises:
        TypeError: if `rng` is not a random.Random.
        ValueError: if a number is outside its domain.

    References:
        scikit-learn, `make_moons`.

    >>> inputs, labels = moons(100, noise=0.1, rng=random.Random(0))
    >>> len(inputs), sum(labels)
    (100, 50)
    """
    upper, lower = _halves("moons", n, noise, rng)
    angles = [math.pi * i / max(upper - 1, 1) for i in range(upper)]
    points = [([math.cos(a), math.sin(a)], 0) for a in angles]
    angles = [math.pi * i / max(lower - 1, 1) for i in range(lower)]
    points += [([1.0 - math.cos(a), 0.5 - math.sin(a)], 1) for a in angles]
    return _shuffled_with_noise(points, noise, rng)


def circles(n: int, *, noise: float = 0.0, factor: float = 0.5, rng: random.Random) -> Labeled:
    """Draw points on two circles around the origin: label 0 of radius 1, label 1 inside.

    The points are evenly spaced, in random order.

    Args:
        n, noise, rng: see `moons`, also for result and errors.
        factor: the radius of the inner circle, 0 < factor < 1.

    References:
        scikit-learn, `make_circles`.
    """
    outer, inner = _halves("circles", n, noise, rng)
    if not 0.0 < as_float(factor, "circles: factor") < 1.0:
        raise ValueError(f"circles: expected 0 < factor < 1, got {factor!r}")
    points = []
    for label, size, radius in ((0, outer, 1.0), (1, inner, factor)):
        angles = [2.0 * math.pi * i / size for i in range(size)]
        points += [([radius * math.cos(a), radius * math.sin(a)], label) for a in angles]
    return _shuffled_with_noise(points, noise, rng)


def spirals(n: int, *, noise: float = 0.0, turns: float = 1.0, classes: int = 2, rng: random.Random) -> Labeled:
    """Draw points on spiral arms from the origin to radius 1, one arm for each label.

    Radius and angle grow together, in even steps; the points are in random order.

    Args:
        n: the number of points, at least one for each arm.
        noise, rng: see `moons`, also for result and errors.
        turns: the number of turns of an arm, > 0; 3 in Lang & Witbrock.
        classes: the number of arms, at least 2.

    References:
        Lang & Witbrock, Learning to tell two spirals apart (1988).
    """
    arms = as_int(classes)
    if arms is None or arms < 2:
        raise ValueError(f"spirals: expected classes to be an int >= 2, got {classes!r}")
    classes, n = arms, sum(_halves("spirals", n, noise, rng, arms))
    if not 0.0 < as_float(turns, "spirals: turns") < math.inf:
        raise ValueError(f"spirals: expected turns > 0, got {turns!r}")
    points = []
    for label in range(classes):
        size = n // classes + (label < n % classes)
        for i in range(1, size + 1):
            radius = i / size
            angle = 2.0 * math.pi * (turns * radius + label / classes)
            points.append(([radius * math.cos(angle), radius * math.sin(angle)], label))
    return _shuffled_with_noise(points, noise, rng)


def xor(n: int = 4, *, noise: float = 0.0, rng: random.Random | None = None) -> Labeled:
    """Return the corners of the unit square, with label 1 if the coordinates differ: no line separates the labels.

    Args:
        n: the number of points; they repeat the corners (0, 0), (0, 1), (1, 0), (1, 1).
        noise: see `moons`, also for result and errors.
        rng: the generator of the noise; needed if noise > 0.

    References:
        Rumelhart, Hinton & Williams, Learning internal representations by error propagation (1986), the XOR problem.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    n = check_positive_int("xor", "n", n)
    jitter = _noise("xor", noise, rng)
    corners = [(i % 4 // 2, i % 2) for i in range(n)]
    return [[x + jitter(), y + jitter()] for x, y in corners], [int(x != y) for x, y in corners]


def line(
    n: int = 2,
    *,
    slope: float = -0.5,
    intercept: float = 2.5,
    noise: float = 0.0,
    rng: random.Random | None = None,
) -> tuple[list[list[float]], list[float]]:
    """Return points of y = slope x + intercept: by default the two of the article's example, (1, 2) and (3, 1).

    Args:
        n: the number of points, at least 1, evenly spaced from x = 1 to x = 3.
        slope, intercept: dy/dx and y at x = 0, the article's m and c.
        noise, rng: as for `xor`, also for errors; the noise is on y.

    Returns:
        Inputs (n, 1), and n targets.

    >>> line()
    ([[1.0], [3.0]], [2.0, 1.0])
    """
    n = check_positive_int("line", "n", n)
    slope, intercept = as_float(slope, "line: slope"), as_float(intercept, "line: intercept")
    jitter = _noise("line", noise, rng)
    xs = [1.0 + 2.0 * i / max(n - 1, 1) for i in range(n)]
    return [[x] for x in xs], [slope * x + intercept + jitter() for x in xs]


def digits() -> Labeled:
    """Return scikit-learn's 1,797 handwritten digits of 8 x 8 pixels.

    Returns:
        Inputs (1797, 64), the ink of each pixel from 0 to 1, row by row; and the labels 0 to 9.

    Raises:
        MissingDependencyError: if scikit-learn is not installed.

    References:
        Alpaydin & Kaynak, Optical recognition of handwritten digits, UCI machine learning repository (1998).
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingDependencyError("nn.data.digits", "scikit-learn", "examples") from None
    data = load_digits()
    return [[ink / 16.0 for ink in pixels] for pixels in data.data.tolist()], data.target.tolist()


def _halves(who: str, n: int, noise: float, rng: object, min_n: int = 2) -> tuple[int, int]:
    """The number of points of each of two labels, which together are all; checks the arguments."""
    size = as_int(n)
    if size is None or size < min_n:
        raise ValueError(f"{who}: expected n to be an int >= {min_n}, got {n!r}")
    check_not_negative(who, "noise", noise)
    check_rng(who, rng)
    return size // 2, size - size // 2


def _shuffled_with_noise(points: Sequence[tuple[list[float], int]], noise: float, rng: random.Random) -> Labeled:
    """The points in random order, with noise."""
    order = [points[i] for i in shuffled(rng, len(points))]
    return [[x + rng.gauss(0.0, noise) for x in point] for point, _ in order], [label for _, label in order]


def _noise(who: str, noise: float, rng: random.Random | None) -> Any:
    """A function that draws the noise of one coordinate."""
    if not check_not_negative(who, "noise", noise):
        return lambda: 0.0
    check_rng(who, rng)
    return lambda: rng.gauss(0.0, noise)  # type: ignore[union-attr]
