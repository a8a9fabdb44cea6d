"""The engine's own derivatives as claims, and the slopes that they are compared with."""

from collections.abc import Callable, Sequence
from functools import cache

from autodiff import functions, reverse
from autodiff.errors import CannotTellError
from autodiff.forward import tangents
from autodiff.graph import topological_order
from autodiff.testing.arguments import Function
from autodiff.testing.claims import Claim, Inquiry
from autodiff.testing.differences import DEPTH, EPS, RANDOM
from autodiff.testing.measure import Oracle, Vector
from autodiff.testing.replay import derivative_in_direction, is_analytic, partial_by_oracle
from autodiff.testing.verdict import Tolerance
from autodiff.value import Value, as_value

# A derivative is a sum over paths of products of partials. Rounding shifts it by eps times the sum of the |products|,
# times the condition numbers of the operands on the way. Half of the digits is room for condition numbers up to 1e7;
# a wrong formula is wrong in the first few digits.
SHARE = EPS**0.5
TOLERANCE = Tolerance(
    SHARE, origin="sqrt(eps) of the sum over all paths of |product of partials|, and twice the error of the measurement"
)


class Slopes(Function):
    """The first derivatives of an output as a function of the point."""

    def __init__(self, f: Function, output: int) -> None:
        self.f, self.output = f, output
        self.numbers, self.names, self.groups = f.numbers, f.names, f.groups
        self.outputs = [f"(d {f.outputs[output]} / d {name})" for name in f.names]

    def call(self, numbers: Sequence[float], kind: type | None = None) -> Vector:
        inputs, outputs = self.f.record(numbers)
        return reverse.adjoints(outputs[self.output], inputs)


def check_recorded(case: Function, order: int, modes: Sequence[str]) -> None:
    """Raise unless all derivatives of all outputs are right, in each mode and up to an order."""
    inputs, outputs = case.record(case.numbers)
    _, again = case.record(case.numbers)
    case.outputs = ["f"] if len(outputs) == 1 else [f"f[{i}]" for i in range(len(outputs))]
    for output, same in zip(outputs, again, strict=True):
        if output.data != same.data and output.data == output.data:
            raise CannotTellError(
                f"cannot tell whether the derivatives are right at {case.place()}\n    {RANDOM}"
                f"\n    {output.data!r}, then {same.data!r}"
            )
    _check_first(case, inputs, outputs, order, modes)
    for number, output in enumerate(outputs if order == 2 else []):
        _check_second(Slopes(case, number), inputs, output, modes)


def _check_first(case: Function, inputs: list[Value], outputs: list[Value], order: int, modes: Sequence[str]) -> None:
    """Check the first derivatives of all outputs."""
    nodes = topological_order(*outputs)
    sizes = [_sizes(topological_order(output), inputs)[0] for output in outputs]

    def claim(mode: str, derivatives: Callable[[Vector], Vector]) -> Claim:
        """What a mode says: for a direction the derivative of each output."""

        def along(v: Vector, w: Vector) -> tuple[float, float]:
            size = sum(abs(weight) * _dot(row, [abs(dx) for dx in v]) for weight, row in zip(w, sizes, strict=True))
            return _dot(derivatives(v), w), size

        return Claim(mode, along, lambda slope, v: 0.0, lambda looks, j: _smallest_wrong_part(outputs[j]))

    claims = []
    if "reverse" in modes:
        rows = [reverse.adjoints(output, inputs) for output in outputs]
        claims.append(claim("reverse mode", lambda v: [_dot(row, v) for row in rows]))
        if order == 2:  # whose partials, those on Values, are others
            others = [[float(x) for x in reverse.adjoints_on_values(output, inputs)] for output in outputs]
            claims.append(claim("reverse mode on Values", lambda v: [_dot(row, v) for row in others]))
    if "forward" in modes:

        def pushed(v: Vector) -> Vector:
            reached = tangents(nodes, _moving(inputs, v))
            return [reached.get(output, 0.0) for output in outputs]

        claims.append(claim("forward mode", pushed))

    def by_step(v: Vector, w: Vector) -> tuple[float, float]:
        moved = derivative_in_direction(nodes, _moving(inputs, v))
        return _dot([moved[output] for output in outputs], w), 0.0

    oracles = [Oracle("complex step", by_step, float("inf"))] if is_analytic(nodes) else []
    Inquiry(case, oracles, TOLERANCE).check(claims)


def _check_second(case: Slopes, inputs: list[Value], output: Value, modes: Sequence[str]) -> None:
    """Check the second derivatives of one output: the slopes of its first ones."""
    slopes = [as_value(slope) for slope in reverse.adjoints_on_values(output, inputs)]

    of_first = 2.0 * sum(_sizes(topological_order(output), inputs)[1])  # what rounding does to the first derivatives

    @cache
    def total(w: tuple[float, ...]) -> tuple[Value, list[Value], Vector]:
        """A weighted sum of the first derivatives, its graph, and the size of its terms by each input."""
        weighted = functions.dot(w, slopes)
        nodes = topological_order(weighted)
        return weighted, nodes, _sizes(nodes, inputs)[0]

    def forward(v: Vector, w: Vector) -> float:
        weighted, nodes, _ = total(tuple(w))
        return tangents(nodes, _moving(inputs, v)).get(weighted, 0.0)

    def backward(v: Vector, w: Vector) -> float:
        return _dot(reverse.adjoints(total(tuple(w))[0], inputs), v)

    def by_step(v: Vector, w: Vector) -> tuple[float, float]:
        weighted, nodes, _ = total(tuple(w))
        return derivative_in_direction(nodes, _moving(inputs, v))[weighted], 0.0

    def claim(mode: str, derivative: Callable[[Vector, Vector], float]) -> Claim:
        return Claim(
            mode,
            lambda v, w: (derivative(v, w), _dot(total(tuple(w))[2], [abs(dx) for dx in v])),
            lambda slope, v: of_first * 2.0**DEPTH / (slope.width or 1.0),
            lambda looks, j: _smallest_wrong_part(slopes[j]),
        )

    ways = {"forward": ("forward over reverse", forward), "reverse": ("reverse over reverse", backward)}
    nodes = topological_order(*slopes)
    oracles = [Oracle("complex step", by_step, float("inf"))] if is_analytic(nodes) else []
    claims = [claim(*ways[mode]) for mode in ways if mode in modes]
    Inquiry(case, oracles, TOLERANCE).check(claims, directions=1, insist=False)


def _moving(inputs: Sequence[Value], v: Vector) -> dict[Value, float]:
    """The inputs that move, each with its part of the direction."""
    return {x: dx for x, dx in zip(inputs, v, strict=True) if dx}


def _dot(x: Sequence[float], y: Sequence[float]) -> float:
    return sum([a * b for a, b in zip(x, y, strict=True) if b], 0.0)


def _sizes(nodes: Sequence[Value], inputs: Sequence[Value]) -> tuple[Vector, Vector]:
    """The size of the terms of the derivative by each input, and its error by the partials alone.

    The size is the sum over all paths of |product of partials|. Each partial may be off by eps of itself or of 1,
    whichever is larger: a small partial may be the difference of numbers of size 1, as 1 - tanh**2 is. The size of
    which the tolerance is as much as that error is added.
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
    return [sums.get(x, 0.0) + 4.0 / SHARE * error for x, error in zip(inputs, by_partials, strict=True)], by_partials


def _smallest_wrong_part(output: Value) -> str:
    """Which partial disagrees with its primitive; or, if none does, what that means."""
    for node in topological_order(output):
        for i, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
            if operand.is_constant:
                continue
            assert node.primitive is not None, "it has operands"
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
