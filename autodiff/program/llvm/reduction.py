"""`write_reduction`: a long `sum` or `dot` over numbers that lie in rows, as the turns of a loop have left them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitives import DOT, SUM
from autodiff.program.llvm.body import ChunkBody
from autodiff.program.llvm.cost import n_terms
from autodiff.program.llvm.flow import loop
from autodiff.program.llvm.lanes import Lanes, plus
from autodiff.program.llvm.lowering import added
from autodiff.program.llvm.text import constant

MIN_RUN = 32  # terms that are worth a loop
PARTS = 4  # running sums, because an addition takes four cycles

Array: TypeAlias = np.ndarray[Any, Any]


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
            terms = [_product([self.get(x) for x in term]) for term in rest]
            return added([self.load(*self.place_of_part(i)), *terms])
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
                parts += _added(self, factors[:, run.first].tolist(), run)
        return added(parts)


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


def _added(body: ChunkBody, term: Sequence[int], run: Run) -> list[Lanes]:
    """Write the sum of the terms of a run, of which the first is `term`: a loop, and what it leaves over; its parts."""
    f = body.function
    same = {x: body.get(x) for x, step in zip(term, run.steps, strict=True) if step == 0}

    def factor(x: int, step: int, k: str) -> Lanes:
        if step == 0:
            return same[x]
        array, place = body.place(x)
        return body.load(array, f.assign(f"add i64 {f.assign(f'mul i64 {k}, {step}')}, {place}"))

    def factors(k: str) -> list[Lanes]:
        return [factor(x, step, k) for x, step in zip(term, run.steps, strict=True)]

    def turn(i: str, *totals: Lanes) -> list[Lanes]:
        first = f.assign(f"mul i64 {i}, {PARTS}")
        return [plus(total, factors(f.assign(f"add i64 {first}, {part}"))) for part, total in enumerate(totals)]

    zero = Lanes(f, body.kind, constant(body.kind, 0.0))
    turns = run.length // PARTS
    rest = range(turns * PARTS, run.length)
    return [*loop(f, turns, turn, [zero] * PARTS), *[_product(factors(str(k))) for k in rest]]
