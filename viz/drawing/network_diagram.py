"""`network`: a model as it is drawn on the blackboard, neurons as circles and weights as lines between them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autodiff import Value
from autodiff.extend import needed, type_name
from viz.checks import hint_of_model
from viz.graph.alike import shortened
from viz.graph.description import subscript
from viz.graph.layers import is_network
from viz.style.attributes import graph_attributes
from viz.style.text import format_number, text_width
from viz.style.theme import theme_colors

if TYPE_CHECKING:
    from viz.drawing.dot import Drawing

MOST = 10  # neurons of a layer that are all drawn
CIRCLE = 42.0  # its diameter, in points,
ROW, GAP = 52.0, 40.0  # the distance of two circles, and the one to the dots that stand for many,
COLUMN = 150.0  # and that of two layers, which grows with their height, so that lines do not get too steep
SLOPE = 0.25
WIDTHS = 0.4, 4.5  # of the lines for the weight 0 and the largest
DIGITS = 2  # that fit into a circle


def network(model: Any, inputs: Sequence[Value | float] | None = None, *, theme: str = "light") -> "Drawing":
    """Return a picture of a network.

    A circle is a neuron or an input. A line is a weight: as wide as it is large beside the largest that is drawn, and
    blue if it is positive, orange if it is negative, which in print is dashed and gray. Biases are not drawn. Of layers
    with more than 10 neurons, the first ones and the last are drawn.

    Args:
        model: an `nn.MLP`, or anything with `layers` of `neurons`.
        inputs: one sample, to write the activation of each neuron in its circle.
        theme: "light", "dark" or "print".

    Returns:
        A `graphviz.Digraph`, which a notebook shows and `.save("model.svg")` writes as a picture.

    Raises:
        TypeError: if the model is no network of layers.
        ValueError: if the number of inputs is not the model's, or the theme is another.
        MissingDependencyError: if graphviz is not installed.

    >>> import random
    >>> from nn import MLP
    >>> drawing = network(MLP(784, [100, 10], activation="sigmoid", rng=random.Random(0)))
    >>> "784 inputs" in drawing.source, "100 neurons" in drawing.source
    (True, True)
    """
    if isinstance(model, type) or not is_network(model):
        got = type_name(model)
        raise TypeError(f"network: expected a network of layers, such as nn.MLP, got {got}{hint_of_model(model)}")
    colors = theme_colors("network", theme)
    with needed("viz.network", "graphviz", "viz"):
        from viz.drawing.dot import Drawing, text
    layers = [layer.neurons for layer in model.layers]
    rows = [shortened(n, MOST) for n in (len(layers[0][0].weights), *map(len, layers))]
    numbers = _activations(model, inputs)
    places = _places(rows)
    top = max(y for _, y in places.values()) + CIRCLE / 2

    drawing = Drawing(**graph_attributes(colors))
    drawing.attr("graph", layout="nop2", outputorder="edgesfirst")
    drawing.attr("edge", arrowhead="none")
    drawing.attr(
        "node", shape="circle", style="filled", fixedsize="shape", width=f"{CIRCLE / 72:.3f}", color=colors["ink"]
    )
    for (column, i, j), weight, look in _lines(layers, rows, colors):
        if theme == "print" and weight < 0:
            look["style"] = "dashed"
        (x0, y0), (x1, y1) = places[column, i], places[column + 1, j]
        points = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (0.0, 1 / 3, 2 / 3, 1.0)]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawing.edge(f"n{column}_{i}", f"n{column + 1}_{j}", pos=way, tooltip=format_number(weight, 4), **look)
    for (column, row), (x, y) in places.items():
        at = {"pos": f"{x:.1f},{y:.1f}"}
        if row is None:
            drawing.node(f"n{column}_more", "⋮", shape="plaintext", style="", fontsize="24", **at)
            continue
        words = f"x{subscript(row + 1)}" if column == 0 else ""
        if numbers is not None:
            words = format_number(numbers[column][row], DIGITS)
        fill = colors["parameter" if column else "leaf"]
        drawing.node(f"n{column}_{row}", f"<{text(words)}>", fillcolor=fill, **at)
        given = inputs[row] if inputs is not None and column == 0 else None
        if isinstance(given, Value) and given.label:
            left = x - CIRCLE / 2 - 8 - text_width(given.label, 12) / 2
            look = {"shape": "plaintext", "style": "", "pos": f"{left:.1f},{y:.1f}"}
            drawing.node(f"name_{row}", f"<<I>{text(given.label)}</I>>", **look)
    for column, caption in enumerate(_captions(layers)):
        at = {"pos": f"{places[column, 0][0]:.1f},{top + 26:.1f}"}
        drawing.node(
            f"caption_{column}", f"<{text(caption)}>", shape="plaintext", style="", fontcolor=colors["muted"], **at
        )
    return drawing


def _activations(model: Any, inputs: Sequence[Value | float] | None) -> list[list[float]] | None:
    """The numbers of all columns, from the inputs on."""
    if inputs is None:
        return None
    columns: list[Sequence[Any]] = [inputs]
    for layer in model.layers:
        columns.append(layer(columns[-1]))
    return [[x.data if isinstance(x, Value) else float(x) for x in column] for column in columns]


def _places(rows: Sequence[Sequence[int | None]]) -> dict[tuple[int, int | None], tuple[float, float]]:
    """The middle of each circle, and of the dots, which are None; each column is centerd."""
    places: dict[tuple[int, int | None], tuple[float, float]] = {}
    step = COLUMN + SLOPE * ROW * (max(map(len, rows)) - 1)
    for column, its_rows in enumerate(rows):
        ys = [0.0]
        for one, other in pairwise(its_rows):
            ys.append(ys[-1] - (GAP if None in (one, other) else ROW))
        for row, y in zip(its_rows, ys, strict=True):
            places[column, row] = column * step, y - ys[-1] / 2
    return places


def _lines(
    layers: Sequence[Sequence[Any]], rows: Sequence[Sequence[int | None]], colors: Mapping[str, str]
) -> list[tuple[tuple[int, int, int], float, dict[str, str]]]:
    """(column, from, to), the weight, and the look of each line; the widest last, so that they are above the others."""
    weights = {
        (column, i, j): neurons[j].weights[i].data
        for column, neurons in enumerate(layers)
        for j in rows[column + 1]
        for i in rows[column]
        if i is not None and j is not None
    }
    largest = max(map(abs, weights.values())) or 1.0
    lines = []
    for key, weight in sorted(weights.items(), key=lambda item: abs(item[1])):
        width = WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * abs(weight) / largest
        look = {"penwidth": f"{width:.2f}", "color": colors["positive" if weight >= 0 else "negative"]}
        lines.append((key, weight, look))
    return lines


def _captions(layers: Sequence[Sequence[Any]]) -> list[str]:
    """What stands above each column."""
    captions = [_count(len(layers[0][0].weights), "input")]
    for neurons in layers:
        activation = getattr(neurons[0], "activation", "")
        name = activation if isinstance(activation, str) else getattr(activation, "__name__", "")
        captions.append(f"{_count(len(neurons), 'neuron')}\n{name}")
    return captions


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}{'s' * (n != 1)}"
