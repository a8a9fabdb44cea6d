"""A text of mathematics, line by line, in any notation: the result of `viz.derive`."""

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby, zip_longest
from pathlib import Path

from autodiff import Value
from autodiff.extend import write_file
from viz.graph.checks import check_path, check_suffix
from viz.mathematics.notation import Latex, MathML, Plain
from viz.pages.markup import Html, element, to_html
from viz.pages.page import Page, asset
from viz.pages.showing import Shown

REGION = {"id": "derivation", "tabindex": "0", "role": "region", "aria_label": "Derivation"}  # it scrolls


@dataclass(frozen=True)
class WrittenLine:
    """A line of mathematics: "left = term + term", where "" repeats the left side of the line above; or "left note".

    The factors of a term are aligned with those of other lines; a term in one piece is not. A term whose number is in
    `negative` is subtracted. `role` is the color of its terms, `paths` are the nodes of a graph that each term is about
    (all, if there is one term), and `said` is a sentence for it.
    """

    left: str = ""
    terms: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    negative: Collection[int] = ()
    role: str = ""
    paths: Sequence[Sequence[Value]] = ()
    said: str = ""

    def signed(self, notation: type[Plain]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each term after its sign: =, + or −."""
        for i, term in enumerate(self.terms):
            yield notation.equals if i == 0 else notation.minus if i in self.negative else notation.plus, term


class Writing(Shown):
    """A text of mathematics: `str` is plain text, a notebook shows `latex`, `latex`, `html` and `save` write it.

    Args:
        lines: the lines in a notation.
        digits: the number of significant digits.

    Attributes:
        title: the title of its page.
    """

    title = ""

    def __init__(self, lines: Callable[[Plain], list[WrittenLine]], digits: int) -> None:
        self._lines, self._digits = lines, digits

    def __str__(self) -> str:
        texts: list[str] = []
        for is_note, group in groupby(self._lines(Plain(self._digits)), key=lambda line: bool(line.note)):
            lines = list(group)
            if is_note:
                texts += [f"{line.left}{line.note}".strip() for line in lines]
                continue
            width = max(columns(line.left) for line in lines)
            widths = _widths(lines, columns)
            for line in lines:
                for i, (sign, term) in enumerate(line.signed(Plain)):
                    cells = map(padded, term, widths) if len(term) > 1 else term
                    texts.append(f"{padded('' if i else line.left, width)}{sign}{' · '.join(cells)}".rstrip())
        return "\n".join(texts)

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """Return an environment `alignedat`, for a display equation: the factors of products stand in columns."""
        lines = self._lines(Latex(self._digits))
        widths = _widths(lines, _latex_columns)
        rows, aside = [], "{} && " if widths else " "  # a column for the signs, or none
        for line in lines:
            if line.note:
                note = f"{line.left}\\text{{{line.note.replace('_', chr(92) + '_')}}}"
                rows.append(f"&{aside}{_beside(note, widths)}" if line.note.strip() else "&")
            for i, (sign, term) in enumerate(line.signed(Latex)):
                shown = " && \\cdot ".join(term) if len(term) > 1 else _beside(term[0], widths)
                rows.append(f"{'' if i else line.left} &{sign.strip()}{aside}{shown}")
        return (
            f"\\begin{{alignedat}}{{{len(widths) + 2 if widths else 1}}}\n"
            + " \\\\\n".join(rows)
            + "\n\\end{alignedat}"
        )

    def html(self) -> str:
        """Return a table of MathML, which browsers show without a library and without a network."""
        return self.table()

    def table(self, *, walked: bool = False) -> Html:
        """Return the table; if it is to be walked through, with ids r0, r1, ..., and rows that wait for their step."""
        return element("table", *_bodies(self.blocks(MathML(self._digits)), walked=walked), class_="derivation")

    def blocks(self, notation: Plain) -> list[list[WrittenLine]]:
        """Return the lines in a notation, in the blocks between blank lines."""
        groups = groupby(self._lines(notation), key=lambda line: line.note == " ")
        return [[*lines] for is_blank, lines in groups if not is_blank]

    def page(self) -> Page:
        """Return the derivation as a page."""
        return Page(
            self.title, element("h1", self.title), element("div", self.table(), **REGION), css=asset("derivation.css")
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file and return the path: a page as .html, a display equation as .tex, plain text as .txt.

        Raises:
            ValueError: if the suffix is another.
        """
        path = check_path(path)
        suffix = check_suffix(path, ".html", ".tex", ".txt")
        if suffix == ".html":
            return self.page().save(path)
        content = f"\\[\n{self.latex()}\n\\]\n" if suffix == ".tex" else f"{self}\n"
        return write_file(path, content.encode(errors="replace"))

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"


def columns(text: str) -> int:
    """Return the number of columns that a text takes on a terminal: none for a mark above a letter, two for 日."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def padded(text: str, width: int) -> str:
    """Return a text with spaces up to a number of columns."""
    return text + " " * (width - columns(text))


def _widths(lines: Iterable[WrittenLine], width: Callable[[str], int]) -> list[int]:
    """The width of each column of factors."""
    factors = [term for line in lines for term in line.terms if len(term) > 1]
    return [max(map(width, column)) for column in zip_longest(*factors, fillvalue="")]


def _latex_columns(latex: str) -> int:
    """About the number of characters that LaTeX shows."""
    return len(re.sub(r"\\[a-z]+|[{}^_ ]", "", latex))


def _beside(piece: str, widths: Sequence[int]) -> str:
    """A piece that takes no width from the columns of factors; what it is wider is a space after them.

    MathJax, KaTeX and LaTeX have no cell across several columns in common.
    """
    if not widths:
        return piece
    rest = _latex_columns(piece) - sum(widths) - 2 * len(widths)
    space = f"{' &&' * len(widths)} \\hspace{{{rest / 2:g}em}}" if rest > 0 else ""
    return f"\\rlap{{\\text{{\\(\\displaystyle {piece}\\)}}}}{space}"


def _bodies(blocks: Sequence[Sequence[WrittenLine]], *, walked: bool) -> Iterator[Html]:
    """The blocks of a table, in which all = stand below each other; if it is walked through, all but the first wait."""
    ids = count()
    widest = max([len(term) for block in blocks for line in block for term in line.terms], default=1)
    for number, block in enumerate(blocks):
        rows: list[tuple[Html, ...]] = []
        for line in block:
            color, left = {"class_": line.role or None}, _math(line.left) if line.left else ""
            if line.note:
                rows.append((element("td", left, line.note, colspan=2 + widest, class_="muted"),))
            for i, (sign, (first, *others)) in enumerate(line.signed(Plain)):
                factors = [_math(first), *[_math(Html(f"{element('mo', '·')}{factor}")) for factor in others]]
                span = widest - len(others) if widest > len(factors) else None
                cells = [element("td", left if i == 0 else "", class_="grad" if line.role else None)]
                cells += [element("td", sign.strip()), *[element("td", cell, **color) for cell in factors[:-1]]]
                rows.append((*cells, element("td", factors[-1], colspan=span, **color)))
        look = {"class_": "waiting" if walked and number else None}
        yield element("tbody", *[element("tr", *row, id=f"r{next(ids)}" if walked else None, **look) for row in rows])


def _math(inside: str) -> Html:
    return element("math", element("mrow", to_html(inside)), display="inline", displaystyle="true")
