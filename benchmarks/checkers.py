"""Gradient checkers compared: random smooth functions with exact slopes, and the same slopes with a mistake planted.

    python -m benchmarks.checkers --double 20000 --single 5000          # the table of docs/testing.md

The exact slopes are the chain rule in 50 digits (mpmath); they owe nothing to `autodiff`. A checker is asked two
questions about each function: whether the exact slope is right, and whether a wrong one is.
"""

import argparse
import math
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

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
    """Draw functions a g(kx), a g(kx) + b h(lx), a g(kx) h(lx) and a g(b h(lx)), x of 1e-12 to 1e12 and both signs."""
    rng = random.Random(seed)
    number, table = (numpy_float32(), in_single()) if single else (float, IN_DOUBLE)
    pool = [e for e in ELEMENTARY if e.name in table]
    while count:
        case = _drawn(rng, pool, table, number)
        if case:
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


# ---------------------------------------------------------------------------------------------------- the checkers

Checker: TypeAlias = Callable[[Callable[[Any], Any], Any, float], str]
"""A function f, a number x, a slope: "right", "wrong" or "cannot tell"."""


def chainrule() -> Checker:
    """`check_gradients` with its defaults."""
    from autodiff.errors import CannotTellError, GradientError
    from autodiff.testing import check_gradients

    def check(f: Callable[[Any], Any], x: Any, slope: float) -> str:
        try:
            check_gradients(f, x, gradient=lambda x: slope)
        except GradientError:
            return "wrong"
        except CannotTellError:
            return "cannot tell"
        return "right"

    return check


def torch_gradcheck() -> Checker:
    """`torch.autograd.gradcheck` with its defaults, of a function with this backward pass."""
    import torch

    def check(f: Callable[[Any], Any], x: Any, slope: float) -> str:
        class Given(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x.new_tensor(float(f(kind(x.item()))))

            @staticmethod
            def backward(ctx: Any, cotangent: Any) -> Any:
                return cotangent * slope

        kind = type(x)
        dtype = torch.float64 if kind is float else torch.float32
        point = torch.tensor(float(x), dtype=dtype, requires_grad=True)
        return "right" if torch.autograd.gradcheck(Given.apply, (point,), raise_exception=False) else "wrong"

    return check


def jax_check_grads() -> Checker:
    """`jax.test_util.check_grads` with its defaults, of a function with this backward pass."""
    import jax
    import numpy as np
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    def check(f: Callable[[Any], Any], x: Any, slope: float) -> str:
        number, kind = type(x), np.float64 if type(x) is float else np.float32

        def value(x: Any) -> Any:
            try:
                return kind(f(number(x)))
            except (ArithmeticError, ValueError):
                return kind(math.nan)  # an error within a callback is printed

        def outside(x: Any) -> Any:
            return jax.pure_callback(value, jax.ShapeDtypeStruct((), kind), x)

        given = jax.custom_vjp(outside)
        given.defvjp(lambda x: (outside(x), None), lambda _, cotangent: (cotangent * kind(slope),))
        try:
            check_grads(given, (kind(x),), order=1, modes=["rev"])
        except AssertionError:
            return "wrong"
        return "right"

    return check


def scipy_check_grad() -> Checker:
    """`scipy.optimize.check_grad`, which returns a difference; right is up to 1e-5 of the slope."""
    import numpy as np
    from scipy.optimize import check_grad

    def check(f: Callable[[Any], Any], x: Any, slope: float) -> str:
        kind = type(x)
        error = check_grad(lambda x: float(f(kind(x[0]))), lambda x: np.array([slope]), np.array([float(x)]))
        return "right" if error <= 1e-5 * abs(slope) else "wrong"

    return check


def numdifftools_derivative() -> Checker:
    """`numdifftools.Derivative`, with an estimate of its error; right is up to that and 1e-5 of the slope."""
    import numdifftools
    import numpy as np

    def check(f: Callable[[Any], Any], x: Any, slope: float) -> str:
        kind = type(x)
        derivative = numdifftools.Derivative(np.vectorize(lambda x: float(f(kind(x)))), full_output=True)
        measured, error = derivative(float(x))[:2]
        return "right" if abs(measured - slope) <= error + 1e-5 * abs(slope) else "wrong"

    return check


CHECKERS: dict[str, Callable[[], Checker]] = {
    "chainrule `check_gradients`": chainrule,
    "torch `gradcheck`": torch_gradcheck,
    "JAX `check_grads`": jax_check_grads,
    "scipy `check_grad`": scipy_check_grad,
    "numdifftools `Derivative`": numdifftools_derivative,
}


def tally(checker: Checker, drawn: Iterable[Case]) -> Counter[tuple[str, str]]:
    """How often each verdict came: on exact slopes, and on each mistake. An error of another kind is "an error"."""
    verdicts: Counter[tuple[str, str]] = Counter()
    for case in drawn:
        for what, slope in (("exact", case.slope), (case.mistake, case.wrong)):
            try:
                verdicts[what, checker(case.f, case.x, slope)] += 1
            except Exception:  # noqa: BLE001  # where a peer fails, it has no verdict
                verdicts[what, "an error"] += 1
    return verdicts


def row(name: str, verdicts: Counter[tuple[str, str]], seconds: float) -> str:
    """A line of the table."""
    exact = sum(n for (what, _), n in verdicts.items() if what == "exact")
    wrong = sum(n for (what, _), n in verdicts.items() if what != "exact")

    def share(n: int, of: int) -> str:
        return f"{n} ({n / of:.2%})" if n else "0"

    passed = {what: n for (what, verdict), n in verdicts.items() if what != "exact" and verdict == "right"}
    unsure = [
        sum(
            n
            for (what, verdict), n in verdicts.items()
            if (what == "exact") == is_exact and verdict not in ("right", "wrong")
        )
        for is_exact in (True, False)
    ]
    columns = [
        name,
        share(verdicts["exact", "wrong"], exact),
        share(unsure[0], exact),
        share(sum(passed.values()), wrong),
        share(unsure[1], wrong),
        f"{1000.0 * seconds / (exact + wrong):.2f} ms",
    ]
    return "| " + " | ".join(columns) + " |"


HEAD = """| | exact slope called wrong | no verdict | planted mistake passes | no verdict | time a check |
|---|---|---|---|---|---|"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--double", type=int, default=20_000, help="how many functions in double precision")
    parser.add_argument("--single", type=int, default=5_000, help="how many in single precision")
    parser.add_argument("--slow", type=int, default=500, help="how many of them for JAX, where one takes 0.1 s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[""], help="parts of the names of the checkers")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for title, count, single in (("double", options.double, False), ("single", options.single, True)):
        print(f"\n{count} functions in {title} precision, seed {options.seed}\n\n{HEAD}", flush=True)
        drawn = list(cases(count, options.seed, single))
        for name, checker in CHECKERS.items():
            if any(part in name for part in options.only):
                try:
                    check = checker()
                except ImportError as error:
                    print(f"{name}: {error}", file=sys.stderr)
                    continue
                start = time.perf_counter()
                some = drawn[: options.slow] if "JAX" in name else drawn
                verdicts = tally(check, some)
                name += f", the first {options.slow}" if len(some) < len(drawn) else ""
                print(row(name, verdicts, time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
