"""A recorded graph computed again: with other numbers, with complex numbers, from the middle.

What is replayed are the forward functions alone, so this knows nothing of partials, adjoints or tangents.
"""

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autodiff.languages import Language
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES
from autodiff.spelling import function
from autodiff.testing.differences import slope_at_zero
from autodiff.testing.measure import power_of_two
from autodiff.value import Value

STEP = 1e-30
"""The imaginary step: its square vanishes beside any number of ordinary size."""


def _dot(*xs: complex) -> complex:
    half = len(xs) // 2
    return sum((x * y for x, y in zip(xs[:half], xs[half:], strict=True)), 0.0j)


def _logsumexp(*xs: complex) -> complex:
    largest = max(x.real for x in xs)
    return largest + cmath.log(sum(cmath.exp(x - largest) for x in xs))


def _atan2(y: complex, x: complex) -> complex:
    return -1j * cmath.log((x + 1j * y) / cmath.sqrt(x * x + y * y))


def _away_from_0(f: Callable[[complex], complex]) -> Callable[[complex], complex]:
    """An odd function, from the right half of the plane."""
    return lambda x: f(x) if x.real >= 0.0 else -f(-x)


_LIBRARY: Mapping[str, Callable[..., complex]] = {
    **{name: f for name, f in vars(cmath).items() if callable(f)},
    "pow": pow,  # by multiplication for integers up to 100, so that a negative number keeps its last digits
    "abs": lambda x: x if x.real >= 0.0 else -x,  # as it goes on from the real numbers on this side
    "expm1": lambda x: cmath.exp(x) - 1.0,
    "log1p": lambda x: cmath.log(1.0 + x),
    "log2": lambda x: cmath.log(x) / math.log(2.0),
    "hypot": lambda x, y: cmath.sqrt(x * x + y * y),
    "atan2": _atan2,
    "cbrt": _away_from_0(lambda x: x ** (1.0 / 3.0)),
}
_COMPLEX = Language(
    "complex",
    library={name: name for name in _LIBRARY},
    relations={sign: f"{{0}}.real {sign} {{1}}.real" for sign in ("==", "!=", "<", "<=", ">", ">=")},
)
_ON_PAPER = replace(_COMPLEX, name="mathematics")  # formulas without a choice, which is not analytic where it jumps


def _is_smooth(primitive: Primitive) -> bool:
    """Whether its formula has no choice, or one for complex numbers whose branches meet smoothly."""
    return "complex" in primitive.spellings or " if " not in primitive.formula


def _analytic() -> dict[str, Callable[..., complex]]:
    """The formulas of the table on complex numbers: of the primitives without a kink."""
    names = {**_LIBRARY, "inf": complex(math.inf), "nan": complex(math.nan)}
    smooth = [primitive for primitive in PRIMITIVES.values() if primitive.kink is None]
    narrow = [primitive for primitive in smooth if primitive.partials]
    known = [primitive for primitive in narrow if primitive.formula or primitive.name in _LIBRARY]
    return {
        primitive.name: function(primitive, _COMPLEX if _is_smooth(primitive) else _ON_PAPER, names)
        for primitive in known
    }


ANALYTIC: Mapping[str, Callable[..., complex]] = {
    **_analytic(),
    "sum": lambda *xs: sum(xs, 0.0j),
    "dot": _dot,
    "logsumexp": _logsumexp,
}
"""The analytic primitives as functions of complex numbers. Those with a kink are not in it."""


def is_analytic(order: Sequence[Value]) -> bool:
    """Whether complex numbers can go through every node of a graph."""
    return all(node.primitive is None or node.primitive.name in ANALYTIC for node in order)


def replay(
    order: Sequence[Value], given: Mapping[Value, Any], functions: Mapping[str, Callable[..., Any]] = ANALYTIC
) -> dict[Value, Any]:
    """Return the value of every node, where those in `given` have the values given, and other leaves their own.

    Args:
        order: a graph in topological order.
        given: leaves or inner nodes, and their values: complex numbers, or whatever `functions` take.
        functions: what to compute with, by the name of the primitive.
    """
    values: dict[Value, Any] = {}
    for node in order:
        if node in given:
            values[node] = given[node]
        elif node.primitive is None:
            values[node] = node.data
        else:
            values[node] = functions[node.primitive.name](*[values[operand] for operand in node.operands])
    return values


def derivative_in_direction(order: Sequence[Value], direction: Mapping[Value, float]) -> dict[Value, float]:
    """Return d node / d t for every node, where the nodes of `direction` move by t times their direction.

    By complex step: each starts at its data plus i times a step, and what arrives as imaginary part is the derivative.
    """
    moved = {node: complex(node.data, STEP * slope) for node, slope in direction.items()}
    return {node: value.imag / STEP for node, value in replay(order, moved).items()}


def partial_by_oracle(node: Value, index: int) -> tuple[float, float]:
    """Return d node / d operands[index] without the table, and a bound on the error of that.

    By complex step on the node alone if its primitive is analytic, else by differences.
    """
    assert node.primitive is not None
    data = [operand.data for operand in node.operands]
    if node.primitive.name in ANALYTIC:
        moved: list[Any] = [complex(x) for x in data]
        moved[index] += STEP * 1j
        derivative = ANALYTIC[node.primitive.name](*moved).imag / STEP
        return derivative, 1e-8 * max(1.0, abs(derivative))
    forward, x = node.primitive.forward, data[index]
    slope = slope_at_zero(lambda t: forward(*data[:index], x + t * power_of_two(x), *data[index + 1 :]))
    derivative, error = slope.value / power_of_two(x), slope.error / power_of_two(x)
    return derivative, 10.0 * error + 1e-8 * max(1.0, abs(derivative))
