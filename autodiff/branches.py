"""Branches: derivatives through the sides of a `where`, as graphs that are true at every point.

A derivative is a sum over paths. A path through the side that is not taken counts for nothing, also where a partial on
it is infinite or NaN: 0 * inf would be NaN. So the adjoints inside a side are computed as if it were always taken, and
what leaves the side, to a node that is used elsewhere too, leaves it through a `where` of the same condition:

    d where(c, log(x), y) / d x = where(c, 1/x, 0)
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from autodiff.primitives import CUTS, STOP_GRADIENT, WHERE
from autodiff.sums_of_products import product, sum_of_products

Pairs: TypeAlias = Iterable[tuple[Any, Any]]


class _Side:
    """One side of every `where` with a condition. Each side is one object, so that two are compared at once."""

    def __init__(self, condition: Any, is_first: bool) -> None:
        self.condition, self.is_first = condition, is_first

    def choose(self, inside: Any, outside: Any) -> Any:
        """Return `inside` where this side is taken, else `outside`."""
        return WHERE(self.condition, *((inside, outside) if self.is_first else (outside, inside)))


_Sides: TypeAlias = tuple[_Side, ...]
"""When a node matters: where all of these are taken, outermost first."""


class _Leaving:
    """A partial on the way out of some sides."""

    def __init__(self, partial: Any, sides: _Sides) -> None:
        self.partial, self.sides = partial, sides


class Branches:
    """What a sweep on Values must know of every `where`, so that no path through a side that is not taken counts.

    Args:
        nodes: of the sweep, every node after all nodes made from it.
        partials_of: node -> the operands to go on to, each with d node / d operand, as the table gives it.
        outputs: the nodes that are differentiated.
    """

    def __init__(self, nodes: Sequence[Any], partials_of: Callable[[Any], Pairs], outputs: Sequence[Any]) -> None:
        self._partials_of = partials_of
        self._known: dict[tuple[Any, bool], _Side] = {}
        self._sides: dict[Any, _Sides] = {}
        if not {node._primitive for node in nodes}.isdisjoint(CUTS):
            uses: dict[Any, list[_Sides]] = {output: [()] for output in outputs}
            for node in nodes:
                if node in uses:
                    self._sides[node] = _common(uses.pop(node))
                    for operand, sides in self._edges(node):
                        uses.setdefault(operand, []).append(sides)
            self._sides |= {node: _common(all_sides) for node, all_sides in uses.items()}

    def _edges(self, node: Any) -> list[tuple[Any, _Sides]]:
        """The operands of a node that are not cut off, and when they matter to it."""
        sides = self._sides[node]
        if node._primitive is STOP_GRADIENT:
            return []
        if node._primitive is not WHERE:
            return [(operand, sides) for operand in node.operands]
        condition, first, second = node.operands
        if condition.is_constant:
            taken = [first] * (condition._data != 0.0) + [second] * (not abs(condition._data) > 0.0)  # both for NaN
            return [(operand, sides) for operand in taken]
        return [(first, (*sides, self._side(condition, True))), (second, (*sides, self._side(condition, False)))]

    def _side(self, condition: Any, is_first: bool) -> _Side:
        return self._known.setdefault((condition, is_first), _Side(condition, is_first))

    def ways(self) -> tuple[Callable[[Any], Pairs], Callable[[Sequence[tuple[Any, Any]]], Any]]:
        """How a sweep goes on from a node, and adds up what comes to it; where all matters, without a look at sides."""
        return (self.partials_of, self.total) if self._sides else (self._partials_of, sum_of_products)

    def partials_of(self, node: Any) -> Pairs:
        """The partials of a node: those of operands that are cut off are left out."""
        partials = self._partials_of(node)
        if node not in self._sides:
            return partials
        sides = self._sides[node]
        if node._primitive in CUTS:
            wanted = {operand for operand, _ in partials}
            is_nan = node.operands[0].is_constant and math.isnan(node.operands[0]._data)
            slope = math.nan if is_nan else 1.0
            return [(x, self._to(x, slope, when)) for x, when in self._edges(node) if x in wanted]
        return [(operand, self._to(operand, partial, sides)) for operand, partial in partials]

    def _to(self, operand: Any, partial: Any, sides: _Sides) -> Any:
        """A partial for an operand that matters, to the node, on some sides."""
        left = sides[_n_common([sides, self._sides[operand]]) :]
        return _Leaving(partial, left) if left else partial

    def total(self, terms: Sequence[tuple[Any, Any]]) -> Any:
        """Return the sum of adjoint * partial."""
        return sum_of_products([(1.0, _leave(*term)) if isinstance(term[1], _Leaving) else term for term in terms])

    def is_reached(self, node: Any) -> bool:
        """Whether a derivative can come to a node, if there is any `where`."""
        return node in self._sides

    def result(self, node: Any, adjoint: Any) -> Any:
        """Return the adjoint of a node for somebody outside of all sides."""
        return _masked(adjoint, self._sides.get(node, ()))


def _leave(adjoint: Any, leaving: _Leaving) -> Any:
    return _masked(product(adjoint, leaving.partial), leaving.sides)


def _masked(adjoint: Any, sides: _Sides, outside: Any = 0.0) -> Any:
    """An adjoint where some sides are taken, else `outside`."""
    if isinstance(adjoint, float) and isinstance(outside, float) and adjoint == outside:
        return adjoint
    for side in reversed(sides):
        adjoint = side.choose(adjoint, outside)
    return adjoint


def _n_common(all_sides: Sequence[_Sides]) -> int:
    """How many sides all begin with."""
    n = 0
    for sides in zip(*all_sides, strict=False):
        if any(side is not sides[0] for side in sides):
            break
        n += 1
    return n


def _common(all_sides: Sequence[_Sides]) -> _Sides:
    """When a node matters that matters to several: where one of them does."""
    different = [*dict.fromkeys(all_sides)]
    n = _n_common(different)
    shared, rests = different[0][:n], [sides[n:] for sides in different]
    if len(different) == 1 or () in rests or _is_always(rests):
        return shared if len(different) > 1 else different[0]
    matters: Any = 0.0
    for rest in rests:
        matters = _masked(1.0, rest, matters)
    return (*shared, _Side(matters, True))


def _is_always(rests: Sequence[_Sides]) -> bool:
    """Whether these are the two sides of one condition."""
    (first, *more), (second, *others) = rests[0], rests[-1]
    return len(rests) == 2 and not more and not others and first.condition is second.condition


def tangent_of_choice(node: Any, tangents: Mapping[Any, Any]) -> Any:
    """Return the tangent of a `where` or `stop_gradient`, from those of its operands; 0.0 if it does not move."""
    if node._primitive is STOP_GRADIENT:
        return 0.0
    condition, *operands = node.operands
    first, second = [tangents.get(operand, 0.0) for operand in operands]
    if first is second or (isinstance(first, float) and isinstance(second, float) and first == second):
        return first
    return WHERE(condition._data if condition.is_constant else condition, first, second)
