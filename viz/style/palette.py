"""The colours of pages and pictures, each by what it stands for: once for light screens and paper, once for dark ones.

Text meets its ground with a contrast of at least 4.5 to 1, lines and borders of at least 3 to 1 (WCAG 2.2, AA). What is
told apart by colour alone is so for those who do not see red or green, too: 
"""

from collections.abc import Mapping
from types import MappingProxyType

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
        "grad": "#ff8a80",
        "partial": "#8fe3e8",
        "sender": "#56211d",
        "receiver": "#4d3e0a",
        "positive": "#8ab4f8",
        "negative": "#ff9a55",
    }
)


def variables(colours: Mapping[str, str]) -> str:
    """Return the colours as CSS variables: "--ink:#1a1a1a;..."."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
