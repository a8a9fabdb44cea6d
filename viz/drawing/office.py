"""A picture as shapes of an office program, which can be edited there: DrawingML, with the places of the SVG.

Source: ISO/IEC 29500-1, Office Open XML, part 20.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from viz.drawing.picture import Group, Picture, Shape
from viz.drawing.svg import Paint, State, color_of, is_bold, painted, text_of
from viz.drawing.texts import Text
from viz.layout.geometry import Point, Rect
from viz.pages.markup import Html, element

EMU = 12_700  # units of DrawingML in a point
ASCENT, LINE = 0.905, 1.15  # of Arial: from the top of a line to its base line, and the height of a line
LOWERED = 0.7  # the size of an index as a share of that of its run, about, in office programs
FONT, CODE_FONT = "Arial", "Courier New"
NAMESPACES = {
    "xmlns:a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "xmlns:p": "http://schemas.openxmlformats.org/presentationml/2006/main",
}
PIECES = {"M": "a:moveTo", "L": "a:lnTo", "C": "a:cubicBezTo", "Z": "a:close"}


@dataclass(frozen=True)
class Frame:
    """The place of a picture on a slide: of its top left corner, in points, and its size as a share of its own."""

    left: float
    top: float
    scale: float


def drawing_ml(picture: Picture, state: State, colors: Mapping[str, str], frame: Frame, alt: str) -> str:
    """Return a picture at one moment as one group of shapes, in which each node and each edge is a group.

    A node is a rectangle, a line is a curve, a text is a box of text; `alt` says what it shows.
    """
    return str(_Writer(picture, state, colors, frame).picture(alt))


class _Writer:
    def __init__(self, picture: Picture, state: State, colors: Mapping[str, str], frame: Frame) -> None:
        self._picture, self._state, self._colors, self._frame = picture, state, colors, frame
        self._numbers = count(1000)  # a slide has fewer shapes of its own

    def picture(self, alt: str) -> Html:
        groups = [(group, self._items(group, painted(group, self._state))) for group in self._picture.groups]
        shapes = [self._group(group.title or group.id, items) for group, items in groups if items]
        corner = self._picture.left, self._picture.top
        size = self._picture.width, self._picture.height
        place = self._placed((*corner, corner[0] + size[0], corner[1] + size[1]))
        return self._group("Computation graph", [(place, shape) for _, shape in shapes], alt, **NAMESPACES)[1]

    def _items(self, group: Group, items: Iterable[tuple[Shape | Text, Paint, bool]]) -> list[tuple[Rect, Html]]:
        shown = [
            self._text(group, item) if isinstance(item, Text) else self._shape(item, paint, is_dashed)
            for item, paint, is_dashed in items
        ]
        return [shape for shape in shown if shape is not None]

    def _group(self, name: str, shapes: Sequence[tuple[Rect, Html]], alt: str = "", **space: str) -> tuple[Rect, Html]:
        """Shapes as one, which has their place, and that place."""
        x0, y0, x1, y1 = zip(*[place for place, _ in shapes], strict=True)
        place = min(x0), min(y0), max(x1), max(y1)
        names = element("p:nvGrpSpPr", self._name(name, alt), element("p:cNvGrpSpPr"), element("p:nvPr"))
        transform = element("p:grpSpPr", element("a:xfrm", *_rect(place), *_rect(place, "ch")))
        return place, element("p:grpSp", names, transform, *[shape for _, shape in shapes], **space)

    def _shape(self, shape: Shape, paint: Paint, is_dashed: bool) -> tuple[Rect, Html]:
        points = [_pairs(text) for _, text in _pieces(shape.path)]
        xs, ys = zip(*[point for piece in points for point in piece], strict=True)
        place = self._placed((min(xs), min(ys), max(xs), max(ys)))
        outline = self._box(place, points[0][0][0] - min(xs)) if _is_box(shape) else self._path(shape.path, place)
        line = [self._fill(paint.stroke)] if paint.stroke else [element("a:noFill")]
        line += [element("a:prstDash", val="dash")] if is_dashed else []
        width = round(EMU * float(paint.width) * self._frame.scale)
        look = self._fill(paint.fill), element("a:ln", *line, w=width)
        return place, self._sp(shape.role, element("p:spPr", element("a:xfrm", *_rect(place)), outline, *look))

    def _box(self, place: Rect, radius: float) -> Html:
        """A rectangle, with round corners if the radius is not 0."""
        side = min(place[2] - place[0], place[3] - place[1])
        share = round(100_000 * radius * EMU * self._frame.scale / side)
        name = "roundRect" if radius > 0.01 else "rect"
        guides = [element("a:gd", name="adj", fmla=f"val {min(share, 50_000)}")] if radius > 0.01 else []
        return element("a:prstGeom", element("a:avLst", *guides), prst=name)

    def _path(self, path: str, place: Rect) -> Html:
        """A path of SVG as a free form."""
        pieces = [
            element(PIECES[command], *[self._point(*point, place) for point in points])
            for command, text in _pieces(path)
            for points in _in_threes(_pairs(text), 3 if command == "C" else 1)
        ]
        size = {"w": round(place[2] - place[0]), "h": round(place[3] - place[1])}
        way = element("a:path", *pieces, **size, fill=None if path.endswith("Z") else "none")
        return element("a:custGeom", element("a:avLst"), element("a:pathLst", way))

    def _text(self, group: Group, text: Text) -> tuple[Rect, Html] | None:
        """A box of text, whose base line is that of the picture whatever its width."""
        runs = [(text_of(group, run, self._state), run) for run in text.runs]
        if not any(shown for shown, _ in runs):
            return None
        size, width = max(run.size for _, run in runs), text.width
        left = text.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
        top = text.y - ASCENT * size
        place = self._placed((left, top, left + width, top + LINE * size))
        spans = [
            element(
                "a:r",
                element(
                    "a:rPr",
                    self._fill(color_of(group, run)),
                    element("a:latin", typeface=CODE_FONT if run.role == "code" else FONT),
                    sz=round(100 * run.size * self._frame.scale / (LOWERED if run.down else 1.0)),
                    baseline=-25_000 if run.down else None,
                    b=int(is_bold(group, run, self._state)),
                    i=int(run.italic),
                ),
                element("a:t", shown),
            )
            for shown, run in runs
            if shown
        ]
        align = element("a:pPr", algn={"start": "l", "middle": "ctr", "end": "r"}[text.anchor])
        inset = dict.fromkeys(("lIns", "tIns", "rIns", "bIns"), 0)
        body = (
            element("a:bodyPr", wrap="none", anchor="t", **inset),
            element("a:lstStyle"),
            element("a:p", align, *spans),
        )
        frame = element("a:xfrm", *_rect(place)), self._box(place, 0.0), element("a:noFill")
        return place, self._sp("text", element("p:spPr", *frame), element("p:txBody", *body))

    def _sp(self, name: str, *parts: Html) -> Html:
        properties = element("p:cNvSpPr", txBox=1 if name == "text" else None)
        return element("p:sp", element("p:nvSpPr", self._name(name), properties, element("p:nvPr")), *parts)

    def _name(self, name: str, alt: str = "") -> Html:
        return element("p:cNvPr", id=next(self._numbers), name=name, descr=alt or None)

    def _fill(self, color: str) -> Html:
        if color not in self._colors:
            return element("a:noFill")
        return element("a:solidFill", element("a:srgbClr", val=self._colors[color].removeprefix("#").upper()))

    def _placed(self, rect: Rect) -> Rect:
        """A rectangle of the picture on the slide, in units of DrawingML; none is flat."""
        (x0, y0), (x1, y1) = self._at(*rect[:2]), self._at(*rect[2:])
        return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)

    def _at(self, x: float, y: float) -> Point:
        left, top, scale = self._frame.left, self._frame.top, self._frame.scale
        return EMU * (left + scale * (x - self._picture.left)), EMU * (top + scale * (y - self._picture.top))

    def _point(self, x: float, y: float, place: Rect) -> Html:
        u, v = self._at(x, y)
        return element("a:pt", x=round(u - place[0]), y=round(v - place[1]))


def _is_box(shape: Shape) -> bool:
    return shape.role in ("box", "cluster", "ground", "line")


def _rect(place: Rect, kind: str = "") -> list[Html]:
    """The corner and the size of a place; of kind "ch", of what is in it."""
    off, ext = ("a:chOff", "a:chExt") if kind else ("a:off", "a:ext")
    x, y = round(place[0]), round(place[1])
    return [element(off, x=x, y=y), element(ext, cx=round(place[2]) - x, cy=round(place[3]) - y)]


def _pieces(path: str) -> list[tuple[str, str]]:
    """The commands of a path of SVG, each with its points."""
    return re.findall(r"([MLCZ])([^MLCZ]*)", path)


def _pairs(text: str) -> list[Point]:
    numbers = [float(number) for number in re.findall(r"[-\d.]+", text)]
    return [*zip(numbers[::2], numbers[1::2], strict=True)]


def _in_threes(points: Sequence[Point], size: int) -> list[Sequence[Point]]:
    """The points of each piece of a command; one without points has one piece."""
    return [points[i : i + size] for i in range(0, len(points), size)] or [[]]
