"""A picture written as SVG: for a page, whose rules color it, or as a file, colored and with a sentence below."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from viz.drawing.paths import coordinate
from viz.drawing.picture import Group, Picture, Shape
from viz.drawing.texts import Run, Text
from viz.pages.markup import Html, element
from viz.style.attributes import FILLS
from viz.style.palette import LIGHT
from viz.style.text import FONT, text_width

CAPTION_SIZE = 15.0  # font size of the sentence below a picture, in points
MIN_WIDTH = 460.0  # least width of a picture with a sentence, in points

TEXT_COLORS = {"caption": "muted", "name": "ink", "symbol": "ink", "code": "ink"}  # where a role is not a color
CODE_FONT = "DejaVu Sans Mono,Menlo,Consolas,monospace"
WAITING = "5 4"  # dashes of the border of a node that is not computed yet
HEAVY = "receiver", "computed"  # marks of a node that has just got a number
MARK_FILLS = {"sender": "sender", "receiver": "receiver", "computed": "receiver"}


@dataclass(frozen=True)
class State:
    """A picture at one moment: texts by key, such as "n3.grad" or "e5.partial", and marks by the id of a group.

    The texts with the keys in `lit` are underlined, except on a page, which does that itself.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    lit: Set[str] = frozenset()


class Paint(NamedTuple):
    """The fill and the stroke of an item as names of colors, "" for none, and the width of the stroke."""

    fill: str
    stroke: str = ""
    width: str = "0"


LINES = {"now": Paint("receiver"), "calls": Paint("", "line", "1")}  # of the ground of a line of code, by its mark


def paint_of(group: Group, item: Shape | Text, mark: str, *, busy: bool = False) -> Paint:
    """Return the paint of an item of a group with a mark.

    If the picture is `busy`, a node has just got a number, and it alone has a heavy border; else the output has one.
    """
    if isinstance(item, Text):
        return Paint(color_of(group, item.runs[-1]))
    if item.role == "box":
        fill = MARK_FILLS.get(mark) or next(FILLS[kind] for kind in FILLS if kind in group.classes)
        is_output = "output" in group.classes
        is_heavy = mark in HEAVY or (is_output and not busy)
        if "circuit" in group.classes and "operation" not in group.classes:  # the name of a leaf has no border
            return Paint(fill)
        return Paint(fill, "ink" if is_output or mark in MARK_FILLS else "line", "2.5" if is_heavy else "1")
    if item.role == "line":
        return LINES.get(mark, Paint(""))
    if item.role == "ground":
        return Paint("paper")
    if item.role == "head" if mark == "active" else item.role in ("tail", "stub"):
        return Paint("")
    if item.role == "cluster":
        return Paint("", "line", "0.7")
    own = next((sign for sign in ("positive", "negative") if sign in group.classes), "line")
    stroke = "grad" if mark in ("active", "sent") else "ink" if mark == "feeding" else own
    is_heavy = mark in ("active", "feeding") and item.role in ("wire", "stub")
    return Paint(stroke if item.role in ("head", "tail") else "", stroke, "3" if is_heavy else "1")


def color_of(group: Group, run: Run) -> str:
    """Return the name of the color of a text: a value is green in a circuit, as is the custom."""
    return "forward" if run.role == "data" and "circuit" in group.classes else TEXT_COLORS.get(run.role, run.role)


def is_numbered(group: Group, state: State) -> bool:
    """Return whether an edge has its number by now, and so its ground."""
    return state.texts.get(f"{group.id}.partial") != ""


def painted(group: Group, state: State) -> Iterator[tuple[Shape | Text, Paint, bool]]:
    """Yield what is seen of a group, each item with its paint, and whether its border is dashed."""
    mark = state.marks.get(group.id, "")
    busy = not {*HEAVY}.isdisjoint(state.marks.values())
    for item in group.items:
        paint = paint_of(group, item, mark, busy=busy)
        is_hole = not isinstance(item, Text) and item.role == "ground" and not is_numbered(group, state)
        if (paint.fill or paint.stroke) and not is_hole:
            width = item.width if isinstance(item, Shape) and paint.stroke else 0.0
            paint = paint._replace(width=coordinate(max(float(paint.width), width)))
            yield item, paint, mark == "waiting" and isinstance(item, Shape) and item.role == "box"


def text_of(group: Group, run: Run, state: State) -> str:
    """Return the characters of a run at one moment."""
    return state.texts.get(_key(group, run), run.text)


def is_bold(group: Group, run: Run, state: State) -> bool:
    """Return whether a run is bold at one moment: its own look, or that of a partial on an active edge."""
    return run.bold or (run.role == "partial" and state.marks.get(group.id) == "active")


def _key(group: Group, run: Run) -> str:
    """The key of a number that changes, or ""."""
    return run.key or (f"{group.id}.{run.role}" if group.id and run.role in ("data", "grad", "partial") else "")


def svg(
    picture: Picture,
    state: State,
    colors: Mapping[str, str] = LIGHT,
    *,
    alt: str = "",
    sentence: str = "",
    lines: int = 0,
    interactive: bool = False,
) -> Html:
    """Return a picture as SVG.

    Args:
        picture: the picture.
        state: the marks, and the texts that differ from those in the picture.
        colors: the colors of a theme.
        alt: what it shows, in words.
        sentence: a sentence below.
        lines: the least number of lines to reserve for it, so that all pictures of a series have one size.
        interactive: whether it is for a page, whose rules color it. Then each group and each number has an id.
    """
    groups = [_svg_group(group, state, None if interactive else colors) for group in picture.groups]
    width, height = (max(picture.width, MIN_WIDTH) if sentence else picture.width), picture.height
    left = picture.left - (width - picture.width) / 2
    wrapped = wrap(sentence, picture.width)
    step = CAPTION_SIZE * 1.35
    for i, line in enumerate(wrapped):
        x, y = coordinate(left + width / 2), coordinate(picture.top + height + step * (i + 1))
        look = {"font_size": CAPTION_SIZE, "text_anchor": "middle", "fill": colors["ink"]}
        groups.append(element("text", line, x=x, y=y, **look))
    if sentence:
        height += step * (max(lines, len(wrapped)) + 0.6)
    corner = {"x": coordinate(left), "y": coordinate(picture.top)}
    size = {"width": coordinate(width), "height": coordinate(height)}
    return element(
        "svg",
        *([] if interactive else [element("rect", **corner, **size, fill=colors["paper"])]),
        *groups,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=" ".join([*corner.values(), *size.values()]),
        width=f"{size['width']}pt",
        height=f"{size['height']}pt",
        font_family=FONT,
        class_="graph" if interactive else None,
        role="img",
        aria_label=" ".join(filter(None, (sentence, alt))),
    )


def svgs(pictures: Mapping[str, Sequence[Picture]], state: State, alt: str) -> dict[str, list[Html]]:
    """Return the layouts of a page as SVG, by the state of the boxes."""
    return {
        folded: [svg(picture, state, alt=alt, interactive=True) for picture in layouts]
        for folded, layouts in pictures.items()
    }


def _svg_group(group: Group, state: State, colors: Mapping[str, str] | None) -> Html:
    """A group; without colors it is for a page, whose rules color it by its classes."""
    items = []
    if colors is None:
        for item in group.items:
            if isinstance(item, Text):
                items.append(_svg_text(group, item, state, colors))
            else:
                width = coordinate(item.width) if item.width else None
                items.append(element("path", d=item.path, class_=item.role, stroke_width=width))
    else:
        for item, paint, is_dashed in painted(group, state):
            if isinstance(item, Text):
                items.append(_svg_text(group, item, state, colors))
                continue
            fill, stroke = (colors.get(color, "none") for color in (paint.fill, paint.stroke))
            dashes, width = WAITING if is_dashed else None, paint.width if paint.stroke else None
            look = {"stroke": stroke, "stroke_width": width, "stroke_dasharray": dashes}
            items.append(element("path", d=item.path, fill=fill, **look))
    bare = "" if is_numbered(group, state) else "bare"  # the ground of a missing number would be a hole in its edge
    classes = " ".join(filter(None, [*group.classes, state.marks.get(group.id), bare]))
    title = [element("title", group.title)] if group.title else []
    if colors is not None:
        return element("g", *title, *items, class_=classes)
    folds = {"data_box": group.box or None, "data_holds": " ".join(group.holds) or None}
    return element("g", *title, *items, id=group.id or None, class_=classes, **folds)


def _svg_text(group: Group, text: Text, state: State, colors: Mapping[str, str] | None) -> Html:
    """A text; if it has more than one run, they follow each other, whatever the font."""
    place = {"x": coordinate(text.x), "y": coordinate(text.y)}
    if text.anchor != "start":
        place["text_anchor"] = text.anchor
    if len(text.runs) == 1:
        return _svg_run("text", group, text.runs[0], state, colors, **place)
    falls = [below.down - above.down for above, below in pairwise((Run("", "", 0.0), *text.runs))]
    shifts = [{"dy": coordinate(fall)} if fall else {} for fall in falls]
    runs = zip(text.runs, shifts, strict=True)
    return element("text", *[_svg_run("tspan", group, run, state, colors, **shift) for run, shift in runs], **place)


def _svg_run(tag: str, group: Group, run: Run, state: State, colors: Mapping[str, str] | None, **place: str) -> Html:
    return element(
        tag,
        text_of(group, run, state),
        **place,
        font_size=coordinate(run.size),
        font_weight="bold" if is_bold(group, run, state) else None,
        font_style="italic" if run.italic else None,
        font_family=CODE_FONT if run.role == "code" else None,
        class_=run.role if colors is None else None,
        id=(_key(group, run) or None) if colors is None else None,
        text_decoration="underline" if colors is not None and _key(group, run) in state.lit else None,
        fill=None if colors is None else colors[color_of(group, run)],
    )


def wrap(sentence: str, width: float) -> list[str]:
    """Return a sentence in lines that fit under a picture of a width."""
    lines: list[str] = []
    for paragraph in sentence.split("\n") if sentence else []:
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".strip()
            if line and 0.85 * text_width(longer, CAPTION_SIZE) > max(width, MIN_WIDTH) - 10:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
