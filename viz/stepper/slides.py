"""Steps as slides: a PDF with a page for each, painted by matplotlib from the same picture that a page shows."""

import io
import re
from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from autodiff.extend import needed
from viz.drawing.picture import Group, Picture, Shape, Text, points_of
from viz.drawing.svg import MARK_FILLS, State, is_painted, paint_of
from viz.style.palette import LIGHT

if TYPE_CHECKING:
    from viz.stepper.step import Step

WIDTH, HEIGHT = 960.0, 540.0  # points: 16 to 9
MARGIN, SENTENCES = 30.0, 150.0  # at the sides, and for the sentences below
SMALLEST, LARGEST = 0.9, 2.6  # times that the picture is enlarged; a larger one shows what happens, not all
LETTERS = (24.0, 68)  # of the sentence: the size, and how many of them in a line
SMALL_LETTERS = (17.0, 100)
FONT_SCALE = 0.97  # DejaVu Sans, which matplotlib brings, is wider than most


def slides(title: str, steps: Iterable["Step"]) -> bytes:
    """Return the PDF."""
    with needed("viz.steps(...).save", "matplotlib", "figures"):
        import matplotlib as mpl
        from matplotlib.backends.backend_pdf import PdfPages
    out = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(out, metadata={"Title": title, "CreationDate": None}) as pdf:
        for step in steps:
            pdf.savefig(_slide(step))
    return out.getvalue()


def _slide(step: "Step") -> Any:
    """A figure with a picture, what is said, and the number of the step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
    axes = _axes(figure, 0.0, HEIGHT)
    _paint(_axes(figure, 0.0, HEIGHT - SENTENCES), step.picture, step.state)
    y = HEIGHT - SENTENCES + 34
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
    """A part of the page, in points from its upper left corner; what leaves it is cut off."""
    axes = figure.add_axes((0.0, 1.0 - (top + height) / HEIGHT, 1.0, height / HEIGHT))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return axes


def _paint(axes: Any, picture: Picture, state: State) -> None:
    """The picture, as large as it fits; of one that would be too small, the part where something happens."""
    room = WIDTH - 2 * MARGIN, HEIGHT - SENTENCES - MARGIN
    fit = min(room[0] / picture.width, room[1] / picture.height, LARGEST)
    scale = max(fit, SMALLEST)
    x, y = picture.left + picture.width / 2, picture.top + picture.height / 2
    if scale > fit:
        spots = [
            group for group in picture.groups if state.marks.get(group.id, "") in (*MARK_FILLS, "active", "feeding")
        ]
        points = [point for group in spots for item in group.items for point in _corners(item)]
        if points:
            xs, ys = zip(*points, strict=True)
            x = _between((min(xs) + max(xs)) / 2, picture.left, picture.width, WIDTH / scale)
            y = _between((min(ys) + max(ys)) / 2, picture.top, picture.height, (HEIGHT - SENTENCES) / scale)
    left, top = WIDTH / 2 - x * scale, MARGIN + room[1] / 2 - y * scale
    for z, group in enumerate(picture.groups):
        mark = state.marks.get(group.id, "")
        for item in group.items:
            _paint_item(axes, group, item, mark, state, (left, top, scale), z)


def _corners(item: Shape | Text) -> list[tuple[float, float]]:
    return points_of(item.path) if isinstance(item, Shape) else [(item.x, item.y)]


def _between(middle: float, start: float, size: float, seen: float) -> float:
    """The middle of what is seen: near the one wanted, without looking past the ends of the picture."""
    if size <= seen:
        return start + size / 2
    return min(max(middle, start + seen / 2), start + size - seen / 2)


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
    shown = state.texts.get(f"{group.id}.{item.role}", item.text) if group.id else item.text
    if shown.strip():
        axes.text(
            left + item.x * scale,
            top + item.y * scale,
            shown,
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
    """An SVG path of moves, lines and curves, as matplotlib has it."""
    from matplotlib.path import Path

    codes: list[Any] = []
    points: list[tuple[float, float]] = []
    for letter, rest in re.findall(r"([MLCZ])([^MLCZ]*)", path):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", rest)]
        found = [(left + x * scale, top + y * scale) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if letter == "Z":
            found = [points[0]]
        codes += [{"M": Path.MOVETO, "L": Path.LINETO, "C": Path.CURVE4, "Z": Path.CLOSEPOLY}[letter]] * len(found)
        points += found
    return Path(points, codes)
