"""A text of mathematics, line by line, in any notation: the result of `viz.derive`."""

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path

from autodiff.extend import write_file
from viz.checks import check_suffix
from viz.mathematics.notation import Latex, MathML, Plain
from viz.pages.markup import Html, element, to_html
from viz.pages.page import Page, asset


@dataclass(frozen=True)
class WrittenLine:
    """A line of mathematics: "left = term + term", where "" repeats the left side of the line above; or "left note".

    The factors of a term are aligned with those of other lines; a term in one piece is not.
    """

    left: str = ""
    terms: tuple[tuple[str, ...], ...] = ()
    note: str = ""


class Writing:
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
            factors = [term for line in lines for term in line.terms if len(term) > 1]
            widths = [max(map(columns, column)) for column in zip_longest(*factors, fillvalue="")]
            for line in lines:
                for i, term in enumerate(line.terms):
                    left, sign = (padded("" if i else line.left, width), "+" if i else "=")
                    cells = map(padded, term, widths) if len(term) > 1 else term
                    texts.append(f"{left} {sign} {' · '.join(cells)}".rstrip())
        return "\n".join(texts)

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """Return an environment `aligned`, for a display equation."""
        rows = []
        for line in self._lines(Latex(self._digits)):
            if line.note:
                rows.append(f"&{line.left}\\text{{{line.note}}}" if line.note.strip() else "&")
            else:
                terms = [" \\cdot ".join(term) for term in line.terms]
                rows.append(f"{line.left} &= {terms[0]}")
                rows += [f"&\\quad + {term}" for term in terms[1:]]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def html(self) -> str:
        """Return a table of MathML, which browsers show without a library and without a network."""
        rows = []
        lines = self._lines(MathML(self._digits))
        widest = max([len(term) for line in lines for term in line.terms], default=1)
        for line in lines:
            if line.note:
                note = (_math(line.left) if line.left else "", line.note)
                rows.append(element("tr", element("td", *note, colspan=2 + widest, class_="muted")))
                continue
            for i, term in enumerate(line.terms):
                cells = [_math(line.left) if i == 0 and line.left else "", "+" if i else "="]
                cells += [
                    _math(Html(f"{element('mo', '·')}{factor}") if k else factor) for k, factor in enumerate(term)
                ]
                span = widest - len(term) + 1
                *first, last = cells
                rest = element("td", last, colspan=span if span > 1 else None)
                rows.append(element("tr", *[element("td", cell) for cell in first], rest))
        return element("table", *rows, class_="derivation")

    def page(self) -> Page:
        """Return the derivation as a page."""
        body = element("div", Html(self.html()), class_="wide", tabindex=0, role="region", aria_label="Derivation")
        return Page(self.title, element("h1", self.title), body, css=asset("derivation.css"))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file and return the path: a page as .html, a display equation as .tex, plain text as .txt.

        Raises:
            ValueError: if the suffix is another.
        """
        path = Path(path)
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


def _math(inside: str) -> Html:
    return element("math", element("mrow", to_html(inside)), display="inline", displaystyle="true")
