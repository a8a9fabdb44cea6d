"""A graph at the level of operations, neurons or layers, with only some of the parts that are alike.

A part that is shown as one node keeps the chain rule. Its partials are those of its operations, multiplied along each
path inside and summed over the paths; those of a neuron are activation'(z) w.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autodiff import Value
from autodiff.extend import primitives, recorded_partials, sweep
from viz.graph.alike import alike, shortened
from viz.graph.description import (
    Edge,
    Graph,
    Groups,
    Model,
    Names,
    Naming,
    Node,
    boxes_of,
    describe_node,
    drawn,
    naming_of,
    operand_name,
    visible_order,
)
from viz.graph.names import of_layer, parts_of
from viz.graph.parts import Part, connect, split
from viz.graph.symbols import visible, written_inside

LEVELS = ("operations", "neurons", "layers")
GROUPS = "groups"  # the level at which each group of the caller is one node
ALIKE_SHOWN = 8  # parts shown of those that are alike, unless the caller says otherwise


@dataclass(frozen=True)
class Vector(Node):
    """A node that stands for several, with the data and gradients of all."""

    all_data: tuple[float, ...]
    all_grad: tuple[float, ...]


def describe_level(
    outputs: Iterable[Value],
    names: Names | None = None,
    clusters: Model | None = None,
    *,
    level: str = "operations",
    alike_shown: int | None = ALIKE_SHOWN,
    groups: Groups | None = None,
) -> Graph:
    """Return the graph that a drawing of `outputs` shows at one of `LEVELS`; the arguments are those of `describe`.

    Of the parts that are alike `alike_shown` are shown, all if it is None; at the level of layers they are one node.
    """
    outputs = [visible(output) for output in outputs]
    order = visible_order(outputs)
    naming = naming_of(order, outputs, names, clusters, groups)
    order = drawn(order, outputs, naming.labels)
    boxes = boxes_of(order, naming)
    part_of = split(order, boxes, level)
    if level == "operations" and alike_shown is not None:
        neurons = split(order, boxes, "neurons")
        _hide(neurons, outputs, alike_shown, naming)
        part_of = {node: neurons[node] if neurons[node].hidden else part for node, part in part_of.items()}
    if level == "layers":
        _join(part_of, outputs, naming)
    elif alike_shown is not None:
        _hide(part_of, outputs, alike_shown, naming)
    return _describe(connect(part_of, outputs), part_of, outputs, naming)


def _hide(part_of: dict[Value, Part], outputs: Sequence[Value], alike_shown: int, naming: Naming) -> None:
    """Replace the middle of each long list of parts that are alike by one part that shows their number."""
    for parts in alike(connect(part_of, outputs), naming):
        shown = shortened(len(parts), alike_shown)
        if None in shown and not parts[0].hidden:
            gap = shown.index(None)
            _merge(part_of, parts[gap : len(parts) - 1], hidden=True)


def _join(part_of: dict[Value, Part], outputs: Sequence[Value], naming: Naming) -> None:
    """Merge all parts that are alike, except leaves of one operation, such as the base and the exponent of a power."""
    for parts in alike(connect(part_of, outputs), naming):
        users = {user for part in parts for user in part.users}
        if len(parts) > 1 and (parts[0].sources or len(users) > 1 or any(user.path for user in users)):
            _merge(part_of, parts, hidden=False)


def _merge(part_of: dict[Value, Part], parts: Sequence[Part], *, hidden: bool) -> None:
    members = [node for part in parts for node in part.members]
    merged = Part(members, parts[0].cluster, parts[0].path if not hidden else (), len(parts), hidden)
    part_of |= dict.fromkeys(members, merged)


def _describe(parts: Sequence[Part], part_of: Mapping[Value, Part], outputs: Sequence[Value], naming: Naming) -> Graph:
    """The parts as nodes and edges."""
    shown = [part for part in parts if not (part.hidden and part.members[0].is_constant)]
    nodes = {part: _node(part, f"n{i}", outputs, naming) for i, part in enumerate(shown)}
    edges: list[Edge] = []
    for part in shown:
        if (node := part.node) is not None:
            inside = written_inside(node, naming.labels)
            operands = [visible(operand) for i, operand in enumerate(node.operands) if i != inside]
            sources = {part_of[operand] for operand in operands}
            seen = set()
            for index, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
                if index == inside:
                    continue
                source = part_of[visible(operand)]
                if source in seen and source.node is None:
                    continue
                seen.add(source)
                is_single = source.node is not None or (len(source.results) == 1 and not source.hidden)
                name = operand_name(node, index) if len(sources) == len(operands) and not part.cluster else ""
                shown_partial = partial if is_single and not operand.is_constant else None
                edges.append(Edge(nodes[source], nodes[part], index, name, shown_partial, f"e{len(edges)}"))
        else:
            partials = _partials(part) if not part.hidden and part.count == 1 and len(part.results) == 1 else {}
            for index, source in enumerate(source for source in part.sources if source in nodes):
                is_single = len(source.results) == 1 and not source.hidden and not source.results[0].is_constant
                product = partials.get(source.results[0]) if is_single else None
                edges.append(Edge(nodes[source], nodes[part], index, "", product, f"e{len(edges)}"))
    return Graph([*nodes.values()], edges, naming.titles)


def _partials(part: Part) -> dict[Value, float]:
    """d result / d node for every node that a part is computed from."""

    def partials_of(node: Value) -> list[tuple[Value, float]]:
        return [(visible(operand), partial) for operand, partial in recorded_partials(node)]

    return sweep(reversed(part.members), dict.fromkeys(part.results, 1.0), partials_of)


def _node(part: Part, id_: str, outputs: Sequence[Value], naming: Naming) -> Node:
    if (node := part.node) is not None:
        return describe_node(node, id_, outputs, naming, part.cluster)
    results = part.results
    first = describe_node(results[0], id_, outputs, naming, part.cluster)
    kind, symbol, label = first.kind, naming.common_symbol(results[0]), ""
    if part.hidden:
        kind, symbol, label = "more", "", f"… {part.count} more"
    elif part.path:
        is_linear = results[0].primitive is primitives.ADD
        kind, symbol, label = "part", "" if is_linear else symbol, _title(part, naming)
    elif kind in ("leaf", "parameter"):
        label = _list([describe_node(node, id_, outputs, naming, ()).label for node in results])
    data, grad = tuple(node.data for node in results), tuple(node.grad for node in results)
    return Vector(
        id=id_,
        kind=kind,
        symbol=symbol,
        label=label,
        name="" if part.hidden else _common([naming.names.get(node, "") for node in results]),
        data=data[0],
        grad=grad[0],
        is_output=any(node in outputs for node in results),
        is_ordered=False,
        cluster=part.cluster,
        all_data=data,
        all_grad=grad,
    )


def _title(part: Part, naming: Naming) -> str:
    """The name of a box; for a layer, its formula, and its sizes: 784 → 100."""
    if len(part.path) > 1:
        return part.path[-1]
    inputs = sum(len(source.results) for source in part.sources)
    title = naming.titles.get(part.path, part.path[-1]).replace(": ", "\n", 1)
    return f"{title}\n{inputs} → {len(part.results)}"


def _common(names: Sequence[str]) -> str:
    """The only name, or the a⁽²⁾ of a⁽²⁾₁ and a⁽²⁾₂; "" for others."""
    (letter, layer, _), *others = {(*parts_of(name)[:2], "") for name in names}
    return names[0] if len(names) == 1 else of_layer(letter, int(layer)) if layer and not others else ""


def _list(labels: Sequence[str]) -> str:
    """The names of some inputs, or their number if one has no name."""
    if not all(labels):
        return f"{len(labels)} inputs"
    return ", ".join("…" if i is None else labels[i] for i in shortened(len(labels), 3))
