"""The backend that auto takes, and why."""

import random

from autodiff import MissingDependencyError, Value, defprimitive, exp, tanh
from autodiff.program import choose
from autodiff.program.choose import MIN_ARRAY_OPERATIONS, best_backend, resolve_backend
from autodiff.program.recording.record import tape_of


def test_auto_is_machine_code_and_arrays_for_large_programs_that_are_regular_where_there_is_none(a_network):
    assert best_backend(a_network(2, [3, 2])) == ("llvm", "93 operations")
    assert best_backend(a_network(100, [60, 10])) == ("llvm", "8,171 operations")
    backend, why = best_backend(a_network(100, [60, 10]), llvmlite=False)
    assert (backend, why) == ("arrays", "8,171 operations in 9 classes")


def test_without_machine_code_large_programs_without_a_pattern_are_python(numbers):
    rng = random.Random(0)
    nodes = numbers(5)
    functions = [tanh, exp, lambda x: x * 0.3, lambda x: 1.0 - x]
    while len(nodes) < 6 * MIN_ARRAY_OPERATIONS // 25:  # a tanh counts as 25
        nodes.append(rng.choice(functions)(tanh(nodes[-1] * rng.choice(nodes))))
    assert best_backend(tape_of([nodes[-1]], nodes[:5]), llvmlite=False)[0] == "python"


def test_auto_takes_what_is_installed(a_network):
    tape = a_network(2, [3, 2])
    assert best_backend(tape, numpy=False) == ("python", "numpy is not installed")
    assert best_backend(tape, llvmlite=False) == ("python", "llvmlite is not installed")
    own = defprimitive("own", lambda x: x, lambda out, x: 1.0)
    x = Value(1.0)
    assert best_backend(tape_of([own(x)], [x])) == ("python", "<primitive own> is not in the table")


def test_a_backend_whose_package_is_missing_is_refused(a_network, monkeypatch, refuses):
    monkeypatch.setattr(choose.importlib.util, "find_spec", lambda name: None)
    tape = a_network(2, [3, 2])
    message = 'Program: backend="llvm" needs the package llvmlite: pip install ".[fast]" in the folder of chainrule'
    with refuses(MissingDependencyError, message):
        resolve_backend("llvm", tape)
    assert resolve_backend("auto", tape) == ("python", "numpy is not installed")
    assert resolve_backend("python", tape) == ("python", "")
