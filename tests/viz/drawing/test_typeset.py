"""Labels in a drawing are typeset as a derivation sets them, in each language as far as it can, and never merge."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

import viz
from autodiff import Value
from viz.mathematics.notation import Latex, MathML

ALIKE = [
    "x1",
    "x_1",
    "x₁",
    "x[1]",
    "x_{1}",
    "theta",
    "\\theta",
    "θ",
    "W_ij",
    "W_{ij}",
    "W(ij)",
    "W1[0,2]",
    "W⁽¹⁾[0,2]",
    "rate",
]
LABELS = [  # the label, in the text of SVG and Mermaid, in DOT, in TikZ, in LaTeX
    ("x_12", "x₁₂", "<I>x₁₂</I>", r"\textit{x$_1$$_2$}", "x_{12}"),
    ("x1", "x₁", "<I>x₁</I>", r"\textit{x$_1$}", "x_{1}"),
    (r"\theta", "θ", "<I>θ</I>", r"\textit{$\theta$}", r"\theta"),
    ("alpha_1", "α₁", "<I>α₁</I>", r"\textit{$\alpha$$_1$}", r"\alpha_{1}"),
    ("W_{ij}", "W_{ij}", "<I>W<SUB>ij</SUB></I>", r"\textit{W\textsubscript{ij}}", "W_{ij}"),
    ("w_in", "w_in", "<I>w<SUB>in</SUB></I>", r"\textit{w\textsubscript{in}}", "w_{in}"),
    ("W1[0,2]", "W1[0,2]", "<I>W⁽¹⁾<SUB>0,2</SUB></I>", None, "W^{(1)}_{0,2}"),
    ("learning_rate", "learning_rate", "<I>learning_rate</I>", r"\textit{learning\_rate}", None),
]


def texts(svg):
    """The lines of text, with an index below the line after "_"."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    below = [re.sub(r'<tspan dy="[\d.]+"[^>]*>', "_", line) for line in lines]
    return [re.sub("<[^>]*>", "", line).replace("\xa0", " ").strip() for line in below]


@pytest.mark.parametrize(("label", "text", "dot", "tikz", "latex"), LABELS)
def test_a_label_is_typeset_in_every_language(label, text, dot, tikz, latex):
    drawing = viz.draw(Value(2.0, label) * Value(3.0, "y"))
    lines = texts(drawing.pipe("svg").decode())
    assert re.sub("<[^>]*>", "", dot.replace("<SUB>", "_")) in lines
    assert dot in drawing.source
    assert text in re.sub("[\ufeff\u2060]", "", unescape(drawing.mermaid().replace("#", "&#")))
    assert tikz is None or tikz in drawing.tikz()
    assert latex is None or Latex().name(label) == latex
    assert re.sub("<[^>]*>", "", MathML().name(label))[0] == re.sub("<[^>]*>", "", dot)[0]


@given(st.lists(st.sampled_from(ALIKE), unique=True, min_size=2, max_size=6))
def test_two_labels_never_merge(labels):
    total = sum(Value(2.0, label) for label in labels)
    drawing = viz.draw(total, show=())
    lines = [line for line in texts(drawing.pipe("svg").decode()) if line != "+"]
    assert len({*lines}) == len(labels)
    nodes = re.findall(r'n\d+\["(.*?)"\]', drawing.mermaid())
    assert len({*nodes}) == len(labels)


def test_an_operand_in_a_symbol_is_typeset_too():
    x1, theta = Value(2.0, "x1"), Value(3.0, "theta")
    symbols = [node.symbol for node in viz.draw(x1**2 + 1.0 / theta).content.graph.nodes]
    assert "x₁²" in symbols
    assert "1/θ" in symbols
    assert "x₁²" in viz.draw(x1**2).alt
    x_1 = Value(3.0, "x_1")
    assert {node.symbol for node in viz.draw(x1**2 + x_1**2).content.graph.nodes} == {"", "x1²", "x_1²", "+"}


def test_the_line_goes_on_after_an_index():
    f = Value(2.0, "w_in") * 2.0
    f.label = "z_out"
    svg = viz.draw(f, style="circuit").pipe("svg").decode()
    falls = [float(dy) for dy in re.findall(r'dy="(-?[\d.]+)"', svg)]
    assert falls[-2] > 0 > falls[-1] == -falls[-2]
