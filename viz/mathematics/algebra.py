"""Algebra: a derivative multiplied out.

No derivative is written here. The rule in the table of primitives runs on named nodes, and the graph that it returns is
read as a formula: numbers, drawings and formulas have one source.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from autodiff import Value
from autodiff.extend import primitives
from viz.mathematics.formula import (
    ATOM_LEVEL,
    POWER_LEVEL,
    PRODUCT_LEVEL,
    Formula,
    add_up,
    bracketed,
    fraction,
    negative,
    number,
    write,
)
from viz.mathematics.notation import Plain

Powers: TypeAlias = tuple[tuple["Formula", float], ...]
"""Formulas with their exponents, sorted."""


class Product(NamedTuple):
    """A number times powers of formulas, as a mapping from each formula to its exponent."""

    number: float = 1.0
    powers: Mapping[Formula, float] = {}


class Algebra:
    """Multiplies out the formula of a small graph: 0.5·(2·s) becomes s, and y³·2·(2·x) becomes 4·x·y³.

    Args:
        notation: the notation of its formulas.
        known: a function that returns the formula of a node, or None if the node's operands are to be written.
        softmaxes: formulas with the sum 1, of each softmax.
    """

    def __init__(
        self,
        notation: Plain,
        known: Callable[[Value], Formula | None],
        softmaxes: Sequence[Sequence[Formula]] = (),
    ) -> None:
        self.notation, self.known, self._softmaxes = notation, known, softmaxes
        # (numerator or None for 1, denominator, replacement): a quotient that is a node of the graph has its name
        self._quotients: list[tuple[Formula | None, Formula, Formula]] = []
        self._opposites: dict[Formula, Formula] = {}  # y − x for x − y
        self._complements: dict[Formula, Formula] = {}  # σ(z) for 1 − σ(z), which stands for σ(−z)
        self._uses_names = False

    def use_names_of(self, nodes: Iterable[Value]) -> None:
        """From here on, write p for e/S if a node p is that quotient; and 1 − f for e/(1 + e) if f is 1/(1 + e).

        Also write 1 − σ(z) for σ(−z).
        """
        self._uses_names, one = True, Product()
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
                other = add_up([(False, number(1.0, self.notation)), (True, name)], self.notation)
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
        return self.sum([self.product(x)]).text

    def formula(self, product: Product) -> Formula:
        """Return a product as a formula."""
        notation = self.notation
        negated = [base for base, exponent in product.powers.items() if exponent == 1.0 and base in self._opposites]
        if product.number < 0 and negated:
            change = Product(-1.0, {negated[0]: -1.0, self._opposites[negated[0]]: 1.0})
            return self.formula(times(product, change))
        over = [(base, exponent) for base, exponent in product.powers.items() if exponent > 0]
        under = [(base, -exponent) for base, exponent in product.powers.items() if exponent < 0]
        size = abs(product.number)
        formula = self._row(([number(size, notation)] if size != 1.0 or not over else []) + self._factors(over))
        if under:
            formula = fraction(formula, self._row(self._factors(under)), notation)
        return negative(formula, notation) if product.number < 0 else formula

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
        if self._uses_names and x.primitive is primitives.SIGMOID and operands[0].primitive is primitives.NEG:
            share = write(x.primitive, [self.formula(self.product(operands[0].operands[0]))], self.notation)
            rest = self._sum([Product(), Product(-1.0, {share: 1.0})])
            self._complements |= dict.fromkeys(rest.powers, share)
            return rest
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
        like: dict[Powers, list[float]] = {}
        for term in self._opened(terms):
            like.setdefault(tuple(sorted(term.powers.items())), []).append(term.number)
        sizes = {key: math.fsum(numbers) for key, numbers in like.items()}
        self._use_the_sum_1(sizes)
        kept = [Product(size, dict(key)) for key, size in sizes.items() if size != 0.0]
        if len(kept) < 2:
            return kept[0] if kept else Product(0.0)
        pairs = [(term.number < 0, self.formula(term._replace(number=abs(term.number)))) for term in kept]
        if pairs[0][0] and not all(negative for negative, _ in pairs):
            pairs.sort(key=lambda pair: pair[0])
        total = add_up(pairs, self.notation)
        if len({negative for negative, _ in pairs}) == 2:
            turned = sorted([(not negative, term) for negative, term in pairs], key=lambda pair: pair[0])
            self._opposites |= {total: (opposite := add_up(turned, self.notation)), opposite: total}
        return Product(1.0, {total: 1.0})

    def _opened(self, terms: Sequence[Product]) -> Iterator[Product]:
        """The terms, with c·(1 − σ) as c − c·σ if another term has σ."""
        others = {base for term in terms for base in term.powers}
        for term in terms:
            bases = [base for base in term.powers if self._complements.get(base) in others]
            if not bases or term.powers[bases[0]] != 1.0:
                yield term
                continue
            rest = times(term, Product(1.0, {bases[0]: -1.0}))
            yield from (rest, times(rest, Product(-1.0, {self._complements[bases[0]]: 1.0})))

    def _use_the_sum_1(self, sizes: dict[Powers, float]) -> None:
        """Write c for c·p₁ + c·p₂ + c·p₃, and p₂ − 1 for −p₁ − p₃."""
        for names in self._softmaxes:
            rests: dict[Powers, dict[Formula, float]] = {}
            for powers, size in sizes.items():
                for name in names:
                    if (name, 1.0) in powers:
                        rests.setdefault(tuple([p for p in powers if p != (name, 1.0)]), {})[name] = size
            for rest, of in rests.items():
                size, missing = next(iter(of.values())), [name for name in names if name not in of]
                is_half = len(names) == 2 and len(sizes) + len(rest) > 1  # a part of a term: −p₁·x stays so
                if {*of.values()} != {size} or len(missing) > (size < 0 and not is_half):
                    continue
                for name in of:
                    del sizes[tuple(sorted([*rest, (name, 1.0)]))]
                sizes[rest] = sizes.get(rest, 0.0) + size
                sizes |= {tuple(sorted([*rest, (name, 1.0)])): -size for name in missing}


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
