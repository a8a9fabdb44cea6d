"""`write_reduction`: a long `sum` or `dot` over numbers that lie in rows, as the turns of a loop have left them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitives import DOT, SUM
from autodiff.program.llvm.body import ChunkBody
from autodiff.program.llvm.cost import n_terms
from autodiff.program.llvm.flow import at, loop
from autodiff.program.llvm.lanes import Lanes, plus, spread
from autodiff.program.llvm.text import Vector, bytes_of, constant, lanes_literal, vector

MIN_RUN = 32  # terms that are worth a loop
PARTS = 4  # running sums, because an addition takes four cycles
WIDTH = 8  # terms in a vector, where there is one point

Array: TypeAlias = np.ndarray[Any, Any]
Place: TypeAlias = tuple[str, int]
"""An array, and a place in it."""


class Run(NamedTuple):
    """Terms whose factors move on by equal steps."""

    first: int  # term
    length: int
    steps: tuple[int, ...]  # for each factor, from its place to that of the next term


class BodyWithReductions(ChunkBody):
    """A body in which a long sum is written with loops, if a run of its terms is worth one."""

    def operation(self, i: int) -> Lanes:
        """Write the code of an operation."""
        line = self.tape.lines[i]
        if not self.cut.looped or line.primitive not in (SUM, DOT) or len(line.operands) < MIN_RUN:
            return super().operation(i)
        n = n_terms(line)
        factors = np.array([side for side in (line.operands[:n], line.operands[n:]) if side])
        if i in self.cut.inside:
            rest = np.delete(factors, self.cut.inside[i], axis=1).T.tolist()
            return self.sum(
                [self.load(*self.place_of_part(i)), *[_product([self.get(x) for x in term]) for term in rest]]
            )
        arrays, places = self.cut.places(factors, self.reads_points)
        found = list(runs(arrays, places))
        if not any(run.length >= MIN_RUN and not self.cut.looped.isdisjoint(factors[:, run.first]) for run in found):
            return super().operation(i)
        parts: list[Lanes] = []
        for run in found:
            if run.length < MIN_RUN:
                terms = factors[:, run.first : run.first + run.length].T.tolist()
                parts += [_product([self.get(x) for x in term]) for term in terms]
            else:
                first = factors[:, run.first].tolist()
                parts += _Loop(self, first, [self.place(x) for x in first], run).write()
        return self.sum(parts)


def runs(arrays: Array, places: Array) -> Iterator[Run]:
    """Cut terms into runs; arrays and places are (n_factors, n_terms)."""
    steps = np.diff(places, axis=1)
    broken = ((arrays[:, 1:] != arrays[:, :-1]) | ((arrays[:, 1:] == 0) & (steps != 0))).any(axis=0)
    changes = np.flatnonzero(broken[1:] | (steps[:, 1:] != steps[:, :-1]).any(axis=0)) + 1
    first, n = 0, places.shape[1]
    while first < n:
        if first == n - 1 or broken[first]:
            yield Run(first, 1, ())
            first += 1
            continue
        k = int(np.searchsorted(changes, first, "right"))
        last = int(changes[k]) if k < len(changes) else n - 1
        yield Run(first, last - first + 1, tuple(steps[:, first].tolist()))
        first = last + 1


def _product(factors: Sequence[Lanes]) -> Lanes:
    """The product of one or two factors."""
    return factors[0] * factors[1] if len(factors) == 2 else factors[0]


class _Loop:
    """Writes the sum of the terms of a run: with one point, of as many terms at a time as a vector has lanes."""

    def __init__(self, body: ChunkBody, term: Sequence[int], places: Sequence[Place], run: Run) -> None:
        self.body, self.places, self.run = body, places, run
        self.kind = body.kind
        if body.kind.count == 1 and all(step in (-1, 0, 1) for step in run.steps):
            self.kind = vector(body.kind.element, WIDTH)
        # the factors that are the same in all terms
        self.same = [body.get(x) if step == 0 else None for x, step in zip(term, run.steps, strict=True)]

    def write(self) -> list[Lanes]:
        """Write the loop, and the terms that it leaves over; return the parts of the sum."""
        f, width = self.body.function, self.kind.count // self.body.kind.count
        turns = self.run.length // (PARTS * width)

        def turn(i: str, *totals: Lanes) -> list[Lanes]:
            start = f.assign(f"mul i64 {i}, {PARTS * width}")
            starts = [f.assign(f"add i64 {start}, {part * width}") for part in range(PARTS)]
            return [plus(total, self._factors(k, self.kind)) for k, total in zip(starts, totals, strict=True)]

        parts = loop(f, turns, turn, [Lanes(f, self.kind, constant(self.kind, 0.0))] * PARTS)
        done = turns * PARTS * width
        while width > 1 and done + width <= self.run.length:
            parts.append(_product(self._factors(str(done), self.kind)))
            done += width
        if width > 1:
            total = self.body.sum(parts)
            parts = [Lanes(f, self.body.kind, total.lane(k)) for k in range(width)]
        rest = [_product(self._factors(str(k), self.body.kind)) for k in range(done, self.run.length)]
        return [*parts, *rest]

    def _factors(self, k: str, kind: Vector) -> list[Lanes]:
        """Write the loads of the factors of a term, or of as many terms as the type has lanes more."""
        return [self._factor(factor, k, kind) for factor in range(len(self.places))]

    def _factor(self, factor: int, k: str, kind: Vector) -> Lanes:
        """Write the load of one factor."""
        body, f = self.body, self.body.function
        (array, place), step = self.places[factor], self.run.steps[factor]
        same = self.same[factor]
        if same is not None:
            return spread(f, kind, same.name) if kind is not body.kind else same
        moved = f.assign(f"mul i64 {k}, {step}")
        here = f.assign(f"add i64 {moved}, {place}")
        if kind is body.kind:
            return body.load(array, here)
        if step == -1:
            here = f.assign(f"sub i64 {here}, {kind.count - 1}")
        address = f.assign(f"bitcast {kind.element}* {at(f, kind.element, array, here)} to {kind}*")
        numbers = f.assign(f"load {kind}, {kind}* {address}, align {bytes_of(kind.element)}")
        if step == -1:
            order = vector("i32", kind.count)
            lanes = lanes_literal(order, range(kind.count)[::-1])
            numbers = f.assign(f"shufflevector {kind} {numbers}, {kind} undef, {order} {lanes}")
        return Lanes(f, kind, numbers)
