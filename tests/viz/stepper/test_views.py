"""A function in four views: each step lights the line that recorded its node, the loop, and the factors."""

import linecache
import operator
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import viz
from autodiff import Value, tanh, topological_order
from viz.drawing.texts import Text
from viz.stepper.views import LOOP
from viz.style.text import format_number

sys.path.append(str(Path(__file__).parent))
from programs import PROGRAMS

RECORDS = re.compile(r"# records([a-z ]*)")


def lit(step, beginning, mark="now"):
    """The ids of what a step lights, by the beginning of the id."""
    return [id_ for id_, of in step.state.marks.items() if id_.startswith(beginning) and of == mark]


def nodes_of(steps, kind):
    """The steps that are about a node, each with the recorded node; `kind` is "computed" or "sender"."""
    ids = {node.id: value for node, value in zip(steps._graph.nodes, steps._graph.values, strict=True)}
    for step in steps:
        for id_, mark in step.state.marks.items():
            if mark == kind:
                yield step, ids[id_]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_each_step_lights_the_line_that_recorded_the_node(program):
    steps = viz.steps(program, *PROGRAMS[program])
    lines = {f"{listing.key}-{i}": line for listing in steps._views.listings for i, line in enumerate(listing.lines)}
    told = {id_: {*match[1].split()} - {"nothing"} for id_, line in lines.items() if (match := RECORDS.search(line))}
    for kind in ("computed", "sender"):
        recorded: dict[str, set[str]] = {}
        for step, node in nodes_of(steps, kind):
            first, *_ = lit(step, "source")
            recorded.setdefault(first, set()).add(node.primitive.name)
        assert recorded == {id_: names for id_, names in told.items() if names}


def test_the_lines_that_called_are_marked_and_the_whole_statement_is_lit():
    steps = {program.__name__: viz.steps(program, *PROGRAMS[program]) for program in PROGRAMS}
    three_deep = next(step for step in steps["three_deep"] if lit(step, "source2"))
    assert lit(three_deep, "source", "calls") == ["source0-1", "source1-1"]
    assert [listing.heading for listing in steps["another_module"]._views.listings] == [
        "another_module", "squared_distance, in programs_helper.py", "Backward",
    ]  # fmt: skip
    assert [*map(len, (lit(step, "source") for step in steps["over_lines"]))] == [
        1,
        4,
        4,
        4,
        4,
        0,
        4,
        4,
        4,
        4,
        4,
        4,
        4,
        4,
        0,
    ]
    assert "Its docstring" not in "".join(steps["a_neuron"]._views.listings[0].lines)


def test_nodes_have_the_names_of_the_local_variables():
    def names(program):
        return [node.name for node in viz.steps(program, *PROGRAMS[program])._graph.nodes]

    by_name = {program.__name__: names(program) for program in PROGRAMS}
    assert by_name["a_line_each"] == ["a", "b", "e", "c", "d", "f", "L"]
    assert by_name["a_loop"] == ["w", "h", "v₁", "h₁", "v₂", "h₂", "v₃", "h₃"]
    assert by_name["a_comprehension"][:3] == ["xs[0]", "ws[0]", "products[0]"]
    assert by_name["augmented"] == ["x", "y", "s₁", "s₂", "s₃"]
    assert by_name["walrus"] == ["x", "y", "v₁", "f"]
    assert by_name["three_deep"] == ["x", "u", "v", "y"]


REASON = "compute with Values, by autodiff's functions and not math's"


def test_arguments_are_numbers_lists_and_whatever_else_by_place_or_name(refuses):
    def f(x, ws, *more, scale, digits=1):
        return sum(w * x for w in ws) * scale + sum(more) * digits

    steps = viz.steps(f, 2, [1.0, 3], 5.0, 7, scale=0.5)
    assert steps.gradient == {"ws[0]": 1.0, "x": 2.0, "ws[1]": 1.0, "scale": 8.0, "more[0]": 1.0, "more[1]": 1.0}
    with refuses(
        TypeError,
        "steps: expected the arguments of f(x, ws, *more, scale, digits=1); missing a required argument: 'scale'",
    ):
        viz.steps(f, 1.0, [2.0])
    with refuses(TypeError, "steps: expected half to return a Value, got float; " + REASON):
        viz.steps(half, 1.0)
    with refuses(TypeError, "steps: expected a Value, its names and options, got an option 'digit'"):
        viz.steps(Value(1.0), digit=3)
    with refuses(TypeError, "steps: expected a Value, its names and options, got 2 arguments"):
        viz.steps(Value(1.0), None, 3)
    with refuses(ValueError, "steps: expected level='operations' for a function, got 'layers'; pass what it returns"):
        viz.steps(half_of, 1.0, level="layers")
    with refuses(TypeError, "steps: expected <lambda> to return a Value, got list; return one node"):
        viz.steps(lambda x: [x], 1.0)
    assert viz.steps(half_of, np.array(3.0)).gradient == {"x": 0.5}
    with refuses(IndexError, f"steps: expected one of the steps 0 to {len(steps) - 1}, got {len(steps)}"):
        steps[len(steps)]
    with refuses(TypeError, "steps: expected a Value as output, got float"):
        viz.steps(1.0)
    own = Value(3.0)
    assert viz.steps(half_of, own).gradient == {"x": 0.5}
    assert own.label == ""


def test_arguments_by_name_may_come_in_any_order():
    def plane(a, b, *, c):
        return a * b - c

    assert viz.steps(plane, 2.0, c=5.0, b=3.0).gradient == {"a": 3.0, "b": 2.0, "c": -1.0}


def test_arguments_may_be_dictionaries_and_arrays_and_an_int_for_an_int_stays_one():
    numpy = pytest.importorskip("numpy")

    def f(p, rows, n=1):
        return sum(p["w"] * x for x in rows[:, 0]) + p["b"] * n

    steps = viz.steps(f, {"w": 2.0, "b": 1}, numpy.array([[1.0, 7.0], [3.0, 7.0]]), n=3)
    assert steps.gradient == {"p['w']": 4.0, "rows[0][0]": 2.0, "rows[1][0]": 2.0, "p['b']": 3.0}


def half(x):
    return 0.5


def half_of(x):
    return 0.5 * x


def test_a_tracer_is_put_back_also_after_an_exception_which_passes_through():
    def fails(x):
        raise LookupError(x * 2)

    def tracer(*_):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        viz.steps(half_of, 1.0)
        assert sys.gettrace() is tracer
        with pytest.raises(LookupError):
            viz.steps(fails, 1.0)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_a_function_without_source_is_shown_without_it_and_says_why():
    names = {}
    exec("def f(x, y):\n    return x * y", names)
    steps = viz.steps(names["f"], x=2.0, y=3.0)
    assert steps._views.listings[0].lines == (
        "# its source is in no file:", "# built by exec, or typed into a shell",
    )  # fmt: skip
    assert steps.gradient == {"x": 3.0, "y": 2.0}
    assert lit(steps[-2], "loop") == ["loop-2"]
    of_others = viz.steps(operator.neg, 0.5)._views.listings[0]
    assert (of_others.heading, of_others.lines[0]) == ("neg", "# no line of it can be watched:")


def test_the_loop_that_is_lit_is_the_backward_pass():
    x, y = Value(2.0), Value(3.0)
    f = x * y + x
    f.grad = 1.0
    exec(LOOP, {"order": topological_order(f), "edges": lambda node: zip(node.operands, node.partials, strict=True)})
    assert (x.grad, y.grad) == (4.0, 2.0)


def test_the_loop_and_the_factors_that_are_executed_are_lit():
    steps = viz.steps(two_paths, x=2.0, y=3.0)  # a = x*y, f = a + x
    assert [lit(step, "loop") for step in steps] == [[], [], [], ["loop-0"], *[["loop-2"]] * 4, []]
    rows = steps._views.factors.rows
    assert [row.left for row in rows] == ["df/dx", "df/dy"]
    texts = {factor.id: factor.text for row in rows for path in row.paths for factor in path}
    told = [[texts[id_] for id_ in lit(step, "factor")] for step in steps]
    assert told == [
        [], ["∂a/∂x", "∂a/∂y"], ["∂f/∂a", "∂f/∂x", "∂f/∂a"], [],
        ["∂f/∂a", "∂f/∂a"], ["∂f/∂x"], ["∂a/∂x"], ["∂a/∂y"], [],
    ]  # fmt: skip


def two_paths(x, y):
    a = x * y
    return a + x


def test_many_leaves_paths_and_links_are_cut():
    def deep(*xs):
        total = sum(xs)
        for _ in range(4):
            total = total * total
        return total

    steps = viz.steps(deep, *[1.0] * 6)
    factors = steps._views.factors
    assert (len(factors.rows), factors.n_left_out) == (4, 2)
    row = factors.rows[0]
    assert (len(row.paths), row.is_cut) == (4, True)
    assert None in row.paths[0]
    assert "and 2 more" in factors.html()


def test_a_mistake_is_shown_beside_the_source():
    steps = viz.steps(two_paths, x=2.0, y=3.0, mistake="overwrite")
    assert [listing.heading for listing in steps._views.listings] == ["two_paths", "Wrong", "Right"]
    assert [id_ for id_, mark in steps[6].state.marks.items() if mark == "now"] == [
        "wrong-1", "wrong-2", "right-1", "right-2", "source0-1",
    ]  # fmt: skip


def test_a_still_has_the_code_in_lines_that_are_lit_and_no_text_leaves_it():
    steps = viz.steps(two_paths, x=2.0, y=3.0)
    plain, lit_one = steps[0].svg(), steps[1].svg()
    for line in ("a\xa0=\xa0x\xa0*\xa0y", "for\xa0node\xa0in\xa0reversed(order):"):
        assert line in plain
    assert plain.count('font-family="DejaVu Sans Mono') == 6
    assert lit_one.count("#fff1c2") > plain.count("#fff1c2")
    left, _, width, _ = map(float, re.search(r'viewBox="([^"]*)"', plain)[1].split())
    xs = [*map(float, re.findall(r'<text x="([-.\d]+)"', plain))]
    assert left <= min(xs)
    assert max(xs) <= left + width


def test_a_long_chain_rule_breaks_between_its_factors_and_stays_left_of_the_graph():
    def long_names(learning_rate):
        first_result = learning_rate * 2.0
        second_result = tanh(first_result)
        third_result = tanh(second_result)
        return third_result * third_result + second_result

    groups = viz.steps(long_names, learning_rate=0.5)._picture.groups
    graph = min(item.x - item.width / 2 for group in groups if group.classes[0] == "node" for item in texts_of(group))
    factors = [item for group in groups if group.id.startswith("factor-") for item in texts_of(group)]
    assert len(factors) > 20
    assert max(item.x + item.width / 2 for item in factors) < graph


def texts_of(group):
    return [item for item in group.items if isinstance(item, Text)]


@pytest.mark.parametrize("suffix", [".pdf", ".pptx", ".gif"])
def test_slides_have_the_code_too(suffix, tmp_path):
    pytest.importorskip("typst")
    path = viz.steps(two_paths, x=2.0, y=3.0).save(tmp_path / f"steps{suffix}")
    if suffix == ".pptx":
        pptx = pytest.importorskip("pptx")
        texts = [shape.text_frame.text for shape in inner(pptx.Presentation(path).slides[1].shapes)]
        assert "a\xa0=\xa0x\xa0*\xa0y" in " ".join(texts)
        assert "∂a/∂x" in texts
    assert path.stat().st_size > 10_000


def inner(shapes):
    """All shapes with text, also those in groups."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from inner(shape.shapes)
        elif shape.has_text_frame:
            yield shape


def eight_lines(x, y):
    a = x * y
    s = a + x
    b = tanh(s)
    c = b * y
    d = c + a
    e = d * d
    return e + 1


LIT = """
    const walk = [];
    do {
      const inside = [...document.querySelectorAll(".side .now")].filter((line) => {
        const box = line.closest("pre, .factors").getBoundingClientRect(), shown = line.getBoundingClientRect();
        return shown.top >= box.top - 1 && shown.bottom <= box.bottom + 1;
      });
      walk.push([[...document.querySelectorAll(".side .now")].map((line) => line.id), inside.map((line) => line.id)]);
      document.getElementById("next").click();
    } while (walk.length <= Number(slider.max));
    return walk;"""

SIZES = """
    const svg = document.querySelector("#view svg"), scale = svg.clientWidth / svg.viewBox.baseVal.width;
    const code = document.querySelector(".side code"), main = document.querySelector("main");
    return [parseFloat(getComputedStyle(code).fontSize), 14 * scale, parseFloat(getComputedStyle(says).fontSize),
            document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth];"""


def test_in_a_hall_all_views_of_eight_lines_and_ten_nodes_can_be_read_and_what_is_lit_is_in_sight(browse):
    steps = viz.steps(eight_lines, x=0.5, y=2.0)
    assert (len(steps._graph.nodes), len(steps._views.listings[0].lines)) == (9, 8)
    driver = browse(steps)
    *sizes, below, beside = driver.execute_script(SIZES)
    assert min(sizes) >= 20
    assert (below, beside) == (0, 0)
    for step, (shown, inside) in zip(steps, driver.execute_script(LIT), strict=True):
        assert {*shown} == {*lit(step, "source"), *lit(step, "loop"), *lit(step, "factor")}
        assert {id_ for id_ in shown if "factor" not in id_} <= {*inside}
        assert not lit(step, "factor") or {*inside} & {*lit(step, "factor")}
    rows = driver.find_elements("css selector", ".factors p")
    assert rows[0].text.endswith(f"= {format_number(steps.gradient['x'], 4)}")


def test_a_press_on_a_line_or_a_factor_leads_to_the_next_step_in_which_it_is_lit(browse):
    driver = browse(viz.steps(two_paths, x=2.0, y=3.0))
    at = []
    for id_ in ("source0-1", "source0-1", "source0-1", "source0-1", "loop-0", "factor-0-1-0", "source0-2"):
        driver.find_element("id", id_).click()
        at.append(driver.find_element("id", "position").text.split(" / ")[0])
    assert at == ["1", "6", "7", "1", "3", "5", "2"]


def test_a_long_function_is_scrolled_to_the_line_and_on_a_phone_the_views_stand_below_each_other(browse):
    code = "def long(x):\n" + "".join(f"    x = x * {1 + i / 10}\n" for i in range(25)) + "    return x\n"
    names = {}
    linecache.cache["<long>"] = (len(code), None, code.splitlines(keepends=True), "<long>")
    exec(compile(code, "<long>", "exec"), names)
    steps = viz.steps(names["long"], 1.0)
    driver = browse(steps)
    assert all(inside for shown, inside in driver.execute_script(LIT) if shown)
    driver = browse(steps, size="phone")
    assert driver.execute_script(SIZES)[-1] == 0
    tops = driver.execute_script(
        "return ['.side section', '.frame', '#says', '.loop', '.factors', '.tools']"
        ".map((it) => document.querySelector(it).getBoundingClientRect().top + scrollY)"
    )
    assert tops[:5] == sorted(tops[:5])


def test_a_tab_in_code_is_as_wide_as_four_letters(tmp_path):
    (tmp_path / "tabbed.py").write_text("def f(x):\n\ty = x\t* x\n\treturn y\n", encoding="utf-8")
    names = {}
    exec(compile((tmp_path / "tabbed.py").read_text(), str(tmp_path / "tabbed.py"), "exec"), names)
    (code, *_) = viz.steps(names["f"], 2.0)._views.listings
    assert code.lines == ("def f(x):", "    y = x   * x", "    return y")
