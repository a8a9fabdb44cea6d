"""`draw`: a recorded graph as a picture."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autodiff import MissingDependencyError, Value, topological_order
from viz.graph import Model, Names, describe

if TYPE_CHECKING:
    from viz.dot import Drawing

SHOWN = ("data", "grad", "partials")
DIRECTIONS = ("LR", "TB", "RL", "BT")


def draw(
    *outputs: Value,
    names: Names | None = None,
    clusters: Model | None = None,
    rankdir: str = "LR",
    show: Iterable[str] = ("data", "grad"),
    digits: int = 4,
    max_nodes: int = 500,
) -> "Drawing":
    """Return the graph that the outputs were computed from, as a picture.

    A box with square corners is a leaf, tinted if it is a parameter; a rounded one is an operation; a bare number is a
    constant; a heavy border marks an output. There is one edge for each operand, in order, so `a * a` has two.

    Args:
        *outputs: one Value or more.
        names: labels for the nodes: variables by name, as in `names=locals()`, also lists of Values; or pairs, as in
            `names=model.named_parameters()`, which are then drawn as parameters.
        clusters: a model, to draw its network in boxes: layer after layer, the neurons of each in order.
        rankdir: "LR" from left to right, or "TB", "RL", "BT".
        show: any of "data", "grad" (in the nodes) and "partials" (d node / d operand, on the edges).
        digits: how many significant digits a number has.
        max_nodes: the largest graph that is drawn.

    Returns:
        A `graphviz.Digraph`, which a notebook shows and `viz.save` writes to a file.

    Raises:
        ValueError: if the graph is larger than `max_nodes`, or an option is not one of those above.
        TypeError: if an output is not a Value, or none is given.
        MissingDependencyError: if graphviz is not installed.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> drawing = draw(a * b + a)
    >>> drawing.source.count("->")
    4
    """
    if not outputs or not all(isinstance(output, Value) for output in outputs):
        came = ", ".join(type(output).__name__ for output in outputs) or "nothing"
        hint = "; unpack a list as in draw(*outputs)" if "list" in came or "tuple" in came else ""
        raise TypeError(f"draw: expected Values as outputs, got {came}{hint}")
    shown = frozenset([show] if isinstance(show, str) else show)
    if not shown <= set(SHOWN):
        raise ValueError(f"draw: expected show to hold some of {', '.join(SHOWN)}, got {sorted(shown - set(SHOWN))}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"draw: expected rankdir to be one of {', '.join(DIRECTIONS)}, got {rankdir!r}")
    if not isinstance(digits, int) or digits < 1:
        raise ValueError(f"draw: expected digits to be a positive int, got {digits!r}")
    if hasattr(names, "named_parameters"):
        got = type(names).__name__
        raise TypeError(f"draw: expected variables by name, got {got}; use names=model.named_parameters()")
    if clusters is not None and (isinstance(clusters, type) or not hasattr(clusters, "named_parameters")):
        raise TypeError(f"draw: expected clusters to be a model, got {clusters!r}")
    size = len(topological_order(*outputs))
    if size > max_nodes:
        raise ValueError(
            f"draw: expected a graph of at most {max_nodes} nodes, got {size}; "
            f"draw a part of it (an inner node, one sample), or pass max_nodes={size}"
        )
    try:
        from viz.dot import to_dot
    except ModuleNotFoundError as error:
        if error.name != "graphviz":
            raise
        raise MissingDependencyError("viz.draw", "graphviz", "viz") from None
    return to_dot(describe(outputs, names, clusters), rankdir=rankdir, show=shown, digits=digits)
