"""The font of drawings, the digits of a number, and the width of a text."""

import math
import re
from unicodedata import category, combining, east_asian_width

FONT = "Helvetica,Arial,sans-serif"


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_parts(x: float, digits: int) -> tuple[str, str, str]:
    """Return the sign of a number, "-" or "", its significant digits, and the exponent of 10, "" for none.

    >>> number_parts(-123456.0, 4), number_parts(0.5, 4)
    (('-', '1.235', '5'), ('', '0.5', ''))
    """
    text, _, exponent = f"{x + 0.0:.{digits}g}".partition("e")  # + 0.0: 0 has no sign
    return "-" * text.startswith("-"), text.removeprefix("-"), str(int(exponent)) if exponent else ""


def format_number(x: float, digits: int) -> str:
    """Return a number with `digits` significant digits, as one writes it.

    >>> [format_number(x, 4) for x in (-123456.0, 1e-20, -0.0, -float("inf"))]
    ['−1.235·10⁵', '10⁻²⁰', '0', '−∞']
    """
    sign, mantissa, exponent = number_parts(x, digits)
    power = f"10{exponent.translate(SUPERSCRIPTS)}" if exponent else ""
    mantissa = "" if power and mantissa == "1" else "∞" if mantissa == "inf" else mantissa
    return ("−" if sign else "") + "·".join(filter(None, (mantissa, power)))


def format_count(n: int) -> str:
    """Return a count, exact with up to 15 digits.

    >>> format_count(3325419741000), format_count(2**1000)
    ('3,325,419,741,000', '1.07·10³⁰¹')
    """
    if n < 10**15:
        return f"{n:,}"
    exponent = math.floor(math.log10(n))
    return f"{10 ** (math.log10(n) - exponent):.2f}·10{str(exponent).translate(SUPERSCRIPTS)}"


def before_point(text: str, digits: int) -> str:
    """Return what a number of `digits` digits lacks before its point, to be aligned at it: a sign, and digits.

    >>> before_point("−1.5", 4), before_point("120", 4)
    ('000', '−0')
    """
    whole = re.sub(r"^−|[^\d].*", "", text)
    return text and "−" * (text[0] != "−") + "0" * (digits - len(whole))


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in points, at a font size: a bound for Helvetica, Arial and DejaVu Sans."""
    return size * (1.11 if bold else 1.0) * sum(_em(character) for character in text)


# The characters up to a width, as a share of the font size. Source: the tables of the fonts; a test compares them.
_WIDTHS = {
    0.35: " ,./:;\\|·'Iijl\xa0⁽⁾′",
    0.45: "()-[]ft!r²³⁰¹⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉",
    0.65: '"*J`cszεζ∂⁻?L_kvxyγκλνξχΓ$0123456789FTabdeghnopqu{}βδηθμρτΞΣ√éß',
    0.85: "ABEKPSVXYZCNRU&DGHOQ#+−<=>^w~∞σ",
    1.05: "M%Wm@…→←⋮—",
}
_EM = {character: width for width, characters in _WIDTHS.items() for character in characters}


def _em(character: str) -> float:
    """The width of a character as a share of the font size."""
    if character in _EM:
        return _EM[character]
    if combining(character) or category(character) == "Cf":
        return 0.0
    if character >= "\U0001f000":
        return 1.4
    return 1.0 if east_asian_width(character) in "WF" or "\u0600" <= character < "\u0780" else 0.9
