"""What stands beside the graph on a page: its numbers, the sliders, the panel of a nudge, and buttons."""

from collections.abc import Iterable, Sequence

from viz.graph.description import Node
from viz.graph.names import isolated
from viz.pages.frame import size_buttons
from viz.pages.help import help_button
from viz.pages.markup import Html, element

SIZES = [float(f"{k}e{power}") for power in range(-16, 2) for k in (1, 2, 5)]  # of h


GROUPS = {"inputs": "leaf", "weights": "parameter"}  # of sliders, by the kind of their nodes


def beside(numbers: Html, sliders: Iterable[tuple[str, Html]], *more: Html) -> Html:
    """Return what is beside a graph; `sliders` are of leaves of these kinds, and `more` stands below them."""
    rows = [*sliders]
    shown = {name: [row for kind, row in rows if kind == of] for name, of in GROUPS.items()}
    shown = {name: of for name, of in shown.items() if of}
    leaves = [element("div", *of, class_="controls") for of in shown.values()]
    if len(shown) > 1:
        names = [element("summary", f"{name} ({len(of)})") for name, of in shown.items()]
        leaves = [element("details", *parts, open=True) for parts in zip(names, leaves, strict=True)]
    buttons = [element("button", "Start over", id="reset", type="button"), *size_buttons(), help_button()]
    return element(
        "div",
        element("div", numbers, role="status", class_="status"),
        element("p", id="warns", role="status"),
        element("div", *leaves, id="leaves"),
        *more,
        element("div", *buttons, class_="tools"),
        id="side",
    )


def nudge_panel(nodes: Sequence[Node]) -> Html:
    """Return the list of nodes, and what shows when one is chosen: h, its sign, and the numbers."""
    options = [element("option", isolated(node.name), value=node.id) for node in nodes]
    choice = element("select", element("option", "press a node", value=""), *options, id="nudged")
    size = element(
        "input", type="range", id="h", min=0, max=len(SIZES) - 1, value=SIZES.index(0.01), step=1, aria_label="h"
    )
    sign = element("button", "−h", id="sign", type="button", aria_pressed="false", title="h from above or from below")
    row = element("div", "h", size, sign, class_="h", hidden=True)
    numbers = [element("div", element("dt"), element("dd", class_=name)) for name in ("step", "step", "grad", "")]
    shown = element("dl", *numbers, hidden=True), element("p", id="tells")
    return element("div", element("label", "Nudge", choice), row, element("div", *shown, role="status"), id="nudge")
