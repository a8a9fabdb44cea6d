"""Formulas: the operation of a node as it was written."""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autodiff import PRIMITIVES, Primitive
from autodiff.extend import OPERANDS, parsed, primitives
from viz.graph.names import parts_of
from viz.mathematics import blackboard
from viz.mathematics.notation import Plain
from viz.style.text import number_parts

LABEL_LEVEL = -1  # of a label that is a formula itself, such as x+y: any operation puts it in brackets
SUM_LEVEL, SIGN_LEVEL, PRODUCT_LEVEL, POWER_LEVEL, ATOM_LEVEL = range(5)  # -2x is -(2x) on paper, (-2)*x in code
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ"
_NAME = re.compile(  # f, w_1, x', f(A); or a number; or anything in brackets; and what is raised, as in W⁽¹⁾₁₂
    rf"(?:[^\W\d{_RAISED}](?:[^\W{_RAISED}]|[.'′\u0300-\u036f])*…?(?:\([^()]*\)|\[[^][]*\])*|[\d.]+|\([^()]*\))"
    rf"([{_RAISED}⁻⁽⁾]*)(?:[₀₁₂₃₄₅₆₇₈₉]+|\[[\d,]+\])?"
)
MAX_TERMS = 4  # terms shown of a sum or a dot; of a longer one, their number is shown too


class Formula(NamedTuple):
    """A text, and the level of its last operation: higher levels bind more tightly; of a constant, also its number."""

    text: str
    level: int = ATOM_LEVEL
    value: float | None = None


def number(x: float, notation: Plain) -> Formula:
    """Return a number as a formula."""
    _, _, exponent = number_parts(x, notation.digits)
    return Formula(notation.number(x), SIGN_LEVEL if x < 0 else PRODUCT_LEVEL if exponent else ATOM_LEVEL)


def literal(x: float, notation: Plain) -> Formula:
    """Return a constant as a formula: + (−2) is written − 2, and ^0.5 as a root."""
    return number(x, notation)._replace(value=x)


def named(name: str, notation: Plain) -> Formula:
    """Return the name of a node as a formula."""
    match = _NAME.fullmatch(name)
    level = (POWER_LEVEL if match[1] else ATOM_LEVEL) if match else ATOM_LEVEL if parts_of(name)[0] else LABEL_LEVEL
    return Formula(notation.name(name), level)


def write(primitive: Primitive, operands: Sequence[Formula], notation: Plain) -> Formula:
    """Return the operation of a node on its operands, as it was written."""
    first, *rest = operands or [Formula("")]
    match primitive:
        case primitives.IDENTITY:
            return first
        case primitives.SUM:
            return add_up([(False, operand) for operand in operands], notation)
        case primitives.DOT:
            products = [write(primitives.MUL, pair, notation) for pair in primitives.factor_pairs(operands)]
            return add_up([(False, product) for product in products], notation)
        case primitives.ADD | primitives.SUB:
            is_negative, second = primitive is primitives.SUB, rest[0]
            if second.value is not None and second.value < 0:
                is_negative, second = not is_negative, literal(-second.value, notation)
            return add_up([(False, first), (is_negative, second)], notation)
        case primitives.NEG:
            return negative(first, notation)
        case primitives.MUL:
            factors = [bracketed(first, SIGN_LEVEL, notation), bracketed(rest[0], PRODUCT_LEVEL, notation)]
            return Formula(notation.product(factors), SIGN_LEVEL if first.level == SIGN_LEVEL else PRODUCT_LEVEL)
        case primitives.DIV | primitives.QUOTIENT:
            return fraction(first, rest[0], notation)
        case primitives.POW if rest[0].value == 0.5:
            return Formula(notation.call("√", first.text))
        case primitives.POW if rest[0].value == -1.0:
            return fraction(literal(1.0, notation), first, notation)
        case primitives.STEP:
            return Formula(notation.choice(first.text, notation.number(0.0)))
        case blackboard.LARGER:
            return Formula(notation.choice(first.text, rest[0].text))
        case blackboard.EQUAL:
            return Formula(notation.choice(first.text, rest[0].text, " = "))
        case primitives.COMPARE:
            return Formula(
                notation.call(primitives.SIGN.name, add_up([(False, first), (True, rest[0])], notation).text)
            )
        case primitives.POW:
            return Formula(notation.power(bracketed(first, ATOM_LEVEL, notation), rest[0].text), POWER_LEVEL)
    if spelling := primitive.spellings.get("mathematics"):
        return _read(parsed(spelling)[1], dict(zip(OPERANDS, operands, strict=False)), notation)
    return call(primitive.symbol, operands, notation)


def call(function: str, operands: Sequence[Formula], notation: Plain) -> Formula:
    """Return a function of some operands; of many, of the first and the last."""
    texts = [operand.text for operand in operands]
    if len(texts) > 2 * MAX_TERMS:
        texts[MAX_TERMS - 1 : -1] = [notation.word("…")]
    return Formula(notation.call(function, *texts))


def softmax(operands: Sequence[Formula], i: int, notation: Plain) -> Formula:
    """Return element i of the softmax of some operands, exp(x) / (exp(x) + exp(y))."""
    powers = [write(primitives.EXP, [operand], notation) for operand in operands]
    return fraction(powers[i], write(primitives.SUM, powers, notation), notation)


def _read(part: ast.expr, operands: Mapping[str, Formula], notation: Plain) -> Formula:
    """A part of the formula of a primitive."""
    match part:
        case ast.Constant(value=float() as x):
            return number(x, notation)
        case ast.Name(id=name):
            return operands[name]
        case ast.BinOp(left=left, op=operator, right=right):
            primitive, arguments = _OPERATORS[type(operator)], [left, right]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            primitive, arguments = primitives.NEG, [operand]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            primitive = PRIMITIVES[name]
        case _:
            raise ValueError(f"formula: expected + - * / and functions, got {ast.unparse(part)!r}")
    return write(primitive, [_read(argument, operands, notation) for argument in arguments], notation)


_OPERATORS: Mapping[type[ast.operator], Primitive] = {
    ast.Add: primitives.ADD,
    ast.Sub: primitives.SUB,
    ast.Mult: primitives.MUL,
    ast.Div: primitives.DIV,
}


def bracketed(formula: Formula, level: int, notation: Plain) -> str:
    """The text of a formula, in brackets if it binds less tightly than a level."""
    return formula.text if formula.level >= level else notation.brackets(formula.text)


def negative(formula: Formula, notation: Plain) -> Formula:
    """Return −formula."""
    return Formula(notation.row(notation.word("−"), bracketed(formula, PRODUCT_LEVEL, notation)), SIGN_LEVEL)


def fraction(x: Formula, y: Formula, notation: Plain) -> Formula:
    """Return x / y."""
    if type(notation) is not Plain:  # a fraction with a bar needs no brackets
        return Formula(notation.over(x.text, y.text), POWER_LEVEL)
    text = notation.over(bracketed(x, SIGN_LEVEL, notation), bracketed(y, POWER_LEVEL, notation))
    return Formula(text, PRODUCT_LEVEL)


def add_up(terms: Sequence[tuple[bool, Formula]], notation: Plain) -> Formula:
    """Return the sum of (is negative, term) pairs; of a long sum the first terms, and the number of terms."""
    if len(terms) < 2:
        return terms[0][1] if terms else number(0.0, notation)
    shown = [(negative, _term(i, negative, term, notation)) for i, (negative, term) in enumerate(terms[:MAX_TERMS])]
    text = notation.sum(shown)
    if len(terms) > MAX_TERMS:
        text = notation.row(text, notation.plus, notation.word("…"), notation.word(f" ({len(terms)} terms)"))
    return Formula(text, SUM_LEVEL)


def _term(i: int, negative: bool, term: Formula, notation: Plain) -> str:
    lowest = PRODUCT_LEVEL if negative else SUM_LEVEL
    needs_brackets = term.level < lowest or (term.level == SIGN_LEVEL and i > 0)
    return notation.brackets(term.text) if needs_brackets else term.text
