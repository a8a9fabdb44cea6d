"""The controls of a page: sliders with a field for exact numbers, lists of numbers, and buttons."""

import math

from viz.pages.help import help_button, help_of
from viz.pages.markup import Html, element
from viz.pages.scales import round_up

MAX_LABEL = 7  # characters of a label that leave room for its slider beside a graph
MIN_POSITIONS = 200  # least number of positions of a slider


def slider(label: str, low: float, high: float, value: float, *, whole: bool = False) -> Html:
    """Return a slider from `low` to `high`; the field beside it accepts any number, `controls.js` connects the two.

    If `whole`, only whole numbers are allowed.
    """
    step = 1.0 if whole else 1.0 / round_up(MIN_POSITIONS / (high - low))
    ends = {"min": f"{low!r}", "max": f"{high!r}"}
    return element(
        "div",
        element("span", label, class_="label"),
        element("input", type="range", aria_label=label, step=f"{step:.12g}", value=f"{value:.15g}", **ends),
        element(
            "input",
            type="number",
            aria_label=f"{label}, exactly",
            inputmode="decimal",
            step="1" if whole else "any",
            value=f"{value:.6g}" if math.isfinite(value) else None,
            **(ends if whole else {}),
        ),
        class_="slider" if len(label) <= MAX_LABEL else "slider long",
        role="group",
        aria_label=label,
        data_value=repr(value).replace("inf", "Infinity"),
        data_whole=whole,
    )


def number_list(*rows: tuple[str, str, str]) -> Html:
    """Return a list of numbers that a script fills in, from rows of (id, text before the number, class)."""
    items = [element("li", before, " ", element("b", id=id_), class_=class_ or None) for id_, before, class_ in rows]
    return element("ul", *items, class_="numbers")


def default_range(x: float) -> tuple[float, float]:
    """Return the range of a slider for x if the caller gives none: symmetric around 0.

    >>> default_range(2.0), default_range(0.0)
    ((-5.0, 5.0), (-1.0, 1.0))
    """
    high = round_up(1.5 * abs(x)) if 1e-300 < abs(x) < 1e300 else 1.0  # beyond, the steps of a slider are no floats
    return -high, high


def step_buttons() -> Html:
    """Return the buttons that move along a path of steps; `walk.js` listens to them."""
    buttons = [("back", "◀ Back"), ("forward", "Step ▶"), ("run", "Run"), ("reset", "Start over")]
    shown = [element("button", text, id=id_, type="button") for id_, text in buttons]
    keys = help_of({"→ Page Down": "the next step", "← Page Up": "the step before"})
    return element("div", *shown, help_button(), keys, class_="tools")
