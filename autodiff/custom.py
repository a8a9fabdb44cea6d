"""A primitive of your own: `defprimitive` checks the parts and puts them together."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.domain import FINITE, Domain
from autodiff.languages import PYTHON, called, function_of, n_operands, parsed
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES
from autodiff.real import as_float

FUNCTIONS = {name: primitive.forward for name, primitive in PRIMITIVES.items() if primitive.partials}
"""What a formula may call."""


def defprimitive(
    name: str,
    forward: Callable[..., Any] | None,
    partials: Callable[..., Any] | Sequence[Callable[..., Any]],
    *,
    symbol: str = "",
    domain: Sequence[Sequence[tuple[float, float]]] = (),
    requires: str = FINITE.words,
    kink: Callable[..., float] | None = None,
    source: str = "",
    formula: str = "",
) -> Primitive:
    """Return a primitive of your own, usable in every mode: call it on Values or numbers.

    With a formula it has machine code, arrays, JAX and printed code too; with a function alone the backend "python".

    `autodiff.testing.check_gradients` tests its derivatives; docs/primitives.md is the how-to.

    Args:
        name: what errors and drawings call it.
        forward: floats to a float; it raises ValueError, OverflowError or ZeroDivisionError outside the domain. None
            with a formula.
        partials: (out, *operands) -> d out / d operand; for several operands, a list of such functions. Written with
            operators, functions of `autodiff` and other primitives, so that they work on floats and on Values.
        symbol: what a drawing shows; the name if empty.
        domain: for each operand, its open intervals, such as [[(0.0, math.inf)]]; all reals if empty.
        requires: the domain in words, for error messages, as in "x > 0".
        kink: a function of the operands that is zero exactly where there is no derivative.
        source: where the derivative is from.
        formula: in place of `forward`, Python in text: numbers, the operands x, y, z, + - * / **, comparisons,
            `a if c else b`, `and`, `or`, and functions of one to three numbers of the table. Lines before the last may
            name a part, as in "z = exp(-x)\\n1.0 / (1.0 + z)".

    Raises:
        TypeError: if `forward`, `partials` or `kink` cannot be called, or `name` is not a str.
        ValueError: if there is no partial, `domain` does not list every operand, or the formula is none, has another
            number of operands, or uses anything else.

    >>> from autodiff import Value
    >>> cube = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> cube(2.0), x.grad
    (8.0, 12.0)
    >>> cube = defprimitive("cube", None, lambda out, x: 3.0 * x**2, formula="x * x * x")
    >>> cube(2.0)
    8.0
    """
    rules = (partials,) if callable(partials) else tuple(partials)
    if formula:
        if forward is not None:
            raise TypeError("defprimitive: expected a function or a formula, got both; pass None as forward")
        formula, forward = _read(name, formula, len(rules))
    functions: list[tuple[str, Any]] = [("forward", forward), *[("partials", rule) for rule in rules]]
    if kink is not None:
        functions.append(("kink", kink))
    for what, function in functions:
        if not callable(function):
            raise TypeError(f"defprimitive: expected {what} to be functions, got {type(function).__name__}")
    if not isinstance(name, str):
        raise TypeError(f"defprimitive: expected a str as name, got {type(name).__name__}")
    if not rules:
        raise ValueError("defprimitive: expected a partial for each operand, got none")
    if domain and len(domain) != len(rules):
        raise ValueError(f"defprimitive: expected a domain for each of {len(rules)} operands, got {len(domain)}")
    try:
        intervals = [tuple([(float(low), float(high)) for low, high in union]) for union in domain]
    except TypeError:
        raise ValueError(
            f"defprimitive: expected domain to list the intervals of each operand, as in [[(0.0, 1.0)]], got {domain!r}"
        ) from None

    def checked(*operands: float) -> float:
        return as_float(forward(*operands), name)  # type: ignore[misc]  # it can be called

    return Primitive(
        name,
        symbol or name,
        checked,
        rules,
        source=source,
        domain=Domain(requires, *intervals),
        kink=kink,
        formula=formula,
        words=f"A primitive of the user{': ' * bool(source)}{source}.",
    )


class _Floats(ast.NodeTransformer):
    """Writes an integer as a float, x**y as pow(x, y), and the number of what has no operand."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return ast.Constant(float(node.value))
        self.generic_visit(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            node = ast.Call(ast.Name("pow"), [node.left, node.right], [])
        names = {ast.unparse(part) for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute)}
        if isinstance(node, ast.Call | ast.BinOp) and names <= FUNCTIONS.keys():  # no code but that of the table
            return ast.Constant(eval(ast.unparse(node), {**FUNCTIONS}))
        return node


def _read(name: Any, formula: str, count: int) -> tuple[str, Callable[..., float]]:
    """The formula of a user, checked, and as a function of floats."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"defprimitive: expected a name that can be printed as code, got {name!r}")
    try:
        tree = _Floats().visit(ast.parse(formula.strip()))
        formula = ast.unparse(tree)
    except (SyntaxError, ArithmeticError, ValueError, TypeError) as error:
        raise ValueError(f"defprimitive: expected a formula, got {formula!r}: {error}") from None
    lines, _ = parsed(formula)
    unknown = called(formula) - {"inf", "nan", *FUNCTIONS}
    unknown |= {ast.unparse(part) for part in ast.walk(tree) if isinstance(part, ast.Attribute)}
    parts = {part for part, _ in lines}
    if unknown or not parts.isdisjoint([*FUNCTIONS, "inf", "nan"]):
        wrong = min(unknown or parts & {*FUNCTIONS, "inf", "nan"})
        raise ValueError(f"defprimitive: expected x, y, z, parts and functions of the table, got {wrong!r}")
    if (n := n_operands(formula)) != count:
        raise ValueError(f"defprimitive: expected a partial for each of {n} operands in the formula, got {count}")
    PYTHON.define(name, formula)  # raises where it is no formula
    return formula, function_of(formula, FUNCTIONS)
