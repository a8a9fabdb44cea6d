"""`viz.explore`: a graph with sliders for its leaves; all numbers follow them.

The page has no second engine. The data and adjoints of all nodes and the partials on all edges are Values, by the chain
rule of `autodiff.reverse`. They are the outputs of a `Program`, and the page runs its JavaScript.
"""

from collections.abc import Mapping

from autodiff import Value
from autodiff.extend import check_positive_int
from viz.drawing.picture import lay_out, layouts_of
from viz.drawing.svg import State, svg, svgs
from viz.drawing.words import in_words, table
from viz.explorer.numbers import WIDE_NUMBER, Numbers, with_nudges
from viz.explorer.ranges import Sliders, ranges_of
from viz.explorer.side import SIZES, beside, nudge_panel
from viz.graph.checks import Direction, check_direction, check_output, check_size, check_style
from viz.graph.description import Graph, Groups, Model, Names, as_names, check_groups, describe, visible_order
from viz.graph.folding import fold_names
from viz.graph.names import isolated
from viz.pages.controls import number_list, slider
from viz.pages.frame import framed, heading
from viz.pages.help import SIZE_KEYS, help_of, legend
from viz.pages.notebook import image
from viz.pages.page import Page, asset, javascript
from viz.style.legend import LEAF, legend_of
from viz.style.text import format_number

MAX_LISTED = 6  # the largest number of leaves whose gradients are listed above the sliders
FRAMES = (960.0, 640.0), (360.0, 330.0)  # the graph on a projector and on an upright phone, in pixels
SCRIPTS = ("number.js", "point.js", "controls.js", "frame.js", "nudge.js", "explore.js")
STYLES = "graph.css", "figure.css", "frame.css", "explore.css"
KEYS = {"a press on a node, or Nudge": "adds h to it; Δ runs forward; press again to end", **SIZE_KEYS}


def explore(
    output: Value,
    sliders: Sliders | None = None,
    names: Names | None = None,
    *,
    clusters: Model | None = None,
    groups: Groups | None = None,
    rankdir: Direction | None = None,
    digits: int = 4,
    max_nodes: int = 500,
    style: str = "boxes",
) -> Page:
    """Return the recorded graph of an output as a page with sliders.

    Each node shows its data and its gradient, d output / d node, each edge its local derivative. The width of an edge
    is |adjoint * partial| relative to the largest. The page computes the recorded graph at other points: branches of
    Python stay as they were, and outside a domain the numbers are inf or nan.

    A press on a node, or the list "Nudge", adds a small h to it: each node that follows shows its change Δ in place of
    its gradient, and beside the graph Δf stands next to gradient · h. `explore.html#q` begins with the node q.

    Args:
        output: the node to compute.
        sliders: the ends of the slider of each leaf, by leaf; None for a slider on each leaf with a name.
        names: labels for the nodes, as for `draw`.
        clusters: a model, to draw its network in boxes, as for `draw`.
        groups: boxes of one's own, as for `draw`. On the page each folds into one node.
        rankdir: the direction, as for `draw`.
        digits: the number of significant digits.
        max_nodes: the largest number of nodes that is shown.
        style: "boxes" or "circuit", as for `draw`.

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
    check_output("explore", output)
    names = as_names("explore", names)
    check_direction("explore", rankdir)
    check_style("explore", style, rankdir, clusters=clusters, groups=groups)
    digits = check_positive_int("explore", "digits", digits)
    check_size("explore", len(visible_order([output])), max_nodes, "explore")
    graph = describe([output], names, clusters, check_groups("explore", groups))
    ranges = ranges_of("explore", dict(zip(graph.values, graph.nodes, strict=True)), sliders)
    return _page(graph, ranges, rankdir, digits, style)


def _page(
    graph: Graph, ranges: Mapping[Value, tuple[float, float]], rankdir: str | None, digits: int, style: str
) -> Page:
    nodes = dict(zip(graph.values, graph.nodes, strict=True))
    inputs = {leaf: nodes[leaf] for leaf in ranges}
    shown = Numbers(graph)
    state = State(shown.texts(digits), {node.id: "moves" for node in inputs.values()})
    name = isolated(graph.nodes[-1].name)
    title = f"Explore {name}"
    numbers = [(f"now-{graph.nodes[-1].id}", f"{name} =", "data")]
    if len(inputs) <= MAX_LISTED:
        numbers += [(f"by-{node.id}", f"d{name}/d{isolated(node.name)} =", "grad") for node in inputs.values()]
    moved, nudges = with_nudges(graph)
    rows = {node: slider(node.name, *ranges[leaf], leaf.data) for leaf, node in inputs.items()}
    alt = in_words(graph, digits)
    pictures = layouts_of(graph.named(), rankdir, digits, FRAMES, shown.widened, style)
    frame = framed(svgs(pictures, state, alt))
    head = heading(title, fold_names(graph))
    entries = legend_of({node.kind for node in graph.nodes if node not in rows}, style)
    below = legend(
        "yellow: a leaf with a slider",
        "wide edge: much is sent",
        entries=[entry for entry in entries if entry != LEAF],
    )
    page = Page(
        title,
        head,
        frame,
        beside(number_list(*numbers), [(node.kind, row) for node, row in rows.items()], nudge_panel(shown.nodes)),
        below,
        help_of(KEYS, table(graph, digits, state.texts)),
        css="\n".join(map(asset, STYLES)),
        js="\n".join(
            [javascript(shown.outputs, inputs), javascript(moved, [*inputs, *nudges], "nudged"), *map(asset, SCRIPTS)]
        ),
        data={
            **shown.data(),
            "inputs": [*range(len(inputs))],
            "sizes": SIZES,
            "outputs": [graph.nodes[-1].id],
            "digits": digits,
            "room": len(format_number(WIDE_NUMBER, digits)),
        },
    )
    # with room for these numbers; that for all numbers is too narrow for some
    recorded = shown.recorded(graph.named())
    page.still = lambda: image(svg(lay_out(recorded, rankdir, digits, style=style), state), alt)
    return page
