"""Sheets of exercises on paper: Typst typesets them, from one picture a task and the numbers of each variant in it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from autodiff.extend import needed
from viz.drawing.picture import Picture, lay_out
from viz.drawing.svg import State, svg
from viz.drawing.texts import Text
from viz.drawing.words import in_words
from viz.exercises.questions import Questions
from viz.exercises.variants import Variant
from viz.graph.description import Graph
from viz.pages.page import asset
from viz.style.palette import PRINT
from viz.style.text import format_number

WIDTH, HEIGHT, WHOLE_HEIGHT = 493.0, 240.0, 500.0  # of a picture on A4, in points; the last if it is the only one
SMALLEST, LARGEST = 0.7, 1.4  # scale of a picture in which one can write, and of any
WIDE_NUMBER = -88.888  # room for a number by hand
PLACE = " "  # in the picture, where a number is set later: an edge keeps its gap


class Task:
    """A graph whose numbers are asked, in other numbers for each variant.

    Attributes:
        digits: the number of significant digits of an answer.
    """

    def __init__(self, graph: Graph, asked: Sequence[str], digits: int, *, is_alone: bool) -> None:
        self.digits = digits
        questions = Questions(graph, digits)
        self._names = {blank.key: blank.question.name for blank in questions.blanks(asked)}
        self._rules = [f"{blank.question.name} {blank.question.rule}" for blank in questions.blanks(["data"])]
        self._picture, self._scale = _placed(graph, digits, HEIGHT)
        if is_alone and self._scale < SMALLEST:
            self._picture, self._scale = _placed(graph, digits, WHOLE_HEIGHT)
        leaves = [f"{node.id}.grad" for node in graph.nodes if node.kind in ("leaf", "parameter")]
        self._is_written = self._scale >= SMALLEST  # in the picture; else the lines below have all numbers
        self._lines = [key for key in leaves if key in self._names] if self._is_written else [*self._names]
        self._keys = numbers_of(graph).keys()
        self._alt = in_words(graph, digits, with_numbers=False)

    def answers(self, graph: Graph) -> dict[str, float]:
        """Return the numbers that are asked, by name."""
        numbers = numbers_of(graph)
        return {name: numbers[key] for key, name in self._names.items()}

    def layout(self) -> dict[str, object]:
        """Return what is the same in all variants, for `exam.typ`."""
        state = State(dict.fromkeys(self._keys, PLACE))
        places = []
        for group in self._picture.groups:
            for item in group.items:
                if isinstance(item, Text):
                    run = item.runs[-1]
                    if (key := f"{group.id}.{run.role}") in self._keys:
                        x, y = item.x - self._picture.left, item.y - self._picture.top
                        places.append([key, x, y, item.anchor, run.size, key in self._names])
        return {
            "svg": svg(self._picture, state, PRINT),
            "size": [self._picture.width, self._picture.height],
            "alt": self._alt,
            "rules": self._rules,
            "places": places,
            "lines": [[key, self._names[key]] for key in self._lines],
            "scale": self._scale,
            "written": self._is_written,
        }

    def numbers(self, variant: Variant) -> dict[str, object]:
        """Return what a variant has of its own."""
        numbers = {key: format_number(x, self.digits) for key, x in numbers_of(variant.graph).items()}
        leaves = [f"{name} = {format_number(x, self.digits)}" for name, x in variant.leaves.items()]
        return {"leaves": leaves, "numbers": numbers}


def _placed(graph: Graph, digits: int, height: float) -> tuple[Picture, float]:
    """The picture of a graph with room for numbers by hand, and its scale on a sheet, where it may be so high."""
    x = WIDE_NUMBER
    nodes = [node if node.kind == "constant" else replace(node, data=x, grad=x) for node in graph.nodes]
    edges = [edge if edge.partial is None else replace(edge, partial=x) for edge in graph.edges]
    picture = lay_out(replace(graph, edges=edges).with_nodes(nodes), None, digits, (WIDTH, height))
    return picture, min(WIDTH / picture.width, height / picture.height, LARGEST)


def numbers_of(graph: Graph) -> dict[str, float]:
    """Return the numbers of a graph by the keys of their texts in a picture."""
    nodes = [node for node in graph.nodes if node.kind != "constant"]
    numbers = {
        **{f"{node.id}.data": node.data for node in nodes},
        **{f"{node.id}.grad": node.grad for node in nodes},
        **{f"{edge.id}.partial": edge.partial for edge in graph.edges if edge.partial is not None},
    }
    return {key: x + 0.0 for key, x in numbers.items()}  # 0 has no sign


def typeset(
    title: str,
    tasks: Sequence[Task],
    sheets: Sequence[Sequence[Variant]],
    kind: Literal["pdf", "png"],
    *,
    is_solved: bool,
) -> Any:
    """Return the sheets as the bytes of a PDF, or of each page as PNG."""
    with needed("viz.exam(...).save", "typst", "slides"):
        import typst
    exam = {
        "title": title,
        "solved": is_solved,
        "tasks": [task.layout() for task in tasks],
        "sheets": [[task.numbers(one) for task, one in zip(tasks, sheet, strict=True)] for sheet in sheets],
    }
    return typst.compile(asset("exam.typ").encode(), format=kind, ppi=110, sys_inputs={"exam": json.dumps(exam)})
