"""Themes: all colors can be read, and told apart by everyone; a picture has those of its theme alone."""

import io
import random
import re
from itertools import combinations

import pytest

import viz
from autodiff import Value
from nn import MLP, History
from viz.style.palette import THEMES

CLEAR = 10.0  # see the fixture color_distance


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_that_alone_tell_something_are_clearly_different_to_everyone(theme, color_distance):
    colors = THEMES[theme]
    groups = [("data", "grad", "partial"), ("focus", "grad", "partial"), ("positive", "negative", "paper")]
    for group in groups:
        for one, other in combinations(group, 2):
            assert color_distance(colors[one], colors[other]) >= CLEAR, (one, other)


def test_the_simulation_keeps_white_black_and_what_is_grey(color_distance):
    gray = ((0x77 / 255 + 0.055) / 1.055) ** 2.4  # its lightness in Oklab is the cube root
    assert color_distance("#000000", "#777777") == pytest.approx(100.0 * gray ** (1 / 3), abs=0.1)  # 6 decimals
    assert color_distance("#000000", "#ffffff") == pytest.approx(100.0, abs=0.1)


def test_red_and_green_are_alike_without_the_cones_for_red(color_distance, request):
    sight = request.node.callspec.params["color_distance"]
    expected = {"trichromat": 26, "protanope": 4, "deuteranope": 10}[sight]
    assert round(color_distance("#b3261e", "#1b5e20")) == expected


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_kind_of_node(theme, contrast):
    colors = THEMES[theme]
    for text in ("ink", "muted", "data", "grad", "partial"):
        for ground in ("paper", "leaf", "parameter", "operation"):
            assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    for line in ("line", "positive", "negative"):
        assert contrast(colors[line], colors["paper"]) >= 3.0, line


def test_print_has_greys_alone():
    pattern = re.compile(r"#(..)\1\1")
    shown = {name: c for name, c in THEMES["print"].items() if not pattern.fullmatch(c)}
    assert shown == {"panel": "#f4f5f7"}  # of pages


@pytest.mark.parametrize("theme", THEMES)
def test_a_drawing_has_the_colors_of_its_theme_alone(theme):
    model = MLP(2, [2, 1], rng=random.Random(0))
    out = model([Value(1.0, "x"), 2.0]) ** 2
    for drawing in (
        viz.draw(out, show=("data", "grad", "partials"), theme=theme),
        viz.draw(out, clusters=model, show=("data", "grad", "partials"), theme=theme),
        viz.draw(out, clusters=model, level="layers", theme=theme),
        viz.network(model, [1.0, 2.0], theme=theme),
    ):
        svg = viz.render(drawing, "svg").decode()
        found = {*re.findall(r'(?:fill|stroke)="(?!none|transparent)(.*?)"', svg)}
        names = {"white": "#ffffff", "black": "#000000"}
        assert {names.get(color, color) for color in found} <= {*THEMES[theme].values(), "#000000"}
    assert f'fill="{THEMES[theme]["paper"]}"' in svg.replace('"white"', '"#ffffff"')


def test_an_unknown_theme_is_refused(refuses):
    with refuses(ValueError, "draw: expected theme to be one of light, dark, print, got 'neon'"):
        viz.draw(Value(1.0), theme="neon")


def stills(theme):
    """A still of every kind."""
    model = MLP(2, [3, 3], rng=random.Random(0))
    return [
        viz.cost_curve([(1, 2), (3, 1)], theme=theme),
        viz.descent(lambda x: x**2, 2.0, theme=theme),
        viz.cost_contour(lambda m, c: m**2 + c**2, (1.0, 0.5), theme=theme),
        viz.history(History(losses=[3.0, 2.0, 1.0], epochs=1, validation={"accuracy": [0.5]}), theme=theme),
        viz.decision_boundary(model, [(0, 0), (1, 0), (0, 1)], [0, 1, 2], theme=theme),
        viz.weights(model, (1, 2), theme=theme),
    ]


@pytest.mark.full
@pytest.mark.parametrize("kind", range(6))
@pytest.mark.parametrize("theme", THEMES)
def test_a_still_of_every_kind_has_a_theme(kind, theme):
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(stills(theme)[kind].still("png"))) as picture:
        pixels = picture.convert("RGB")
    assert "#{:02x}{:02x}{:02x}".format(*pixels.getpixel((0, 0))) == THEMES[theme]["paper"]
    colors = {color for _, color in pixels.getcolors(1 << 24)}
    has_ink = min if theme != "dark" else max
    ink = tuple(int(THEMES[theme]["ink"][i : i + 2], 16) for i in (1, 3, 5))
    assert abs(has_ink(map(sum, colors)) - sum(ink)) < 100  # letters and lines stand out from the ground
    if theme == "print":
        assert all(max(color) - min(color) <= 2 for color in colors)  # gray
