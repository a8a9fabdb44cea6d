"""`Repetition`: the loop of a chunk that repeats in time, with the code of one turn.

A number that is carried from turn to turn is in a register. A number that later code needs is stored in each turn, or
after the last one if no other counts. A number from outside is loaded before the loop where all turns have the same;
else each turn loads it, from a place that moves on by equal steps or that a table names.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import TypeAlias

import numpy as np

from autodiff.primitives import ADD, MUL
from autodiff.program.llvm.body import ChunkBody
from autodiff.program.llvm.flow import get, loop, place_of, put
from autodiff.program.llvm.lanes import Lanes, plus, spread
from autodiff.program.llvm.lowering import added
from autodiff.program.llvm.schedule import Chunk, OutputTerm
from autodiff.program.llvm.text import constant, literal

WITH_PRODUCT = (ADD,)  # whose instruction can multiply an operand, too

PlaceOfResults: TypeAlias = Callable[[Sequence[int]], tuple[str, list[int]]]
Source: TypeAlias = Callable[[str, Sequence[Lanes]], Lanes]
"""Writes the code of a number, for a turn and its registers."""


class Repetition:
    """The loop of a chunk.

    Args:
        body: where to write.
        chunk: the steps of all turns.
        totals: the running sums that are in registers, by their outputs. They change.
        place_of_results: for outputs, the array that has their results, and their places in it.
    """

    def __init__(
        self, body: ChunkBody, chunk: Chunk, totals: dict[int, Lanes], place_of_results: PlaceOfResults
    ) -> None:
        assert chunk.repeat is not None
        repeat = chunk.repeat
        self.body, self.chunk, self.repeat, self.totals = body, chunk, repeat, totals
        self.place_of_results = place_of_results
        self.steps = chunk.turns
        self.first: list[Lanes] = []  # what the first turn finds in the registers
        self.next: list[tuple[str, int]] = []  # what a turn leaves there: the number of a step, or of a register
        self.chains: dict[tuple[int, ...], int] = {}  # the last register of those that carry a number on
        self.sources = [self._source(k) for k in range(len(repeat.slots))]  # of operands, given turn and registers
        self.numbers: list[Lanes] = []  # of the steps of the turn that is written
        self.operands: list[list[Lanes]] = []  # likewise

    def write(self) -> None:
        """Write the loop, one for all turns that add the same terms of sums, and the stores after it."""
        stores, last = self._stores()
        n_carried, f, kind = len(self.first), self.body.function, self.body.kind
        outputs, inside, n_turns = list(self.totals), self.chunk.inside, len(self.repeat.lines)
        bounds = sorted({0, n_turns, *[x.first for x in inside], *[x.stop for x in inside]})
        parts = [(start, stop, self._terms(start, stop)) for start, stop in pairwise(bounds)]
        state = [*self.first, *[self.totals[output] for output in outputs]]
        state += [Lanes(f, kind, constant(kind, 0.0))] * len(inside)

        def turn(i: str, *arriving: Lanes) -> list[Lanes]:
            here = f.assign(f"add i64 {i}, {start}") if start else i
            sums = list(arriving[len(state) - len(inside) :])
            self.totals.update(zip(outputs, arriving[n_carried:], strict=False))
            self.numbers, self.operands = [], []
            for k, turns in enumerate(self.steps):
                columns = np.flatnonzero(self.repeat.slots == k).tolist()
                self.operands.append([self.sources[column](here, arriving) for column in columns])
                self.numbers.append(self._multiply_add(k, columns) or self._step(turns, self.operands[k], here))
                if k in stores:
                    array, places = stores[k]
                    put(f, kind, array, place_of(f, places, here), self.numbers[k].name)
            for k, factors in terms:
                sums[k] = plus(sums[k], [factor(i, arriving) for factor in factors])
            leaving = [self.numbers[k] if what == "number" else arriving[k] for what, k in self.next]
            return [*leaving, *[self.totals[output] for output in outputs], *sums]

        for start, stop, terms in parts:  # noqa: B007  # `turn` uses them
            state = loop(f, stop - start, turn, state)
        self.totals.update(zip(outputs, state[n_carried:], strict=False))
        for register, (array, place) in last:
            put(f, kind, array, place, state[register].name)
        for line in dict.fromkeys([each.line for each in inside]):
            sums = [number for each, number in zip(inside, state[-len(inside) :], strict=True) if each.line == line]
            put(f, kind, *self.body.place_of_part(line), added(sums).name)

    def _terms(self, start: int, stop: int) -> list[tuple[int, list[Source]]]:
        """The terms that some turns add: the place of the running sum, and the code of the factors."""
        result = []
        for k, terms in enumerate(self.chunk.inside):
            if terms.first <= start and stop <= terms.stop:
                rows = terms.between(start, stop).factors.tolist()
                result.append((k, [self._factor(start, stop, lines) for lines in rows]))
        return result

    def _factor(self, start: int, stop: int, lines: list[int]) -> Source:
        """The code of a factor: the number of a step of the turn, or one in memory."""
        for k, turns in enumerate(self.steps):
            if turns[start:stop] == lines:
                return lambda i, registers: self.numbers[k]
        return self._from_outside(lines)

    def _step(self, turns: Sequence[int | OutputTerm], operands: list[Lanes], i: str) -> Lanes:
        """Write the code of a step; return its number."""
        step, body = turns[0], self.body
        if isinstance(step, int):
            return body.value(step, operands)
        if step.output in self.totals:
            self.totals[step.output] = plus(self.totals[step.output], operands)
        else:
            outputs = [turn.output for turn in turns if isinstance(turn, OutputTerm)]
            array, places = self.place_of_results(outputs)
            place = place_of(body.function, places, i)
            if array == body.a.sums:
                operands = [plus(body.load(array, place), operands)]
            put(body.function, body.kind, array, place, operands[0].name)
        return operands[0]

    def _multiply_add(self, k: int, columns: Sequence[int]) -> Lanes | None:
        """Write x * a + b in one instruction where a turn computes x * a and b is from outside; None elsewhere.

        It takes four cycles, two instructions take six or eight, and the next turn waits for them.
        """
        line = self.steps[k][0]
        if not isinstance(line, int) or self.body.tape.lines[line].primitive not in WITH_PRODUCT:
            return None
        for (x, product), (_, other) in permutations(enumerate(columns)):
            if self.repeat.carried[product] == 0 and self.repeat.carried[other] < 0:
                origin = int(self.repeat.origins[product])
                first = self.steps[origin][0]
                if isinstance(first, int) and self.body.tape.lines[first].primitive is MUL:
                    return plus(self.operands[k][1 - x], self.operands[origin])
        return None

    def _stores(self) -> tuple[dict[int, tuple[str, list[int]]], list[tuple[int, tuple[str, int]]]]:
        """The steps to store in each turn, with array and places; the registers to store after the last turn."""
        stores, last = {}, []
        for k, turns in enumerate(self.steps):
            lines = [step for step in turns if isinstance(step, int)]
            for array, places in ((self.body.a.rows, self.body.cut.rows), (self.body.a.kept, self.body.cut.kept)):
                if lines and lines[0] in places:
                    stores[k] = array, [places[line] for line in lines]
                elif lines and lines[-1] in places:
                    last.append((len(self.first), (array, places[lines[-1]])))
                    self._carry(k, Lanes(self.body.function, self.body.kind, constant(self.body.kind, 0.0)))
        return stores, last

    def _carry(self, step: int, first: Lanes) -> None:
        """Add a register that has the number of a step in the turn before."""
        self.first.append(first)
        self.next.append(("number", step))

    def _source(self, column: int) -> Source:
        """The code of an operand."""
        lines, turns = self.repeat.lines[:, column].tolist(), int(self.repeat.carried[column])
        origin = int(self.repeat.origins[column])
        if turns == 0:
            return lambda i, registers: self.numbers[origin]
        if turns > 0:
            chain = origin, *lines[:turns]
            if chain not in self.chains:
                self._carry(origin, self.body.get(lines[turns - 1]))
                for line in lines[: turns - 1][::-1]:
                    self.next.append(("register", len(self.first) - 1))
                    self.first.append(self.body.get(line))
                self.chains[chain] = len(self.first) - 1
            register = self.chains[chain]
            return lambda i, registers: registers[register]
        return self._from_outside(lines)

    def _from_outside(self, lines: list[int]) -> Source:
        """The code of an operand that is computed outside of the loop."""
        body, f = self.body, self.body.function
        if body.tape.is_constant(lines[0]):
            numbers = [body.tape.lines[line].number for line in lines]
            if len({literal(body.kind.element, number) for number in numbers}) > 1:
                table = f.module.array(body.kind.element, numbers)
                return lambda i, registers: spread(f, body.kind, get(f, body.kind.element, table, i))
        elif len(set(lines)) > 1:
            places = [body.place(line)[1] for line in lines]
            return lambda i, registers: body.load(body.place(lines[0])[0], place_of(f, places, i))
        same = body.get(lines[0])
        return lambda i, registers: same
