"""What a Program offers beside its calls: backends, pickling, checks, passes, a repr; and what it needs."""

import math
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given

import viz
from autodiff import DomainError, Value, defprimitive, dot, exp, log, logsumexp, sin, sqrt, tanh
from autodiff.program import Program
from autodiff.program.recording.record import graph_of
from autodiff.testing import expressions
from nn import MLP, losses


def test_a_primitive_of_ones_own_runs_in_python_and_is_refused_by_llvm(refuses):
    cube = defprimitive("exp", lambda x: x**3, lambda out, x: 3.0 * x**2)  # of a name that the table has too
    x = Value(2.0)
    program = Program(cube(x) + exp(x), [x])
    assert program.backend == "python"
    assert program([3.0]) == 27.0 + math.exp(3.0)
    value, gradient = program.value_and_grad([[3.0], [4.0]])
    np.testing.assert_allclose(value, [27.0 + math.exp(3.0), 64.0 + math.exp(4.0)], rtol=1e-15)
    np.testing.assert_allclose(gradient[:, 0], [27.0 + math.exp(3.0), 48.0 + math.exp(4.0)], rtol=1e-15)
    with refuses(ValueError, 'Program: backend="llvm" has no machine code for <primitive exp>; use backend="python"'):
        Program(cube(x), [x], backend="llvm")
    with refuses(TypeError, "pickle: a program with <primitive exp>, which is not in the table, cannot be kept"):
        pickle.dumps(program)


def test_auto_is_llvm_for_primitives_of_the_table():
    x = Value(2.0)
    assert Program(exp(x), [x]).backend == "llvm"


def test_a_pickled_program_is_the_same_program_with_parameters_of_its_own(backend):
    x, w = Value(0.5, "x"), Value(3.0, "w")
    program = Program(tanh(w * x), [x], [w], backend=backend, dtype="float32")
    program([1.0])  # what is compiled is left out
    again = pickle.loads(pickle.dumps(program))
    w.data = 100.0
    assert again.backend == backend
    assert again.passes()["fuse"] == program.passes()["fuse"]
    assert again([0.5]) == program([0.5], [3.0])
    assert again.mean_and_grad([[0.5]])[1] == program.mean_and_grad([[0.5]], [3.0])[1]
    assert again([[0.5]]).dtype == np.float32


def test_a_pickled_program_runs_in_another_process(backend, root, tmp_path):
    x, w = Value(0.5), Value(3.0)
    (tmp_path / "program").write_bytes(pickle.dumps(Program([sin(w * x), x], [x], [w], backend=backend)))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'program')!r}, 'rb'))([[0.5], [0.0]]).tolist())"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(np.array(eval(run.stdout)), [[math.sin(1.5), 0.5], [0.0, 0.0]], rtol=1e-15)


def test_check_names_the_first_line_that_is_not_finite(backend, refuses):
    x, y = Value(2.0, "x"), Value(4.0, "y")
    program = Program(log(x) * sqrt(y), [x, y], backend=backend, check=True)
    assert program([[1.0, 1.0]]).tolist() == [0.0]
    text = "Program: log(x = 0.0) = -inf at point 1; check=True asks for finite numbers"
    with refuses(DomainError, text):
        program([[1.0, 1.0], [0.0, 1.0]])
    with refuses(DomainError, text):
        program.value_and_grad([[1.0, 1.0], [0.0, 1.0]])
    with refuses(DomainError, "Program: sqrt(y = -1.0) = nan at point 0; check=True asks for finite numbers"):
        program([1.0, -1.0])
    assert program([1.0, 0.0]) == 0.0
    text = "Program: reciprocal(0.0) = inf in the derivative at point 0; check=True asks for finite numbers"
    with refuses(DomainError, text):
        program.value_and_grad([1.0, 0.0])  # the slope of the root


def test_without_check_what_is_not_finite_goes_through():
    x = Value(2.0)
    assert Program(log(x), [x])([[0.0], [-1.0], [1.0]]).tolist()[::2] == [-math.inf, 0.0]


def test_the_repr_counts_what_each_pass_leaves():
    x, w = Value(2.0), Value(3.0)
    program = Program((x * w + x * x + 0.0) * 1.0, [x], [w], backend="llvm")
    start = "<Program 1 output, 1 input, 1 parameter; llvm; operations: record 5, simplify 3, fuse 1"
    assert repr(program) == f"{start}>"
    assert len(program) == 1
    by = {wrt: program.passes(wrt) for wrt in ("parameters", "inputs")}  # which come in the other order
    for wrt in ("inputs", "parameters"):
        start += f"; with the gradient by {wrt}: " + ", ".join(f"{name} {len(tape)}" for name, tape in by[wrt].items())
    assert repr(program) == f"{start}>"


def test_the_repr_says_why_a_backend_was_chosen():
    x, y = Value(2.0), Value(3.0)
    program = Program([x * y, x + y], [x, y])
    assert repr(program) == (
        "<Program 2 outputs, 2 inputs, 0 parameters; llvm (2 operations); operations: record 2, simplify 2, fuse 2>"
    )


def test_the_repr_says_what_machine_code_was_made():
    def form(output, inputs, parameters=()):
        program = Program(output, inputs, parameters, backend="llvm")
        program.mean_and_grad([[0.5] * len(inputs)]) if parameters else program.value_and_grad([[0.5] * len(inputs)])
        return repr(program).rpartition("; with the gradient by ")[2].partition(": ")[2].rpartition(", ")[2]

    x, w = Value(2.0), Value(3.0)
    assert form(x * w, [x], [w]) == "straight-line code (too short or irregular)>"
    pixels = [Value(0.1) for _ in range(64)]
    model = MLP(64, [30, 1], rng=random.Random(0))
    assert form(model(pixels), pixels, model.parameters()).endswith(" loops in width>")
    state = x
    for _ in range(100):
        state = state + 0.01 * log(state)
    assert form(state, [x]) == "loops in time of 100 turns>"
    assert form(state, [], [x]) == "loops in time of 99 turns>"  # the last sum is that of the mean


@pytest.mark.parametrize("wrt", [None, "inputs", "parameters"])
def test_the_passes_are_tapes_that_are_in_order_and_can_be_drawn(wrt, verify):
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    x = [Value(0.5, "x0"), Value(-1.0, "x1")]
    program = Program(losses.squared_error(model(x), 1.0), x, model.parameters())
    passes = program.passes(wrt)
    assert list(passes) == ["record", *["derive"] * (wrt is not None), "simplify", "fuse"]
    n = {None: 1, "inputs": 1 + 2, "parameters": 1 + 13}[wrt]
    for name, tape in passes.items():
        verify(tape)
        assert (tape.n_inputs, tape.n_parameters, len(tape.outputs)) == (2, 13, 1 if name == "record" else n)
        values = graph_of(tape)  # the recipe of `passes` and of docs/program.md
        assert "tanh" in str(viz.draw(*(values[i] for i in tape.outputs)))
    sizes = [len(tape) for tape in passes.values()][wrt is not None :]
    assert sizes == sorted(sizes, reverse=True)


@given(expressions())
def test_the_passes_are_those_that_are_compiled_but_for_the_names_of_lines(f):
    leaves = [Value(x) for x in f.point]
    output = f(*leaves)
    assume(isinstance(output, Value))
    program = Program(output, leaves, backend="python")
    for shown, compiled in zip(program.passes("inputs").values(), program._tapes("inputs").values(), strict=True):
        assert [line[:3] for line in shown.lines] == [line[:3] for line in compiled.lines]
        assert shown.outputs == compiled.outputs


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_source_is_that_of_what_runs(language):
    x, w = Value(2.0, "x"), Value(3.0, "w")
    program = Program(logsumexp([w * x, x]) + dot([w, x], [x, w]), [x], [w])
    for wrt in (None, "inputs", "parameters"):
        assert "logsumexp" in program.source(language, wrt=wrt) or "log1p" in program.source(language, wrt=wrt)


WITHOUT = """
import sys
for name in {missing}:
    sys.modules[name] = None
from autodiff import Value, exp
from autodiff.program import Program
x = Value(1.0)
def attempt(f):
    try:
        print(f())
    except ImportError as error:
        print(type(error).__name__, error, sep=": ")
attempt(lambda: Program(exp(x), [x]).backend)
attempt(lambda: Program(exp(x), [x])([0.0]))
attempt(lambda: Program(exp(x), [x], backend="llvm"))
attempt(lambda: "exp(" in Program(exp(x), [x]).source("python"))
"""


INSTALL = 'pip install ".[fast]" in the folder of chainrule'


NO_NUMPY = f"MissingDependencyError: Program: to replay at points needs the package numpy: {INSTALL}"


NO_LLVMLITE = f'MissingDependencyError: Program: backend="llvm" needs the package llvmlite: {INSTALL}'


@pytest.mark.parametrize(
    ("missing", "lines"),
    [
        (["llvmlite"], ["python", "1.0", NO_LLVMLITE, "True"]),
        (["numpy", "llvmlite"], ["python", NO_NUMPY, NO_LLVMLITE, "True"]),
    ],
)
def test_without_the_extra_auto_is_python_and_the_errors_name_it(missing, lines, root):
    code = WITHOUT.format(missing=missing)
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == lines


def test_importing_programs_loads_neither_numpy_nor_llvmlite(root):
    code = "import sys, autodiff.program; print({'numpy', 'llvmlite'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
