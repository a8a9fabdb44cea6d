"""Pictures and pages open in the browser, have a short repr, and are shown by `%load_ext viz`."""

import random
import sys
import tempfile
import webbrowser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

import viz
from autodiff import Value, tanh
from nn import MLP, Dropout, History, Linear, Sequential

X = Value(0.5, "x")
Y = tanh(2.0 * X)
SHOWN = {
    "draw": (lambda: viz.draw(Y), "graphdrawing.svg", "<svg"),
    "network": (lambda: viz.network(MLP(2, [3, 1])), "drawing.svg", "<svg"),
    "steps": (lambda: viz.steps(Y), "steps.html", "<!doctype html>"),
    "explore": (lambda: viz.explore(Y), "page.html", "<!doctype html>"),
    "derive": (lambda: viz.derive(Y, X), "derivation.html", "<!doctype html>"),
    "cost_curve": (lambda: viz.cost_curve([(1, 2), (3, 1)]), "figure.html", "<!doctype html>"),
    "history": (lambda: viz.history(History([0.5, 0.25], epochs=2)), "still.svg", "<svg"),
}


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """Addresses that the browser was told to open; the folders of `show` are under tmp_path."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return addresses


@pytest.mark.parametrize(("make", "name", "beginning"), SHOWN.values(), ids=SHOWN)
def test_show_opens_a_file_in_the_browser(make, name, beginning, opened, capsys):
    make().show()
    (address,) = opened
    path = Path(url2pathname(urlparse(address).path))
    assert path.name == name
    assert beginning in path.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_without_a_browser_show_says_where_it_wrote(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    viz.draw(Y).view()
    path = Path(capsys.readouterr().out.removeprefix("wrote ").strip())
    assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_in_a_notebook_show_displays(monkeypatch):
    displayed = []
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=displayed.append))
    page = viz.explore(Y)
    page.show()
    assert displayed == [page]


@pytest.mark.parametrize("make", [make for make, _, _ in SHOWN.values()], ids=SHOWN)
def test_a_number_is_no_path(make):
    with pytest.raises(TypeError, match=r"^save: expected a path, got int(; the drawing comes first, as in .*)?$"):
        make().save(3)


@pytest.mark.parametrize("make", [make for make, _, _ in SHOWN.values()], ids=SHOWN)
def test_no_repr_has_an_address(make):
    assert " at 0x" not in repr(make())


def test_a_repr_is_short_and_says_what_is_shown():
    assert repr(viz.explore(Y)).startswith("<Page: ")
    drawing = repr(viz.draw(sum((X**k for k in range(2, 30)), Y)))
    assert drawing.startswith("<GraphDrawing: ")
    assert drawing.endswith("…>")
    assert len(drawing) == len("<GraphDrawing: >") + 70


@pytest.fixture(scope="module")
def shown():
    """What a notebook shows of a thing after %load_ext viz: IPython calls the function of the first of its classes."""
    functions = {}
    formatter = SimpleNamespace(for_type=functions.__setitem__)
    viz.load_ipython_extension(SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter})))
    return lambda thing: next(functions[kind] for kind in type(thing).__mro__ if kind in functions)(thing)


def test_a_notebook_shows_values_models_and_histories(shown):
    assert '<img src="data:image/svg+xml' in shown(Y)
    assert '<img src="data:image/svg+xml' in shown(MLP(2, [3, 1]))
    assert '<img src="data:image/svg+xml' in shown(History([0.5, 0.25], epochs=2))
    parts = Sequential(Linear(2, 3), Dropout(0.5, rng=random.Random(0)), Linear(3, 1))
    assert shown(parts).startswith("<pre>Sequential(Linear(2, 3), Dropout(0.5), Linear(3, 1))\n")


def test_what_has_no_picture_keeps_its_text(shown):
    assert shown(X) is None
    assert shown(History()) is None
    assert shown(sum(Value(float(i)) for i in range(1, 600))) is None
