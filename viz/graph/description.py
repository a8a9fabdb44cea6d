"""The description of a drawing as plain data: nodes, edges and boxes, without position, color or format."""

from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import count, pairwise
from typing import Any, Protocol, TypeAlias

from autodiff import PRIMITIVES, Value, topological_order
from autodiff.extend import primitives
from viz.graph.layers import article_names, is_network, layer_titles
from viz.graph.names import node_names, on_one_line, short, subscript, typeset, typeset_apart
from viz.graph.symbols import symbol_of, visible, written_inside

Names: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Value]]
"""Variables by name, such as `locals()`, or the (name, parameter) pairs of `model.named_parameters()`."""

BoxPath: TypeAlias = tuple[str, ...]
"""The names of nested boxes, from outside to inside: ("layer 2", "neuron 3")."""


Groups: TypeAlias = Mapping[str, Iterable[Value]]
"""Nodes by the title of the box that is to be drawn around them."""


class Model(Protocol):
    """The only method that `clusters` needs of a model; `nn.Module` has it."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]:
        """Return (path, parameter) pairs, with paths such as "layers.0.neurons.2.bias"."""
        ...


@dataclass(frozen=True)
class Node:
    """A node as it is shown.

    Attributes:
        id: "n0", "n1", ... in topological order.
        kind: "leaf", "parameter", "constant" or "operation"; from `viz.graph.levels` also "part" or "more".
        symbol: the symbol of the operation, or "".
        label: its label, or "".
        name: its name, which no other node has; "" for a constant without a label.
        data: its number.
        grad: its gradient.
        is_output: whether it is an output of the drawing.
        is_ordered: whether it has two operands that may not be swapped, as in a power.
        cluster: the path of the box around it.
    """

    id: str
    kind: str
    symbol: str
    label: str
    name: str
    data: float
    grad: float
    is_output: bool
    is_ordered: bool
    cluster: BoxPath


@dataclass(frozen=True)
class Edge:
    """Operand number `index` of a node.

    `name` is written at its end if the order of more than two operands matters, as in a `dot`; else it is "". `partial`
    is d target / d source, or None if the source is a constant.
    """

    source: Node
    target: Node
    index: int
    name: str
    partial: float | None
    id: str  # "e0", "e1", ... in the order of the graph


@dataclass(frozen=True)
class Graph:
    """Nodes in topological order, the edges of each node in the order of its operands, and the titles of boxes."""

    nodes: list[Node]
    edges: list[Edge]
    titles: Mapping[BoxPath, str] = field(default_factory=dict)
    values: Sequence[Value] = ()  # the recorded node behind each, if each stands for one

    def with_nodes(self, nodes: list[Node]) -> "Graph":
        """Return the same graph with other nodes, which have the same ids in the same order."""
        by_id = {node.id: node for node in nodes}
        edges = [replace(edge, source=by_id[edge.source.id], target=by_id[edge.target.id]) for edge in self.edges]
        return replace(self, nodes=nodes, edges=edges)

    def named(self, only: Container[Value] | None = None) -> "Graph":
        """Return the same graph with the name of each node as its label, or of `only` some."""
        names = {
            value: node.name
            for value, node in zip(self.values, self.nodes, strict=True)
            if only is None or value in only
        }
        shown = {value: on_one_line(name, typeset(name)) for value, name in names.items()}
        parameters = {value for value, node in zip(self.values, self.nodes, strict=True) if node.kind == "parameter"}
        nodes = []
        for value, node in zip(self.values, self.nodes, strict=True):
            label = node.label if node.name == short(node.label) else names.get(value, "")
            nodes.append(replace(node, label=label, symbol=symbol_of(value, shown, parameters)))
        return self.with_nodes(nodes)

    def title(self, path: BoxPath) -> str:
        """Return the title of a box, such as "layer 2: a⁽²⁾ = σ(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾)"."""
        return self.titles.get(path, path[-1])


def as_names(who: str, names: Any) -> Mapping[str, Any] | list[tuple[str, Value]] | None:
    """Return the names, an iterator as a list; raise TypeError if they are of another type."""
    if names is None or isinstance(names, Mapping):
        return names
    pairs = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
            got = repr(pair) if isinstance(pair, str) else "Value" if isinstance(pair, Value) else type(pair).__name__
            raise TypeError(f"{who}: expected names as variables by name, got {got}; use names=locals(), or {{'x': x}}")
    return pairs


def check_groups(who: str, groups: Any) -> Groups | None:
    """Return groups, each as a list; raise TypeError if they are not Values by title."""
    if groups is None:
        return None
    lists: dict[Any, list[Any]]
    lists = {title: [*nodes] for title, nodes in groups.items()} if isinstance(groups, Mapping) else {None: [groups]}
    for title, nodes in lists.items():
        for node in nodes:
            if not isinstance(title, str) or not isinstance(node, Value):
                got = type(node).__name__
                raise TypeError(f"{who}: expected groups as Values by title, got {got}; use {{'t = 1': [h1, h2]}}")
    return lists


def describe(
    outputs: Iterable[Value],
    names: Names | None = None,
    clusters: Model | None = None,
    groups: Groups | None = None,
) -> Graph:
    """Return the graph that a drawing of `outputs` shows.

    The name of a node is the first of: its name in `names`, its own label, its path in the model `clusters`.
    """
    outputs = [visible(output) for output in outputs]
    order = visible_order(outputs)
    naming = naming_of(order, outputs, names, clusters, groups)
    order = drawn(order, outputs, naming.labels)
    boxes = boxes_of(order, naming)
    nodes = {node: describe_node(node, f"n{i}", outputs, naming, boxes.get(node, ())) for i, node in enumerate(order)}
    numbers = count()
    edges = [
        Edge(
            source=nodes[visible(operand)],
            target=nodes[node],
            index=index,
            name=operand_name(node, index) if node not in boxes else "",
            partial=None if operand.is_constant else partial,
            id=f"e{next(numbers)}",
        )
        for node in order
        for index, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True))
        if index != written_inside(node, naming.labels)
    ]
    return Graph([*nodes.values()], edges, naming.titles, order)


def drawn(order: Sequence[Value], outputs: Sequence[Value], labels: Mapping[Value, str]) -> list[Value]:
    """Return the nodes that are drawn as nodes: all but the numbers that are written into symbols."""
    used, written = {*outputs}, set[Value]()
    for node in order:
        inside = written_inside(node, labels)
        if inside is None:
            used.update(map(visible, node.operands))
        else:
            written.add(visible(node.operands[inside]))
            used.add(visible(node.operands[1 - inside]))
    return [node for node in order if node in used or node not in written]


@dataclass(frozen=True)
class Naming:
    """The names in a graph: labels and names of nodes, all known parameters with their boxes, and titles of boxes."""

    labels: Mapping[Value, str]
    names: Mapping[Value, str]
    parameters: Set[Value]
    of_model: Mapping[Value, BoxPath]  # the box of each parameter of the model, () for one outside all
    titles: Mapping[BoxPath, str]
    groups: Mapping[Value, BoxPath]  # the box of each node that the caller puts into one

    @cached_property
    def shown(self) -> Mapping[Value, str]:
        """The labels as they stand in symbols."""
        names = typeset_apart(self.labels.values())
        return {node: on_one_line(label, names[label]) for node, label in self.labels.items()}

    def common_symbol(self, node: Value) -> str:
        """Return the symbol that a node shares with others: a number stands in it, an operand does not."""
        numbers = {x: self.labels[x] for x in node.operands if x.is_constant and x in self.labels}
        return symbol_of(node, numbers, self.parameters)


def naming_of(
    order: Sequence[Value],
    outputs: Sequence[Value],
    names: Names | None,
    clusters: Model | None,
    groups: Groups | None = None,
) -> Naming:
    """Return the names in a graph, and the boxes that are given."""
    boxes = {visible(node): (title,) for title, nodes in (groups or {}).items() for node in nodes}
    given, parameters = _labels(names)
    paths = {parameter: path for path, parameter in clusters.named_parameters()} if clusters else {}
    has_layers = is_network(clusters)
    of_article = article_names(clusters, order) if has_layers else {}
    labels = {}
    for node in order:
        label = given.get(node) or node.label or of_article.get(node) or _short_path(paths.get(node, ""))
        if label:
            labels[node] = label
    of_model = {parameter: _box(path.rpartition(".")[0], has_layers) for parameter, path in paths.items()}
    titles: dict[BoxPath, str] = (
        {(f"layer {i}",): title for i, title in layer_titles(clusters).items()} if has_layers else {}
    )
    return Naming(labels, node_names(order, outputs, labels), parameters | paths.keys(), of_model, titles, boxes)


def describe_node(node: Value, id_: str, outputs: Sequence[Value], naming: Naming, cluster: BoxPath) -> Node:
    """Return a node as it is shown."""
    return Node(
        id=id_,
        kind=_kind(node, naming.parameters),
        symbol=symbol_of(node, naming.shown, naming.parameters),
        label=naming.labels.get(node, ""),
        name=naming.names.get(node, ""),
        data=node.data,
        grad=node.grad,
        is_output=node in outputs,
        is_ordered=len(node.operands) == 2 and not _is_symmetric(node) and node.primitive is not primitives.DOT,
        cluster=cluster,
    )


def visible_order(outputs: Iterable[Value]) -> list[Value]:
    """Return the nodes that are shown, in topological order."""
    return [node for node in topological_order(*outputs) if node.primitive is not primitives.IDENTITY]


def operand_name(node: Value, index: int) -> str:
    """Return ₁, ₂ or ₃ for an operand among more than two whose order matters, of a dot for its pair; else ""."""
    n = len(node.operands)
    if node.primitive is primitives.DOT:
        return subscript(index % (n // 2) + 1) if n > 2 else ""
    return subscript(index + 1) if n > 2 and not _is_symmetric(node) else ""


def _is_symmetric(node: Value) -> bool:
    return node.primitive is not None and node.primitive.commutes


def _kind(node: Value, parameters: Set[Value]) -> str:
    if not node.is_leaf:
        return "operation"
    if node.is_constant:
        return "constant"
    return "parameter" if node in parameters else "leaf"


def _labels(names: Names | None) -> tuple[dict[Value, str], set[Value]]:
    """The label of each named Value, and the set of those that are parameters: all, if the names are pairs."""
    labels: dict[Value, str] = {}
    names = as_names("names", names)
    if isinstance(names, Mapping):
        for name, variable in names.items():
            if name.startswith("_"):  # _, __ and _12 of a notebook are earlier results
                continue
            if isinstance(variable, Value):
                labels.setdefault(variable, name)
            elif isinstance(variable, list | tuple):
                for i, element in enumerate(variable):
                    if isinstance(element, Value):
                        labels.setdefault(element, f"{name}[{i}]")
        return labels, set()
    for name, parameter in names or ():
        labels.setdefault(parameter, name)
    return labels, set(labels)


def boxes_of(order: Iterable[Value], naming: Naming) -> dict[Value, BoxPath]:
    """Return the box of each node that belongs to a part of the model.

    A parameter lies in the box of its path. An operation on parameters and other operands lies in the box of the
    parameters. An operation whose operands all lie in one box lies in that box, and so does the activation after it.
    """
    of_model = naming.of_model
    boxes = {parameter: box for parameter, box in of_model.items() if box}
    activations = set()
    for node in order:
        owners = {boxes.get(operand) for operand in node.operands if operand in of_model}
        inputs = {boxes.get(operand) for operand in node.operands if operand not in of_model}
        if not inputs:  # a leaf, or an operation on parameters only, such as the square of a weight
            continue
        if len(node.operands) == 1 and node.operands[0] not in activations:
            if not getattr(node.primitive, "is_activation", False) and node.primitive in PRIMITIVES.values():
                continue
            activations.add(node)
        box_of_node = next(iter(owners or inputs))
        is_inside = owners or len(node.operands) > 1 or node in activations
        if len(owners or inputs) == 1 and box_of_node is not None and is_inside:
            boxes[node] = box_of_node
    return {**boxes, **naming.groups}


@lru_cache(maxsize=1024)
def _box(owner: str, is_network: bool) -> BoxPath:
    """("layer 2", "neuron 3") for "layers.0.neurons.2" of a network: a box for each list of modules in the path.

    The article counts from 1, and its layer 1 is the input.
    """
    first = {"layers": 2, "neurons": 1} if is_network else {}
    numbered = [(name, int(i) + first.get(name, 0)) for name, i in pairwise(owner.split(".")) if i.isdigit()]
    return tuple(f"{name.removesuffix('s')} {i}" for name, i in numbered)


def boxes_inside(nodes: Iterable[Node], path: BoxPath) -> dict[BoxPath, list[Node]]:
    """Return the boxes directly inside the box `path`, each with all nodes in it."""
    inside: dict[BoxPath, list[Node]] = {}
    for node in nodes:
        if node.cluster != path:
            inside.setdefault(node.cluster[: len(path) + 1], []).append(node)
    return inside


def _short_path(path: str) -> str:
    """weights[1] for "layers.0.neurons.2.weights.1": the name inside its box."""
    *_, owner, name = ["", *path.split(".")]
    return f"{owner}[{name}]" if name.isdigit() else name
