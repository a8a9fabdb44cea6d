"""`check_gradients`: whether derivatives are right, by means that share nothing with how they are taken."""

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from autodiff import reverse
from autodiff.errors import GradientError
from autodiff.forward import push_forward
from autodiff.graph import topological_order
from autodiff.structure import numbers_of
from autodiff.testing.case import Arguments, Parameters
from autodiff.testing.oracles import EPS, Difference, difference_inside
from autodiff.testing.replay import derivative_in_direction, is_analytic, partial_by_oracle
from autodiff.value import Value, as_value

MODES = ("reverse", "forward")

# A derivative is a sum over paths of products of partials. Rounding shifts it by eps times the sum of the |products|,
# times the condition numbers of the operands on the way. Half of the digits is room for condition numbers up to 1e7;
# a wrong formula is wrong in the first few digits.
SHARE = math.sqrt(EPS)
STEP = EPS ** (1 / 3)  # of a central difference, and so what noise is divided by
OF_PATHS = "sqrt(eps) of the sum over all paths of |product of partials|"
OF_STEPS = "10 times the error estimated from a second step"


class Oracle(NamedTuple):
    """What a derivative should be: by which means, and how far that may be off."""

    name: str
    derivative: float
    error: float


def check_gradients(
    f: Callable[..., Any],
    *point: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    gradient: Callable[..., Any] | None = None,
) -> None:
    """Raise GradientError unless the derivatives of `f` at a point are right.

    Every first derivative, in each mode, is compared with a central difference of `f` itself and, if all primitives
    on the way are analytic, with the complex step through the recorded graph, which is good to the last digits. Second
    derivatives are compared along one direction that involves all of them.

    Args:
        f: a function of numbers or structures of numbers that returns a number or a structure of numbers; a primitive;
            or a model with `named_parameters()`, which is checked with respect to its parameters.
        *point: the arguments of `f`. Stay away from kinks and ends of domains.
        order: 1 for first derivatives, 2 for second ones too.
        modes: which of "reverse" and "forward" to check.
        gradient: a gradient written by hand, to be checked instead: a function of the same arguments that returns
            d f / d number, in the structure of the argument, or for several arguments a list of theirs; arrays will do.
            Then `f` need not know the engine: it is called with floats only, and returns one.

    Raises:
        GradientError: an AssertionError that shows the point, both numbers, the tolerance and where it comes from, and
            the smallest part of the graph that is wrong.
        TypeError: if an argument or a result is not a structure of numbers.
        ValueError: if an option is not one of those above, or the point lies at the end of a domain.

    >>> from autodiff import tanh
    >>> check_gradients(lambda x, y: tanh(x * y) / y, 0.5, 2.0)
    >>> check_gradients(lambda x: x**2, 3.0, gradient=lambda x: x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autodiff.errors.GradientError: d f / d x0 is wrong at x0 = 3.0
        by hand                3.0
        by central difference  6.0...
        they differ by 3, more than the tolerance ...
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradients: expected order 1 or 2, got {order!r}")
    if not modes or isinstance(modes, str) or not set(modes) <= set(MODES):
        raise ValueError(f"check_gradients: expected modes to be a list of some of {', '.join(MODES)}, got {modes!r}")
    case = Parameters(f, point) if hasattr(f, "named_parameters") else Arguments(f, point)
    if not case.numbers:
        raise TypeError("check_gradients: expected a point or parameters with at least one number, got none")
    if gradient is not None:
        _check_by_hand(case, gradient, point)
        return
    inputs, outputs = case.record(case.numbers)
    for number, output in enumerate(outputs):
        _check_first(case, inputs, output, number, order, modes)
        if order == 2:
            _check_second(case, inputs, output, number, modes)


def _check_first(
    case: Arguments, inputs: list[Value], output: Value, number: int, order: int, modes: Sequence[str]
) -> None:
    """Check the first derivatives of one output."""
    nodes = topological_order(output)
    found: dict[str, list[float]] = {}
    if "reverse" in modes:
        found["reverse mode"] = reverse.adjoints(output, inputs)
        if order == 2:  # whose partials, those on Values, are others
            found["reverse mode on Values"] = [float(slope) for slope in reverse.gradients(output, inputs)]
    if "forward" in modes:
        found["forward mode"] = [push_forward(nodes, {x: 1.0}).get(output, 0.0) for x in inputs]
    in_all, _, of_value = _rounding(nodes, inputs)
    for i, (x, allowed) in enumerate(zip(inputs, in_all, strict=True)):
        difference = _difference(case, i, number)
        oracles = [Oracle("central difference", difference.derivative, 10.0 * (difference.error + of_value / STEP))]
        if is_analytic(nodes) and x in nodes:
            oracles.insert(0, Oracle("complex step", derivative_in_direction(nodes, {x: 1.0})[output], 0.0))
        for oracle in oracles:
            for mode, derivatives in found.items():
                _compare(case, f"d f / d {case.names[i]}", mode, derivatives[i], oracle, allowed, output)


def _check_second(case: Arguments, inputs: list[Value], output: Value, number: int, modes: Sequence[str]) -> None:
    """Check the Hessian times one direction."""
    rng = random.Random(0)
    direction = [rng.uniform(0.5, 1.5) * rng.choice((-1.0, 1.0)) for _ in inputs]
    along = dict(zip(inputs, direction, strict=True))
    slopes = [as_value(slope) for slope in reverse.gradients(output, inputs)]
    nodes = topological_order(*slopes)
    forward = push_forward(nodes, along)
    by_step = derivative_in_direction(nodes, along) if is_analytic(nodes) else None
    by_partials = _rounding(topological_order(output), inputs)[1]

    @cache
    def slopes_at(t: float) -> list[float]:
        there, outputs = case.record([x + t * v for x, v in zip(case.numbers, direction, strict=True)])
        return reverse.adjoints(outputs[number], there)

    for i, slope in enumerate(slopes):
        difference = difference_inside(lambda t, i=i: slopes_at(t)[i], 0.0)  # type: ignore[misc]
        error = 10.0 * (difference.error + by_partials[i] / STEP)
        oracles = [Oracle("difference of first derivatives", difference.derivative, error)]
        if by_step:
            oracles.insert(0, Oracle("complex step", by_step[slope], 0.0))
        in_all = _rounding(topological_order(slope), inputs)[0]
        allowed = sum(size * abs(v) for size, v in zip(in_all, direction, strict=True))
        found = {}
        if "forward" in modes:
            found["forward over reverse"] = forward.get(slope, 0.0)
        if "reverse" in modes:
            row = zip(reverse.adjoints(slope, inputs), direction, strict=True)
            found["reverse over reverse"] = sum(h * v for h, v in row)
        for oracle in oracles:
            for mode, second in found.items():
                what = f"the derivative of d f / d {case.names[i]} in the direction {direction}"
                _compare(case, what, mode, second, oracle, allowed, slope)


def _check_by_hand(case: Arguments, gradient: Callable[..., Any], point: tuple[Any, ...]) -> None:
    """Check a gradient that somebody wrote."""
    by_hand = [float(x) for x in numbers_of(_as_lists(gradient(*point)), "check_gradients: the gradient")]
    if len(by_hand) != len(case.numbers):
        raise GradientError(
            f"the gradient has {len(by_hand)} numbers where the point has {len(case.numbers)}; "
            "return d f / d number for every number of the point"
        )
    for i, derivative in enumerate(by_hand):
        difference = _difference(case, i, 0)
        oracle = Oracle("central difference", difference.derivative, 10.0 * difference.error)
        _compare(case, f"d f / d {case.names[i]}", "hand", derivative, oracle, SHARE * abs(difference.derivative), None)


def _as_lists(structure: Any) -> Any:
    """Arrays in a structure, and its tuples, as lists."""
    if isinstance(structure, list | tuple):
        return [_as_lists(part) for part in structure]
    return structure.tolist() if hasattr(structure, "tolist") else structure


def _difference(case: Arguments, i: int, number: int) -> Difference:
    """The central difference of one output by one number."""

    def moved(x: float) -> float:
        return case.evaluate([*case.numbers[:i], x, *case.numbers[i + 1 :]])[number]

    try:
        return difference_inside(moved, case.numbers[i])
    except ValueError as error:
        raise ValueError(f"check_gradients: {case.names[i]} = {error}") from None


def _rounding(nodes: Sequence[Value], inputs: Sequence[Value]) -> tuple[list[float], list[float], float]:
    """What rounding may do: to the derivatives in all, to them by their partials alone, and to the value of the output.

    A derivative is a sum over paths of products of partials. The first list is sqrt(eps) of the sum of the absolute
    products, and four times the second. The second lets each partial be off by eps of itself or of 1, whichever is
    larger: a small partial may be the difference of numbers of size 1, as 1 - tanh**2 is. The value lets each node be
    off by eps of itself.
    """
    sums = dict.fromkeys(nodes, 0.0)
    errors = dict.fromkeys(nodes, 0.0)
    sums[nodes[-1]] = 1.0
    for node in reversed(nodes):
        for operand, partial in zip(node.operands, node.partials, strict=True):
            size = abs(partial)
            sums[operand] += sums[node] * size
            errors[operand] += errors[node] * size + sums[node] * EPS * max(1.0, size)
    by_partials = [errors.get(x, 0.0) for x in inputs]
    in_all = [SHARE * sums.get(x, 0.0) + 4.0 * error for x, error in zip(inputs, by_partials, strict=True)]
    return in_all, by_partials, EPS * sum(sums[node] * abs(node.data) for node in nodes)


def _compare(
    case: Arguments, what: str, how: str, found: float, oracle: Oracle, allowed: float, output: Value | None
) -> None:
    """Raise GradientError unless a derivative is what the oracle says, within the allowed rounding and its error."""
    tolerance = allowed + oracle.error
    if abs(found - oracle.derivative) <= tolerance:  # false for a nan
        return
    at = ", ".join(f"{name} = {x!r}" for name, x in zip(case.names[:8], case.numbers, strict=False))
    more = f", and {len(case.names) - 8} more" if len(case.names) > 8 else ""
    width = max(len(how), len(oracle.name))
    origin = "sqrt(eps) of the derivative" if output is None else OF_PATHS
    raise GradientError(
        f"{what} is wrong at {at}{more}\n"
        f"    by {how:{width}}  {found!r}\n"
        f"    by {oracle.name:{width}}  {oracle.derivative!r}\n"
        f"    they differ by {abs(found - oracle.derivative):.3g}, more than the tolerance {tolerance:.2g}:\n"
        f"        {origin}{f', and {OF_STEPS}' if oracle.error else ''}"
        f"{'' if output is None else _smallest_wrong_part(output)}"
    )


def _smallest_wrong_part(output: Value) -> str:
    """Which partial disagrees with its primitive; or, if none does, what that means."""
    for node in topological_order(output):
        for i, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
            if operand.is_constant or node.primitive is None:
                continue
            expected, error = partial_by_oracle(node, i)
            if not abs(partial - expected) <= error:
                call = f"{node.primitive.name}({', '.join(repr(x.data) for x in node.operands)})"
                return (
                    f"\n    the smallest part that is wrong: the partial of {node.primitive.name} by operand {i}\n"
                    f"        {call} = {node.data!r}: recorded {partial!r}, should be {expected!r}"
                )
    return (
        "\n    every recorded partial is right, so the error is between them: a term was lost or added twice,"
        "\n    a part of the computation left the graph (float(), math.*, .data), or f takes another branch close by"
    )
