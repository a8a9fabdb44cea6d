"""`defprimitive`: a user's own primitive, in every mode."""

import math

import pytest
from hypothesis import given

import viz
from autodiff import Value, defprimitive, exp, grad, hessian, jvp, log
from autodiff.testing import check_gradients, points

erf = defprimitive("erf", math.erf, lambda out, x: 2.0 / math.sqrt(math.pi) * exp(-(x**2)), symbol="erf(x)")
fma = defprimitive(
    "fma", lambda x, y, z: x * y + z, [lambda out, x, y, z: y, lambda out, x, y, z: x, lambda out, x, y, z: 1.0]
)
xlogy = defprimitive(
    "xlogy",
    lambda x, y: x * math.log(y),
    [lambda out, x, y: log(y), lambda out, x, y: x / y],
    domain=[[(-math.inf, math.inf)], [(0.0, math.inf)]],
    requires="y > 0",
)


@pytest.mark.parametrize("primitive", [erf, fma, xlogy], ids=repr)
def test_it_passes_the_check_of_all_modes(primitive):
    @given(points(primitive))
    def check(point):
        check_gradients(primitive, *point)

    check()


def test_it_is_a_function_of_plain_numbers():
    assert (erf(0), fma(2, 3, 4), type(erf(0))) == (0.0, 10.0, float)


def test_it_works_in_reverse_forward_and_second_order():
    slope = 2.0 / math.sqrt(math.pi)
    x = Value(0.0)
    erf(x).backward()
    assert x.grad == jvp(erf, (0.0,), (1.0,))[1] == grad(erf)(0.0) == slope
    assert hessian(lambda p: fma(p[0], p[1], p[0]))([2.0, 3.0]) == [[0.0, 1.0], [1.0, 0.0]]


def test_every_operand_of_three_gets_its_gradient():
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    fma(a, b, c).backward()
    assert (a.grad, b.grad, c.grad) == (3.0, 2.0, 1.0)


def test_a_drawing_shows_its_symbol():
    assert "erf(x)" in viz.draw(erf(Value(1.0))).source


def test_outside_its_domain_is_a_domain_error_with_the_label(refuses):
    with pytest.raises(ValueError, match=r"^xlogy: expected y > 0, got x = 2.0, y = 0.0 \('p'\); check or clamp"):
        xlogy(2.0, Value(0.0, "p"))


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((1.0, exp), {}, TypeError, "defprimitive: expected forward to be functions, got float"),
        ((math.erf, [1.0]), {}, TypeError, "defprimitive: expected partials to be functions, got float"),
        ((math.erf, exp), {"kink": 0.0}, TypeError, "defprimitive: expected kink to be functions, got float"),
        ((math.erf, []), {}, ValueError, "defprimitive: expected a partial for each operand, got none"),
        (
            (math.erf, [exp]),
            {"domain": [[(0.0, 1.0)], [(0.0, 1.0)]]},
            ValueError,
            "defprimitive: expected a domain for each of 1 operands, got 2",
        ),
    ],
)
def test_misuse_is_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        defprimitive("name", *arguments, **options)


def test_a_derivative_without_a_value_is_a_domain_error_that_names_the_primitive():
    cbrt = defprimitive("cbrt", math.cbrt, lambda out, x: 1 / (3 * out * out))
    assert cbrt(0.0) == 0.0
    with pytest.raises(ValueError, match=r"^cbrt: the derivative has no value at x = 0.0 \('v'\); check or clamp"):
        cbrt(Value(0.0, "v"))


def test_a_result_that_is_no_number_is_refused(refuses):
    nothing = defprimitive("nothing", lambda x: None, lambda out, x: 1.0)
    message = "nothing: expected a real number, got NoneType None; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        nothing(Value(1.0))


def test_a_result_of_another_number_type_is_kept_as_a_float():
    assert type(defprimitive("one", lambda x: 1, lambda out, x: 0.0)(Value(1.0)).data) is float


def test_a_domain_that_is_not_a_list_of_intervals_is_refused(refuses):
    message = (
        "defprimitive: expected domain to list the intervals of each operand, as in [[(0.0, 1.0)]], got [(0.0, 1.0)]"
    )
    with refuses(ValueError, message):
        defprimitive("f", math.log, log, domain=[(0.0, 1.0)])
