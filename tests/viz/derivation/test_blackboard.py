"""A partial on the blackboard is that of the table, and is written with the result."""

import re

import pytest

import viz
from autodiff import Value, exp, log, logsumexp, sigmoid, tanh
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


def by_hand():
    """CS231n's logistic neuron, and a softmax with its cross-entropy, of elementary operations."""
    w, x, b = Value(2.0, "w"), Value(-1.0, "x"), Value(0.5, "b")
    f = 1 / (1 + exp(-(w * x + b)))
    z = [Value(x, f"z{i}") for i, x in enumerate((1.0, 2.0, 0.5), 1)]
    powers = [exp(x) for x in z]
    whole = powers[0] + powers[1] + powers[2]
    p1, p2 = powers[0] / whole, powers[1] / whole
    loss = -log(p2) + 0 * p1
    named = dict(zip(["e1", "e2", "e3", "S", "p1", "p2", "L"], [*powers, whole, p1, p2, loss], strict=True))
    for name, node in named.items():
        node.label = name
    return f, w, b, loss, z


def test_the_logistic_function_by_hand_ends_in_f_times_1_minus_f():
    f, w, b, *_ = by_hand()
    text = str(viz.derive(f, [w, b]))
    assert "= f·x·(1 − f)\n" in text
    assert "= f·(1 − f)\n" in text


def test_softmax_with_cross_entropy_by_hand_ends_in_p_minus_y():
    *_, loss, z = by_hand()
    text = str(viz.derive(-log(loss.operands[0].operands[0].operands[0]), z[1]))
    assert "= p2 − 1\n" in text
    assert "= p1\n" in str(viz.derive(loss, z[0]))


def test_logsumexp_has_the_exponential_of_a_difference():
    z = [Value(x, f"z{i}") for i, x in enumerate((1.0, 2.0, 0.5), 1)]
    out = logsumexp(z)
    assert "df/dz1 = exp(z1 − f)\n       = 0.2312" in str(viz.derive(out, z[0]))


def test_a_negative_constant_is_subtracted_in_every_row():
    a = Value(1.0, "a")
    text = str(viz.derive(0.5 * (a - -0.2) ** 2, a))
    assert "a + 0.2" in text
    assert "− (−0.2)" not in text
