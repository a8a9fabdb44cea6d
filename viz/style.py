"""How a drawing looks. Kinds of node differ in shape and border as well as in colour, so that it prints in grey."""

import math
from unicodedata import east_asian_width

FONT = "Helvetica,Arial,sans-serif"

GRAPH = {"fontname": FONT, "fontsize": "11", "nodesep": "0.18", "ranksep": "0.42"}
NODE = {"fontname": FONT, "fontsize": "12", "margin": "0.06,0.02", "height": "0.3", "width": "0.3", "penwidth": "1"}
EDGE = {"fontname": FONT, "fontsize": "11", "color": "#555555", "fontcolor": "#1b5e20", "arrowsize": "0.6"}
CLUSTER = {"color": "#9e9e9e", "fontcolor": "#424242", "style": "rounded", "labeljust": "l", "margin": "8"}

KINDS = {
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#ffffff", "color": "#212121"},
    "parameter": {"shape": "box", "style": "filled", "fillcolor": "#dbe9f6", "color": "#1f4e79"},
    "constant": {"shape": "plaintext"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "#f0f0f0", "color": "#757575"},
}
OUTPUT = {"penwidth": "2.5", "color": "#212121"}

CAPTION = "#616161"
DATA = "#000000"
GRAD = "#b3261e"


def number(x: float, digits: int) -> str:
    """A number with `digits` significant digits; nan and inf in words, and no -0."""
    if math.isnan(x):
        return "nan"
    return f"{x + 0.0:.{digits}g}"


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in points, in a font of that size: an estimate by that of a wide font, DejaVu Sans."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;|!'()[]-iIjlrtf":
        return 0.38
    return 0.95 if character in "mMwW%@" else 0.64
