"""The tape: what is recorded, and that it can be read back."""

import math
import pickle
from dataclasses import replace

import pytest
from hypothesis import given

from autodiff import PRIMITIVES, Program, Value, cos, counts, defprimitive, sin
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.program.recording.tape import Line, Tape
from autodiff.testing import expressions

ADD, DOT, MUL, SIN = (PRIMITIVES[name] for name in ("add", "dot", "mul", "sin"))


def test_a_tape_has_inputs_then_parameters_then_the_rest_in_the_order_of_evaluation():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = w * x + 1.0
    y.label = "y"
    assert tape_of([y], [x], [w]).lines == (
        Line(None, (), 2.0, "x"),
        Line(None, (), 3.0, "w"),
        Line(MUL, (1, 0)),
        Line(None, (), 1.0),
        Line(ADD, (2, 3), 0.0, "y"),
    )


def test_a_tape_reads_as_a_program():
    x, w = Value(2.0), Value(3.0)
    y = w * x + 0.5
    y.label = "y"
    assert str(tape_of([y, x], [x], [w])) == ("x0 = 2.0\np0 = 3.0\nt₁ = mul(p0, x0)\ny = add(t₁, 0.5)\nreturn y, x0")


def test_the_derivative_of_a_tape_reads_as_a_program_with_adjoints():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    a = w * x
    a.label = "a"
    tape = tape_of([a * a + sin(a)], [x], [w])
    assert str(derive(tape, tape.inputs)).splitlines() == [
        *("x = 2.0", "w = 3.0", "a = mul(w, x)", "t₁ = mul(a, a)", "t₂ = sin(a)", "f = add(t₁, t₂)"),
        *("t₃ = cos(a)", "d_a = sum(t₃, a, a)", "d_x = mul(d_a, w)", "return f, d_x"),
    ]


def test_a_leaf_that_is_neither_input_nor_parameter_is_a_constant():
    x, w = Value(2.0), Value(3.0, "w")
    tape = tape_of([w * x], [x])
    assert [tape.is_constant(i) for i in range(3)] == [False, True, False]
    assert tape.lines[1] == Line(None, (), 3.0, "w")


def test_inputs_and_parameters_are_there_used_or_not():
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    tape = tape_of([x * 2.0], [y, x], [w])
    assert (list(tape.inputs), list(tape.parameters), tape.n_leaves) == ([0, 1], [2], 3)
    assert [line.number for line in tape.lines] == [2.0, 1.0, 3.0, 2.0, 0.0]


def test_an_output_may_be_a_leaf_or_listed_twice(verify):
    x = Value(1.0)
    y = sin(x)
    tape = tape_of([y, x, y], [x])
    assert tape.outputs == (1, 0, 1)
    verify(tape)


def test_length_and_counts_are_those_of_operations():
    x, w = Value(2.0), Value(3.0)
    tape = tape_of([sin(w * x) * x + 1.0], [x], [w])
    assert len(tape) == 4
    assert tape.counts() == {"mul": 2, "sin": 1, "add": 1}


def test_dependents_are_the_lines_that_vary_with_a_source():
    x, w = Value(2.0), Value(3.0)
    tape = tape_of([sin(x) * sin(w)], [x], [w])  # lines 2 and 3 are the sines
    assert tape.dependents(tape.inputs) == [0, 2, 4]
    assert tape.dependents(tape.parameters) == [1, 3, 4]
    assert tape.dependents(range(0)) == []


def test_what_outputs_need_are_the_lines_that_they_are_computed_from_and_themselves():
    x, y = Value(1.0), Value(2.0)
    tape = tape_of([sin(x * x), y], [x, y])  # x * x and its sine are lines 2 and 3
    assert tape.needed([3]) == [0, 2, 3]
    assert tape.needed(tape.outputs) == [0, 1, 2, 3]
    assert tape.needed([]) == []


def test_a_use_is_an_operand_or_an_output():
    x, y = Value(1.0), Value(2.0)
    square = x * x
    assert tape_of([square, sin(square), square], [x, y]).uses == [2, 0, 3, 1]


def test_other_lines_keep_the_leaves_and_move_the_outputs():
    x = Value(1.0)
    tape = tape_of([sin(x) * 2.0], [x])
    lines = (*tape.lines[:2], tape.lines[3]._replace(operands=(1, 1)))
    assert tape.with_lines(lines, [0, 1, 1, 2]) == Tape(lines, 1, 0, (2,))
    assert tape.with_lines([Line(None)] * 4) == Tape((Line(None),) * 4, 1, 0, (3,))


def test_lines_that_move_take_their_operands_along():
    x = Value(1.0, "x")
    wave = sin(x)
    tape = tape_of([cos(x), sin(wave * wave)], [x])
    assert [line.operands for line in tape.lines] == [(), (0,), (0,), (2, 2), (3,)]
    moved = tape.moved([0, 2, 3, 4, 1])
    assert [(line.primitive and line.primitive.name, line.operands) for line in moved.lines] == [
        (None, ()),
        ("sin", (0,)),
        ("mul", (1, 1)),
        ("sin", (2,)),
        ("cos", (0,)),
    ]
    assert moved.outputs == (4, 3)


@pytest.mark.full
def test_a_chain_of_a_hundred_thousand_operations_is_recorded_and_read_back(values):
    x = y = Value(0.0)
    for _ in range(100_000):
        y = y + 1.0
    tape = tape_of([y], [x])
    assert len(tape) == 100_000
    assert values(tape) == [100_000.0]


@given(f=expressions(["x", "y", "z"]))
def test_what_is_recorded_is_read_back_number_for_number(f, verify, recorded):
    tape, output = recorded(f)
    verify(tape)
    nodes = graph_of(tape)
    assert nodes[tape.outputs[0]].data == output.data
    assert tape.counts() == {name: n for name, n in counts(output).items() if name in PRIMITIVES}
    assert tape_of([nodes[i] for i in tape.outputs], nodes[: tape.n_inputs]) == tape


def test_labels_and_the_roles_of_leaves_are_read_back():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = 2.0 * w * x
    y.label = "y"
    nodes = graph_of(tape_of([y], [x], [w]))
    assert [node.label for node in nodes] == ["x", "w", "", "", "y"]
    assert [node.is_constant for node in nodes] == [False, False, True, False, False]


def test_reading_back_outside_a_domain_is_nan():
    x = Value(2.0, "x")
    tape = tape_of([x.log()], [x])
    outside = replace(tape, lines=(tape.lines[0]._replace(number=-1.0), *tape.lines[1:]))
    assert math.isnan(graph_of(outside)[-1].data)


def test_a_gradient_does_not_depend_on_where_its_leaves_are_now():
    x = Value(2.0)
    y = x.log()
    x.data = -1.0
    assert Program(y, [x], backend="python").value_and_grad([2.0])[1].tolist() == [0.5]


LEAF = Line(None, (), 1.0)


@pytest.mark.parametrize(
    ("tape", "message"),
    [
        (Tape((LEAF, LEAF._replace(operands=(0,))), 1, 0, (1,)), "tape: line 1 is a leaf with operands"),
        (
            Tape((LEAF, Line(SIN, (0,))), 1, 1, (1,)),
            "tape: line 1 should be an input or a parameter, and is <primitive sin>",
        ),
        (
            Tape((LEAF, Line(SIN, (1,))), 1, 0, (1,)),
            "tape: line 1 has operands (1,), which are not all earlier lines",
        ),
        (
            Tape((LEAF, Line(SIN, (-1,))), 1, 0, (1,)),
            "tape: line 1 has operands (-1,), which are not all earlier lines",
        ),
        (Tape((LEAF, Line(DOT, (0, 0, 0))), 1, 0, (1,)), "tape: line 1 is a dot of 3 operands"),
        (Tape((LEAF, Line(SIN, (0, 0))), 1, 0, (1,)), "tape: line 1: sin: expected 1 operand, got 2"),
        (Tape((LEAF,), 1, 0, (1,)), "tape: an output or a leaf is missing"),
        (Tape((LEAF,), 1, 1, (0,)), "tape: an output or a leaf is missing"),
    ],
)
def test_a_broken_tape_is_refused_with_the_line(tape, message, refuses, verify):
    with refuses(ValueError, message):
        verify(tape)


@given(f=expressions())
def test_a_pickled_tape_is_the_same_tape(f, recorded):
    tape, _ = recorded(f)
    before = pickle.dumps(tape)
    assert pickle.loads(before) == tape
    assert tape.uses
    assert pickle.dumps(tape) == before  # what can be counted again is not kept


def test_primitives_of_ones_own_are_listed_once_in_the_order_of_their_use():
    double = defprimitive("double", lambda x: 2.0 * x, lambda out, x: 2.0)
    own_sin = defprimitive("sin", lambda x: x, lambda out, x: 1.0)  # the name of one in the table
    x = Value(1.0)
    assert tape_of([sin(double(own_sin(double(x))))], [x]).custom_primitives() == [double, own_sin]


def test_a_tape_with_a_primitive_of_ones_own_is_not_pickled(refuses):
    double = defprimitive("double", lambda x: 2.0 * x, lambda out, x: 2.0)
    x = Value(1.0)
    tape = tape_of([double(x)], [x])
    with refuses(TypeError, "pickle: a program with <primitive double>, which is not in the table, cannot be kept"):
        pickle.dumps(tape)
