"""A graph with some of its boxes folded: each is one node, with the numbers of its results, and keeps the chain rule.

The id of that node is the id of its last result, so what a page writes into the result, it writes into the box.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import compress, product
from typing import Any

from autodiff.extend import sweep
from viz.graph.description import BoxPath, Edge, Graph, Node
from viz.graph.levels import Vector
from viz.graph.names import counted

MAX_BOXES = 3  # boxes that fold one by one
MAX_NODES = 80  # nodes of a graph whose boxes do
MAX_NAMES = 3  # results of a box whose names are in its label


@dataclass(frozen=True)
class Folded(Vector):
    """A box as one node: its path, the ids of its results, and of the other nodes in it."""

    path: BoxPath
    results: tuple[str, ...]
    holds: tuple[str, ...]


@dataclass(frozen=True)
class FoldedEdge(Edge):
    """The edge from a node to a folded box, and the ids of the edges that it stands for."""

    holds: tuple[str, ...]


def foldable(graph: Graph) -> list[BoxPath]:
    """Return the outermost boxes, in the order of their results; none if one is computed from itself by other nodes."""
    sources: dict[object, set[object]] = {}
    for edge in graph.edges:
        source, target = (node.cluster[:1] or node.id for node in (edge.source, edge.target))
        sources.setdefault(target, set()).update({source} - {target})
    try:
        TopologicalSorter(sources).prepare()
    except CycleError:
        return []
    last = {node.cluster[:1]: i for i, node in enumerate(graph.nodes) if node.cluster}
    return sorted(last, key=last.__getitem__)


def foldings(graph: Graph) -> dict[str, list[BoxPath]]:
    """Return the states of a page in which boxes fold, as a 1 for each folded box and a 0 for each open one.

    A few boxes fold one by one, many all at once. In the first state all are open, in the last all are folded.
    """
    boxes = foldable(graph)
    is_small = len(boxes) <= MAX_BOXES and len(graph.nodes) <= MAX_NODES
    states = product((0, 1), repeat=len(boxes)) if is_small else [(flag,) * len(boxes) for flag in (0, 1)]
    return {"".join(map(str, state)): [*compress(boxes, state)] for state in states}


def fold_names(graph: Graph) -> list[str]:
    """Return the names of what folds on a page: of each box, or of all."""
    boxes = foldable(graph)
    is_all = len(foldings(graph)) < 2 ** len(boxes)
    return [counted(len(boxes), "group")] if is_all else [path[-1] for path in boxes]


def folded(graph: Graph, boxes: Collection[BoxPath]) -> Graph:
    """Return a graph in which some of its outermost boxes are one node each, as far as they have results.

    An edge to such a node comes from each node that the box is computed from. If the box has one result, its partial is
    d result / d source, by all ways through the box.
    """
    nodes, edges = {node.id: node for node in graph.nodes}, [*graph.edges]
    for path in boxes:
        members = {node.id: node for node in graph.nodes if node.cluster[:1] == path}
        box = _box(graph, path, members)
        if box is None:
            continue
        inside = [edge for edge in graph.edges if edge.target.id in members]
        through = local_derivatives(graph, box, {edge.id: edge.partial for edge in inside if edge.partial is not None})
        for id_ in members:
            nodes[id_] = box
        into: dict[str, FoldedEdge] = {}
        for edge in inside:
            if edge.source.id not in members:
                known = into.get(edge.source.id)
                holds = (*(known.holds if known else ()), edge.id)
                into[edge.source.id] = FoldedEdge(
                    edge.source, box, len(into), "", through.get(edge.source.id), f"{box.id}-{edge.source.id}", holds
                )
        edges = [edge for edge in edges if edge.target.id not in members] + [*into.values()]
    edges = [replace(edge, source=nodes[edge.source.id], target=nodes[edge.target.id]) for edge in edges]
    return _in_order(replace(graph, nodes=[*dict.fromkeys(nodes.values())], edges=edges, values=())) if boxes else graph


def folded_edges(graph: Graph) -> list[FoldedEdge]:
    """Return the edges to the boxes of a graph when all are folded."""
    return [edge for edge in folded(graph, foldable(graph)).edges if isinstance(edge, FoldedEdge)]


def local_derivatives(graph: Graph, box: Folded, partials: Mapping[str, Any]) -> dict[str, Any]:
    """Return d result / d source through a box with one result, by the id of the source; {} for several results.

    `partials` are those of the edges in the box and to it, by id: numbers, or Values.
    """
    if len(box.results) > 1:
        return {}
    inside = {*box.holds, box.id}
    operands: dict[str, list[tuple[str, Any]]] = {id_: [] for id_ in inside}
    for edge in graph.edges:
        if edge.target.id in inside and edge.id in partials:
            operands[edge.target.id].append((edge.source.id, partials[edge.id]))
    order = [node.id for node in reversed(graph.nodes) if node.id in inside]
    return {id_: total for id_, total in sweep(order, {box.id: 1.0}, operands.__getitem__).items() if id_ not in inside}


def _box(graph: Graph, path: BoxPath, members: Mapping[str, Node]) -> Folded | None:
    """A box as a node, or None if nothing else uses it."""
    used = {edge.source.id for edge in graph.edges if edge.target.id not in members}
    exits = [node for node in members.values() if node.id in used or node.is_output]
    results = [node for node in exits if node.kind == "operation"] or exits
    if not results:
        return None
    n = len(results)
    names = ", ".join(node.name for node in results) if n <= MAX_NAMES else counted(n, "result")
    title = graph.titles.get(path, path[-1]).replace(": ", "\n", 1) if path in graph.titles else path[-1]
    last = results[-1]
    return Folded(
        id=last.id,
        kind="part",
        symbol="",
        label=f"{title}\n{names}",
        name=f"{path[-1]}: {names}",
        data=last.data,
        grad=last.grad,
        is_output=any(node.is_output for node in results),
        is_ordered=False,
        cluster=(),
        all_data=tuple(node.data for node in results),
        all_grad=tuple(node.grad for node in results),
        path=path,
        results=tuple(node.id for node in results),
        holds=tuple(id_ for id_ in members if id_ != last.id),
    )


def _in_order(graph: Graph) -> Graph:
    """The graph with its nodes in topological order, in which layouts need them, and else as they are."""
    place = {node.id: i for i, node in enumerate(graph.nodes)}
    sources: dict[int, set[int]] = {i: set() for i in place.values()}
    for edge in graph.edges:
        sources[place[edge.target.id]].add(place[edge.source.id])
    sorter, ready, order = TopologicalSorter(sources), list[int](), list[int]()
    sorter.prepare()
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return replace(graph, nodes=[graph.nodes[i] for i in order])
