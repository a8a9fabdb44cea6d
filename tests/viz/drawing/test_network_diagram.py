"""The picture of a network: a circle for each neuron, a line for each weight, and as many as can be seen."""

import random
import re
import sys
from itertools import pairwise

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


def attributes(drawing) -> dict[str, dict[str, str]]:
    """The attributes of each node and line, by its name or "one -> other"; those of all are "node", "edge", "graph"."""
    rows = re.findall(r"^\t([\w]+(?: -> \w+)?) \[(.*)\]$", drawing.source, flags=re.M)
    pattern = r'(\w+)=(<.*?>(?= \w+=|$)|"[^"]*"|[\w.⋮-]+)'
    looks: dict[str, dict[str, str]] = {}
    for name, rest in rows:
        looks.setdefault(name, {}).update({key: value.strip('"') for key, value in re.findall(pattern, rest)})
    return looks


@pytest.mark.parametrize("sizes", [[2, 3], [12, 2, 1], [3, 11]], ids=str)
def test_circles_lines_dots_and_words_have_their_places(sizes):
    model = MLP(sizes[0], sizes[1:], activation="tanh", rng=random.Random(0))
    inputs = [Value(0.5, f"x_{i}") for i in range(sizes[0])]
    drawing = viz.network(model, inputs, theme="dark")
    looks, colors = attributes(drawing), THEMES["dark"]
    rows = [[*range(n)] if n <= 10 else [*range(8), None, n - 1] for n in sizes]
    step = 150.0 + 0.25 * 52.0 * (max(map(len, rows)) - 1)
    heights = []
    for column, names in enumerate(rows):
        ids = [f"n{column}_{'more' if row is None else row}" for row in names]
        at = [tuple(map(float, looks[name]["pos"].split(","))) for name in ids]
        assert {x for x, _ in at} == {round(column * step, 1)}
        gaps = [above - below for (_, above), (_, below) in pairwise(at)]
        assert gaps == pytest.approx([40.0 if None in pair else 52.0 for pair in pairwise(names)])
        assert at[0][1] == pytest.approx(-at[-1][1], abs=0.11)
        heights.append(at[0][1])
        for row, name in zip(names, ids, strict=True):
            if row is not None:
                assert looks[name]["fillcolor"] == colors["parameter" if column else "leaf"]
            else:
                assert (looks[name]["shape"], looks[name]["style"], looks[name]["fontsize"]) == ("plaintext", "", "24")
                assert looks[name]["label"] == "⋮"
    for column in range(len(sizes)):
        x, y = map(float, looks[f"caption_{column}"]["pos"].split(","))
        assert (x, y) == pytest.approx((column * step, max(heights) + 21.0 + 26.0), abs=0.11)
        assert looks[f"caption_{column}"]["fontcolor"] == colors["muted"]
    for row in rows[0]:
        if row is not None:
            (x, y), (x0, y0) = ([*map(float, looks[f"{kind}{row}"]["pos"].split(","))] for kind in ("name_", "n0_"))
            assert y == y0
            assert -60.0 < x - x0 + 21.0 + 8.0 < -5.0  # the middle of a name at the left of its circle
            assert (looks[f"name_{row}"]["shape"], looks[f"name_{row}"]["style"]) == ("plaintext", "")
    assert [looks["node"][key] for key in ("shape", "style", "fixedsize", "width", "color")] == [
        *("circle", "filled", "shape", "0.583", colors["ink"])
    ]
    assert looks["edge"]["arrowhead"] == "none"
    assert (looks["graph"]["layout"], looks["graph"]["outputorder"]) == ("nop2", "edgesfirst")
    drawn = [name for name in looks if "->" in name]
    assert len(drawn) == sum(
        sum(i is not None for i in one) * sum(j is not None for j in other) for one, other in pairwise(rows)
    )
    widths = []
    for name in drawn:
        ends = [tuple(map(float, looks[end]["pos"].split(","))) for end in name.split(" -> ")]
        way = [tuple(map(float, point.split(","))) for point in looks[name]["pos"].split()]
        assert [way[0], way[-1]] == [pytest.approx(end, abs=0.11) for end in ends]
        for share, point in ((1 / 3, way[1]), (2 / 3, way[2])):
            straight = [a + share * (b - a) for a, b in zip(*ends, strict=True)]
            assert point == pytest.approx(straight, abs=0.11)
        widths.append(float(looks[name]["penwidth"]))
    assert widths == sorted(widths)  # the widest lie above the others
    assert widths[-1] == 4.5


def test_the_title_of_each_circle_and_line_says_what_it_is(model):
    svg = viz.render(viz.network(model), "svg").decode()
    lines = re.findall(r'<g id="edge\d+"[^>]*>\n<title>([^<]*)</title>\n<path [^>]*stroke-width="([\d.]+)"', svg)
    weights = sorted((w.data for layer in model.layers for n in layer.neurons for w in n.weights), key=abs)
    assert sorted(words for words, _ in lines) == sorted(f"weight {format_number(x, 4)}" for x in weights)
    assert [words for words, width in lines if float(width) > 4.0] == ["weight −0.5"]
    circles = re.findall(
        r'<g id="node\d+"[^>]*>\n<title>([^<]*)</title>\n<ellipse [^>]*cx="([\d.]+)" cy="(-[\d.]+)"', svg
    )
    assert [words for words, _, _ in sorted(circles, key=lambda one: (float(one[1]), float(one[2])))] == [
        *("input 1", "input 2", "neuron 1 of layer 2", "neuron 2 of layer 2", "neuron 3 of layer 2"),
        *("neuron 1 of layer 3", "neuron 2 of layer 3"),
    ]
    assert 'role="img" aria-label="Network of 2 inputs, 3 neurons sigmoid, 2 neurons tanh."' in svg
