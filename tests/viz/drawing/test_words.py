"""A graph in words."""

import random

import pytest

import viz
from autodiff import Value, dot, maximum, sqrt, tanh
from nn import MLP

x, y = Value(2.0, "x"), Value(3.0, "y")
long = Value(2.0, "a long label")


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (x * y, "x × y"),
        (x**y, "x ^ y"),
        (x**2, "x²"),
        (2**x, "2ˣ"),
        (2 * x, "2 × x"),
        (1 - x, "1 − x"),
        (x / 4, "x ÷ 4"),
        (1 / x, "1/x"),
        (-x, "−x"),
        (abs(x), "|x|"),
        (sqrt(x), "√x"),
        (x.exp(), "exp(x)"),
        (maximum(x, y), "max(x, y)"),
        (dot([x, y], [y, x]), "Σ·(x, y, y, x)"),
        (dot([x, 3.0], [2.0, x]), "Σ·(x, 3, 2, x)"),
        (long**2, "a long label²"),
        (sqrt(long), "√a long label"),
        (abs(long), "|a long label|"),
        (2 / long, "2/a long label"),
        (tanh(long), "tanh(a long label)"),
        (x * 123456.0, "x × 1.235·10⁵"),
        (x * -123456.0, "x × (−1.235·10⁵)"),
    ],
)
def test_what_a_node_is_computed_from_is_said(node, words):
    assert f"f = {words} = " in viz.draw(node).alt


@pytest.mark.parametrize(("count", "end"), [(42, "; and 12 more."), (31, "; and 1 more."), (30, "; f = v₂₇ + y = 86.")])
def test_of_a_large_graph_the_first_nodes_are_said(count, end):
    total = x
    for _ in range(count - 2):
        total = total + y
    alt = viz.draw(total).alt
    assert f"with {count} nodes" in alt
    assert alt.endswith(end)


@pytest.mark.parametrize("level", ["neurons", "layers"])
def test_neurons_and_layers_are_said_by_their_names(level):
    model = MLP(12, [12, 1], rng=random.Random(0))
    output = model([Value(0.5) for _ in range(12)])
    alt = viz.draw(output, clusters=model, level=level).alt
    assert alt.startswith("Computation graph of ")
    assert "; " in alt


def test_an_edge_says_its_ends_and_its_local_derivative():
    svg = viz.render(viz.draw(x * y), "svg").decode()
    assert "<title>x to f, local derivative 3</title>" in svg
    assert "<title>y to f, local derivative 2</title>" in svg
