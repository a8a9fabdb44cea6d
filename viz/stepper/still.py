"""The code and the chain rule beside a graph on paper, where lines are lit by the same marks as on a page."""

from collections.abc import Sequence
from typing import TypeAlias

from viz.drawing.paths import polygon
from viz.drawing.picture import Group, Picture, Shape
from viz.drawing.texts import CAPTION_SIZE, PARTIAL_SIZE, Run, Text
from viz.stepper.factors import Factor, Row
from viz.stepper.views import Views
from viz.style.text import text_width

# Lengths are in points.
CODE_SIZE, LINE_HEIGHT, ROW_HEIGHT, GAP = 12.0, 15.5, 29.0, 18.0
CHARACTER = 0.61 * CODE_SIZE  # width of a character of code
LEAST_WIDTH = 260.0

Rect: TypeAlias = tuple[float, float, float, float]
Entry: TypeAlias = tuple[str, Sequence[Text], Rect | None]
"""The id of a line or a factor, its texts, and its ground, which is lit."""


def with_views(picture: Picture, views: Views) -> Picture:
    """Return a picture with the views of its steps at its left; the same picture if there are none."""
    if not views.listings:
        return picture
    widest = max(len(line) for listing in views.listings for line in listing.lines)
    column = _Column(max(widest * CHARACTER + 12, LEAST_WIDTH))
    for listing in views.listings:
        column.heading(listing.heading)
        for i, line in enumerate(listing.lines):
            column.line(f"{listing.key}-{i}", line)
    if views.factors:
        column.heading("Chain rule")
        for row in views.factors.rows:
            column.row(row)
    left, height = picture.left - GAP - column.width, max(column.y, picture.height)
    down = picture.top + picture.height / 2 - column.y / 2
    top = min(down, picture.top)
    groups = tuple([_moved(group, left, down) for group in column.groups])
    return Picture((*groups, *picture.groups), left, top, picture.left + picture.width - left, height)


class _Column:
    """Groups below each other, from (0, 0) on."""

    def __init__(self, width: float) -> None:
        self.width, self.y = width, 0.0
        self.groups: list[Entry] = []

    def heading(self, text: str) -> None:
        self.y += LINE_HEIGHT
        self._add("", _text(0, self.y - 4, Run("caption", text, CAPTION_SIZE)))

    def line(self, id_: str, code: str) -> None:
        text = _text(6, self.y + 11.5, Run("code", code.replace(" ", "\xa0"), CODE_SIZE))
        self._add(id_, text, ground=(0, self.y, self.width, self.y + LINE_HEIGHT))
        self.y += LINE_HEIGHT

    def row(self, row: Row) -> None:
        """A derivative; a path or a factor for which there is no room begins on the next line."""
        x = self._word(0.0, f"{row.left} = ")
        for i, path in enumerate(row.paths or [[]]):
            x = self._word(x, " + ") if i else x
            needed = sum(text_width(factor.text, PARTIAL_SIZE) + 14 if factor else 14 for factor in path)
            if i and x + needed > self.width:
                x, self.y = 20.0, self.y + ROW_HEIGHT
            x = self._product(x, path) if path else self._word(x, "1" if row.paths else "0")
        x = self._word(x, " + … = " if row.is_cut else " = ")
        self._add("", _text(x, self.y + 11, Run("grad", "", PARTIAL_SIZE, key=f"{row.leaf}.grad")))
        self.width = max(self.width, x + 50)
        self.y += ROW_HEIGHT

    def _product(self, x: float, path: Sequence[Factor | None]) -> float:
        for i, factor in enumerate(path):
            x = self._word(x, " · ") if i else x
            if factor is None:
                x = self._word(x, "…")
                continue
            width = max(text_width(factor.text, PARTIAL_SIZE), 40.0)
            if i and x + width > self.width:
                x, self.y = 20.0, self.y + ROW_HEIGHT
            symbol = Run("name", factor.text, PARTIAL_SIZE)
            number = Run("partial", "", PARTIAL_SIZE, key=f"{factor.edge}.partial")
            texts = [_text(x + width / 2, self.y + down, run, "middle") for down, run in ((11, symbol), (23, number))]
            self._add(factor.id, *texts, ground=(x, self.y, x + width, self.y + ROW_HEIGHT - 3))
            x += width
        return x

    def _word(self, x: float, word: str) -> float:
        run = Run("name", word.replace(" ", "\xa0"), PARTIAL_SIZE)
        self._add("", _text(x, self.y + 11, run))
        return x + run.width

    def _add(self, id_: str, *texts: Text, ground: Rect | None = None) -> None:
        self.groups.append((id_, texts, ground))


def _text(x: float, y: float, run: Run, anchor: str = "start") -> Text:
    return Text(x, y, anchor, (run,))


def _moved(entry: Entry, x: float, y: float) -> Group:
    id_, texts, ground = entry
    shapes = []
    if ground:
        left, top, right, bottom = ground[0] + x, ground[1] + y, ground[2] + x, ground[3] + y
        shapes.append(Shape("line", polygon([(left, top), (right, top), (right, bottom), (left, bottom)])))
    return Group(id_, ("code",), "", (*shapes, *[text.moved(x, y) for text in texts]))
