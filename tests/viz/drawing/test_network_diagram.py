"""The picture of a network: a circle for each neuron, a line for each weight, and as many as can be seen."""

import random
import re
import sys

import pytest

import viz
from autodiff import Value
from nn import MLP, Module, losses
from viz.drawing.rendering import render
from viz.style.palette import THEMES
from viz.style.text import format_number


@pytest.fixture
def model() -> MLP:
    """2-3-2, with one negative weight, which is the largest."""
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="tanh", rng=random.Random(0))
    for weight in model.parameters():
        weight.data = 0.25
    model.layers[1].neurons[0].weights[2].data = -0.5
    return model


def nodes(drawing, kind: str) -> dict[str, str]:
    """The labels of the nodes whose id begins so."""
    found = re.findall(rf'^\t({kind}_?\w*) \[label=[<"]?(.*?)[>"]? [a-z]+=', drawing.source, flags=re.M)
    return {name: label.replace("<BR/>", ", ") for name, label in found}


def lines(drawing) -> dict[tuple[str, str], str]:
    """The attributes of each line."""
    return {(a, b): rest for a, b, rest in re.findall(r"^\t(\w+) -> (\w+) \[(.*)\]$", drawing.source, flags=re.M)}


def test_there_is_a_circle_for_each_neuron_and_a_line_for_each_weight(model):
    drawing = viz.network(model)
    assert [*nodes(drawing, "n")] == ["n0_0", "n0_1", "n1_0", "n1_1", "n1_2", "n2_0", "n2_1"]
    assert len(lines(drawing)) == 2 * 3 + 3 * 2


def test_the_sign_of_a_weight_is_a_color_and_its_size_a_width(model):
    drawn = lines(viz.network(model))
    assert THEMES["light"]["negative"] in drawn["n1_2", "n2_0"]
    assert "penwidth=4.50" in drawn["n1_2", "n2_0"]
    others = [look for ends, look in drawn.items() if ends != ("n1_2", "n2_0")]
    assert all(THEMES["light"]["positive"] in look and "penwidth=2.45" in look for look in others)


def test_in_print_a_negative_weight_is_dashed(model):
    drawn = lines(viz.network(model, theme="print"))
    assert [ends for ends, look in drawn.items() if "style=dashed" in look] == [("n1_2", "n2_0")]


def test_activations_are_written_for_an_input(model):
    drawing = viz.network(model, [Value(0.5, "x<1>"), -1.0])
    words = nodes(drawing, "n")
    assert words["n0_0"] == "0.5"
    hidden = model.layers[0]([0.5, -1.0])
    assert words["n1_0"] == f"{hidden[0].data:.2g}"
    assert words["n2_1"] == f"{model([0.5, -1.0])[1].data:.2g}"
    assert "<I>x&lt;1&gt;</I>" in drawing.source


def test_each_column_has_its_size_and_activation_above(model):
    assert [*nodes(viz.network(model), "caption").values()] == [
        "2 inputs",
        "3 neurons, sigmoid",
        "2 neurons, tanh",
    ]


def test_of_a_large_layer_the_first_and_the_last_are_drawn():
    drawing = viz.network(MLP(784, [100, 10], rng=random.Random(0)))
    assert "784 inputs" in drawing.source
    assert "n0_783 " in drawing.source
    assert [*nodes(drawing, "n1")] == [*(f"n1_{i}" for i in range(8)), "n1_more", "n1_99"]
    assert len(lines(drawing)) == 9 * 9 + 9 * 10


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_gives_a_picture_without_a_warning(model, theme, capfd):
    assert viz.render(viz.network(model, [0.5, -1.0], theme=theme), "svg").startswith(b"<?xml")
    assert "Warning: node" not in capfd.readouterr().err


def test_weights_that_are_all_zero_are_thin_lines(model):
    for weight in model.parameters():
        weight.data = 0.0
    assert all("penwidth=0.40" in look for look in lines(viz.network(model)).values())


def test_what_is_no_network_is_refused(refuses):
    with refuses(TypeError, "network: expected a network of layers, such as nn.MLP, got Module"):
        viz.network(Module())
    with refuses(TypeError, "network: expected a network of layers, such as nn.MLP, got the class MLP"):
        viz.network(MLP)


def test_of_an_estimator_the_model_is_asked_for(refuses):
    class Classifier:
        model_ = MLP(2, [1])

    hint = "pass the network that it trained, as in clf.model_"
    with refuses(TypeError, f"network: expected a network of layers, such as nn.MLP, got Classifier; {hint}"):
        viz.network(Classifier())
    with refuses(TypeError, f"weights: expected a network of layers, such as nn.MLP, got Classifier; {hint}"):
        viz.weights(Classifier())
    with refuses(TypeError, f"decision_boundary: expected a model of two inputs, got Classifier; {hint}"):
        viz.decision_boundary(Classifier(), [[0.0, 1.0]], [1])
    assert viz.network(Classifier.model_).source


def cost_of(sizes: list[int]):
    """A network and its cost for one sample."""
    model = MLP(sizes[0], sizes[1:], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
    outputs = model([Value(0.5 - 0.3 * i, f"x{i + 1}") for i in range(sizes[0])])
    cost = losses.squared_error(outputs, [1.0] + [0.0] * (sizes[-1] - 1))
    cost.label = "C"
    return model, cost


@pytest.mark.parametrize("sizes", [[2, 3, 2], [4, 8, 3]])
def test_with_a_cost_the_circles_have_activations_biases_and_deltas_and_the_lines_weights(sizes, chromium, tmp_path):
    model, cost = cost_of(sizes)
    drawing = viz.network(model, cost=cost)
    assert all(parameter.grad == 0.0 for parameter in model.parameters())
    cost.backward()
    svg = render(drawing, "svg").decode()
    lines = re.findall(r"<text[^>]*>([^<]*)</text>", re.sub(r"</?tspan[^>]*>", "", svg))
    texts = [line.replace("\xa0", " ").strip() for line in lines]
    is_flat = max(sizes) > 4
    for number, layer in enumerate(model.layers, 2):
        for j, neuron in enumerate(layer.neurons):
            delta = f"b = {format_number(neuron.bias.data, 4)}  δ {format_number(neuron.bias.grad, 4)}"
            assert delta in texts  # the gradient of a bias is δ
            for weight in [] if is_flat else neuron.weights:
                assert format_number(weight.data, 4) in texts
                assert format_number(weight.grad, 4) in texts
            assert is_flat or any(text.startswith("z ") for text in texts)
            name = "₁₂₃₄₅₆₇₈"[j]
            assert any(text.startswith(f"a{'⁽²⁾⁽³⁾'[3 * number - 6 : 3 * number - 3]}{name}") for text in texts)
    if is_flat:  # as wide as its weight is large, in the color of its sign
        wires = re.findall(r'stroke="(#\w+)" stroke-width="([\d.]+)"', svg)
        widest = max(float(width) for color, width in wires if color in (light("positive"), light("negative")))
        assert widest == 4.0
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
    )
    path = tmp_path / "network.html"
    path.write_text(f"<style>body{{margin:0}} svg{{width:100vw;height:100vh}}</style>{svg[svg.index('<svg') :]}")
    chromium.get(path.as_uri())
    pixels = """
        const scale = document.querySelector("text").getScreenCTM().a;
        return [...document.querySelectorAll("[font-size]")].map((text) => scale * text.getAttribute("font-size"));
    """
    assert min(chromium.execute_script(pixels)) > 14.0


def light(name: str) -> str:
    return THEMES["light"][name]


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_with_a_cost_is_drawn_by_graphviz_too(theme, capfd):
    model, cost = cost_of([2, 3, 2])
    drawing = viz.network(model, cost=cost, theme=theme)
    render(drawing, "png")
    capfd.readouterr()  # at the first picture of a process Fontconfig may warn of its files
    assert render(drawing, "png").startswith(b"\x89PNG")
    assert capfd.readouterr().err == ""
    assert drawing.source.count(" -> ") == 2 * 3 + 3 * 2 + 2
    circles = [group.classes for group in drawing.picture.groups if "node" in group.classes]
    assert circles == 2 * [("node", "leaf")] + 5 * [("node", "part")] + [("node", "operation", "output")]
    assert "δ" in drawing.source


def test_a_cost_that_does_not_fit_is_refused(model, refuses):
    other, cost = cost_of([2, 3, 2])
    with refuses(TypeError, "network: expected a Value as cost, got float"):
        viz.network(model, cost=1.0)
    with refuses(ValueError, "network: expected inputs or a cost, got both; a cost was computed from its inputs"):
        viz.network(other, [0.5, 0.2], cost=cost)
    with refuses(
        ValueError,
        "layers: expected a graph in which the network has seen one sample, got 0; use the loss of one sample",
    ):
        viz.network(model, cost=cost)
    large, cost = cost_of([2, 17, 2])
    with refuses(ValueError, "network: expected layers of at most 16 neurons, got 17; leave out the cost"):
        viz.network(large, cost=cost)


def test_wrong_inputs_and_themes_are_refused(model, refuses):
    with refuses(ValueError, "Layer: expected 2 inputs, got 1 (built with n_in=2)"):
        viz.network(model, [1.0])
    with refuses(ValueError, "network: expected theme to be one of light, dark, print, got 'neon'"):
        viz.network(model, theme="neon")


def test_without_graphviz_one_line_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    for module in ("viz.drawing.dot", "viz.drawing.drawing"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(ImportError, match=r"^viz.network needs the package graphviz: pip install"):
        viz.network(model)
