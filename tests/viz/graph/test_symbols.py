"""A plain number stands in the symbol of its operation: it has no node, and no edge."""

import random

import pytest
from hypothesis import given

import viz
from autodiff import Value, dot, maximum, minimum, parse, sqrt, topological_order
from autodiff.testing.strategies import expressions
from nn import MLP, losses
from viz.graph.description import describe


@pytest.mark.parametrize(
    ("formula", "symbol"),
    [
        ("x**2", "x²"), ("x**3", "x³"), ("x**-2", "x⁻²"), ("x**0.5", "√x"), ("x**-1", "1/x"), ("x**1.5", "x^1.5"),
        ("2**x", "2ˣ"), ("2**(x+y)", "2^(·)"), ("(x+y)**2", "(·)²"), ("1/x", "1/x"), ("1/(x+y)", "1/(·)"),
        ("x/3", "÷ 3"), ("1+x", "1 +"), ("x+1", "+ 1"), ("x+-1", "− 1"), ("1-x", "1 −"), ("x-1", "− 1"),
        ("x - -0.2", "+ 0.2"), ("2*x", "2 ×"), ("x*-2", "× (−2)"), ("-2*x", "−2 ×"), ("abs(x)", "|x|"),
        ("abs(x+y)", "|·|"), ("sqrt(x)", "√x"), ("sqrt(x+y)", "√"), ("1e9*x", "10⁹ ×"), ("x*y", "×"), ("x**y", "^"),
    ],
)  # fmt: skip
def test_an_operation_is_drawn_as_it_is_written(formula, symbol):
    graph = describe([parse(formula, x=Value(2.0, "x"), y=Value(3.0, "y"))])
    assert graph.nodes[-1].symbol == symbol
    assert not any(node.kind == "constant" for node in graph.nodes)


def test_a_longer_label_is_not_repeated_in_a_symbol_and_a_name_is():
    assert describe([Value(2.0, "x1*w1 + b") ** 2]).nodes[-1].symbol == "(·)²"
    x, y = Value(2.0, "x"), Value(3.0, "y")
    named = describe([(x + y) ** 2]).named()
    assert [node.symbol for node in named.nodes] == ["", "", "+", "v₁²"]
    assert "v₁²" in viz.draw((x + y) ** 2, numbered=True).source


@given(expressions())
def test_every_edge_that_carries_a_derivative_is_drawn(f):
    out = f(*[Value(x, name) for x, name in zip(f.point, f.variables, strict=True)])
    graph = describe([out])
    recorded = [
        partial
        for node in topological_order(out)
        for operand, partial in zip(node.operands, node.partials, strict=True)
        if not operand.is_constant and node.primitive.name != "identity"
    ]
    drawn = [edge.partial for edge in graph.edges if edge.partial is not None]
    assert drawn == pytest.approx(recorded, nan_ok=True)
    assert {edge.source.id for edge in graph.edges} | {graph.nodes[-1].id} == {node.id for node in graph.nodes}


def test_a_number_with_a_label_or_without_a_variable_beside_it_keeps_its_node():
    x = Value(2.0, "x")
    y = x - 1.0
    y.operands[1].label = "ŷ"
    assert [(node.kind, node.label) for node in describe([y]).nodes] == [
        ("leaf", "x"),
        ("constant", "ŷ"),
        ("operation", ""),
    ]
    assert [node.kind for node in describe([maximum(x, 0.0)]).nodes] == ["leaf", "constant", "operation"]


def test_a_neuron_weighs_its_inputs_and_a_target_has_a_name():
    model = MLP(2, [2], rng=random.Random(0))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.25])
    graph = describe([cost], clusters=model)
    assert [node.symbol for node in graph.nodes].count("w·x") == 2
    assert {node.label: node.data for node in graph.nodes if node.kind == "constant"} == {"ŷ₁": 1.0, "ŷ₂": 0.25}
    assert "<I>ŷ₁</I>&#160;=&#160;1" in viz.draw(cost, clusters=model).source
    a, b = Value(1.0, "a"), Value(2.0, "b")
    assert describe([dot([a, b], [b, a])]).nodes[-1].symbol == "Σ·"


@pytest.mark.parametrize(
    ("f", "by_a", "by_b"),
    [
        (lambda a, b: maximum(a, b), "[a > b]", "[b > a]"),
        (lambda a, b: minimum(a, b), "[b > a]", "[a > b]"),
        (lambda a, b: sqrt(a) * b, "0.5·b/√a", "√a"),
    ],
)
def test_a_derivation_writes_a_choice_as_a_condition(f, by_a, by_b):
    a, b = Value(0.25, "a"), Value(2.0, "b")
    text = str(viz.derive(f(a, b), [a, b]))
    assert by_a in text
    assert by_b in text
    assert "compare" not in text
    assert "step" not in text


def test_at_a_tie_the_slope_is_one_half():
    a, b = Value(2.0, "a"), Value(2.0, "b")
    text = str(viz.derive(maximum(a, b), a))
    assert "df/da = 0.5 + 0.5·sign(a − b)" in text
    assert text.splitlines()[3] == "      = 0.5"
    assert "kink" in text.splitlines()[4]


def test_the_slope_of_a_largest_number_is_one_for_it():
    a, b, c = (Value(x, name) for x, name in ((1.0, "a"), (2.0, "b"), (0.5, "c")))
    largest = maximum(a, b, c)
    largest.label = "m"
    text = str(viz.derive(largest, [a, b]))
    assert "dm/da = [a = m]\n      = 0" in text
    assert "dm/db = [b = m]\n      = 1" in text
    assert r"\left[" not in viz.derive(largest, b).latex()
    assert "[b = m]" in viz.derive(largest, b).latex()
