"""A Value is a number that is a node: which numbers it takes, how it reads, and what it refuses in which words."""

import copy
import math
import operator
import pickle
import weakref
from decimal import Decimal
from fractions import Fraction
from unittest.mock import ANY

import numpy as np
import pytest

from autodiff import GraphCopyError, Value, counts

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
REALS = [2, 2.0, Fraction(2), np.float64(2), np.float32(2), np.int64(2), np.uint8(2)]
ARRAYS = [np.array([1.0, 2.0]), np.array(2.0), np.array([1, 2])]

each_operator = pytest.mark.parametrize("apply", OPERATORS, ids=lambda apply: apply.__name__)
each_real = pytest.mark.parametrize("number", REALS, ids=lambda number: type(number).__name__)

# ------------------------------------------------------------------------------------------------ numbers in


@each_real
def test_data_is_kept_as_a_float(number):
    assert type(Value(number).data) is float
    assert Value(number).data == 2.0


@pytest.mark.parametrize(
    ("thing", "came"),
    [
        ("1", "str '1'"),
        (True, "bool True"),
        (None, "NoneType None"),
        (1j, "complex 1j"),
        (np.array([1.0, 2.0]), "ndarray array([1., 2.])"),
        (np.array(1.0), "ndarray array(1.)"),
        (np.bool_(True), "bool np.True_"),
        (Decimal(1), "Decimal Decimal('1')"),
        ([1.0], "list [1.0]"),
        (Value(1.0), "Value Value(data=1.0, grad=0.0)"),
        ("x" * 100, "str '" + "x" * 56 + "..."),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_is_no_real_number_is_refused_by_name(thing, came, refuses):
    advice = "pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, f"Value: expected a real number, got {came}; {advice}"):
        Value(thing)
    v = Value(1.0)
    with refuses(TypeError, f"Value.data: expected a real number, got {came}; {advice}"):
        v.data = thing
    with refuses(TypeError, f"Value.grad: expected a real number, got {came}; {advice}"):
        v.grad = thing


@pytest.mark.parametrize("number", [10**400, 10**5000, Fraction(10**400)], ids=["400", "5000", "Fraction"])
def test_a_number_that_fits_no_float_is_refused(number):
    with pytest.raises(ValueError, match=r"^Value: expected a number that fits a float, got .{1,60}; scale it first$"):
        Value(number)


@pytest.mark.parametrize("label", [5, None, 0, ()])
def test_a_label_is_a_str(label, refuses):
    message = f"Value: expected a str as label, got {type(label).__name__}; use str(...)"
    with refuses(TypeError, message):
        Value(1.0, label)


# ------------------------------------------------------------------------------------------------- operators


@each_operator
@each_real
def test_a_plain_number_works_on_both_sides(apply, number):
    v = Value(3.0)
    assert apply(v, number).data == apply(3.0, 2.0)
    assert apply(number, v).data == apply(2.0, 3.0)
    assert isinstance(apply(number, v), Value)


@each_operator
@pytest.mark.parametrize("array", ARRAYS, ids=["floats", "zero-dimensional", "ints"])
def test_an_array_on_either_side_is_taken_element_by_element(apply, array):
    v = Value(2.0)
    for result, expected in [(apply(v, array), apply(2.0, array)), (apply(array, v), apply(array, 2.0))]:
        assert np.shape(result) == np.shape(expected)
        assert [element.data for element in np.ravel(result)] == [*np.ravel(expected)]


@each_operator
def test_an_array_of_another_library_is_refused_with_the_way_to_write_it(apply, refuses):
    class Tensor:
        __array__ = None

    message = (
        "Value: expected a Value or a real number, got Tensor; "
        "a Value is one number: combine it with each element, as in [v * x for x in array]"
    )
    with refuses(TypeError, message):
        apply(Value(1.0), Tensor())
    with refuses(TypeError, message):
        apply(Tensor(), Value(1.0))


@each_operator
@pytest.mark.parametrize("flag", [True, np.bool_(True)], ids=["bool", "numpy"])
def test_a_bool_operand_is_refused(apply, flag, refuses):
    message = f"Value: expected a real number, got bool {flag!r}; pass an int or a float (use float(...) to convert)"
    for operands in [(Value(1.0), flag), (flag, Value(1.0))]:
        with refuses(TypeError, message):
            apply(*operands)


@each_operator
@pytest.mark.parametrize("thing", ["a", None, 1j, [1.0], {}], ids=lambda thing: type(thing).__name__)
def test_any_other_operand_is_a_type_error(apply, thing):
    for operands in [(Value(1.0), thing), (thing, Value(1.0))]:
        with pytest.raises(TypeError):
            apply(*operands)


@each_operator
def test_a_foreign_type_gets_its_turn(apply):
    class Foreign:
        def answer(self, other):
            return "mine"

        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = answer

    assert apply(Value(1.0), Foreign()) == "mine"


def test_sub_neg_div_and_abs_are_nodes_of_their_own():
    a, b = Value(1.0), Value(2.0)
    assert [v.primitive.name for v in (a - b, -a, a / b, abs(a))] == ["sub", "neg", "div", "abs"]


def test_plus_makes_no_node():
    v = Value(1.0)
    assert +v is v


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, Fraction(0), np.int64(0)], ids=repr)
def test_zero_plus_v_is_v(zero):
    v = Value(1.0)
    assert zero + v is v


def test_the_built_in_sum_adds_no_node_for_its_start():
    assert counts(sum([Value(1.0), Value(2.0), Value(3.0)])) == {"leaf": 3, "add": 2}


def test_in_place_operators_rebind_the_name_and_leave_the_value():
    v = w = Value(3.0)
    w += 1
    assert (v.data, w.data) == (3.0, 4.0)


FUNCTIONS = ["arccos", "arcsin", "arctan", "cbrt", "cos", "cosh", "exp", "expm1", "log", "log10", "log1p", "log2"]
FUNCTIONS += ["sin", "sinh", "sqrt", "tan", "tanh", "sigmoid", "relu"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_a_method_by_the_name_that_numpy_or_micrograd_has(name):
    x = Value(0.5)
    out = getattr(x, name)()
    out.backward()
    assert out.primitive.name == name.replace("arc", "a")
    assert (out.data, x.grad) == (out.primitive(0.5), *out.primitive.derivatives(out.data, [0.5]))


@pytest.mark.parametrize("name", ["hypot", "arctan2"])
def test_a_function_of_two_numbers_is_a_method_too(name):
    for other in (Value(2.0), 2.0):
        out = getattr(Value(0.5), name)(other)
        assert out.data == getattr(math, name.replace("arc", "a"))(0.5, 2.0)
        assert [operand.data for operand in out.operands] == [0.5, 2.0]


@pytest.mark.parametrize("name", FUNCTIONS[:-2])
def test_numpy_computes_a_function_of_an_array_of_values(name):
    x = [Value(0.5), Value(0.25)]
    for got, want in zip(getattr(np, name)(np.array(x)), getattr(np, name)([0.5, 0.25]), strict=True):
        # numpy and math may differ in the last digit
        assert got.data == pytest.approx(want, rel=4 * np.finfo(float).eps)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("item", "item: a Value is one number; read v.data"),
        ("detach", "detach: read v.data for the number, or write autodiff.stop_gradient(v)"),
        (
            "requires_grad",
            "requires_grad: every Value has a grad; train only those that you pass to the optimizer",
        ),
    ],
)
def test_a_name_of_pytorch_is_answered_with_ours(name, message, refuses):
    assert not hasattr(Value(1.0), name)
    with refuses(AttributeError, message):
        getattr(Value(1.0), name)


@pytest.mark.parametrize("keyword", ["requires_grad", "dtype", "device"])
def test_a_keyword_of_pytorch_is_answered_with_ours(keyword, refuses):
    with refuses(TypeError, f"Value: expected data and label, got {keyword}; a Value is a float with a grad"):
        Value(1.0, **{keyword: None})


# ----------------------------------------------------------------------------------------------- as a number


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [1.0, 2.0, 3.0])
def test_order_compares_data_and_gives_a_bool(compare, other):
    want = compare(2.0, other)
    assert compare(Value(2.0), Value(other)) is want
    assert compare(Value(2.0), other) is want
    assert bool(compare(np.float64(2.0), Value(other))) is want


@pytest.mark.parametrize("other", [1.0, math.nan])
def test_nan_is_not_in_order_with_anything(other):
    assert not any(compare(Value(math.nan), other) for compare in (operator.lt, operator.le, operator.gt, operator.ge))


def test_order_with_something_else_is_refused(refuses):
    message = "comparison: expected a real number, got str 'a'; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        Value(1.0) < "a"  # noqa: B015


def test_equality_and_hash_are_identity():
    v, w = Value(1.0), Value(1.0)
    assert v == v
    assert v != w
    assert len({v, w, v}) == 2
    v.data = 5.0
    assert v in {v}


@pytest.mark.parametrize(
    ("compare", "got"),
    [
        (lambda v: v == 1.0, "float"),
        (lambda v: v != 1.0, "float"),
        (lambda v: v == 1, "int"),
        (lambda v: 1 == v, "int"),  # noqa: SIM300
        (lambda v: v == True, "bool"),  # noqa: E712
        (lambda v: v in [0.0, 1.0], "float"),
        (lambda v: v == 1j, "complex"),
        (lambda v: v == Fraction(1), "Fraction"),
        (lambda v: v == Decimal(1), "Decimal"),
        (lambda v: v == np.float64(1.0), "float64"),
        (lambda v: np.float64(1.0) == v, "float64"),
        (lambda v: v == np.ones(2), "ndarray"),
    ],
)
def test_a_comparison_with_a_number_by_equality_is_refused_because_it_would_always_be_false(compare, got, refuses):
    with refuses(TypeError, f"==: expected another Value, got {got}; compare the number, as in `v.data == 0.0`"):
        compare(Value(1.0))


def test_a_value_has_no_truth_value(refuses):
    message = "bool: a Value has no truth value; compare its number, as in `v.data != 0` or `v > 0`"
    with refuses(TypeError, message):
        bool(Value(1.0))


def test_equality_asks_for_the_same_node_and_leaves_others_their_say():
    v = Value(2.0)
    assert v == v
    assert v != Value(2.0)
    assert v != "2.0"
    assert v == ANY
    assert {v: 1}[v] == 1


def test_float_round_and_format_give_those_of_the_number():
    v = Value(2.34567)
    assert float(v) == 2.34567
    assert round(v, 2) == 2.35
    assert round(v) == 2
    assert isinstance(round(v), int)
    assert f"{v:.3f}|{v:>8.1f}|{v:e}" == "2.346|     2.3|2.345670e+00"
    assert f"{v}" == str(v) == repr(v)


def test_repr_says_data_grad_and_label():
    assert repr(Value(1.0)) == "Value(data=1.0, grad=0.0)"
    assert repr(Value(1.5, "w")) == "Value(data=1.5, grad=0.0, label='w')"


def test_repr_of_a_huge_graph_is_one_short_line():
    v = Value(1.0)
    for _ in range(100_000):
        v = v + v * 0.0
    assert repr(v) == "Value(data=1.0, grad=0.0)"


# ------------------------------------------------------------------------------------------------- as a node


def test_a_leaf_has_no_operands():
    v = Value(1.0)
    assert (v.is_leaf, v.is_constant, v.primitive, v.operands, v.partials) == (True, False, None, (), ())


def test_an_inner_node_shows_its_operands_in_order_with_duplicates():
    a, b = Value(2.0), Value(3.0)
    assert (a * b).operands == (a, b)
    assert (a * a).operands == (a, a)
    assert (-a).operands == (a,)
    assert not (a * b).is_leaf


def test_a_plain_number_becomes_a_constant_leaf():
    constant, v = (2 * Value(3.0)).operands
    assert (constant.data, constant.is_leaf, constant.is_constant, constant.primitive) == (2.0, True, True, None)
    assert not v.is_constant


def test_a_constant_gets_no_gradient():
    y = 2 * Value(3.0)
    y.backward()
    assert y.operands[0].grad == 0.0


@pytest.mark.parametrize("name", ["operands", "partials", "primitive", "is_leaf", "is_constant", "colour"])
def test_the_record_of_a_node_cannot_be_assigned(name):
    with pytest.raises(AttributeError):
        setattr(Value(1.0) + 1.0, name, ())


def test_a_label_can_be_changed():
    v = Value(1.0, "a")
    v.label = "b"
    assert v.label == "b"


# --------------------------------------------------------------------------------- copies, pickles, subclasses

COPIES = [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
each_copy = pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])


@each_copy
def test_a_copied_leaf_keeps_data_grad_and_label(duplicate):
    v = Value(1.5, "w")
    v.grad = 0.25
    twin = duplicate(v)
    assert twin is not v
    assert (twin.data, twin.grad, twin.label, twin.is_constant) == (1.5, 0.25, "w", False)


@each_copy
def test_a_copied_constant_stays_a_constant(duplicate):
    assert duplicate((2 * Value(1.0)).operands[0]).is_constant


@each_copy
def test_an_inner_node_refuses_to_be_copied_without_its_graph(duplicate, refuses):
    message = (
        "copy: Value(data=2.0, grad=0.0) is the result of <primitive add>, and a copy would have no gradient; "
        "copy or pickle the leaves and compute it again"
    )
    with refuses(GraphCopyError, message):
        duplicate(Value(1.0) + 1.0)


def test_a_deep_copy_of_parameters_is_independent_and_keeps_sharing():
    shared = Value(1.0)
    twin = copy.deepcopy({"a": shared, "b": [shared, Value(2.0)]})
    assert twin["a"] is twin["b"][0]
    (twin["a"] * 3).backward()
    twin["a"].data = 7.0
    assert (shared.data, shared.grad, twin["a"].grad) == (1.0, 0.0, 3.0)


def test_a_subclass_is_refused(refuses):
    with refuses(TypeError, "Value: expected no subclass; hold a Value in an attribute, or write a function of Values"):
        type("Parameter", (Value,), {})


def test_a_value_cannot_be_referred_to_weakly():
    with pytest.raises(TypeError, match="cannot create weak reference"):
        weakref.ref(Value(1.0))
