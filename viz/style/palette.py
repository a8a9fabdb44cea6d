"""The colors of pages and pictures, each named by its meaning: one set for light screens and paper, one for dark.

A page follows the preference of its reader, light or dark; a picture has one theme, by the option `theme`: light, dark,
or gray for print.

The contrast of a text with its ground is at least 4.5 to 1, that of a line or border at least 3 to 1 (WCAG 2.2, AA).
Where color alone carries a meaning, readers without red or green cones can tell the colors apart too. Tests hold both.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from autodiff.extend import check_choice

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#ffffff",
        "panel": "#f4f5f7",
        "ink": "#1a1a1a",
        "muted": "#595959",
        "line": "#6b6b6b",
        "focus": "#0b57d0",
        "leaf": "#ffffff",
        "parameter": "#dbe9f6",
        "operation": "#f0f0f0",
        "data": "#000000",
        "forward": "#1b6e2d",
        "grad": "#b3261e",
        "partial": "#006d77",
        "sender": "#fde7e5",
        "receiver": "#fff1c2",
        "positive": "#0b57d0",
        "negative": "#c2410c",
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#14161a",
        "panel": "#20242b",
        "ink": "#ececec",
        "muted": "#b4b8bf",
        "line": "#979ba3",
        "focus": "#8ab4f8",
        "leaf": "#14161a",
        "parameter": "#1d3550",
        "operation": "#2a2e36",
        "data": "#ffffff",
        "forward": "#7ee08a",
        "grad": "#ff8a80",
        "partial": "#8fe3e8",
        "sender": "#56211d",
        "receiver": "#4d3e0a",
        "positive": "#8ab4f8",
        "negative": "#ff9a55",
    }
)


PRINT: Mapping[str, str] = MappingProxyType(
    {
        **LIGHT,
        "focus": "#000000",
        "parameter": "#e0e0e0",
        "operation": "#f5f5f5",
        "forward": "#1a1a1a",
        "grad": "#4a4a4a",
        "partial": "#4a4a4a",
        "sender": "#d0d0d0",
        "receiver": "#e8e8e8",
        "positive": "#1a1a1a",
        "negative": "#8a8a8a",
    }
)
"""Gray only, so that a black and white printer changes nothing."""

Theme: TypeAlias = Literal["light", "dark", "print"]
THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    dict(zip(get_args(Theme), (LIGHT, DARK, PRINT), strict=True))
)


def variables(colors: Mapping[str, str]) -> str:
    """Return the colors as CSS variables: "--ink:#1a1a1a;..."."""
    return "".join(f"--{name}:{color};" for name, color in colors.items())


def theme_colors(who: str, theme: str) -> Mapping[str, str]:
    """Return the colors of a theme by what they stand for, or raise a ValueError that names all themes."""
    check_choice(who, "theme", theme, THEMES)
    return THEMES[theme]
