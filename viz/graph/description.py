"""What a drawing shows, as plain data: nodes, edges and clusters, before anything is said of how they look."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

from autodiff import PRIMITIVES, Value, topological_order
from autodiff.extend import primitives

Names: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Value]]
"""Variables by name, such as `locals()`, or the (name, parameter) pairs of `model.named_parameters()`."""

Path: TypeAlias = tuple[str, ...]
"""The names of nested boxes, from outside to inside: ("layer 0", "neuron 2")."""

_SYMMETRIC = (primitives.ADD, primitives.MUL, primitives.MAXIMUM, primitives.MINIMUM, primitives.SUM)
_ACTIVATIONS = (primitives.RELU, primitives.SIGMOID, primitives.SIN, primitives.SOFTPLUS, primitives.TANH)


class Model(Protocol):
    """What `clusters` needs of a model; `nn.Module` has it."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]:
        """Return (path, parameter) pairs; a path is as in "layers.0.neurons.2.bias"."""
        ...


@dataclass(frozen=True)
class Node:
    """One node.

    `kind` is leaf, parameter, constant or operation; `is_ordered` tells that its two operands may not be swapped, as
    in a power; `cluster` is the path of the box that the node lies in.
    """

    id: str
    kind: str
    symbol: str
    label: str
    data: float
    grad: float
    is_output: bool
    is_ordered: bool
    cluster: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """Operand number `index` of a node, with d target / d source; None where a constant, which does not vary, is it.

    `name` is what to write at its end, where the order of more than two operands matters, as in a `dot`.
    """

    source: Node
    target: Node
    index: int
    name: str
    partial: float | None


@dataclass(frozen=True)
class Graph:
    """All that is drawn; nodes in topological order, the edges of each node in the order of its operands."""

    nodes: list[Node]
    edges: list[Edge]

    def with_nodes(self, nodes: list[Node]) -> "Graph":
        """The same graph with other nodes, of the same ids and in the same order."""
        known = {node.id: node for node in nodes}
        edges = [replace(edge, source=known[edge.source.id], target=known[edge.target.id]) for edge in self.edges]
        return Graph(nodes, edges)


def as_names(who: str, names: Any) -> Mapping[str, Any] | list[tuple[str, Value]] | None:
    """Return the names, of which an iterator is a list from here on; a TypeError if they are none."""
    if names is None or isinstance(names, Mapping):
        return names
    pairs = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
            got = repr(pair) if isinstance(pair, str) else "Value" if isinstance(pair, Value) else type(pair).__name__
            raise TypeError(f"{who}: expected names as variables by name, got {got}; use names=locals(), or {{'x': x}}")
    return pairs


def describe(outputs: Iterable[Value], names: Names | None = None, clusters: Model | None = None) -> Graph:
    """Return what a drawing of `outputs` shows.

    A name given in `names` goes before a Value's own label, and its name in the model after both.
    """
    outputs = [visible(output) for output in outputs]
    order = visible_order(outputs)
    known = naming(names, clusters)
    boxes = boxes_of(order, known.paths)
    nodes = {node: describe_node(node, f"n{i}", outputs, known, boxes.get(node, ())) for i, node in enumerate(order)}
    edges = [
        Edge(
            source=nodes[visible(operand)],
            target=nodes[node],
            index=index,
            name=place_name(node, index) if node not in boxes else "",
            partial=None if operand.is_constant else partial,
        )
        for node in order
        for index, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True))
    ]
    return Graph([*nodes.values()], edges)


@dataclass(frozen=True)
class Naming:
    """How nodes are called: the given names, the path of each of the model's parameters, and all parameters."""

    given: Mapping[Value, str]
    paths: Mapping[Value, str]
    parameters: Set[Value]


def naming(names: Names | None, clusters: Model | None) -> Naming:
    """Return how nodes are called."""
    given, parameters = _labels(names)
    paths = {parameter: path for path, parameter in clusters.named_parameters()} if clusters else {}
    return Naming(given, paths, parameters | paths.keys())


def describe_node(node: Value, name: str, outputs: Sequence[Value], known: Naming, cluster: tuple[str, ...]) -> Node:
    """Return what is shown of a node, under an id."""
    return Node(
        id=name,
        kind=_kind(node, known.parameters),
        symbol=node.primitive.symbol if node.primitive else "",
        label=known.given.get(node) or node.label or _short_path(known.paths.get(node, "")),
        data=node.data,
        grad=node.grad,
        is_output=node in outputs,
        is_ordered=len(node.operands) == 2 and node.primitive not in (*_SYMMETRIC, primitives.DOT),
        cluster=cluster,
    )


def visible_order(outputs: Iterable[Value]) -> list[Value]:
    """The nodes that are shown, in topological order."""
    return [node for node in topological_order(*outputs) if node.primitive is not primitives.IDENTITY]


def visible(node: Value) -> Value:
    """The node itself, or for the input that a transform put on top of a Value, that Value."""
    while node.primitive is primitives.IDENTITY:
        (node,) = node.operands
    return node


def place_name(node: Value, index: int) -> str:
    """What to write at an operand, where the order says something and there are more than two of them."""
    n = len(node.operands)
    if node.primitive is primitives.DOT:
        return f"{'xy'[index >= n // 2]}{subscript(index % (n // 2) + 1)}" if n > 2 else ""
    return subscript(index + 1) if n > 2 and node.primitive not in (*_SYMMETRIC, PRIMITIVES["logsumexp"]) else ""


def subscript(number: int) -> str:
    """Return a number in small digits below the line."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _kind(node: Value, parameters: Set[Value]) -> str:
    if not node.is_leaf:
        return "operation"
    if node.is_constant:
        return "constant"
    return "parameter" if node in parameters else "leaf"


def _labels(names: Names | None) -> tuple[dict[Value, str], set[Value]]:
    """The label of each named Value, and those that are parameters because the names are a model's."""
    labels: dict[Value, str] = {}
    names = as_names("names", names)
    if isinstance(names, Mapping):
        for name, thing in names.items():
            if name.startswith("_"):  # a notebook's _, __, _12 are earlier results
                continue
            if isinstance(thing, Value):
                labels.setdefault(thing, name)
            elif isinstance(thing, list | tuple):
                for i, element in enumerate(thing):
                    if isinstance(element, Value):
                        labels.setdefault(element, f"{name}[{i}]")
        return labels, set()
    for name, parameter in names or ():
        labels.setdefault(parameter, name)
    return labels, set(labels)


def boxes_of(order: list[Value], paths: Mapping[Value, str]) -> dict[Value, tuple[str, ...]]:
    """The box of each node that belongs to a part of the model.

    A parameter lies in the box of its path. An operation on parameters and something else lies with its parameters; one
    whose operands all lie in one box, there; and the activation that follows, with its operand.
    """
    boxes: dict[Value, tuple[str, ...]] = {}
    for parameter, path in paths.items():
        if box := _box(path.rpartition(".")[0]):
            boxes[parameter] = box
    activations = set()
    for node in order:
        owners = {boxes.get(operand) for operand in node.operands if operand in paths}
        around = {boxes.get(operand) for operand in node.operands if operand not in paths}
        if not around:  # a leaf, or an operation on parameters alone, such as the square of a weight
            continue
        if len(node.operands) == 1 and node.operands[0] not in activations:
            if node.primitive not in _ACTIVATIONS and node.primitive in PRIMITIVES.values():
                continue
            activations.add(node)
        its_box = next(iter(owners or around))
        is_inside = owners or len(node.operands) > 1 or node in activations
        if len(owners or around) == 1 and its_box is not None and is_inside:
            boxes[node] = its_box
    return boxes


@lru_cache(maxsize=1024)
def _box(owner: str) -> tuple[str, ...]:
    """What layers.0.neurons.2.weights has lies in (layer 0, neuron 2): a box for each list of modules on the way."""
    numbered = [(name, i) for name, i in pairwise(owner.split(".")) if i.isdigit()]
    return tuple(f"{name.removesuffix('s')} {i}" for name, i in numbered)


def _short_path(path: str) -> str:
    """layers.0.neurons.2.weights.1 is weights[1] in its box."""
    *_, owner, name = ["", *path.split(".")]
    return f"{owner}[{name}]" if name.isdigit() else name
