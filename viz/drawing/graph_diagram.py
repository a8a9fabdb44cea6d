"""`viz.draw`: a recorded graph as a picture."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autodiff import Value, topological_order
from autodiff.extend import check_choice, check_positive_int, needed
from viz.drawing.content import Content
from viz.graph.checks import Direction, check_direction, check_size, check_style, hint_of_model
from viz.graph.description import Groups, Model, Names, as_names, check_groups, describe
from viz.graph.levels import ALIKE_SHOWN, GROUPS, LEVELS, describe_level
from viz.style.palette import Theme, theme_colors

if TYPE_CHECKING:
    from viz.drawing.drawing import GraphDrawing

SHOWN = ("data", "grad", "partials")


def draw(
    *outputs: Value,
    names: Names | None = None,
    clusters: Model | None = None,
    groups: Groups | None = None,
    rankdir: Direction | None = None,
    show: Iterable[str] = ("data", "grad"),
    digits: int = 4,
    max_nodes: int = 500,
    numbered: bool = False,
    level: str = "operations",
    alike: int | None = None,
    theme: Theme = "light",
    legend: bool = False,
    style: str = "boxes",
) -> "GraphDrawing":
    """Return the recorded graph of some outputs as a picture.

    A box with square corners is a leaf, tinted if it is a parameter. A rounded box is an operation, a number without a
    box is a constant, and a heavy border marks an output. Each operand has one edge, in order, so `a * a` has two. In a
    large graph, the edges of a node that is used far away share a track and branch off at its users.

    Args:
        *outputs: one Value or more.
        names: labels for the nodes. Variables by name, as in `names=locals()`, lists of Values included; or pairs, as
            in `names=model.named_parameters()`, which are drawn as parameters.
        clusters: a model, to draw its network in boxes: layer after layer, the neurons of each in order. Its nodes get
            the article's names: W⁽¹⁾₁₂ leads from input 1 to neuron 2 of the next layer, whose sum is z⁽²⁾₂.
        groups: boxes of one's own: nodes by the title of their box, as in `{"t = 1": [z1, h1], "t = 2": [z2, h2]}`.
        rankdir: the direction: "LR" (left to right), "TB" (top to bottom), "RL" or "BT". None means LR or TB, and for a
            long graph several rows, whichever is largest on a slide of 16 to 9.
        show: any of "data", "grad" (both in the nodes) and "partials" (d node / d operand, on the edges).
        digits: the number of significant digits.
        max_nodes: the largest number of nodes that is drawn.
        numbered: whether a node without a label gets its name v₁, v₂, ..., as in `steps`, `explore` and `derive`.
        level: "operations"; with `groups` also "groups", with `clusters` also "neurons" or "layers", each drawn as one
            node. The partials of a neuron are the products of those of its operations.
        alike: the number of nodes drawn of those that are alike: the first ones and the last. None means 8 at the level
            of neurons, and all at the level of operations. At the level of layers, they are always one node.
        theme: "light", "dark", or "print", which is gray.
        legend: whether it is written below what colors and borders mean.
        style: "boxes", or "circuit" as in many courses: a gate for each operation, wires from left to right, the value
            above a wire and the gradient below it, if there is one.

    Returns:
        A `graphviz.Digraph`. A notebook shows it, `.save("loss.svg")` writes it as a picture.

    Raises:
        ValueError: if the graph has more than `max_nodes` nodes, or an option has another value than those above.
        TypeError: if there is no output, or one is not a Value.
        MissingDependencyError: if graphviz is not installed.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> drawing = draw(a * b + a)
    >>> drawing.source.count("->")
    4
    """
    if not outputs or not all(isinstance(output, Value) for output in outputs):
        got = ", ".join(type(output).__name__ for output in outputs) or "nothing"
        hint = "; unpack a list as in draw(*outputs)" if "list" in got or "tuple" in got else ""
        hint = "; pass what a function returns, as in f(Value(2.0, 'x'))" if "function" in got else hint
        raise TypeError(f"draw: expected Values as outputs, got {got}{hint}")
    shown = frozenset([show] if isinstance(show, str) else show)
    if not shown <= set(SHOWN):
        raise ValueError(f"draw: expected show to hold some of {', '.join(SHOWN)}, got {sorted(shown - set(SHOWN))}")
    check_direction("draw", rankdir)
    digits = check_positive_int("draw", "digits", digits)
    if hasattr(names, "named_parameters"):
        got = type(names).__name__
        raise TypeError(f"draw: expected variables by name, got {got}; use names=model.named_parameters()")
    names = as_names("draw", names)
    if clusters is not None and (isinstance(clusters, type) or not hasattr(clusters, "named_parameters")):
        raise TypeError(f"draw: expected clusters to be a model, got {clusters!r}{hint_of_model(clusters)}")
    groups = check_groups("draw", groups)
    check_choice("draw", "level", level, LEVELS if groups is None else (*LEVELS, GROUPS))
    if level not in ("operations", GROUPS) and clusters is None:
        raise ValueError(f"draw: expected clusters, the model whose {level} are drawn, got None")
    if alike is not None and (not isinstance(alike, int) or alike < 3):
        raise ValueError(f"draw: expected alike to be an int of at least 3, got {alike!r}")
    colors = theme_colors("draw", theme)
    check_style("draw", style, rankdir, clusters=clusters, groups=groups, alike=alike)
    if level == "operations" and alike is None:
        check_size("draw", len(topological_order(*outputs)), max_nodes, "draw")
        graph = describe(outputs, names, clusters, groups)
        graph = graph.named() if numbered else graph
    else:
        graph = describe_level(
            outputs,
            names,
            clusters,
            level=level,
            alike_shown=ALIKE_SHOWN if alike is None else alike,
            groups=groups,
        )
        check_size("draw", len(graph.nodes), max_nodes, "draw")
    with needed("viz.draw", "graphviz", "viz"):
        from viz.drawing.dot import to_dot
    return to_dot(Content(graph, rankdir, shown, digits, colors, legend, style))
