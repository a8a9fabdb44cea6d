"""Hypothesis strategies: numbers, points where a primitive is smooth, and random expressions with such a point.

A test of a derivative compares with numbers from nearby, so what is drawn here behaves there too: not large, not near
the end of a domain or a kink, and nearly straight on the scale of a finite difference. Nothing is drawn and thrown
away: numbers come from the inside of the intervals, and any list of instructions is read as some expression.
"""

import itertools
import keyword
import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autodiff.domain import Intervals
from autodiff.errors import DomainError
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import IDENTITY, PRIMITIVES, STOP_GRADIENT
from autodiff.testing.expression import Expression, Step
from autodiff.testing.smoothness import axes, domains_of, inside, is_smooth, scale_of, smooth_row

__all__ = ["Expression", "expressions", "points", "reals"]

TINY = 1e-3  # numbers between 0 and this are not drawn
LARGE = 10.0  # operands are drawn up to this where the domain goes as far
TRIES = 40  # points of which one at least is smooth, for a primitive that is smooth anywhere
MAX_WIDTH = 6  # operands of a wide primitive


def reals(min_value: float = -10.0, max_value: float = 10.0) -> SearchStrategy[float]:
    """Draw finite floats that are 0 or of a decent size: no magnitude below 0.001, or a thousandth of smaller bounds.

    Shrinks towards 0, then small positive integers, then short fractions; where 0 lies outside, towards the integer
    nearest to it.

    Args:
        min_value: the least.
        max_value: the largest.

    Raises:
        ValueError: if the bounds are not finite, or the wrong way round.

    >>> from hypothesis import find
    >>> find(reals(), lambda x: x > 2.5)
    3.0
    """
    if not -math.inf < min_value <= max_value < math.inf:
        raise ValueError(f"reals: expected finite min_value <= max_value, got {min_value!r} and {max_value!r}")
    low, high = float(min_value), float(max_value)
    tiny = TINY * min(1.0, max(abs(low), abs(high)))
    if low > 0.0:
        low = max(low, tiny)
    elif high < 0.0:
        high = min(high, -tiny)

    def decent(x: float) -> float:
        if x and abs(x) < tiny:  # as many floats are: it keeps its digits, and gets another size
            x = math.frexp(x)[0] * min(1.0, abs(high if x > 0.0 else low))
        return x if abs(x) >= tiny else 0.0

    return st.floats(low, high).map(decent)


def points(primitive: Primitive) -> SearchStrategy[tuple[float, ...]]:
    """Draw operands at which a primitive is smooth: `primitive(*point)` and what is near it can be compared.

    They lie between -10 and 10 as far as the domain goes there, off its ends and off kinks by 0.05 (times the operand
    if that is above 1, times the interval if that is shorter). A wide primitive gets 1 to 6 operands, `dot` 1 to 3
    pairs. Each operand shrinks towards the simplest number of its domain, 0 or 1, and the first away from kinks.

    Args:
        primitive: of the table, or made by `defprimitive`.

    Raises:
        TypeError: if it is not a primitive.
        ValueError: on drawing, if nothing that is drawn will do; it says why.

    >>> from hypothesis import find
    >>> from autodiff import PRIMITIVES
    >>> find(points(PRIMITIVES["log"]), lambda point: True)
    (1.0,)
    >>> find(points(PRIMITIVES["maximum"]), lambda point: True)  # not where they are equal
    (1.0, 0.0)
    """
    _check_primitive("points", primitive)
    if isinstance(primitive, WidePrimitive):
        count = st.sampled_from(_counts(primitive))
        raw = count.flatmap(lambda n: st.tuples(*[reals(-LARGE, LARGE)] * n))
    else:
        raw = st.tuples(*map(_coordinates, primitive.domain))
    tries = itertools.count(1)
    smooth_seen: list[bool] = []

    def is_good(point: tuple[float, ...]) -> bool:
        if is_smooth(primitive, point):
            smooth_seen.append(True)
            return True
        if not smooth_seen and next(tries) >= TRIES:
            raise ValueError(_without_points(primitive, point))
        return False

    # Where there are points at all, not one in a thousand is still to be thrown away after the map.
    return raw.map(lambda point: _off_kinks(primitive, point)).filter(is_good)


def _without_points(primitive: Primitive, point: tuple[float, ...]) -> str:
    """Why nothing can be drawn for a primitive, by what happens at one of the points that were tried."""
    at = ", ".join(map(repr, point))
    try:
        value = primitive.evaluate(point)
    except DomainError:
        domain = ", ".join(" or ".join(map(str, part)) for part in primitive.domain)
        why = f"it raises at ({at}), which its domain {domain} allows; give defprimitive the right domain"
    else:
        why = f"it is {value:.3g} at ({at}), and too steep, too bent or too near its kink there"
        why += "; draw its operands yourself"
    return f"points: no operands of {primitive.name} are both in its domain and smooth: {why}"


def expressions(
    variables: Sequence[str] = ("x", "y"), primitives: Iterable[Primitive] | None = None, max_nodes: int = 60
) -> SearchStrategy[Expression]:
    """Draw expressions: graphs in which a node may use any earlier one, twice if it likes, and plain numbers.

    Shrinks towards fewer nodes with simpler operands, down to the first variable alone, at the point (0.5, 1.5, ...):
    every function of the table is defined there.

    Args:
        variables: the names of the arguments, at least one.
        primitives: those that may occur; by default the table without `identity`, and without `stop_gradient`, whose
            derivative is not that of its result. One that fits no number at hand does not occur.
        max_nodes: at most so many nodes in the graph of a call with Values: variables, plain numbers and inner nodes.

    Raises:
        TypeError: if something in `primitives` is not a primitive.
        ValueError: if `variables` are not distinct Python names other than the primitives', or max_nodes is below 1.

    >>> from random import Random
    >>> from hypothesis import find
    >>> find(expressions(), lambda f: f(*f.point) > 1.5, random=Random(0))
    x  # at x = 2.0, y = 1.5
    """
    by_default = [primitive for primitive in PRIMITIVES.values() if primitive is not STOP_GRADIENT]
    chosen = [*(by_default if primitives is None else primitives)]
    for primitive in chosen:
        _check_primitive("expressions", primitive)
    if isinstance(variables, str) or not variables or len(set(variables)) < len(variables):
        raise ValueError(f"expressions: expected a list of one or more distinct names, got {variables!r}")
    for name in variables:
        if not name.isidentifier() or keyword.iskeyword(name) or any(name == primitive.name for primitive in chosen):
            raise ValueError(f"expressions: expected Python names that are not a primitive's, got {name!r}")
    if max_nodes < 1:
        raise ValueError(f"expressions: expected max_nodes >= 1, got {max_nodes}")
    point = st.tuples(*[reals(-4.0, 4.0)] * len(variables)).map(
        lambda xs: tuple(x or i + 0.5 for i, x in enumerate(xs))  # at 0 too much is undefined, or hidden by a product
    )
    if not chosen:
        return point.map(lambda at: Expression(variables, at, ()))
    step = st.one_of([_instructions(primitive, len(variables), max_nodes) for primitive in chosen])
    short = st.lists(step, max_size=max_nodes)
    long = st.lists(step, min_size=max_nodes // 4, max_size=max_nodes)  # hypothesis' own average is 5
    placeholder = IDENTITY if primitives is None else None  # the simplest step to draw, so that others shrink to none
    return st.builds(
        lambda at, program: _grown(variables, at, [step for step in program if step[0] is not placeholder], max_nodes),
        point,
        short | long,
    )


# --------------------------------------------------------------------------------- where a primitive is smooth


def _coordinates(domain: Intervals) -> SearchStrategy[float]:
    """Numbers of moderate size inside a domain, the rightmost interval first."""
    strategies = []
    for low, high in sorted(map(inside, domain), reverse=True):
        middle = 0.0 if low < LARGE and high > -LARGE else low if low > 0.0 else high
        strategies.append(reals(max(low, middle - LARGE), min(high, middle + LARGE)))
    return st.one_of(strategies)


def _counts(primitive: WidePrimitive) -> Sequence[int]:
    """How many operands a wide primitive is given."""
    return range(2, MAX_WIDTH + 1, 2) if primitive is PRIMITIVES["dot"] else range(1, MAX_WIDTH + 1)


def _off_kinks(primitive: Primitive, point: tuple[float, ...]) -> tuple[float, ...]:
    """The point, or if the primitive is not smooth there, one beside it."""
    x, *rest = point
    unit = min(1.0, scale_of(x, domains_of(primitive, len(point))[0])) * (-1.0 if x > 0.0 else 1.0)
    for shift in (0.0, 1.0, -1.0, 0.25, -0.25):
        moved = (x + shift * unit, *rest)
        if is_smooth(primitive, moved) and abs(moved[0]) <= max(abs(x), LARGE):
            return moved
    return point


# ------------------------------------------------------------------------------------------ growing expressions

_Instruction: TypeAlias = tuple[Primitive, Sequence[int | float]]
"""A node to add. An operand is a number, or how far to look back: 0 is the latest node, the variables come last."""


def _instructions(primitive: Primitive, n: int, max_nodes: int) -> SearchStrategy[_Instruction]:
    """Instructions that can be followed, or skipped, whatever has been added before; there are n variables."""
    near: SearchStrategy[int | float] = st.sampled_from([0, 0, 0, 0, 1, 2])  # so that few nodes are left unused
    far = st.sampled_from([*range(max_nodes), *[*range(-n, 0)] * (max_nodes // (4 * n))])
    back = near | far
    operands: SearchStrategy[Sequence[int | float]]
    if isinstance(primitive, WidePrimitive):
        number = back | reals(-4.0, 4.0)
        operands = st.sampled_from(_counts(primitive)).flatmap(lambda n: st.tuples(*[number] * n))
    elif len(primitive.domain) == 1:
        operands = st.tuples(back)
    else:
        operands = st.tuples(*[back | _coordinates(domain) for domain in primitive.domain])
    return st.tuples(st.just(primitive), operands)


def _grown(variables: Sequence[str], point: Sequence[float], program: Sequence[_Instruction], size: int) -> Expression:
    """The expression that instructions give at a point, without the nodes that would not be smooth there."""
    n = len(variables)
    rows = axes(point, [max(1.0, abs(x)) for x in point])
    steps: list[Step] = []
    room = size - n
    for primitive, wanted in program:
        operands = _operands(primitive, wanted, [row[0] for row in rows], n)
        needed = 1 + sum(isinstance(x, float) for x in operands)
        if operands and needed <= room:
            row = smooth_row(primitive, [[x] * len(rows[0]) if isinstance(x, float) else rows[x] for x in operands])
            if row is not None:
                room -= needed
                rows.append(row)
                steps.append((primitive, operands))
    return Expression(variables, point, _used(steps, n))


def _operands(
    primitive: Primitive, wanted: Sequence[int | float], nodes: Sequence[float], n: int
) -> tuple[int | float, ...]:
    """For each instruction the node it means, or the next one that lies in the domain; () if there is none.

    Args:
        primitive: what they are operands of.
        wanted: the instructions.
        nodes: the numbers at hand.
        n: how many of these are variables.
    """
    if all(isinstance(x, float) for x in wanted):
        wanted = (0, *wanted[1:])  # a node of plain numbers would be one
    order = [*range(len(nodes) - 1, n - 1, -1), *range(n)]
    operands: list[int | float] = []
    for x, domain in zip(wanted, domains_of(primitive, len(wanted)), strict=True):
        if not isinstance(x, float):
            start = x % len(order)
            x = next((i for i in order[start:] + order[:start] if scale_of(nodes[i], domain)), -1)
            if x < 0:
                return ()
        operands.append(x)
    return tuple(operands)


def _used(steps: Sequence[Step], n: int) -> list[Step]:
    """The largest graph among the steps, renumbered: what its last node depends on."""
    graphs: list[set[int]] = [set() for _ in range(n)]  # for each node the steps that it depends on
    for i, (_, operands) in enumerate(steps):
        graphs.append({i}.union(*(graphs[x] for x in operands if isinstance(x, int))))
    largest = max(graphs, key=len)
    kept = sorted(largest)
    position = {i: i for i in range(n)} | {n + old: n + new for new, old in enumerate(kept)}
    return [
        (primitive, tuple(x if isinstance(x, float) else position[x] for x in operands))
        for primitive, operands in (steps[i] for i in kept)
    ]


def _check_primitive(who: str, primitive: Primitive) -> None:
    """Refuse what is not a primitive."""
    if not isinstance(primitive, Primitive):
        raise TypeError(f"{who}: expected a primitive, got {type(primitive).__name__}; see autodiff.PRIMITIVES")
