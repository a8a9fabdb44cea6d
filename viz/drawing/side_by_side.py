"""Two pictures as one, side by side or one above the other, each with a title."""

from collections.abc import Sequence
from dataclasses import replace

from viz.drawing.paths import moved, polygon
from viz.drawing.picture import Group, Picture, Shape
from viz.drawing.texts import Run, Text

# Lengths are in points.
TITLE_SIZE = 13.0
TITLE_HEIGHT = 17.0
GAP = 16.0  # with a line in its middle


def side_by_side(pictures: Sequence[Picture], titles: Sequence[str], *, stacked: bool = False) -> Picture:
    """Return pictures as one, from left to right, or stacked from top to bottom."""
    lines = [Text(0.0, 0.0, "start", (Run("name", title, TITLE_SIZE, bold=True),)) for title in titles]
    sizes = [(max(p.width, line.width), p.height + TITLE_HEIGHT) for p, line in zip(pictures, lines, strict=True)]
    widest, highest = (max(side) for side in zip(*sizes, strict=True))
    groups, x, y = [], 0.0, 0.0
    for picture, line, (width, height) in zip(pictures, lines, sizes, strict=True):
        if x or y:
            at = (0.0, y - GAP / 2) if stacked else (x - GAP / 2, 0.0)
            line_between = polygon([at, (widest, at[1]) if stacked else (at[0], highest)])
            classes = "cluster", "stacked" if stacked else "abreast"
            groups.append(Group("", classes, "", (Shape("cluster", line_between),)))
        groups.append(Group("", ("title",), "", (line.moved(x, y + 0.8 * TITLE_SIZE),)))
        shift = x - picture.left, y + TITLE_HEIGHT - picture.top
        groups += [_moved(group, *shift) for group in picture.groups]
        x, y = (0.0, y + height + GAP) if stacked else (x + width + GAP, 0.0)
    size = (widest, y - GAP) if stacked else (x - GAP, highest)
    return Picture(tuple(groups), 0.0, 0.0, *size)


def _moved(group: Group, x: float, y: float) -> Group:
    items = [
        item.moved(x, y) if isinstance(item, Text) else replace(item, path=moved(item.path, x, y))
        for item in group.items
    ]
    return replace(group, items=tuple(items))
