"""Where something begins to be left out or is shown in another way: at the border it is not, one further it is."""

import re

import pytest

import viz
from autodiff import Value, sum, tanh
from viz.graph.description import check_groups, describe
from viz.graph.folding import Folded, foldable, folded
from viz.mathematics.notation import Latex
from viz.pages.controls import slider


def leaves(n):
    return [Value(0.1 * i, f"x{i}") for i in range(n)]


def listed(n):
    return str(viz.explore(sum(leaves(n)))).count('id="by-n')


def lettered(n):
    return viz.cost_curve([(i, 1.0) for i in range(n)]).page._data["letters"]


def links(n):
    y = x = Value(0.5, "x")
    for i in range(n):
        y = tanh(y)
        y.label = f"y{i}"
    return str(viz.derive(y, x))


def formulas(n):
    x = Value(0.5, "x")
    parts = [x * i for i in range(2, n + 1)]
    for i, part in enumerate(parts):
        part.label = f"p{i}"
    return str(viz.derive(sum(parts), x, max_paths=30)).partition("\n\n")[0].splitlines()[11:]


def terms(n):
    xs = leaves(n)
    return "…" in str(viz.derive(sum(xs), xs[0]))


def multiplied(n):
    y = x = Value(0.5, "x")
    for i in range(n - 1):
        y = -y
        y.label = f"y{i}" if i % 6 == 0 else ""
    y.label = "f"
    return str(viz.derive(y, x)).partition("\n\n")[2].count("=")


def named_result(n):
    names = {}
    exec(f"def {'f' * n}(x):\n    return 2.0 * x\n", names)  # a function with a name of this length
    return viz.steps(names["f" * n], 3.0)[-1].alt


def names_of_results(n):
    a = Value(2.0, "a")
    results = [a * i for i in range(2, 2 + n)]
    for i, result in enumerate(results):
        result.label = f"r{i}"
    graph = describe([sum(results)], groups=check_groups("draw", {"box": results})).named()
    (box,) = [node for node in folded(graph, foldable(graph)).nodes if isinstance(node, Folded)]
    return len(re.findall(r"r\d", box.label))


BORDERS = [
    ("terms of a sum", terms, 4, False, True),
    ("gradients above the sliders", listed, 6, 6, 0),
    ("letters of points", lettered, 6, [*"ABCDEF"], [""] * 7),
    ("links of a chain", lambda n: "…" in links(n), 10, False, True),
    ("formulas above a derivation", formulas, 12, ["p10 = x·12"], ["p10 = x·12", "(and 1 more)"]),
    ("nodes of a derivative that is multiplied out", multiplied, 60, 5, 3),
    ("letters of a function that names its result", lambda n: "fffff = 2" in named_result(n), 5, True, False),
    ("letters beside a slider", lambda n: "slider long" in slider("a" * n, 0.0, 1.0, 0.5), 7, False, True),
    ("names of the results of a folded box", names_of_results, 3, 3, 0),
    ("digits of a count", lambda n: re.fullmatch(r"[\d,]+", viz_count(10**n - 1)) is not None, 15, True, False),
]


def viz_count(n):
    from viz.style.text import format_count

    return format_count(n)


@pytest.mark.parametrize(("what", "shown", "border", "at", "beyond"), BORDERS, ids=[row[0] for row in BORDERS])
def test_at_the_border_nothing_is_left_out_and_one_further_it_is(what, shown, border, at, beyond):
    assert (shown(border), shown(border + 1)) == (at, beyond)


@pytest.mark.parametrize(
    ("factors", "text"),
    [
        (["2", "x"], r"2 \, x"),
        (["x", "2"], r"x \cdot 2"),
        (["2", "{3}^{2}"], r"2 \cdot {3}^{2}"),
        (["x", "y", "-4"], r"x \cdot y \cdot -4"),
        (["a", r"\frac{1}{b}"], r"a \cdot \frac{1}{b}"),
        (["a", "b"], r"a \, b"),
    ],
)
def test_in_latex_a_dot_is_before_a_number_alone(factors, text):
    assert Latex().product(factors) == text
