"""`CodeFormula`: a line of a tape as text, with as few parentheses as the precedence of the operators allows.

Python and JavaScript have the same operators and precedences. They differ in two places: JavaScript forbids a minus
before a power, as in -x**2, and has another name for infinity. The text computes what the tape computes, operation by
operation, except that the signs of factors become one sign of their product.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff.languages import ATOM_LEVEL, POWER_LEVEL, PRODUCT_LEVEL, SIGN_LEVEL, SUM_LEVEL, Text
from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DIV, DOT, IDENTITY, MUL, NEG, POW, SUB, SUM, factor_pairs
from autodiff.program.source.dialects import Dialect

SPACE = "\0"  # around * and /: a space if the product stands alone, nothing if it is a term of a sum, as in PEP 8
INVERSE = f"1{SPACE}/{SPACE}"
MAX_EXACT_INTEGER = 1e15  # integers up to here are written without a point: they are exactly the float


class CodeFormula(NamedTuple):
    """A formula and its sign."""

    body: str  # the text without the sign, with SPACE around * and /
    level: int = ATOM_LEVEL  # the precedence of its outermost operation
    negative: bool = False  # whether a minus stands before all of it; never for a sum
    number: float | None = None  # its value, if it is a plain number
    is_power_first: bool = False  # whether the text begins with a power, before which JavaScript forbids a minus


def constant(x: float, dialect: Dialect) -> CodeFormula:
    """Return a plain number in the shortest form that is exactly it."""
    if math.isnan(x):
        return CodeFormula(dialect.language.nan, number=x)
    size = abs(x)
    if math.isinf(x):
        body = dialect.language.infinity
    elif size.is_integer() and size <= MAX_EXACT_INTEGER and (size or not dialect.float_suffix):
        body = str(int(size))
    else:
        body = repr(size)
    return CodeFormula(body, negative=math.copysign(1.0, x) < 0.0, number=x)


def float_text(formula: CodeFormula, dialect: Dialect) -> str:
    """Return the text of a formula that stands alone; a plain number is written as a float, 2.0."""
    return _signed(_as_float(formula, dialect), dialect).replace(SPACE, " ")


def formula_of(
    primitive: Primitive, operands: Sequence[CodeFormula], call: Callable[[Sequence[Text]], Text], dialect: Dialect
) -> CodeFormula:
    """Return the formula of a primitive of formulas; `call` writes a primitive that has no operator."""
    if all(operand.number is not None for operand in operands):  # 1 / 3 of integers is right, 2**-1074 is not
        operands = [_as_float(operand, dialect) for operand in operands]
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
        return _sum([_product(x, "*", y) for x, y in factor_pairs(operands)], dialect)
    exponent = operands[1].number if primitive is POW else None
    if exponent is not None and math.isfinite(exponent) and (dialect.real_powers or exponent.is_integer()):
        return _power(*operands)
    levels = [SIGN_LEVEL if operand.negative else operand.level for operand in operands]
    texts = [Text(float_text(each, dialect), level) for each, level in zip(operands, levels, strict=True)]
    return CodeFormula(*call(texts))


def _as_float(formula: CodeFormula, dialect: Dialect) -> CodeFormula:
    """A plain integer with a point, where the language needs one; any other formula unchanged."""
    is_integer = formula.number is not None and formula.body.isdecimal()
    return formula._replace(body=formula.body + dialect.float_suffix) if is_integer else formula


def _signed(formula: CodeFormula, dialect: Dialect) -> str:
    """The text with its sign."""
    if not formula.negative:
        return formula.body
    if formula.is_power_first and not dialect.minus_before_power:
        return f"-({formula.body.replace(SPACE, ' ')})"
    return f"-{formula.body}"


def _bracketed(formula: CodeFormula, lowest: int) -> str:
    """The text without the sign, in parentheses if its level is below `lowest`."""
    return formula.body if formula.level >= lowest else f"({formula.body.replace(SPACE, ' ')})"


def _negated(formula: CodeFormula) -> CodeFormula:
    """-x."""
    return CodeFormula(
        _bracketed(formula, PRODUCT_LEVEL),
        ATOM_LEVEL if formula.level == SUM_LEVEL else formula.level,  # a sum is in parentheses now
        not formula.negative,
        None if formula.number is None else -formula.number,
        formula.is_power_first,
    )


def _sum(terms: Sequence[CodeFormula], dialect: Dialect) -> CodeFormula:
    """x + y - z."""
    if not terms:
        return CodeFormula(f"0{dialect.float_suffix}", number=0.0)
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2 and terms[0].negative and not terms[1].negative:
        terms = terms[::-1]
    first, *others = terms
    parts = [_signed(first, dialect).replace(SPACE, "")]
    for term in others:
        parts += ["-" if term.negative else "+", _bracketed(term, PRODUCT_LEVEL).replace(SPACE, "")]
    return CodeFormula(" ".join(parts), SUM_LEVEL, is_power_first=first.is_power_first)


def _product(x: CodeFormula, operator: str, y: CodeFormula) -> CodeFormula:
    """x * y or x / y. One sign before the product replaces the signs of the factors, which changes no bit."""
    if operator == "*":
        for factor, other in ((x, y), (y, x)):
            if factor.number in (1.0, -1.0):
                return _negated(other) if factor.negative else other
        if y.body.startswith(INVERSE):  # x * (1 / y) becomes x / y, with a rounding less
            return _quotient(x, y)
        if x.body.startswith(INVERSE):
            return _quotient(y, x)
    left, right = _bracketed(x, PRODUCT_LEVEL), _bracketed(y, POWER_LEVEL)
    return _of_product(f"{left}{SPACE}{operator}{SPACE}{right}", x, y)


def _quotient(x: CodeFormula, inverse: CodeFormula) -> CodeFormula:
    """x / y, from x and 1 / y."""
    return _of_product(f"{_bracketed(x, PRODUCT_LEVEL)}{inverse.body[1:]}", x, inverse)


def _of_product(body: str, x: CodeFormula, y: CodeFormula) -> CodeFormula:
    """A product that begins with x, with the sign of both factors."""
    is_power_first = x.level > SUM_LEVEL and x.is_power_first
    return CodeFormula(body, PRODUCT_LEVEL, x.negative != y.negative, is_power_first=is_power_first)


def _power(x: CodeFormula, y: CodeFormula) -> CodeFormula:
    """x**y for a fixed y."""
    base = x.body if x.level == ATOM_LEVEL and not x.negative else f"({'-' * x.negative}{x.body})"
    exponent = f"-{y.body}" if y.negative else y.body
    return CodeFormula(f"{base.replace(SPACE, ' ')}**{exponent}", POWER_LEVEL, is_power_first=True)
