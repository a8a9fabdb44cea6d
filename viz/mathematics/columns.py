"""Columns of numbers, aligned at their point: by invisible characters, as no notation of mathematics aligns these."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from viz.mathematics.notation import Plain

_NUMBER = re.compile(r"(\(?−?)(\d+|∞|nan)(.*)")


def at_point(rows: Sequence[Sequence[str]], plain: Sequence[Sequence[str]], notation: Plain) -> list[tuple[str, ...]]:
    """Return rows of numbers in a notation, with the same width in each column and the points below each other.

    Args:
        rows: the numbers in the notation; rows may be shorter than others.
        plain: the same in plain text.
        notation: the notation.

    >>> at_point([["0.5", "2"], ["(−10)"]], [["0.5", "2"], ["(−10)"]], Plain())
    [('   0.5', '2'), ('(−10) ',)]
    """
    widths = []
    for column in zip_longest(*plain):
        parts = [match.groups() for cell in column if cell and (match := _NUMBER.fullmatch(cell))]
        widths.append([max((part[i] for part in parts), key=len, default="") for i in range(3)])
    padded = []
    for row, texts in zip(rows, plain, strict=True):
        cells = []
        for cell, text, (sign, whole, rest) in zip(row, texts, widths, strict=False):
            if match := _NUMBER.fullmatch(text):
                before = sign[len(match[1]) :] if not match[1] else ""
                before += "0" * (len(whole) - len(match[2]))
                cell = notation.row(notation.phantom(before), cell, notation.phantom(rest[len(match[3]) :]))
            cells.append(cell)
        padded.append(tuple(cells))
    return padded
