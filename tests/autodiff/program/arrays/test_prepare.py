"""Data are told from constants, and larger networks become as many instructions as small ones."""

from itertools import pairwise

import pytest

from autodiff import Value
from autodiff import sum as total
from autodiff.program.arrays import prepare as module
from autodiff.program.arrays.classes import partition
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import PreparedTape, constants_to_parameters
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of


def test_data_is_what_differs_and_a_constant_is_what_does_not(numbers):
    xs = numbers(3)
    tape = tape_of([total([c * (1.0 - x) ** 2 for c, x in zip([1.0, -1.0, 3.0], xs, strict=True)])], xs)
    lifted, n_data = constants_to_parameters(tape)
    assert n_data == 3
    assert [line.number for line in lifted.lines[3:6]] == [1.0, -1.0, 3.0]


def test_two_constants_that_differ_are_data(numbers):
    xs = numbers(2)
    lifted, n_data = constants_to_parameters(tape_of([xs[0] * 2.0, xs[1] * 3.0], xs))
    assert (n_data, [line.number for line in lifted.lines[2:4]]) == (2, [2.0, 3.0])


@pytest.mark.parametrize(("lengths", "n"), [([2, 3, 4], 1), ([2, 2, 4], 2), ([2, 3, 4] * 2, 1), ([2, 3, 40], 3)])
def test_sums_of_three_lengths_or_more_are_one_class_if_that_pads_little(numbers, lengths, n):
    xs = numbers(max(lengths))
    tape = tape_of([total(xs[:length]) for length in lengths], xs)
    class_of, members = partition(tape, tape.n_leaves)
    of_sums = [class_of[i] for i in tape.outputs]
    assert len({*of_sums}) == n
    assert {i for c in of_sums for i in members[c]} == {*tape.outputs}


def test_powers_are_one_class_whatever_their_exponents_are_now_but_constant_ones_by_their_number():
    xs, parameters = [Value(1.0), Value(3.0)], [Value(2.0), Value(3.5)]
    for exponents, n in ((parameters, 1), ((2.0, 3.5), 2), ((2.5, 3.5), 1)):
        tape = tape_of([x**p for x, p in zip(xs, exponents, strict=True)], xs, parameters)
        class_of, _ = partition(tape, tape.n_leaves)
        assert len({class_of[i] for i in tape.outputs}) == n


def test_a_tape_with_one_constant_has_no_data_and_is_not_searched(numbers, monkeypatch):
    monkeypatch.delattr(module, "partition")
    (x,) = numbers(1)
    tape = tape_of([1.0 - x * 1.0], [x])
    assert constants_to_parameters(tape) == (tape, 0)


def test_a_larger_network_becomes_as_many_instructions_as_a_small_one(a_network):
    sizes = [(40, [20, 10]), (80, [40, 10])]
    tapes = [a_network(*size) for size in sizes]
    tapes = [fuse(simplify(derive(tape, tape.parameters))) for tape in tapes]
    lines = [len(tape.lines) for tape in tapes]
    programs = [array_program(PreparedTape(tape, 1), True).instructions for tape in tapes]
    assert [b > 3 * a for a, b in pairwise(lines)] == [True]
    assert len(programs[0]) == len(programs[1])
