"""`viz.compare`: two graphs with the same sliders, and what differs between them lit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from autodiff import Value
from autodiff.extend import check_positive_int
from viz.drawing.picture import ENOUGH, MAX_LAYOUTS, Picture, lay_out
from viz.drawing.side_by_side import side_by_side
from viz.drawing.svg import State, svg, svgs
from viz.drawing.words import in_words, table
from viz.explorer.explorer import MAX_LISTED, SCRIPTS, STYLES
from viz.explorer.numbers import WIDE_NUMBER, Numbers
from viz.explorer.ranges import Sliders, ranges_of
from viz.explorer.side import beside
from viz.graph.checks import Direction, check_direction, check_output, check_size, check_style
from viz.graph.description import Graph, Model, Names, Node, as_names, describe, visible_order
from viz.graph.matching import matched
from viz.graph.names import isolated
from viz.pages.controls import slider
from viz.pages.frame import framed, heading
from viz.pages.help import SIZE_KEYS, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.notebook import image
from viz.pages.page import Page, asset, javascript
from viz.style.legend import legend_of
from viz.style.text import format_number

Rows: TypeAlias = dict[str, tuple[tuple[float, float], list[Value]]]
"""The range of each slider, by its label, and the leaves that it moves."""

FRAMES = ((468.0, 610.0), False), ((960.0, 290.0), True), ((360.0, 330.0), True)  # of each graph; whether stacked


def compare(
    left: Value,
    right: Value,
    sliders: Sliders | None = None,
    names: Names | None = None,
    *,
    titles: Sequence[str] = ("left", "right"),
    clusters: Model | tuple[Model, Model] | None = None,
    rankdir: Direction | None = None,
    digits: int = 4,
    max_nodes: int = 500,
    style: str = "boxes",
) -> Page:
    """Return two recorded graphs side by side as a page with the same sliders, where what differs is underlined.

    Two functions, two points, or a loss before and after an update. Leaves of one name and one value have one slider;
    where their values differ, each has its own. Other nodes are partners by their label or by their place, and a node
    without a partner has a dashed border. The widths of edges have one scale. Each graph is that of `viz.explore`.

    Args:
        left: the output of the first graph.
        right: the output of the second.
        sliders: the ends of the slider of each leaf, by leaf, as for `explore`.
        names: labels for the nodes of both graphs, as for `draw`.
        titles: a title for each graph, such as ("before", "after").
        clusters: the model of both graphs, or one for each, to draw their networks in boxes.
        rankdir: the direction, as for `draw`.
        digits: the number of significant digits.
        max_nodes: the largest number of nodes of a graph that is shown.
        style: "boxes" or "circuit", as for `draw`.

    Returns:
        A page. A notebook shows it, `.save("compare.html")` writes it.

    Raises:
        TypeError: if an output is not a Value.
        ValueError: if there is no slider, an option has another value than those above, or a graph has more than
            `max_nodes` nodes; see `explore`.

    >>> from autodiff import relu, sigmoid
    >>> x = Value(2.0, "x")
    >>> page = compare(relu(3 * x) ** 2, sigmoid(3 * x) ** 2, titles=("relu", "sigmoid"))
    >>> page.save("compare.html")  # doctest: +SKIP
    PosixPath('compare.html')
    """
    outputs = left, right
    for output in outputs:
        check_output("compare", output, "two Values")
    if isinstance(titles, str) or len(titles) != 2 or titles[0] == titles[1]:
        raise ValueError(f"compare: expected two different titles, as in ('before', 'after'), got {titles!r}")
    names = as_names("compare", names)
    check_direction("compare", rankdir)
    check_style("compare", style, rankdir, clusters=clusters)
    digits = check_positive_int("compare", "digits", digits)
    for output in outputs:
        check_size("compare", len(visible_order([output])), max_nodes, "compare")
    models = clusters if isinstance(clusters, tuple) else (clusters, clusters)
    if len(models) != 2:
        raise ValueError(f"compare: expected clusters to be a model, or one for each graph, got {len(models)}")
    one, other = (describe([output], names, model) for output, model in zip(outputs, models, strict=True))
    pair = _Pair(one, _renamed(other), [str(title) for title in titles])
    return _page(pair, pair.rows(sliders), rankdir, digits, style)


def _renamed(graph: Graph) -> Graph:
    """The graph with ids that another graph on the page has not."""
    nodes = {node.id: replace(node, id=f"m{node.id[1:]}") for node in graph.nodes}
    edges = [
        replace(edge, source=nodes[edge.source.id], target=nodes[edge.target.id], id=f"d{edge.id[1:]}")
        for edge in graph.edges
    ]
    return replace(graph, nodes=[*nodes.values()], edges=edges)


class _Pair:
    """Two graphs, and which nodes are partners."""

    def __init__(self, one: Graph, other: Graph, titles: Sequence[str]) -> None:
        self.graphs, self.titles = (one, other), [isolated(title) for title in titles]
        self.partners = matched(one, other)
        self.nodes: dict[Value, Node] = {}
        for graph in self.graphs:
            for value, node in zip(graph.values, graph.nodes, strict=True):
                self.nodes.setdefault(value, node)
        self._values = {
            node.id: value for graph in self.graphs for value, node in zip(graph.values, graph.nodes, strict=True)
        }
        self._both = self.partners | {other: one for one, other in self.partners.items()}

    def rows(self, sliders: Sliders | None) -> Rows:
        """Return the range of each slider, by its label, and the leaves that it moves.

        Parameters that differ, as after an update, have none of their own unless they are asked for.
        """
        shared: Rows = {}
        own: Rows = {}
        taken = set[Value]()
        for leaf, ends in ranges_of("compare", self.nodes, sliders).items():
            node = self.nodes[leaf]
            partner = self._values.get(self._both.get(node.id, ""), leaf)
            if leaf in taken:
                continue
            if repr(partner.data) == repr(leaf.data):  # nan too
                shared[node.name] = ends, [*dict.fromkeys((leaf, partner))]
                taken |= {leaf, partner}
            elif node.kind != "parameter" or sliders is not None:
                shared[f"{node.name}, {self.titles[node.id in self.partners.values()]}"] = ends, [leaf]
            else:
                own[f"{node.name}, {self.titles[node.id in self.partners.values()]}"] = ends, [leaf]
        return shared or own

    def texts(self) -> list[tuple[str, str]]:
        """Return the keys of the numbers that may differ, each with that of its partner."""
        keys = [(f"{a}.{name}", f"{b}.{name}") for a, b in self.partners.items() for name in ("data", "grad")]
        one, other = ({(edge.target.id, edge.index): edge.id for edge in graph.edges} for graph in self.graphs)
        ways = {(self.partners.get(target, ""), index): id_ for (target, index), id_ in one.items()}
        return keys + [(f"{ways[key]}.partial", f"{id_}.partial") for key, id_ in other.items() if key in ways]

    def marks(self, moved: Iterable[Value]) -> dict[str, str]:
        """Return the marks of nodes: which move, which have no partner, and which have one with another symbol."""
        leaves, symbols = {*moved}, {node.id: node.symbol for graph in self.graphs for node in graph.nodes}
        marks = {}
        for id_, symbol in symbols.items():
            partner = self._both.get(id_)
            classes = {
                "moves": self._values[id_] in leaves,
                "alone": partner is None,
                "changed": partner is not None and symbols[partner] != symbol,
            }
            marks[id_] = " ".join(name for name, is_so in classes.items() if is_so)
        return marks

    def table(self, leaves: Iterable[Value]) -> Html:
        """Return the outputs and their derivatives with respect to some leaves, side by side; the page fills it in."""
        ends = [graph.nodes[-1] for graph in self.graphs]
        name = isolated(ends[0].name) if ends[0].name == ends[1].name else ""
        rows = [(name or "output", "data", [f"now-{end.id}" for end in ends])]
        for leaf in leaves:
            id_ = self.nodes[leaf].id
            partner = self._both.get(id_, "")
            ids = [f"by-{one}" if one else "" for one in ((id_, partner) if id_[0] == "n" else (partner, id_))]
            row = f"d{name}/d{isolated(self.nodes[leaf].name)}", "grad", ids
            rows += [row] if row not in rows else []
        head = element("tr", element("td"), *[element("th", title, scope="col") for title in self.titles])
        body = []
        for label, kind, ids in rows:
            cells = [element("td", id=id_ or None, class_=kind) for id_ in ids]
            body.append(element("tr", element("th", label, scope="row"), *cells))
        return element("table", head, *body, class_="both")


def _page(
    pair: _Pair,
    rows: Rows,
    rankdir: str | None,
    digits: int,
    style: str,
) -> Page:
    shown = Numbers(*pair.graphs)
    inputs = [leaf for _, leaves in rows.values() for leaf in leaves]
    state = State(shown.texts(digits), pair.marks(inputs))
    sides = [*zip(pair.titles, pair.graphs, strict=True)]
    alt = " ".join(f"{in_words(graph, digits)} It is {title}." for title, graph in sides)

    def picture(frame: tuple[float, float], *, stacked: bool) -> Picture:
        pictures = [
            lay_out(shown.widened(graph.named()), rankdir, digits, frame, ENOUGH, style) for graph in pair.graphs
        ]
        return side_by_side(pictures, pair.titles, stacked=stacked)

    is_large = max(len(graph.nodes) for graph in pair.graphs) > MAX_LAYOUTS
    pictures = [picture(frame, stacked=stacked) for frame, stacked in (FRAMES[1:2] if is_large else FRAMES)]
    sliders = [
        (pair.nodes[leaves[0]].kind, slider(label, *ends, leaves[0].data)) for label, (ends, leaves) in rows.items()
    ]
    first = [leaves[0] for _, leaves in rows.values()]
    title = f"Compare {' and '.join(pair.titles)}"
    side_of = {node.id: name for name, graph in sides for node in graph.nodes}
    kinds = {node.kind for graph in pair.graphs for node in graph.nodes}
    page = Page(
        title,
        heading(title),
        framed(svgs({"": pictures}, state, alt)),
        beside(pair.table(first if len(first) <= MAX_LISTED else ()), sliders),
        legend(
            "yellow: has a slider",
            "underlined: differs",
            "dashed: only here",
            entries=[(name, words) for name, words in legend_of(kinds, style) if name != "ink"],
        ),
        help_of(SIZE_KEYS, *[table(graph, digits, state.texts, name) for name, graph in sides]),
        css="\n".join(map(asset, STYLES)),
        js="\n".join([javascript(shown.outputs, inputs), *map(asset, SCRIPTS)]),
        data={
            **shown.data(),
            "operations": [{**one, "name": f"{one['name']} ({side_of[one['id']]})"} for one in shown.operations],
            "inputs": [i for i, (_, leaves) in enumerate(rows.values()) for _ in leaves],
            "pairs": pair.texts(),
            "outputs": [graph.nodes[-1].id for graph in pair.graphs],
            "digits": digits,
            "room": len(format_number(WIDE_NUMBER, digits)),
        },
    )
    lit = {key for keys in pair.texts() if len({state.texts.get(key) for key in keys}) > 1 for key in keys}
    page.still = lambda: image(svg(pictures[0], replace(state, lit=lit)), alt)
    return page
