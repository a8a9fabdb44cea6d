"""What moves a picture: sliders with a field for exact numbers, and a list of numbers that follow."""

import math

from viz.pages.javascript import at_least
from viz.pages.page import Html, element
from viz.style.text import format_number

POSITIONS = 200  # of a slider, at least


def slider(label: str, low: float, high: float, value: float, *, whole: bool = False) -> Html:
    """Return a slider; `controls.js` makes it move.

    Args:
        label: what stands before it, a plain text.
        low: its left end.
        high: its right end.
        value: where it begins; the field beside it shows this and takes any number.
        whole: whether only the whole numbers from `low` to `high` are meant.
    """
    step = 1.0 if whole else 1.0 / at_least(POSITIONS / (high - low))
    common = {"min": f"{low!r}", "max": f"{high!r}"}
    return element(
        "div",
        element("span", label, class_="label"),
        element("input", type="range", aria_label=label, step=f"{step:.12g}", value=f"{value:.15g}", **common),
        element(
            "input",
            type="number",
            aria_label=f"{label}, exactly",
            inputmode="decimal",
            step="1" if whole else "any",
            value=format_number(value, 6) if math.isfinite(value) else None,
            **(common if whole else {}),
        ),
        class_="slider",
        role="group",
        aria_label=label,
        data_value=repr(value).replace("inf", "Infinity"),
        data_whole=whole,
    )


def numbers(*rows: tuple[str, str, str]) -> Html:
    """Return a list of numbers that a script fills in, from (id, what is before the number, class)."""
    items = [element("li", before, " ", element("b", id=id_), class_=class_ or None) for id_, before, class_ in rows]
    return element("ul", *items, class_="numbers")


def slider_range(x: float) -> tuple[float, float]:
    """Return a range for a slider that nobody gave one, with 0 in its middle.

    >>> slider_range(2.0), slider_range(0.0)
    ((-5.0, 5.0), (-1.0, 1.0))
    """
    high = at_least(1.5 * abs(x)) if x and math.isfinite(x) else 1.0
    return -high, high


def walking() -> Html:
    """Return the buttons that go along a path of steps; `walk.js` listens to them."""
    buttons = [("back", "◀ Back"), ("forward", "Step ▶"), ("run", "Run"), ("reset", "Start over")]
    return element("div", *[element("button", text, id=id_, type="button") for id_, text in buttons], class_="tools")
