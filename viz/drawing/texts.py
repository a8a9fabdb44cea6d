"""The texts of a node around its middle, and the size of a node that holds them in any of the usual fonts.

A viewer's font is not known, so no text begins where another one is thought to end: a symbol and the name after it are
one text, and a caption ends where its number begins.
"""

from dataclasses import dataclass, replace

from viz.drawing.content import Content
from viz.drawing.labels import number_text, printable_lines
from viz.graph.alike import shortened
from viz.graph.description import Node
from viz.graph.folding import Folded
from viz.graph.names import isolated
from viz.layout.geometry import Size
from viz.style.text import format_number, text_width

# Lengths are in points.
SYMBOL_SIZE, NUMBER_SIZE, PARTIAL_SIZE, CAPTION_SIZE = 15.0, 14.0, 11.0, 9.0  # sizes of fonts
TITLE_HEIGHT, LINE_HEIGHT, NUMBER_HEIGHT = 19.0, 16.0, 15.5
NAME_SIZE = 12.5
SPACE = 4.0  # gap between a caption and its number
FLAT_GAP = 6.0  # gap between a title and the numbers beside it
MARGIN = 5.0, 3.0  # from the border of a node to its texts, at the sides and above and below


@dataclass(frozen=True)
class Run:
    """A part of a text in one font: its role, such as "name" or "grad", and its characters."""

    role: str
    text: str
    size: float
    bold: bool = False
    italic: bool = False
    key: str = ""  # of a number that changes; "" for the id of its group and its role
    down: float = 0.0  # below the base line, as an index is

    @property
    def width(self) -> float:
        """A bound of its width."""
        return text_width(self.text, self.size, bold=self.bold)


@dataclass(frozen=True)
class Text:
    """A line of text: runs one after the other, which begin, end or have their middle at a point of the base line."""

    x: float
    y: float
    anchor: str  # "start", "middle" or "end"
    runs: tuple[Run, ...]

    @property
    def width(self) -> float:
        """A bound of its width."""
        return sum(run.width for run in self.runs)

    def moved(self, x: float, y: float) -> "Text":
        """Return the text moved by (x, y)."""
        return Text(self.x + x, self.y + y, self.anchor, self.runs)


def node_texts(node: Node, content: Content, *, is_flat: bool = False) -> tuple[Size, list[Text]]:
    """Return the size of a node, and its texts around (0, 0): the title, and its numbers with captions.

    The numbers are below the title, or beside it if the node is to be flat and its title has one line.
    """
    numbers = content.numbers(node)
    titles = _titles(node, content)
    is_flat = is_flat and bool(numbers) and len(titles) == 1
    captions = max((text_width(caption, CAPTION_SIZE) for caption, _ in numbers), default=0.0)
    runs = [_number(node, caption, number, content.digits) for caption, number in numbers]
    widest = max((sum(run.width for run in line) for line in runs), default=0.0)
    width = captions + SPACE + widest if numbers else 0.0
    title = max((sum(run.width for run in line) for line in titles), default=0.0)
    titles_height = TITLE_HEIGHT + (len(titles) - 1) * LINE_HEIGHT if titles else 0.0
    height = len(numbers) * NUMBER_HEIGHT
    inner = (
        (title + FLAT_GAP + width, max(titles_height, height))
        if is_flat
        else (max(title, width), titles_height + height)
    )
    if node.kind in ("constant", "more"):
        size = width + title + 6, inner[1]
    else:
        size = max(inner[0] + 2 * MARGIN[0], 24.0), max(inner[1] + 2 * MARGIN[1], 24.0)
    texts, y = [], -inner[1] / 2
    middle = (title - inner[0]) / 2 if is_flat else 0.0
    for i, line in enumerate(titles):
        y += LINE_HEIGHT if i else TITLE_HEIGHT
        texts.append(Text(middle, 4.5 if is_flat else y - 5, "middle", line))
    if is_flat:
        y = -height / 2
    border = (inner[0] / 2 - width if is_flat else -width / 2) + captions
    for (caption, _), line in zip(numbers, runs, strict=True):
        y += NUMBER_HEIGHT
        texts.append(Text(border, y - 3.5, "end", (Run("caption", caption, CAPTION_SIZE),)))
        texts.append(Text(border + SPACE, y - 3.5, "start", line))
    return size, texts


def _number(node: Node, caption: str, number: str, digits: int) -> tuple[Run, ...]:
    """A number of a node; of a folded box with several results, one of each, with a key of its own."""
    if not isinstance(node, Folded) or len(node.results) == 1:
        return (Run(caption, number, NUMBER_SIZE),)
    runs, between = [], "["
    for i in shortened(len(node.results), 4):
        number = "…" if i is None else format_number(getattr(node, f"all_{caption}")[i], digits)
        key = "" if i is None else f"{node.results[i]}.{caption}"
        runs += [Run("caption", between, NUMBER_SIZE), Run(caption if key else "caption", number, NUMBER_SIZE, key=key)]
        between = ", "
    return (*runs, Run("caption", "]", NUMBER_SIZE))


def name_runs(base: str, index: str, size: float) -> tuple[Run, ...]:
    """Return a name with its index below the line."""
    name = Run("name", base, size, italic=True)
    return (name, Run("name", index, 0.75 * size, italic=True, down=0.25 * size)) if index else (name,)


def name_on_one_line(node: Node, content: Content, size: float) -> tuple[Run, ...]:
    """Return the name of a node on one line, or () if it has none."""
    base, index = content.name(node)
    (line,) = printable_lines(" ".join(base.split()))
    return name_runs(isolated(line), index, size) if line else ()


def _titles(node: Node, content: Content) -> list[tuple[Run, ...]]:
    """The lines of the title: the symbol and the label; for a constant, the number."""
    if node.kind == "constant":
        number = Run("data", number_text(node, "data", content.digits), NUMBER_SIZE)
        name = name_on_one_line(node, content, NAME_SIZE)
        return [(*name, Run("name", "\xa0=\xa0", NAME_SIZE), number) if name else (number,)]
    base, index = content.name(node)
    *lines, last = printable_lines(base)
    names = [*[name_runs(line, "", NAME_SIZE) for line in lines], name_runs(last, index, NAME_SIZE)]
    if not node.symbol:
        return names if node.label else []
    symbol = Run("symbol", node.symbol, SYMBOL_SIZE, bold=True)
    if not node.label:
        return [(symbol,)]
    (first, *more), *others = names
    return [(symbol, replace(first, text=f"\xa0{first.text}"), *more), *others]
