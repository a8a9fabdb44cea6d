"""`viz.steps`: the forward and the backward pass step by step, as a player, as slides, or as pictures."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, overload

from autodiff import Value
from autodiff.extend import adjoints, check_choice, check_positive_int, write_file
from viz.drawing.picture import Picture, layouts_of
from viz.drawing.svg import State, svgs, wrap
from viz.drawing.words import in_words, table
from viz.graph.checks import Direction, check_direction, check_output, check_path, check_size, check_style, check_suffix
from viz.graph.description import Graph, Groups, Model, Names, check_groups, describe, visible_order
from viz.graph.events import Story
from viz.graph.folding import fold_names, folded_edges
from viz.graph.layers import check_network
from viz.graph.levels import LEVELS
from viz.graph.mistakes import MISTAKES
from viz.mathematics.notation import Plain
from viz.pages.markup import Html
from viz.pages.page import Page
from viz.pages.showing import Shown
from viz.stepper.call import watched_call
from viz.stepper.changes import change_of, widened
from viz.stepper.matrices import Matrices
from viz.stepper.narrator import Narrator, Sentence, plain_text
from viz.stepper.network_story import PARTS, NetworkStory
from viz.stepper.player import player_page
from viz.stepper.slides import slides
from viz.stepper.source import Source
from viz.stepper.step import Change, Step
from viz.stepper.still import with_views
from viz.stepper.views import FourViews, MistakeViews, Views
from viz.style.legend import Legend, legend_of
from viz.style.palette import Theme, theme_colors

FRAMES = (1240.0, 505.0), (360.0, 380.0)  # the graph on a projector and on an upright phone, in pixels
HALF_FRAMES = (650.0, 590.0), (360.0, 330.0)  # the same beside code


class Steps(Shown, Sequence[Step]):
    """The steps of a forward and a backward pass: a sequence of `Step`, which a notebook shows as a player.

    Attributes:
        title: the title of the page.
        gradient: the adjoint of each leaf at the end, by the name of the leaf in the sentences.
    """

    def __init__(
        self,
        title: str,
        gradient: Mapping[str, float],
        pictures: Mapping[str, Sequence[Picture]],
        start: State,
        told: Sequence[tuple[Sentence, Change, str]],
        graph: Graph,
        digits: int,
        colors: Mapping[str, str],
        legend: Legend,
        views: Views | None = None,
        beside: Html | None = None,
    ) -> None:
        """`told` are the sentence, the changes and the name of the part of each step."""
        self._views, self._legend, self._beside = views or Views(), legend, beside
        self.title, self.gradient = title, dict(gradient)
        self._pictures, self._start, self._told, self._colors = pictures, start, told, colors
        self._picture = with_views(next(iter(pictures.values()))[0], self._views)
        self._alt, self._graph, self._digits = in_words(graph, digits), graph, digits
        self._lines = max(len(wrap(plain_text(sentence), self._picture.width)) for sentence, _, _ in told)

    def __len__(self) -> int:
        return len(self._told)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        if not -len(self) <= index < len(self):
            raise IndexError(f"steps: expected one of the steps 0 to {len(self) - 1}, got {index}")
        i = range(len(self))[index]
        return next(step for step in self._walk(i))

    def __iter__(self) -> Iterator[Step]:
        return self._walk(0)

    def _walk(self, first: int) -> Iterator[Step]:
        """The steps from number `first` on, with the changes of all steps before."""
        texts, marks = dict(self._start.texts), dict(self._start.marks)
        for i, (sentence, change, part) in enumerate(self._told):
            texts |= change.texts
            marks |= change.marks
            if i >= first:
                state = State(dict(texts), {**marks, **change.spots})
                yield Step(i, sentence, state, self._picture, self._lines, self._colors, self._alt, part)

    def __repr__(self) -> str:
        return f"<{len(self)} steps: {self.title}>"

    def page(self) -> Page:
        """Return the player as a page."""
        sentences = [[*chain.from_iterable(sentence)] for sentence, _, _ in self._told]
        changes = [(list(change.texts.items()), change.marks, change.spots, change.kind) for _, change, _ in self._told]
        pictures = svgs(self._pictures, self._start, self._alt)
        boxes = fold_names(self._graph) if len(pictures) > 1 else []
        rows = table(self._graph, self._digits, self._start.texts)
        shown = self.title, pictures, boxes, rows, sentences, changes
        page = player_page(*shown, self._views.html(), self._legend, self._beside)
        page.still = self[-1]._repr_html_
        return page

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()

    def save(self, path: str | os.PathLike[str], *, paper: str = "16:9") -> Path:
        """Write the steps, and return the path.

        Args:
            path: "steps.html" for the player, in one file that works offline; "steps.pdf" for slides, one a step;
                "steps.pptx" for slides whose graph and text can be edited, with the sentences as notes; "steps.gif" for
                a moving picture; "folder/", or a folder that exists, for numbered SVG files.
            paper: "16:9" or "4:3" for slides; "handout" for a PDF with several steps on each page of A4; "picture" for
                the graph alone, without sentence, legend and number, as a PDF, a moving picture or SVG files.

        Raises:
            ValueError: if the path or the paper is none of these.
            MissingDependencyError: for slides, if a package of the extra `slides` is not installed.
        """
        path, name = check_path(path), os.fspath(path)
        if name.endswith(("/", os.sep)) or path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            digits = len(str(len(self) - 1))
            for step in self:
                picture = step.svg(sentence=paper != "picture")
                write_file(path / f"step-{step.number:0{digits}}.svg", picture.encode())
            return path
        suffix = check_suffix(path, ".html", ".pdf", ".pptx", ".gif", also=", or a folder/")
        if suffix == ".html":
            return self.page().save(path)
        return write_file(path, slides(self.title, list(self), suffix, paper, self._colors, self._legend))


def steps(
    output: Value | Callable[..., Value],
    *arguments: Any,
    names: Names | None = None,
    clusters: Model | None = None,
    groups: Groups | None = None,
    level: str = "operations",
    wrt: Value | Iterable[Value] | None = None,
    mistake: str | None = None,
    rankdir: Direction | None = None,
    digits: int = 4,
    wide: int = 4,
    max_nodes: int = 500,
    theme: Theme = "light",
    style: str = "boxes",
    **named: Any,
) -> Steps:
    """Return the forward and the backward pass of a recorded graph, or of a function, step by step.

    In the forward pass each node is computed, and its local derivatives are written on its edges. In the backward pass
    the adjoint of the output is 1, and each node, in reverse topological order, sends a product along each edge:

        df/doperand += df/dnode · ∂node/∂operand

    The numbers are the recorded ones. No `grad` changes.

    With a function there are four views of each step: the source, in which the line that recorded the node is lit (and
    those that called it), the graph, the loop of the backward pass, and the chain rule, factor by factor. A node has
    the name of the local variable that is bound to it. The function runs once, line by line (`sys.settrace`).

    Args:
        output: the node to differentiate, or a function that returns it.
        *arguments: of the function, also by name, `steps(f, x=2.0, y=3.0)`: each number, also in a list or an array,
            becomes a leaf; an int whose default is an int stays one. One with the name of an option goes by position.
            With a node, they are its `names`.
        names: labels for the nodes, as for `draw`. Nodes without a name are called v₁, v₂, ..., the output f.
        clusters: a model, to draw its network in boxes. Its nodes get the article's names: W⁽¹⁾₁₂, z⁽²⁾₂, a⁽²⁾₂.
        groups: boxes of one's own, as for `draw`. In the player each folds into one node, whose steps are passed over.
        level: "operations"; with a network as `clusters` also "neurons" or "layers": a step is one of them, and the
            picture is that of the blackboard, with z, a and δ on circles, weights and their gradients on lines.
        wrt: the leaves whose gradient is wanted; all by default. Products go only to nodes that depend on them.
        mistake: a common mistake, to see its effect: one that `misconception` knows.
        rankdir: the direction, as for `draw`.
        digits: the number of significant digits.
        wide: a node with more operands than this, such as the `dot` of a neuron, sends to all of them in one step; with
            1 each node does, so that a step is a node.
        max_nodes: the largest number of nodes that is shown.
        theme: "light", "dark" or "print", for slides and pictures; a page follows its reader.
        style: "boxes" or "circuit", as for `draw`.
        **named: arguments of the function.

    Returns:
        A sequence of steps. A notebook shows `steps[3]`, and `str(steps[3])` is its sentence; see `Steps.save`.

    Raises:
        TypeError: if `output` is neither a Value nor a function that returns one, or takes other arguments, or one of
            `wrt` is not a Value.
        ValueError: if the graph has more than `max_nodes` nodes, an option has another value than those above, or there
            are too many products (depth first, their number may be exponential).

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b
    >>> c.label = "c"
    >>> f = 2 * c
    >>> for step in steps(f)[-4:]:
    ...     print(step)
    df/dc += df/df · ∂f/∂c = 1 · 2 = 2.
    df/da += df/dc · ∂c/∂a = 2 · 3 = 6.
    df/dc = 2 is complete: every node that uses c has reported back.
    df/db += df/dc · ∂c/∂b = 2 · 2 = 4.
    The gradient: df/da = 6, df/db = 4.
    """
    source = None
    if callable(output):
        output, own, source = watched_call("steps", output, arguments, named)
        names = own if names is None else names
    elif len(arguments) > (names is None) or named:
        name = next(iter(named), "")
        got = f"an option {name!r}" if name else f"{len(arguments)} arguments"
        raise TypeError(f"steps: expected a Value, its names and options, got {got}")
    else:
        names = arguments[0] if arguments else names
    graph = _described(output, names, clusters, groups, max_nodes)
    if mistake is not None:
        check_choice("steps", "mistake", mistake, MISTAKES)
    check_direction("steps", rankdir)
    check_style("steps", style, rankdir, clusters=clusters, groups=groups)
    digits = check_positive_int("steps", "digits", digits)
    colors = theme_colors("steps", theme)
    wide = check_positive_int("steps", "wide", wide)
    ids = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
    check_choice("steps", "level", level, LEVELS)
    if level != "operations" and source is not None:
        raise ValueError(f"steps: expected level='operations' for a function, got {level!r}; pass what it returns")
    if level != "operations":
        if mistake is not None or wrt is not None:
            raise ValueError(f"steps: expected neither wrt nor mistake at the level of {level}, got one")
        check_network("steps", clusters)
        return of_network(NetworkStory(clusters, graph, digits, level), graph, digits, colors)
    wanted = [] if wrt is None else list(wrt) if isinstance(wrt, Iterable) else [wrt]
    for leaf in wanted:
        if not isinstance(leaf, Value):
            raise TypeError(f"steps: expected wrt to be Values, got {type(leaf).__name__}")
        if leaf not in ids or leaf.is_constant:
            raise ValueError(f"steps: expected wrt to be nodes that the output was computed from, got {leaf!r}")
    wrt_ids = [ids[leaf] for leaf in wanted]
    right = Story(graph, wrt_ids, wide=wide)
    story = Story(graph, wrt_ids, mistake, wide) if mistake else right
    return _of_operations(story, right, source, rankdir, digits, colors, style)


def _of_operations(
    story: Story,
    right: Story,
    source: Source | None,
    rankdir: str | None,
    digits: int,
    colors: Mapping[str, str],
    style: str,
) -> Steps:
    """The steps of a story; `source` is that of the function that recorded it, if any."""
    graph, notation, folds = story.graph, Plain(digits), folded_edges(story.graph)
    narrator = Narrator(story, right, notation)
    title = f"Backpropagation, step by step: {narrator.output}"
    if story.mistake:
        title = f"A misconception: {MISTAKES[story.mistake].title.removesuffix('.')}"
    gradient = {node.name: story.adjoints[node.id] for node in graph.nodes if node.kind in ("leaf", "parameter")}
    views = MistakeViews(story, source) if story.mistake else FourViews(story, source, narrator) if source else Views()
    frames = HALF_FRAMES if views.listings else FRAMES
    pictures = layouts_of(widened(story, digits), rankdir, digits, frames, style=style)
    told = []
    for event in story.events:
        change = change_of(event, story, notation, folds)
        change = replace(change, spots={**change.spots, **views.spots(event)})
        told.append((narrator.tell(event), change, PARTS.get(event.kind, "")))
    start = State(
        texts={
            **{f"{node.id}.data": "" for node in graph.nodes if node.kind == "operation"},
            **{f"{node.id}.grad": "" for node in graph.nodes if node.kind != "constant"},
            **{f"{edge.id}.partial": "" for edge in (*graph.edges, *folds) if edge.partial is not None},
        },
        marks={node.id: "waiting" for node in graph.nodes if node.kind == "operation"},
    )
    legend = legend_of({node.kind for node in graph.nodes}, style)
    return Steps(title, gradient, pictures, start, told, graph, digits, colors, legend, views)


def of_network(
    story: NetworkStory, graph: Graph, digits: int, colors: Mapping[str, str], matrices: Matrices | None = None
) -> Steps:
    """Return the steps of a network, and on the page its matrix formulas beside it."""
    nodes = zip(graph.values, graph.nodes, strict=True)
    leaves = {value: node.name for value, node in nodes if node.kind in ("leaf", "parameter")}
    gradient = dict(zip(leaves.values(), adjoints(graph.values[-1], leaves), strict=True))
    title = f"Backpropagation through a network: {graph.nodes[-1].name}"
    changes, texts, beside = story.changes, story.texts(), None
    if matrices is not None:
        changes = [one.with_(other) for one, other in zip(changes, matrices.changes(), strict=True)]
        texts, beside = texts | matrices.texts(), matrices.html()
    told = [*zip(story.sentences, changes, story.parts, strict=True)]
    start = State(texts, story.marks())
    pictures = {"": [story.picture()]}
    return Steps(title, gradient, pictures, start, told, graph, digits, colors, story.legend, beside=beside)


def misconception(kind: str = "depth-first") -> Steps:
    """Return a smallest graph on which a common mistake gives a wrong gradient, step by step.

    The code of the mistake stands beside the right one, and the lines that a step executes are lit in both.

    Args:
        kind: of the loop, "depth-first": b sends before it has received all products; "overwrite": the last product
            replaces the others; "not-zeroed": the gradients of the pass before are still there; "in-place": the data
            changes before the pass is over. Of a rule, "sign": its minus is forgotten; "product": a factor gets itself.

    >>> misconception().gradient, misconception("overwrite").gradient  # 4 and 2 would be right
    ({'a': 6.0}, {'a': 1.0})
    """
    check_choice("misconception", "kind", kind, MISTAKES)
    a, b = Value(3.0, "a"), Value(2.0, "b")
    c = a - b if kind == "sign" else a * b
    if kind in ("depth-first", "overwrite"):
        b = a + a
        b.label = "b"
        c = b + b
    c.label = "c"
    if kind == "in-place":
        c = c * a
        c.label = "d"
    return steps(b if kind == "overwrite" else c, mistake=kind)


def _described(
    output: Value, names: Names | None, clusters: Model | None, groups: Groups | None, max_nodes: int
) -> Graph:
    """The graph that is drawn of an output."""
    check_output("steps", output)
    check_size("steps", len(visible_order([output])), max_nodes, "show")
    return describe([output], names, clusters, check_groups("steps", groups)).named()
