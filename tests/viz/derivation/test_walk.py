"""The page of a derivation: row by row, beside the graph, in which the path of a row is lit."""

import json
import random
import re

import pytest

import viz
from autodiff import Value, sin, topological_order
from nn import MLP, losses
from viz.drawing.network_numbers import MAX_NEURONS


def product():
    """f = u v with u = 2x, v = sin(x² + 1), where x² and the sum have no name: two paths."""
    x = Value(2.0, "x")
    u, v = 2 * x, sin(x * x + 1.0)
    u.label, v.label = "u", "v"
    f = u * v
    f.label = "f"
    return f, x


def network(sizes):
    model = MLP(sizes[0], sizes[1:], activation="tanh", rng=random.Random(1))
    return losses.squared_error(model([Value(0.5 - i) for i in range(sizes[0])]), [1.0] * sizes[-1]), model


def steps_of(page):
    """What is said, what appears, and what is lit, at each step."""
    data = json.loads(re.search(r'id="data">(.*?)</script>', str(page))[1])
    return [("".join(said[1::2]), [*marks], {**spots}) for said, _, marks, spots, _ in data["steps"]]


def test_each_step_shows_one_more_row_and_lights_its_path():
    f, x = product()
    derivation = viz.derive(f, x)
    assert str(derivation).splitlines()[4:] == [
        "df/dx = ∂f/∂u     · ∂u/∂x",
        "      + ∂f/∂v     · ∂v/∂x",
        "      = v         · 2",
        "      + u         · (2·x·cos(x² + 1))",
        "      = 2·v + 2·u·x·cos(x² + 1)",
        "      = (−0.9589) · 2",
        "      +   4       · 1.135",
        "      = −1.918 + 4.539",
        "      = 2.621",
    ]
    begin, *rows = steps_of(derivation.page())
    assert begin[1:] == ([], {})
    assert [shown for _, shown, _ in rows] == [[f"r{i}"] for i in range(3, 12)]  # f, u and v are there before
    assert [said for said, _, _ in rows][:3] == [
        "Along f → u → x: a local derivative for each link.",
        "Along f → v → x: a local derivative for each link.",
        "Along f → u → x: the rule of each.",
    ]
    graph = derivation.drawn().graph
    name = {node.id: node.name or node.data for node in graph.nodes}
    ends = {edge.id: (name[edge.source.id], name[edge.target.id]) for edge in graph.edges}
    lit = [[ends[id_] for id_, spot in spots.items() if spot == "active"] for _, _, spots in rows]
    by_v = [("x", "v₁"), ("x", "v₁"), ("v₁", "v₂"), ("v₂", "v")]  # a row goes through nodes without a name
    by_u = [("x", "u")]
    assert sorted(lit[0]) == sorted([*by_u, ("u", "f")])
    assert sorted(lit[1]) == sorted([*by_v, ("v", "f")])
    assert lit[2:4] == lit[5:7] == lit[:2]
    assert sorted(lit[4]) == sorted(lit[7]) == sorted(lit[8]) == sorted(lit[0] + lit[1])
    spots = {name[id_]: spot for id_, spot in rows[1][2].items() if id_ in name}
    assert spots == {"f": "sender", "v": "sender", "x": "receiver"}


def test_the_graph_beside_it_has_the_names_of_the_derivation_and_no_others():
    f, x = product()
    labels = {node.name: node.label for node in viz.derive(f, x).drawn().graph.nodes}
    assert labels == {"x": "x", "u": "u", "v₁": "", "v₂": "", "v": "v", "f": "f"}


def test_the_rows_of_a_network_light_its_neurons_and_its_weights():
    cost, model = network([2, 3, 2])
    derivation = viz.derive(cost, model)
    page = derivation.page()
    lit = [
        {spot: sum(other == spot for other in spots.values()) for spot in spots.values()}
        for *_, spots in steps_of(page)
    ]
    assert lit[1] == {"now": 1, "receiver": 2}  # the outputs
    assert {"now": 1, "receiver": 3} in lit  # δ of layer 2
    assert [spots["active"] for spots in lit if "active" in spots] == [6, 6, 6, 6]  # two rows for each W
    ids = {*re.findall(r'<g id="([^"]+)"', str(page)), *re.findall(r'<tr id="([^"]+)"', str(page))}
    assert all(ids.issuperset(spots) for *_, spots in steps_of(page))


def test_factors_have_the_color_of_partials_and_results_that_of_gradients():
    f, x = product()
    rows = re.findall("<tr.*?</tr>", viz.derive(f, x).html())
    colors = [re.findall(r'<td[^>]*?(?: class="(\w+)")?>', row) for row in rows]
    assert colors[0] == ["", "", ""]
    assert colors[3] == ["grad", "", "partial", "partial"]
    assert colors[-1] == ["grad", "", "grad"]


def test_what_is_too_large_to_be_drawn_has_a_page_without_a_graph():
    x = y = Value(1.0, "x")
    for _ in range(200):
        y = sin(y)
    for page in (viz.derive(y, x).page(), viz.derive(*network([MAX_NEURONS + 1, 2])).page()):
        assert "<script" not in str(page)
        assert "<svg" not in str(page)
        assert str(page).count("<tr") > 3


SEEN = """
    const rows = [...document.querySelectorAll(".derivation tr")];
    const table = derivation.getBoundingClientRect(), now = document.querySelector("tr.now")?.getBoundingClientRect();
    const signs = [...document.querySelectorAll(".derivation td:nth-child(2)")];
    const equals = signs.filter((cell) => cell.textContent === "=");
    return {
        shown: rows.map((row) => getComputedStyle(row).visibility === "visible"),
        inside: !now || (now.top >= table.top - 1 && now.bottom <= table.bottom + 1),
        columns: new Set(equals.map((cell) => Math.round(cell.getBoundingClientRect().left))).size,
        beside: document.querySelector(".frame").getBoundingClientRect().right <= table.left,
        lit: document.querySelectorAll("#view .active").length, hash: location.hash,
        page: document.documentElement.scrollHeight <= innerHeight,
    };
"""


@pytest.mark.parametrize("size", ["desktop", "hall", "phone"])
def test_rows_follow_keys_buttons_and_the_address(size, lecture, browse):
    f = lecture("wild")[0]
    x = next(node for node in topological_order(f) if node.label == "x")
    derivation = viz.derive(f, x)
    n = derivation.html().count("<tr")
    driver = browse(derivation, size=size)

    def after(*keys):
        for key in keys:
            driver.find_element("tag name", "body").send_keys(key)
        seen = driver.execute_script(SEEN)
        assert seen["inside"]
        assert seen["page"]
        assert seen["columns"] == 1
        assert seen["beside"] == (size != "phone")
        return sum(seen["shown"]), seen["lit"]

    given = 7  # the formulas
    assert after() == (given, 0)
    assert after("\ue00f") == (given + 1, 2)  # Page Down: x, v₃, f
    assert after("\ue014") == (given + 2, 4)  # →: x, v₁, v₂, v₃, f
    assert after("\ue00e") == (given + 1, 2)  # Page Up
    driver.find_element("id", "next").click()
    assert after() == (given + 2, 4)
    assert after("\ue010")[0] == n  # End
    driver.execute_script("derivation.focus()")  # there the arrows scroll, if not all rows are in sight
    is_larger = driver.execute_script("return derivation.scrollHeight > derivation.clientHeight")
    driver.switch_to.active_element.send_keys("\ue013")
    assert driver.find_element("id", "position").text.startswith(f"{n - given - (not is_larger)} /")
    driver.execute_script("derivation.blur()")
    driver.execute_script("location.hash = '#3'")
    assert after()[0] == given + 3
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert all(driver.execute_script(SEEN)["shown"])
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_on_a_phone_sideways_all_is_on_the_screen_and_a_finger_leads_on(lecture, browse):
    f = lecture("classic")[0]
    driver = browse(viz.derive(f, f.operands[0]))
    metrics = {"width": 844, "height": 390, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    seen = driver.execute_script(
        """
        const rect = (part) => document.querySelector(part).getBoundingClientRect();
        const [graph, rows, tools] = [".frame", "#derivation", ".tools"].map(rect);
        return [graph.right <= rows.left, Math.max(graph.bottom, rows.bottom) <= tools.top, tools.bottom <= innerHeight,
            graph.height > 0.4 * innerHeight];
        """
    )
    assert seen == [True, True, True, True]
    event = "new PointerEvent('{}', {{ pointerType: 'touch', isPrimary: true, clientX: {}, clientY: 50 }})"
    for kind, x in (("pointerdown", 300), ("pointerup", 200)):
        driver.execute_script(f"document.getElementById('derivation').dispatchEvent({event.format(kind, x)})")
    assert driver.find_element("id", "position").text.startswith("1 /")


def test_the_brackets_of_a_matrix_are_as_high_as_it(browse):
    driver = browse(viz.derive(*network([2, 3, 2])), "#99")
    heights = driver.execute_script(
        """
        return [...document.querySelectorAll(".derivation mtable")].map(
            (matrix) => [matrix, matrix.previousSibling].map((part) => part.getBoundingClientRect().height));
        """
    )
    assert max(matrix for matrix, _ in heights) > 60
    assert [pair for pair in heights if pair[1] < 0.8 * pair[0]] == []
