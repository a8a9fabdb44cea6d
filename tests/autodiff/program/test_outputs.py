"""What may be an output, an input or a parameter of a Program, and what is refused."""

import math

import numpy as np
import pytest

from autodiff import Value, log
from autodiff.program import Program


def test_several_outputs_may_be_nodes_inputs_parameters_and_constants_and_may_be_repeated(backend):
    x, y, p, c = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    node = x * p
    program = Program([node, y, p, c, node, x, y], [x, y], [p], backend=backend)
    assert program([5.0, 6.0]).tolist() == [15.0, 6.0, 3.0, 4.0, 15.0, 5.0, 6.0]
    assert program([[5.0, 6.0], [7.0, 8.0]], [-1.0]).tolist() == [
        [-5.0, 6.0, -1.0, 4.0, -5.0, 5.0, 6.0],
        [-7.0, 8.0, -1.0, 4.0, -7.0, 7.0, 8.0],
    ]


@pytest.mark.parametrize("which", ["input", "parameter", "constant"])
def test_a_single_output_may_be_a_leaf(which, backend):
    x, y, p, c = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    output, values, by_inputs, mean, by_parameters = {
        "input": (x, [5.0, 6.0], [[1.0, 0.0], [1.0, 0.0]], 5.5, [0.0]),
        "parameter": (p, [7.0, 7.0], [[0.0, 0.0], [0.0, 0.0]], 7.0, [1.0]),
        "constant": (c, [4.0, 4.0], [[0.0, 0.0], [0.0, 0.0]], 4.0, [0.0]),
    }[which]
    program = Program(output, [x, y], [p], backend=backend)
    rows = [[5.0, 0.0], [6.0, 0.0]]
    assert len(program) == 0
    assert program(rows, [7.0]).tolist() == values
    assert [array.tolist() for array in program.value_and_grad(rows, [7.0])] == [values, by_inputs]
    value, gradient = program.mean_and_grad(rows, [7.0])
    assert (value, gradient.tolist()) == (mean, by_parameters)


def test_the_derivative_by_an_input_that_the_output_does_not_depend_on_is_zero(backend):
    x, unused, p, unused_p = Value(3.0), Value(4.0), Value(5.0), Value(6.0)
    program = Program(p * x**2, [unused, x], [unused_p, p], backend=backend)
    assert program.value_and_grad([math.nan, 3.0])[1].tolist() == [0.0, 30.0]
    assert program.mean_and_grad([math.inf, 3.0])[1].tolist() == [0.0, 9.0]


def test_a_program_may_have_no_inputs_or_no_parameters_or_neither(backend):
    x = Value(3.0)
    of_parameters = Program(x * x, [], [x], backend=backend)
    assert of_parameters([]) == 9.0
    assert of_parameters(np.empty((2, 0)), [4.0]).tolist() == [16.0, 16.0]
    value, gradient = of_parameters.mean_and_grad([])
    assert (value, gradient.tolist()) == (9.0, [6.0])
    assert Program(x * x, [x], backend=backend)([[1.0], [3.0]]).tolist() == [1.0, 9.0]
    assert Program(x * x, [], backend=backend)([]) == 9.0


def test_a_gradient_by_nothing_is_refused(backend, refuses):
    x = Value(3.0)
    message = "{}: expected {} to differentiate by, the program has none; make it with Program(..., {}=[x])"
    of_inputs = Program(x * x, [x], backend=backend)
    with refuses(ValueError, message.format("mean_and_grad", "parameters", "parameters")):
        of_inputs.mean_and_grad([[1.0], [3.0]])
    with refuses(ValueError, message.format("passes", "parameters", "parameters")):
        of_inputs.passes("parameters")
    of_parameters = Program(x * x, [], [x], backend=backend)
    with refuses(ValueError, message.format("value_and_grad", "inputs", "inputs")):
        of_parameters.value_and_grad([])
    for language in ("python", "javascript", "numpy"):
        with refuses(ValueError, message.format("source", "parameters", "parameters")):
            of_inputs.source(language, wrt="parameters")
        with refuses(ValueError, message.format("source", "inputs", "inputs")):
            of_parameters.source(language, wrt="inputs")


def test_outputs_inputs_and_parameters_that_make_no_program_are_refused(refuses):
    x, y, p = Value(1.0, "x"), Value(2.0), Value(3.0, "p")
    product = x * y
    with refuses(ValueError, "Program: inputs[2] ('x') was given before, as inputs[0] ('x'); give every leaf once"):
        Program(product, [x, y, x])
    with refuses(ValueError, "Program: parameters[0] was given before, as inputs[1]; give every leaf once"):
        Program(product, [x, y], [y])
    with refuses(
        ValueError,
        "Program: expected leaves, got parameters[1], the result of <primitive mul>; "
        "a program starts from Values that were given, not computed",
    ):
        Program(product, [x], [p, product])
    with refuses(TypeError, "Program: expected inputs to be Values, got float"):
        Program(product, [x, 1.0])
    with refuses(TypeError, "Program: expected inputs to be a list of Values, got Value; write [x]"):
        Program(product, x)
    with refuses(TypeError, "Program: expected outputs to be a list of Values, got float; write [x]"):
        Program(1.0, [x])
    with refuses(TypeError, "Program: expected parameters to be Values, got str"):
        Program(product, [x], "p")
    with refuses(TypeError, "Program: expected inputs to be a list of Values, got set, which has no order"):
        Program(product, {x, y})
    with refuses(TypeError, "Program: expected parameters to be a list of Values, got frozenset, which has no order"):
        Program(product, [x], frozenset([y]))
    with refuses(TypeError, "Program: expected outputs to be a list of Values, got set, which has no order"):
        Program({product, x}, [x, y])
    with refuses(ValueError, "Program: expected at least one output, got none"):
        Program([], [x])
    with refuses(ValueError, "Program: expected backend to be one of auto, python, llvm, arrays, got 'numpy'"):
        Program(product, [x], backend="numpy")
    with refuses(ValueError, "Program: expected dtype to be one of float64, float32, got 'float16'"):
        Program(product, [x], dtype="float16")
    with refuses(ValueError, 'Program: expected wrt to be "inputs", "parameters" or None, got \'x\''):
        Program(product, [x]).passes("x")


@pytest.mark.parametrize("outputs", [1, 2])
def test_derivatives_of_a_sequence_of_outputs_are_refused(outputs, refuses):
    x = Value(1.0)
    program = Program([x * 2] * outputs, [x])
    message = (
        f"Program: expected one output to differentiate, got {outputs} in a list; "
        "give a Value, not a list, or make a Program of each"
    )
    with refuses(ValueError, message):
        program.value_and_grad([1.0])
    with refuses(ValueError, message):
        program.mean_and_grad([1.0])


def test_what_was_recorded_is_kept_whatever_happens_to_the_graph():
    x, p = Value(3.0), Value(2.0)
    out = log(x) * p
    program = Program(out, [x], [p])
    x.data = -1.0
    del out
    assert program([math.e]) == 2.0
    assert program.value_and_grad([2.0])[1].tolist() == [1.0]
