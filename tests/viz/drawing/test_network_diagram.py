"""The picture of a network: a circle for each neuron, a line for each weight, and as many as can be seen."""

import random
import re
import sys

import pytest

import viz
from autodiff import Value
from nn import MLP, Module
from viz.style.palette import THEMES


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
