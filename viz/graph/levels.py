"""A graph at the level of neurons or of layers, and without what is repeated: what `describe` gives, and less of it.

A part that is shown as one node keeps the chain rule: its partials are those of its operations, multiplied and summed
along all paths inside, so that a neuron's are activation'(z) w.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autodiff import Value
from autodiff.extend import primitives
from viz.graph.alike import series, shortened
from viz.graph.description import (
    Edge,
    Graph,
    Model,
    Names,
    Naming,
    Node,
    boxes_of,
    describe_node,
    naming,
    place_name,
    visible,
    visible_order,
)
from viz.graph.parts import Part, connect, split

LEVELS = ("operations", "neurons", "layers")
ALIKE = 8  # of a series that are shown at the level of neurons


@dataclass(frozen=True)
class Vector(Node):
    """A node that stands for several: all their data and gradients."""

    all_data: tuple[float, ...]
    all_grad: tuple[float, ...]


def fold(
    outputs: Iterable[Value],
    names: Names | None = None,
    clusters: Model | None = None,
    *,
    level: str = "operations",
    alike: int | None = ALIKE,
) -> Graph:
    """Return what a drawing of `outputs` shows at a level.

    Args:
        outputs: see `viz.graph.description.describe`.
        names: see there.
        clusters: see there.
        level: one of `LEVELS`.
        alike: how many that are alike are shown, at the first two levels; all if None. Layers show them as one.
    """
    outputs = [visible(output) for output in outputs]
    order = visible_order(outputs)
    known = naming(names, clusters)
    boxes = boxes_of(order, known.paths)
    found = split(order, boxes, level)
    if level == "operations" and alike is not None:
        neurons = split(order, boxes, "neurons")
        _hide(neurons, outputs, alike)
        found = {node: neurons[node] if neurons[node].hidden else part for node, part in found.items()}
    if level == "layers":
        _join(found, outputs)
    elif alike is not None:
        _hide(found, outputs, alike)
    return _described(connect(found, outputs), found, outputs, known)


def _hide(found: dict[Value, Part], outputs: Sequence[Value], alike: int) -> None:
    """Of each long series, put the parts in the middle into one that says how many they are."""
    for alike_parts in series(connect(found, outputs)):
        shown = shortened(len(alike_parts), alike)
        if None in shown and not alike_parts[0].hidden:
            gap = shown.index(None)
            _merge(found, alike_parts[gap : len(alike_parts) - 1], hidden=True)


def _join(found: dict[Value, Part], outputs: Sequence[Value]) -> None:
    """Put each series into one part. Leaves of one operation stay apart, as the base and the exponent of a power do."""
    for alike_parts in series(connect(found, outputs)):
        users = {user for part in alike_parts for user in part.users}
        if len(alike_parts) > 1 and (alike_parts[0].sources or len(users) > 1 or any(user.path for user in users)):
            _merge(found, alike_parts, hidden=False)


def _merge(found: dict[Value, Part], parts: Sequence[Part], *, hidden: bool) -> None:
    members = [node for part in parts for node in part.members]
    merged = Part(members, parts[0].cluster, parts[0].path if not hidden else (), len(parts), hidden)
    found |= dict.fromkeys(members, merged)


def _described(parts: Sequence[Part], found: Mapping[Value, Part], outputs: Sequence[Value], known: Naming) -> Graph:
    """The parts as nodes and edges."""
    shown = [part for part in parts if not (part.hidden and part.members[0].is_constant)]
    nodes = {part: _node(part, f"n{i}", outputs, known) for i, part in enumerate(shown)}
    edges = []
    for part in shown:
        if (node := part.node) is not None:
            made = {found[visible(operand)] for operand in node.operands}
            seen = set()
            for index, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
                source = found[visible(operand)]
                if source in seen and source.node is None:
                    continue
                seen.add(source)
                is_single = source.node is not None or (len(source.results) == 1 and not source.hidden)
                name = place_name(node, index) if len(made) == len(node.operands) and not part.cluster else ""
                shown_partial = partial if is_single and not operand.is_constant else None
                edges.append(Edge(nodes[source], nodes[part], index, name, shown_partial))
        else:
            partials = _partials(part) if not part.hidden and part.count == 1 and len(part.results) == 1 else {}
            for index, source in enumerate(source for source in part.sources if source in nodes):
                is_single = len(source.results) == 1 and not source.hidden and not source.results[0].is_constant
                product = partials.get(source.results[0]) if is_single else None
                edges.append(Edge(nodes[source], nodes[part], index, "", product))
    return Graph([*nodes.values()], edges)


def _partials(part: Part) -> dict[Value, float]:
    """d result / d node for every node that a part is computed from: the reverse sweep within it."""
    adjoints = dict.fromkeys(part.results, 1.0)
    for node in reversed(part.members):
        adjoint = adjoints.get(node, 0.0)
        for operand, partial in zip(node.operands, node.partials, strict=True):
            operand = visible(operand)
            adjoints[operand] = adjoints.get(operand, 0.0) + adjoint * partial
    return adjoints


def _node(part: Part, name: str, outputs: Sequence[Value], known: Naming) -> Node:
    if (node := part.node) is not None:
        return describe_node(node, name, outputs, known, part.cluster)
    results = part.results
    first = describe_node(results[0], name, outputs, known, part.cluster)
    kind, symbol, label = first.kind, first.symbol, ""
    if part.hidden:
        kind, symbol, label = "more", "", f"… {part.count} more"
    elif part.path:
        is_linear = results[0].primitive is primitives.ADD
        kind, symbol, label = "part", "" if is_linear else symbol, _title(part)
    elif kind in ("leaf", "parameter"):
        label = _list([describe_node(node, name, outputs, known, ()).label for node in results])
    data, grad = tuple(node.data for node in results), tuple(node.grad for node in results)
    return Vector(
        id=name,
        kind=kind,
        symbol=symbol,
        label=label,
        data=data[0],
        grad=grad[0],
        is_output=any(node in outputs for node in results),
        is_ordered=False,
        cluster=part.cluster,
        all_data=data,
        all_grad=grad,
    )


def _title(part: Part) -> str:
    """The name of a box, and for a layer its sizes: layer 0, 784 → 100."""
    if len(part.path) > 1:
        return part.path[-1]
    inputs = sum(len(source.results) for source in part.sources)
    return f"{part.path[-1]}\n{inputs} → {len(part.results)}"


def _list(labels: Sequence[str]) -> str:
    """Names, or how many there are without names."""
    if not all(labels):
        return f"{len(labels)} inputs"
    shown = shortened(len(labels), 3)
    return ", ".join("…" if i is None else labels[i] for i in shown)
