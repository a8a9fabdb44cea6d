"""`viz.explore`: a graph with sliders for its leaves; all numbers follow them.

The page has no second engine. The data and adjoints of all nodes and the partials on all edges are Values, by the chain
rule of `autodiff.reverse`. They are the outputs of a `Program`, and the page runs its JavaScript.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from unicodedata import normalize

from autodiff import Value, gradients, topological_order
from autodiff.extend import as_value, check_positive_int, check_range, partials_on_values
from viz.drawing.picture import lay_out, layouts_of
from viz.drawing.svg import State, svg, svgs
from viz.drawing.words import in_words, table
from viz.graph.checks import Direction, check_direction, check_size, check_style
from viz.graph.description import Graph, Groups, Model, Names, Node, as_names, check_groups, describe, visible_order
from viz.graph.folding import Folded, fold_names, folded_edges, local_derivatives
from viz.graph.names import isolated
from viz.graph.symbols import visible
from viz.pages.controls import default_range, number_list, slider
from viz.pages.frame import framed, heading, size_buttons
from viz.pages.help import SIZE_KEYS, help_button, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.notebook import image
from viz.pages.page import Page, asset, javascript
from viz.style.legend import LEAF, legend_of
from viz.style.text import format_number

Sliders: TypeAlias = Mapping[Value, tuple[float, float]]

MAX_LISTED = 6  # the largest number of leaves whose gradients are listed above the sliders
WIDE_NUMBER = -0.123456789  # a sign and a zero before the digits; wider numbers are set closer
FRAMES = (860.0, 640.0), (360.0, 330.0)  # the graph on a projector and on an upright phone, in pixels
SCRIPTS = ("number.js", "point.js", "controls.js", "frame.js", "explore.js")


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
    if not isinstance(output, Value):
        raise TypeError(f"explore: expected a Value as output, got {type(output).__name__}")
    names = as_names("explore", names)
    check_direction("explore", rankdir)
    check_style("explore", style, rankdir, clusters, groups)
    digits = check_positive_int("explore", "digits", digits)
    check_size("explore", len(visible_order([output])), max_nodes, "explore")
    graph = describe([output], names, clusters, check_groups("explore", groups))
    return _page(graph, _ranges(dict(zip(graph.values, graph.nodes, strict=True)), sliders), rankdir, digits, style)


def _page(
    graph: Graph, ranges: Mapping[Value, tuple[float, float]], rankdir: str | None, digits: int, style: str
) -> Page:
    nodes = dict(zip(graph.values, graph.nodes, strict=True))
    inputs = {leaf: nodes[leaf] for leaf in ranges}
    shown = _Numbers(graph)
    state = State(shown.texts(digits), {node.id: "moves" for node in inputs.values()})
    name = isolated(graph.nodes[-1].name)
    title = f"Explore {name}"
    numbers = [(f"now-{graph.nodes[-1].id}", f"{name} =", "data")]
    if len(inputs) <= MAX_LISTED:
        numbers += [(f"by-{node.id}", f"d{name}/d{isolated(node.name)} =", "grad") for node in inputs.values()]
    rows = {node: slider(node.name, *ranges[leaf], leaf.data) for leaf, node in inputs.items()}
    alt = in_words(graph, digits)
    pictures = layouts_of(graph.named(), rankdir, digits, FRAMES, _widened, style)
    frame = framed(svgs(pictures, state, alt))
    head = heading(title, fold_names(graph))
    entries = legend_of({node.kind for node in graph.nodes if node not in rows}, style)
    below = legend(
        "yellow: a leaf with a slider",
        "wide edge: much is sent back",
        entries=[entry for entry in entries if entry != LEAF],
    )
    page = Page(
        title,
        *_body(head, frame, numbers, rows),
        below,
        help_of(SIZE_KEYS, table(graph, digits, state.texts)),
        css="\n".join(map(asset, ("graph.css", "figure.css", "frame.css", "explore.css"))),
        js="\n".join([javascript(shown.outputs, inputs), *map(asset, SCRIPTS)]),
        data={
            "nodes": [node.id for node in shown.nodes],
            "edges": shown.edges,
            "through": shown.through,
            "operations": shown.operations,
            "output": graph.nodes[-1].id,
            "digits": digits,
            "room": len(format_number(WIDE_NUMBER, digits)),
        },
    )
    # with room for these numbers; that for all numbers is too narrow for some
    recorded = shown.recorded(graph.named())
    page.still = lambda: image(svg(lay_out(recorded, rankdir, digits, style=style), state), alt)
    return page


def _body(head: Html, frame: Html, numbers: Sequence[tuple[str, str, str]], sliders: Mapping[Node, Html]) -> list[Html]:
    """The content of the page: the graph, and beside it its numbers, the sliders, and buttons."""
    groups = {"inputs": ("leaf",), "weights": ("parameter",)}
    shown = {name: [row for node, row in sliders.items() if node.kind in kinds] for name, kinds in groups.items()}
    shown = {name: rows for name, rows in shown.items() if rows}
    leaves = [element("div", *rows, class_="controls") for rows in shown.values()]
    if len(shown) > 1:
        names = [element("summary", f"{name} ({len(rows)})") for name, rows in shown.items()]
        leaves = [element("details", *parts, open=True) for parts in zip(names, leaves, strict=True)]
    buttons = [element("button", "Start over", id="reset", type="button"), *size_buttons(), help_button()]
    side = [
        element("div", number_list(*numbers), role="status"),
        element("p", id="warns", role="status"),
        element("div", *leaves, id="leaves"),
        element("div", *buttons, class_="tools"),
    ]
    return [head, frame, element("div", *side, id="side")]


class _Numbers:
    """The numbers that follow the sliders, as Values."""

    def __init__(self, graph: Graph) -> None:
        values = graph.values
        moving = [node for node in values if not node.is_constant]
        self.nodes = [node for node in graph.nodes if node.kind != "constant"]
        # the edges between them, as (id, id of the target)
        self.edges = [(edge.id, edge.target.id) for edge in graph.edges if edge.partial is not None]
        varying = {node for node in topological_order(values[-1]) if not node.is_constant}
        partials = [as_value(partial) for node in values for _, partial in partials_on_values(node, varying)]
        # the data of the nodes, then their adjoints, the partials of the edges, and what is zero at the kinks
        self.outputs = [*moving, *gradients(values[-1], moving), *partials]
        self.through = self._through(graph, dict(zip([id_ for id_, _ in self.edges], partials, strict=True)))
        ids = dict(zip(values, graph.nodes, strict=True))
        self.operations = [self._operation(value, node, ids) for value, node in ids.items() if value.primitive]

    def _through(self, graph: Graph, partials: Mapping[str, Value]) -> dict[str, int]:
        """The places of the derivatives through folded boxes, which it appends, by the ids of the edges to them."""
        places = {}
        for edge in folded_edges(graph):
            assert isinstance(edge.target, Folded)
            if edge.partial is not None:
                places[edge.id] = len(self.outputs)
                self.outputs.append(as_value(local_derivatives(graph, edge.target, partials)[edge.source.id]))
        return places

    def _operation(self, value: Value, node: Node, ids: Mapping[Value, Node]) -> dict[str, Any]:
        """An operation as the page needs it to say in words that its operands are outside its domain or at a kink."""
        primitive, kink = value.primitive, None
        operands = [visible(operand) for operand in value.operands]
        assert primitive is not None
        if primitive.kink is not None:
            kink = len(self.outputs)
            self.outputs.append(as_value(primitive.kink(*operands)))
        return {
            "id": node.id,
            "name": node.name,
            "word": primitive.name,
            "operands": [x.data if x.is_constant else ids[x].id for x in operands],
            "requires": primitive.requires,
            "kink": kink,
        }

    def recorded(self, graph: Graph) -> Graph:
        """Return the graph with the gradients that are recorded here."""
        n = len(self.nodes)
        grads = {node.id: x.data for node, x in zip(self.nodes, self.outputs[n : 2 * n], strict=True)}
        return graph.with_nodes([replace(node, grad=grads.get(node.id, 0.0)) for node in graph.nodes])

    def texts(self, digits: int) -> dict[str, str]:
        """Return the recorded numbers by the key of their text in the picture."""
        keys = [
            *[f"{node.id}.data" for node in self.nodes],
            *[f"{node.id}.grad" for node in self.nodes],
            *[f"{edge}.partial" for edge, _ in self.edges],
        ]
        shown = [*zip(keys, self.outputs, strict=False)]
        shown += [(f"{edge}.partial", self.outputs[place]) for edge, place in self.through.items()]
        return {key: format_number(value.data, digits) for key, value in shown}


def _ranges(nodes: Mapping[Value, Node], sliders: Sliders | None) -> dict[Value, tuple[float, float]]:
    """The ends of the slider of each leaf that has one."""
    if sliders is not None and not isinstance(sliders, Mapping):
        raise TypeError(
            f"explore: expected sliders as leaves with their ranges, got {type(sliders).__name__}; use {{x: (-3, 3)}}"
        )
    if sliders is None:
        named = [value for value, node in nodes.items() if node.kind in ("leaf", "parameter") and node.label]
        ranges = {leaf: default_range(leaf.data) for leaf in sorted(named, key=lambda leaf: _order(nodes[leaf]))}
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


def _order(node: Node) -> tuple[bool, list[str | int]]:
    """The key that sorts sliders: inputs before parameters, x2 before x10, W⁽¹⁾₁₂ before W⁽²⁾₁₁."""
    plain = normalize("NFKC", node.name)
    return node.kind == "parameter", [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", plain)]


def _widened(graph: Graph) -> Graph:
    """The graph with wide numbers, so that the layout leaves room for all that the sliders give."""
    x = WIDE_NUMBER
    nodes = [
        replace(node, data=x, grad=x, all_data=(x,) * len(node.results), all_grad=(x,) * len(node.results))
        if isinstance(node, Folded)
        else node
        if node.kind == "constant"
        else replace(node, data=x, grad=x)
        for node in graph.nodes
    ]
    edges = [edge if edge.partial is None else replace(edge, partial=x) for edge in graph.edges]
    return replace(graph, edges=edges).with_nodes(nodes)
