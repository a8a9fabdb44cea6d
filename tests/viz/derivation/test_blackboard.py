"""A partial on the blackboard is that of the table, and is written with the result."""

import re

import pytest

import viz
from autodiff import Value, sigmoid, tanh
from viz.mathematics.blackboard import BY_RESULT, partials_on_paper


@pytest.mark.parametrize("primitive", BY_RESULT, ids=lambda primitive: primitive.name)
@pytest.mark.parametrize("at", [-3.0, -0.5, 0.0, 0.1, 1.0, 2.5])
def test_a_partial_on_paper_is_that_of_the_table(primitive, at):
    x = Value(at)
    ((operand, partial),) = partials_on_paper(primitive(x), [x])
    assert operand is x
    # 1 - f is at least 0.0099 here, so a rounding of f, eps / 2, is magnified by 100 at most; the table rounds 5 times.
    assert partial.data == pytest.approx(primitive.derivatives(primitive(at), [at])[0], rel=50 * 2.2e-16 + 5 * 2.2e-16)


@pytest.mark.parametrize(("function", "text"), [(sigmoid, "(f·(1 − f)) · 1 · x"), (tanh, "(1 − f²) · 1 · x")])
def test_a_derivation_writes_it_with_the_name_of_the_result(function, text):
    x, w, b = Value(1.0, "x"), Value(0.5, "w"), Value(0.1, "b")
    f = function(w * x + b)
    f.label = "f"
    assert f"= {text}\n" in re.sub(" +", " ", str(viz.derive(f, w)))
