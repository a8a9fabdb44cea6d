"""The slope of a function in a direction: by differences, and by sharper means where these cannot tell.

Directions are drawn at random: a sum of errors over all numbers shows along one, unless the errors cancel there. The
lengths are drawn from 2**11 numbers, so two equal errors cancel in one direction of 2048.

A function of single precision is looked at in double precision too, if it takes such numbers and gives the same values.
The complex step and forward mode have no truncation; but the complex step is wrong where a function is not analytic
(abs, a comparison, a cast to real numbers), and does not know it. So it is believed where differences vouch for it.
"""

import math
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from autodiff.testing.arguments import Arguments, Function, leaves
from autodiff.testing.differences import EPS, TRUSTED, Slope, slope_at_zero
from autodiff.transforms import jvp
from autodiff.value import Value

Vector: TypeAlias = list[float]
BITS = 10  # of the length of a direction in one number, besides its sign
STEP = 1e-30  # of the complex step: its square vanishes beside any number of ordinary size
VOUCHED = 1e-3  # the relative error of differences that can vouch for a complex step
SINGLE = 2.0**-23  # the precision of single precision
ALIKE = 64 * SINGLE  # two precisions of a function may differ by this


class Oracle(NamedTuple):
    """A derivative in a direction by other means than differences.

    Attributes:
        name: the means.
        derivative: for a direction of the point and weights of the outputs: the derivative, and how far it may be off.
        vouched: the relative error that differences may have to vouch for it.
    """

    name: str
    derivative: Callable[[Vector, Vector], tuple[float, float]]
    vouched: float = math.inf

    def sharpened(self, slope: Slope, v: Vector, w: Vector) -> Slope | None:
        """What it says, if it is sharper than a slope by differences and agrees with that."""
        if slope.error > self.vouched * abs(slope.value):
            return None
        try:
            with _in_silence():
                value, error = self.derivative(v, w)
        except Exception:  # noqa: BLE001  # whatever a function raises for numbers that it does not take
            return None
        is_believed = error < slope.error and abs(value - slope.value) <= 2.0 * slope.error
        return slope._replace(value=value, error=error, means=self.name) if is_believed else None


def oracles_of(case: Arguments, step: float | None) -> list[Oracle]:
    """What may be asked of a function that takes doubles for floats, complex numbers, or Values."""

    def in_double(v: Vector, w: Vector) -> tuple[float, float]:
        slope = slope_at_zero(lambda t: _value(case, _moved(case.numbers, v, t), w, float), is_bounded=step is not None)
        return slope.value, math.inf if slope.trouble else slope.error

    def by_step(x: Vector, v: Vector, w: Vector) -> float:
        return float(_value(case, list(map(complex, x, (STEP * dx for dx in v))), w, complex).imag / STEP)

    def by_engine(x: Vector, v: Vector, w: Vector) -> float:
        return float(jvp(lambda t: _value(case, _moved(x, v, t), w, Value), (0.0,), (1.0,))[1])

    def steady(at: Callable[[Vector, Vector, Vector], float]) -> Callable[[Vector, Vector], tuple[float, float]]:
        def derivative(v: Vector, w: Vector) -> tuple[float, float]:
            value, *others = [at([x * (1.0 + k * EPS) for x in case.numbers], v, w) for k in (0.0, -1.0, 2.0)]
            return value, 4.0 * EPS * abs(value) + max(abs(other - value) for other in others)

        return derivative

    return [
        *([Oracle("double precision", in_double)] if is_alike_in_double(case, step) else []),
        Oracle("complex step", steady(by_step), VOUCHED),
        Oracle("forward mode", steady(by_engine), TRUSTED),
    ]


def is_alike_in_double(case: Arguments, step: float | None) -> bool:
    """Whether a function of single precision gives the same values for doubles, but for rounding."""
    v, w = sizes_of(case, step, by_group=True), [1.0] * len(case.outputs)
    try:
        with _in_silence():
            for t in (0.0, 0.25, -0.25, 0.125, -0.125) if case.is_single else ():
                there = case.at(_moved(case.numbers, v, t))
                rounded = [float(y) for i in case.argnums for _, y in leaves(there[i], "the point")]
                narrow, wide = (_value(case, rounded, w, kind) for kind in (None, float))
                if not abs(narrow - wide) <= ALIKE * max(abs(narrow), abs(wide)) and math.isfinite(narrow):
                    return False
    except Exception:  # noqa: BLE001  # whatever it raises for numbers that it does not take
        return False
    return case.is_single


def measured(case: Function, v: Vector, w: Vector, is_bounded: bool = False, at: Vector | None = None) -> Slope:
    """The slope of the weighted outputs in a direction, at the point or at other numbers."""
    x = case.numbers if at is None else at
    return slope_at_zero(lambda t: _value(case, _moved(x, v, t), w), is_bounded=is_bounded)


@contextmanager
def _in_silence() -> Iterator[None]:
    """A block in which only a complex number that becomes a real one is warned of, by an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "Casting complex")
        yield


def _value(case: Function, numbers: Sequence[Any], w: Vector, kind: type | None = None) -> Any:
    """The weighted sum of the outputs."""
    terms = [weight * x for weight, x in zip(w, case.call(numbers, kind), strict=True) if weight]
    return sum(terms) if kind in (complex, Value) else math.fsum(terms)


def _moved(x: Vector, v: Vector, t: Any) -> list[Any]:
    """Numbers that have gone in a direction."""
    return [number + t * dx if dx else number for number, dx in zip(x, v, strict=True)]


def power_of_two(x: float) -> float:
    """The power of two below a size; 1 for 0."""
    return 2.0 ** (math.frexp(x)[1] - 1) if x else 1.0


def drawn(rng: random.Random, sizes: Sequence[float]) -> Vector:
    """A direction in which every number moves by once to twice its size; for one number it is its size."""
    if len(sizes) == 1:
        return [power_of_two(sizes[0])]
    return [rng.choice((-1.0, 1.0)) * (1.0 + rng.getrandbits(BITS) / 2.0**BITS) * power_of_two(size) for size in sizes]


def sizes_of(case: Function, step: float | None, by_group: bool) -> Vector:
    """How far numbers may move at first: by the largest of their argument, or each by its own size.

    Half of a step that was asked for, because the lengths of a direction are up to twice these.
    """
    if step is not None:
        return [0.5 * step] * len(case.numbers)
    return [group if by_group or not x else abs(x) for x, group in zip(case.numbers, case.groups, strict=True)]


def only(v: Vector, part: Sequence[int]) -> Vector:
    """A direction without all but a part."""
    return [x if i in part else 0.0 for i, x in enumerate(v)]


def halved(part: range, is_wrong: Callable[[range], bool]) -> int:
    """One of the indices to blame, by cutting the range into halves."""
    while len(part) > 1:
        half = part[: len(part) // 2]
        part = half if is_wrong(half) else part[len(half) :]
    return part[0]
