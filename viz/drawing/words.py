"""A graph in words and as a table, for those who do not see its picture."""

import re
from collections.abc import Mapping

from viz.drawing.labels import number_text
from viz.graph.description import Edge, Graph, Node
from viz.graph.names import counted, isolated, typeset
from viz.pages.markup import Html, element
from viz.style.text import before_point, format_number

MAX_SAID = 30  # nodes that are said in an alternative text; the table has all
COLUMNS = "node", "computed from", "data", "gradient", "local derivatives"
BETWEEN = "+−×÷·^"  # symbols that stand between two operands


def in_words(graph: Graph, digits: int, *, with_numbers: bool = True) -> str:
    """Return what a drawing of a graph shows.

    >>> from autodiff import Value
    >>> from viz.graph.description import describe
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> in_words(describe([a * b]), 4)
    'Computation graph of f with 3 nodes: a = 2; b = 3; f = a × b = 6.'
    """
    outputs = ", ".join(isolated(node.name) for node in graph.nodes if node.is_output)
    said = nodes_in_words(graph, digits, with_numbers=with_numbers)
    shown = [said[node.id] for node in graph.nodes if node.kind not in ("constant", "more")]
    more = [f"and {len(shown) - MAX_SAID} more"] if len(shown) > MAX_SAID else []
    return f"Computation graph of {outputs} with {counted(len(shown), 'node')}: {'; '.join(shown[:MAX_SAID] + more)}."


def nodes_in_words(graph: Graph, digits: int, *, with_numbers: bool) -> dict[str, str]:
    """Return each node by its id: what it is computed from, its data, and its gradient if any node has one."""
    has_gradient = any(node.grad for node in graph.nodes)
    edges, said = _edges(graph), {}
    for node in graph.nodes:
        data, grad = (number_text(node, name, digits) for name in ("data", "grad"))
        is_constant = node.kind == "constant"
        shown = [data] if with_numbers or is_constant else []
        said[node.id] = " = ".join(filter(None, [isolated(node.name), _made(node, edges[node.id], digits), *shown]))
        if with_numbers and has_gradient and not is_constant:
            said[node.id] += f", gradient {grad}"
    return said


def edges_in_words(graph: Graph, digits: int, *, with_numbers: bool) -> list[str]:
    """Return the ends of each edge, and its local derivative."""
    texts = []
    for edge in graph.edges:
        texts.append(f"{_operand(edge.source, digits)} to {isolated(edge.target.name)}")
        if with_numbers and edge.partial is not None:
            texts[-1] += f", local derivative {format_number(edge.partial, digits)}"
    return texts


def table(graph: Graph, digits: int, texts: Mapping[str, str], title: str = "The graph as a table") -> Html:
    """Return a graph as a table, with a title; its numbers have the ids of those in the picture after "t-".

    `texts` are the numbers by these ids, where they are others than those of the graph.
    """
    edges, rows = _edges(graph), []
    for node in graph.nodes:
        if node.kind == "constant":
            continue
        name, partials = isolated(node.name), []
        for edge in edges[node.id]:
            if edge.partial is not None:
                key, number = f"{edge.id}.partial", format_number(edge.partial, digits)
                shown = element("span", texts.get(key, number), id=f"t-{key}")
                partials.append(element("div", f"∂{name}/∂{isolated(edge.source.name)} = ", shown))
        keys = {f"{node.id}.{name}": number_text(node, name, digits) for name in ("data", "grad")}
        cells = {key: texts.get(key, number) for key, number in keys.items()}
        numbers = [element("td", x, id=f"t-{key}", data_pad=before_point(x, digits)) for key, x in cells.items()]
        made = element("td", _made(node, edges[node.id], digits))
        rows.append(element("tr", element("th", name, scope="row"), made, *numbers, element("td", *partials)))
    heads = element("tr", *[element("th", head, scope="col") for head in COLUMNS])
    heading = element("h2", title)
    return Html(heading + element("table", element("thead", heads), element("tbody", *rows), data_digits=digits))


def _edges(graph: Graph) -> dict[str, list[Edge]]:
    """The edges to each node, by the id of the node."""
    edges: dict[str, list[Edge]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        edges[edge.target.id].append(edge)
    return edges


def _made(node: Node, edges: list[Edge], digits: int) -> str:
    """What a node is computed from, as in "a × b", "2 × a", "a²" or "tanh(v₁)"; "" for a leaf."""
    operands = [_operand(edge.source, digits) for edge in edges]
    symbol = node.symbol
    if not symbol:  # a leaf, or what stands for many nodes
        return ""
    if len(operands) == 2 and symbol in BETWEEN:
        return f" {symbol} ".join(operands)
    if len(operands) == 1:
        (operand,) = operands
        if re.search(
            rf"(?<![a-z]){re.escape(typeset(operand)[0])}(?![a-z])|^[\d.]+\w$", symbol
        ):  # x², 2ˣ: the operand is in it
            return symbol
        placed = re.sub(r"\(·\)|(?<!\d)·(?!\d)|(?<=^√)$", lambda _: operand, symbol)  # (·)², not 1.5·10⁵
        if placed != symbol:
            return placed
        if symbol[-1] in BETWEEN:  # 2 ×, 1 −, or − alone
            return f"{symbol} {operand}" if len(symbol) > 1 else f"{symbol}{operand}"
        if symbol[0] in BETWEEN:
            return f"{operand} {symbol}"
    return f"{symbol}({', '.join(operands)})"


def _operand(node: Node, digits: int) -> str:
    return isolated(node.name) or format_number(node.data, digits)
