"""A graph in its frame on a page, the line above, and buttons for its size; `frame.js` and `frame.css` are theirs."""

from collections.abc import Mapping, Sequence

from viz.pages.markup import Html, element


def framed(pictures: Mapping[str, Sequence[Html]]) -> Html:
    """Return the frame of a graph, whose pictures are the layouts of each state of its boxes, that of open ones first.

    Of the layouts of a state the page shows the one that is largest there.
    """
    shown = [(state, picture) for state, layouts in pictures.items() for picture in dict.fromkeys(layouts)]
    (first, picture), *others = shown
    view = element(
        "div",
        picture,
        *[element("template", other, data_folded=state) for state, other in others],
        id="view",
        tabindex=0,
        role="region",
        aria_label="Computation graph",
        data_folded=first,
    )
    return element("div", view, class_="frame")


def heading(title: str, boxes: Sequence[str] = ()) -> Html:
    """Return the line above a frame: the title, a button for each box that folds, and what is small."""
    buttons = [
        element("button", box, class_="fold", type="button", aria_expanded="true", aria_controls="view", data_box=box)
        for box in boxes
    ]
    return element("div", element("h1", title), *buttons, element("p", id="small", class_="muted"), class_="head")


def size_buttons() -> list[Html]:
    """Return the buttons that change the size of the graph."""
    return [
        element("button", "−", id="smaller", type="button", aria_label="Smaller", title="Smaller (-)"),
        element("button", "Whole graph", id="whole", type="button", aria_pressed="false", title="Whole graph (0)"),
        element("button", "+", id="larger", type="button", aria_label="Larger", title="Larger (+)"),
    ]
