"""The player: a page that shows a forward and a backward pass step by step."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from viz.pages.frame import framed, heading, size_buttons
from viz.pages.help import SIZE_KEYS, help_button, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.page import Page, asset
from viz.style.legend import LEGEND, Legend

Changes: TypeAlias = tuple[list[tuple[str, str]], Mapping[str, str], Mapping[str, str], str]
"""The changes of a step: texts by key, marks by id of a group, which stay, spots by id, which do not, and its kind."""

KEYS = {
    "→ ↓ Page Down": "the next step; after the last, in a deck, the next slide",
    "← ↑ Page Up": "the step before; before the first, in a deck, the slide before",
    "Shift and → or ←": "the next node, the node before",
    "Home, End": "the first step, the last step",
    "B": "where the backward pass begins",
    "Space, P": "play or pause",
    "F": "full screen",
    "a finger sideways": "the next step, the step before",
    **SIZE_KEYS,
}
OF_CODE = {"a press on a line of code": "the next step that executes it"}
OF_PASSES = ("Shift and → or ←", "B")  # the keys for what has two passes


def player_page(
    title: str,
    pictures: Mapping[str, Sequence[Html]],
    boxes: Sequence[str],
    table: Html,
    sentences: Sequence[Sequence[str]],
    changes: Sequence[Changes],
    side: Sequence[Html] = (),
    entries: Legend = LEGEND,
    beside: Html | None = None,
    assets: Sequence[str] = ("board.css",),
) -> Page:
    """Return the page of the player, with the picture and the table before the first step, the sentences and changes.

    `pictures` are layouts of the picture before the first step, by the state of the `boxes` that fold. Each step has a
    sentence, the class and the text of its pieces in turn, and changes. What is at the `side` stands on the left of the
    graph, above the sentence; what is `beside` it on its right, or below it, with assets of its own.
    """
    seed = seed_of(changes)
    keys = {key: what for key, what in KEYS.items() if seed is not None or key not in OF_PASSES}
    keys |= OF_CODE if side else {}
    says, frame = element("p", id="says", aria_live="polite"), framed(pictures)
    shown = [element("div", frame, beside, class_="pair") if beside else frame, says]
    if side:
        shown = [element("div", element("div", *side, says, class_="side"), frame, class_="views")]
    tools = player_tools(changes, help_button())
    parts = [heading(title, boxes), *shown, tools, legend(entries=entries), help_of(keys, table)]
    names = ["graph.css", "frame.css", "steps.css", "point.js", "frame.js", "deck.js", "steps.js"]
    names += ["views.css"] * bool(side) + [*assets] * (beside is not None)
    css, js = ("".join(asset(name) for name in names if name.endswith(suffix)) for suffix in (".css", ".js"))
    return Page(title, *parts, css=css, js=js, data=player_data(sentences, changes))


def seed_of(changes: Sequence[Changes]) -> int | None:
    """Return the step at which the backward pass begins, if there is one."""
    return next((i for i, (*_, kind) in enumerate(changes) if kind == "seed"), None)


def player_data(sentences: Sequence[Sequence[str]], changes: Sequence[Changes]) -> dict[str, Any]:
    """Return the steps as `steps.js` reads them."""
    seed, last = seed_of(changes), len(changes) - 1
    steps = [[sentence, *change] for sentence, change in zip(sentences, changes, strict=True)]
    return {"seed": last if seed is None else seed, "steps": steps}


def player_tools(changes: Sequence[Changes], *more: Html) -> Html:
    """Return the buttons of the player, and more after them."""
    seed, last = seed_of(changes), len(changes) - 1
    return element(
        "div",
        *[
            element("button", name, id=name.lower(), type="button", hidden=seed is None and name == "Backward")
            for name in ("First", "Back", "Play", "Next", "Backward", "Last")
        ],
        element("input", type="range", id="slider", min=0, max=last, value=0, step=1, aria_label="Step", list="begins"),
        element("datalist", element("option", value=seed, label="backward") if seed else "", id="begins"),
        element("output", f"0 / {last}", id="position", for_="slider"),
        element(
            "label",
            element("span", "Speed", class_="muted"),
            element(
                "select", *[_speed(factor) for factor in ("0.5", "1", "2", "4", "8")], id="speed", aria_label="Speed"
            ),
        ),
        *size_buttons(),
        element("button", "Full screen", id="full", type="button"),
        *more,
        class_="tools",
        role="group",
        aria_label="Player",
    )


def _speed(factor: str) -> Html:
    return element("option", f"{factor}×", value=factor, selected=factor == "1")
