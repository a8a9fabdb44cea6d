"""`steps`: the forward and the backward pass, one small step at a time, as a player, as slides, or as pictures."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import overload

from autodiff import Value
from autodiff.extend import check_choice, check_positive_int, write_file
from viz.checks import DIRECTIONS, check_size
from viz.drawing.picture import lay_out
from viz.drawing.svg import State, svg, wrap
from viz.graph.description import Graph, Model, Names, describe, visible_order
from viz.graph.layers import network_names
from viz.mathematics.notation import Plain
from viz.pages.page import Page
from viz.stepper.events import MISTAKES, Event, Story, named
from viz.stepper.narrator import Narrator, spoken
from viz.stepper.player import player
from viz.stepper.step import Step
from viz.style.text import format_number, text_width


class Steps(Sequence[Step]):
    """The steps of a forward and a backward pass: a sequence of `Step`, which a notebook shows as a player.

    Attributes:
        title: of the page.
        gradient: the adjoint that each node holds in the end, by its name in the sentences.
    """

    def __init__(self, values: Sequence[Value], story: Story, right: Story, rankdir: str, digits: int) -> None:
        graph, notation = story.graph, Plain(digits)
        narrator = Narrator(values, story, right, notation)
        self.title = f"Backpropagation, step by step: {narrator.output}"
        if story.mistake:
            self.title = f"A misconception: {MISTAKES[story.mistake].removesuffix('.')}"
        self.gradient = {
            node.label: story.adjoints[node.id] for node in graph.nodes if node.kind in ("leaf", "parameter")
        }
        self._mistake = story.mistake
        self._picture = lay_out("steps", _widened(story, digits), rankdir, digits)
        self._said = [narrator.say(event) for event in story.events]
        self._changes = [_change(event, story, notation) for event in story.events]
        self._start = State(
            texts={
                **{f"{node.id}.data": "" for node in graph.nodes if node.kind == "operation"},
                **{f"{node.id}.grad": "" for node in graph.nodes if node.kind != "constant"},
                **{f"e{i}.partial": "" for i, edge in enumerate(graph.edges) if edge.partial is not None},
            },
            marks={node.id: "waiting" for node in graph.nodes if node.kind == "operation"},
        )
        self._lines = max(len(wrap(spoken(said), self._picture.width)) for said in self._said)

    def __len__(self) -> int:
        return len(self._changes)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        i = range(len(self))[index]
        return next(step for step in self._walk(i))

    def __iter__(self) -> Iterator[Step]:
        return self._walk(0)

    def _walk(self, first: int) -> Iterator[Step]:
        """The steps from one on; each looks as all before it have left the picture."""
        texts, marks = dict(self._start.texts), dict(self._start.marks)
        for i, (said, change) in enumerate(zip(self._said, self._changes, strict=True)):
            texts |= change.texts
            marks |= change.marks
            if i >= first:
                state = State(dict(texts), {**marks, **change.spots})
                yield Step(i, said, state, self._picture, self._lines)

    def __repr__(self) -> str:
        return f"<{len(self)} steps: {self.title}>"

    def page(self) -> Page:
        """The player, as a page of its own."""
        said = [[*chain.from_iterable(parts)] for parts in self._said]
        changes = [(list(change.texts.items()), change.marks, change.spots) for change in self._changes]
        return player(self.title, svg(self._picture, self._start, interactive=True), said, changes, self._mistake)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the steps, and return the path.

        Args:
            path: "steps.html" for the player, in one file that needs no network; "steps.pdf" for slides, a page for
                each step; "folder/", or a folder that is there, for numbered SVG files.

        Raises:
            ValueError: if it is none of these.
            MissingDependencyError: for a PDF, if matplotlib is not installed.
        """
        name, path = os.fspath(path), Path(path)
        suffix = path.suffix.lower()
        if name.endswith(("/", os.sep)) or path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            digits = len(str(len(self) - 1))
            for step in self:
                write_file(path / f"step-{step.number:0{digits}}.svg", step.svg().encode())
            return path
        if suffix == ".pdf":
            from viz.stepper.slides import slides

            return write_file(path, slides(self.title, self))
        if suffix != ".html":
            raise ValueError(f"save: expected a file name that ends in .html or .pdf, or a folder/, got {path.name!r}")
        return self.page().save(path)


def steps(
    output: Value,
    names: Names | None = None,
    *,
    clusters: Model | None = None,
    wrt: Value | Iterable[Value] | None = None,
    mistake: str | None = None,
    rankdir: str = "LR",
    digits: int = 4,
    wide: int = 4,
    max_nodes: int = 500,
) -> Steps:
    """Return the forward and the backward pass of a recorded graph, step by step.

    First the leaves have their data; then each node is computed, and its local derivatives are noted on its edges; then
    the adjoint of the output is 1, and node by node, in reverse topological order, sends a product along each edge:

        ∂f/∂operand += ∂f/∂node · ∂node/∂operand

    The numbers are those that the engine recorded. No `grad` changes.

    Args:
        output: the node to differentiate.
        names: labels for the nodes, as for `draw`. A node that has none is called v₁, v₂, ...; the output, f.
        clusters: a model, to draw its network in boxes. Its nodes are called as in the article: W1[0,2], z2[2], a2[2].
        wrt: the leaves whose gradient is wanted; all by default. Nothing is sent where none of them is.
        mistake: tell it wrong, to see why it is done right: "depth-first" passes an adjoint on before it is complete,
            "overwrite" keeps the last product where the sum is due.
        rankdir: "LR" from left to right, or "TB", "RL", "BT".
        digits: how many significant digits a number has.
        wide: a node with more operands than this, such as the `dot` of a neuron, sends to all of them in one step.
        max_nodes: the largest graph that is shown.

    Returns:
        A sequence of steps. `steps[3]` shows itself in a notebook, `str(steps[3])` is its sentence; see `Steps.save`.

    Raises:
        TypeError: if `output` or one of `wrt` is not a Value.
        ValueError: if the graph is larger than `max_nodes`, an option is not one of those above, or the story is too
            long to be told (depth first, it may be exponential).
        MissingDependencyError: if graphviz is not installed.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b
    >>> c.label = "c"
    >>> f = 2 * c
    >>> for step in steps(f)[-4:]:
    ...     print(step)
    ∂f/∂c += ∂f/∂f · ∂f/∂c = 1 · 2 = 2; so far 2.
    ∂f/∂a += ∂f/∂c · ∂c/∂a = 2 · 3 = 6; so far 6.
    ∂f/∂c = 2 is complete: all that was made from c has sent.
    ∂f/∂b += ∂f/∂c · ∂c/∂b = 2 · 2 = 4; so far 4.
    The gradient: ∂f/∂a = 6, ∂f/∂b = 4.
    """
    graph, values = _described(output, names, clusters, max_nodes)
    if mistake is not None:
        check_choice("steps", "mistake", mistake, MISTAKES)
    check_choice("steps", "rankdir", rankdir, DIRECTIONS)
    digits = check_positive_int("steps", "digits", digits)
    wide = check_positive_int("steps", "wide", wide)
    ids = {value: node.id for value, node in zip(values, graph.nodes, strict=True)}
    wanted = [] if wrt is None else list(wrt) if isinstance(wrt, Iterable) else [wrt]
    for leaf in wanted:
        if not isinstance(leaf, Value):
            raise TypeError(f"steps: expected wrt to be Values, got {type(leaf).__name__}")
        if leaf not in ids or leaf.is_constant:
            raise ValueError(f"steps: expected wrt to be nodes that the output was computed from, got {leaf!r}")
    graph = named(graph)
    wrt_ids = [ids[leaf] for leaf in wanted]
    right = Story(graph, wrt_ids, wide=wide)
    story = Story(graph, wrt_ids, mistake, wide) if mistake else right
    return Steps(values, story, right, rankdir, digits)


def misconception(kind: str = "depth-first") -> Steps:
    """Return the smallest example on which a wrong way to backpropagate gives a wrong gradient, step by step.

    Args:
        kind: "depth-first": b = a + a, c = b + b, and b sends before all has arrived at it; or "overwrite": b = a + a,
            where the second product must be added to the first.

    >>> misconception().gradient, misconception("overwrite").gradient  # 4 and 2 would be right
    ({'a': 6.0}, {'a': 1.0})
    """
    a = Value(3.0, "a")
    b = a + a
    b.label = "b"
    if kind == "overwrite":
        return steps(b, mistake=kind)
    c = b + b
    c.label = "c"
    return steps(c, mistake=kind)


def _described(output: Value, names: Names | None, clusters: Model | None, max_nodes: int) -> tuple[Graph, list[Value]]:
    """What is drawn of an output, and the Value behind each node."""
    if not isinstance(output, Value):
        raise TypeError(f"steps: expected a Value as output, got {type(output).__name__}")
    values = visible_order([output])
    check_size("steps", len(values), max_nodes, "show")
    if clusters is not None:
        names = network_names(clusters, output, names)
    return describe([output], names, clusters), values


@dataclass(frozen=True)
class _Change:
    """What an event changes: texts and marks for good, spots for as long as it is the present one."""

    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    spots: Mapping[str, str] = field(default_factory=dict)


def _change(event: Event, story: Story, notation: Plain) -> _Change:
    graph, node = story.graph, event.node
    if event.kind == "end":
        ends = [end.id for end in graph.nodes if end.kind in ("leaf", "parameter") and end.id in story.wanted]
        return _Change(spots=dict.fromkeys(ends, "receiver"))
    if node is None:
        return _Change()
    if event.kind == "forward":
        edges = {f"e{i}": edge for i, edge in enumerate(graph.edges) if edge.target == node}
        partials = {id_: edge.partial for id_, edge in edges.items() if edge.partial is not None}
        texts = {f"{id_}.partial": notation.number(partial) for id_, partial in partials.items()}
        texts[f"{node.id}.data"] = notation.number(node.data)
        return _Change(texts, {node.id: ""}, {**dict.fromkeys(edges, "feeding"), node.id: "computed"})
    if event.kind == "seed":
        texts = {f"{id_}.grad": notation.number(float(id_ == node.id)) for id_ in sorted(story.wanted)}
        return _Change(texts, spots={node.id: "receiver"})
    texts, marks, spots = {}, {}, {node.id: "sender"}
    for send in event.sends:
        operand = graph.edges[send.edge].source.id
        texts[f"{operand}.grad"] = notation.number(send.total)
        marks[f"e{send.edge}"] = "sent"
        spots |= {f"e{send.edge}": "active", operand: "receiver"}
    return _Change(texts, marks, spots)


def _widened(story: Story, digits: int) -> Graph:
    """The graph with room in each node for the widest adjoint that it will hold."""
    held: dict[str, list[float]] = {id_: [0.0, 1.0] for id_ in story.adjoints}
    for event in story.events:
        for send in event.sends:
            held[story.graph.edges[send.edge].source.id].append(send.total)

    def width(x: float) -> float:
        return text_width(format_number(x, digits), 12.0)

    return story.graph.with_nodes([replace(node, grad=max(held[node.id], key=width)) for node in story.graph.nodes])
