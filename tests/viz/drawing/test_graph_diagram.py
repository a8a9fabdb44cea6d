"""What a drawing shows: nodes, edges, names, boxes, and what is refused."""

import random
import re
import subprocess
import sys

import pytest

import viz
from autodiff import Value, dot, exp, grad, maximum, sin
from nn import MLP, losses
from viz.drawing.placement import place
from viz.graph.description import describe


@pytest.fixture
def product() -> Value:
    """f = a * b + a, with gradients."""
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    f = a * b + a
    f.backward()
    return f


def text_of(drawing) -> str:
    """The words in a drawing: its DOT text without markup."""
    return re.sub(r"<[^<>]*>", " ", drawing.source)


def test_a_node_shows_symbol_label_data_and_grad(product):
    words = text_of(viz.draw(product))
    assert re.search(r"\ba\s+data\s+2\s+grad\s+−2\b", words)
    assert re.search(r"×\s+data\s+−6\s+grad\s+1\b", words)


def test_only_what_is_asked_for_is_shown(product):
    assert "grad" not in text_of(viz.draw(product, show=("data",)))
    assert "data" not in text_of(viz.draw(product, show="grad"))
    assert "data" not in text_of(viz.draw(product, show=()))


def test_an_edge_shows_its_partial():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    edges = re.findall(r"n\d+ -> n\d+ \[label=<.*?<TD>(.*?)</TD>", viz.draw(a * b, show=("partials",)).source)
    assert edges == ["−3", "2"]


def test_the_edge_of_a_constant_shows_none():
    assert "label=" not in viz.draw(maximum(3.0, Value(2.0)), show=("partials",)).source.split("->")[1]


def test_a_times_a_has_two_edges():
    a = Value(3.0, "a")
    assert viz.draw(a * a).source.count("n0 -> n1") == 2


def test_edges_keep_the_order_of_the_operands():
    a, b = Value(3.0, "a"), Value(4.0, "b")
    assert [(edge.source.label, edge.index) for edge in describe([b - a]).edges] == [("b", 0), ("a", 1)]


@pytest.mark.parametrize(("rankdir", "axis"), [("LR", 1), ("RL", 1), ("TB", 0), ("BT", 0)])
def test_operands_that_may_not_be_swapped_arrive_in_order_at_places_of_their_own(rankdir, axis):
    a, b = Value(3.0, "a"), Value(4.0, "b")
    first, second = (edge.tip for edge in place(viz.draw(a**b, rankdir=rankdir).content).edges)
    assert second[axis] - first[axis] > 8.0  # points


def test_before_a_backward_pass_no_gradient_is_shown():
    x = Value(3.0, "x")
    f = x * x
    assert set(re.findall(r"grad\s+([-\d.]*)", text_of(viz.draw(f)))) == {""}
    f.backward()
    assert set(re.findall(r"grad\s+([-\d.]*)", text_of(viz.draw(f)))) == {"6", "1"}
    assert "grad" not in viz.draw(x * x, show="data").mermaid()


def test_the_four_kinds_and_the_output_are_told_apart():
    model = MLP(1, [1], rng=random.Random(0))
    graph = describe([maximum(2.0, model([Value(1.0, "x")]))], clusters=model)
    assert {node.kind for node in graph.nodes} == {"leaf", "parameter", "constant", "operation"}
    assert [node.is_output for node in graph.nodes] == [False] * (len(graph.nodes) - 1) + [True]


def test_names_from_the_variables_label_the_nodes():
    m, weights = Value(1.0), [Value(2.0), Value(3.0)]
    c = m * weights[0] + weights[1]
    labels = [node.label for node in describe([c], names={"m": m, "weights": weights, "_1": c, "c": c, "n": 3}).nodes]
    assert labels == ["m", "weights[0]", "", "weights[1]", "c"]


def test_a_name_given_for_the_drawing_goes_before_the_label():
    assert describe([a := Value(1.0, "label")], names={"name": a}).nodes[0].label == "name"


def test_names_of_a_model_label_its_parameters():
    model = MLP(1, [1], rng=random.Random(0))
    nodes = describe([model([1.0])], names=model.named_parameters()).nodes
    parameters = [node.label for node in nodes if node.kind == "parameter"]
    assert parameters == ["layers.0.neurons.0.weights.0", "layers.0.neurons.0.bias"]


def test_a_network_is_grouped_by_layer_and_neuron_and_its_loss_is_not():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    loss = losses.squared_error(model([Value(1.0), Value(2.0)]), [0.0, 1.0])
    boxes: dict[tuple[str, ...], list[str]] = {}
    for node in describe([loss], clusters=model).nodes:
        boxes.setdefault(node.cluster, []).append(node.symbol or node.label)
    assert boxes["layer 2", "neuron 3"] == ["W⁽¹⁾₁₃", "W⁽¹⁾₂₃", "w·x", "b⁽¹⁾₃", "+", "σ"]
    assert boxes["layer 3", "neuron 2"] == ["W⁽²⁾₁₂", "W⁽²⁾₂₂", "W⁽²⁾₃₂", "w·x", "b⁽²⁾₂", "+", "σ"]
    assert len(boxes) == 6
    assert {"−", "(·)²", "Σ", "0.5 ×"} <= set(boxes[()])


def test_a_neuron_written_as_a_sum_of_products_is_grouped_as_well():
    model = MLP(2, [1], rng=random.Random(0))
    neuron = model.layers[0].neurons[0]
    out = sum((w * x for w, x in zip(neuron.weights, [Value(1.0), Value(2.0)], strict=True)), neuron.bias).relu()
    clusters = [node.cluster for node in describe([out], clusters=model).nodes if node.kind == "operation"]
    assert clusters == [("layer 2", "neuron 1")] * 5


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (1 / 3, "0.3333"),
        (1e-20, "10⁻²⁰"),
        (123456.0, "1.235·10⁵"),
        (-0.0, "0"),
        (float("nan"), "nan"),
        (float("-inf"), "−∞"),
    ],
)
def test_numbers_have_significant_digits_and_readable_nan_and_inf(x, shown):
    assert re.search(rf"data\s+{re.escape(shown)}\s", text_of(viz.draw(Value(x))))


def test_digits_are_settable():
    assert re.search(r"data\s+0.33\s", text_of(viz.draw(Value(1 / 3), digits=2)))


LABELS = [
    '"',
    "<b>",
    "{a|b}",
    "\\N \\G \\",
    "&amp;",
    "two\nlines",
    "é ∂ 日本",
    "]]>",
    "\x00\x1b",
    "\ud800",
    "",
    "a" * 500,
]


@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_drawn_as_it_is(label):
    svg = viz.render(viz.draw(Value(1.0, label), show=()), "svg").decode()
    lines = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    expected = label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    expected = re.sub("[\x00\x1b\ud800]", "\ufffd", expected)
    shown = "\n".join(lines).replace("&#160;", "").replace("\xa0", " ").replace("&#45;", "-").replace("&#92;", "\\")
    assert shown.strip() == expected.strip()


def test_the_dot_text_is_the_same_bytes_under_any_hash_seed():
    code = (
        "import random, viz; from autodiff import Value; from nn import MLP\n"
        "model = MLP(2, [3, 1], rng=random.Random(0)); out = model([Value(1.0, 'x'), 2.0]) ** 2; out.backward()\n"
        "print(viz.draw(out, clusters=model, show=('data', 'grad', 'partials')).source)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert len(texts.pop()) > 1000


def chain(length: int) -> Value:
    y = Value(1.0)
    for _ in range(length):
        y = -y
    return y


def test_a_graph_that_is_too_large_is_refused_with_its_size_and_what_to_do():
    with pytest.raises(
        ValueError, match=r"^draw: expected a graph of at most 500 nodes, got 501; draw a part of it"
    ) as error:
        viz.draw(chain(500))
    assert str(error.value).endswith("(an inner node, one sample), or pass max_nodes=501")


@pytest.mark.full
def test_a_million_nodes_are_counted_and_refused():
    with pytest.raises(ValueError, match="got 1000001;"):
        viz.draw(chain(1_000_000))


def test_a_larger_graph_is_drawn_when_asked_for():
    assert viz.draw(chain(600), max_nodes=601).source.count("->") == 600


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((), {}, TypeError, "draw: expected Values as outputs, got nothing"),
        (
            (lambda x: x,),
            {},
            TypeError,
            "draw: expected Values as outputs, got function; pass what a function returns, as in f(Value(2.0, 'x'))",
        ),
        (
            ([Value(1.0)],),
            {},
            TypeError,
            "draw: expected Values as outputs, got list; unpack a list as in draw(*outputs)",
        ),
        (
            (Value(1.0),),
            {"show": ("sata",)},
            ValueError,
            "draw: expected show to hold some of data, grad, partials, got ['sata']",
        ),
        ((Value(1.0),), {"rankdir": "XY"}, ValueError, "draw: expected rankdir to be one of LR, TB, RL, BT, got 'XY'"),
    ],
)
def test_bad_arguments_are_refused(arguments, options, error, message):
    with pytest.raises(error) as raised:
        viz.draw(*arguments, **options)
    assert str(raised.value) == message


def test_several_outputs_share_one_drawing():
    x = Value(1.0, "x")
    graph = describe([exp(x), -x])
    assert [node.is_output for node in graph.nodes] == [False, True, True]


def test_a_list_is_to_be_unpacked_and_a_number_is_not(refuses):
    with refuses(TypeError, "draw: expected Values as outputs, got float"):
        viz.draw(1.0)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"digits": 0}, ValueError, "draw: expected digits to be a positive int, got 0"),
        ({"digits": True}, ValueError, "draw: expected digits to be a positive int, got True"),
        (
            {"names": MLP(1, [1])},
            TypeError,
            "draw: expected variables by name, got MLP; use names=model.named_parameters()",
        ),
        (
            {"names": ["f"]},
            TypeError,
            "draw: expected names as variables by name, got 'f'; use names=locals(), or {'x': x}",
        ),
        (
            {"names": [Value(1.0) + 1.0]},
            TypeError,
            "draw: expected names as variables by name, got Value; use names=locals(), or {'x': x}",
        ),
        ({"clusters": "model"}, TypeError, "draw: expected clusters to be a model, got 'model'"),
    ],
)
def test_options_of_the_wrong_kind_are_refused(options, kind, message, refuses):
    with refuses(kind, message):
        viz.draw(Value(1.0), **options)


def test_what_follows_the_network_stays_outside_its_boxes():
    model = MLP(1, [1], rng=random.Random(0))
    loss = exp(-model([Value(1.0)])) + 1e-4 * sum(p * p for p in model.parameters())
    boxed = [
        node.symbol for node in describe([loss], clusters=model).nodes if node.kind == "operation" and node.cluster
    ]
    assert boxed == ["w·x", "+"]


def test_the_input_that_a_transform_puts_on_a_value_is_not_drawn():
    x = Value(0.5, "x")
    graph = describe([grad(grad(sin))(x)])
    assert [node.symbol or node.label for node in graph.nodes] == ["x", "sin", "−"]


def test_the_products_of_a_dot_can_be_told_apart():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    edges = describe([dot([a, b], [b, a])]).edges
    assert [(edge.source.label, edge.name) for edge in edges] == [("a", "₁"), ("b", "₂"), ("b", "₁"), ("a", "₂")]
