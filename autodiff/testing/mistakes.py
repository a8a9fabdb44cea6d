"""A guess at the mistake behind wrong derivatives: the usual ones, each recognised by what it does to the numbers."""

import ast
import math
from collections.abc import Callable, Iterable, Sequence

from autodiff import reverse
from autodiff.forward import tangents
from autodiff.graph import topological_order
from autodiff.testing.expression import formula
from autodiff.value import Value

CLOSE = 1e-4  # relative: two numbers are the same for a guess


def is_close(x: float, y: float) -> bool:
    """Whether two numbers are the same, as far as a guess cares."""
    return math.isclose(x, y, rel_tol=CLOSE)


def guess(
    claims: Sequence[float],
    truths: Sequence[float],
    *,
    inputs: Sequence[float] = (),
    values: Sequence[float] = (),
    counts: Iterable[int] = (),
    rows: int = 0,
) -> str:
    """Say in one sentence what mistake would explain wrong numbers; "" if none of the usual ones does.

    Args:
        claims: what came, wrong and right ones.
        truths: what should have come.
        inputs: the number of the point that each belongs to, if known.
        values: the value of the function at each, if known.
        counts: lengths by which a mean differs from a sum.
        rows: if claims are a square matrix, its number of rows, else 0.
    """
    wrong = [i for i, (claim, truth) in enumerate(zip(claims, truths, strict=True)) if not is_close(claim, truth)]
    pairs = [(claims[i], truths[i]) for i in wrong]
    if not pairs:
        return ""
    if not all(math.isfinite(claim) for claim, _ in pairs):
        return "it is not finite: look for a division by 0, or inf - inf"
    if all(claim == 0.0 for claim, _ in pairs):
        return "it is 0: a path is missing, or a part of the computation was cut off (detach, float, an early return)"
    nans = [math.nan] * len(claims)
    xs, fs = ([(of or nans)[i] for i in wrong] for of in (inputs, values))
    return (
        _by_place(claims, truths, wrong, rows)
        or _by_factor(pairs, {*counts} - {1, 2})
        or _by_formula(pairs, xs, fs)
        or _by_term(pairs, xs)
    )


def _by_term(pairs: Sequence[tuple[float, float]], inputs: Sequence[float]) -> str:
    """The same term is missing in several numbers, or the same multiple of the number itself."""
    missing = [truth - claim for claim, truth in pairs]
    shares = [term / x if x else math.nan for term, x in zip(missing, inputs, strict=True)]
    if len(pairs) > 1 and all(is_close(term, missing[0]) for term in missing):
        return f"every wrong number lacks the same term, {missing[0]:.4g}"
    if len(pairs) > 2 and all(is_close(share, shares[0]) for share in shares):
        share = shares[0]
        return f"every wrong number lacks {share:.4g} x, with x its argument, as from a term {share / 2.0:.4g} x**2"
    return ""


def path(output: Value, inputs: Sequence[Value], claims: Sequence[float]) -> str:
    """Say which path through a graph would explain wrong derivatives; "" if none does.

    Args:
        output: where the graph ends.
        inputs: those of which the derivatives are wrong.
        claims: what came.
    """
    order = topological_order(output)
    adjoints = reverse.adjoints(output, order)
    moved = [tangents(order, {x: 1.0}) for x in inputs]
    truths = [tangent.get(output, 0.0) for tangent in moved]
    for node, adjoint in zip(order, adjoints, strict=True):
        for operand, partial in zip(node.operands, node.partials, strict=True):
            terms = [adjoint * partial * tangent.get(operand, 0.0) for tangent in moved]
            if not all(terms) or all(map(is_close, terms, truths)):
                continue
            ratios = [(claim - truth) / term for claim, truth, term in zip(claims, truths, terms, strict=True)]
            for ratio, what in _PATHS.items():
                if all(is_close(ratio, other) for other in ratios):
                    return f"the path through {_text(operand)} in {_text(node)} {what}"
    return ""


_PATHS = {-1.0: "is missing", 1.0: "is counted twice", -2.0: "has the wrong sign"}


def _text(node: Value) -> str:
    """A node as a formula, or the first part of it."""

    def tree(node: Value, depth: int) -> ast.expr:
        if node.primitive is None or not depth:
            return ast.Name(node.label or (f"{node.data:.6g}" if node.primitive is None else "..."))
        return formula(node.primitive, [tree(operand, depth - 1) for operand in node.operands])

    return ast.unparse(tree(node, 4))


def _by_factor(pairs: Sequence[tuple[float, float]], counts: set[int]) -> str:
    """The same factor everywhere."""
    ratios = [claim / truth if truth else math.nan for claim, truth in pairs]
    ratio = ratios[0]
    if not ratio or not all(is_close(other, ratio) for other in ratios):
        return ""
    if is_close(ratio, -1.0):
        return "the sign is wrong"
    n = max(abs(ratio), 1.0 / abs(ratio))
    if not is_close(n, round(n)) or (n > 100.0 and round(n) not in counts):
        return f"every wrong number is {ratio:.4g} times what it should be" if len(pairs) > 2 else ""
    sign = " and the sign" if ratio < 0.0 else ""
    mean = f", such as n = {n:.0f}, where a mean is meant or a sum" if round(n) in counts or n > 5.0 else ""
    return f"a factor {n:.0f} {'too many' if abs(ratio) > 1.0 else 'is missing'}{sign}{mean}"


def _by_place(claims: Sequence[float], truths: Sequence[float], wrong: Sequence[int], rows: int) -> str:
    """The right numbers in wrong places."""
    if rows > 1 and all(is_close(claims[i * rows + j], truths[j * rows + i]) for i in range(rows) for j in range(rows)):
        return "it is transposed: row and column are exchanged"
    if len(wrong) > 1 and all(any(is_close(claims[i], truths[j]) for j in wrong if j != i) for i in wrong):
        return "the right numbers stand in other places: it is the derivative by another argument"
    return ""


_Formula = tuple[str, Callable[[float, float, float, float], tuple[float, float]]]
_FORMULAS: list[_Formula] = [  # claim, truth, input, value of the function -> two numbers, equal if this is the mistake
    ("it is the value of the function, not its derivative", lambda g, d, x, f: (g, f)),
    ("it looks like the value of a sigmoid: its derivative is s (1 - s)", lambda g, d, x, f: (d, g * (1.0 - g))),
    ("it looks like the value of a tanh: its derivative is 1 - t**2", lambda g, d, x, f: (d, 1.0 - g * g)),
    ("it looks like softplus: its derivative is the sigmoid", lambda g, d, x, f: (d, -math.expm1(-g))),
    ("it looks like sigmoid(-x) where sigmoid(x) is meant, or the other way round", lambda g, d, x, f: (d, 1.0 - g)),
    ("s (1 - s) is meant with s = sigmoid(x), not with x", lambda g, d, x, f: (g, x * (1.0 - x))),
    ("1 - t**2 is meant with t = tanh(x), not with x", lambda g, d, x, f: (g, 1.0 - x * x)),
    ("it is the reciprocal of the derivative", lambda g, d, x, f: (g * d, 1.0)),
    ("a factor x is missing", lambda g, d, x, f: (g * x, d)),
    ("a factor x too many", lambda g, d, x, f: (g, d * x)),
]


def _by_formula(pairs: Sequence[tuple[float, float]], inputs: Sequence[float], values: Sequence[float]) -> str:
    """The same slip everywhere."""
    for text, both in _FORMULAS:
        try:
            sides = [both(claim, truth, x, f) for (claim, truth), x, f in zip(pairs, inputs, values, strict=True)]
        except OverflowError:
            continue
        if all(is_close(left, right) for left, right in sides):
            return text
    return ""
