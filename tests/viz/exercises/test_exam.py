"""Exam sheets: short numbers, all right, equally hard, the same for the same seed."""

import csv
import json
import random
import re
import sys
import time
from pathlib import Path

import pytest

import viz
from autodiff import MissingDependencyError, Value, exp, log, relu, sigmoid, tanh
from nn import MLP, losses
from viz.exercises.variants import BAND, effort, is_short

NONE_SHORT = (
    "exam: task 1: expected numbers for which every value and gradient is short, found none; "
    "pass digits=3 for rounded numbers, or ask for another function"
)
TOO_FEW = (
    "exam: expected numbers for 500 different sheets, found 20 that are short and equally hard; "
    "ask for fewer variants, add a task, or pass digits=3 for rounded numbers"
)


def line(a, b, c):
    e = a * b + c
    return e * e * a


def neuron(w, x, b, y):
    return (sigmoid(w * x + b) - y) ** 2


def gated(w, x, b):
    return relu(w * x + b) * x


def square(x):
    return x * x


def branching(x, y):
    return x * y if x.data > 0 else x + y


@pytest.mark.parametrize("f", [line, neuron, gated, branching])
def test_every_number_is_short_and_right(f):
    sheets = viz.exam(f, variants=20, seed=4)
    assert len(sheets) == 20
    for (numbers,) in sheets:
        assert all(map(is_short, numbers.values()))
        names = [name for name in numbers if name in f.__code__.co_varnames[: f.__code__.co_argcount]]
        leaves = {name: Value(numbers[name], name) for name in names}
        output = f(**leaves)
        output.backward()
        result = f.__name__ if f.__name__ in numbers else "f"
        assert numbers[result] == output.data
        assert [numbers[f"d{result}/d{name}"] for name in names] == [leaf.grad for leaf in leaves.values()]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: sigmoid(x * w) * w,
        lambda x, w: tanh(x * w) * w + x,
        lambda x, w: exp(x) * w * w,
        lambda x, y: log(x) * y + x,
        lambda x, y, z: x / y + z**2,
        lambda x, w: relu(x) * w,
    ],
)
def test_functions_that_are_short_at_single_points_are_asked_there(f):
    assert len(viz.exam([f], variants=5)) == 5


def test_sheets_differ_and_are_equally_hard():
    sheets = viz.exam([line, gated], variants=60, seed=1)
    assert len({tuple(x for task in sheet for x in task.values()) for sheet in sheets}) == 60
    assert max(sheets.difficulties) <= min(sheets.difficulties) * (1 + BAND) / (1 - BAND)
    asked = [x for task in sheets[0] for x in task.values()]
    assert sheets.difficulties[0] == sum(map(effort, asked)) + 2  # 2: df/df = 1 and dgated/dgated = 1 are not asked


def test_the_same_seed_gives_the_same_sheets():
    first, again, other = (viz.exam(gated, variants=10, seed=seed) for seed in (1, 1, 2))
    assert list(first) == list(again) != list(other)


def test_other_leaves_are_kept_where_a_function_has_a_default():
    (numbers,) = viz.exam(lambda x, eta=0.5: x * eta)[0]
    assert numbers["f"] == 0.5 * numbers["x"]


def test_values_and_networks_get_other_numbers_too():
    model = MLP(2, [2, 1], activation="relu", rng=random.Random(1))
    cost = losses.squared_error(model([Value(1.0, "x1"), Value(2.0, "x2")]), Value(1.0, "y"))
    sheets = viz.exam([cost, model], variants=3, clusters=model)
    assert {"W⁽¹⁾₁₂", "x1", "y", "df/dy"} <= sheets[0][0].keys()
    assert {"W⁽¹⁾₁₂", "x1"} <= sheets[0][1].keys()
    assert sheets[0] != sheets[1]
    assert cost.operands  # nothing of the model has changed
    assert model.layers[0].neurons[0].weights[0].data == MLP(
        2, [2, 1], activation="relu", rng=random.Random(1)
    ).layers[0].neurons[0].weights[0].data  # fmt: skip


def test_rounded_numbers_are_given_where_there_are_no_short_ones():
    sheets = viz.exam(lambda x, y: exp(x / 3) * (exp(x / 7) + y) * exp(y / 3), variants=50, digits=3)
    assert len(sheets) == 50
    assert not is_short(sheets[0][0]["f"])


def test_the_table_has_a_row_a_sheet(tmp_path):
    sheets = viz.exam([line, gated], variants=4, ask="grad")
    with viz.save(sheets, tmp_path / "answers.csv").open(encoding="utf-8-sig") as file:
        names, *rows = csv.reader(file)
    assert names[:6] == ["variant", "difficulty", "1: a", "1: b", "1: c", "1: dline/dv₂"]
    assert names[-1] == "2: dgated/dw"
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[2][names.index("2: dgated/dw")]) == sheets[2][1]["dgated/dw"]


def test_the_sheets_are_a_page_each_and_the_solutions_too(tmp_path):
    pytest.importorskip("typst")
    sheets = viz.exam([line, gated], variants=3)
    blank, again, solved = (
        viz.save(one, tmp_path / name).read_bytes()
        for name, one in (("exam.pdf", sheets), ("again.pdf", sheets), ("solutions.pdf", sheets.solutions))
    )
    assert blank == again != solved
    assert [len(re.findall(rb"/Type\s*/Page\b", pdf)) for pdf in (blank, solved)] == [3, 3]
    assert re.search(rb"/MediaBox\s*\[0 0 595\.", blank)
    assert sheets._repr_png_().startswith(b"\x89PNG")  # the first page, in a notebook


@pytest.mark.parametrize(("number", "tasks"), [(0, [line]), (0, [line, gated]), (1, [line, gated]), (0, [square])])
def test_a_task_has_its_place_on_a_sheet_as_before(number, tasks, as_measured):
    """What is meant to change is written by `python -m pytest tests/viz/exercises --write`."""
    sheets = viz.exam(tasks, variants=2, seed=3)
    task, (sheet, *_) = sheets._tasks[number], sheets._sheets
    layout, numbers = task.layout(), task.numbers(sheet[number])
    assert len(layout["places"]) > 5
    seen = {
        **{key: json.dumps(layout[key], ensure_ascii=False) for key in ("alt", "rules", "lines", "written")},
        "size and scale": [*layout["size"], layout["scale"]],
        "asked": " ".join(f"{key} {anchor} {asked}" for key, _, _, anchor, _, asked in layout["places"]),
        "places": [x for _, *at, _, size, _ in layout["places"] for x in (*at, size)],
        "numbers": json.dumps(numbers, ensure_ascii=False),
    }
    name = f"{tasks[number].__name__} of {len(tasks)}"
    as_measured(Path(__file__).with_name("sheets.json"), name, seen, abs=0.05)


def test_without_typst_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingDependencyError) as caught:
        viz.exam(line).save(tmp_path / "exam.pdf")
    message = 'viz.exam(...).save needs the package typst: pip install ".[slides]" in the folder of chainrule'
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_200_variants_and_their_solutions_take_less_than_a_minute(tmp_path):
    pytest.importorskip("typst")
    start = time.perf_counter()
    sheets = viz.exam([line, neuron], variants=200, seed=3)
    paths = [viz.save(one, tmp_path / f"{i}.pdf") for i, one in enumerate((sheets, sheets.solutions))]
    assert time.perf_counter() - start < 60.0  # 10 s alone on two cores
    assert [len(re.findall(rb"/Type\s*/Page\b", path.read_bytes())) for path in paths] == [200, 200]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda: viz.exam(lambda x: exp(x) * exp(x + 1)),
            ValueError,
            NONE_SHORT,
        ),
        (
            lambda: viz.exam(lambda x: 2 * x, variants=500),
            ValueError,
            TOO_FEW,
        ),
        (
            lambda: viz.exam(Value(2.0)),
            ValueError,
            "exam: task 1: expected a graph with numbers to ask for, got Value(data=2.0, grad=0.0), which has none",
        ),
        (lambda: viz.exam([]), ValueError, "exam: expected at least one task, got none"),
        (
            lambda: viz.exam([3]),
            TypeError,
            "exam: task 1: expected a function of Values, a Value or a network, got int",
        ),
        (
            lambda: viz.exam([lambda x: 1.0]),
            TypeError,
            (
                "exam: task 1: expected <lambda> to return a Value, got float; "
                "compute with Values, by autodiff's functions and not math's"
            ),
        ),
        (
            lambda: viz.exam(lambda x: sum((x * i for i in range(50)), x)),
            ValueError,
            "exam: task 1: expected a graph of at most 40 nodes, got 151; ask for a part of it",
        ),
        (
            lambda: viz.exam(lambda x: 1 / (x - x)),
            ValueError,
            (
                "exam: task 1: expected a function with a value at some integers, found none; div: expected y != 0, "
                "got x = 1.0, y = 0.0; check or clamp the operand first"
            ),
        ),
        (
            lambda: viz.exam(line, title=3),
            TypeError,
            "exam: expected title to be a string, got int",
        ),
        (
            lambda: viz.exam([line, MLP(2, [2], rng=random.Random(0))]),
            ValueError,
            "exam: task 2: expected a network with one output, got 2; pass its cost, and clusters=model",
        ),
        (
            lambda: viz.exam(line, ask=[]),
            ValueError,
            "exam: expected ask to hold some of data, partials, grad, got nothing",
        ),
        (
            lambda: viz.exam(line).save("exam.docx"),
            ValueError,
            "save: expected a file name that ends in .pdf or .csv, got 'exam.docx'",
        ),
        (lambda: viz.exam(line).save(3), TypeError, "save: expected a path, got int"),
        (lambda: viz.exam(line, variants=2)[2], IndexError, "exam: expected one of the variants 0 to 1, got 2"),
    ],
)
def test_what_cannot_be_made_is_refused(call, error, said):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == said
