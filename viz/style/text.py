"""The font of drawings, the digits of a number, and the width of a text."""

import math
from unicodedata import east_asian_width

FONT = "Helvetica,Arial,sans-serif"


def format_number(x: float, digits: int) -> str:
    """Return a number with `digits` significant digits; "nan" and "inf" for those, and 0 without a sign."""
    if math.isnan(x):
        return "nan"
    return f"{x + 0.0:.{digits}g}"


def text_width(text: str, size: float) -> float:
    """Return the width of a text in points, at a font size: an estimate for DejaVu Sans, which is wider than most."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    """The width of a character as a share of the font size."""
    if east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;|!'()[]-iIjlrtf":
        return 0.38
    return 0.95 if character in "mMwW%@" else 0.64
