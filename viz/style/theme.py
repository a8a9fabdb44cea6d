"""The themes of a picture: light, dark, and gray for print.

A page follows the preference of its reader, light or dark; a picture has one theme, by the option `theme`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from autodiff.extend import check_choice
from viz.style.palette import DARK, LIGHT

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
"""Gray only, so that a black and white printer changes nothing."""

THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType({"light": LIGHT, "dark": DARK, "print": PRINT})


def theme_colors(who: str, theme: str) -> Mapping[str, str]:
    """Return the colors of a theme by what they stand for, or raise a ValueError that names all themes."""
    check_choice(who, "theme", theme, THEMES)
    return THEMES[theme]
