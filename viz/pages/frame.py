"""A graph in the frame of a page, and the buttons for its size; `frame.js` and `frame.css` are theirs."""

from collections.abc import Sequence

from viz.pages.markup import Html, element


def framed(pictures: Sequence[Html]) -> Html:
    """Return the frame of a graph in one layout or more, of which the page shows the one that is largest there."""
    first, *others = dict.fromkeys(pictures)
    view = element(
        "div",
        first,
        *[element("template", other) for other in others],
        id="view",
        tabindex=0,
        role="region",
        aria_label="Computation graph",
    )
    return element("div", view, element("p", id="small", class_="muted"), class_="frame")


def size_buttons() -> list[Html]:
    """Return the buttons that change the size of the graph."""
    return [
        element("button", "−", id="smaller", type="button", aria_label="Smaller", title="Smaller (-)"),
        element("button", "Whole graph", id="whole", type="button", aria_pressed="false", title="Whole graph (0)"),
        element("button", "+", id="larger", type="button", aria_label="Larger", title="Larger (+)"),
    ]
