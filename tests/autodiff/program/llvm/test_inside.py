"""Which terms of the sums behind a loop its turns add, and from which turn to which."""

from types import SimpleNamespace

import numpy as np
import pytest

from autodiff import Value, dot
from autodiff import sum as total
from autodiff.program.llvm import inside
from autodiff.program.recording.record import tape_of

TURNS = 12


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(inside, "MIN_TERMS", 4)
    monkeypatch.setattr(inside, "NEAR", 1)


def inside_of(sums_of):
    """What two loops of numbers, one after the other, add of sums of these: for each loop the terms of each sum.

    Args:
        sums_of: a function of the numbers of the second loop and of those of the first that returns sums.

    Returns:
        For the second loop and the first one (sum, the first turn, the turn behind the last, places of the terms).
    """
    y, z = Value(1.0), Value(2.0)
    ys, zs = [], []
    for numbers, last in ((zs, z), (ys, y)):
        for _ in range(TURNS):
            last = 0.5 * last
            numbers.append(last)
    tape = tape_of([*ys, *zs, *sums_of(ys, zs)], [y, z])
    of_y, of_z = tape.outputs[:TURNS], tape.outputs[TURNS : 2 * TURNS]
    sums = tape.outputs[2 * TURNS :]

    def loop(lines):
        repeat = SimpleNamespace(lines=np.zeros((TURNS, 2), int))
        steps = [step for line in lines for step in (line, "a result")]  # a turn computes a line and writes a result
        return SimpleNamespace(repeat=repeat, steps=steps, lines=[*lines], inside=())

    loops = [loop(of_z), loop(of_y)]
    places: dict[int, int] = {}
    added = inside.add_inside(tape, [*loops, SimpleNamespace(repeat=None, lines=[*sums])], places)
    every = [terms for chunk in loops for terms in chunk.inside]
    for terms in every:
        operands = np.array(tape.lines[terms.line].operands).reshape(len(terms.factors), -1)
        assert (terms.factors == operands[:, terms.places]).all()
    for line in sums:
        of_line = [place for terms in every if terms.line == line for place in terms.places.tolist()]
        assert sorted(added.get(line, [])) == sorted(of_line)
        assert (~line in places) == bool(of_line)
    assert sorted(places.values()) == [*range(len(places))]
    return [
        [(sums.index(terms.line), terms.first, terms.stop, terms.places.tolist()) for terms in chunk.inside]
        for chunk in loops[::-1]
    ]


def second(sums_of):
    """The same, of the second loop; the first one adds nothing."""
    of_second, of_first = inside_of(sums_of)
    assert of_first == []
    return of_second


def test_a_turn_adds_the_term_that_it_computes_from_the_first_to_the_last():
    assert second(lambda ys, zs: [total(ys)]) == [(0, 0, TURNS, [*range(TURNS)])]
    assert second(lambda ys, zs: [total(ys[::-1])]) == [(0, 0, TURNS, [*range(TURNS)][::-1])]


def test_a_product_is_added_by_the_turn_of_its_last_factor():
    assert second(lambda ys, zs: [dot(ys, ys)]) == [(0, 0, TURNS, [*range(TURNS)])]
    pairs = [(ys_place, TURNS - 1 - ys_place) for ys_place in range(TURNS)]
    halves = second(lambda ys, zs: [dot([ys[i] for i, _ in pairs], [ys[j] for _, j in pairs])])
    assert halves == [(0, 6, TURNS, [*range(6, TURNS)]), (0, 6, TURNS, [*range(6)][::-1])]


def test_as_many_terms_as_are_worth_a_loop_are_added():
    assert second(lambda ys, zs: [total(ys[3:7])]) == [(0, 3, 7, [0, 1, 2, 3])]
    assert second(lambda ys, zs: [total(ys[3:6])]) == []
    assert second(lambda ys, zs: [total([*ys[3:7], *zs[:3]])]) == [(0, 3, 7, [0, 1, 2, 3])]
    assert inside_of(lambda ys, zs: [total([*ys[3:7], *zs[:4]])])[0] == []  # too many are left


def test_terms_of_turns_that_are_not_neighbors_are_added_behind():
    assert second(lambda ys, zs: [total(ys[::2])]) == []
    assert second(lambda ys, zs: [total([*ys, *ys])]) == []


def test_terms_that_begin_and_end_nearly_together_do_so_together():
    assert second(lambda ys, zs: [total(ys), total(ys[1:-1])]) == [
        (0, 1, TURNS - 1, [*range(1, TURNS - 1)]),
        (1, 1, TURNS - 1, [*range(TURNS - 2)]),
    ]
    assert second(lambda ys, zs: [total(ys[1:]), total(ys[1:-1])]) == [
        (0, 1, TURNS - 1, [*range(TURNS - 2)]),
        (1, 1, TURNS - 1, [*range(TURNS - 2)]),
    ]
    assert second(lambda ys, zs: [total(ys), total(ys[2:-2])]) == [
        (0, 0, TURNS, [*range(TURNS)]),
        (1, 2, TURNS - 2, [*range(TURNS - 4)]),
    ]


def test_a_sum_belongs_to_the_last_loop_that_computes_its_terms():
    every = [*range(TURNS)]
    assert inside_of(lambda ys, zs: [total(ys), total(zs)]) == [[(0, 0, TURNS, every)], [(1, 0, TURNS, every)]]
    assert inside_of(lambda ys, zs: [total([*ys, *zs[:3]])]) == [[(0, 0, TURNS, every)], []]
    assert inside_of(lambda ys, zs: [dot(ys, zs)]) == [[], []]
