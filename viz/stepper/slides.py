"""Steps as slides: a PDF with a page for each step, painted by matplotlib from the picture that the player shows."""

import io
import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from autodiff.extend import needed
from viz.drawing.paths import points_of
from viz.drawing.picture import Group, Picture, Shape, Text
from viz.drawing.svg import MARK_FILLS, State, is_painted, paint_of
from viz.stepper.step import Step
from viz.style.palette import LIGHT

# Lengths are in points.
WIDTH, HEIGHT = 960.0, 540.0  # size of a slide, 16 to 9
MARGIN = 30.0  # margin at the sides
SENTENCE_HEIGHT = 150.0  # height of the sentences below the picture
MIN_SCALE, MAX_SCALE = 0.9, 2.6  # scales of the picture; of one too large for the least scale, a part is shown
LETTERS = (24.0, 68)  # the font size of the first sentence, and the number of its letters in a line
SMALL_LETTERS = (17.0, 100)  # the same for the other sentences
FONT_SCALE = 0.97  # DejaVu Sans, the font of matplotlib, is wider than most


def slides(title: str, steps: Iterable[Step]) -> bytes:
    """Return the steps as slides in a PDF."""
    with needed("viz.steps(...).save", "matplotlib", "figures"):
        import matplotlib as mpl
        from matplotlib.backends.backend_pdf import PdfPages
    file, metadata = io.BytesIO(), {"Title": title, "CreationDate": None}
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(file, metadata=metadata) as pdf:
        for step in steps:
            pdf.savefig(_slide(step))
    return file.getvalue()


def _slide(step: Step) -> Any:
    """A figure with the picture, the sentence and the number of a step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
    axes = _axes(figure, 0.0, HEIGHT)
    _paint(_axes(figure, 0.0, HEIGHT - SENTENCE_HEIGHT), step.picture, step.state)
    y = HEIGHT - SENTENCE_HEIGHT + 34
    for i, paragraph in enumerate(str(step).split("\n")):
        size, letters = SMALL_LETTERS if i else LETTERS
        for line in wrap(paragraph, letters):
            _write(axes, MARGIN, y, line, size, LIGHT["muted" if i else "ink"])
            y += size * 1.35
    _write(axes, WIDTH - MARGIN, HEIGHT - 14, str(step.number), 12, LIGHT["muted"], ha="right")
    return figure


def _write(axes: Any, x: float, y: float, text: str, size: float, color: str, **options: Any) -> None:
    axes.text(x, y, text, fontsize=size, color=color, va="baseline", parse_math=False, **options)


def _axes(figure: Any, top: float, height: float) -> Any:
    """A strip of the page, with coordinates in points from its top left corner, which clips its content."""
    axes = figure.add_axes((0.0, 1.0 - (top + height) / HEIGHT, 1.0, height / HEIGHT))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return axes


def _paint(axes: Any, picture: Picture, state: State) -> None:
    """Paint the picture as large as possible; if it would be too small, the part with the marks of the step."""
    room = WIDTH - 2 * MARGIN, HEIGHT - SENTENCE_HEIGHT - MARGIN
    fit = min(room[0] / picture.width, room[1] / picture.height, MAX_SCALE)
    scale = max(fit, MIN_SCALE)
    x, y = picture.left + picture.width / 2, picture.top + picture.height / 2
    if scale > fit:
        spots = [
            group for group in picture.groups if state.marks.get(group.id, "") in (*MARK_FILLS, "active", "feeding")
        ]
        points = [point for group in spots for item in group.items for point in _corners(item)]
        if points:
            xs, ys = zip(*points, strict=True)
            x = _between((min(xs) + max(xs)) / 2, picture.left, picture.width, WIDTH / scale)
            y = _between((min(ys) + max(ys)) / 2, picture.top, picture.height, (HEIGHT - SENTENCE_HEIGHT) / scale)
    left, top = WIDTH / 2 - x * scale, MARGIN + room[1] / 2 - y * scale
    for z, group in enumerate(picture.groups):
        mark = state.marks.get(group.id, "")
        for item in group.items:
            _paint_item(axes, group, item, mark, state, (left, top, scale), z)


def _corners(item: Shape | Text) -> list[tuple[float, float]]:
    return points_of(item.path) if isinstance(item, Shape) else [(item.x, item.y)]


def _between(middle: float, start: float, size: float, visible: float) -> float:
    """The middle of the visible part: near `middle`, without going past the ends of the picture."""
    if size <= visible:
        return start + size / 2
    return min(max(middle, start + visible / 2), start + size - visible / 2)


def _paint_item(
    axes: Any, group: Group, item: Shape | Text, mark: str, state: State, place: tuple[float, float, float], z: int
) -> None:
    from matplotlib.patches import PathPatch

    left, top, scale = place
    paint = paint_of(group, item, mark)
    alpha = 0.4 if mark == "waiting" else 1.0
    if isinstance(item, Shape):
        if is_painted(group, item, state) and (paint.fill or paint.stroke):
            xs = [x for x, _ in _corners(item)]
            if max(xs) * scale + left < 0 or min(xs) * scale + left > WIDTH:
                return
            patch = PathPatch(
                _path(item.path, left, top, scale),
                facecolor=LIGHT.get(paint.fill, "none"),
                edgecolor=LIGHT.get(paint.stroke, "none"),
                linewidth=float(paint.width) * scale,
                alpha=alpha,
                zorder=z,
            )
            axes.add_patch(patch)
        return
    text = state.texts.get(f"{group.id}.{item.role}", item.text) if group.id else item.text
    if text.strip():
        axes.text(
            left + item.x * scale,
            top + item.y * scale,
            text,
            fontsize=item.size * scale * FONT_SCALE,
            color=LIGHT[paint.fill],
            weight="bold" if item.bold or (mark == "active" and item.role == "partial") else "normal",
            style="italic" if item.italic else "normal",
            va="baseline",
            alpha=alpha,
            zorder=z + 0.5,
            parse_math=False,
            clip_on=True,
        )


def _path(path: str, left: float, top: float, scale: float) -> Any:
    """An SVG path of moves, lines and curves, as a path of matplotlib."""
    from matplotlib.path import Path

    codes: list[Any] = []
    points: list[tuple[float, float]] = []
    for letter, rest in re.findall(r"([MLCZ])([^MLCZ]*)", path):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", rest)]
        new = [(left + x * scale, top + y * scale) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if letter == "Z":
            new = [points[0]]
        codes += [{"M": Path.MOVETO, "L": Path.LINETO, "C": Path.CURVE4, "Z": Path.CLOSEPOLY}[letter]] * len(new)
        points += new
    return Path(points, codes)
