"""A graph in words and as a table, for those who do not see its picture."""

from viz.drawing.labels import number_text
from viz.graph.description import Edge, Graph, Node
from viz.graph.names import counted
from viz.pages.markup import Html, element
from viz.style.text import format_number

MAX_SAID = 30  # nodes that are said in an alternative text; the table has all
BETWEEN = "+−×÷·"  # symbols that stand between two operands


def in_words(graph: Graph, digits: int) -> str:
    """Return what a drawing of a graph shows.

    >>> from autodiff import Value
    >>> from viz.graph.description import describe
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> in_words(describe([a * b]), 4)
    'Computation graph of f with 3 nodes: a = 2; b = 3; f = a × b = 6.'
    """
    outputs = ", ".join(node.name for node in graph.nodes if node.is_output)
    said = nodes_in_words(graph, digits)
    shown = [said[node.id] for node in graph.nodes if node.kind not in ("constant", "more")]
    more = [f"and {len(shown) - MAX_SAID} more"] if len(shown) > MAX_SAID else []
    return f"Computation graph of {outputs} with {counted(len(shown), 'node')}: {'; '.join(shown[:MAX_SAID] + more)}."


def nodes_in_words(graph: Graph, digits: int, *, with_numbers: bool = True) -> dict[str, str]:
    """Return each node by its id: what it is computed from, its data, and its gradient if any node has one."""
    has_gradient = any(node.grad for node in graph.nodes)
    edges, said = _edges(graph), {}
    for node in graph.nodes:
        data, grad = (number_text(node, name, digits) for name in ("data", "grad"))
        is_constant = node.kind == "constant"
        shown = [data] if with_numbers or is_constant else []
        said[node.id] = " = ".join(filter(None, [node.name, _made(node, edges[node.id], digits), *shown]))
        if with_numbers and has_gradient and not is_constant:
            said[node.id] += f", gradient {grad}"
    return said


def edges_in_words(graph: Graph, digits: int, *, with_numbers: bool = True) -> list[str]:
    """Return the ends of each edge, and its local derivative."""
    texts = []
    for edge in graph.edges:
        texts.append(f"{_operand(edge.source, digits)} to {edge.target.name}")
        if with_numbers and edge.partial is not None:
            texts[-1] += f", local derivative {format_number(edge.partial, digits)}"
    return texts


def table(graph: Graph, digits: int) -> Html:
    """Return a graph as a table, whose numbers have the ids of those in its picture with "t-" before them."""
    edges, rows = _edges(graph), []
    for node in graph.nodes:
        if node.kind == "constant":
            continue
        partials = [
            element("div", f"∂{node.name}/∂{edge.source.name} = ", element("span", id=f"t-e{i}.partial"))
            for i, edge in edges[node.id]
            if edge.partial is not None
        ]
        numbers = [element("td", id=f"t-{node.id}.{name}") for name in ("data", "grad")]
        name = element("th", node.name, scope="row")
        rows.append(
            element("tr", name, element("td", _made(node, edges[node.id], digits)), *numbers, element("td", *partials))
        )
    heads = [
        element("th", head, scope="col") for head in ("node", "computed from", "data", "gradient", "local derivatives")
    ]
    return element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="numbers-of-graph")


def _edges(graph: Graph) -> dict[str, list[tuple[int, Edge]]]:
    """The edges to each node, with their numbers, by the id of the node."""
    edges: dict[str, list[tuple[int, Edge]]] = {node.id: [] for node in graph.nodes}
    for i, edge in enumerate(graph.edges):
        edges[edge.target.id].append((i, edge))
    return edges


def _made(node: Node, edges: list[tuple[int, Edge]], digits: int) -> str:
    """What a node is computed from, as in "a × b" or "tanh(v₁)"; "" for a leaf."""
    operands = [_operand(edge.source, digits) for _, edge in edges]
    if not operands:
        return ""
    if len(operands) == 2 and node.symbol in BETWEEN:
        return f" {node.symbol} ".join(operands)
    return f"{node.symbol}({', '.join(operands)})"


def _operand(node: Node, digits: int) -> str:
    return node.name or format_number(node.data, digits)
