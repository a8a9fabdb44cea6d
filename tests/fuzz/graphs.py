"""Random graphs as data, their eager results, and how far rounding alone can move these.

A recipe is built anew at every point, so eager code is the reference everywhere. It stays away from kinks, poles and
large numbers: what differs there is a convention, which other tests hold.
"""

import math
import random
from dataclasses import dataclass

import autodiff
from autodiff import DomainError, Value, gradients

UNARY = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "softplus"),
    *("relu", "erf", "log1p", "expm1", "cbrt", "log2", "log10", "reciprocal", "neg", "square", "cube", "rsqrt"),
)
BINARY = ("add", "sub", "mul", "div", "pow", "atan2", "hypot", "maximum", "minimum", "shift", "scale")
WIDE = ("sum", "dot", "logsumexp", "norm", "softmax")
EPS = 2.0**-52
LARGEST, KINK = 20.0, 1e-3  # larger numbers and places nearer to a kink are not drawn


class OutsideError(Exception):
    """A recipe meets a kink, a pole or a large number at a point."""


@dataclass
class Recipe:
    """A graph as data: the number of leaves, and (name, operands, constant) for each operation."""

    n_leaves: int
    lines: list[tuple[str, tuple[int, ...], float]]

    def build(self, point: list[float]) -> tuple[Value, list[Value]]:
        """The output and the leaves at a point, recorded."""
        leaves = [Value(x, f"x{i}") for i, x in enumerate(point)]
        nodes = list(leaves)
        for line in self.lines:
            nodes.append(apply(line, nodes))
        return nodes[-1], leaves


def apply(line: tuple[str, tuple[int, ...], float], nodes: list[Value]) -> Value:
    """One operation, recorded.

    Raises:
        OutsideError: where it is not smooth or large.
    """
    name, places, constant = line
    operands = [nodes[i] for i in places]
    a, b = operands[0], operands[-1]
    if name in ("maximum", "minimum", "atan2") and abs(a.data - b.data) + (name == "atan2") < KINK:
        raise OutsideError
    if name in ("relu", "cbrt", "reciprocal") and abs(a.data) < KINK:
        raise OutsideError
    if name in ("hypot", "norm", "atan2") and all(abs(x.data) < KINK for x in operands):
        raise OutsideError
    if name in ("asin", "acos") and abs(a.data) > 0.999:
        raise OutsideError
    if name in ("log", "log2", "log10", "sqrt", "pow", "rsqrt") and a.data < KINK:
        raise OutsideError
    if name == "log1p" and a.data < KINK - 1:
        raise OutsideError
    if name == "div" and abs(b.data) < KINK:
        raise OutsideError
    try:
        out = _operation(name, operands, constant)
    except (DomainError, OverflowError):
        raise OutsideError from None
    if not isinstance(out, Value) or not abs(out.data) <= LARGEST:
        raise OutsideError
    return out


def _operation(name: str, operands: list[Value], constant: float) -> Value:
    a, b = operands[0], operands[-1]
    arithmetic = {
        "neg": lambda: -a,
        "square": lambda: a**2,
        "cube": lambda: a**3,
        "rsqrt": lambda: a**-0.5,
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "div": lambda: a / b,
        "pow": lambda: a**b,
        "shift": lambda: constant - a,
        "scale": lambda: constant * a,
        "dot": lambda: autodiff.dot(operands, operands[::-1]),
        "softmax": lambda: autodiff.softmax(operands)[0],
    }
    if name in arithmetic:
        return arithmetic[name]()
    function = getattr(autodiff, name)
    return function(operands) if name in WIDE else function(*operands)


def draw(rng: random.Random, size: int) -> tuple[Recipe, list[float]]:
    """A recipe with about this many operations, and a point for it."""
    point = [round(rng.uniform(-2.0, 2.0), rng.choice([1, 17])) or 0.5 for _ in range(rng.randint(1, 5))]
    nodes = [Value(x) for x in point]
    lines = []
    for _ in range(4 * size):
        kind = rng.choices([UNARY, BINARY, WIDE], [4, 5, 1])[0]
        n = 1 if kind is UNARY else 2 if kind is BINARY else rng.randint(1, 6)
        # recent nodes are preferred, so that most of the graph reaches the output; old ones are shared
        places = tuple(
            rng.choice([rng.randrange(len(nodes)), max(0, len(nodes) - rng.randint(1, 3))]) for _ in range(n)
        )
        line = rng.choice(kind), places, round(rng.uniform(-3.0, 3.0), 2)
        try:
            nodes.append(apply(line, nodes))
        except OutsideError:
            continue
        lines.append(line)
        if len(lines) == size:
            break
    if not lines:
        lines.append(("square", (0,), 0.0))
    return Recipe(len(point), lines), point


def with_bound(node: Value) -> tuple[float, float]:
    """The number of a node, and a running bound of its rounding error, to first order in the recorded partials."""
    bound: dict[Value, float] = {}
    stack = [node]
    while stack:
        at = stack[-1]
        operands = at.operands
        missing = [x for x in operands if x not in bound]
        if missing:
            stack += missing
            continue
        stack.pop()
        if at in bound:
            continue
        error = 4 * EPS * abs(at.data) if operands or at.is_constant else 0.0  # a constant may be folded from others
        for operand, partial in zip(operands, at.partials, strict=True):
            error += abs(partial) * (bound[operand] + EPS * abs(operand.data))
        bound[at] = error
    return node.data, bound[node]


def reference(recipe: Recipe, point: list[float], order: int = 0) -> list[tuple[float, float]]:
    """(number, bound) of the output, or of its derivative by the first leaf, and then of the gradient of that."""
    output, leaves = recipe.build(point)
    if order:
        output = gradients(output, leaves)[0]
    numbers = [with_bound(x) for x in (output, *gradients(output, leaves))]
    if not all(abs(x) <= 1e6 and e <= 1e-6 for x, e in numbers):
        raise OutsideError
    return numbers


def is_near(got: float, wanted: tuple[float, float]) -> bool:
    """Whether a result is within 30 times its bound: rules may be written in other ways than eager code has them."""
    number, bound = wanted
    return math.isfinite(got) and abs(got - number) <= 30 * bound + 1e-300
