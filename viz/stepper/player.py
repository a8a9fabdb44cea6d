"""The player: a page on which one steps through a forward and a backward pass."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from viz.pages.markup import Html, element
from viz.pages.page import Page, asset

Changes: TypeAlias = tuple[list[tuple[str, str]], Mapping[str, str], Mapping[str, str]]
"""Of a step: texts by key and marks by part, which stay, and spots by part, which do not."""

RIGHT_CODE = """for node in reversed(topological_order(output)):
    for x, partial in zip(node.operands, node.partials):
        x.grad += node.grad * partial"""
WRONG_CODE = {
    "depth-first": """def backward(node):
    for x, partial in zip(node.operands, node.partials):
        x.grad += node.grad * partial
        backward(x)""",
    "overwrite": RIGHT_CODE.replace("+=", "="),
}


def player(title: str, picture: Html, said: Sequence[Sequence[str]], changes: Sequence[Changes], mistake: str) -> Page:
    """Return the page.

    Args:
        title: above it.
        picture: as it looks before the first step.
        said: of each step, the sentence: the class of a piece and its text, in turn.
        changes: of each step.
        mistake: one of `story.MISTAKES`, whose code is shown beside the right one, or "".
    """
    last = len(said) - 1
    controls = element(
        "div",
        *[
            element("button", name, id=name.lower(), type="button")
            for name in ("First", "Back", "Play", "Next", "Last")
        ],
        element("input", type="range", id="slider", min=0, max=last, value=0, step=1, aria_label="Step"),
        element("output", f"0 / {last}", id="position", for_="slider"),
        element(
            "label",
            element("span", "Speed", class_="muted"),
            element(
                "select", *[_speed(factor) for factor in ("0.5", "1", "2", "4", "8")], id="speed", aria_label="Speed"
            ),
        ),
        element("button", "Whole graph", id="whole", type="button", aria_pressed="false"),
        element("button", "Full screen", id="full", type="button"),
        class_="tools",
        role="group",
        aria_label="Player",
    )
    parts = [
        element("h1", title),
        element("div", picture, id="view", tabindex=0, role="region", aria_label="Computation graph"),
        element("p", id="says", aria_live="polite"),
        controls,
    ]
    if mistake:
        parts.append(_codes(mistake))
    data = {"steps": [[words, *change] for words, change in zip(said, changes, strict=True)]}
    css = asset("graph.css") + asset("steps.css")
    return Page(title, element("main", *parts), css=css, js=asset("steps.js"), data=data)


def _speed(factor: str) -> Html:
    return element("option", f"{factor}×", value=factor, selected=factor == "1")


def _codes(mistake: str) -> Html:
    """The two codes, side by side."""
    columns = [
        element("section", element("h2", heading), element("pre", element("code", code), tabindex=0))
        for heading, code in (("Wrong", WRONG_CODE[mistake]), ("Right", RIGHT_CODE))
    ]
    return element("div", *columns, class_="codes")
