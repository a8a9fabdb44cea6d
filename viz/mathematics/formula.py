"""Formulas: the operation of a node as it was written, and a derivative multiplied out.

No derivative is written here. The rule in the table of primitives runs on named nodes, and the graph that it returns is
read as a formula: numbers, drawings and formulas have one source.
"""

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from autodiff import PRIMITIVES, Primitive, Value
from autodiff.extend import OPERANDS, parsed, primitives
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
    return Formula(notation.name(name), (POWER_LEVEL if match[1] else ATOM_LEVEL) if match else LABEL_LEVEL)


def write(primitive: Primitive, operands: Sequence[Formula], notation: Plain) -> Formula:
    """Return the operation of a node on its operands, as it was written."""
    first, *rest = operands or [Formula("")]
    match primitive:
        case primitives.IDENTITY:
            return first
        case primitives.SUM:
            return _sum([(False, operand) for operand in operands], notation)
        case primitives.DOT:
            products = [write(primitives.MUL, pair, notation) for pair in primitives.factor_pairs(operands)]
            return _sum([(False, product) for product in products], notation)
        case primitives.ADD | primitives.SUB:
            is_negative, second = primitive is primitives.SUB, rest[0]
            if second.value is not None and second.value < 0:
                is_negative, second = not is_negative, literal(-second.value, notation)
            return _sum([(False, first), (is_negative, second)], notation)
        case primitives.NEG:
            return _negative(first, notation)
        case primitives.MUL:
            factors = [bracketed(first, SIGN_LEVEL, notation), bracketed(rest[0], PRODUCT_LEVEL, notation)]
            return Formula(notation.product(factors), SIGN_LEVEL if first.level == SIGN_LEVEL else PRODUCT_LEVEL)
        case primitives.DIV | primitives.QUOTIENT:
            return _fraction(first, rest[0], notation)
        case primitives.POW if rest[0].value == 0.5:
            return Formula(notation.call("√", first.text))
        case primitives.POW if rest[0].value == -1.0:
            return _fraction(literal(1.0, notation), first, notation)
        case primitives.STEP:
            return Formula(notation.choice(first.text, notation.number(0.0)))
        case blackboard.LARGER:
            return Formula(notation.choice(first.text, rest[0].text))
        case blackboard.EQUAL:
            return Formula(notation.choice(first.text, rest[0].text, " = "))
        case primitives.COMPARE:
            return Formula(notation.call(primitives.SIGN.name, _sum([(False, first), (True, rest[0])], notation).text))
        case primitives.POW:
            return Formula(notation.power(bracketed(first, ATOM_LEVEL, notation), rest[0].text), POWER_LEVEL)
    if spelling := primitive.spellings.get("mathematics"):
        return _read(parsed(spelling)[1], dict(zip(OPERANDS, operands, strict=False)), notation)
    return Formula(notation.call(primitive.symbol, *[operand.text for operand in operands]))


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


def _negative(formula: Formula, notation: Plain) -> Formula:
    return Formula(notation.row(notation.word("−"), bracketed(formula, PRODUCT_LEVEL, notation)), SIGN_LEVEL)


def _fraction(x: Formula, y: Formula, notation: Plain) -> Formula:
    if type(notation) is not Plain:  # a fraction with a bar needs no brackets
        return Formula(notation.over(x.text, y.text), POWER_LEVEL)
    text = notation.over(bracketed(x, SIGN_LEVEL, notation), bracketed(y, POWER_LEVEL, notation))
    return Formula(text, PRODUCT_LEVEL)


def _sum(terms: Sequence[tuple[bool, Formula]], notation: Plain) -> Formula:
    """The sum of (is negative, term) pairs; of a long sum the first terms, and the number of terms."""
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


# ------------------------------------------------------------------------------------------- multiplied out


class Product(NamedTuple):
    """A number times powers of formulas, as a mapping from each formula to its exponent."""

    number: float = 1.0
    powers: Mapping[Formula, float] = {}


class Algebra:
    """Multiplies out the formula of a small graph: 0.5·(2·s) becomes s, and y³·2·(2·x) becomes 4·x·y³.

    Args:
        notation: the notation of its formulas.
        known: a function that returns the formula of a node, or None if the node's operands are to be written.
    """

    def __init__(self, notation: Plain, known: Callable[[Value], Formula | None]) -> None:
        self.notation, self.known = notation, known
        # (numerator or None for 1, denominator, replacement): a quotient that is a node of the graph has its name
        self._quotients: list[tuple[Formula | None, Formula, Formula]] = []

    def use_names_of(self, nodes: Iterable[Value]) -> None:
        """From here on, write p for e/S if a node p is that quotient; and 1 − f for e/(1 + e) if f is 1/(1 + e)."""
        one = Product()
        for node in nodes:
            name = self.known(node)
            if name is None or node.primitive is not primitives.DIV:
                continue
            above, below = map(self.product, node.operands)
            numerator, denominator = _single(above), _single(below)
            if denominator is None or (numerator is None and above != one):
                continue
            terms = [self.product(x) for x in node.operands[1].operands] if above == one else []
            if node.operands[1].primitive is primitives.ADD and one in terms:
                rest = _single(terms[1 - terms.index(one)])
                other = _sum([(False, number(1.0, self.notation)), (True, name)], self.notation)
                self._quotients += [(rest, denominator, other)] if rest else []
            self._quotients.append((numerator, denominator, name))

    def reduced(self, product: Product) -> Product:
        """Return a product in which the quotients that are nodes of the graph have their names."""
        for numerator, denominator, name in self._quotients:
            above = product.powers.get(numerator, 0.0) if numerator else math.inf
            times_in = min(above, -product.powers.get(denominator, 0.0))
            if times_in >= 1.0:
                change = {denominator: times_in, name: times_in} | ({numerator: -times_in} if numerator else {})
                product = times(product, Product(1.0, change))
        return product

    def text(self, x: Value | float) -> str:
        """Return the formula of a number or node as text."""
        return self.formula(self.product(x)).text

    def formula(self, product: Product) -> Formula:
        """Return a product as a formula."""
        notation = self.notation
        over = [(base, exponent) for base, exponent in product.powers.items() if exponent > 0]
        under = [(base, -exponent) for base, exponent in product.powers.items() if exponent < 0]
        size = abs(product.number)
        formula = self._row(([number(size, notation)] if size != 1.0 or not over else []) + self._factors(over))
        if under:
            formula = _fraction(formula, self._row(self._factors(under)), notation)
        return _negative(formula, notation) if product.number < 0 else formula

    def sum(self, terms: Sequence[Product]) -> Formula:
        """Return the sum of products, with like terms added."""
        return self.formula(self._sum(terms))

    def _factors(self, powers: Sequence[tuple[Formula, float]]) -> list[Formula]:
        """Powers as formulas, short names first, then sums."""
        ordered = sorted(powers, key=lambda power: (power[0].level < ATOM_LEVEL, len(power[0].text), power[0].text))
        return [base if exponent == 1.0 else self._raised(base, exponent) for base, exponent in ordered]

    def _raised(self, base: Formula, exponent: float) -> Formula:
        if exponent == 0.5:
            return Formula(self.notation.call("√", base.text))
        text = self.notation.power(bracketed(base, ATOM_LEVEL, self.notation), self.notation.number(exponent))
        return Formula(text, POWER_LEVEL)

    def _row(self, factors: Sequence[Formula]) -> Formula:
        if len(factors) == 1:
            return factors[0]
        texts = [bracketed(factor, PRODUCT_LEVEL, self.notation) for factor in factors]
        return Formula(self.notation.product(texts), PRODUCT_LEVEL)

    def product(self, x: Value | float) -> Product:
        """Return a number or node as a product."""
        if not isinstance(x, Value):
            return Product(float(x))
        known = self.known(x)
        if known is not None:
            return Product(1.0, {known: 1.0})
        if x.is_constant:
            return Product(x.data)
        operands = x.operands
        match x.primitive:
            case primitives.MUL:
                return times(self.product(operands[0]), self.product(operands[1]))
            case primitives.NEG:
                return times(Product(-1.0), self.product(operands[0]))
            case primitives.DIV | primitives.QUOTIENT:
                return times(self.product(operands[0]), self._power(operands[1], -1.0))
            case primitives.RECIPROCAL:
                return self._power(operands[0], -1.0)
            case primitives.IDENTITY:
                return self.product(operands[0])
            case primitives.POW if operands[1].is_constant:
                return self._power(operands[0], operands[1].data)
            case primitives.DOT:
                pairs = primitives.factor_pairs(operands)
                return self._sum([times(self.product(a), self.product(b)) for a, b in pairs])
            case primitives.ADD | primitives.SUM:
                return self._sum([self.product(operand) for operand in operands])
            case primitives.SUB:
                return self._sum([self.product(operands[0]), times(Product(-1.0), self.product(operands[1]))])
        formulas = [self.formula(self.product(operand)) for operand in operands]
        assert x.primitive is not None  # leaves are known
        return Product(1.0, {write(x.primitive, formulas, self.notation): 1.0})

    def _power(self, x: Value | float, exponent: float) -> Product:
        """A power of a node: factor by factor if that holds for every sign."""
        base = self.product(x)
        if float(exponent).is_integer() and base.number != 0.0:
            powers = {factor: old * exponent for factor, old in base.powers.items()}
            return Product(base.number**exponent, powers)
        return Product(1.0, {self.formula(base): exponent})

    def _sum(self, terms: Sequence[Product]) -> Product:
        """A sum as a product with one factor."""
        like: dict[tuple[tuple[Formula, float], ...], float] = {}
        for term in terms:
            key = tuple(sorted(term.powers.items()))
            like[key] = like.get(key, 0.0) + term.number
        kept = [Product(size, dict(key)) for key, size in like.items() if size != 0.0]
        if len(kept) < 2:
            return kept[0] if kept else Product(0.0)
        pairs = [(term.number < 0, self.formula(term._replace(number=abs(term.number)))) for term in kept]
        if pairs[0][0] and not all(negative for negative, _ in pairs):
            pairs.sort(key=lambda pair: pair[0])
        return Product(1.0, {_sum(pairs, self.notation): 1.0})


def _single(product: Product) -> Formula | None:
    """The formula that a product consists of, if it is one."""
    (base, exponent), *more = [*product.powers.items(), (None, 0.0)]
    return base if product.number == 1.0 and exponent == 1.0 and len(more) == 1 else None


def times(*factors: Product) -> Product:
    """Return the product of products."""
    size, powers = 1.0, dict[Formula, float]()
    for factor in factors:
        size *= factor.number
        for base, exponent in factor.powers.items():
            powers[base] = powers.get(base, 0.0) + exponent
    return Product(size, {base: exponent for base, exponent in powers.items() if exponent != 0.0} if size else {})
