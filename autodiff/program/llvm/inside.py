"""Sums of what a loop computes, added up inside of it: its turns wait for each other, and leave time for more.

The turn that computes the last factor of a term of a `sum` or `dot` behind the loop adds the term. In the gradient of
a recurrence, the first turn back meets the last one forward: the turns of the second half add two terms each. So a loop
becomes several, one after the other, with the same turns but for what they add.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitives import DOT, SUM
from autodiff.program.llvm.cost import n_terms
from autodiff.program.recording.tape import Tape

Array: TypeAlias = np.ndarray[Any, Any]
MIN_TERMS = 256  # that turns in a row add; the loops become longer code
NEAR = 8  # turns; terms begin and end together where they would so nearly


class Terms(NamedTuple):
    """Terms of a sum that turns in a row add, one each."""

    line: int  # the sum
    first: int  # the first turn
    stop: int  # the one behind the last
    factors: Array  # (n_factors, turns): lines
    places: Array  # (turns,): which terms they are

    def between(self, first: int, stop: int) -> "Terms":
        """The terms of some of the turns."""
        part = slice(first - self.first, stop - self.first)
        return Terms(self.line, first, stop, self.factors[:, part], self.places[part])


def add_inside(tape: Tape, chunks: Sequence[Any], places: dict[int, int]) -> dict[int, Array]:
    """Have loops add terms of the sums behind them, in places of their own, ~sum; return which terms these are."""
    inside: dict[int, Array] = {}
    sums: list[int] = []
    for chunk in reversed(chunks):
        if not chunk.repeat:
            lines = [i for i in chunk.lines if tape.lines[i].primitive in (SUM, DOT)]
            sums += [i for i in lines if n_terms(tape.lines[i]) >= MIN_TERMS]
        elif sums:
            turns = np.array([step if isinstance(step, int) else -1 for step in chunk.steps])
            chunk.inside = _terms_inside(tape, turns.reshape(len(chunk.repeat.lines), -1), sums)
            for terms in chunk.inside:
                inside[terms.line] = np.append(inside.get(terms.line, ()), terms.places).astype(int)
                places.setdefault(~terms.line, len(places))
            sums = [i for i in sums if i not in inside]
    return inside


def _terms_inside(tape: Tape, turns: Array, sums: Sequence[int]) -> list[Terms]:
    """The terms that a loop can add: it computes all their factors; `turns` are its lines, (turns, period), or -1."""
    turn_of = np.full(len(tape.lines) + 1, -1)
    turn_of[turns] = np.arange(len(turns))[:, np.newaxis]
    turn_of[-1] = -1
    result: list[Terms] = []
    for i in sums:
        n = n_terms(tape.lines[i])
        factors = np.array(tape.lines[i].operands).reshape(-1, n)
        turn = turn_of[factors]
        last = np.where(turn.min(axis=0) < 0, -1, turn.max(axis=0))
        pieces = []
        for factor in range(len(factors)):
            places = np.flatnonzero((last >= 0) & (turn.argmax(axis=0) == factor))
            places = places[np.argsort(last[places], kind="stable")]
            if len(places) >= MIN_TERMS and (np.diff(last[places]) == 1).all():
                first, behind = int(last[places[0]]), int(last[places[-1]]) + 1
                pieces.append(Terms(i, first, behind, factors[:, places], places))
        if n - sum([len(each.places) for each in pieces]) < MIN_TERMS:
            result += pieces
    starts, stops = [each.first for each in result], [each.stop for each in result]
    return [
        each.between(
            max([start for start in starts if start - each.first <= NEAR]),
            min([stop for stop in stops if each.stop - stop <= NEAR]),
        )
        for each in result
    ]
