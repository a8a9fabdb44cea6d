"""Drawings at the level of neurons and layers, and of what is repeated."""

import random
from itertools import pairwise

import pytest

import viz
from autodiff import Value, exp, maximum, sum, tanh
from autodiff.reverse import adjoints
from nn import MLP, losses
from viz.drawing.placement import place
from viz.graph.levels import describe_level


@pytest.fixture
def model() -> MLP:
    return MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))


@pytest.fixture
def loss(model: MLP) -> Value:
    """The loss of one sample, with gradients."""
    loss = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0])
    loss.backward()
    return loss


def neurons(loss, model):
    """The graph of a loss at the level of neurons."""
    return describe_level([loss], clusters=model, level="neurons")


def test_a_neuron_is_one_node_in_the_box_of_its_layer(loss, model):
    graph = neurons(loss, model)
    parts = [(node.cluster, node.symbol, node.label) for node in graph.nodes if node.kind == "part"]
    assert parts == [(("layer 2",), "σ", f"neuron {i}") for i in (1, 2, 3)] + [
        (("layer 3",), "σ", f"neuron {i}") for i in (1, 2)
    ]
    assert not any(node.kind == "parameter" for node in graph.nodes)


def test_a_neuron_shows_its_activation_and_what_the_loss_makes_of_it(loss, model):
    hidden = [node for node in neurons(loss, model).nodes if node.cluster == ("layer 2",)]
    recorded = model.layers[0]([0.5, -1.0])
    assert [node.data for node in hidden] == [a.data for a in recorded]
    assert all(node.grad != 0.0 for node in hidden)


def test_the_partials_of_a_neuron_are_those_of_its_operations_multiplied(loss, model):
    edges = [edge for edge in neurons(loss, model).edges if edge.target.kind == "part"]
    assert len(edges) == 2 * 3 + 3 * 2
    for edge in edges:
        layer = model.layers[0 if edge.source.kind == "leaf" else 1]
        neuron = layer.neurons[int(edge.target.label.split()[-1]) - 1]
        weight = neuron.weights[edge.index]
        a = edge.target.data
        assert edge.partial == pytest.approx(a * (1.0 - a) * weight.data, rel=1e-14)  # three roundings


def test_the_chain_rule_holds_on_what_is_drawn(loss, model):
    """Each gradient is the sum over the edges that leave the node, as on the blackboard."""
    graph = neurons(loss, model)
    seen = 0
    for node in graph.nodes:
        leaving = [edge for edge in graph.edges if edge.source is node and edge.partial is not None]
        if leaving:
            total = sum([Value(edge.target.grad * edge.partial) for edge in leaving]).data
            assert node.grad == pytest.approx(total, rel=1e-12)
            seen += 1
    assert seen > 6


def test_a_layer_is_one_node_with_its_sizes_and_its_numbers(loss, model):
    graph = describe_level([loss], clusters=model, level="layers")
    assert [node.symbol or node.label for node in graph.nodes if node.kind != "constant"] == [
        "x1, x2",
        "σ",
        "σ",
        "−",
        "(·)²",
        "Σ",
        "0.5 ×",
    ]
    first, second = (node for node in graph.nodes if node.kind == "part")
    assert (first.label, second.label) == (
        "layer 2\na⁽²⁾ = σ(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾)\n2 → 3",
        "layer 3\na⁽³⁾ = σ(a⁽²⁾W⁽²⁾ + b⁽²⁾)\n3 → 2",
    )
    assert first.all_data == tuple(a.data for a in model.layers[0]([0.5, -1.0]))
    assert len(graph.edges) == 7


def test_all_nodes_of_a_level_are_in_topological_order(loss, model):
    for level in ("operations", "neurons", "layers"):
        graph = describe_level([loss], clusters=model, level=level)
        position = {node.id: i for i, node in enumerate(graph.nodes)}
        assert len(graph.edges) >= 7
        assert all(position[edge.source.id] < position[edge.target.id] for edge in graph.edges)


def test_a_linear_neuron_has_no_symbol():
    model = MLP(1, [1], rng=random.Random(0))
    nodes = describe_level([model([Value(1.0)])], clusters=model, level="neurons").nodes
    assert [(node.symbol, node.label) for node in nodes] == [("", "a⁽¹⁾₁"), ("", "neuron 1")]


def test_two_samples_share_the_neurons(model):
    outputs = [*model([0.5, -1.0]), *model([0.25, 1.0])]
    nodes = [node for node in describe_level(outputs, clusters=model, level="neurons").nodes if node.kind == "part"]
    assert len(nodes) == 5
    assert all(len(node.all_data) == 2 for node in nodes)


def test_a_penalty_on_the_weights_is_drawn_from_the_neurons(loss, model):
    total = loss + 1e-4 * sum([w * w for w in model.parameters()])
    graph = describe_level([total], clusters=model, level="layers")
    parts = [node for node in graph.nodes if node.kind == "part"]
    assert [len(node.all_data) for node in parts] == [3, 2]
    assert any(edge.source is parts[0] and edge.target.symbol == "×" for edge in graph.edges)


def test_a_network_applied_to_its_own_output_is_refused_with_what_to_do(refuses):
    model = MLP(2, [2, 2], rng=random.Random(0))
    out = sum(model(model([0.5, -1.0])))
    message = "draw: expected a network in which no part is computed from itself, got layer 3; use level='operations'"
    with refuses(ValueError, message):
        viz.draw(out, clusters=model, level="layers")


def labels(graph, kind: str) -> list[str]:
    return [node.label for node in graph.nodes if node.kind == kind]


def test_of_a_wide_layer_the_first_neurons_and_the_last_are_drawn():
    model = MLP(20, [100, 10], rng=random.Random(0))
    out = losses.squared_error(model([Value(0.1 * i, f"x{i}") for i in range(20)]), [0.0] * 10)
    graph = describe_level([out], clusters=model, level="neurons")
    assert labels(graph, "more") == ["… 13 more", "… 93 more", "… 3 more", "… 3 more", "… 3 more"]
    assert labels(graph, "leaf") == ["x0", "x1", "x2", "x3", "x4", "x5", "x19"]
    hidden = [node.label for node in graph.nodes if node.cluster == ("layer 2",)]
    assert hidden == [*(f"neuron {i}" for i in range(1, 7)), "… 93 more", "neuron 100"]


def test_operations_are_all_drawn_unless_told_otherwise():
    total = sum([exp(Value(float(i))) for i in range(30)])
    assert viz.draw(total).source.count("->") == 60
    graph = describe_level([total], alike_shown=5)
    assert labels(graph, "more") == ["… 26 more", "… 26 more"]
    assert len(graph.nodes) == 5 + 5 + 1


def test_in_a_shown_neuron_the_first_weights_and_the_last_are_drawn():
    model = MLP(20, [12, 1], rng=random.Random(0))
    graph = describe_level([model([Value(0.1) for _ in range(20)])], clusters=model, alike_shown=4)
    box = [node.label or node.symbol for node in graph.nodes if node.cluster == ("layer 2", "neuron 2")]
    assert sorted(box) == sorted(["W⁽¹⁾₁₂", "W⁽¹⁾₂₂", "… 17 more", "W⁽¹⁾[20,2]", "b⁽¹⁾₂", "w·x", "z⁽²⁾₂", "a⁽²⁾₂"])
    assert len({node.cluster for node in graph.nodes if len(node.cluster) == 2}) == 4 - 1 + 1


def test_a_chain_is_drawn_whole():
    y = Value(1.0)
    for _ in range(50):
        y = -y
    assert len(describe_level([y], alike_shown=3).nodes) == 51


def test_what_is_used_by_all_is_not_like_what_is_used_by_one():
    m = Value(2.0, "m")
    total = sum([m * Value(float(i)) for i in range(30)])
    assert "m" in labels(describe_level([total], alike_shown=4), "leaf")


def test_repeated_constants_are_left_out():
    total = sum([maximum(Value(float(i)), 2.0) for i in range(30)])
    graph = describe_level([total], alike_shown=4)
    assert len([node for node in graph.nodes if node.kind == "constant"]) == 3


def test_the_gradients_at_the_level_of_neurons_are_those_of_the_operations(loss, model):
    inputs = [node for node in neurons(loss, model).nodes if node.kind == "leaf"]
    x1, x2 = Value(0.5), Value(-1.0)
    again = losses.squared_error(model([x1, x2]), [1.0, 0.0])
    assert [node.grad for node in inputs] == pytest.approx(adjoints(again, [x1, x2]), rel=1e-14)


@pytest.mark.full(cases=0)
@pytest.mark.parametrize("options", [{"level": "neurons"}, {"level": "layers"}, {"alike": 4}], ids=str)
def test_784_100_10_has_a_picture(options):
    model = MLP(784, [100, 10], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    loss = losses.squared_error(model([Value(0.5) for _ in range(784)]), [0.0] * 10)
    assert viz.render(viz.draw(loss, clusters=model, **options), "svg").startswith(b"<?xml")


@pytest.mark.full(cases=0)
@pytest.mark.parametrize("options", [{"level": "neurons"}, {"level": "layers"}, {"alike": 4}], ids=str)
def test_the_work_for_a_picture_grows_with_the_number_of_nodes(options, count_calls):
    calls = []
    for n_in in (100, 200):
        model = MLP(n_in, [20, 10], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
        loss = losses.squared_error(model([Value(0.5) for _ in range(n_in)]), [0.0] * 10)
        calls.append(count_calls(lambda: viz.draw(loss, clusters=model, **options)))  # noqa: B023  # called at once
    assert calls[1] < 2.2 * calls[0]  # if it grew with the square, it would be 4


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_levels_are_drawn_in_every_direction(loss, model, rankdir, capfd):
    for level in ("neurons", "layers"):
        drawing = viz.draw(loss, clusters=model, level=level, rankdir=rankdir, show=("data", "grad", "partials"))
        assert b"neuron 2" in viz.render(drawing, "svg") or level == "layers"
    assert "Warning" not in capfd.readouterr().err.replace("Fontconfig", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "atoms"}, "draw: expected level to be one of operations, neurons, layers, got 'atoms'"),
        ({"level": "layers"}, "draw: expected clusters, the model whose layers are drawn, got None"),
        ({"alike": 2}, "draw: expected alike to be an int of at least 3, got 2"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message, refuses):
    with refuses(ValueError, message):
        viz.draw(Value(1.0), **options)


def unrolled():
    """Three steps of a network with itself, and a box for each."""
    w, h = Value(0.5, "w"), Value(0.1, "h0")
    groups = {}
    for t in (1, 2, 3):
        x = Value(0.4 * t, f"x{t}")
        product = w * h
        h = tanh(product + x)
        h.label = f"h{t}"
        groups[f"t = {t}"] = [x, product, h.operands[0], h]
    return h, groups


def test_groups_are_boxes_of_one_s_own_through_which_time_flows():
    h, groups = unrolled()
    content = viz.draw(h, groups=groups, rankdir="LR").content
    graph, placement = content.graph, place(content)
    assert {node.cluster for node in graph.nodes} == {(), ("t = 1",), ("t = 2",), ("t = 3",)}
    boxes = [placement.rects[f"t = {t}",] for t in (1, 2, 3)]
    assert all(one[2] < other[0] for one, other in pairwise(boxes))
    for node in graph.nodes:
        if node.cluster:
            x0, y0, x1, y1 = placement.rects[node.id]
            left, top, right, bottom = placement.rects[node.cluster]
            assert left < x0 < x1 < right
            assert top < y0 < y1 < bottom
    for show in (viz.steps(h, groups=groups).page(), viz.explore(h, groups=groups)):
        assert all(f">t = {t}</text>" in str(show) for t in (1, 2, 3))


def test_a_group_can_be_one_node_and_keeps_the_chain_rule():
    h, groups = unrolled()
    graph = viz.draw(h, groups=groups, level="groups", show="partials").content.graph
    parts = [node.label.splitlines()[0] for node in graph.nodes if node.kind == "part"]
    assert parts == ["t = 1", "t = 2", "t = 3"]
    (between,) = [edge.partial for edge in graph.edges if edge.source.label.startswith("t = 2")]
    assert between == pytest.approx((1 - h.data**2) * 0.5)  # tanh' times w


@pytest.mark.parametrize(("groups", "got"), [([1.0], "list"), ({"a": [1.0]}, "float"), ({1: [Value(1.0)]}, "Value")])
def test_groups_are_values_by_title(groups, got, refuses):
    message = f"draw: expected groups as Values by title, got {got}; use {{'t = 1': [h1, h2]}}"
    with refuses(TypeError, message):
        viz.draw(Value(1.0), groups=groups)


def test_without_groups_there_is_no_such_level(refuses):
    with refuses(ValueError, "draw: expected level to be one of operations, neurons, layers, got 'groups'"):
        viz.draw(Value(1.0), level="groups")
