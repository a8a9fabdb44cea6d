"""What the tests of programs share: random tapes, running them at any numbers, and how far rounding may take them."""

import ctypes
import dataclasses
import functools
import math
import random
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from llvmlite import binding as llvm

from autodiff import PRIMITIVES, Value
from autodiff import sum as total
from autodiff.primitives import DOT
from autodiff.program.ieee import evaluate
from autodiff.program.llvm.flow import at, ceil_divide, loop
from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.text import Function, Module, vector
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.program.recording.tape import Line, Tape
from autodiff.testing import Expression
from nn import MLP

SPECIAL = [0.0, 1.0, -1.0, 2.0, 0.5, -0.0, -3.0, math.inf, -math.inf, math.nan]
STRUCTURES = runpy.run_path(str(Path(__file__).with_name("structures.py")))["STRUCTURES"]
WIDTHS = {"identity": [1], "neg": [1], "sum": [0, 1, 2, 3, 4], "dot": [0, 2, 4, 6]}  # else 2


@pytest.fixture(scope="session")
def structures() -> dict[str, Callable[[], tuple[list[Value], list[Value], list[Value]]]]:
    """Small programs of well-known structures, by name: functions that return outputs, inputs and parameters."""
    return {structure.__name__: structure for structure in STRUCTURES}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `structure` sees each of them."""
    if "structure" in metafunc.fixturenames:
        metafunc.parametrize("structure", STRUCTURES, ids=lambda structure: structure.__name__)


@pytest.fixture(scope="session", params=["python", "llvm", "arrays"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend of a Program."""
    return request.param


@pytest.fixture(scope="session")
def numbers() -> Callable[..., list[Value]]:
    """Some leaves with random numbers from -1 to 1."""

    def draw(n: int, seed: int = 0, label: str = "") -> list[Value]:
        rng = random.Random(seed)
        return [Value(rng.uniform(-1.0, 1.0), f"{label}{i}" if label else "") for i in range(n)]

    return draw


@pytest.fixture(scope="session")
def a_network(numbers: Callable[..., list[Value]]) -> Callable[[int, list[int]], Tape]:
    """The tape of a network of sigmoids."""

    def tape(n_in: int, sizes: list[int]) -> Tape:
        model = MLP(n_in, sizes, activation="sigmoid", rng=random.Random(0))
        inputs = numbers(n_in)
        return tape_of([total(model(inputs))], inputs, model.parameters())

    return tape


@pytest.fixture(scope="session")
def recorded() -> Callable[[Expression], tuple[Tape, Value]]:
    """An expression as a tape, recorded at its point, and its output."""

    def record_at_point(expression: Expression) -> tuple[Tape, Value]:
        inputs = [Value(x, name) for x, name in zip(expression.point, expression.variables, strict=True)]
        output = expression(*inputs)
        return tape_of([output], inputs), output

    return record_at_point


@pytest.fixture(scope="session")
def values() -> Callable[[Tape], list[float]]:
    """The outputs of a tape where it was recorded."""

    def numbers(tape: Tape) -> list[float]:
        nodes = graph_of(tape)
        return [nodes[i].data for i in tape.outputs]

    return numbers


@pytest.fixture(scope="session")
def run() -> Callable[[Tape, Sequence[float]], list[float]]:
    """All lines of a tape as numbers, at these inputs and parameters."""

    def numbers(tape: Tape, leaves: Sequence[float]) -> list[float]:
        out = list(leaves)
        for line in tape.lines[tape.n_leaves :]:
            operands = [out[i] for i in line.operands]
            out.append(evaluate(line.primitive.name, operands) if line.primitive else line.number)
        return out

    return numbers


@pytest.fixture(scope="session")
def rounding() -> Callable[..., list[float]]:
    """How far from the exact result rounding may have taken each output of a tape, as it was recorded or at `leaves`.

    The running error bound, to first order: a line has the errors of its operands, times its partials, and its own of
    one eps of its result; a sum of n terms, n eps of the sum of their magnitudes (Higham, Accuracy and Stability of
    Numerical Algorithms, 2002, sections 3.3 and 4.2). `logsumexp` adds the logarithm of a sum to its largest operand.
    """

    def bounds(
        tape: Tape, leaves: Sequence[float] | None = None, *, eps: float = sys.float_info.epsilon
    ) -> list[float]:
        if leaves is not None:
            given = [line._replace(number=x) for line, x in zip(tape.lines[: tape.n_leaves], leaves, strict=True)]
            tape = dataclasses.replace(tape, lines=(*given, *tape.lines[tape.n_leaves :]))
        values = graph_of(tape)
        errors: list[float] = []
        for value, line in zip(values, tape.lines, strict=True):
            size = abs(value.data)
            data = [values[i].data for i in line.operands]
            if line.primitive and line.primitive.name == "sum":
                size = len(data) * sum(map(abs, data))
            elif line.primitive and line.primitive.name == "dot":
                half = len(data) // 2
                size = half * sum(abs(x * y) for x, y in zip(data[:half], data[half:], strict=True))
            elif line.primitive and line.primitive.name == "logsumexp":
                size += max(map(abs, data)) + len(data)
            inherited = sum(
                abs(partial) * errors[i] for i, partial in zip(line.operands, value.partials, strict=True) if errors[i]
            )
            errors.append(eps * size * (line.primitive is not None) + inherited)
        return [errors[output] for output in tape.outputs]

    return bounds


@pytest.fixture(scope="session")
def tapes() -> SearchStrategy[Tape]:
    """Random tapes on which every rule of a pass may come to bear: arithmetic with 0, 1, -1, inf and nan, and labels.

    Without division. Products by numbers like these are exact, so a pass must change nothing but the sign of a zero,
    and that does not show.
    """
    constant = st.sampled_from(SPECIAL).map(lambda number: ("constant", number, ""))
    label = st.sampled_from(["", "", "", "a", "b"])
    steps = [constant]
    for name in ("add", "sub", "mul", "neg", "sum", "dot", "add", "mul", "neg", "identity"):
        back = st.sampled_from(WIDTHS.get(name, [2])).flatmap(lambda n: st.tuples(*[st.integers(0, 8)] * n))
        steps.append(st.tuples(st.just(name), back, label))
    leaves = st.tuples(st.integers(0, 2), st.integers(0, 2))
    return st.builds(_tape, leaves, st.lists(st.one_of(steps), min_size=1, max_size=25), st.integers(0, 2))


@pytest.fixture(scope="session")
def verify() -> Callable[[Tape], None]:
    """Check that a tape keeps the rules of `autodiff.program.recording.tape`, or raise ValueError with the line."""

    def check(tape: Tape) -> None:
        for i, line in enumerate(tape.lines):
            if line.primitive is None and line.operands:
                raise ValueError(f"tape: line {i} is a leaf with operands")
            if line.primitive is not None and i < tape.n_leaves:
                raise ValueError(f"tape: line {i} should be an input or a parameter, and is {line.primitive!r}")
            if any(not 0 <= operand < i for operand in line.operands):
                raise ValueError(f"tape: line {i} has operands {line.operands}, which are not all earlier lines")
            if line.primitive is not None:
                try:
                    line.primitive.check_count(len(line.operands))
                except TypeError as error:
                    raise ValueError(f"tape: line {i}: {error}") from None
            if line.primitive is DOT and len(line.operands) % 2:
                raise ValueError(f"tape: line {i} is a dot of {len(line.operands)} operands")
        if len(tape.lines) < tape.n_leaves or any(not 0 <= output < len(tape.lines) for output in tape.outputs):
            raise ValueError("tape: an output or a leaf is missing")

    return check


def _tape(leaves: tuple[int, int], steps: Sequence[tuple], n_more: int) -> Tape:
    """The tape of some steps, each a constant or an operation on lines that it counts backwards to."""
    lines = [Line(None, (), 1.0)] * sum(leaves)
    for name, what, label in steps:
        if name == "constant":
            lines.append(Line(None, (), what, label))
        elif lines or not what:
            operands = tuple([len(lines) - 1 - back % len(lines) for back in what])
            lines.append(Line(PRIMITIVES[name], operands, 0.0, label))
    outputs = tuple(range(len(lines)))[-1 - n_more :]
    return Tape(tuple(lines), *leaves, outputs)


@pytest.fixture(scope="session")
def compiled() -> Callable[..., Callable[..., np.ndarray]]:
    """Compile what `write(operands)` writes: a function of arrays, which goes through them `width` at a time."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()

    @functools.cache
    def compile_(write, n_operands=1, *, width=8, dtype=np.float64, host=True):
        """`host=False` leaves out what only this processor has, and so fused multiply-add on x86."""
        real, align = "double" if dtype == np.float64 else "float", np.dtype(dtype).itemsize
        module, kind, arrays = Module(), vector(real, width), [f"%a{k}" for k in range(n_operands + 1)]
        function = Function(module, "f", [*[f"{real}* {array}" for array in arrays], "i64 %count"])

        def block(i):
            first = function.assign(f"mul i64 {i}, {width}")
            places = [
                function.assign(f"bitcast {real}* {at(function, real, array, first)} to {kind}*") for array in arrays
            ]
            operands = [
                Lanes(function, kind, function.assign(f"load {kind}, {kind}* {place}, align {align}"))
                for place in places[:-1]
            ]
            function.do(f"store {kind} {write(operands).name}, {kind}* {places[-1]}, align {align}")

        loop(function, ceil_divide(function, "%count", width), block)
        function.end()

        cpu = {"cpu": llvm.get_host_cpu_name(), "features": llvm.get_host_cpu_features().flatten()} if host else {}
        machine = llvm.Target.from_default_triple().create_target_machine(opt=1, **cpu)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), machine)
        engine.finalize_object()
        prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (n_operands + 1), ctypes.c_int64)
        code = prototype(engine.get_function_address("f"))

        def run(*xs, engine=engine):  # the code lives as long as its engine
            n = len(xs[0])
            padded = [np.ascontiguousarray(np.append(x, np.ones(-n % width)), dtype) for x in xs]
            out = np.empty(len(padded[0]), dtype)
            code(*[array.ctypes.data for array in [*padded, out]], len(out))
            return out[:n]

        return run

    return compile_
