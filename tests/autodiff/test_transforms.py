"""Derivatives as functions: JAX's conventions, both modes, any order, and nesting."""

import inspect
import math
from array import array
from typing import NamedTuple

import numpy as np
import pytest

from autodiff import (
    Value,
    counts,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    tanh,
    topological_order,
    value_and_grad,
    vjp,
)
from autodiff import sum as total
from autodiff.sums_of_products import sum_of_products


def polynomial(x, y):
    """The article's f(x, y) = 2 x^2 y^3."""
    return 2 * x**2 * y**3


# --------------------------------------------------------------------------------------------- arguments and results


def test_grad_is_the_derivative_by_the_first_argument():
    assert grad(polynomial)(3.0, 2.0) == 4 * 3 * 2**3


def test_argnums_chooses_the_argument():
    assert grad(polynomial, argnums=1)(3.0, 2.0) == 6 * 3**2 * 2**2


def test_a_sequence_of_argnums_gives_a_tuple():
    assert grad(polynomial, argnums=(1, 0))(3.0, 2.0) == (216.0, 96.0)
    assert grad(polynomial, argnums=[0])(3.0, 2.0) == (96.0,)


class Pair(NamedTuple):
    left: float
    right: float


def test_the_result_has_the_structure_of_the_argument():
    def f(p):
        return p["a"] * p["b"][0] + p["b"][1][0] ** 2 + p["c"].left * p["c"].right

    point = {"a": 2, "b": [3.0, (4.0,)], "c": Pair(5.0, 6.0)}
    assert grad(f)(point) == {"a": 3.0, "b": [2.0, (8.0,)], "c": Pair(6.0, 5.0)}
    assert isinstance(grad(f)(point)["c"], Pair)


def test_results_are_floats_for_floats_and_values_for_values():
    assert type(grad(sin)(1)) is float
    assert isinstance(grad(sin)(Value(1.0)), Value)
    assert [type(x) for x in value_and_grad(sin)(1.0)] == [float, float]
    assert [type(x) for x in jvp(sin, (1.0,), (1.0,))] == [float, float]


def test_a_gradient_for_a_value_can_be_differentiated_again():
    x = Value(0.7)
    slope = grad(sin)(x)
    slope.backward()
    assert (slope.data, x.grad) == (math.cos(0.7), -math.sin(0.7))


def test_an_argument_that_is_not_differentiated_may_be_anything():
    assert grad(lambda x, name, f: f(x) if name == "f" else x)(1.0, "f", exp) == math.e


def test_a_function_that_does_not_depend_on_its_argument_has_the_gradient_zero():
    assert grad(lambda x: 3.0)([1.0, 2.0]) == [0.0, 0.0]
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)


def test_a_transform_leaves_the_gradients_of_other_values_alone():
    w = Value(2.0)
    w.grad = 5.0
    assert grad(lambda x: w * x)(3.0) == 2.0
    assert jvp(lambda x: w * x, (3.0,), (1.0,)) == (6.0, 2.0)
    assert w.grad == 5.0


def test_value_and_grad_gives_both():
    assert value_and_grad(polynomial)(3.0, 2.0) == (144.0, 96.0)


# ---------------------------------------------------------------------------------------------------- higher orders


def test_derivatives_of_any_order():
    f = sin
    for k, expected in enumerate([math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)] * 2):
        assert f(0.3) == pytest.approx(expected(0.3), rel=1e-14), k  # a few roundings
        f = grad(f)


def test_the_mixed_derivative_does_not_depend_on_the_order():
    xy = grad(grad(polynomial, 0), 1)(3.0, 2.0)
    assert xy == grad(grad(polynomial, 1), 0)(3.0, 2.0) == 12 * 3 * 2**2


def test_the_hessian_is_the_matrix_of_second_derivatives():
    def f(x):
        return x[0] ** 2 * x[1] + exp(x[2]) * x[0]

    a, b, c = 1.5, -2.0, 0.5
    e = math.exp(c)
    expected = [[2 * b, 2 * a, e], [2 * a, 0.0, 0.0], [e, 0.0, a * e]]
    assert np.allclose(hessian(f)([a, b, c]), expected, rtol=1e-14)


def test_the_hessian_by_another_argument():
    assert hessian(polynomial, 1)(3.0, 2.0) == 12 * 3**2 * 2


def test_hvp_is_the_hessian_times_the_vector():
    def f(x):
        return tanh(dot(x, x)) * sin(x[0]) + exp(x[1] * x[2])

    x, v = [0.3, -0.4, 0.9], [1.0, -2.0, 0.5]
    assert np.allclose(hvp(f, (x,), (v,)), np.array(hessian(f)(x)) @ v, rtol=1e-13)


def test_hvp_of_several_arguments_is_a_tuple():
    assert hvp(polynomial, (3.0, 2.0), (1.0, 0.0)) == (4 * 2**3, 12 * 3 * 2**2)


def test_forward_and_reverse_nest_in_every_way():
    def second(outer, inner):
        return outer(inner(lambda x: exp(x) * sin(x)))

    def forward(f):
        return lambda x: jvp(f, (x,), (1.0,))[1]

    expected = 2 * math.exp(0.6) * math.cos(0.6)
    for outer in (grad, forward):
        for inner in (grad, forward):
            assert second(outer, inner)(0.6) == pytest.approx(expected, rel=1e-14)


# ------------------------------------------------------------------------------------------- jacobian, jvp, linearity


def test_the_jacobian_has_a_row_for_every_output():
    def f(x):
        return [x[0] * x[1], sin(x[1]), x[2], 4.0]

    assert jacobian(f)([2.0, 3.0, 5.0]) == [[3.0, 2.0, 0.0], [0.0, math.cos(3.0), 0.0], [0.0, 0.0, 1.0], [0.0] * 3]


def test_the_jacobian_keeps_both_structures():
    result = jacobian(lambda p, q: {"s": p["x"] * q, "t": (q,)}, argnums=(0, 1))({"x": 2.0}, 3.0)
    assert result == {"s": ({"x": 3.0}, 2.0), "t": (({"x": 0.0}, 1.0),)}


def test_jvp_is_the_articles_total_derivative():
    for dx, dy in [(1.0, 0.0), (0.0, 1.0), (0.5, -0.25)]:
        assert jvp(polynomial, (3.0, 2.0), (dx, dy)) == (144.0, 96.0 * dx + 216.0 * dy)


def test_jvp_of_a_structure_is_the_jacobian_times_the_vector():
    def f(x):
        return [total(x), dot(x, x), maximum(x[0], x[1])]

    x, v = [0.5, 2.0, -1.0], [1.0, -1.0, 3.0]
    value, tangent = jvp(f, (x,), (v,))
    assert value == [1.5, 5.25, 2.0]
    assert tangent == (np.array(jacobian(f)(x)) @ v).tolist()


def test_an_infinite_slope_where_nothing_moves_does_no_harm():
    assert math.isnan(jvp(lambda x, y: x**0.5 + y, (0.0, 1.0), (0.0, 1.0))[1])  # inf * 0: x has a tangent, 0
    assert jvp(lambda y: Value(0.0) ** 0.5 + y, (1.0,), (1.0,)) == (1.0, 1.0)


# ------------------------------------------------------------------------------------------------------------ nesting


def test_no_perturbation_confusion_in_reverse_mode():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0


def test_no_perturbation_confusion_in_forward_mode():
    def d(f, x):
        return jvp(f, (x,), (1.0,))[1]

    assert d(lambda x: x * d(lambda y: x + y, 1.0), 1.0) == 1.0
    assert d(lambda x: x * d(lambda y: x + y, x), 1.0) == 1.0


def test_an_inner_transform_of_floats_still_depends_on_the_outer_variable():
    assert grad(lambda x: grad(lambda y: x * y**2)(3.0))(2.0) == 6.0
    assert grad(lambda x: jvp(lambda y: x * y, (3.0,), (1.0,))[1])(2.0) == 1.0
    assert jacobian(lambda x: jacobian(lambda y: [x * y])(3.0))(2.0) == [1.0]


def test_a_value_that_no_transform_made_keeps_results_floats():
    w = Value(2.0)
    assert grad(lambda x: w * x)(1.0) == 2.0


def test_inputs_are_marked_for_the_call_only_even_if_it_fails():
    seen = []

    def fails(x):
        seen.append(x)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        grad(fails)(1.0)
    assert type(grad(lambda y: y * seen[0])(2.0)) is float


# -------------------------------------------------------------------------------------------------- graphs of gradients


def test_gradients_of_a_live_graph_are_nodes_on_it():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    f = polynomial(x, y)
    by_name = gradients(f, {"x": x, "y": y})
    assert {name: slope.data for name, slope in by_name.items()} == {"x": 96.0, "y": 216.0}
    assert gradients(f, x).data == 96.0
    assert x in topological_order(by_name["x"])


def test_gradients_by_an_inner_node():
    x = Value(0.5)
    s = sin(x)
    assert gradients(exp(s) * x, s).data == math.exp(s.data) * 0.5


def test_the_derivative_of_sigmoid_is_a_readable_graph():
    x = Value(0.0, "x")
    slope = gradients(sigmoid(x), x)
    assert counts(slope) == {"leaf": 1, "sigmoid": 2, "neg": 1, "mul": 1}  # s(x) s(-x)


def test_the_derivative_of_a_square_is_two_x():
    x = Value(3.0, "x")
    assert counts(gradients(x**2, x)) == {"constant": 1, "leaf": 1, "mul": 1}


def test_a_node_with_several_consumers_gets_one_dot():
    x = Value(0.5)
    h = tanh(x)
    slope = gradients(sin(h) * 2.0 + exp(h) * h, h)
    assert counts(slope)["dot"] == 1
    assert slope.data == pytest.approx(2 * math.cos(h.data) + math.exp(h.data) * (1 + h.data), rel=1e-14)


def test_there_is_no_node_for_a_factor_of_one_or_a_term_of_zero():
    x, y = Value(2.0), Value(3.0)
    assert gradients(x * y + 1.0, x) is y
    assert gradients(relu(x) * 0.0 + y, y).is_constant
    assert counts(gradients(x - exp(y), y)) == {"leaf": 1, "exp": 1, "neg": 1}


def test_what_the_output_does_not_depend_on_is_not_differentiated():
    x, p = Value(-2.0), Value(3.0)
    assert gradients(x**p, x).data == 12.0  # the derivative by p would need log(-2)


def test_gradients_refuses_what_is_not_a_value(refuses):
    with refuses(TypeError, "gradients: expected Values, got float; for a function, use grad"):
        gradients(Value(1.0), [2.0])


@pytest.mark.parametrize(
    ("pairs", "expected", "primitive"),
    [
        ([], 0.0, None),
        ([(2.0, 3.0), (1.0, 4.0)], 10.0, None),
        ([(1.0, "a")], 5.0, None),
        ([("a", -1.0)], -5.0, "neg"),
        ([(2.0, "a")], 10.0, "mul"),
        ([("a", "b")], 35.0, "mul"),
        ([(1.0, "a"), ("b", 1.0)], 12.0, "sum"),
        ([("a", "b"), (2.0, "b")], 49.0, "dot"),
        ([("a", "b"), (1.0, "b"), (0.0, "a")], 42.0, "sum"),
        ([(1.0, "a"), (2.0, 3.0)], 11.0, "add"),
    ],
)
def test_a_sum_of_products_has_as_few_nodes_as_it_needs(pairs, expected, primitive):
    names = {"a": Value(5.0), "b": Value(7.0)}
    out = sum_of_products([(names.get(x, x), names.get(y, y)) for x, y in pairs])
    assert float(out) == expected
    assert (out.primitive.name if isinstance(out, Value) and out.primitive else None) == primitive


# ------------------------------------------------------------------------------------------------------------ pullbacks


def test_a_pullback_is_a_vector_times_the_jacobian():
    def f(x, y):
        return [x[0] * y, sin(x[1]), x[0] * x[1]]

    value, pullback = vjp(f, [2.0, 0.5], 3.0)
    assert value == [6.0, math.sin(0.5), 1.0]
    (rows_x, rows_y), v = zip(*jacobian(f, (0, 1))([2.0, 0.5], 3.0), strict=True), [1.0, -2.0, 4.0]
    want_x = [sum(weight * row[i] for weight, row in zip(v, rows_x, strict=True)) for i in range(2)]
    assert pullback(v) == (want_x, sum(weight * slope for weight, slope in zip(v, rows_y, strict=True)))
    assert pullback([0.0, 0.0, 0.0]) == ([0.0, 0.0], 0.0)


def test_a_pullback_is_called_many_times_and_the_function_once():
    calls = []
    _, pullback = vjp(lambda x: calls.append(x) or x**3, 2.0)
    assert [pullback(v) for v in (1.0, 2.0)] == [(12.0,), (24.0,)]
    assert len(calls) == 1


def test_a_pullback_keeps_the_structures_of_arguments_and_results():
    value, pullback = vjp(
        lambda p, a: {"s": p["w"] * 2.0, "t": (a @ a, p["b"])}, {"w": 1, "b": 5.0}, np.array([1.0, 2.0])
    )
    assert value == {"s": 2.0, "t": (5.0, 5.0)}
    of_p, of_a = pullback({"t": (10.0, 7.0), "s": 1.0})
    assert of_p == {"w": 2.0, "b": 7.0}
    assert of_a.tolist() == [20.0, 40.0]
    value, pullback = vjp(lambda a: a * a, np.array([1.0, 2.0]))
    assert pullback(np.array([1.0, 10.0]))[0].tolist() == [2.0, 40.0]


def test_a_pullback_can_be_differentiated_by_the_point_and_by_the_cotangent():
    assert grad(lambda x: vjp(sin, x)[1](1.0)[0])(0.7) == -math.sin(0.7)
    assert grad(lambda v: vjp(sin, 0.7)[1](v)[0])(2.0) == math.cos(0.7)
    assert jvp(lambda x: vjp(lambda y: y**3, x)[1](1.0)[0], (2.0,), (1.0,)) == (12.0, 12.0)
    v = Value(2.0)
    vjp(sin, 0.7)[1](v)[0].backward()
    assert v.grad == math.cos(0.7)


def test_a_value_as_primal_makes_the_results_values():
    value, pullback = vjp(sin, Value(0.7))
    assert [type(x) for x in (value, pullback(1.0)[0])] == [type(sin(Value(0.7)))] * 2


def test_a_pullback_of_a_function_that_depends_on_nothing_is_zero():
    assert vjp(lambda x: 3.0, 1.0)[1](1.0) == (0.0,)
    assert vjp(lambda x: [], 1.0)[1]([]) == (0.0,)


# ------------------------------------------------------------------------------------------------------ with has_aux


def loss_and_more(x):
    """A loss, and what one wants to see beside it."""
    y = 3.0 * x
    return y**2, {"y": y, "all": [x, (y, "units")], "array": np.array([x, y]), "count": 1, "nothing": None}


def test_what_is_returned_beside_the_number_is_handed_on_as_numbers():
    (value, aux), slope = value_and_grad(loss_and_more, has_aux=True)(2.0)
    assert (value, slope) == (36.0, 36.0)
    array = aux.pop("array")
    assert (array.dtype, array.tolist()) == (float, [2.0, 6.0])
    assert aux == {"y": 6.0, "all": [2.0, (6.0, "units")], "count": 1, "nothing": None}
    assert [type(aux["y"]), type(aux["all"][0])] == [float, float]
    slope, aux = grad(loss_and_more, has_aux=True)(2.0)
    assert (slope, aux["y"]) == (36.0, 6.0)
    value, pullback, aux = vjp(loss_and_more, 2.0, has_aux=True)
    assert (value, pullback(1.0), aux["y"]) == (36.0, (36.0,), 6.0)


def test_what_is_returned_beside_the_number_keeps_its_derivative_within_another_transform():
    def beside(x):
        return grad(lambda y: (y * y, x * y), has_aux=True)(2.0)[1]

    assert grad(beside)(3.0) == 2.0
    x = Value(3.0)
    assert isinstance(grad(lambda y: (y * y, y), has_aux=True)(x)[1], Value)


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_a_function_with_aux_returns_two_things(transform, refuses):
    with refuses(
        TypeError, "grad: expected a function that returns (result, aux), as has_aux=True says, got a tuple of 3"
    ):
        transform(lambda x: (x, x, x), has_aux=True)(1.0)
    with refuses(TypeError, "vjp: expected a function that returns (result, aux), as has_aux=True says, got Operation"):
        vjp(lambda x: x * x, 1.0, has_aux=True)


# ------------------------------------------------------------------------------------------------------ as functions


def energy(x, y=1.0):
    """The energy."""
    return x**2 * y


def test_a_transform_says_what_it_is_of():
    assert repr(grad(energy)) == "grad of energy"
    assert repr(grad(grad(energy))) == "grad of grad of energy"
    assert repr(hessian(energy)) == "hessian of energy"
    assert repr(jacobian(lambda x: x)) == "jacobian of <lambda>"
    assert repr(value_and_grad(sin)) == "value_and_grad of sin"
    assert repr(vjp(energy, 2.0)[1]) == "pullback of energy"


def test_a_transform_has_the_name_the_arguments_and_the_text_of_its_function():
    slope = grad(energy)
    assert slope.__name__ == "energy"
    assert inspect.signature(slope) == inspect.signature(energy)
    assert inspect.getdoc(slope) == "The grad of energy.\n\nThe energy."


def test_a_transform_in_a_class_is_a_method():
    class Spring:
        k = 3.0

        def energy(self, x):
            return 0.5 * self.k * x**2

        force = grad(energy, argnums=1)

    assert Spring().force(2.0) == 6.0


# -------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: grad(lambda x: [x, x])(1.0),
            TypeError,
            "grad: expected a function that returns one number, got a list of 2; use jacobian",
        ),
        (
            lambda: grad(lambda x: "x")(1.0),
            TypeError,
            "grad: expected a number, or a list, tuple or dict of numbers, got str",
        ),
        (
            lambda: grad(sin)(array("d", [1.0])),
            TypeError,
            "grad: expected a number, or a list, tuple or dict of numbers, got array; use .tolist()",
        ),
        (
            lambda: grad(lambda x: ...)(1.0),
            TypeError,
            (
                "grad: expected a number, or a list, tuple or dict of numbers, got ellipsis, the three dots; "
                "write the answer in their place"
            ),
        ),
        (
            lambda: grad(sin, argnums=1)(1.0),
            ValueError,
            "grad: expected argnums to name one of 1 arguments, got 1",
        ),
        (
            lambda: jvp(sin, (1.0,), ([1.0],)),
            ValueError,
            "jvp: expected tangents of the structure of the primals, one number for each number",
        ),
        (
            lambda: grad(lambda x: (x, x))(1.0),
            TypeError,
            (
                "grad: expected a function that returns one number, got a tuple of 2; "
                "use jacobian, or has_aux=True for (number, aux)"
            ),
        ),
        (
            lambda: vjp(lambda x: [x, x], 1.0)[1](1.0),
            ValueError,
            "vjp: expected a cotangent of the structure of the value, one number for each number",
        ),
        (
            lambda: grad(Value(1.0)),
            TypeError,
            "grad: expected a function, got Value; for a Value that was computed, use gradients",
        ),
        (lambda: jvp(2.0, (1.0,), (1.0,)), TypeError, "jvp: expected a function, got float"),
        (lambda: grad(log)(0.0), Exception, "log: expected x > 0, got x = 0.0; check or clamp the operand first"),
    ],
)
def test_misuse_is_refused(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


# ------------------------------------------------------------------------------------------------ what must not pass


def test_primals_and_tangents_are_matched_by_key():
    def f(p):
        return p["a"] ** 2 * p["b"]

    assert jvp(f, ({"a": 2.0, "b": 3.0},), ({"b": 0.0, "a": 1.0},)) == (12.0, 12.0)
    assert hvp(f, ({"a": 2.0, "b": 3.0},), ({"b": 0.0, "a": 1.0},)) == {"a": 6.0, "b": 4.0}


def test_gradients_of_a_graph_whose_data_was_changed_are_refused():
    x = Value(2.0, "x")
    y = x**-1
    x.data = 4.0
    with pytest.raises(ValueError, match=r"was recorded as pow of other data than its operands have now; compute"):
        gradients(y, x)


def test_no_gradient_of_an_inner_node_changes_either():
    x = Value(3.0)
    y = x * x
    (y * 2.0).backward()
    grad(lambda a: a * y)(2.0)
    assert (x.grad, y.grad) == (12.0, 2.0)


def test_keyword_arguments_are_passed_on():
    assert grad(lambda x, power=1: x**power)(3.0, power=2) == 6.0


def test_negative_argnums_count_from_the_end():
    assert grad(polynomial, argnums=-1)(3.0, 2.0) == 216.0


def test_primals_must_be_a_tuple_of_arguments(refuses):
    with refuses(TypeError, "jvp: expected primals to be a tuple of arguments, got float; write (x,)"):
        jvp(sin, 1.0, (1.0,))
    with refuses(TypeError, "hvp: expected primals to be a tuple of arguments, got float; write (x,)"):
        hvp(sin, 1.0, (1.0,))


def test_a_value_within_an_argument_makes_the_result_a_value():
    w = Value(2.0)
    slope = grad(lambda x, ws: ws[0] * x**2)(3.0, [w])
    slope.backward()
    assert (slope.data, w.grad) == (12.0, 6.0)


def test_an_infinite_slope_times_zero_is_nan_in_every_mode():
    for x in (0.0, Value(0.0)):
        assert math.isnan(float(jvp(lambda x, y: x**0.5 + y, (x, 1.0), (0.0, 1.0))[1]))


@pytest.mark.parametrize("p", [-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("x", [0.7, 2.5])
def test_the_second_derivative_of_a_power_for_every_kind_of_exponent(p, x):
    expected = p * (p - 1.0) * x ** (p - 2.0)
    assert grad(grad(lambda x: x**p))(x) == pytest.approx(expected, rel=1e-14)  # some ten roundings
    assert grad(grad(lambda x, p: x**p))(x, p) == pytest.approx(expected, rel=1e-14)
