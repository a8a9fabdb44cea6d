"""Mathematics line by line, in any notation: what `derive` returns."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from autodiff.extend import write_file
from viz.mathematics.notation import Latex, MathML, Plain
from viz.pages.page import Html, Page, asset, element, text

CELL = "text-align:left"  # a notebook has rules of its own for tables, and for their rows


@dataclass(frozen=True)
class Line:
    """A line of a derivation: "left = term + term"; `left` is "" where it is that of the line above.

    `note` is said instead of a formula.
    """

    left: str = ""
    terms: tuple[str, ...] = ()
    note: str = ""


class Writing:
    """Something that is written line by line, in any of the three notations.

    `str` is the plain text; a notebook shows mathematics.
    """

    title = ""

    def __init__(self, lines: Callable[[Plain], list[Line]], digits: int) -> None:
        self._lines, self._digits = lines, digits

    def __str__(self) -> str:
        out: list[str] = []
        lines = self._lines(Plain(self._digits))
        for is_note, block in groupby(lines, key=lambda line: bool(line.note)):
            group = list(block)
            if is_note:
                out += [line.note.strip() for line in group]
                continue
            width = max(len(line.left) for line in group)
            for line in group:
                lefts = [line.left, *[""] * (len(line.terms) - 1)]
                signs = ["=", *["+"] * (len(line.terms) - 1)]
                out += [f"{a:{width}} {sign} {term}" for a, sign, term in zip(lefts, signs, line.terms, strict=True)]
        return "\n".join(out)

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """An environment `aligned`, for a display equation."""
        rows = []
        for line in self._lines(Latex(self._digits)):
            if line.note:
                rows.append(f"&\\text{{{line.note}}}" if line.note.strip() else "&")
            else:
                rows.append(f"{line.left} &= {line.terms[0]}")
                rows += [f"&\\quad + {term}" for term in line.terms[1:]]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def html(self) -> str:
        """A table of MathML, which browsers show with no help and no network."""
        rows = []
        for line in self._lines(MathML(self._digits)):
            if line.note:
                rows.append(_row(element("td", line.note, colspan=3, class_="muted", style=CELL)))
                continue
            for i, term in enumerate(line.terms):
                cells = (_math(line.left) if i == 0 and line.left else "", "+" if i else "=", _math(term))
                rows.append(_row(*[element("td", cell, style=CELL) for cell in cells]))
        return element("table", *rows, class_="derivation")

    def page(self) -> Page:
        """The derivation as a page of its own."""
        body = element("div", Html(self.html()), class_="wide", tabindex=0, role="region", aria_label="Derivation")
        return Page(self.title, element("h1", self.title), body, css=asset("derivation.css"))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file and return the path: .html a page, .tex a display equation, .txt or .md the plain text.

        Raises:
            ValueError: if the suffix is another.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".html":
            return self.page().save(path)
        if suffix not in (".tex", ".txt"):
            raise ValueError(f"save: expected a file name that ends in .html, .tex or .txt, got {path.name!r}")
        content = f"\\[\n{self.latex()}\n\\]\n" if suffix == ".tex" else f"{self}\n"
        return write_file(path, content.encode(errors="replace"))

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_html_(self) -> str:
        return element("div", Html(self.html()), style="overflow-x:auto")


def _row(*cells: Html) -> Html:
    return element("tr", *cells, style="background:none")


def _math(inside: str) -> Html:
    return element("math", element("mrow", text(inside)), display="inline", displaystyle="true")
