"""Formulas for `parse`, by a grammar and by noise: Python's number, or an error of the two promised kinds."""

import math
import random
import string
import time
import warnings
from collections.abc import Iterator

from autodiff import DomainError, ExpressionError, parse
from tests.fuzz.tries import repeat, require

FUNCTIONS = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "sin": math.sin, "tanh": math.tanh, "atan": math.atan}
PIECES = [
    *(
        "x",
        "y",
        "(",
        ")",
        "**",
        "*",
        "/",
        "+",
        "-",
        ",",
        "e",
        "pi",
        "inf",
        "nan",
        "1",
        "0",
        "2.5",
        "1e308",
        ".",
        " ",
        "\n",
    ),
    *(
        "__import__('os')",
        "().__class__",
        "lambda:",
        "[x for x in y]",
        "x if y else 1",
        "exp",
        "maximum(",
        "f'{x}'",
        "\0",
    ),
    *(
        "9**9**9**9",
        "x:=1",
        "'",
        '"',
        "#",
        "\\",
        "µ",
        "x̂",
        "\ud800",
        "²",
        "=",
        "@",
        "%",
        "//",
        "await",
        "*x",
        "**y",
        "...",
        "1_0",
        "1if",
        "'\\d'",
    ),
]
BOMBS = [
    lambda n: "(" * n + "x" + ")" * n,
    lambda n: "-" * n + "x",
    lambda n: "x" + "+x" * n,
    lambda n: "x" + "**x" * n,
    lambda n: "9" * n,
    lambda n: "exp(" * n + "x" + ")" * n,
    lambda n: "maximum(" + "x," * n + "y)",
    lambda n: "9**" * n + "9",
    lambda n: "x[" * n,
    lambda n: "1e" + "9" * n,
    lambda n: "9a" * n,
    lambda n: "x" * n + "=",
]
LONGEST = 60.0  # seconds for one formula of at most 100,000 pieces


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


def attempt(rng: random.Random) -> str:
    return rng.choices([grammar, noise, bomb], [60, 39, 1])[0](rng)


def grammar(rng: random.Random) -> str:
    """A valid formula: parse and Python's own evaluation have the same number, or both refuse it."""
    formula = written(rng, rng.randint(1, 5))
    x, y = rng.uniform(-2, 2), rng.uniform(-2, 2)
    try:
        wanted = eval(formula, {"__builtins__": {}, "pi": math.pi, "e": math.e, **FUNCTIONS}, {"x": x, "y": y})
    except (ArithmeticError, ValueError):
        wanted = math.nan
    try:
        got = parse(formula, x=x, y=y).data
    except DomainError:
        return "by grammar, outside the domain"
    if isinstance(wanted, complex) or not math.isfinite(wanted):
        return "by grammar, not finite"
    # parse records exactly these operations in this order: the results are the same to the last bits of exp and others
    require(math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-12), f"{formula!r} at {x}, {y}: {got!r}, {wanted!r}")
    return "by grammar, a number"


def written(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(["x", "y", "pi", "e", repr(round(rng.uniform(0, 3), 2)), str(rng.randint(0, 4))])
    kind = rng.randrange(4)
    if kind == 0:
        return f"{rng.choice([*FUNCTIONS])}({written(rng, depth - 1)})"
    if kind == 1:
        return f"(-{written(rng, depth - 1)})"
    power = "**2" if rng.random() < 0.2 else ""
    return f"({written(rng, depth - 1)} {rng.choice('+-*/')} {written(rng, depth - 1)}){power}"


def noise(rng: random.Random) -> str:
    pieces = [rng.choice(PIECES) for _ in range(rng.randint(0, 12))]
    if rng.random() < 0.3:
        pieces += [rng.choice(string.printable) for _ in range(rng.randint(1, 5))]
        rng.shuffle(pieces)
    return f"noise, {outcome(''.join(pieces))}"


def bomb(rng: random.Random) -> str:
    return f"bomb, {outcome(rng.choice(BOMBS)(rng.choice([1_000, 10_000, 100_000])))}"


def outcome(formula: str) -> str:
    """How `parse` ends; any other error, a warning and a wait without end are failures."""
    start = time.monotonic()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            parse(formula, x=0.5, y=2.0)
            result = "a graph"
        except (ExpressionError, DomainError) as error:
            require(len(str(error)) < 5_000, f"an error of {len(str(error))} characters for {formula[:80]!r}")
            result = type(error).__name__
    took = time.monotonic() - start
    require(not warned, f"{warned[0].message if warned else ''} for {formula[:80]!r}")
    require(took < LONGEST, f"{took:.0f} s for {formula[:80]!r}")
    return result
