"""Where a tape is cut: every line is computed once, and what crosses a cut is there when it is needed."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import PRIMITIVES, Value, cos, dot, sin, tanh
from autodiff.program.llvm import schedule as module
from autodiff.program.llvm.cost import cost, operations
from autodiff.program.llvm.schedule import schedule, side_by_side, split
from autodiff.program.recording.record import tape_of
from autodiff.program.recording.tape import Line, Tape
from autodiff.testing import expressions

DOT, SUM, LOGSUMEXP = PRIMITIVES["dot"], PRIMITIVES["sum"], PRIMITIVES["logsumexp"]


def holds(tape, mean, body, sums, verify):
    """All that should hold of the schedule of a tape."""
    cut = schedule(tape, mean)
    lines, varying = cut.tape.lines, set(cut.tape.dependents(cut.tape.inputs))
    verify(cut.tape)
    assert (cut.tape.inputs, cut.tape.parameters) == (tape.inputs, tape.parameters)

    computed = [i for chunks in (cut.once, cut.varying, cut.uniform) for chunk in chunks for i in chunk.lines]
    terms = [result.term for chunks in (cut.varying, cut.uniform) for chunk in chunks for result in chunk.results]
    needed = cut.tape.needed({i for term in terms for i in term})
    assert sorted(computed) == sorted(i for i in needed if lines[i].primitive)  # each once, and none for nothing
    assert all(i not in varying for chunk in cut.once for i in chunk.lines)
    assert all(i in varying for chunk in cut.varying for i in chunk.lines)
    assert not any(chunk.results for chunk in cut.once)
    assert not any(chunk.lines for chunk in cut.uniform)
    assert all(varying.isdisjoint(result.term) for chunk in cut.uniform for result in chunk.results)
    if mean:
        assert not cut.varying or {k for chunk in cut.varying for k in chunk.outputs} == set(range(len(tape.outputs)))
    else:
        assert not any(varying.isdisjoint(result.term) for chunk in cut.varying for result in chunk.results)
        delivered = [result for chunk in (*cut.varying, *cut.uniform) for result in chunk.results]
        assert sorted(delivered) == [(k, (output,)) for k, output in enumerate(cut.tape.outputs)]

    used_elsewhere = set()
    for chunks in (cut.once, cut.varying, cut.uniform):
        done = set()
        for chunk in chunks:
            here = set()
            for step in chunk.steps:
                for operand in lines[step].operands if isinstance(step, int) else step.term:
                    if lines[operand].primitive is None or operand in here:
                        continue
                    assert operand in done or (chunks is not cut.once and operand not in varying)
                    used_elsewhere.add(operand)
                if isinstance(step, int):
                    here.add(step)
            assert chunk.size <= body or len(chunk.lines) == 1
            assert not mean or len(chunk.outputs) <= sums
            done |= here
    assert set(cut.rows) == {*tape.inputs, *(i for i in used_elsewhere if i in varying)}  # no row that nobody reads
    assert set(cut.kept) == {i for i in used_elsewhere if i not in varying}
    for places in (cut.rows, cut.kept):
        assert sorted(places.values()) == list(range(len(places)))
    assert [cut.rows[i] for i in tape.inputs] == list(tape.inputs)


def test_a_sum_of_nothing_begins_a_chunk_like_others(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_SIZE", 1)
    nothing, more = Line(SUM, ()), Line(SUM, (0, 0))
    assert [chunk.lines for chunk in schedule(Tape((nothing, more), 0, 0, (1,)), False).once] == [[0], [1]]


@settings(max_examples=50)
@given(data=st.data(), mean=st.booleans(), body=st.integers(1, 30), sums=st.integers(1, 4))
def test_each_line_is_in_one_chunk_and_finds_its_operands_there_or_in_memory(data, mean, body, sums, tapes, verify):
    tape = data.draw(tapes)
    n = len(tape.lines)
    more = (*tape.outputs, *[k % n for k in data.draw(st.lists(st.integers(0, 30), max_size=12 if n else 0))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_SIZE", body)
        patch.setattr(module, "SUMS_PER_CHUNK", sums)
        holds(Tape(tape.lines, tape.n_inputs, tape.n_parameters, more), mean, body, sums, verify)


@settings(max_examples=30)
@given(f=expressions(["x", "y"], max_nodes=60), mean=st.booleans(), body=st.integers(1, 60))
def test_a_random_expression_is_cut_in_order(f, mean, body, verify):
    inputs = [Value(x) for x in f.point]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_SIZE", body)
        holds(tape_of([f(*inputs)], inputs[:1], inputs[1:]), mean, body, module.SUMS_PER_CHUNK, verify)


@pytest.mark.parametrize("mean", [False, True])
def test_a_long_program_is_cut_into_chunks_of_bounded_size(mean, verify):
    rng = random.Random(0)
    nodes = [Value(float(i)) for i in range(5)]
    for _ in range(5000):
        nodes.append(sin(rng.choice(nodes[-40:])) * rng.choice(nodes))
    tape = tape_of(nodes[-100:], nodes[:5])
    holds(tape, mean, module.CHUNK_SIZE, module.SUMS_PER_CHUNK, verify)
    total = operations(tape)
    assert len(schedule(tape, mean).varying) <= 2 * total / module.CHUNK_SIZE + 100 / module.SUMS_PER_CHUNK + 1


def test_a_tape_without_operations_is_one_chunk_that_delivers_its_leaves():
    x = Value(1.0)
    (chunk,) = schedule(tape_of([x, x], [x]), False).varying
    assert (chunk.lines, chunk.results) == ([], [(0, (0,)), (1, (0,))])


def test_the_terms_of_a_mean_that_are_the_same_for_all_points_are_computed_once():
    x, w, penalty = Value(1.0), Value(2.0), Value(3.0)
    tape = tape_of([w * x + penalty * (w * w)], [x], [w, penalty])
    cut = schedule(tape, True)
    assert [[cut.tape.lines[i].primitive.name for i in chunk.lines] for chunk in cut.once] == [["mul"]]
    (product,) = [i for chunk in cut.once for i in chunk.lines]
    assert [chunk.results for chunk in cut.uniform] == [[(0, (2, product))]]
    assert [(chunk.lines, chunk.results) for chunk in cut.varying] == [([], [(0, (1, 0))])]


def test_results_that_all_points_share_are_delivered_once_a_call():
    x, w = Value(1.0), Value(2.0)
    cut = schedule(tape_of([w * x, w * w, w, Value(0.0), x], [x], [w]), False)
    assert [result.output for chunk in cut.uniform for result in chunk.results] == [1, 2, 3]
    assert sorted(result.output for chunk in cut.varying for result in chunk.results) == [0, 4]


def test_a_program_without_inputs_runs_once():
    w = Value(2.0)
    cut = schedule(tape_of([sin(w) * w], [], [w]), True)
    assert (len(cut.once), cut.varying, len(cut.uniform)) == (1, [], 1)


@pytest.mark.parametrize("primitive", [DOT, SUM, LOGSUMEXP], ids=["dot", "sum", "logsumexp"])
@pytest.mark.parametrize("n", [16, 17, 499, 500, 501, 1000, 5000, 250_001])
def test_a_wide_line_is_split_into_a_sum_of_lines_that_fit(n, primitive, run, verify):
    pairs = 2 if primitive is DOT else 1
    leaves = [Line(None)] * 7
    operands = tuple(i * (1 if i < n else 5) % 7 for i in range(n * pairs))  # other ys than xs
    tape = Tape((*leaves, Line(primitive, operands, label="total"), Line(PRIMITIVES["neg"], (7,))), 4, 3, (7, 8))
    parts = split(tape)
    verify(parts)
    assert all(line.primitive is None or cost(line) <= module.CHUNK_SIZE for line in parts.lines)
    assert (parts.n_inputs, parts.n_parameters) == (4, 3)
    assert [parts.lines[i].label for i in parts.outputs] == ["total", ""]
    if n <= 5000:
        numbers = [1.0, -2.0, 3.0, 5.0, -7.0, 11.0, 13.0]
        whole, cut = run(tape, numbers), run(parts, numbers)
        tolerance = 1e-14 if primitive is LOGSUMEXP else 0.0  # one eps a level; sums of integers are exact
        expected = [whole[i] for i in tape.outputs]
        np.testing.assert_allclose([cut[i] for i in parts.outputs], expected, rtol=tolerance, atol=0.0)


def test_what_fits_is_not_split():
    x = [Value(float(i)) for i in range(500)]
    tape = tape_of([dot(x, x)], x)
    assert split(tape) is tape


@settings(max_examples=30)
@given(data=st.data(), body=st.integers(2, 5))
def test_a_split_tape_computes_the_same(data, body, tapes, run, verify):
    tape = data.draw(tapes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_SIZE", body)
        parts = split(tape)
    verify(parts)
    leaves = data.draw(st.lists(st.integers(-9, 9).map(float), min_size=tape.n_leaves, max_size=tape.n_leaves))
    whole, cut = run(tape, leaves), run(parts, leaves)
    # Products and sums of small integers and of halves are exact; only inf - inf depends on the order, and is nan.
    for i, j in zip(tape.outputs, parts.outputs, strict=True):
        np.testing.assert_equal(cut[j], whole[i])


@settings(max_examples=30)
@given(data=st.data())
def test_functions_of_one_operand_stand_side_by_side_and_compute_the_same(data, tapes, run, verify):
    tape = data.draw(tapes)
    moved = side_by_side(tape)
    verify(moved)
    assert sorted(map(str, moved.counts().items())) == sorted(map(str, tape.counts().items()))
    leaves = data.draw(st.lists(st.integers(-9, 9).map(float), min_size=tape.n_leaves, max_size=tape.n_leaves))
    before, after = run(tape, leaves), run(moved, leaves)
    np.testing.assert_equal([after[i] for i in moved.outputs], [before[i] for i in tape.outputs])


def test_tanh_and_its_slope_and_sin_and_cos_stand_side_by_side():
    x = Value(1.0)
    tape = tape_of([tanh(x) + sin(x), PRIMITIVES["tanh_slope"](x) * cos(x) + sin(2.0 * x)], [x])
    names = [line.primitive.name for line in side_by_side(tape).lines if line.primitive]
    assert names == ["tanh", "sin", "tanh_slope", "cos", "add", "mul", "mul", "sin", "add"]
