"""The functions: of a number or of a Value, inside and outside their domains, and where numbers get large."""

import math
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    DomainError,
    Value,
    affine,
    dot,
    gradients,
    logsumexp,
    matvec,
    maximum,
    norm,
    sigmoid,
    softplus,
    tanh,
)
from autodiff import sum as total
from autodiff.domain import REALS
from autodiff.primitive import WidePrimitive
from autodiff.value import as_value

UNARY = sorted(name for name, p in PRIMITIVES.items() if len(p.partials) == 1 and hasattr(autodiff, name))
ADVICE = "pass an int or a float (use float(...) to convert)"

# Outside the domain: the operands, and what the message says is required.
OUTSIDE = [
    ("div", (1.0, 0.0), "y != 0"),
    ("div", (0.0, 0.0), "y != 0"),
    *[
        ("pow", operands, "x > 0, or x = 0 with y >= 0, or x < 0 with an integer y, and a result that fits a float")
        for operands in [(-8.0, 1 / 3), (0.0, -1.0), (10.0, 400.0)]
    ],
    ("exp", (710.0,), "x <= 709.78, so that the result fits a float"),
    ("expm1", (710.0,), "x <= 709.78, so that the result fits a float"),
    ("log", (0.0,), "x > 0"),
    ("log", (-1.0,), "x > 0"),
    ("log2", (0.0,), "x > 0"),
    ("log10", (-1.0,), "x > 0"),
    ("log1p", (-1.0,), "x > -1"),
    ("sqrt", (-1.0,), "x >= 0"),
    ("sin", (math.inf,), "a finite x"),
    ("cos", (math.inf,), "a finite x"),
    ("tan", (-math.inf,), "a finite x"),
    ("asin", (1.5,), "-1 <= x <= 1"),
    ("acos", (-1.5,), "-1 <= x <= 1"),
    ("sinh", (711.0,), "|x| <= 710.47, so that the result fits a float"),
    ("cosh", (-711.0,), "|x| <= 710.47, so that the result fits a float"),
]


# ------------------------------------------------------------------------------------------- numbers and Values


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize(
    "number", [1, 0.5, Fraction(1, 2), np.float32(0.5), np.int64(1)], ids=lambda x: type(x).__name__
)
def test_a_number_gives_a_float_and_a_value_gives_a_node_of_the_same_data(name, number):
    f = getattr(autodiff, name)
    node = f(Value(number))
    assert type(f(number)) is float
    assert (node.data, node.primitive) == (f(number), PRIMITIVES[name])


@pytest.mark.parametrize("number", [math.nan, -math.inf, -2.0, 0.0, math.inf])
def test_every_public_function_of_one_operand_agrees_with_its_primitive_outside_too(number):
    for name in UNARY:
        outcomes = []
        for f in (getattr(autodiff, name), PRIMITIVES[name]):
            try:
                outcomes.append(repr(f(number)))
            except DomainError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


def test_functions_of_several_numbers_give_a_float():
    results = [total([1, 2]), dot([1, 2], [3, 4]), logsumexp([0]), maximum(1, 2), autodiff.minimum(1, 2)]
    assert results == [3.0, 11.0, 0.0, 2.0, 1.0]
    assert {type(result) for result in results} == {float}


def test_functions_of_several_operands_make_one_node_each():
    x, y = Value(1.0), Value(2.0)
    nodes = [total([x, y, 1]), dot([x, 1], [y, 2]), logsumexp([x, 0]), maximum(x, 1), autodiff.minimum(1, x)]
    assert [node.primitive.name for node in nodes] == ["sum", "dot", "logsumexp", "maximum", "minimum"]
    assert [len(node.operands) for node in nodes] == [3, 4, 2, 2, 2]


def test_any_iterable_will_do():
    assert total(iter([1, 2])) == 3.0
    assert dot(np.array([1.0, 2.0]), (Value(x) for x in (3.0, 4.0))).data == 11.0
    assert logsumexp({0.0}) == 0.0


def test_the_empty_sum_and_the_empty_dot_are_zero():
    assert total([]) == dot([], []) == 0.0


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize(
    ("thing", "came"), [("a", "str 'a'"), (True, "bool True"), (None, "NoneType None"), (1j, "complex 1j")]
)
def test_what_is_neither_number_nor_value_is_refused(name, thing, came, refuses):
    with refuses(TypeError, f"{name}: expected a real number, got {came}; {ADVICE}"):
        getattr(autodiff, name)(thing)


@pytest.mark.parametrize("other", [1.0, Value(1.0)], ids=["number", "value"])
def test_one_operand_of_several_that_is_no_number_is_refused(other, refuses):
    for name, call in {
        "maximum": lambda: maximum(other, "a"),
        "sum": lambda: total([other, "a"]),
        "dot": lambda: dot([other], ["a"]),
        "logsumexp": lambda: logsumexp([other, "a"]),
    }.items():
        with refuses(TypeError, f"{name}: expected a real number, got str 'a'; {ADVICE}"):
            call()


def test_lists_of_different_lengths_have_no_dot_product(refuses):
    with refuses(ValueError, "dot: expected two lists of one length, got 2 and 1; pair every x with a y"):
        dot([1, 2], [3])


def test_logsumexp_of_nothing_is_refused(refuses):
    message = "logsumexp: expected at least one value, got none; the logarithm of an empty sum is -inf"
    with refuses(ValueError, message):
        logsumexp([])


@pytest.mark.parametrize(("name", "operands", "required"), OUTSIDE)
def test_outside_its_domain_a_primitive_names_itself_the_operands_and_their_labels(name, operands, required, refuses):
    names = "xy"[: len(operands)]
    plain = ", ".join(f"{n} = {x!r}" for n, x in zip(names, operands, strict=True))
    with refuses(DomainError, f"{name}: expected {required}, got {plain}; check or clamp the operand first"):
        PRIMITIVES[name](*operands)
    labelled = ", ".join(f"{n} = {x!r} ('in {n}')" for n, x in zip(names, operands, strict=True))
    with refuses(DomainError, f"{name}: expected {required}, got {labelled}; check or clamp the operand first"):
        PRIMITIVES[name](*[Value(x, f"in {n}") for n, x in zip(names, operands, strict=True)])


def test_every_restricted_domain_is_in_the_list_above():
    restricted = {name for name, p in PRIMITIVES.items() if any(domain != REALS for domain in p.domain)}
    parts = {"quotient", "pow_before", "pow_log", "asin_slope"}  # of derivatives: no user calls them
    assert restricted - parts - {"reciprocal", "log_or_zero", "pow_slope", "cbrt"} <= {
        name for name, *_ in OUTSIDE
    }  # defined at their ends


def test_the_operators_raise_as_their_primitives_do(refuses):
    with refuses(DomainError, "div: expected y != 0, got x = 1.0, y = 0.0 ('d'); check or clamp the operand first"):
        1 / Value(0.0, "d")
    with refuses(DomainError, "div: expected y != 0, got x = 1.0 ('n'), y = 0.0; check or clamp the operand first"):
        Value(1.0, "n") / 0


# ------------------------------------------------------------------------------------------ large numbers and NaN


@pytest.mark.parametrize(
    ("f", "x", "value", "slope"),
    [
        (sigmoid, 1000.0, 1.0, 0.0),
        (sigmoid, -1000.0, 0.0, 0.0),
        (tanh, 1000.0, 1.0, 0.0),
        (tanh, -1000.0, -1.0, 0.0),
        (softplus, 1000.0, 1000.0, 1.0),
        (softplus, -1000.0, 0.0, 0.0),
        (lambda x: logsumexp([x, x]), 1000.0, 1000.0 + math.log(2.0), 1.0),
        (lambda x: logsumexp([x, x]), -1000.0, -1000.0 + math.log(2.0), 1.0),
        (lambda x: logsumexp([x, 0.0]), 1000.0, 1000.0, 1.0),
        (lambda x: logsumexp([x, 0.0]), -1000.0, 0.0, 0.0),
    ],
)
def test_sigmoid_tanh_softplus_and_logsumexp_are_stable_at_a_thousand(f, x, value, slope):
    v = Value(x)
    node = f(v)
    node.backward()
    assert node.data == value
    # exp(x - out) with out near 1000, rounded to half an ulp of it, 2**-44
    assert v.grad == pytest.approx(slope, rel=0, abs=2**-43)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_nan_in_any_operand_comes_out(name):
    primitive = PRIMITIVES[name]
    n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    for i in range(n):
        operands = [0.5] * n
        if name == "where" and i == 2:
            operands[0] = 0.0  # the third operand is not taken otherwise
        operands[i] = math.nan
        assert math.isnan(primitive(*operands))
        assert math.isnan(primitive(*map(Value, operands)).data)


FLAT = {"neg", "sign", "step", "stop_gradient"}  # their derivative is a number that does not depend on the operand


@pytest.mark.parametrize("name", [*sorted(set(UNARY) - FLAT), "maximum", "minimum", "logsumexp"])
def test_a_nan_comes_out_in_the_gradient_too(name):
    primitive = PRIMITIVES[name]
    operands = [math.nan] if len(primitive.partials) == 1 else [math.nan, 0.5]
    assert all(map(math.isnan, primitive(*map(Value, operands)).partials))


def test_a_nan_over_zero_is_nan_and_no_error():
    node = Value(math.nan) / Value(0.0)
    assert all(map(math.isnan, [node.data, node.partials[1]]))
    assert node.partials[0] == math.inf  # 1/0, as in IEEE arithmetic
    assert (Value(math.nan) / 0).partials[1] == 0.0  # the 0 is a plain number, and does not vary


def test_logsumexp_keeps_a_small_tail():
    assert logsumexp([0.0, -40.0]) == softplus(-40.0) == math.log1p(math.exp(-40.0))


def test_matvec_is_a_dot_for_every_row():
    w, x = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], [Value(10.0), Value(100.0)]
    out = matvec(w, x)
    assert [(node.data, node.primitive.name, node.operands) for node in out] == [
        (210.0, "dot", (*w[0], *x)),
        (430.0, "dot", (*w[1], *x)),
    ]


@pytest.mark.parametrize("row", [[1.0], [Value(1.0)], [Value(1.0), 2.0, 3.0]])
def test_matvec_refuses_a_row_of_another_length(row, refuses):
    message = f"dot: expected two lists of one length, got {len(row)} and 2; pair every x with a y"
    with refuses(ValueError, message):
        matvec([row], [Value(1.0), Value(2.0)])


def test_affine_is_a_dot_and_a_sum_for_every_row():
    w, x, b = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], [Value(10.0), Value(100.0)], [Value(5.0), 6]
    out = affine(w, x, b)
    assert [(node.data, node.primitive.name) for node in out] == [(215.0, "add"), (436.0, "add")]
    assert [node.operands[0].operands for node in out] == [(*w[0], *x), (*w[1], *x)]
    assert out[0].operands[1] is b[0]
    assert affine([[1, 2]], [3, 4], [5]) == [16.0]
    assert affine([], [1.0], []) == []


def test_affine_refuses_another_number_of_shifts(refuses):
    with refuses(ValueError, "affine: expected a shift for each of 2 rows, got 1"):
        affine([[1], [2]], [3], [4])


def test_a_dot_keeps_its_operands_when_their_list_is_changed():
    row, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    (out,) = matvec([row], x)
    first = row[0]
    row[0], x[1] = Value(0.0), Value(0.0)
    out.backward()
    assert first.grad == 3.0
    assert row[0].grad == x[1].grad == 0.0


def test_maximum_and_minimum_take_any_number_and_share_a_tie_equally(refuses):
    for f, sign in ((maximum, 1.0), (autodiff.minimum, -1.0)):
        values = [Value(sign * x) for x in (3.0, 1.0, 3.0, 3.0)]
        out = f(*values)
        out.backward()
        assert (out.data, [x.grad for x in values]) == (sign * 3.0, [1 / 3, 0.0, 1 / 3, 1 / 3])
        assert f(2.0) == 2.0
        with refuses(TypeError, f"{f.__name__}: expected one or more numbers, got nothing"):
            f()
        got = f"a list; unpack it, as in {f.__name__}(*values)"
        with refuses(TypeError, f"{f.__name__}: expected one or more numbers, got {got}"):
            f([1.0, 2.0])


def test_a_printed_maximum_of_a_thousand_is_nested_by_halves():
    values = [Value(float(i)) for i in range(1000)]
    program = autodiff.Program(maximum(*values), values)
    namespace = {}
    exec(program.source("python"), namespace)
    assert namespace["value"]([float(i) for i in range(1000)]) == 999.0
    assert program.backend == "llvm"
    assert program([float(i) for i in range(1000)]) == 999.0


@pytest.mark.parametrize("n", range(8))
def test_a_norm_is_of_all_its_numbers(n):
    numbers = [3.0 - 1.25 * k for k in range(n)]
    values = [Value(x) for x in numbers]
    length = math.hypot(*numbers)
    assert norm(numbers) == pytest.approx(length, rel=1e-15)
    slopes = [slope.data for slope in gradients(as_value(norm(values)), values)]
    assert slopes == pytest.approx([x / length for x in numbers], rel=1e-14)
