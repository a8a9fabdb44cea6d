"""The themes of a picture, and whether their colours can be told apart by everyone.

The colours themselves are in `viz.style.palette`. Pages choose between light and dark by what the reader prefers, a
picture by `theme=`.
"""

from collections.abc import Mapping, Sequence
from math import dist
from types import MappingProxyType

from autodiff.checks import check_choice
from viz.style.palette import DARK, LIGHT, channels

PRINT: Mapping[str, str] = MappingProxyType(
    {
        **LIGHT,
        "focus": "#000000",
        "parameter": "#e0e0e0",
        "operation": "#f5f5f5",
        "grad": "#4a4a4a",
        "partial": "#4a4a4a",
        "sender": "#d0d0d0",
        "receiver": "#e8e8e8",
        "positive": "#1a1a1a",
        "negative": "#8a8a8a",
    }
)
"""Greys alone: what a black and white printer makes of a picture is then no surprise."""

THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType({"light": LIGHT, "dark": DARK, "print": PRINT})


def theme_colours(who: str, theme: str) -> Mapping[str, str]:
    """Return the colours of a theme by what they stand for, or raise a ValueError that names all themes."""
    check_choice(who, "theme", theme, THEMES)
    return THEMES[theme]


SIGHTS: Mapping[str, Sequence[Sequence[float]]] = MappingProxyType(
    {
        "trichromat": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        "protanope": (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        "deuteranope": (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ),
    }
)
"""Linear red, green and blue as they are seen with all cones, without those for red, without those for green.

From Machado, Oliveira & Fernandes, A physiologically-based model for simulation of color vision deficiency (2009),
table 1, severity 1.0.
"""


def distance(one: str, other: str, sight: str = "trichromat") -> float:
    """Return how different two colours "#rrggbb" look: 100 times their distance in Oklab, so 100 from black to white.

    About 2 is the least difference that is seen side by side; 10 is clear without comparing.

    Args:
        one: a colour.
        other: the other one.
        sight: a name in `SIGHTS`.

    >>> round(distance("#000000", "#ffffff"))
    100
    >>> round(distance("#b3261e", "#1b5e20")), round(distance("#b3261e", "#1b5e20", "protanope"))  # a red and a green
    (26, 4)

    References:
        Ottosson, A perceptual color space for image processing (2020).
    """
    return 100.0 * dist(*[_oklab(_times(SIGHTS[sight], channels(colour))) for colour in (one, other)])


_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def _oklab(linear: Sequence[float]) -> list[float]:
    return _times(_TO_OKLAB, [max(x, 0.0) ** (1 / 3) for x in _times(_TO_CONES, linear)])


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(a * x for a, x in zip(row, vector, strict=True)) for row in matrix]
