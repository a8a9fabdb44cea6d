"""A partial on the blackboard is that of the table, and is written with the result."""

import random
import re

import pytest

import viz
from autodiff import Value, exp, log, logsumexp, sigmoid, softmax, tanh
from nn import MLP, losses
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


def scores(first=1):
    return [Value(x, f"z{i}") for i, x in enumerate((1.0, 2.0, 0.5), first)]


def rows_of(derivation):
    return re.sub(" +", " ", str(derivation)).splitlines()


def test_the_slope_of_logsumexp_is_the_softmax_by_a_letter_that_is_free():
    z = scores()
    text = rows_of(viz.derive(logsumexp(z), z[0]))
    assert text == ["f = logΣexp(z1, z2, z3)", "p = softmax(z1, z2, z3)", "", "df/dz1 = p₁", " = 0.2312"]
    z[0].label, z[1].label = "p1", "q"
    assert "r = softmax(p1, q, z3)" in rows_of(viz.derive(logsumexp(z), z[0]))


@pytest.mark.parametrize("target", [1, [0.0, 1.0, 0.0]], ids=["a class", "one hot"])
def test_the_loss_of_a_class_ends_in_p_minus_y(target):
    z = scores()
    parts = [rows_of(part) for part in viz.derive(losses.cross_entropy(z, target), z).parts]
    for part, end in zip(parts, (" = p₁", " = p₂ − 1", " = p₃"), strict=True):
        assert {end, "p = softmax(z1, z2, z3)"} <= {*part}


def test_the_loss_of_probabilities_ends_in_p_minus_y():
    z = scores()
    assert " = p₁ − 0.1" in rows_of(viz.derive(losses.cross_entropy(z, [0.1, 0.7, 0.2]), z[0]))


def test_classes_are_counted_as_the_scores_are_and_many_paths_still_end_in_p_minus_y():
    z = [Value(0.1 * i, f"z{i}") for i in range(10)]
    text = rows_of(viz.derive(losses.cross_entropy(z, 3), z[3]))
    assert "f = logΣexp(v₁, v₂, v₃, …, v₉)" in text
    assert "p = softmax(z0, z1, z2, …, z9)" in text
    assert " = p₃ − 1" in text


def test_two_losses_have_letters_of_their_own():
    z, y = scores(), [Value(x, f"y{i}") for i, x in enumerate((0.5, -1.0), 1)]
    text = rows_of(viz.derive(losses.cross_entropy(z, 0) * losses.cross_entropy(y, 0), [z[1], y[1]]))
    assert {"p = softmax(z1, z2, z3)", "q = softmax(y1, y2)"} <= {*text}


@pytest.mark.parametrize("labels", [["p1", "p2", "p3"], ["", "", ""]])
def test_the_softmax_of_the_library_is_one_link(labels):
    z = scores()
    p = softmax(z)
    for share, label in zip(p, labels, strict=True):
        share.label = label
    loss = -log(p[1])
    name = labels[1] or "v₆"
    parts = viz.derive(loss, z).parts
    assert f"{name} = exp(z2)/(exp(z1) + exp(z2) + exp(z3))" in rows_of(parts[0])
    assert f" = {name} − 1" in rows_of(parts[1])
    for part in parts:
        assert part.n_paths == 1
        assert part.terms == [pytest.approx(part.value, rel=1e-12)]
    assert " = p₁" in rows_of(parts[0])


def test_the_loss_of_yes_or_no_ends_in_the_logistic_function_minus_y():
    z = Value(0.5, "z")
    assert rows_of(viz.derive(losses.binary_cross_entropy(z, 1.0), z))[:2] == ["f = softplus(v₁)", "v₁ = −z"]
    assert " = σ(z) − 1" in rows_of(viz.derive(losses.binary_cross_entropy(z, 1.0), z))
    assert "df/dz = σ(z)" in rows_of(viz.derive(losses.binary_cross_entropy(z, 0.0), z))
    assert " = σ(z) − 0.3" in rows_of(viz.derive(losses.binary_cross_entropy(z, 0.3), z))


def test_the_deltas_of_a_classifier_begin_with_p_minus_y():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="identity", rng=random.Random(0))
    cost = losses.cross_entropy(model([Value(0.5), Value(-1.0)]), 1)
    cost.label = "C"
    text = rows_of(viz.derive(cost, model))
    for row in ("a⁽³⁾ = z⁽³⁾", "p = softmax(a⁽³⁾₁, a⁽³⁾₂)", "∂C/∂a⁽³⁾ = [p₁, p₂ − 1]", "δ⁽³⁾ = ∂C/∂a⁽³⁾"):
        assert row in text
    assert not [row for row in text if "identity" in row]


def test_a_negative_constant_is_subtracted_in_every_row():
    a = Value(1.0, "a")
    text = str(viz.derive(0.5 * (a - -0.2) ** 2, a))
    assert "a + 0.2" in text
    assert "− (−0.2)" not in text


def test_a_state_is_derived_through_time_with_a_row_for_each_path():
    wx, wh, b, h = Value(0.5, "wx"), Value(0.8, "wh"), Value(0.1, "b"), 0.0
    for t, x in enumerate((1.0, 2.0, -1.0), 1):
        h = tanh(wx * Value(x, f"x{t}") + wh * h + b)
        h.label = f"h{t}"
    assert str(viz.derive(h, wx)).splitlines()[4:] == [
        "dh3/dwx = ∂h3/∂wx",
        "        + ∂h3/∂h2        · ∂h2/∂wx",
        "        + ∂h3/∂h2        · ∂h2/∂h1        · ∂h1/∂wx",
        "        = x3·(1 − h3²)",
        "        + (wh·(1 − h3²)) · (x2·(1 − h2²))",
        "        + (wh·(1 − h3²)) · (wh·(1 − h2²)) · (x1·(1 − h1²))",
        "        = x3·(1 − h3²)",
        "        + wh·x2·(1 − h2²)·(1 − h3²)",
        "        + wh²·x1·(1 − h1²)·(1 − h2²)·(1 − h3²)",
        "        = −0.8995",
        "        +  0.7196        · 0.3425",
        "        +  0.7196        · 0.137          · 0.7116",
        "        = −0.8995 + 0.2465 + 0.07015",
        "        = −0.5829",
    ]


def test_a_term_below_another_may_be_subtracted():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    u, v = a**2, a**3
    u.label, v.label = "a long name of a square", "a long name of a cube"
    text = rows_of(viz.derive(b * u * u * u - b * v * v * u, a))
    assert [row for row in text if row.startswith(" − ")] == [
        " − 2·a·b·(a long name of a cube)²",
        " − 6·a²·b·(a long name of a cube)·(a long name of a square)",
    ]
