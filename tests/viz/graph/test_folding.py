"""Boxes that fold: what is drawn of a folded box keeps the numbers and the chain rule, in Python and on a page."""

import random
from dataclasses import replace

import pytest

import viz
from autodiff import Value, tanh
from nn import MLP
from viz.graph.description import describe
from viz.graph.folding import Folded, foldable, folded, foldings, local_derivatives
from viz.style.text import format_number


def unrolled(n=3, **data):
    """Steps of a network with itself, and a box for each."""
    wx, wh, b, h = (Value(x, name) for name, x in ({"wx": 0.5, "wh": -0.3, "b": 0.1, "h0": 0.2} | data).items())
    groups = {}
    for t in range(1, n + 1):
        x = Value(0.4 * t, f"x{t}")
        parts = [wx * x, wh * h]
        z = parts[0] + parts[1]
        h = tanh(z + b)
        h.label = f"h{t}"
        groups[f"t = {t}"] = [x, *parts, z, h.operands[0], h]
    return h, groups


def two_results():
    """A box that gives two numbers."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    p, q = a * b, a - b
    p.label, q.label = "p", "q"
    return p * q + q, {"both": [p, q]}


def interleaved():
    """A box that is computed from itself by way of a node outside."""
    a = Value(2.0, "a")
    first = a * a
    last = (first + 1.0) * first
    return last + a, {"torn": [first, last]}


@pytest.mark.parametrize("make", [unrolled, two_results])
def test_in_every_state_the_gradient_of_a_node_is_the_sum_of_what_its_edges_send_back(make):
    f, groups = make()
    f.backward()
    graph = describe([f], None, None, groups)
    for boxes in foldings(graph).values():
        shown = folded(graph, boxes)
        assert [node.path for node in shown.nodes if isinstance(node, Folded)] == boxes
        for node in shown.nodes:
            sent = [edge.target.grad * edge.partial for edge in shown.edges if edge.source == node and edge.partial]
            whole = all(not isinstance(edge.target, Folded) or edge.partial for edge in shown.edges)
            if sent and whole:
                assert sum(sent) == pytest.approx(node.grad)


def test_the_edges_are_gone_through_once_for_the_derivatives_through_a_box():
    class Edges(list):
        times = 0

        def __iter__(self):
            self.times += 1
            return super().__iter__()

    f, groups = unrolled(6)
    graph = describe([f], None, None, groups)
    box = next(node for node in folded(graph, foldable(graph)[-1:]).nodes if isinstance(node, Folded))
    edges = Edges(graph.edges)
    partials = {edge.id: edge.partial for edge in graph.edges if edge.partial is not None}
    through = local_derivatives(replace(graph, edges=edges), box, partials)
    assert edges.times == 1
    h5 = next(node for node in graph.nodes if node.label == "h5")
    assert through[h5.id] == pytest.approx(-0.3 * (1.0 - f.data**2))


def test_a_folded_box_has_the_id_and_the_numbers_of_its_results():
    f, groups = two_results()
    f.backward()
    graph = describe([f], None, None, groups)
    (box,) = [node for node in folded(graph, foldable(graph)).nodes if isinstance(node, Folded)]
    results = [node for node in graph.nodes if node.label in ("p", "q")]
    assert (box.id, box.results) == (results[-1].id, tuple(node.id for node in results))
    assert (box.all_data, box.all_grad) == ((6.0, -1.0), (-1.0, 7.0))
    assert box.label == "both\np, q"


def test_a_box_that_is_computed_from_itself_does_not_fold():
    f, groups = interleaved()
    assert foldable(describe([f], None, None, groups)) == []
    assert 'class="fold"' not in str(viz.explore(f, groups=groups))


def test_a_layer_whose_one_neuron_needs_another_by_what_lies_outside_does_not_fold():
    model = MLP(1, [2], rng=random.Random(0))
    one, other = model.layers[0].neurons
    output = other([2.0 * one([Value(0.5, "x")])])
    assert foldable(describe([output], clusters=model)) == []
    assert foldable(describe([one([Value(0.5, "x")])], clusters=model)) == [("layer 2",)]


def test_a_few_boxes_fold_one_by_one_and_many_at_once():
    states = [[*foldings(describe([f], None, None, groups))] for f, groups in (unrolled(2), unrolled(4))]
    assert states == [["00", "01", "10", "11"], ["0000", "1111"]]


def expected(f, groups, chosen=None):
    """The texts of a page by their ids: the data, gradients and partials that Python computes."""
    f.backward()
    graph = describe([f], None, None, groups)
    boxes = foldable(graph)
    shown = folded(graph, boxes if chosen is None else [boxes[i] for i in chosen])
    texts = {f"{edge.id}.partial": format_number(edge.partial, 4) for edge in shown.edges if edge.partial is not None}
    for node in shown.nodes:
        texts |= {f"{node.id}.data": format_number(node.data, 4), f"{node.id}.grad": format_number(node.grad, 4)}
    return texts


SHOWN = """
    const svg = document.querySelector("#view svg"), sample = svg.querySelector(".node .data");
    return {
        texts: Object.fromEntries([...svg.querySelectorAll("text[id], tspan[id]")].map((x) => [x.id, x.textContent])),
        pixels: sample.getScreenCTM().a * Number(sample.getAttribute("font-size")),
        nodes: svg.querySelectorAll(".node").length,
        open: [...document.querySelectorAll(".fold")].map((button) => button.getAttribute("aria-expanded")),
    };
"""


@pytest.mark.full
def test_in_the_explorer_a_box_folds_and_opens_and_its_numbers_follow_the_sliders(browse, move):
    f, groups = unrolled()
    driver = browse(viz.explore(f, groups=groups))
    buttons = driver.find_elements("class name", "fold")
    for button in buttons:
        button.click()
    first = driver.execute_script(SHOWN)
    assert first["open"] == ["true"] * 3
    assert [button.text for button in buttons] == ["t = 1", "t = 2", "t = 3"]
    buttons[0].click()
    buttons[2].send_keys("\n")  # by keyboard
    driver.find_element("css selector", "[data-box='t = 2'] text").click()
    folded_page = driver.execute_script(SHOWN)
    assert folded_page["open"] == ["false"] * 3
    assert folded_page["nodes"] == 7
    assert folded_page["pixels"] > 2 * first["pixels"]
    sliders = [field.get_attribute("aria-label") for field in driver.find_elements("css selector", "input[type=range]")]
    moved = move(driver, sliders.index("wh"), 0.75)
    assert driver.execute_script(SHOWN)["texts"] == expected(*unrolled(wh=moved))
    buttons[1].click()
    assert driver.execute_script(SHOWN)["texts"] == expected(*unrolled(wh=moved), [0, 2])
    assert driver.execute_script(SHOWN)["open"] == ["false", "true", "false"]


@pytest.mark.full
@pytest.mark.parametrize("show", [viz.steps, viz.explore])
def test_boxes_are_folded_at_first_where_the_open_graph_is_too_small_to_be_read(show, browse):
    f, groups = unrolled()
    folded_page = browse(show(f, groups=groups)).execute_script(SHOWN)
    assert folded_page["open"] == ["false"] * 3
    assert folded_page["pixels"] > 20.0
    f, groups = two_results()
    assert browse(show(f, groups=groups)).execute_script(SHOWN)["open"] == ["true"]


def test_a_folded_box_shows_each_of_its_results(browse, move):
    f, groups = two_results()
    driver = browse(viz.explore(f, groups=groups))
    driver.find_element("class name", "fold").click()
    assert move(driver, 0, 2.5) == 2.5
    texts = driver.execute_script(SHOWN)["texts"]
    assert [texts[f"{node}.{name}"] for node in ("n2", "n3") for name in ("data", "grad")] == [
        "7.5",
        "−0.5",
        "−0.5",
        "8.5",
    ]


def test_many_boxes_fold_by_one_button(browse):
    f, groups = unrolled(4)
    driver = browse(viz.steps(f, groups=groups))
    (button,) = driver.find_elements("class name", "fold")
    assert button.text == "4 groups"
    shown = driver.execute_script(SHOWN)
    if shown["open"] == ["true"]:
        button.click()
    shown = driver.execute_script(SHOWN)
    assert (shown["nodes"], shown["open"]) == (8, ["false"])


@pytest.mark.full
def test_the_player_passes_over_what_is_inside_a_folded_box(browse):
    f, groups = unrolled()
    steps = viz.steps(f, groups=groups)
    driver = browse(steps)
    assert driver.execute_script(SHOWN)["open"] == ["false"] * 3
    body, seen, last = driver.find_element("tag name", "body"), [0], len(steps) - 1
    while seen[-1] < last:
        body.send_keys("\ue014")  # the arrow to the right
        seen.append(int(driver.find_element("id", "position").text.split(" / ")[0]))
        texts, known = driver.execute_script(SHOWN)["texts"], steps[seen[-1]].state.texts
        assert {key: text for key, text in texts.items() if known.get(key, text) != text} == {}
    assert len(seen) < 0.6 * last
    assert texts == expected(f, groups)
    for button in driver.find_elements("class name", "fold"):
        button.click()
    shown = driver.execute_script(SHOWN)["texts"]
    assert {key: text for key, text in shown.items() if known.get(key, text) != text} == {}


def test_an_open_graph_is_laid_out_as_it_is_and_a_folded_one_in_its_order():
    f, groups = unrolled()
    graph = describe([f], None, None, groups)
    assert folded(graph, []) is graph
    ids = [node.id for node in folded(graph, foldable(graph)).nodes]
    assert ids == sorted(ids, key=lambda id_: int(id_[1:]))
