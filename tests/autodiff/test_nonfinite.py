"""`explain_nonfinite`: where the NaN came from."""

import math

from autodiff import Value, dot, explain_nonfinite, sqrt


def test_a_finite_graph_needs_no_explanation():
    assert explain_nonfinite(Value(1.0) * 2.0) is None


def test_the_first_node_with_non_finite_data_is_named_with_its_operands():
    x, y = Value(1e200, "x"), Value(1e200, "y")
    product = x * y
    assert explain_nonfinite(product - product) == (
        "the data of a mul became inf\n    computed as mul(x = 1e+200, y = 1e+200) = inf"
    )


def test_a_leaf_that_was_given_as_nan_is_named():
    assert explain_nonfinite(Value(math.nan, "x") + 1.0) == "the data of x became nan\n    it is a leaf: it was given"


def test_an_adjoint_that_failed_is_named_with_what_it_came_from():
    x = Value(0.0, "x")
    root = sqrt(x)
    assert explain_nonfinite(root * root) == (
        "the adjoint of x became nan: d output / d x\n    from sqrt(x = 0.0) = 0.0, whose adjoint is 0.0: times inf"
    )


def test_no_gradient_changes():
    x = Value(0.0)
    x.grad = 3.0
    explain_nonfinite(sqrt(x))
    assert x.grad == 3.0


def test_a_wide_node_is_cut_short():
    xs = [Value(1e200) for _ in range(5)]
    shown = ", ".join(["1e+200"] * 6)
    assert explain_nonfinite(dot(xs, xs)) == (
        f"the data of a dot became inf\n    computed as dot({shown}, ... 4 more) = inf"
    )
    assert explain_nonfinite(dot(xs[:3], xs[:3])) == f"the data of a dot became inf\n    computed as dot({shown}) = inf"


def test_the_adjoint_that_failed_first_is_the_one_named():
    x = Value(0.0, "x")
    inner = x * 2.0
    inner.label = "inner"
    explanation = explain_nonfinite(sqrt(inner))
    assert explanation is not None
    assert explanation.startswith("the adjoint of inner became inf")


def test_only_the_terms_that_failed_are_listed():
    x = Value(0.0, "x")
    explanation = explain_nonfinite(sqrt(x) + x * 2.0)
    assert explanation is not None
    assert explanation.splitlines()[1:] == ["    from sqrt(x = 0.0) = 0.0, whose adjoint is 1.0: times inf"]
