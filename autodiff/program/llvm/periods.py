"""Computations that repeat in time: which stretches of a program are one body, computed turn after turn.

An unrolled recurrence, the steps of a solver, unrolled gradient descent and the reverse sweep of each have a *period*:
so many steps further on the same operation has operands as far back as before, or the same line again, or a leaf, or a
line that lies one turn further in an earlier stretch. Such a stretch becomes a loop (see `repeat`), which compiles in
the time of one turn and computes the same operations in the same order; a product and its sum may be one instruction.
What a turn reads of the turns before it is *carried*. A stretch that carries nothing does not repeat in time, but in
width, and stays as it is.

The search is linear but for sorting. Proposed as periods are the distances to the last place where the same three
operations stood; each is verified for the whole program at once, by numpy.
"""

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.primitives import POW
from autodiff.program.recording.tape import Tape

Array: TypeAlias = np.ndarray[Any, Any]

MIN_TURNS = 6  # of a loop
MIN_STEPS = 64  # of all its turns
MAX_PERIOD = 500  # steps of a turn
MAX_OPERANDS = 64  # of a step in a loop
MAX_CARRIED = 4  # turns from which a number is carried to the turn that reads it
MAX_SOONER = 8  # steps by which the turns of a loop may begin sooner
# What tells one step from another, when periods are proposed: an operand that is at most so many steps back, and a line
# that is used so often, wherever it is.
VIEWS = ((16, math.inf), (128, math.inf), (1024, math.inf), (16, 8), (128, 8))
PROPOSALS = 5  # periods for each view
CONSTANT, INPUT, PARAMETER, UNIFORM, STEP = range(5)  # the kinds of operands


class Steps(NamedTuple):
    """What each step of the program does, for the search."""

    codes: list[object]  # equal for steps that do the same with their operands
    operands: list[tuple[int, ...]]  # lines of the tape
    lines: list[int]  # that they compute; -1 for none
    outputs: list[int]  # to which they give results; -1 for none


class Repeat(NamedTuple):
    """The turns of a loop. The operands of a turn stand in one row, step after step."""

    slots: Array  # (n_operands,): the step of a turn that an operand belongs to
    lines: Array  # (turns, n_operands): the operands, lines of the tape
    carried: Array  # (n_operands,): from how many turns before an operand is; -1 if from outside of the loop
    origins: Array  # (n_operands,): the step of a turn that computes it, if it is not from outside


class Stretch(NamedTuple):
    """Some steps of a program, in an order in which they can be computed."""

    steps: Array  # their places in the program as it came; all steps of a turn, then those of the next
    repeat: Repeat | None  # if they are the turns of a loop


def code_of(tape: Tape, i: int) -> object:
    """What an operation does with its operands; a constant exponent has code of its own."""
    primitive, operands, _, _ = tape.lines[i]
    if primitive is POW and tape.is_constant(operands[1]):
        return primitive, tape.lines[operands[1]].number
    return primitive if len(operands) == 2 else (primitive, len(operands))


def repeats_in_time(tape: Tape) -> bool:
    """Whether most operations are in loops whose turns read mostly the same from outside, unlike equal layers."""
    lines = [i for i, line in enumerate(tape.lines) if line[0]]
    codes, operands = [code_of(tape, i) for i in lines], [tape.lines[i][1] for i in lines]
    looped = 0
    for stretch in stretches(tape, Steps(codes, operands, lines, [-1] * len(lines))):
        if stretch.repeat:
            outside = stretch.repeat.lines[:, stretch.repeat.carried < 0]
            outside = outside[:, [not tape.is_constant(i) for i in outside[0].tolist()]]
            is_same = (outside == outside[0]).all(axis=0)
            looped += len(stretch.steps) if 2 * is_same.sum() >= len(is_same) else 0
    return 2 * looped > len(lines)


def stretches(tape: Tape, steps: Steps) -> list[Stretch]:
    """Cut a program into stretches, some of which are loops."""
    order = np.arange(len(steps.lines))
    if len(order) < MIN_STEPS:
        return [Stretch(order, None)]
    search = _Search(tape, steps)
    proposed = [stretch for period in search.periods() for stretch in search.candidates(period)]
    free = np.ones(len(order), bool)
    loops: dict[int, tuple[int, Repeat]] = {}  # by the first step; the step behind
    for first, stop, period in sorted(proposed, key=lambda stretch: stretch[0] - stretch[1] + stretch[2]):
        for start, end in _runs(free[first:stop]):
            loop = search.loop(first + start, first + end, period, free)
            if loop is not None:
                begin, behind, repeat = loop
                free[begin:behind] = False
                loops[begin] = behind, repeat
    result, done = [], 0
    for begin, (behind, repeat) in sorted(loops.items(), key=lambda item: item[0]):
        result += [Stretch(order[done:begin], None), Stretch(order[begin:behind], repeat)]
        done = behind
    return [*result, Stretch(order[done:], None)]


class _Search:
    """The steps as arrays: what they do, and their operands one after the other."""

    def __init__(self, tape: Tape, steps: Steps) -> None:
        known: dict[object, int] = {}
        self.codes = np.array([known.setdefault(code, len(known)) for code in steps.codes])
        counts = np.array([len(some) for some in steps.operands])
        is_wide = (counts == 0) | (counts > MAX_OPERANDS)
        self.codes[is_wide], counts[is_wide] = -1 - np.flatnonzero(is_wide), 1
        operands = [(0,) if wide else some for some, wide in zip(steps.operands, is_wide.tolist(), strict=True)]
        self.starts = np.concatenate([[0], np.cumsum(counts)])  # where the operands of a step begin
        self.lines = np.fromiter(chain.from_iterable(operands), np.int64, int(self.starts[-1]))
        self.owners = np.repeat(np.arange(len(counts)), counts)  # the step of an operand
        self.outputs = np.array(steps.outputs)
        step_of = np.full(len(tape.lines), -1)
        computed = np.array(steps.lines)
        step_of[computed[computed >= 0]] = np.flatnonzero(computed >= 0)
        self.places = step_of[self.lines]  # the step that computes an operand; -1 for none
        kinds = np.array([CONSTANT if line[0] is None else UNIFORM for line in tape.lines])
        kinds[: tape.n_leaves] = PARAMETER
        kinds[: tape.n_inputs] = INPUT
        self.kinds = np.where(self.places < 0, kinds[self.lines], STEP)

    def periods(self) -> list[int]:
        """The periods to try."""
        proposed: dict[int, None] = {}
        distance = self.owners - self.places
        uses = np.bincount(self.lines)[self.lines]
        place = _mixed(np.arange(len(self.lines)) - self.starts[self.owners] + 1)
        for horizon, often in VIEWS:
            near = np.where((self.kinds == STEP) & (distance < horizon), distance, 0)
            near = np.where(uses >= often, horizon + self.lines, near)
            mixed = (near * 8 + np.where(near > 0, 0, self.kinds)).astype(np.uint64) + np.uint64(1)
            words = np.add.reduceat(mixed * place, self.starts[:-1])
            words = _mixed(words + self.codes.astype(np.uint64))
            words[2:] += _mixed(words[1:-1] + _mixed(words[:-2]))
            order = np.argsort(words, kind="stable")
            distances = np.diff(order)[words[order[1:]] == words[order[:-1]]]
            votes = np.bincount(distances[distances <= MAX_PERIOD], minlength=1)
            covered = votes * np.arange(len(votes))
            for period in np.argsort(-covered, kind="stable")[:PROPOSALS].tolist():
                if covered[period] >= MIN_STEPS // 2:
                    proposed[period] = None
        return [*proposed]

    def candidates(self, period: int) -> Iterator[tuple[int, int, int]]:
        """The first step, the one behind the last, and the period, of stretches that seem to have this period."""
        n, codes = len(self.codes), self.codes
        if n < MIN_TURNS * period:
            return
        alike = np.zeros(n, bool)
        same, stays = codes[period:] == codes[:-period], self.outputs[period:] == self.outputs[:-period]
        alike[2 * period :] = same[period:] & same[:-period] & (stays[period:] == stays[:-period])
        operands = np.flatnonzero(alike[self.owners])
        owners = self.owners[operands]
        offsets = operands - self.starts[owners]
        before, first = self.starts[owners - period] + offsets, self.starts[owners - 2 * period] + offsets
        kinds, places = self.kinds, self.places
        regular = (kinds[operands] == kinds[before]) & (kinds[before] == kinds[first])
        regular &= places[operands] - places[before] == places[before] - places[first]
        alike[owners[~regular]] = False
        for start, end in _runs(alike):
            if end - start + 2 * period >= max(MIN_STEPS, MIN_TURNS * period):
                yield start - 2 * period, end, period

    def loop(self, first: int, stop: int, period: int, free: Array) -> tuple[int, int, Repeat] | None:
        """The longest loop in a stretch, which may begin some turns before it, its first step, and the one behind it.

        In the first turns an operand that is carried may be anything. So a turn can begin where the program begins to
        repeat, and computes at once what it uses, such as y * a + b.
        """
        for start in range(first - MAX_CARRIED * period, first + MAX_CARRIED * period + 1, period):
            turns = (stop - start) // period
            if turns < MIN_TURNS or turns * period < MIN_STEPS:
                return None
            if start >= 0 and free[start:first].all() and (repeat := self._verified(start, stop, period)):
                for sooner in range(start - 1, max(start - period, start - MAX_SOONER - 1, -1), -1):
                    longer = self._verified(sooner, stop, period) if free[sooner] else None
                    if longer is None:
                        break
                    start, repeat = sooner, longer
                return start, start + len(repeat.lines) * period, repeat
        return None

    def _verified(self, first: int, stop: int, period: int) -> Repeat | None:
        """The loop with all whole turns between two steps, if it is one."""
        turns = (stop - first) // period
        stop = first + period * turns
        codes = self.codes[first:stop].reshape(turns, period)
        if (codes != codes[-1]).any():
            return None
        begin, end = self.starts[first], self.starts[stop]
        places, kinds, lines = [each[begin:end].reshape(turns, -1) for each in (self.places, self.kinds, self.lines)]
        slots = self.owners[end - places.shape[1] : end] - (stop - period)
        expected = places[-1] + period * np.arange(1 - turns, 1)[:, np.newaxis]  # if it is carried
        is_carried = places[-1] >= first
        right = np.where(expected >= first, places == expected, places < first) | ~is_carried
        right &= ((places < first) & (kinds == kinds[-1])) | is_carried
        origins = np.where(is_carried, (places[-1] - first) % period, -1)
        carried = np.where(is_carried, turns - 1 - (places[-1] - first) // period, -1)
        if not right.all() or not 0 < carried.max() <= MAX_CARRIED:
            return None
        return Repeat(slots, lines, carried, origins)


def _mixed(numbers: Array) -> Array:
    """Multiples of an odd number, whose bits are in disorder."""
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def _runs(chosen: Array) -> list[tuple[int, int]]:
    """The beginnings of all runs of True, each with the place behind its end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
