"""`Formula`: one line of a tape as text, with as few parentheses as the precedence of the operators allows.

Python and JavaScript share the operators and their precedence. They differ in two places: JavaScript refuses a minus
before a power, as in -x**2, and writes another name for infinity. Neither changes the order of evaluation: what is
written is what the tape computes, operation by operation, up to the sign in front of a product.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DIV, DOT, IDENTITY, MUL, NEG, POW, SUB, SUM
from autodiff.program.source.dialects import Dialect

SUM_LEVEL, PRODUCT_LEVEL, POWER_LEVEL, ATOM_LEVEL = range(4)
SPACE = "\0"  # beside * and /: a space in a product that stands alone, none in one that is a term, as PEP 8 has it
INVERSE = f"1{SPACE}/{SPACE}"
EXACT = 1e15  # an integer up to here is the same number as the float


class Formula(NamedTuple):
    """A formula, apart from its sign.

    Attributes:
        body: the text, with SPACE beside * and /.
        level: how tightly its last operation binds.
        negative: whether there is a minus in front of all of it; never of a sum.
        number: what it is, if it is a plain number.
        is_power_first: whether the text begins with a power, before which JavaScript takes no minus.
    """

    body: str
    level: int = ATOM_LEVEL
    negative: bool = False
    number: float | None = None
    is_power_first: bool = False


def number(x: float, dialect: Dialect) -> Formula:
    """A plain number, in the shortest form that is exactly it."""
    if math.isnan(x):
        return Formula(dialect.nan, number=x)
    size = abs(x)
    if math.isinf(x):
        body = dialect.infinity
    elif size.is_integer() and size <= EXACT and (size or not dialect.point):
        body = str(int(size))
    else:
        body = repr(size)
    return Formula(body, negative=math.copysign(1.0, x) < 0.0, number=x)


def text(formula: Formula, dialect: Dialect) -> str:
    """The formula as it stands alone."""
    return _signed(formula, dialect).replace(SPACE, " ")


def float_text(formula: Formula, dialect: Dialect) -> str:
    """The formula, a plain number as a float: 2.0."""
    return text(_as_float(formula, dialect), dialect)


def formula(primitive: Primitive, operands: Sequence[Formula], call: Callable[[], str], dialect: Dialect) -> Formula:
    """The formula of a line.

    Args:
        primitive: what is computed.
        operands: the formulas of its operands.
        call: says the function that computes it, where there is no operator for it.
        dialect: the language.
    """
    if all(operand.number is not None for operand in operands):
        operands = [
            _as_float(operand, dialect) for operand in operands
        ]  # 1 / 3 of integers would do, 2**-1074 would not
    if primitive is IDENTITY:
        return operands[0]
    if primitive is ADD or primitive is SUM:
        return _sum(operands, dialect)
    if primitive is SUB:
        return _sum([operands[0], _negated(operands[1])], dialect)
    if primitive is NEG:
        return _negated(operands[0])
    if primitive is MUL:
        return _product(operands[0], "*", operands[1])
    if primitive is DIV:
        return _product(operands[0], "/", operands[1])
    if primitive is DOT:
        half = len(operands) // 2
        return _sum(
            [_product(x, "*", y) for x, y in zip(operands[:half], operands[half:], strict=True)],
            dialect,
        )
    if primitive is POW and dialect.has_operator_for_power(operands[1].number):
        return _power(*operands)
    return Formula(f"{call()}({', '.join(float_text(operand, dialect) for operand in operands)})")


def _as_float(formula: Formula, dialect: Dialect) -> Formula:
    """A plain number with its point, where that makes a difference; anything else unchanged."""
    is_integer = formula.number is not None and formula.body.isdecimal()
    return formula._replace(body=formula.body + dialect.point) if is_integer else formula


def _signed(formula: Formula, dialect: Dialect) -> str:
    """Its text, sign and all."""
    if not formula.negative:
        return formula.body
    if formula.is_power_first and not dialect.minus_before_power:
        return f"-({formula.body.replace(SPACE, ' ')})"
    return f"-{formula.body}"


def _bracketed(formula: Formula, lowest: int) -> str:
    """Its text without the sign, in parentheses if it binds less than needed."""
    return formula.body if formula.level >= lowest else f"({formula.body.replace(SPACE, ' ')})"


def _negated(formula: Formula) -> Formula:
    """-x."""
    value = None if formula.number is None else -formula.number
    return Formula(
        _bracketed(formula, PRODUCT_LEVEL),
        max(formula.level, PRODUCT_LEVEL) if formula.level > SUM_LEVEL else ATOM_LEVEL,
        not formula.negative,
        value,
        formula.is_power_first,
    )


def _sum(terms: Sequence[Formula], dialect: Dialect) -> Formula:
    """x + y - z."""
    if not terms:
        return Formula(f"0{dialect.point}", number=0.0)
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2 and terms[0].negative and not terms[1].negative:
        terms = terms[::-1]
    first, *rest = terms
    parts = [_signed(first, dialect).replace(SPACE, "")]
    for term in rest:
        parts += ["-" if term.negative else "+", _bracketed(term, PRODUCT_LEVEL).replace(SPACE, "")]
    return Formula(" ".join(parts), SUM_LEVEL, is_power_first=first.is_power_first)


def _product(x: Formula, operator: str, y: Formula) -> Formula:
    """x * y or x / y. The signs of the factors are one sign before the product: the same number to the last bit."""
    if operator == "*":
        for factor, other in ((x, y), (y, x)):
            if factor.number in (1.0, -1.0):
                return _negated(other) if factor.negative else other
        if y.body.startswith(INVERSE):  # x * (1 / y): a rounding less
            return _over(x, y)
        if x.body.startswith(INVERSE):
            return _over(y, x)
    left, right = _bracketed(x, PRODUCT_LEVEL), _bracketed(y, POWER_LEVEL)
    return Formula(
        f"{left}{SPACE}{operator}{SPACE}{right}",
        PRODUCT_LEVEL,
        x.negative != y.negative,
        is_power_first=_is_power_first(x),
    )


def _is_power_first(x: Formula) -> bool:
    """Whether a product begins with a power if its first factor is x."""
    return x.level > SUM_LEVEL and x.is_power_first


def _over(x: Formula, inverse: Formula) -> Formula:
    """x / y for x and 1 / y."""
    body = f"{_bracketed(x, PRODUCT_LEVEL)}{inverse.body[1:]}"
    return Formula(body, PRODUCT_LEVEL, x.negative != inverse.negative, is_power_first=_is_power_first(x))


def _power(x: Formula, y: Formula) -> Formula:
    """x**y for a fixed y."""
    base = x.body if x.level == ATOM_LEVEL and not x.negative else f"({{}}{x.body})".format("-" * x.negative)
    exponent = f"-{y.body}" if y.negative else y.body
    return Formula(f"{base.replace(SPACE, ' ')}**{exponent}", POWER_LEVEL, is_power_first=True)
