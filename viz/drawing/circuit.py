"""A node of a circuit: a gate with its symbol, and the start of its wire, with the value above and the gradient below.

This is the picture of many courses (Stanford's CS231n, notes on backpropagation). A leaf has its name where an
operation has its gate. All of a node lies in one rectangle of the layout, so no other wire passes its numbers.
"""

import re
from math import sqrt

from viz.drawing.content import Content
from viz.drawing.labels import number_text
from viz.drawing.paths import curve, outline
from viz.drawing.texts import NAME_SIZE, NUMBER_SIZE, PARTIAL_SIZE, SYMBOL_SIZE, Run, Text, name_on_one_line
from viz.graph.description import Node
from viz.layout.geometry import Rect, Size

# Lengths are in points.
DIAMETER = 37.0  # of a gate
LEAF_HEIGHT = 22.0
PADDING = 5.0  # on both sides of a symbol or a name
GAP = 5.0  # on both sides of the numbers on a wire
ABOVE, BELOW = 4.5, 14.0  # from the wire to the base lines of its numbers
EQUALS = "\xa0=\xa0"
BACK = "←\xa0"  # before a gradient, which runs backward
_OPERAND = re.compile(r"\(·\)|(?<=[/|])·|(?<=^√)$")


def node_in_circuit(node: Node, content: Content) -> tuple[Size, list[Text]]:
    """Return the size of a node with the start of its wire, and its texts around (0, 0)."""
    title = _title(node, content)
    width = gate_width(node, content)
    lines = _on_wire(node, content)
    wire = max((sum(run.width for run in line) for line in lines if line), default=0.0)
    wire += 2 * GAP if wire else 0.0
    left = -(width + wire) / 2
    texts = [Text(left + width / 2, 0.36 * title[-1].size, "middle", title)] if title else []
    for line, y in zip(lines, (-ABOVE, BELOW), strict=True):
        if line:
            texts.append(Text(left + width + wire / 2, y, "middle", line))
    return (width + wire, DIAMETER if node.kind == "operation" or wire else LEAF_HEIGHT), texts


def gate_width(node: Node, content: Content) -> float:
    """Return the width of the gate of an operation, or of the name of a leaf."""
    title = _title(node, content)
    width = sum(run.width for run in title) + 2 * PADDING if title else 0.0
    return max(width, DIAMETER) if node.kind == "operation" else width


def gate_of(node: Node, rect: Rect, content: Content) -> Rect:
    """Return the part of the rectangle of a node that is its gate or its name."""
    x0, y0, _, y1 = rect
    if node.kind != "operation":
        y0, y1 = (y0 + y1 - LEAF_HEIGHT) / 2, (y0 + y1 + LEAF_HEIGHT) / 2
    return x0, y0, x0 + gate_width(node, content), y1


def depth_of_gate(gate: Rect, y: float) -> float:
    """Return how far behind its left end a gate begins at the height y: it is a circle, or a longer rounded box."""
    radius = min(gate[2] - gate[0], gate[3] - gate[1]) / 2
    rise = max(abs(y - (gate[1] + gate[3]) / 2) - ((gate[3] - gate[1]) / 2 - radius), 0.0)
    return radius - sqrt(max(radius**2 - rise**2, 0.0))


def paths_of(node: Node, rect: Rect, content: Content) -> dict[str, str]:
    """Return the paths of a node by their role: its gate, or the ground of its name, and the start of its wire."""
    gate, paths = gate_of(node, rect, content), {}
    if node.kind == "operation":
        paths["box"] = outline(gate, min(gate[2] - gate[0], gate[3] - gate[1]) / 2)
    elif node.kind != "constant" and gate[2] > gate[0]:
        paths["box"] = outline(gate, 0.0)
    y = (rect[1] + rect[3]) / 2
    return paths | {"wire": curve([(gate[2], y), (rect[2], y)])} if rect[2] > gate[2] else paths


def _title(node: Node, content: Content) -> tuple[Run, ...]:
    """The symbol of a gate, the name of a leaf, or the number of a constant."""
    if node.kind == "operation":
        symbol = _OPERAND.sub("x", node.symbol).replace("^x", "ˣ")
        run = Run("symbol", symbol, SYMBOL_SIZE, bold=True)
        return (run if run.width + 2 * PADDING <= DIAMETER else Run("symbol", symbol, PARTIAL_SIZE, bold=True),)
    if node.kind == "constant":
        name = name_on_one_line(node, content, NAME_SIZE)
        number = Run("data", number_text(node, "data", content.digits), NUMBER_SIZE)
        return (*name, Run("name", EQUALS, NAME_SIZE), number) if name else (number,)
    return name_on_one_line(node, content, NUMBER_SIZE)


def _on_wire(node: Node, content: Content) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The value of a node, with the name of an operation, and its gradient if any node has one."""
    numbers = dict(content.numbers(node))
    above, below = list[Run](), list[Run]()
    if node.kind == "operation":
        above += name_on_one_line(node, content, NAME_SIZE)
    if "data" in numbers:
        above += [Run("name", EQUALS, NAME_SIZE)] if above else []
        above.append(Run("data", numbers["data"], NUMBER_SIZE))
    if numbers.get("grad"):
        below = [Run("caption", BACK, PARTIAL_SIZE), Run("grad", numbers["grad"], NUMBER_SIZE)]
    return tuple(above), tuple(below)
