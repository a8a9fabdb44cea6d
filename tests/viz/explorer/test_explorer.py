"""A graph to play with: wherever the sliders are, the page shows what Python computes there."""

import base64
import math
import random
import re

import pytest

import viz
from autodiff import (
    Value,
    defprimitive,
    dot,
    exp,
    leaves,
    log,
    logsumexp,
    maximum,
    parse,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    topological_order,
)
from autodiff import sum as total
from nn import MLP, losses
from viz.graph.names import short
from viz.style.text import format_number

READ = """
    const numbers = {};
    for (const text of document.querySelectorAll('#view text[id]')) numbers[text.id] = text.textContent;
    return numbers;
"""
WIDTHS = """
    const wires = [...document.querySelectorAll('#view .wire[style]')];
    return Object.fromEntries(wires.map((wire) => [wire.parentNode.id, parseFloat(wire.style.strokeWidth)]));
"""


def written_inside(node):
    """The places of the operands that are written into the symbol: a plain number beside something that varies."""
    numbers = [i for i, operand in enumerate(node.operands) if operand.is_constant]
    is_arithmetic = node.primitive is not None and node.primitive.name in ("add", "sub", "mul", "div", "pow")
    return numbers if is_arithmetic and len(numbers) == 1 else []


def expected(output):
    """The texts that a page must show, by their ids: the data, gradients and partials that Python computes."""
    output.backward()
    inside = {(node, i) for node in topological_order(output) for i in written_inside(node)}
    hidden = {node.operands[i] for node, i in inside}
    nodes = [node for node in topological_order(output) if node not in hidden]
    texts = {}
    edge = 0
    for i, node in enumerate(nodes):
        texts[f"n{i}.data"] = format_number(node.data, 4)
        if not node.is_constant:
            texts[f"n{i}.grad"] = format_number(node.grad, 4)
        for k, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
            if (node, k) in inside:
                continue
            if not operand.is_constant:
                texts[f"e{edge}.partial"] = format_number(partial, 4)
            edge += 1
    return texts


def article(x, y):
    return 2 * x**2 * y**3


def several(x, y):
    return sigmoid(x * y) + tanh(y) * exp(-x * x) + sin(x) / (2 + y * y) + relu(x - y) + abs(x) + maximum(x, y)


def wide(x, y):
    return logsumexp([x, y, x * y]) * dot([x, y, 3.0], [y, y, x]) - total([x, y, x]) + x**y**2


GRAPHS = [article, several, wide]


@pytest.mark.full
@pytest.mark.parametrize("f", GRAPHS)
@pytest.mark.parametrize("at", [(0.64, 1.5), (1.0, -2.0), (0.0, 0.0), (2.98, 2.96)])
def test_the_page_shows_what_python_computes(browse, f, at, move):
    x, y = Value(2.0, "x"), Value(3.0, "y")
    page = browse(viz.explore(f(x, y), {x: (-3, 3), y: (-3, 3)}))
    assert page.execute_script(READ) == expected(f(x, y))
    moved = [move(page, i, number) for i, number in enumerate(at)]
    assert moved == list(at)
    assert page.execute_script(READ) == expected(f(*map(Value, at)))


def test_a_network_follows_its_inputs(browse, move):
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    inputs = [Value(0.5, "x1"), Value(-1.0, "x2")]
    page = browse(viz.explore(losses.squared_error(model(inputs), [1.0, 0.0]), dict.fromkeys(inputs, (-3, 3))))
    move(page, 0, -1.5)
    move(page, 1, 2.5)
    assert page.execute_script(READ) == expected(losses.squared_error(model([Value(-1.5), Value(2.5)]), [1.0, 0.0]))


def test_outside_a_domain_the_page_shows_nan_and_goes_on(browse, move):
    x = Value(2.0, "x")
    page = browse(viz.explore(log(x) + sqrt(x), {x: (-3, 3)}))
    move(page, 0, -1)
    shown = page.execute_script(READ)
    assert shown["n1.data"] == shown["n3.data"] == "nan"
    move(page, 0, 0)
    assert page.execute_script(READ)["n1.data"] == "−∞"
    assert set(page.execute_script(WIDTHS).values()) == {4.5, 0.8}  # beside what is infinite, all else is thin
    move(page, 0, 1)
    assert page.execute_script(READ) == expected(log(y := Value(1.0)) + sqrt(y))


def warnings(page) -> str:
    return page.find_element("id", "warns").text


def test_outside_a_domain_the_page_says_so_marks_the_node_and_draws_no_edge_to_it(browse, move):
    x = Value(2.0, "x")
    page = browse(viz.explore(log(x) * x + sqrt(x), {x: (-3, 3)}))
    assert warnings(page) == ""
    move(page, 0, -0.5)
    assert warnings(page).splitlines() == [
        "v₁ is outside the domain of log: log needs x > 0, got −0.5.",
        "v₃ is outside the domain of sqrt: sqrt needs x >= 0, got −0.5.",
    ]
    marked = "return [...document.querySelectorAll('#view .outside')].map((node) => node.id)"
    assert page.execute_script(marked) == ["n1", "n3"]
    shown, widths = page.execute_script(READ), page.execute_script(WIDTHS)
    assert [(shown[f"e{i}.partial"], widths[f"e{i}"]) for i in (0, 3)] == [("", 0.8), ("", 0.8)]
    move(page, 0, 2)
    assert warnings(page) == ""
    assert page.execute_script(marked) == []


def test_at_a_kink_the_page_says_that_there_is_no_derivative(browse, move):
    a, b = Value(0.0, "a"), Value(1.0, "b")
    page = browse(viz.explore(relu(a) + maximum(a, b), {a: (-3, 3)}))
    assert warnings(page) == "v₁ is at a kink of relu: there is no derivative, what is shown is a convention."
    move(page, 0, 1)
    assert warnings(page) == "v₂ is at a kink of maximum: there is no derivative, what is shown is a convention."
    move(page, 0, 2)
    assert warnings(page) == ""


def test_inputs_come_before_weights_each_in_the_order_of_their_names(browse):
    model = MLP(2, [2, 1], rng=random.Random(0))
    page = browse(viz.explore(model([Value(1.0, "x2"), Value(2.0, "x10")]), clusters=model))
    labels = [row.get_attribute("aria-label") for row in page.find_elements("css selector", ".slider")]
    weights = ["W⁽¹⁾₁₁", "W⁽¹⁾₁₂", "W⁽¹⁾₂₁", "W⁽¹⁾₂₂", "W⁽²⁾₁₁", "W⁽²⁾₂₁", "b⁽¹⁾₁", "b⁽¹⁾₂", "b⁽²⁾₁"]
    assert labels == ["x2", "x10", *weights]
    groups = [group.text for group in page.find_elements("css selector", "summary")]
    assert groups == ["inputs (2)", "weights (9)"]


@pytest.mark.full
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("x", [-0.2783434567, -1234567.891, 1.2345678e-7, 3.0, -2e-300])
def test_no_field_clips_its_number(x, size, browse):
    page = browse(viz.explore(Value(x, "x") * 2.0), size=size)
    fields = "return [...document.querySelectorAll('input[type=number]')].map((f) => [f.scrollWidth, f.clientWidth])"
    assert all(needed <= room for needed, room in page.execute_script(fields))


def test_an_edge_is_as_wide_as_what_it_contributes(browse):
    x, y = Value(1.0, "x"), Value(2.0, "y")
    page = browse(viz.explore(4 * x + y - 0.0 * x, {x: (-3, 3)}))
    texts, widths = page.execute_script(READ), page.execute_script(WIDTHS)
    by_partial = {texts[f"{edge}.partial"]: width for edge, width in widths.items()}
    assert by_partial["4"] == 4.5
    assert by_partial["0"] == 0.8  # an edge that sends nothing
    assert by_partial["1"] == pytest.approx(0.8 + 3.7 / 4, abs=0.001)


def test_a_slider_moves_by_keyboard_and_starts_over(browse):
    from selenium.webdriver.common.keys import Keys

    x = Value(2.0, "x")
    page = browse(viz.explore(x * x, {x: (-3, 3)}))
    slider = page.find_element("css selector", "input[type=range]")
    slider.send_keys(Keys.ARROW_LEFT)
    at = float(slider.get_attribute("value"))
    assert 1.9 < at < 2.0
    assert page.execute_script(READ) == expected((v := Value(at)) * v)
    page.find_element("id", "reset").click()
    assert page.execute_script(READ) == expected((v := Value(2.0)) * v)


def test_a_number_may_be_typed(browse, write):
    x = Value(2.0, "x")
    page = browse(viz.explore(exp(x), {x: (-3, 3)}))
    write(page, 0, "-12.5")
    assert page.execute_script(READ) == expected(exp(Value(-12.5)))
    write(page, 0, "1000")
    assert page.execute_script(READ)["n1.data"] == "∞"


OVERLAPS = """
    return [...document.querySelectorAll('.node')].map((node) => {
      const box = node.querySelector('path')?.getBBox();
      if (!box) return 0;
      return Math.max(...[...node.querySelectorAll('text')].map((text) => {
        const { x, width } = text.getBBox();
        return x + width - box.x - box.width;
      }));
    })
"""


def test_a_long_number_stays_in_its_box(browse, move):
    x = Value(2.0, "x")
    page = browse(viz.explore(exp(x) * -1.0, {x: (-100, 100)}))
    move(page, 0, -20)
    assert max(page.execute_script(OVERLAPS)) <= 0


def test_a_long_number_that_was_recorded_stays_in_its_box_on_the_page_and_in_the_picture_for_notebooks(
    browse, tmp_path
):
    w, x = Value(2.0, "w"), Value(-2.5, "x")
    page = viz.explore(1 / (1 + exp(-(w * x))))
    driver = browse(page)
    assert "−0.01662" in driver.execute_script(READ).values()
    assert "−4.479·10⁻⁵" in driver.execute_script(READ).values()
    assert max(driver.execute_script(OVERLAPS)) <= 0
    still = base64.b64decode(re.search(r"base64,([^\"]*)", page.still())[1]).decode()
    assert "−4.479·10⁻⁵" in still
    path = tmp_path / "still.html"
    path.write_text(still, encoding="utf-8")
    assert max(browse(path).execute_script(OVERLAPS)) <= 0


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'`${alert(1)}",
    "<!--",
    "*/alert(1)/*",
    "\x00\u202e\ud800",
    "constructor",
    "class",
    "a\nb",
    "\\",
]


def test_hostile_labels_stay_text(browse, move):
    xs = [Value(1.0 + i, label) for i, label in enumerate(HOSTILE)]
    output = total([x * x for x in xs])
    output.label = "</title><script>alert(2)</script>"
    page = browse(viz.explore(output))
    assert page.execute_script("return document.querySelectorAll('img').length") == 0
    assert page.execute_script("return document.scripts.length") == 2  # the data and the program
    labels = [label.text for label in page.find_elements("css selector", ".slider .label")]
    assert {*map(short, HOSTILE[:2])} < {*labels}
    assert page.title == "Explore </title><script>alert(2)</scr…"
    move(page, labels.index(short(HOSTILE[0])), 0.5)
    assert page.execute_script(READ)["n0.data"] == "0.5"


def test_every_named_leaf_has_a_slider_unless_they_are_given(browse):
    x, y, hidden = Value(2.0, "learning_rate"), Value(0.0), Value(1.0)
    page = browse(viz.explore(x * y + hidden, names={"y": y}))
    rows = page.find_elements("css selector", ".slider")
    assert [row.get_attribute("aria-label") for row in rows] == ["learning_rate", "y"]
    assert all(input_.size["width"] > 50 for input_ in page.find_elements("css selector", ".slider input"))
    ranges = page.find_elements("css selector", ".slider input[type=range]")
    assert [(r.get_attribute("min"), r.get_attribute("max")) for r in ranges] == [("-5.0", "5.0"), ("-1.0", "1.0")]


@pytest.mark.parametrize("x", [math.inf, math.nan])
def test_a_leaf_may_begin_as_no_number(browse, x, move):
    leaf = Value(x, "x")
    page = browse(viz.explore(2 * leaf))
    assert page.execute_script(READ)["n0.data"] == format_number(x, 4)
    move(page, 0, 0.5)
    assert page.execute_script(READ)["n1.data"] == "1"


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_is_wider_than_the_screen_and_all_can_be_reached(browse, size):
    x, y = Value(2.0, "x"), Value(3.0, "y")
    page = browse(viz.explore(several(x, y)), size=size)
    sizes = "const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]"
    scroll, client = page.execute_script(sizes)
    assert scroll <= client
    from selenium.webdriver.common.keys import Keys

    reached = []
    for _ in range(9):
        page.switch_to.active_element.send_keys(Keys.TAB)
        element = page.switch_to.active_element
        reached.append(element.get_attribute("aria-label") or element.text)
    size_buttons = ["Whole graph", "Larger"] if size == "desktop" else ["Smaller", "Whole graph"]
    assert reached[:5] == ["Computation graph", "x", "x, exactly", "y", "y, exactly"]
    assert reached[5].startswith("press a node")
    assert reached[6:] == ["Start over", *size_buttons]


def test_the_whole_graph_fits_if_asked_for(browse):
    model = MLP(2, [4, 4, 1], rng=random.Random(0))
    inputs = [Value(1.0, "x1"), Value(2.0, "x2")]
    page = browse(viz.explore(model(inputs)), size="phone")
    overflow = "const view = document.getElementById('view'); return view.scrollWidth > view.clientWidth"
    assert page.execute_script(overflow)
    page.find_element("id", "whole").click()
    assert not page.execute_script(overflow)


def large() -> tuple[Value, list[Value], MLP]:
    """A loss of 297 nodes, its inputs, and the model."""
    model = MLP(4, [12, 10, 2], activation="tanh", rng=random.Random(0))
    inputs = [Value(0.5, f"x{i}") for i in range(4)]
    return losses.squared_error(model(inputs), [1.0, 0.0]), inputs, model


def test_a_graph_of_300_nodes_is_a_small_page_with_a_short_program(tmp_path):
    """The page computes every number again when a slider moves, so its program must not be longer than the graph."""
    output, inputs, model = large()
    order = topological_order(output)
    assert len(order) == 297
    explored = viz.explore(output, dict.fromkeys(inputs, (-3, 3)), clusters=model)
    assert explored.save(tmp_path / "large.html").stat().st_size < 1_000_000
    page = str(explored)
    program = page[page.index("const compute") : page.index("return value;")]
    assert program.count("const ") < len(order)
    assert len(program) < 100 * sum(1 + len(node.operands) for node in order)


def test_a_moved_slider_writes_each_number_of_a_large_graph_once(browse):
    output, inputs, model = large()
    page = browse(viz.explore(output, dict.fromkeys(inputs, (-3, 3)), clusters=model))
    script = """
        const texts = [...document.querySelectorAll('#view text[id]')];
        const observer = new MutationObserver(() => {});
        texts.forEach((text) => observer.observe(text, { childList: true, characterData: true, subtree: true }));
        const range = document.querySelector('input[type=range]');
        range.value = 1;
        range.dispatchEvent(new Event('input', { bubbles: true }));
        return [texts.length, observer.takeRecords().length];
    """
    texts, writes = page.execute_script(script)
    assert 0 < writes <= texts


def test_the_graph_is_as_it_was():
    x = Value(2.0, "x")
    output = x * x
    x.grad = 5.0
    viz.explore(output)
    assert (x.grad, output.grad, x.data, leaves(output)) == (5.0, 0.0, 2.0, [x])


def test_the_same_graph_gives_the_same_page():
    assert str(viz.explore(parse("x**2 + y", x=1, y=2))) == str(viz.explore(parse("x**2 + y", x=1, y=2)))


X, UNNAMED = Value(2.0, "x"), Value(1.0)
Y = X * X + UNNAMED
CUBE = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((3.0,), {}, TypeError, "explore: expected a Value as output, got float"),
        (
            (abs,),
            {},
            TypeError,
            (
                "explore: expected a Value as output, got builtin_function_or_method; pass what it returns, as in "
                "f(Value(2.0, 'x'))"
            ),
        ),
        (
            (UNNAMED * 2,),
            {},
            ValueError,
            "explore: there is no leaf to move; label one, as in Value(2.0, 'x'), or pass names=locals()",
        ),
        (
            (Y, {UNNAMED: (0, 2)}),
            {},
            ValueError,
            "explore: Value(data=1.0, grad=0.0) has a slider and no name; give it a label, or pass names",
        ),
        ((Y, {X: (3, 5)}), {}, ValueError, "explore: expected x from 3 to 5, got 2.0"),
        (
            (Y, {Y: (3, 5)}),
            {},
            ValueError,
            "explore: expected sliders for leaves that the output was computed from, got Value(data=5.0, grad=0.0)",
        ),
        ((Y, {"x": (3, 5)}), {}, TypeError, "explore: expected Values as the keys of sliders, got str"),
        (
            (Y, [X]),
            {},
            TypeError,
            "explore: expected sliders as leaves with their ranges, got list; use {x: (-3, 3)}",
        ),
        (
            (Y,),
            {"names": ["f"]},
            TypeError,
            "explore: expected names as variables by name, got 'f'; use names=locals(), or {'x': x}",
        ),
        ((Y, {X: 5}), {}, TypeError, "explore: expected a range (low, high), got 5"),
        ((Y,), {"rankdir": "up"}, ValueError, "explore: expected rankdir to be one of LR, TB, RL, BT, got 'up'"),
        ((Y,), {"digits": 0}, ValueError, "explore: expected digits to be a positive int, got 0"),
        (
            (Y,),
            {"max_nodes": 3},
            ValueError,
            (
                "explore: expected a graph of at most 3 nodes, got 4; "
                "explore a part of it (an inner node, one sample), or pass max_nodes=4"
            ),
        ),
        (
            (CUBE(X),),
            {},
            ValueError,
            (
                "source: 'cube' is a primitive of your own, which has no source; "
                "write it with functions of autodiff, or run the program without its source"
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        viz.explore(*arguments, **options)


def test_the_recorded_data_must_still_be_there():
    x = Value(2.0, "x")
    output = x * x
    x.data = 3.0
    with pytest.raises(ValueError, match="recorded as mul of other data"):
        viz.explore(output)


@pytest.mark.parametrize("x", [5e-324, 1e-310, -1e-300, 1e300, -1e308, 1.7e308, math.inf, -math.inf, math.nan])
def test_any_number_of_the_floats_has_a_slider(x):
    assert "<input" in str(viz.explore(Value(x, "x") * 1.0))


@pytest.mark.parametrize("ends", [(-1e308, 1e308), (-1.0, 1.7e308), (0.0, 5e-324)])
def test_a_range_without_steps_is_refused(ends, refuses):
    x = Value(0.0, "x")
    message = f"explore: expected a range between 1e-300 and 1e300 wide, got {ends[0]:g} to {ends[1]:g}"
    with refuses(ValueError, message):
        viz.explore(x * 1.0, {x: ends})


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_leaf_to_move_is_in_sight_at_first(size, browse):
    model = MLP(2, [3, 2], rng=random.Random(0))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0])
    driver = browse(viz.explore(cost, clusters=model), size=size)
    in_sight = """
        const view = document.getElementById("view").getBoundingClientRect();
        return [...document.querySelectorAll(".graph .moves")].some((leaf) => {
          const box = leaf.getBoundingClientRect();
          return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
        });"""
    assert driver.execute_script(in_sight)
