"""LLVM's assembly language as text: numbers keep every bit, values and labels are named once."""

import ctypes
import math

import llvmlite.binding as llvm
import numpy as np
import pytest

from autodiff.program.llvm.flow import branch, loop
from autodiff.program.llvm.lanes import Lanes, spread
from autodiff.program.llvm.text import Function, Module, constant, literal, vector

NUMBERS = [0.0, -0.0, 1.0, -2.5, 0.1, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, math.pi]


def run(module, function, *arguments):
    """Call a function (double*, i64...) of a module; the numbers that it wrote."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    engine = llvm.create_mcjit_compiler(parsed, llvm.Target.from_default_triple().create_target_machine(opt=1))
    engine.finalize_object()
    out = np.full(16, -77.0)
    kinds = [ctypes.c_void_p, *[ctypes.c_int64] * len(arguments)]
    ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address(function))(out.ctypes.data, *arguments)
    return out


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_every_bit(number):
    module = Module()
    function = Function(module, "f", ["double* %out"])
    function.do(f"store double {literal('double', number)}, double* %out")
    function.end()
    assert run(module, "f")[:1].tobytes() == np.array([number]).tobytes()


@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, 0.1, 1e-45, 3.4e38, 1e300, math.inf, math.nan])
def test_a_float_is_the_nearest_one(number):
    module = Module()
    function = Function(module, "f", ["double* %out"])
    wide = function.assign(f"fpext float {literal('float', number)} to double")
    function.do(f"store double {wide}, double* %out")
    function.end()
    with np.errstate(over="ignore"):
        expected = np.array([np.float32(number)], float)
    np.testing.assert_array_equal(run(module, "f")[:1], expected)
    assert math.copysign(1.0, run(module, "f")[0]) == math.copysign(1.0, number)


def test_zero_and_minus_zero_are_two_constants():
    kind = vector("double", 4)
    assert constant(kind, 0.0) != constant(kind, -0.0)
    assert constant(vector("i64", 2), 7) == "<i64 7, i64 7>"
    assert constant(vector("i1", 2), -1) == "<i1 -1, i1 -1>"


def test_a_type_is_made_once():
    assert vector("double", 8) is vector("double", 8)
    assert str(vector("i64", 16)) == "<16 x i64>"


@pytest.mark.parametrize("turns", [0, 1, 2, 9])
def test_a_loop_carries_values_and_a_branch_in_it_is_taken_in_its_turn(turns):
    """out[0] = 2**turns; out[1 + i] = i for even i, and nothing is written elsewhere."""
    module = Module()
    function, one = Function(module, "f", ["double* %out", "i64 %turns"]), vector("double", 1)

    def turn(i, total):
        def write():
            number = function.assign(f"sitofp i64 {i} to double")
            place = function.assign(f"getelementptr double, double* %out, i64 {function.assign(f'add i64 {i}, 1')}")
            function.do(f"store double {number}, double* {place}")

        odd = function.assign(f"trunc i64 {i} to i1")
        branch(function, odd, lambda: None, write)
        return [total + total]

    (total,) = loop(function, "%turns", turn, [Lanes(function, one, constant(one, 1.0))])
    function.do(f"store double {total.lane(0)}, double* %out")
    function.end()
    expected = np.full(16, -77.0)
    expected[0] = 2.0**turns
    expected[1 : turns + 1 : 2] = range(0, turns, 2)
    np.testing.assert_array_equal(run(module, "f", turns), expected)


@pytest.mark.parametrize("turns", [0, 3, 8, 9, 12])
def test_a_loop_of_known_length_runs_as_often(turns):
    module = Module()
    function = Function(module, "f", ["double* %out"])

    def turn(i):
        place = function.assign(f"getelementptr double, double* %out, i64 {i}")
        function.do(f"store double {literal('double', 1.0)}, double* {place}")

    loop(function, turns, turn)
    function.end()
    assert run(module, "f").tolist() == [1.0] * turns + [-77.0] * (16 - turns)


@pytest.mark.parametrize("lanes", [1, 2, 8])
def test_a_number_is_spread_over_all_lanes(lanes):
    module, kind = Module(), vector("double", lanes)
    function = Function(module, "f", ["double* %out", "i64 %number"])
    numbers = spread(function, kind, function.assign("sitofp i64 %number to double"))
    place = function.assign(f"bitcast double* %out to {kind}*")
    function.do(f"store {kind} {numbers.name}, {kind}* {place}, align 8")
    function.end()
    assert run(module, "f", 5).tolist() == [5.0] * lanes + [-77.0] * (16 - lanes)
