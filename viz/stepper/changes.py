"""The change of a picture by each event of a story, and the widest numbers that it leaves room for."""

from collections.abc import Sequence
from dataclasses import replace

from viz.graph.description import Edge, Graph
from viz.graph.events import Event, Story
from viz.mathematics.notation import Plain
from viz.stepper.step import Change
from viz.style.text import format_number, text_width


def change_of(event: Event, story: Story, notation: Plain, folds: Sequence[Edge]) -> Change:
    """Return the change by an event; `folds` are the edges to folded boxes."""
    graph, node = story.graph, event.node
    if event.kind == "end":
        ends = [end.id for end in graph.nodes if end.kind in ("leaf", "parameter") and end.id in story.wanted]
        return Change(spots=dict.fromkeys(ends, "receiver"))
    if node is None:  # the start: what is left from a pass before
        return Change({f"{id_}.grad": notation.number(x) for id_, x in story.start.items() if x})
    if event.kind == "forward":
        edges = [edge for edge in graph.edges if edge.target == node]
        known = [*edges, *(edge for edge in folds if edge.target.id == node.id)]
        texts = {f"{edge.id}.partial": notation.number(edge.partial) for edge in known if edge.partial is not None}
        texts[f"{node.id}.data"] = notation.number(node.data)
        return Change(texts, {node.id: ""}, {**{edge.id: "feeding" for edge in edges}, node.id: "computed"})
    if event.kind == "seed":
        adjoints = {**story.start, node.id: 1.0}
        texts = {f"{id_}.grad": notation.number(adjoints[id_]) for id_ in sorted(story.wanted)}
        return Change(texts, spots={node.id: "receiver"}, kind="seed")
    texts, marks, spots = {}, {}, {node.id: "sender"}
    for send in event.sends:
        operand = graph.edges[send.edge].source.id
        texts[f"{operand}.grad"] = notation.number(send.total)
        if story.mistake == "in-place":
            texts[f"{operand}.data"] = notation.number(send.data)
            texts[f"e{send.edge}.partial"] = notation.number(send.partial)
        marks[f"e{send.edge}"] = "sent"
        spots |= {f"e{send.edge}": "active", operand: "receiver"}
    return Change(texts, marks, spots, "send")


def widened(story: Story, digits: int) -> Graph:
    """Return the graph in which each node has the widest numbers that it will hold: the layout leaves room for them."""
    totals = {id_: [x, 0.0, 1.0] for id_, x in story.start.items()}
    data = {node.id: [node.data] for node in story.graph.nodes}
    for event in story.events:
        for send in event.sends:
            totals[story.graph.edges[send.edge].source.id].append(send.total)
            data[story.graph.edges[send.edge].source.id].append(send.data)

    def width(x: float) -> float:
        return text_width(format_number(x, digits), 12.0)

    nodes = [
        replace(node, grad=max(totals[node.id], key=width), data=max(data[node.id], key=width))
        for node in story.graph.nodes
    ]
    return story.graph.with_nodes(nodes)
