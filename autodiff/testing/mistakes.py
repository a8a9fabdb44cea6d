"""A guess at the mistake behind wrong derivatives: the usual ones, each recognised by what it does to the numbers."""

import math
from collections.abc import Callable, Iterable, Sequence

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
    return (
        _by_place(claims, truths, wrong, rows)
        or _by_factor(pairs, {n: f"the factor {n}" for n in counts})
        or _by_formula(
            pairs, [inputs[i] for i in wrong] if inputs else [], [values[i] for i in wrong] if values else []
        )
    )


def _by_factor(pairs: Sequence[tuple[float, float]], names: dict[int, str]) -> str:
    """The same factor everywhere."""
    ratios = [claim / truth if truth else math.nan for claim, truth in pairs]
    if not all(is_close(ratio, ratios[0]) for ratio in ratios):
        return ""
    ratio = ratios[0]
    if is_close(ratio, -1.0):
        return "the sign is wrong"
    sign = " and the sign" if ratio < 0.0 else ""
    for n in [2, *sorted(names), 3, 4]:
        mean = f", such as n = {n}, where a mean is meant or a sum" if n in names and n > 1 else ""
        if n > 1 and is_close(abs(ratio), n):
            return f"a factor {n} too many{sign}{mean}"
        if n > 1 and is_close(abs(ratio), 1.0 / n):
            return f"a factor {n} is missing{sign}{mean}"
    return f"every wrong number is {ratio:.4g} times what it should be" if len(pairs) > 2 else ""


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
    nans = [math.nan] * len(pairs)
    for text, both in _FORMULAS:
        try:
            sides = [
                both(claim, truth, x, f)
                for (claim, truth), x, f in zip(pairs, inputs or nans, values or nans, strict=True)
            ]
        except OverflowError:
            continue
        if all(is_close(left, right) for left, right in sides):
            return text
    return ""
