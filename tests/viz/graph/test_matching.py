"""Which node of a graph is which of another."""

import copy
import random

from autodiff import Value, relu, sigmoid, tanh
from nn import MLP, losses
from viz.graph.description import describe
from viz.graph.matching import matched


def partners(one, other, models=(None, None)):
    graphs = [describe([output], clusters=model) for output, model in zip((one, other), models, strict=True)]
    names = [{node.id: node.name or node.data for node in graph.nodes} for graph in graphs]
    return {names[0][a]: names[1][b] for a, b in matched(*graphs).items()}


def cost(model, *numbers):
    return losses.squared_error(model([Value(x, f"x{i}") for i, x in enumerate(numbers)]), 1.0)


def test_a_graph_is_matched_with_itself_recorded_again(lecture, lecture_names):
    for name in lecture_names:
        one, other = (describe([lecture(name)[0]]) for _ in range(2))
        assert matched(one, other) == {node.id: node.id for node in other.nodes}, name


def test_where_one_symbol_differs_all_nodes_are_matched():
    def f(activation):
        w, x, b = (Value(1.0 + i, name) for i, name in enumerate("wxb"))
        return (activation(w * x + b) - 1.0) ** 2

    assert len(partners(f(relu), f(sigmoid))) == 8
    assert len(partners(f(relu), f(lambda z: tanh(z) * 1.0))) == 8  # the product by 1 takes the place of relu


def test_another_order_leaves_a_node_alone_on_each_side():
    x, y, z = (Value(1.0 + i, name) for i, name in enumerate("xyz"))
    assert partners((x + y) * z, x + y * z) == {"x": "x", "y": "y", "z": "z", "f": "f"}


def test_networks_with_other_activations_are_matched_by_name():
    models = [MLP(2, [3, 1], activation=name, rng=random.Random(0)) for name in ("relu", "sigmoid")]
    found = partners(*[cost(model, 0.5, -1.0) for model in models], models)
    assert found["W⁽¹⁾₁₂"] == "W⁽¹⁾₁₂"
    assert len(found) == 30
    assert all(one == other for one, other in found.items())


def test_a_network_after_an_update_is_matched_without_names():
    model = MLP(2, [3, 1], rng=random.Random(0))
    after = copy.deepcopy(model)
    for parameter in after.parameters():
        parameter.data -= 0.1
    one, other = cost(model, 0.5, -1.0), cost(after, 0.5, -1.0)
    assert len(partners(one, other)) == len(describe([one]).nodes)


def test_a_leaf_is_no_partner_of_an_operation_of_its_name():
    a = Value(1.0, "a")
    b = 2 * a
    b.label = "b"
    assert partners(b + 1.0, Value(3.0, "b") * Value(1.0, "c")) == {"f": "f"}
