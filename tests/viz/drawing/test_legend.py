"""The legend of a drawing, in every format that has one."""

import random
import re

import pytest

import viz
from autodiff import Value
from nn import MLP
from viz.style.legend import LEGEND
from viz.style.palette import THEMES


@pytest.mark.parametrize("theme", THEMES)
def test_a_legend_says_what_is_shown_in_its_color_below_the_graph(theme, small):
    drawing = viz.draw(small, show=("data", "grad", "partials"), theme=theme, legend=True)
    svg = viz.render(drawing, "svg").decode()
    lines = re.findall(r'<text x="\S+" y="(\S+)" font-size="9" fill="(#\w+)">([^<]*:[^<]*)</text>', svg)
    assert [(THEMES[theme][name], words) for name, words in LEGEND] == [(color, words) for _, color, words in lines]
    *others, _ = [float(y) for y in re.findall(r'<text x="\S+" y="([-\d.]+)"', svg)][: 1 - len(lines)]
    below = max(others)
    _left, top, _width, height = map(float, re.search(r'viewBox="([^"]*)"', svg)[1].split())
    assert all(below < float(y) < top + height for y, _, _ in lines)
    assert all(words in drawing.source for _, words in LEGEND)


def test_only_what_is_shown_is_in_the_legend(small):
    source = viz.draw(small, show="data", legend=True).source
    assert "data: the value" in source
    assert "grad: d output" not in source
    assert "data: the value" not in viz.draw(small).source


def test_a_legend_says_what_is_tinted_in_this_graph():
    model = MLP(2, [2, 1], rng=random.Random(0))
    output = model([Value(0.5), Value(1.0)])

    def tinted(drawing):
        return re.findall("tinted: ([^<]*)", viz.render(drawing, "svg").decode())

    assert tinted(viz.draw(output, legend=True)) == []
    assert tinted(viz.draw(output, clusters=model, legend=True)) == ["a parameter"]
    assert tinted(viz.draw(output, clusters=model, level="neurons", legend=True)) == ["several nodes in one"]


@pytest.mark.parametrize("legend", [False, True])
@pytest.mark.parametrize("has_gradient", [False, True])
def test_graphviz_reads_every_label_of_a_drawing(legend, has_gradient, small, capfd):
    if has_gradient:
        small.backward()
    for clusters in (None, Model()):
        viz.render(viz.draw(small, legend=legend, clusters=clusters), "png")
    assert "rror" not in capfd.readouterr().err


class Model:
    def named_parameters(self):
        return [("layers.0.weight", Value(1.0))]
