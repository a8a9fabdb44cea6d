"""What a notebook shows, and what is left where it is not trusted."""

import base64
import random
from html.parser import HTMLParser

import pytest

import viz
from autodiff import Value
from nn import MLP, History
from viz.pages.notebook import FRAME_HEIGHT_PX, REST


class Sanitizer(HTMLParser):
    """What JupyterLab and GitHub leave of the output of a notebook that is not trusted.

    They drop frames, scripts and styles with their content, and of SVG and MathML the tags alone, whose texts stay.
    """

    DROPPED, KEPT = ("script", "style"), ("div", "img", "p", "table", "tr", "td", "th")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.images, self.text, self._inside, self.html = [], "", 0, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._inside += tag in self.DROPPED
        if tag == "img":
            self.images.append(dict(attrs))
        if tag in self.KEPT:
            self.html += self.get_starttag_text()

    def handle_endtag(self, tag):
        self._inside -= tag in self.DROPPED
        if tag in self.KEPT:
            self.html += f"</{tag}>"

    def handle_data(self, data):
        self.text += "" if self._inside else data
        self.html += "" if self._inside else data


def graph():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    f = a * b + a
    f.backward()
    return f


def network():
    return MLP(2, [2, 1], rng=random.Random(0))


PAGES = {
    "steps": (lambda: viz.steps(graph()), "df/da = −2, df/db = 2"),
    "explore": (lambda: viz.explore(graph()), "a = 2, gradient −2"),
    "descent": (lambda: viz.descent(lambda x: x**2, 3.0), "Gradient descent on f(x)"),
    "cost_curve": (lambda: viz.cost_curve([(1, 2), (3, 1)]), "The cost of f(x) = mx + c"),
}
PICTURES = {
    "draw": (lambda: viz.draw(graph()), "v₁ = a × b = −6, gradient 1"),
    "network": (lambda: viz.network(network()), "Network of 2 inputs, 2 neurons"),
    "a step": (lambda: viz.steps(graph())[1], "v₁ = a·b"),
    "history": (lambda: viz.history(History(losses=[1.0, 0.5], epochs=2)), "Loss from 1 to 0.5"),
    "weights": (lambda: viz.weights(network(), (1, 2)), "The weights of 2 neurons"),
    "decision_boundary": (lambda: viz.decision_boundary(network(), [(0, 0), (1, 1)], [-1, 1]), "2 samples"),
}


def shown(thing) -> str:
    bundle = thing._repr_mimebundle_() if hasattr(thing, "_repr_mimebundle_") else {"text/html": thing._repr_html_()}
    return bundle["text/html"]


@pytest.mark.full
@pytest.mark.parametrize("kind", [*PAGES, *PICTURES])
def test_an_untrusted_notebook_shows_a_picture_and_words_for_it(kind, browse, tmp_path):
    pytest.importorskip("matplotlib")
    make, alt = {**PAGES, **PICTURES}[kind]
    left = Sanitizer(shown(make()))
    (image,) = left.images
    assert alt in image["alt"]
    assert left.text == (REST if kind in PAGES else "")
    kind_of_data, _, data = image["src"].partition(",")
    assert kind_of_data == "data:image/svg+xml;base64"
    assert "<svg" in base64.b64decode(data).decode()
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{left.html}", encoding="utf-8")
    assert browse(page).execute_script("return document.images[0].naturalWidth") > 50


@pytest.mark.full
@pytest.mark.parametrize("kind", PAGES)
def test_a_trusted_notebook_shows_the_page_alone(kind, browse, tmp_path):
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{shown(PAGES[kind][0]())}", encoding="utf-8")
    driver = browse(page)
    heights = driver.execute_script("""
        const height = (tag) => [...document.querySelectorAll(tag)].map((e) => e.getBoundingClientRect().height);
        return [...height("iframe"), ...height("img"), ...height("p")];""")
    assert heights[0] == FRAME_HEIGHT_PX
    assert set(heights[1:]) == {0}
    assert driver.find_element("tag name", "iframe").get_attribute("sandbox") == "allow-scripts"


def test_a_derivation_is_latex_which_every_notebook_sets():
    x = Value(2.0, "x")
    derivation = viz.derive(x * x, x)
    assert derivation._repr_latex_() == f"$$\n{derivation.latex()}\n$$"
    assert not hasattr(derivation, "_repr_html_")


def test_a_page_without_matplotlib_has_the_sentence_alone(monkeypatch):
    import sys

    page = viz.descent(lambda x: x**2, 3.0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    left = Sanitizer(page._repr_html_())
    assert (left.images, left.text) == ([], REST)


def test_the_titles_in_a_drawing_say_what_is_there():
    drawing = viz.draw(graph(), show=("data", "grad", "partials"))
    svg = viz.render(drawing, "svg").decode()
    for title in ("a = 2, gradient −2", "v₁ = a × b = −6, gradient 1", "a to v₁, local derivative −3"):
        assert f"<title>{title}</title>" in svg
    assert svg.count("<title>") == 4 + 4
    assert f'role="img" aria-label="{drawing.alt}"' in svg
    neurons = viz.render(viz.network(network()), "svg").decode()
    for title in ("input 2", "neuron 2 of layer 2", "neuron 1 of layer 3"):
        assert f"<title>{title}</title>" in neurons
    assert "n0_0" not in neurons.replace("<!-- n0_0", "")
