"""Pictures: SVG, PNG and PDF, by the Graphviz of a wheel or of the system, and what is said when there is none."""

import builtins
import copy
import io
import pickle
import random
import re
import stat
import subprocess
import sys

import graphviz
import pytest

import viz
from autodiff import MissingDependencyError, Value, exp
from nn import MLP, History
from viz.style.palette import THEMES


@pytest.fixture
def drawing():
    return viz.draw(Value(2.0, "a") * Value(3.0, "b"))


@pytest.fixture
def without(monkeypatch):
    """A function that makes a package impossible to import."""

    def hide(package: str) -> None:
        real = builtins.__import__

        def fake(name, *args, **kwargs):
            if name.split(".")[0] == package:
                raise ModuleNotFoundError(f"No module named {name!r}", name=package)
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", fake)
        for module in [
            m for m in sys.modules if m.split(".")[0] == package or m in ("viz.drawing.dot", "viz.drawing.drawing")
        ]:
            monkeypatch.delitem(sys.modules, module)

    return hide


@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_a_drawing_is_saved_in_the_format_of_the_suffix(drawing, tmp_path, suffix, magic):
    path = viz.save(drawing, tmp_path / f"graph.{suffix}")
    assert path.read_bytes().startswith(magic)
    assert len(path.read_bytes()) > 1000


@pytest.mark.parametrize("name", ["graph.gif", "graph", "graph.svg.txt"])
def test_another_suffix_is_refused_and_nothing_is_written(drawing, tmp_path, name):
    with pytest.raises(ValueError, match=f"^save: expected a file name that ends in .svg, .png or .pdf, got '{name}'$"):
        viz.save(drawing, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_another_format_is_refused(drawing):
    with pytest.raises(ValueError, match=r"^render: expected one of svg, png, pdf, got 'gif'$"):
        viz.render(drawing, "gif")


def test_without_pygraphviz_a_dot_on_the_path_draws(drawing, tmp_path, monkeypatch, without):
    dot = tmp_path / "dot"  # a stand-in that notes how it was called, and with what, and gives a picture
    (tmp_path / "picture").write_bytes(viz.render(drawing, "png"))
    dot.write_text(f'#!/bin/sh\n(echo "$@"; cat) > {tmp_path}/called\ncat {tmp_path}/picture\n')
    dot.chmod(dot.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    without("pygraphviz")
    assert viz.render(drawing, "png").startswith(b"\x89PNG")
    assert (tmp_path / "called").read_text() == f"-Tpng -Gdpi=192\n{drawing.source}"


def test_a_failing_dot_is_an_error_with_its_words(drawing, tmp_path, monkeypatch, without):
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho syntax error in line 1 >&2\nexit 1\n")
    dot.chmod(dot.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    without("pygraphviz")
    with pytest.raises(ValueError, match=r"^render: Graphviz cannot draw this: syntax error in line 1$"):
        viz.render(drawing, "png")


def test_without_any_graphviz_one_line_says_what_to_install(drawing, monkeypatch, without):
    monkeypatch.setenv("PATH", "")
    without("pygraphviz")
    assert viz.render(drawing, "svg").startswith(b"<?xml")  # which is written here
    with pytest.raises(MissingDependencyError) as error:
        viz.render(drawing, "png")
    message = (
        'viz.save needs the package pygraphviz (or a system Graphviz): pip install ".[viz]" in the folder of chainrule'
    )
    assert str(error.value) == message


def test_without_graphviz_one_line_says_what_to_install(without):
    without("graphviz")
    with pytest.raises(MissingDependencyError) as error:
        viz.draw(Value(1.0))
    assert str(error.value) == 'viz.draw needs the package graphviz: pip install ".[viz]" in the folder of chainrule'


def test_dot_text_that_is_not_dot_is_a_value_error():
    code = "import viz; viz.render('graph {', 'svg')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ValueError: render: Graphviz cannot draw this" in ran.stderr


def test_a_value_is_not_a_drawing(refuses):
    with refuses(TypeError, "render: expected a drawing, got Value; use draw(loss) for a Value"):
        viz.render(Value(1.0), "svg")


def test_graphviz_own_methods_need_no_system_graphviz(drawing, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert drawing.pipe(format="png").startswith(b"\x89PNG")
    assert drawing.render(tmp_path / "graph", format="pdf") == str(tmp_path / "graph.pdf")
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_drawings_save_themselves_as_pictures(drawing, tmp_path, suffix, magic):
    for one in (drawing, viz.network(MLP(2, [1]))):
        path = one.save(tmp_path / f"graph.{suffix}")
        assert path == tmp_path / f"graph.{suffix}"
        written = [each.read_bytes() for each in (path, viz.save(one, tmp_path / f"other.{suffix}"))]
        assert written[0].startswith(magic)
        first, second = [re.sub(rb"/CreationDate \(D:\d+Z\)", b"", content) for content in written]
        assert first == second


def test_graphviz_still_writes_the_source(drawing, tmp_path):
    assert graphviz.Digraph.save(drawing, tmp_path / "graph.gv") == str(tmp_path / "graph.gv")
    assert (tmp_path / "graph.gv").read_text() == drawing.source


def test_a_copied_drawing_saves_itself(tmp_path):
    network = viz.network(MLP(2, [1]))
    for i, other in enumerate([copy.deepcopy(network), pickle.loads(pickle.dumps(network)), network.copy()]):
        assert other.save(tmp_path / f"{i}.svg").read_bytes() == viz.save(network, tmp_path / "first.svg").read_bytes()


def test_a_drawing_refuses_what_save_refuses(drawing, tmp_path, refuses):
    with refuses(ValueError, "save: expected a file name that ends in .svg, .png or .pdf, got 'graph.gif'"):
        drawing.save(tmp_path / "graph.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "suffix", "begins"),
    [
        (lambda f, x: viz.descent(exp, 1.0), "svg", b"<?xml"),
        (lambda f, x: viz.descent(exp, 1.0), "html", b"<!doctype html>"),
        (lambda f, x: viz.history(History(losses=[1.0, 0.5], epochs=2)), "png", b"\x89PNG"),
        (lambda f, x: viz.steps(f), "html", b"<!doctype html>"),
        (lambda f, x: viz.explore(f), "html", b"<!doctype html>"),
        (lambda f, x: viz.derive(f, x), "tex", b"\\["),
    ],
)
def test_what_has_a_save_of_its_own_is_saved_by_it(make, suffix, begins, tmp_path):
    x = Value(2.0, "x")
    path = viz.save(make(x * x, x), str(tmp_path / f"it.{suffix}"))
    assert path == tmp_path / f"it.{suffix}"
    assert path.read_bytes().startswith(begins)


def test_what_cannot_be_saved_is_refused_in_words(drawing, tmp_path, refuses):
    x = Value(1.0, "x")
    with refuses(
        TypeError, "save: expected a path, got GraphDrawing; the drawing comes first, as in save(drawing, 'f.svg')"
    ):
        viz.save("a.svg", drawing)
    with refuses(TypeError, "render: expected a drawing, got Page; save it with its save(path)"):
        viz.render(viz.explore(x * x), "svg")
    with refuses(TypeError, "render: expected a drawing, got Value; use draw(loss) for a Value"):
        viz.save(x * x, tmp_path / "a.svg")
    with refuses(ValueError, "save: expected a file name that ends in .html, .tex or .txt, got 'a.svg'"):
        viz.save(viz.derive(x * x, x), tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("character", ["a", '"', "é", "🎲", "\n"])
def test_a_label_is_as_long_as_graphviz_can_read(character, refuses):
    assert viz.render(viz.draw(Value(1.0, character * 2000)), "pdf").startswith(b"%PDF")
    drawing = viz.draw(Value(1.0, character * 2001) * 2.0)
    message = (
        f"render: Graphviz reads labels of at most 2000 characters, got 2001 in {character * 20 + '…'!r}; "
        "shorten it, or save the drawing as .svg"
    )
    for draws in (lambda: viz.render(drawing, "png"), lambda: viz.render(drawing, "pdf"), drawing.tikz):
        with refuses(ValueError, message):
            draws()


def test_an_svg_has_a_label_of_any_length():
    assert "a" * 20_000 in viz.render(viz.draw(Value(1.0, "a" * 20_000) * 2.0), "svg").decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pixel_of_a_png_is_opaque_and_its_border_is_ground(theme, small):
    image = pytest.importorskip("PIL.Image")
    model = MLP(2, [2, 1], rng=random.Random(0))
    placed = viz.draw(model([Value(0.5), Value(1.0)]), clusters=model, theme=theme)
    paper = tuple(int(THEMES[theme]["paper"][i : i + 2], 16) for i in (1, 3, 5))
    for drawing in (viz.draw(small, theme=theme), placed, viz.network(model, theme=theme)):
        with image.open(io.BytesIO(viz.render(drawing, "png"))) as png:
            pixels = png.convert("RGBA")
        assert pixels.getextrema()[3] == (255, 255)
        width, height = pixels.size
        border = {pixels.getpixel((x, y)) for x in (0, width - 1) for y in range(height)}
        border |= {pixels.getpixel((x, y)) for x in range(width) for y in (0, height - 1)}
        assert border == {(*paper, 255)}
