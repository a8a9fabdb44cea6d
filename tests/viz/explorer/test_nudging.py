"""A node is nudged by h: Δ runs to all that is computed from it, and Δf stands beside gradient · h."""

import math
import random

import pytest

import viz
from autodiff import Program, Value, leaves, log, maximum, relu, topological_order
from nn import MLP, losses
from viz.explorer.numbers import Numbers, with_nudges
from viz.explorer.side import SIZES
from viz.graph.description import describe
from viz.style.text import format_number

SHOWN = """
    const texts = [...document.querySelectorAll('#view text[id]')];
    const captions = [...document.querySelectorAll('#view .caption')].map((caption) => caption.textContent);
    return {
      texts: Object.fromEntries(texts.map((text) => [text.id, text.textContent])),
      deltas: captions.filter((text) => text === 'Δ').length,
      gradients: captions.filter((text) => text === 'grad').length,
      rows: [...document.querySelectorAll('#nudge dl > div')].map((row) => row.innerText.replace(/\\s+/g, ' ')),
      says: document.getElementById('tells').textContent,
      table: document.getElementById('t-n0.grad')?.textContent,
    };
"""
TAKE_H = """
    const range = document.getElementById('h');
    range.value = arguments[0];
    range.dispatchEvent(new Event('input', { bubbles: true }));
"""


def forward(output, changed, h):
    """The data of all nodes, with h added to one of them, by the forward functions alone."""
    data = {}
    for node in topological_order(output):
        data[node] = node.data
        if node.primitive is not None:
            try:
                data[node] = node.primitive.evaluate([data[operand] for operand in node.operands])
            except ValueError:
                data[node] = math.nan
        if node is changed:
            data[node] += h
    return data


def test_the_program_of_nudges_computes_the_graph_with_h_at_any_node(lecture, lecture_names):
    rng = random.Random(0)
    for name in lecture_names:
        output, options = lecture(name)
        graph = describe([output], **options)
        numbers, nudges = with_nudges(graph)
        program = Program(numbers, nudges, backend="python")
        nodes = [node for node in graph.values if not node.is_constant]
        for i in rng.sample(range(len(nodes)), min(3, len(nodes))):
            point = [0.0] * len(nodes)
            point[i] = 1e-3
            expected = forward(output, nodes[i], 1e-3)
            for node, x in zip(nodes, program(point), strict=False):
                if math.isfinite(expected[node]):
                    assert x == pytest.approx(expected[node], rel=1e-9, abs=1e-12), name


def test_without_h_it_gives_what_was_recorded(lecture, lecture_names):
    for name in lecture_names:
        output, options = lecture(name)
        graph = describe([output], **options)
        shown, (numbers, _) = Numbers(graph), with_nudges(graph)
        recorded = [x.data + 0.0 for x in (*shown.outputs[: len(shown.nodes)], *shown.kinks)]
        assert format(recorded) == format([x.data for x in numbers])  # nan too; -0.0 + 0.0 is 0.0


@pytest.fixture
def article():
    x, y = Value(2.0, "x"), Value(1.5, "y")
    f = 2 * x**2 * y**3
    f.label = "f"
    return f


def nudged(driver):
    """The list of nodes in the page; selenium is there when a browser is."""
    from selenium.webdriver.support.select import Select

    return Select(driver.find_element("id", "nudged"))


def nudge(driver, name):
    nudged(driver).select_by_visible_text(name)
    return driver.execute_script(SHOWN)


def with_h(driver, h):
    driver.execute_script(TAKE_H, SIZES.index(h))
    return driver.execute_script(SHOWN)


def test_delta_runs_forward_and_stands_beside_gradient_times_h(article, browse, move):
    driver = browse(viz.explore(article))
    before = driver.execute_script(SHOWN)
    assert before["deltas"] == 0
    shown = nudge(driver, "x")
    order = [node for node in topological_order(article) if not node.is_constant]
    changed = forward(article, order[0], 0.01)
    reached = [f"n{i}" for i, node in enumerate(order) if changed[node] != node.data]
    for i, node in enumerate(order):
        delta = format_number(changed[node] - node.data, 4) if f"n{i}" in reached else ""
        assert shown["texts"][f"n{i}.grad"] == delta
    assert shown["deltas"] == len(reached) == 4
    assert shown["gradients"] == 0
    assert shown["rows"] == ["h = 0.01", "Δf = 0.2707", "df/dx · h = 0.27", "error = 0.000675"]
    assert shown["says"] == "With a tenth of h the error is 6.7·10⁻⁶: 100 times smaller."
    assert shown["table"] == before["table"] == "27"  # the table keeps the gradient
    assert with_h(driver, 0.1)["rows"][0] == "h = 0.1"
    driver.find_element("id", "sign").click()
    assert driver.execute_script(SHOWN)["rows"][:2] == ["h = −0.1", "Δf = −2.633"]
    move(driver, 0, 1.0)
    assert driver.execute_script(SHOWN)["rows"][2] == "df/dx · h = −1.35"
    driver.find_element("id", "reset").click()
    assert nudge(driver, "press a node")["texts"] == before["texts"]


def test_a_press_on_a_node_nudges_it_and_another_ends_it(article, browse):
    driver = browse(viz.explore(article))
    before = driver.execute_script(SHOWN)
    node = driver.find_element("css selector", "#n1 .name")
    node.click()
    shown = driver.execute_script(SHOWN)
    assert nudged(driver).first_selected_option.text == "v₁"
    assert shown["rows"][2] == "df/dv₁ · h = 0.0675"
    assert shown["says"] == "No error but rounding: as far as h goes, f is a straight line in v₁."
    node.click()
    assert driver.execute_script(SHOWN)["texts"] == before["texts"]
    assert not driver.find_element("css selector", "#nudge dl").is_displayed()


def test_an_address_begins_with_a_nudge(article, browse):
    driver = browse(viz.explore(article), "#y")
    assert driver.execute_script(SHOWN)["rows"][0] == "h = 0.01"
    assert nudged(driver).first_selected_option.text == "y"
    driver = browse(viz.explore(article, style="circuit"), "#y")
    backs = "return [...document.querySelectorAll('#view .caption')].map((text) => text.textContent)"
    assert [*filter(None, driver.execute_script(backs))] == ["Δ\xa0"] * 3


def test_what_h_cannot_show_is_said_in_words(browse, move, write):
    a, b = Value(0.5, "a"), Value(1.0, "b")
    kinks = browse(viz.explore(relu(a) + maximum(a, b)))
    assert nudge(kinks, "b")["says"].startswith("No error but rounding")
    write(kinks, 0, "-0.005")
    says = nudge(kinks, "a")["says"]
    assert says == "On the way v₁ passes a kink of relu, and beyond it the slope is another."
    write(kinks, 0, "0")
    says = kinks.execute_script(SHOWN)["says"]
    assert says == "v₁ is at a kink of relu: h and −h change it by two slopes, and there is no derivative."
    assert kinks.execute_script(SHOWN)["rows"] == ["h = 0.01", "Δf = 0.01", "df/da · h = 0", "error = 0.01"]
    kinks.find_element("id", "sign").click()
    assert kinks.execute_script(SHOWN)["rows"][1] == "Δf = 0"

    x = Value(2.0, "x")
    logs = browse(viz.explore(log(x) * 3))
    nudge(logs, "x")
    assert with_h(logs, 1e-16)["says"] == "h is lost: x + h is x, because a number has 16 digits."
    says = with_h(logs, 1e-13)["says"]
    assert says == "The error is rounding: Δ is the small difference of two numbers of 16 digits."
    logs.find_element("id", "sign").click()
    says = with_h(logs, 50.0)["says"]
    assert says == "With x + h: v₁ is outside the domain of log: log needs x > 0, got −48."
    move(logs, 0, -1)
    assert logs.execute_script(SHOWN)["says"] == "f is no number here: h has nothing to change."


def test_delta_of_every_node_of_a_network_is_that_of_python(browse):
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0])
    driver = browse(viz.explore(cost, clusters=model))
    nodes = [node for node in describe([cost], clusters=model).values if not node.is_constant]
    ids = driver.execute_script("return [...document.querySelectorAll('#nudged option')].map((one) => one.value)")[1:]
    assert len(ids) == len(nodes) > len(leaves(cost))
    for i in range(0, len(ids), 7):
        driver.execute_script("nudged.value = arguments[0]; nudged.onchange()", ids[i])
        texts = driver.execute_script(SHOWN)["texts"]
        changed = forward(cost, nodes[i], 0.01)
        for id_, node in zip(ids, nodes, strict=True):
            delta = texts[f"{id_}.grad"]
            assert delta in ("", "0") if changed[node] == node.data else close(delta, changed[node] - node.data)


def close(text, x):
    """Whether a text is a number to three digits: two programs round the fourth as they like."""
    number = text.replace("−", "-").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    mantissa, _, power = number.partition("·10")
    if number.lstrip("-").startswith("10") and "⁻" in text:
        mantissa, power = number.split("10")[0] + "1", number.split("10")[1]
    return float(f"{mantissa}e{power or 0}") == pytest.approx(x, rel=1e-3)
