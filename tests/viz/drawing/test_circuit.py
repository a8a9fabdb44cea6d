"""A graph as a circuit: gates, wires, values above them and gradients below."""

import re

import pytest

import viz
from autodiff import Value, exp, maximum, sqrt, topological_order
from nn import MLP
from viz.style.palette import THEMES


def q_times_z():
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def svg_of(output, **options):
    return viz.render(viz.draw(output, style="circuit", **options), "svg").decode()


def lines_of(svg):
    """(y, text) of each text of a picture; runs of one line belong together."""
    texts = re.findall(r'<text x="\S+" y="(\S+)"[^>]*>(.*?)</text>', svg)
    return [(float(y), re.sub("<[^>]*>", "", text).replace("\xa0", " ")) for y, text in texts]


@pytest.mark.parametrize("theme", THEMES)
def test_values_are_above_the_wires_and_gradients_below_after_an_arrow_back(theme):
    f = q_times_z()
    f.backward()
    svg = svg_of(f, theme=theme)
    ys = {text: y for y, text in lines_of(svg)}
    wires = [float(y) for y in re.findall(r'<path d="M[^,]+,([-\d.]+)L[^,]+,\1"', svg)]
    assert len(wires) == 5
    for value, gradient in (("q = 3", "← −4"), ("f = −12", "← 1"), ("−4", "← 3")):
        assert any(ys[value] < wire < ys[gradient] and ys[gradient] - ys[value] < 20 for wire in wires)
    colors = THEMES[theme]
    assert f'fill="{colors["forward"]}">3<' in svg
    assert f'fill="{colors["grad"]}">−4<' in svg


def test_before_a_backward_pass_it_has_no_gradients_and_room_for_none():
    before = svg_of(q_times_z())
    assert "←" not in before
    assert [text for _, text in lines_of(before)] == ["x", "−2", "y", "5", "+", "q = 3", "z", "−4", "×", "f = −12"]


def test_the_input_of_a_gate_without_a_name_is_x():
    x, y = Value(2.0, "x"), Value(1.0, "y")
    s = x + y
    texts = [text for _, text in lines_of(svg_of(1 / (s * s + abs(s)) + sqrt(s) + s**2 + 2**s + exp(maximum(x, 1.0))))]
    assert {"1/x", "|x|", "√x", "x²", "2ˣ", "exp", "max"} < {*texts}
    assert not any("·" in text and text != "·" for text in texts)


def test_local_derivatives_are_on_the_wires_if_they_are_shown():
    f = q_times_z()
    shown = [text for _, text in lines_of(svg_of(f, show=("data", "partials")))]
    assert [shown.count(number) for number in ("1", "3", "−4")] == [2, 1, 2]
    assert "1" not in [text for _, text in lines_of(svg_of(f))]


def test_a_legend_says_what_is_where():
    f = q_times_z()
    drawing = viz.draw(f, style="circuit", legend=True, show=("data", "grad"))
    words = ["above a wire: the value", "below a wire, after ←: d output / d value", "heavy border: the output"]
    for text in (viz.render(drawing, "svg").decode(), drawing.source):
        assert all(word in text for word in words)
        assert "∂ gate" not in text
    assert r"\color{ink}heavy border: the output}" in drawing.tikz()


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_graphviz_draws_it(kind, capfd):
    f = q_times_z()
    f.backward()
    assert len(viz.render(viz.draw(f, style="circuit", legend=True), kind)) > 1000
    assert "rror" not in capfd.readouterr().err


def test_tikz_has_each_wire_and_number():
    f = q_times_z()
    f.backward()
    text = viz.draw(f, style="circuit").tikz()
    assert text.count(r"\path[fill=none, draw=line") == 4 + 5  # edges, and the wires that begin at nodes
    assert r"\color{grad}$-4$}" in text
    assert r"\color{muted}$\leftarrow$~}" in text
    defined = {*re.findall(r"\\definecolor{(\w+)}", text)}
    assert {*re.findall(r"(?:color{|fill=|draw=)(\w+)", text)} <= defined | {"none"}
    assert text.count("{") == text.count("}")


@pytest.mark.full
def test_each_picture_has_the_numbers_of_the_graph(lecture, lecture_name):
    output, _ = lecture(lecture_name)
    output.backward()
    drawing = viz.draw(output, style="circuit")
    shown = " ".join(text for _, text in lines_of(viz.render(drawing, "svg").decode()))
    graph = drawing.content.graph
    assert shown.count("←") == sum(node.kind != "constant" for node in graph.nodes) <= len(topological_order(output))


@pytest.mark.parametrize("show", [viz.steps, viz.explore])
def test_pages_draw_it_with_its_legend(show):
    page = str(show(q_times_z(), style="circuit").page() if show is viz.steps else show(q_times_z(), style="circuit"))
    assert 'class="node operation output circuit' in page
    assert "above a wire: the value" in page
    assert "square corners" not in page


@pytest.mark.parametrize("show", [viz.draw, viz.steps, viz.explore])
def test_what_a_circuit_cannot_be_is_refused(show, refuses):
    f, who = q_times_z(), show.__name__
    model = MLP(1, [1])
    boxes = (
        f"{who}: a circuit has a gate for each operation and no boxes around them, got {{}}; "
        "leave it out, and pass names=model.named_parameters() for the names of a model"
    )
    for options, message in (
        ({"style": "round"}, f"{who}: expected style to be one of boxes, circuit, got 'round'"),
        (
            {"style": "circuit", "rankdir": "TB"},
            f"{who}: a circuit runs from left to right, got rankdir='TB'; leave it out",
        ),
        ({"style": "circuit", "clusters": model}, boxes.format("clusters")),
        ({"style": "circuit", "clusters": model, "groups": {"t": [f]}}, boxes.format("clusters, groups")),
        *([({"style": "circuit", "alike": 3}, boxes.format("alike"))] if who == "draw" else []),
    ):
        with refuses(ValueError, message):
            show(f, **options)


def test_mermaid_has_no_places(refuses):
    message = (
        "mermaid: a circuit keeps its places, which Mermaid cannot; use style='boxes', "
        "or save the circuit as .svg, .png or .pdf, or take its tikz() or its source, which is DOT"
    )
    with refuses(ValueError, message):
        viz.draw(q_times_z(), style="circuit").mermaid()
