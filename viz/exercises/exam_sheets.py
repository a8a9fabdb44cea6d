"""`viz.exam`: sheets of exercises in many variants, each with other numbers, and their solutions."""

import csv
import inspect
import io
import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

from autodiff import DomainError, Value
from autodiff.extend import adjoints, check_positive_int, write_file
from viz.exercises.questions import ASKED, check_asked
from viz.exercises.sheets import Task, typeset
from viz.exercises.variants import POOLS, Recipe, Variant
from viz.graph.checks import check_path, check_suffix
from viz.graph.description import Graph, Model, Names, describe, visible_order
from viz.graph.layers import is_network
from viz.pages.showing import Shown
from viz.stepper.call import watched_call

Exercise: TypeAlias = Value | Callable[..., Value]

MAX_NODES = 40
ATTEMPTS = 1000  # to call a function at integers
DIGITS = 6  # enough for short numbers, which have at most four


def exam(
    tasks: Exercise | Iterable[Exercise],
    *,
    variants: int = 1,
    seed: int = 0,
    title: str = "Backpropagation",
    ask: Iterable[str] = ASKED,
    names: Names | None = None,
    clusters: Model | None = None,
    digits: int | None = None,
) -> "Exam":
    """Return sheets of exercises on graphs: each variant has other numbers in the leaves, and all are equally hard.

    The numbers are searched, so that every value, local derivative and gradient is short: an integer, a half, a quarter
    or another binary fraction of few digits, at no kink. exp, log, tanh and σ are short at single points, such as σ(0),
    and the leaves before them are chosen for that. How hard a variant is, is measured by the digits, fractions and
    signs in it; the variants of a task differ in that by at most 15 % from a common one.

    Args:
        tasks: functions of Values, whose parameters are the leaves, such as `lambda x, y: x * y + x`; or Values, whose
            leaves get other numbers; or networks with one output.
        variants: the number of sheets, all different.
        seed: the same seed gives the same sheets.
        title: the line above each sheet.
        ask: any of "data", "partials" and "grad": what is left blank.
        names: labels for the nodes of Values, as for `draw`.
        clusters: a model, to give the nodes of Values the article's names.
        digits: None for short numbers. Else the values need not be short, and are printed and expected with so many
            significant digits.

    Returns:
        The exam: `save(exam, "exam.pdf")` writes the sheets, `save(exam.solutions, "solutions.pdf")` the same filled
        in, `save(exam, "answers.csv")` a row of numbers for each sheet.

    Raises:
        TypeError: if a task is no Value, no network and no function that computes a Value.
        ValueError: if too few numbers are short, a graph has more than 40 nodes, or an option has another value.

    >>> sheets = exam([lambda x, y: x * (x + y)], variants=30, seed=7)
    >>> {name: sheets[1][0][name] for name in ("x", "y", "f", "df/dx", "df/dy")}
    {'x': 5.0, 'y': 3.0, 'f': 40.0, 'df/dx': 13.0, 'df/dy': 5.0}
    >>> sheets.save("exam.pdf")  # doctest: +SKIP
    PosixPath('exam.pdf')
    """
    count = check_positive_int("exam", "variants", variants)
    asked = check_asked("exam", ask)
    if not isinstance(title, str):
        raise TypeError(f"exam: expected title to be a string, got {type(title).__name__}")
    digits = None if digits is None else check_positive_int("exam", "digits", digits)
    exercises = list(tasks) if isinstance(tasks, Iterable) else [tasks]
    if not exercises:
        raise ValueError("exam: expected at least one task, got none")
    rng = random.Random(seed)
    printed, pools = [], []
    for number, exercise in enumerate(exercises, 1):
        graph, function = _graph(f"exam: task {number}", exercise, rng, names, clusters)
        pools.append(Recipe(graph, digits, function).variants(rng, count))
        printed.append(Task(graph, asked, digits or DIGITS, is_alone=len(exercises) == 1))
        if not pools[-1]:
            raise ValueError(
                f"exam: task {number}: expected numbers for which every value and gradient is short, found none; "
                "pass digits=3 for rounded numbers, or ask for another function"
            )
    total = prod(map(len, pools))
    if total < count:
        raise ValueError(
            f"exam: expected numbers for {count} different sheets, found {total} that are short and equally hard; "
            "ask for fewer variants, add a task, or pass digits=3 for rounded numbers"
        )
    sheets = []
    for place in rng.sample(range(total), count):
        sheet = []
        for pool in pools:
            place, i = divmod(place, len(pool))
            sheet.append(pool[i])
        sheets.append(sheet)
    return Exam(title, printed, sheets)


class Exam(Shown):
    """Sheets of exercises: `exam[0]` are the numbers of the first sheet by name, task by task.

    Attributes:
        title: the line above each sheet.
        difficulties: the difficulty of each sheet, the effort (`viz.exercises.variants`) of all its numbers.
    """

    shown_as = ".pdf"

    def __init__(
        self, title: str, tasks: Sequence[Task], sheets: Sequence[Sequence[Variant]], *, is_solved: bool = False
    ) -> None:
        self.title, self._tasks, self._sheets, self._is_solved = title, tasks, sheets, is_solved
        self.difficulties = [sum(variant.difficulty for variant in sheet) for sheet in sheets]

    @property
    def solutions(self) -> "Exam":
        """The same sheets with all numbers."""
        return Exam(self.title, self._tasks, self._sheets, is_solved=True)

    def __len__(self) -> int:
        return len(self._sheets)

    def __getitem__(self, number: int) -> list[dict[str, float]]:
        if not -len(self) <= number < len(self):
            raise IndexError(f"exam: expected one of the variants 0 to {len(self) - 1}, got {number}")
        pairs = zip(self._tasks, self._sheets[number], strict=True)
        return [{**variant.leaves, **task.answers(variant.graph)} for task, variant in pairs]

    def __iter__(self) -> Iterator[list[dict[str, float]]]:
        return (self[i] for i in range(len(self)))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the sheets as a PDF, or the numbers of each as a row of a CSV file, and return the path.

        Raises:
            ValueError: if the path ends in neither .pdf nor .csv.
            MissingDependencyError: for a PDF, if typst is not installed.
        """
        path = check_path(path)
        if check_suffix(path, ".pdf", ".csv") == ".csv":
            return write_file(path, self._table().encode("utf-8-sig"))  # the mark tells a spreadsheet the encoding
        pdf = typeset(self.title, self._tasks, self._sheets, "pdf", is_solved=self._is_solved)
        return write_file(path, pdf)

    def _repr_png_(self) -> bytes:
        """The first page, in a notebook."""
        pages = typeset(self.title, self._tasks, self._sheets[:1], "png", is_solved=self._is_solved)
        return bytes(pages[0] if isinstance(pages, list) else pages)

    def _table(self) -> str:
        """A row for each sheet: its number, its difficulty, and the numbers of its tasks."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        names = [f"{i}: {name}" for i, numbers in enumerate(self[0], 1) for name in numbers]
        writer.writerow(["variant", "difficulty", *names])
        digits = [task.digits for task in self._tasks]
        for i, (difficulty, sheet) in enumerate(zip(self.difficulties, self, strict=True), 1):
            numbers = [f"{x:.{n}g}" for n, answers in zip(digits, sheet, strict=True) for x in answers.values()]
            writer.writerow([i, difficulty, *numbers])
        return file.getvalue()


def _graph(
    who: str, exercise: Any, rng: random.Random, names: Names | None, clusters: Model | None
) -> tuple[Graph, Callable[[Mapping[str, float]], list[float]] | None]:
    """The graph of a task, and for a function, what it gives for other numbers."""
    if isinstance(exercise, Value):
        return _described(who, exercise, names, clusters), None
    if is_network(exercise):
        inputs = [Value(1.0, f"x{i}") for i, _ in enumerate(exercise.layers[0].neurons[0].weights, 1)]
        output = exercise(inputs)
        if isinstance(output, list):
            raise ValueError(
                f"{who}: expected a network with one output, got {len(output)}; pass its cost, and clusters=model"
            )
        return _described(who, output, names, exercise), None
    if not callable(exercise):
        raise TypeError(f"{who}: expected a function of Values, a Value or a network, got {type(exercise).__name__}")
    labels = _parameters(who, exercise)
    for _ in range(ATTEMPTS):
        start = {label: rng.choice(POOLS[0][0]) for label in labels}
        try:
            output, own, _ = watched_call(who, exercise, (), start)
        except (DomainError, ArithmeticError) as error:
            reason = error
        else:
            break
    else:
        raise ValueError(f"{who}: expected a function with a value at some integers, found none; {reason}")
    graph = _described(who, output, own, None)

    def check(numbers: Mapping[str, float]) -> list[float]:
        leaves = {label: Value(numbers.get(label, x)) for label, x in start.items()}
        result = exercise(**leaves)
        return [result.data, *adjoints(result, [leaves[label] for label in numbers])]

    return graph, check


def _described(who: str, output: Value, names: Names | None, clusters: Model | None) -> Graph:
    if output.is_leaf:
        raise ValueError(f"{who}: expected a graph with numbers to ask for, got {output!r}, which has none")
    if (n_nodes := len(visible_order([output]))) > MAX_NODES:
        raise ValueError(f"{who}: expected a graph of at most {MAX_NODES} nodes, got {n_nodes}; ask for a part of it")
    return describe([output], names, clusters).named()


def _parameters(who: str, function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that a function needs."""
    needed = [x for x in inspect.signature(function).parameters.values() if x.default is x.empty]
    if not needed or any(x.kind not in (x.POSITIONAL_OR_KEYWORD, x.KEYWORD_ONLY) for x in needed):
        raise TypeError(
            f"{who}: expected a function whose parameters have names, as in lambda x, y: x * y, got {function!r}"
        )
    return [x.name for x in needed]
