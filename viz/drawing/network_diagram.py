"""`viz.network`: a model as on the blackboard, with neurons as circles and weights as lines between them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autodiff import Value
from autodiff.extend import needed
from viz.drawing.network_numbers import NetworkNumbers
from viz.drawing.words import in_words
from viz.graph.alike import shortened
from viz.graph.description import describe
from viz.graph.layers import check_network
from viz.graph.names import counted, subscript, typeset_apart
from viz.style.attributes import graph_attributes
from viz.style.palette import Theme, theme_colors
from viz.style.text import format_number, text_width

if TYPE_CHECKING:
    from viz.drawing.drawing import Drawing

MAX_NEURONS = 10  # the largest layer that is drawn with all its neurons
DIGITS = 2  # significant digits that fit into a circle
# Lengths are in points.
CIRCLE_DIAMETER = 42.0
ROW_STEP = 52.0  # distance from circle to circle in a column
DOTS_STEP = 40.0  # distance from a circle to the dots that stand for many
COLUMN_STEP = 150.0  # distance from layer to layer, without the share of the height
HEIGHT_SHARE = 0.25  # this share of the height is added to it, so that lines do not get too steep
LINE_WIDTHS = 0.4, 4.5  # widths of the lines for weight 0 and for the largest weight


def network(
    model: Any, inputs: Sequence[Value | float] | None = None, *, cost: Value | None = None, theme: Theme = "light"
) -> "Drawing":
    """Return a picture of a network.

    A circle is a neuron or an input. A line is a weight. Its width is the size of the weight relative to the largest
    one drawn; it is blue if the weight is positive and orange if it is negative, in print gray and dashed. Of a layer
    with more than 10 neurons, the first ones and the last are drawn.

    With a `cost`, the picture has all numbers of its passes: in each circle z and a, below it the bias and δ = d cost /
    dz, and on each line the weight and its gradient. With a layer of more than 4 neurons, z and the numbers of weights
    are left out. No `grad` changes.

    Args:
        model: an `nn.MLP`, or another model with `layers` of `neurons`.
        inputs: one sample, of n_in numbers or Values, to show the activation of each neuron in its circle.
        cost: the recorded cost of one sample, in place of inputs; layers have at most 16 neurons.
        theme: "light", "dark" or "print".

    Returns:
        A `graphviz.Digraph`. A notebook shows it, `.save("model.svg")` writes it as a picture.

    Raises:
        TypeError: if the model is not a network of layers.
        ValueError: if the model has another number of inputs, or the theme is another; with a cost if there are inputs,
            the cost is not that of one sample, or a layer is too large.
        MissingDependencyError: if graphviz is not installed.

    >>> import random
    >>> from nn import MLP
    >>> drawing = network(MLP(784, [100, 10], activation="sigmoid", rng=random.Random(0)))
    >>> "784 inputs" in drawing.source, "100 neurons" in drawing.source
    (True, True)
    """
    check_network("network", model)
    colors = theme_colors("network", theme)
    if cost is not None:
        return _of_cost(model, inputs, cost, colors)
    return _of_weights(model, inputs, theme, colors)


def _of_weights(model: Any, inputs: Sequence[Value | float] | None, theme: str, colors: Mapping[str, str]) -> "Drawing":
    """The picture of a network whose lines are as wide as its weights."""
    with needed("viz.network", "graphviz", "viz"):
        from viz.drawing.dot import html, html_name
        from viz.drawing.drawing import Drawing
    layers = [layer.neurons for layer in model.layers]
    rows = [shortened(n, MAX_NEURONS) for n in (len(layers[0][0].weights), *map(len, layers))]
    numbers = _activations(model, inputs)
    names = typeset_apart(x.label for x in inputs or () if isinstance(x, Value))
    places = _places(rows)
    top = max(y for _, y in places.values()) + CIRCLE_DIAMETER / 2

    drawing = Drawing(**graph_attributes(colors))
    drawing.attr("graph", layout="nop2", outputorder="edgesfirst")
    drawing.attr("edge", arrowhead="none")
    drawing.attr(
        "node",
        shape="circle",
        style="filled",
        fixedsize="shape",
        width=f"{CIRCLE_DIAMETER / 72:.3f}",
        color=colors["ink"],
    )
    edge_titles: list[str] = []
    for (column, i, j), weight, line in _lines(layers, rows, colors):
        if theme == "print" and weight < 0:
            line["style"] = "dashed"
        (x0, y0), (x1, y1) = places[column, i], places[column + 1, j]
        points = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (0.0, 1 / 3, 2 / 3, 1.0)]
        curve = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawing.edge(f"n{column}_{i}", f"n{column + 1}_{j}", pos=curve, **line)
        edge_titles.append(f"weight {format_number(weight, 4)}")
    for (column, row), (x, y) in places.items():
        position = f"{x:.1f},{y:.1f}"
        if row is None:
            drawing.node(f"n{column}_more", "⋮", shape="plaintext", style="", fontsize="24", pos=position)
            continue
        text = f"x{subscript(row + 1)}" if column == 0 else ""
        if numbers is not None:
            text = format_number(numbers[column][row], DIGITS)
        fill = colors["parameter" if column else "leaf"]
        drawing.node(f"n{column}_{row}", f"<{html(text)}>", fillcolor=fill, pos=position)
        x_in = inputs[row] if inputs is not None and column == 0 else None
        if isinstance(x_in, Value) and x_in.label:
            position = f"{x - CIRCLE_DIAMETER / 2 - 8 - text_width(x_in.label, 12) / 2:.1f},{y:.1f}"
            name = html_name(*names[x_in.label])
            drawing.node(f"name_{row}", f"<{name}>", shape="plaintext", style="", pos=position)
    plain = {"shape": "plaintext", "style": "", "fontcolor": colors["muted"]}
    captions = _captions(layers)
    drawing.alt, drawing.edge_titles = f"Network of {', '.join(captions)}.".replace("\n", " "), edge_titles
    drawing.titles = {
        f"n{column}_{row}": f"neuron {row + 1} of layer {column + 1}" if column else f"input {row + 1}"
        for column, row in places
        if row is not None
    }
    for column, caption in enumerate(captions):
        position = f"{places[column, 0][0]:.1f},{top + 26:.1f}"
        drawing.node(f"caption_{column}", f"<{html(caption)}>", **plain, pos=position)
    return drawing


def _of_cost(model: Any, inputs: object, cost: Value, colors: Mapping[str, str]) -> "Drawing":
    """The picture of a network with all numbers of the passes to a cost."""
    if not isinstance(cost, Value):
        raise TypeError(f"network: expected a Value as cost, got {type(cost).__name__}")
    if inputs is not None:
        raise ValueError("network: expected inputs or a cost, got both; a cost was computed from its inputs")
    graph = describe([cost], clusters=model).named()
    numbers = NetworkNumbers("network", model, graph, 4)
    with needed("viz.network", "graphviz", "viz"):
        from viz.drawing.dot import picture_to_dot
    return picture_to_dot(numbers.picture(), in_words(graph, 4), colors)


def _activations(model: Any, inputs: Sequence[Value | float] | None) -> list[list[float]] | None:
    """The numbers of all columns: the inputs, then the activations of each layer."""
    if inputs is None:
        return None
    columns: list[Sequence[Any]] = [inputs]
    for layer in model.layers:
        columns.append(layer(columns[-1]))
    return [[x.data if isinstance(x, Value) else float(x) for x in column] for column in columns]


def _places(rows: Sequence[Sequence[int | None]]) -> dict[tuple[int, int | None], tuple[float, float]]:
    """The middle of the circle of each (column, row), and of the dots, whose row is None; each column is centered."""
    places: dict[tuple[int, int | None], tuple[float, float]] = {}
    step = COLUMN_STEP + HEIGHT_SHARE * ROW_STEP * (max(map(len, rows)) - 1)
    for column, column_rows in enumerate(rows):
        ys = [0.0]
        for one, other in pairwise(column_rows):
            ys.append(ys[-1] - (DOTS_STEP if None in (one, other) else ROW_STEP))
        for row, y in zip(column_rows, ys, strict=True):
            places[column, row] = column * step, y - ys[-1] / 2
    return places


def _lines(
    layers: Sequence[Sequence[Any]], rows: Sequence[Sequence[int | None]], colors: Mapping[str, str]
) -> list[tuple[tuple[int, int, int], float, dict[str, str]]]:
    """(column, i, j), the weight and the attributes of each line; the widest come last, above the others."""
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
        width = LINE_WIDTHS[0] + (LINE_WIDTHS[1] - LINE_WIDTHS[0]) * abs(weight) / largest
        attributes = {"penwidth": f"{width:.2f}", "color": colors["positive" if weight >= 0 else "negative"]}
        lines.append((key, weight, attributes))
    return lines


def _captions(layers: Sequence[Sequence[Any]]) -> list[str]:
    """The text above each column."""
    captions = [counted(len(layers[0][0].weights), "input")]
    for neurons in layers:
        activation = getattr(neurons[0], "activation", "")
        name = activation if isinstance(activation, str) else getattr(activation, "__name__", "")
        captions.append(f"{counted(len(neurons), 'neuron')}\n{name}")
    return captions
