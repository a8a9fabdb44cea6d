"""What each still draws, with its colors by name: limits, lines, points, texts and images, read back from its axes.

`looks.json` has them of figures that are right by the tests beside and by the eye. What is meant to change is written
by `python -m pytest tests/viz/figures --write`.
"""

import random
from pathlib import Path

import pytest

import viz
from autodiff import Value, sin
from nn import MLP, History
from viz.style.palette import THEMES

np = pytest.importorskip("numpy")
figure = pytest.importorskip("matplotlib.figure")
from matplotlib.colors import to_hex, to_rgb, to_rgba_array  # noqa: E402  # where there is matplotlib

FILE = Path(__file__).with_name("looks.json")


def bumps(a, b):
    """A cost with several minima."""
    return (a * a - 1.5) ** 2 + 0.3 * a + 2.0 * (b - 0.5) ** 2


def course(**parts):
    losses = [4.0 / (1 + i % 4 + i) for i in range(24)]
    return History(losses=losses, epochs=6, **parts)


def line(depth):
    x = y = Value(1.1, "x")
    for _ in range(depth):
        y = sin(y * x) + y
    return y


MODEL, THREE = (MLP(2, [3, n], activation="tanh", rng=random.Random(1)) for n in (1, 3))
SAMPLES = [[0.1 * i * (-1) ** i, 0.3 * (i % 4)] for i in range(9)]
HELD_BACK = {"loss": [3.0, 2.0, 1.0, 0.5, 0.4, 0.05], "accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 0.95], "recall": [0.1, 0.2]}
FIGURES = {
    "cost_curve": lambda theme: viz.cost_curve([(1, 2), (3, 1), (-0.5, 0.25)], m=0.5, c=-1.0, theme=theme),
    "cost_curve of many points": lambda theme: viz.cost_curve([(i, i * i % 5) for i in range(7)], m=-2.0, theme=theme),
    "descent": lambda theme: viz.descent(lambda x: x**4 / 4 - x**2 + x / 4, 2.2, learning_rate=0.08, theme=theme),
    "descent that diverges": lambda theme: viz.descent(
        lambda x: -(x**2), -3.0, learning_rate=0.6, steps=4, theme=theme
    ),
    "contour": lambda theme: viz.cost_contour(bumps, (2.0, 1.5), learning_rate=0.02, steps=9, theme=theme),
    "contour to the right": lambda theme: viz.cost_contour(
        lambda a, b: a**2 + 40 * b**2, (-1.0, 0.1), ranges=((-1.1, 2.0), (-0.2, 0.2)), learning_rate=0.01, theme=theme
    ),
    "history": lambda theme: viz.history(course(), theme=theme),
    "history with metrics": lambda theme: viz.history(
        course(validation=HELD_BACK, training={"loss": [2.0, 1.0], "accuracy": [0.9, 1.0]}), theme=theme
    ),
    "history of four metrics": lambda theme: viz.history(
        History(losses=[2.0, 1.0], epochs=2, validation={name: [0.1 * i, 0.2 * i] for i, name in enumerate("abcd", 1)}),
        theme=theme,
    ),
    "regions": lambda theme: viz.decision_boundary(
        MODEL, SAMPLES, [i % 2 for i in range(9)], threshold=0.5, theme=theme
    ),
    "regions of three": lambda theme: viz.decision_boundary(THREE, SAMPLES, [i % 3 for i in range(9)], theme=theme),
    "weights": lambda theme: viz.weights(MLP(6, [5, 1], rng=random.Random(2)), (2, 3), theme=theme),
    "products": lambda theme: viz.products(line, (1, 3, 6), theme=theme),
}


def looks(plot, theme):
    """(key, what is seen) of each artist of a still: names of colors, styles, and where its points lie."""
    names = {to_rgb(color): name for name, color in reversed(THEMES[theme].items())}

    def color(value):
        rgba = to_rgba_array(value)
        return " ".join(dict.fromkeys(names.get(tuple(map(float, row[:3])), to_hex(row)) for row in rgba[:9]))

    def named(artist):
        return artist.get_label() * (not artist.get_label().startswith("_"))

    def where(points):
        xs = np.nan_to_num(np.asarray(points, float).reshape(-1, 2))
        return [*xs.min(0), *xs.max(0)] if len(xs) else []

    def spread(points):
        return [len(points), *np.mean(points, 0), *np.std(points, 0)]

    canvas = figure.Figure(figsize=plot._size)
    plot.draw(canvas)
    yield "size", [*plot._size]
    for i, axes in enumerate(canvas.axes):
        said = axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale(), axes.get_aspect(), axes.axison
        yield f"{i}", " | ".join(map(str, said))
        yield f"{i} limits", [*axes.get_xlim(), *axes.get_ylim()]
        for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            low, high = sorted(axis.get_view_interval())
            yield f"{i} ticks {name}", [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
        yield f"{i} title", [axes.title.get_fontsize()]
        for k, shown in enumerate(axes.lines):
            style = named(shown), color(shown.get_color()), shown.get_linestyle(), shown.get_marker()
            yield f"{i} line {k}", " ".join(map(str, style))
            widths = shown.get_linewidth(), shown.get_markersize(), shown.get_alpha() or 1.0, shown.get_zorder()
            yield f"{i} line {k} at", [*widths, *spread(shown.get_xydata())]
        for k, text in enumerate(axes.texts):
            said = text.get_text(), color(text.get_color()), text.get_ha(), text.get_va(), len(text.get_path_effects())
            yield f"{i} text {k}", " ".join(map(str, said))
            yield f"{i} text {k} at", [*getattr(text, "xyann", ()), *getattr(text, "xy", ()), text.get_fontsize()]
        for k, image in enumerate(axes.images):
            pixels = np.asarray(image.get_array(), float)
            yield f"{i} image {k}", f"{pixels.shape} {image.origin} {image.get_interpolation()} {image.get_cmap().name}"
            yield f"{i} image {k} at", [*image.get_extent(), pixels.mean(), pixels.std(), *image.get_clim()]
        for k, shape in enumerate(axes.collections):
            points = [point for path in shape.get_paths() for point in path.vertices]
            colors = color(shape.get_facecolor()), color(shape.get_edgecolor()), named(shape)
            yield f"{i} shape {k}", " | ".join(colors)
            widths = np.mean(shape.get_linewidth()), np.mean(getattr(shape, "get_sizes", lambda: [0.0])())
            yield f"{i} shape {k} at", [*widths, *where(points), *spread(shape.get_offsets())]
        if legend := axes.get_legend():
            yield f"{i} legend", f"{[text.get_text() for text in legend.get_texts()]} {legend.get_frame_on()}"
            yield f"{i} legend at", [float(legend._loc), legend._ncols, legend.handletextpad]


@pytest.mark.full
@pytest.mark.parametrize("name", FIGURES)
def test_everything_looks_as_it_did(name, as_measured):
    plot = FIGURES[name]("light")
    as_measured(FILE, name, {"alt": plot.alt, **dict(looks(plot, "light"))}, rel=1e-3, abs=1e-4)


@pytest.mark.full(cases=0)
@pytest.mark.parametrize("name", [name for name in FIGURES if not name.startswith(("regions", "weights"))])
def test_in_the_dark_the_colors_have_the_same_names(name):
    seen = [dict(looks(FIGURES[name](theme), theme)) for theme in ("light", "dark")]
    words = [{key: x for key, x in one.items() if isinstance(x, str) and "#" not in x} for one in seen]
    assert words[0] == words[1]
    assert len(words[0]) > 3
