"""What a page of each kind says and has at its beginning, as a reader hears it: texts, labels, controls, and data.

`begins.json` has it of pages that are right by the tests beside and by the eye. What is meant to change is written by
`python -m pytest tests/viz/pages --write`.
"""

import json
import math
import re
import tempfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

import viz
from autodiff import Value, tanh, topological_order

FILE = Path(__file__).with_name("begins.json")
PLACES = "viewbox", "d", "x", "y", "dy", "font-size", "stroke-width"
UNREAD = ("svg", "style", "script", "template", "math", "table")


class Reader(HTMLParser):
    """The texts, the labels and the controls of a page, the coordinates in its pictures, and its data."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.labels, self.controls, self.places, self.formulas = [], [], [], [], []
        self.data, self._inside, self.attributes = "null", [], Counter()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.attributes.update([*given, *(f".{name}" for name in given.get("class", "").split())])
        if tag in UNREAD:
            self._inside.append("data" if given.get("id") == "data" else tag)
        if "template" not in self._inside:
            self.labels += [given[name] for name in ("aria-label", "title") if given.get(name)]
        if "svg" in self._inside:
            numbers = re.findall(r"-?\d+\.?\d*", " ".join(given.get(name, "") for name in PLACES))
            self.places += [*map(float, numbers)]
        if tag in ("input", "option"):
            names = "type", "min", "max", "step", "value", "checked", "selected", "aria-label"
            self.controls.append(" ".join(f"{name}={given[name]}" for name in names if name in given))

    def handle_endtag(self, tag):
        if tag in UNREAD:
            self._inside.pop()

    def handle_data(self, text):
        if self._inside[-1:] == ["data"]:
            self.data = text
        elif self._inside[-1:] in (["math"], ["table"]):
            self.formulas.append(text.strip())
        elif not self._inside and text.strip():
            self.texts.append(" ".join(text.split()))


def extent(part):
    """Of a part of the data: how many numbers, their sum and that of their sizes; how many texts, and their length."""
    leaves, numbers, texts = [part], [], []
    while leaves:
        leaf = leaves.pop()
        if isinstance(leaf, dict | list):
            leaves += [*leaf, *leaf.values()] if isinstance(leaf, dict) else leaf
        elif isinstance(leaf, str):
            texts.append(leaf)
        elif leaf is not None:
            numbers.append(float(leaf))
    return [len(numbers), math.fsum(numbers), math.fsum(map(abs, numbers)), len(texts), sum(map(len, texts))]


def begins(page):
    """What there is at the beginning of a page."""
    with tempfile.TemporaryDirectory() as folder:
        page.save(Path(folder) / "page.html")
        reader = Reader((Path(folder) / "page.html").read_text(encoding="utf-8"))
    data = json.loads(reader.data)
    parts = data if isinstance(data, dict) else {"data": data}
    return {
        "says": " | ".join(reader.texts),
        "labels": " | ".join(dict.fromkeys(reader.labels)),
        "controls": " | ".join(reader.controls),
        "attributes and classes": " ".join(f"{name} {n}" for name, n in sorted(reader.attributes.items())),
        "pictures": extent(reader.places),
        "formulas and tables": extent(reader.formulas),
        **{key: extent(part) for key, part in parts.items() if part is not None},
    }


def bumps(a, b):
    return (a * a - 1.5) ** 2 + 0.3 * a + 2.0 * (b - 0.5) ** 2


def in_two_groups():
    output = recurrence(2)
    inner = [node for node in topological_order(output) if not node.is_leaf]
    return viz.explore(output, groups={"first": inner[:4], "second": inner[4:]})


def recurrence(n):
    """Steps of y = tanh(a y + b x)."""
    a, b, y = Value(0.5, "a"), Value(-0.3, "b"), Value(0.1, "y")
    for t in range(n):
        y = tanh(a * y + b * Value(0.4 * t, f"x{t}"))
    return y


MORE = {
    "compare two recurrences": lambda: viz.compare(recurrence(2), recurrence(3), titles=("two", "three")),
    "explore a recurrence": lambda: viz.explore(recurrence(4), digits=3),
    "explore two groups": in_two_groups,
    "steps of a recurrence": lambda: viz.steps(recurrence(3)),
    "cost_curve of many points": lambda: viz.cost_curve([(i, i * i % 5) for i in range(7)], m=-2.0, c=0.5),
    "descent that diverges": lambda: viz.descent(lambda x: -(x**2), -3.0, learning_rate=0.6, steps=4),
    "cost_contour with two minima": lambda: viz.cost_contour(bumps, (2.0, 1.5), learning_rate=0.02, steps=9),
}


@pytest.mark.full
def test_a_page_begins_as_it_did(every_page, as_measured, request):
    as_measured(FILE, request.node.callspec.params["every_page"], begins(every_page), rel=1e-5)


@pytest.mark.full
@pytest.mark.parametrize("name", MORE)
def test_the_page_of_a_figure_begins_as_it_did(name, as_measured):
    as_measured(FILE, name, begins(MORE[name]()), rel=1e-5)
