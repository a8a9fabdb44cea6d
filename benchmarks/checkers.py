"""Gradient checkers compared: random smooth functions with exact slopes, and the same slopes with a mistake planted.

    python -m benchmarks.checkers [--count N] [--only NAME ...]

The exact slopes are the chain rule in 50 digits (mpmath); they owe nothing to `autodiff`. A checker is asked two
questions about each function: whether the exact slope is right, and whether a wrong one is.
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath as mp

mp.mp.dps = 50


class Elementary(NamedTuple):
    """A smooth function of one number: in floats, in 50 digits, its slope in 50 digits, and where it is used."""

    name: str
    exact: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    low: float
    high: float
    signed: bool = True


ELEMENTARY = [
    Elementary("exp", mp.exp, mp.exp, 1e-3, 20.0),
    Elementary("log", mp.log, lambda u: 1 / u, 1e-6, 1e6, False),
    Elementary("sqrt", mp.sqrt, lambda u: 1 / (2 * mp.sqrt(u)), 1e-6, 1e6, False),
    Elementary("sin", mp.sin, mp.cos, 1e-3, 30.0),
    Elementary("cos", mp.cos, lambda u: -mp.sin(u), 1e-2, 30.0),
    Elementary("tanh", mp.tanh, lambda u: 1 - mp.tanh(u) ** 2, 1e-3, 4.0),
    Elementary("atan", mp.atan, lambda u: 1 / (1 + u * u), 1e-3, 30.0),
    Elementary("erf", mp.erf, lambda u: 2 / mp.sqrt(mp.pi) * mp.exp(-u * u), 1e-3, 2.5),
    Elementary("reciprocal", lambda u: 1 / u, lambda u: -1 / u**2, 1e-4, 1e4),
    Elementary("cube", lambda u: u**3, lambda u: 3 * u**2, 1e-2, 1e2),
    Elementary("sigmoid", lambda u: 1 / (1 + mp.exp(-u)), lambda u: mp.exp(-u) / (1 + mp.exp(-u)) ** 2, 1e-2, 8.0),
    Elementary("softplus", lambda u: mp.log(1 + mp.exp(u)), lambda u: 1 / (1 + mp.exp(-u)), 1e-2, 8.0),
    Elementary("gauss", lambda u: mp.exp(-u * u), lambda u: -2 * u * mp.exp(-u * u), 1e-2, 2.5),
]

IN_DOUBLE: dict[str, Callable[[float], float]] = {
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "atan", "erf")},
    "reciprocal": lambda u: 1.0 / u,
    "cube": lambda u: u * u * u,
    "sigmoid": lambda u: 1.0 / (1.0 + math.exp(-u)),
    "softplus": lambda u: math.log1p(math.exp(u)),
    "gauss": lambda u: math.exp(-u * u),
}


def in_single() -> dict[str, Callable[[Any], Any]]:
    """The same in numpy's float32, every operation rounded."""
    import numpy as np

    one = np.float32(1.0)
    return {
        **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh")},
        "atan": np.arctan,
        "reciprocal": lambda u: one / u,
        "cube": lambda u: u * u * u,
        "sigmoid": lambda u: one / (one + np.exp(-u)),
        "softplus": lambda u: np.log1p(np.exp(u)),
        "gauss": lambda u: np.exp(-u * u),
    }


class Case(NamedTuple):
    """A function of one number, where it is looked at, its exact slope, and one with a mistake."""

    f: Callable[[Any], Any]
    x: Any
    slope: float
    wrong: float
    mistake: str


class Inner(NamedTuple):
    """An elementary function of k x: in floats, and its value and slope by x in 50 digits."""

    f: Callable[[Any], Any]
    k: Any
    value: Any
    slope: Any


def cases(count: int, seed: int = 0, single: bool = False) -> Iterator[Case]:
    """Draw functions a g(kx), a g(kx) + b h(lx), a g(kx) h(lx) and a g(b h(lx)), x of 1e-12 to 1e12 and both signs.

    In single precision a point counts where the slope shows: where |x f'(x)| is at least a tenth of |f(x)|.
    """
    rng = random.Random(seed)
    number, table = (numpy_float32(), in_single()) if single else (float, IN_DOUBLE)
    pool = [e for e in ELEMENTARY if e.name in table]
    while count:
        case = _drawn(rng, pool, table, number)
        if case and not (single and abs(float(case.x) * case.slope) < 0.1 * abs(float(case.f(case.x)))):
            count -= 1
            yield case


def numpy_float32() -> Callable[[Any], Any]:
    """The type."""
    import numpy as np

    return np.float32


def _argument(rng: random.Random, e: Elementary) -> float:
    """An argument at which an elementary function is used, its size drawn on the scale of logarithms."""
    u = math.exp(rng.uniform(math.log(e.low), math.log(e.high)))
    return u * rng.choice((-1.0, 1.0)) if e.signed else u


def _drawn(rng: random.Random, pool: list[Elementary], table: Any, number: Any) -> Case | None:
    """A case, or None where one is not defined or has no slope."""
    x = number(10.0 ** rng.uniform(-12.0, 12.0) * rng.choice((-1.0, 1.0)))
    f, terms = _function(rng, pool, table, number, x)
    slope, value = float(sum(terms)), float(f(x)) if terms else 0.0
    if not math.isfinite(slope) or not math.isfinite(value) or slope == 0.0 or value == 0.0:
        return None
    mistake = rng.choice(("1e-4", "sign", "factor", "term"))
    wrong = float(
        {
            "1e-4": sum(terms) * (1 + mp.mpf(rng.choice((-1e-4, 1e-4)))),
            "sign": -sum(terms),
            "factor": sum(terms) * rng.choice((2.0, 0.5, 3.0, 1 / 3.0, 10.0)),
            "term": terms[-1] if len(terms) > 1 else 0.0,
        }[mistake]
    )
    # where the term that is missing is next to nothing, nothing is wrong
    return Case(f, x, slope, wrong, mistake) if abs(wrong - slope) >= 0.99e-4 * abs(slope) else None


def _function(
    rng: random.Random, pool: list[Elementary], table: Any, number: Any, x: Any
) -> tuple[Callable[[Any], Any], list[Any]]:
    """A function in floats, and the terms of its slope at x in 50 digits; none where it is not defined."""

    def inner(e: Elementary) -> Inner:
        k = number(_argument(rng, e) / float(x))
        u = mp.mpf(float(k)) * mp.mpf(float(x))
        return Inner(table[e.name], k, e.exact(u), mp.mpf(float(k)) * e.slope(u))

    def weight(value: Any) -> Any:
        return number(10.0 ** rng.uniform(-12.0, 12.0) / max(1e-20, abs(float(value))))

    outer = rng.choice(pool)
    g, h = inner(outer), inner(rng.choice(pool))
    kind = rng.choice(("one", "sum", "product", "composition"))
    if kind == "one":
        a = weight(g.value)
        return lambda x: a * g.f(g.k * x), [mp.mpf(float(a)) * g.slope]
    if kind == "sum":
        a = weight(g.value)
        b = number(float(a) * abs(float(g.value / h.value)) * 10.0 ** rng.uniform(-1.0, 1.0))
        return lambda x: a * g.f(g.k * x) + b * h.f(h.k * x), [mp.mpf(float(a)) * g.slope, mp.mpf(float(b)) * h.slope]
    if kind == "product":
        a = weight(g.value * h.value)
        exact = mp.mpf(float(a))
        return lambda x: a * g.f(g.k * x) * h.f(h.k * x), [exact * g.slope * h.value, exact * g.value * h.slope]
    b = number(_argument(rng, outer) / float(h.value))
    u = mp.mpf(float(b)) * h.value
    if not math.isfinite(b) or b == 0.0 or (not outer.signed and u <= 0):
        return g.f, []
    a = weight(outer.exact(u))
    return lambda x: a * g.f(b * h.f(h.k * x)), [mp.mpf(float(a)) * outer.slope(u) * mp.mpf(float(b)) * h.slope]
