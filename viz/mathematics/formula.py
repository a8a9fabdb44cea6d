"""Formulas: what a node computes, as it was written, and what a derivative comes to, multiplied out.

The derivatives are not written here. The table's own rule runs on the named nodes, and the graph that it gives is read
back as a formula: one source for the number, the drawing and the blackboard.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from autodiff import Primitive, Value
from autodiff.extend import primitives
from viz.mathematics.notation import Plain

SUM_LEVEL, SIGN_LEVEL, PRODUCT_LEVEL, POWER_LEVEL, ATOM_LEVEL = range(5)
TERMS = 4  # of a sum or a dot; more are counted


class Formula(NamedTuple):
    """A text, and how tightly its last operation binds."""

    text: str
    level: int = ATOM_LEVEL


def number(x: float, notation: Plain) -> Formula:
    """A plain number."""
    spelled = notation.number(x)
    return Formula(spelled, SIGN_LEVEL if x < 0 else PRODUCT_LEVEL if "times" in spelled else ATOM_LEVEL)


def write(primitive: Primitive, operands: Sequence[Formula], notation: Plain) -> Formula:
    """Return what a node computes from its operands, as it was written."""

    def at_least(operand: Formula, level: int) -> str:
        return _at_least(operand, level, notation)

    if primitive is primitives.IDENTITY:
        return operands[0]
    if primitive is primitives.SUM:
        return _sum([(False, operand) for operand in operands], notation)
    if primitive is primitives.DOT:
        half = len(operands) // 2
        pairs = zip(operands[:half], operands[half:], strict=True)
        return _sum([(False, write(primitives.MUL, pair, notation)) for pair in pairs], notation)
    if primitive in (primitives.ADD, primitives.SUB):
        return _sum([(False, operands[0]), (primitive is primitives.SUB, operands[1])], notation)
    if primitive is primitives.NEG:
        return Formula(notation.row(notation.word("−"), at_least(operands[0], PRODUCT_LEVEL)), SIGN_LEVEL)
    if primitive is primitives.MUL:
        first, second = at_least(operands[0], SIGN_LEVEL), at_least(operands[1], PRODUCT_LEVEL)
        return Formula(notation.product([first, second]), min(operands[0].level, PRODUCT_LEVEL) or PRODUCT_LEVEL)
    if primitive is primitives.DIV:
        return _over(operands[0], operands[1], notation)
    if primitive is primitives.RECIPROCAL:
        return _over(number(1.0, notation), operands[0], notation)
    if primitive is primitives.POW:
        return Formula(notation.power(at_least(operands[0], ATOM_LEVEL), operands[1].text), POWER_LEVEL)
    if primitive is primitives.POW_SLOPE:
        exponent = write(primitives.SUB, [operands[1], number(1.0, notation)], notation)
        return write(primitives.MUL, [operands[1], write(primitives.POW, [operands[0], exponent], notation)], notation)
    name = _NAMES.get(primitive, primitive.symbol)
    return Formula(notation.call(name, *[operand.text for operand in operands]))


_NAMES = {primitives.ABS: "|x|", primitives.SQRT: "√", primitives.LOG_OR_ZERO: "log", primitives.COMPARE: "compare"}


def _at_least(operand: Formula, level: int, notation: Plain) -> str:
    return operand.text if operand.level >= level else notation.brackets(operand.text)


def _over(x: Formula, y: Formula, notation: Plain) -> Formula:
    if type(notation) is not Plain:  # a fraction brackets by itself
        return Formula(notation.over(x.text, y.text), PRODUCT_LEVEL)
    text = notation.over(_at_least(x, SIGN_LEVEL, notation), _at_least(y, POWER_LEVEL, notation))
    return Formula(text, PRODUCT_LEVEL)


def _sum(terms: Sequence[tuple[bool, Formula]], notation: Plain) -> Formula:
    """A sum; of a long one the first terms, and how many there are."""
    if not terms:
        return number(0.0, notation)
    shown = [(negative, _term(i, negative, term, notation)) for i, (negative, term) in enumerate(terms[:TERMS])]
    out = notation.sum(shown)
    if len(terms) > TERMS:
        out = notation.row(out, notation.plus, notation.word("…"), notation.word(f" ({len(terms)} terms)"))
    return Formula(out, SUM_LEVEL if len(terms) > 1 else terms[0][1].level)


def _term(i: int, negative: bool, term: Formula, notation: Plain) -> str:
    needs = (term.level == SIGN_LEVEL and i > 0) or (term.level == SUM_LEVEL and negative)
    return notation.brackets(term.text) if needs else term.text


# ------------------------------------------------------------------------------------------- multiplied out


class Product(NamedTuple):
    """A number times powers of formulas; the exponents are by formula."""

    number: float = 1.0
    powers: Mapping[Formula, float] = {}


class Algebra:
    """Reads a small graph as a formula, multiplied out: 0.5·(2·s) is s, y³·2·(2·x) is 4·x·y³.

    Args:
        notation: the hand that it is written in.
        known: the formula of a node, or None to look at what it is made of.
    """

    def __init__(self, notation: Plain, known: Callable[[Value], Formula | None]) -> None:
        self.notation, self.known = notation, known

    def text(self, x: Value | float) -> str:
        """The formula of a number or node."""
        return self.formula(self.product(x)).text

    def formula(self, product: Product) -> Formula:
        """A product as a formula."""
        notation = self.notation
        over = [(base, exponent) for base, exponent in product.powers.items() if exponent > 0]
        under = [(base, -exponent) for base, exponent in product.powers.items() if exponent < 0]
        size = abs(product.number)
        upper = ([number(size, notation)] if size != 1.0 or not over else []) + self._factors(over)
        out = self._row(upper)
        if under:
            out = _over(out, self._row(self._factors(under)), notation)
        if product.number < 0:
            return Formula(notation.row(notation.word("−"), _at_least(out, PRODUCT_LEVEL, notation)), SIGN_LEVEL)
        return out

    def sum(self, terms: Sequence[Product]) -> Formula:
        """The sum of products, like terms together."""
        return self.formula(self._sum(terms))

    def _factors(self, powers: Sequence[tuple[Formula, float]]) -> list[Formula]:
        ordered = sorted(powers, key=lambda power: (power[0].level < ATOM_LEVEL, len(power[0].text), power[0].text))
        return [
            base
            if exponent == 1.0
            else Formula(
                self.notation.power(_at_least(base, ATOM_LEVEL, self.notation), self.notation.number(exponent)),
                POWER_LEVEL,
            )
            for base, exponent in ordered
        ]

    def _row(self, factors: Sequence[Formula]) -> Formula:
        if len(factors) == 1:
            return factors[0]
        return Formula(
            self.notation.product([_at_least(f, PRODUCT_LEVEL, self.notation) for f in factors]), PRODUCT_LEVEL
        )

    def product(self, x: Value | float) -> Product:
        """A number or node as a product."""
        if not isinstance(x, Value):
            return Product(float(x))
        known = self.known(x)
        if known is not None:
            return Product(1.0, {known: 1.0})
        if x.is_constant:
            return Product(x.data)
        primitive, operands = x.primitive, x.operands
        if primitive is primitives.MUL:
            return times(self.product(operands[0]), self.product(operands[1]))
        if primitive is primitives.NEG:
            return times(Product(-1.0), self.product(operands[0]))
        if primitive is primitives.DIV:
            return times(self.product(operands[0]), self._power(operands[1], -1.0))
        if primitive is primitives.RECIPROCAL:
            return self._power(operands[0], -1.0)
        if primitive is primitives.IDENTITY:
            return self.product(operands[0])
        if primitive is primitives.POW and operands[1].is_constant:
            return self._power(operands[0], operands[1].data)
        return self._whole(x)

    def _power(self, x: Value | float, exponent: float) -> Product:
        """A power of a node: factor by factor where that is the same for every sign."""
        base = self.product(x)
        if float(exponent).is_integer() and base.number != 0.0:
            powers = {factor: old * exponent for factor, old in base.powers.items()}
            return Product(base.number**exponent, powers)
        return Product(1.0, {self.formula(base): exponent})

    def _whole(self, x: Value) -> Product:
        """A node that is no product."""
        primitive, operands = x.primitive, x.operands
        if primitive is primitives.DOT:
            half = len(operands) // 2
            pairs = zip(operands[:half], operands[half:], strict=True)
            return self._sum([times(self.product(a), self.product(b)) for a, b in pairs])
        if primitive in (primitives.ADD, primitives.SUM):
            return self._sum([self.product(operand) for operand in operands])
        if primitive is primitives.SUB:
            return self._sum([self.product(operands[0]), times(Product(-1.0), self.product(operands[1]))])
        formulas = [self.formula(self.product(operand)) for operand in operands]
        assert primitive is not None  # leaves are known
        return Product(1.0, {write(primitive, formulas, self.notation): 1.0})

    def _sum(self, terms: Sequence[Product]) -> Product:
        """A sum as one factor."""
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


def times(*factors: Product) -> Product:
    """The product of products."""
    size, powers = 1.0, dict[Formula, float]()
    for factor in factors:
        size *= factor.number
        for base, exponent in factor.powers.items():
            powers[base] = powers.get(base, 0.0) + exponent
    return Product(size, {base: exponent for base, exponent in powers.items() if exponent != 0.0} if size else {})
