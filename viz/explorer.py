"""`viz.explore`: a graph with sliders for its leaves; all numbers follow them.

The page has no second engine. The data and adjoints of all nodes and the partials on all edges are Values, by the chain
rule of `autodiff.reverse`. They are the outputs of a `Program`, and the page runs its JavaScript.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from autodiff import Value, gradients, topological_order
from autodiff.extend import as_value, check_positive_int, check_range, partials_on_values
from viz.checks import check_direction, check_size
from viz.drawing.picture import Picture, lay_out
from viz.drawing.svg import State, svg
from viz.drawing.words import in_words, table
from viz.graph.description import Graph, Model, Names, Node, as_names, describe, visible_order
from viz.pages.controls import default_range, number_list, slider
from viz.pages.help import help_button, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.notebook import image
from viz.pages.page import Page, asset, javascript
from viz.style.text import format_number

Sliders: TypeAlias = Mapping[Value, tuple[float, float]]

MAX_LISTED = 6  # the largest number of leaves whose gradients are listed above the sliders
WIDE_NUMBER = -0.00123456789  # a sign and three zeros before the digits: few numbers are wider
SCRIPTS = ("number.js", "controls.js", "explore.js")


def explore(
    output: Value,
    sliders: Sliders | None = None,
    names: Names | None = None,
    *,
    clusters: Model | None = None,
    rankdir: str | None = None,
    digits: int = 4,
    max_nodes: int = 500,
) -> Page:
    """Return the recorded graph of an output as a page with sliders.

    Each node shows its data and its gradient, d output / d node, each edge its local derivative. The width of an edge
    is |adjoint * partial| relative to the largest. The page computes the recorded graph at other points: branches of
    Python stay as they were, and outside a domain the numbers are inf or nan.

    Args:
        output: the node to compute.
        sliders: the ends of the slider of each leaf, by leaf; None for a slider on each leaf with a name.
        names: labels for the nodes, as for `draw`.
        clusters: a model, to draw its network in boxes, as for `draw`.
        rankdir: the direction, as for `draw`.
        digits: the number of significant digits.
        max_nodes: the largest number of nodes that is shown.

    Returns:
        A page. A notebook shows it, `.save("explore.html")` writes it.

    Raises:
        TypeError: if `output` is not a Value, `sliders` not a mapping, or a range not two numbers.
        ValueError: if there is no slider, the Value of a slider is not a named leaf of the graph or lies outside its
            range, a primitive is not in the table, or the graph has more than `max_nodes` nodes.

    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> page = explore(2 * x**2 * y**3, {x: (-3, 3)})
    >>> page.save("explore.html")  # doctest: +SKIP
    PosixPath('explore.html')
    """
    if not isinstance(output, Value):
        raise TypeError(f"explore: expected a Value as output, got {type(output).__name__}")
    if sliders is not None and not isinstance(sliders, Mapping):
        raise TypeError(
            f"explore: expected sliders as leaves with their ranges, got {type(sliders).__name__}; use {{x: (-3, 3)}}"
        )
    names = as_names("explore", names)
    check_direction("explore", rankdir)
    digits = check_positive_int("explore", "digits", digits)
    values = visible_order([output])
    check_size("explore", len(values), max_nodes, "explore")
    graph = describe([output], names, clusters)
    nodes = dict(zip(values, graph.nodes, strict=True))
    ranges = _ranges(nodes, sliders)
    inputs = {leaf: nodes[leaf] for leaf in ranges}
    shown = _Numbers(values, graph)
    picture = lay_out(_widened(graph.named()), rankdir, digits)
    state = State(shown.texts(digits), {node.id: "moves" for node in inputs.values()})
    name = graph.nodes[-1].name
    title = f"Explore {name}"
    numbers = [(f"now-{graph.nodes[-1].id}", f"{name} =", "data")]
    if len(inputs) <= MAX_LISTED:
        numbers += [(f"by-{node.id}", f"d{name}/d{node.name} =", "grad") for node in inputs.values()]
    rows = [slider(node.name, *ranges[leaf], leaf.data) for leaf, node in inputs.items()]
    alt = in_words(graph, digits)
    page = Page(
        title,
        *_body(title, svg(picture, state, alt=alt, interactive=True), table(graph, digits, state.texts), numbers, rows),
        css="\n".join([*map(asset, ("graph.css", "figure.css", "explore.css")), _size(picture)]),
        js="\n".join([javascript(shown.outputs, inputs), *map(asset, SCRIPTS)]),
        data={
            "nodes": [node.id for node in shown.nodes],
            "edges": shown.edges,
            "output": graph.nodes[-1].id,
            "digits": digits,
            "room": len(format_number(WIDE_NUMBER, digits)),
        },
    )
    page.still = lambda: image(svg(picture, state), alt)
    return page


def _body(
    title: str, picture: Html, table: Html, numbers: Sequence[tuple[str, str, str]], sliders: Sequence[Html]
) -> list[Html]:
    """The content of the page: the graph, its numbers, the sliders, and two buttons."""
    return [
        element("h1", title),
        element("div", picture, id="view", tabindex=0, role="region", aria_label="Computation graph"),
        number_list(*numbers),
        element("div", element("div", *sliders, class_="controls"), id="leaves"),
        element(
            "p",
            element("button", "Start over", id="reset", type="button"),
            element("button", "Whole graph", id="whole", type="button", aria_pressed="false"),
            help_button(),
            class_="tools",
        ),
        legend("An edge is as wide as what it sends back: gradient times local derivative."),
        help_of({}, table),
    ]


class _Numbers:
    """The numbers that follow the sliders, as Values."""

    def __init__(self, values: list[Value], graph: Graph) -> None:
        moving = [node for node in values if not node.is_constant]
        self.nodes = [node for node in graph.nodes if node.kind != "constant"]
        # the edges between them, as (id, id of the target)
        self.edges = [(f"e{i}", edge.target.id) for i, edge in enumerate(graph.edges) if edge.partial is not None]
        varying = {node for node in topological_order(values[-1]) if not node.is_constant}
        partials = [as_value(partial) for node in values for _, partial in partials_on_values(node, varying)]
        # the data of the nodes, then their adjoints, then the partials of the edges
        self.outputs = [*moving, *gradients(values[-1], moving), *partials]

    def texts(self, digits: int) -> dict[str, str]:
        """Return the recorded numbers by the key of their text in the picture."""
        keys = [
            *[f"{node.id}.data" for node in self.nodes],
            *[f"{node.id}.grad" for node in self.nodes],
            *[f"{edge}.partial" for edge, _ in self.edges],
        ]
        return {key: format_number(value.data, digits) for key, value in zip(keys, self.outputs, strict=True)}


def _ranges(nodes: Mapping[Value, Node], sliders: Sliders | None) -> dict[Value, tuple[float, float]]:
    """The ends of the slider of each leaf that has one."""
    if sliders is None:
        named = [value for value, node in nodes.items() if node.kind in ("leaf", "parameter") and node.label]
        ranges = {leaf: default_range(leaf.data) for leaf in named}
    else:
        ranges = {}
        for leaf, ends in sliders.items():
            if not isinstance(leaf, Value):
                raise TypeError(f"explore: expected Values as the keys of sliders, got {type(leaf).__name__}")
            if leaf not in nodes or not leaf.is_leaf:
                raise ValueError(
                    f"explore: expected sliders for leaves that the output was computed from, got {leaf!r}"
                )
            if not nodes[leaf].label:
                raise ValueError(f"explore: {leaf!r} has a slider and no name; give it a label, or pass names")
            low, high = ranges[leaf] = check_range("explore", ends)
            if not 1e-300 < high - low < 1e300:
                raise ValueError(f"explore: expected a range between 1e-300 and 1e300 wide, got {low:g} to {high:g}")
            if not low <= leaf.data <= high:
                raise ValueError(f"explore: expected {nodes[leaf].label} from {low:g} to {high:g}, got {leaf.data!r}")
    if not ranges:
        raise ValueError("explore: there is no leaf to move; label one, as in Value(2.0, 'x'), or pass names=locals()")
    return ranges


def _widened(graph: Graph) -> Graph:
    """The graph with wide numbers, so that the layout leaves room for all that the sliders give."""
    x = WIDE_NUMBER
    nodes = [node if node.kind == "constant" else replace(node, data=x, grad=x) for node in graph.nodes]
    edges = [edge if edge.partial is None else replace(edge, partial=x) for edge in graph.edges]
    return replace(graph, edges=edges).with_nodes(nodes)


def _size(picture: Picture) -> str:
    """The size of the graph in points, for the CSS rule that limits how small it gets."""
    return f"#view {{ --width: {picture.width:.0f}px; --height: {picture.height:.0f}px; }}"
