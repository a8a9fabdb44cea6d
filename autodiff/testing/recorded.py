"""The engine's own derivatives, held against two means that share nothing with how they are taken."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff import functions, reverse
from autodiff.errors import CannotTellError, GradientError
from autodiff.forward import tangents
from autodiff.graph import topological_order
from autodiff.testing.arguments import Arguments
from autodiff.testing.differences import DEPTH, EPS, RANDOM, Slope, slope_at_zero
from autodiff.testing.directions import Vector, drawn, halved, measured, power_of_two, shown, sizes_of, unit, why_unsure
from autodiff.testing.replay import derivative_in_direction, is_analytic, partial_by_oracle
from autodiff.testing.verdict import VISIBLE
from autodiff.value import Value, as_value

# A derivative is a sum over paths of products of partials. Rounding shifts it by eps times the sum of the |products|,
# times the condition numbers of the operands on the way. Half of the digits is room for condition numbers up to 1e7;
# a wrong formula is wrong in the first few digits.
SHARE = EPS**0.5
OF_PATHS = "sqrt(eps) of the sum over all paths of |product of partials|"
OF_STEPS = "twice the error of the differences"
SHARP = 1e-4  # the error that differences may have, as a part of that sum


class Oracle(NamedTuple):
    """What a derivative should be: by which means, how that is written, and how far it may be off."""

    name: str
    derivative: float
    text: str
    error: float


class Disagreement(NamedTuple):
    """A derivative that is not what an oracle says."""

    mode: str
    derivative: float
    oracle: Oracle
    allowed: float


class Question(NamedTuple):
    """A derivative of the engine as a function of two directions, that of the point and that of the outputs."""

    by_modes: Callable[[Vector, Vector], dict[str, float]]  # what each mode says
    by_step: Callable[[Vector, Vector], float] | None  # what the complex step says, or None
    by_differences: Callable[[Vector, Vector], Slope]  # what differences say
    allowed: Callable[[Vector, Vector], float]  # how far rounding may move it
    name: str  # of the differences
    output: Value  # where the graph ends


def check_recorded(case: Arguments, order: int, modes: Sequence[str]) -> None:
    """Raise unless all derivatives of all outputs are right, in each mode and up to an order."""
    inputs, outputs = case.record(case.numbers)
    _, again = case.record(case.numbers)
    for output, same in zip(outputs, again, strict=True):
        if output.data != same.data and output.data == output.data:
            raise CannotTellError(
                f"cannot tell whether the derivatives are right at {case.place()}\n    {RANDOM}"
                f"\n    {output.data!r}, then {same.data!r}"
            )
    for number, output in enumerate(outputs):
        weights = unit(number, 1.0, len(outputs))
        _check_first(case, inputs, output, weights, order, modes)
        if order == 2:
            _check_second(case, inputs, output, number, modes)


def _check_first(
    case: Arguments, inputs: list[Value], output: Value, weights: Vector, order: int, modes: Sequence[str]
) -> None:
    """Check the first derivatives of one output, along random directions."""
    nodes = topological_order(output)
    slopes: dict[str, Vector] = {}
    if "reverse" in modes:
        slopes["reverse mode"] = reverse.adjoints(output, inputs)
        if order == 2:  # whose partials, those on Values, are others
            slopes["reverse mode on Values"] = [float(slope) for slope in reverse.adjoints_on_values(output, inputs)]
    in_all, _ = _rounding(nodes, inputs)

    def by_modes(v: Vector, _: Vector) -> dict[str, float]:
        results = {mode: _dot(slope, v) for mode, slope in slopes.items()}
        if "forward" in modes:
            results["forward mode"] = tangents(nodes, _moving(inputs, v)).get(output, 0.0)
        return results

    def by_step(v: Vector, _: Vector) -> float:
        return derivative_in_direction(nodes, _moving(inputs, v))[output]

    question = Question(
        by_modes,
        by_step if is_analytic(nodes) else None,
        lambda v, _: measured(case, v, weights),
        lambda v, _: sum(size * abs(dx) for size, dx in zip(in_all, v, strict=True)),
        "differences",
        output,
    )
    for by_group in (True, False)[: len(inputs)]:
        v = drawn(random.Random(by_group), sizes_of(case, None, by_group))
        wrong = _disagreement(case, question, v, [])
        if wrong:
            raise GradientError(_explained(case, question, v, wrong))


def _explained(case: Arguments, question: Question, v: Vector, wrong: Disagreement) -> str:
    """The report on the first number to blame."""
    i = halved(range(len(v)), lambda part: bool(_disagreement(case, question, _only(v, part), [])))
    size = power_of_two(v[i])
    one = _disagreement(case, question, unit(i, size, len(v)), [])
    if one:
        return _report(case, f"d f / d {case.names[i]}", one, size, question.output)
    return _report(case, f"the derivative of f in the direction {v[:8]}", wrong, 1.0, question.output)


def _check_second(case: Arguments, inputs: list[Value], output: Value, number: int, modes: Sequence[str]) -> None:
    """Check the Hessian between two random directions."""
    v = drawn(random.Random(0), sizes_of(case, None, True))
    w = drawn(random.Random(1), [1.0] * len(inputs))
    slopes = [as_value(slope) for slope in reverse.adjoints_on_values(output, inputs)]
    noise = _rounding(topological_order(output), inputs)[1]
    known: dict[float, Vector] = {}

    def slopes_at(t: float) -> Vector:
        if t not in known:
            moved, outputs = case.record([x + t * dx for x, dx in zip(case.numbers, v, strict=True)])
            known[t] = reverse.adjoints(outputs[number], moved)
        return known[t]

    def question_of(w: Vector) -> Question:
        total = functions.dot(w, slopes)
        nodes = topological_order(total)
        in_all, _ = _rounding(nodes, inputs)

        def by_modes(v: Vector, _: Vector) -> dict[str, float]:
            results = {}
            if "forward" in modes:
                results["forward over reverse"] = tangents(nodes, _moving(inputs, v)).get(total, 0.0)
            if "reverse" in modes:
                results["reverse over reverse"] = _dot(reverse.adjoints(total, inputs), v)
            return results

        def by_step(v: Vector, _: Vector) -> float:
            return derivative_in_direction(nodes, _moving(inputs, v))[total]

        def by_differences(_: Vector, w: Vector) -> Slope:
            slope = slope_at_zero(lambda t: _dot(slopes_at(t), w))
            by_partials = _dot(noise, [abs(x) for x in w]) * 2.0**DEPTH / (slope.width or 1.0)
            return slope._replace(error=slope.error + by_partials)

        return Question(
            by_modes,
            by_step if is_analytic(nodes) else None,
            by_differences,
            lambda v, _: sum(size * abs(dx) for size, dx in zip(in_all, v, strict=True)),
            "difference of first derivatives",
            total,
        )

    def wrong(w: Vector) -> Disagreement | None:
        return _disagreement(case, question_of(w), v, w)

    disagreement = wrong(w)
    if disagreement:
        i = halved(range(len(w)), lambda part: bool(wrong(_only(w, part))))
        one = unit(i, 1.0, len(w))
        what = f"the derivative of d f / d {case.names[i]} in the direction {v}"
        raise GradientError(_report(case, what, wrong(one) or disagreement, 1.0, question_of(one).output))


def _moving(inputs: Sequence[Value], v: Vector) -> dict[Value, float]:
    """The inputs that move, each with its part of the direction."""
    return {x: dx for x, dx in zip(inputs, v, strict=True) if dx}


def _only(v: Vector, part: range) -> Vector:
    """A direction without all but a part."""
    return [x if i in part else 0.0 for i, x in enumerate(v)]


def _dot(x: Sequence[float], y: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True) if b)


def _rounding(nodes: Sequence[Value], inputs: Sequence[Value]) -> tuple[Vector, Vector]:
    """What rounding may do to the derivative by each input: in all, and by the partials alone.

    A derivative is a sum over paths of products of partials: sqrt(eps) of the sum of the absolute products. And each
    partial may be off by eps of itself or of 1, whichever is larger: a small partial may be the difference of numbers
    of size 1, as 1 - tanh**2 is.
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
    return [SHARE * sums.get(x, 0.0) + 4.0 * error for x, error in zip(inputs, by_partials, strict=True)], by_partials


def _disagreement(case: Arguments, question: Question, v: Vector, w: Vector) -> Disagreement | None:
    """The first derivative that is not what an oracle says.

    Raise CannotTellError if the differences are too rough to say anything.
    """
    allowed = question.allowed(v, w)
    oracles = []
    slope = question.by_differences(v, w)
    if question.by_step:
        derivative = question.by_step(v, w)
        oracles.append(Oracle("complex step", derivative, repr(derivative), 0.0))
    sharp = slope.error <= max(SHARP * max(abs(slope.value), allowed / SHARE), VISIBLE * slope.size)
    if sharp and not slope.trouble:
        oracles.append(Oracle(question.name, slope.value, shown(slope), 2.0 * slope.error))
    elif slope.trouble or (not oracles and question.name == "differences"):  # the first derivatives, without any oracle
        raise CannotTellError(
            f"cannot tell whether the derivatives are right at {case.place()}{why_unsure(case, slope)}"
        )
    for oracle in oracles:
        for mode, derivative in question.by_modes(v, w).items():
            if not abs(derivative - oracle.derivative) <= allowed + oracle.error:  # true for a nan
                return Disagreement(mode, derivative, oracle, allowed)
    return None


def _report(case: Arguments, what: str, wrong: Disagreement, size: float, output: Value) -> str:
    """What is wrong, where, and the smallest part of the graph to blame; `size` is the length of the direction."""
    mode, derivative, oracle, allowed = wrong
    width = max(len(mode), len(oracle.name))
    text = oracle.text if size == 1.0 else repr(oracle.derivative / size)
    return (
        f"{what} is wrong at {case.place()}\n"
        f"    by {mode:{width}}  {derivative / size!r}\n"
        f"    by {oracle.name:{width}}  {text}\n"
        f"    they differ by {abs(derivative - oracle.derivative) / size:.3g}, "
        f"more than the tolerance {(allowed + oracle.error) / size:.2g}:\n"
        f"        {OF_PATHS}{f', and {OF_STEPS}' if oracle.error else ''}"
        f"{_smallest_wrong_part(output)}"
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
