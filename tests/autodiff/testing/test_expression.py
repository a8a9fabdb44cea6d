"""An expression is written as the Python code that a person would write, with every parenthesis it needs."""

import pytest
from hypothesis.vendor.pretty import pretty

from autodiff import PRIMITIVES, Value, defprimitive, grad
from autodiff.testing.expression import Expression


def expression(*steps, point=(2.0, 3.0)):
    """An expression of x (0) and y (1); its nodes are numbered from 2 on."""
    return Expression(["x", "y"], point, [(PRIMITIVES[name], operands) for name, *operands in steps])


@pytest.mark.parametrize(
    ("steps", "source"),
    [
        ([], "x"),
        ([("sub", 0, 1), ("sub", 0, 2)], "x - (x - y)"),
        ([("sub", 0, 1), ("sub", 2, 0)], "x - y - x"),
        ([("add", 0, 1), ("add", 0, 2)], "x + (x + y)"),
        ([("add", 0, 1), ("mul", 2, 1)], "(x + y) * y"),
        ([("mul", 0, 1), ("add", 2, 1)], "x * y + y"),
        ([("div", 0, 1), ("div", 0, 2)], "x / (x / y)"),
        ([("div", 0, 1), ("mul", 2, 0)], "x / y * x"),
        ([("neg", 0), ("pow", 2, 1)], "(-x) ** y"),
        ([("pow", 0, 1), ("neg", 2)], "-x ** y"),
        ([("neg", 0), ("pow", 1, 2)], "y ** (-x)"),
        ([("pow", 0, 1), ("pow", 2, 1)], "(x ** y) ** y"),
        ([("pow", 0, 1), ("pow", 0, 2)], "x ** x ** y"),
        ([("neg", 0), ("neg", 2)], "--x"),
        ([("add", 0, 1), ("neg", 2)], "-(x + y)"),
        ([("neg", 0), ("mul", 1, 2)], "y * -x"),
        ([("sub", 0, -2.5)], "x - -2.5"),
        ([("pow", -2.0, 0)], "(-2.0) ** x"),
        ([("sum", 0, 1, 2.0)], "sum([x, y, 2.0])"),
        ([("largest", 0, 1, 2.0)], "maximum(x, y, 2.0)"),
        ([("dot", 0, 1, 1, 2.0)], "dot([x, y], [y, 2.0])"),
        ([("add", 0, 1), ("sin", 2)], "sin(x + y)"),
        ([("maximum", 0, 1), ("abs", 2)], "abs(maximum(x, y))"),
        ([("identity", 0)], "PRIMITIVES['identity'](x)"),
        ([("sin", 0), ("mul", 2, 2)], "def f(x, y):\n    t1 = sin(x)\n    return t1 * t1"),
    ],
)
def test_the_source_is_what_one_would_write(steps, source):
    assert expression(*steps).source == source


def test_a_long_formula_is_cut_into_lines():
    f = expression(*[("sum", i, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0) for i in (0, 2, 3)])
    assert f.source == (
        "def f(x, y):\n"
        "    t1 = sum([sum([x, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0]), 0.125, 0.25, 0.5, 1.0, 2.0, 3.0])\n"
        "    return sum([t1, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0])"
    )


def test_names_in_use_are_not_taken_again():
    own = defprimitive("f", abs, lambda out, x: 1.0)
    f = Expression(["t1"], [1.0], [(own, (0,)), (PRIMITIVES["mul"], (1, 1))])
    assert f.source == "def f1(t1):\n    t2 = f(t1)\n    return t2 * t2"


def test_the_repr_is_the_source_with_the_point():
    assert repr(expression(("mul", 0, 1))) == "x * y  # at x = 2.0, y = 3.0"
    shared = expression(("sin", 0), ("mul", 2, 2))
    assert repr(shared) == "def f(x, y):  # at x = 2.0, y = 3.0\n    t1 = sin(x)\n    return t1 * t1"


def test_an_expression_is_a_function():
    f = expression(("mul", 0, 1), ("mul", 2, 0))
    assert (f(2, 3), f(2.0, y=3.0), f(*f.point)) == (12.0, 12.0, 12.0)
    assert grad(f, (0, 1))(2.0, 3.0) == (12.0, 4.0)
    assert f(Value(2.0), 3.0).data == 12.0


def test_what_is_no_number_is_refused():
    f = expression(("mul", 0, 1))
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        f(1.0)
    with pytest.raises(TypeError, match="expected a real number"):
        f("1", 2.0)


def test_an_expression_without_operations_is_its_first_variable(refuses):
    nothing = Expression(["x", "y"], [2.0, 3.0], [])
    assert (nothing(5.0, 7.0), repr(nothing)) == (5.0, "x  # at x = 2.0, y = 3.0")
    with refuses(
        TypeError, "Expression: expected a real number, got str 'a'; pass an int or a float (use float(...) to convert)"
    ):
        nothing("a", 7.0)


def test_hypothesis_shows_an_expression_as_its_source():
    assert pretty(expression(("mul", 0, 1))) == "x * y  # at x = 2.0, y = 3.0"
