"""Two graphs with the same sliders, and what differs between them lit."""

import base64
import copy
import random
import re

import pytest

import viz
from autodiff import Value, relu, sigmoid
from nn import MLP, losses
from viz.graph.description import describe
from viz.style.text import format_number

READ = """
    const parts = (selector) => [...document.querySelectorAll(selector)];
    return {
      texts: Object.fromEntries(parts('#view text[id]').map((text) => [text.id, text.textContent])),
      lit: parts('#view .differs').map((text) => text.id).sort(),
      table: parts('.both tr').map((row) => row.innerText.split('\\t').join(' ').trim()),
      lines: parts('#view .differs, .both .differs').map((part) => getComputedStyle(part).textDecorationLine),
      alone: parts('#view .alone').map((node) => node.id),
      changed: parts('#view .changed .symbol').map((symbol) => symbol.textContent),
      sliders: parts('.slider').map((row) => row.getAttribute('aria-label')),
      pixels: (([text]) => text.getScreenCTM().a * Number(text.getAttribute('font-size')))(parts('#view .data')),
      whole: document.getElementById('view').scrollWidth <= document.getElementById('view').clientWidth,
      titles: parts('#view .title text').map((text) => ['x', 'y'].map((side) => Number(text.getAttribute(side)))),
    };
"""


def neuron(activation, x=2.0, w=0.8):
    b = Value(-0.5, "b")
    return (activation(Value(w, "w") * Value(x, "x") + b) - 1.0) ** 2


def written(output, node, edge):
    """What a page must write for a graph, by the ids of its texts."""
    output.backward()
    graph = describe([output])
    texts = {}
    for one in graph.nodes:
        texts[f"{node}{one.id[1:]}.data"] = format_number(one.data, 4)
        if one.kind != "constant":
            texts[f"{node}{one.id[1:]}.grad"] = format_number(one.grad, 4)
    for i, one in enumerate(graph.edges):
        if one.partial is not None:
            texts[f"{edge}{i}.partial"] = format_number(one.partial, 4)
    return texts


def both(left, right):
    return written(left, "n", "e"), written(right, "m", "d")


def test_both_graphs_follow_one_slider_and_what_differs_is_lit(browse, move):
    driver = browse(viz.compare(neuron(relu), neuron(sigmoid), titles=("relu", "sigmoid")))
    for x in (2.0, -1.5):
        if x != 2.0:
            move(driver, 2, x)
        shown = driver.execute_script(READ)
        one, other = both(neuron(relu, x), neuron(sigmoid, x))
        assert shown["texts"] == one | other
        partner = {key: {"n": "m", "e": "d"}[key[0]] + key[1:] for key in one}
        differing = [key for key in one if one[key] != other[partner[key]]]
        assert shown["lit"] == sorted([*differing, *[partner[key] for key in differing]])
        assert {*shown["lines"]} == {"underline"}
        grads = [(one[f"n{i}.grad"], other[f"m{i}.grad"]) for i in (3, 0, 1)]
        assert shown["table"] == [
            "relu sigmoid",
            f"f {one['n7.data']} {other['m7.data']}",
            *[f"df/d{name} {a} {b}" for name, (a, b) in zip("bwx", grads, strict=True)],
        ]
    assert shown["changed"] == ["relu", "σ"]
    assert shown["alone"] == []
    assert shown["sliders"] == ["b", "w", "x"]


def test_two_points_have_a_slider_each_where_they_differ(browse, move):
    driver = browse(viz.compare(neuron(relu, 2.0), neuron(relu, 3.0), titles=("here", "there")))
    assert driver.execute_script(READ)["sliders"] == ["b", "w", "x, here", "x, there"]
    move(driver, 2, 3.0)
    shown = driver.execute_script(READ)
    assert shown["lit"] == []
    assert shown["texts"]["n1.data"] == shown["texts"]["m1.data"] == "3"


def test_another_order_of_operations_leaves_nodes_alone(browse):
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(-1.0, "z")
    driver = browse(viz.compare((x + y) * z, x + y * z))
    shown = driver.execute_script(READ)
    assert shown["alone"] == ["n2", "m3"]
    dashes = "return getComputedStyle(document.querySelector('#view .alone .box')).strokeDasharray"
    assert driver.execute_script(dashes) != "none"
    assert shown["table"][1] == "f −5 −1"
    assert shown["sliders"] == ["x", "y", "z"]


def before_and_after():
    model = MLP(2, [2, 1], activation="sigmoid", rng=random.Random(0))
    after = copy.deepcopy(model)
    for parameter in after.parameters():
        parameter.data -= 0.1
    inputs = [Value(0.5, "x1"), Value(-1.0, "x2")]
    return [losses.squared_error(one(inputs), 1.0) for one in (model, after)], (model, after)


def test_before_and_after_an_update_the_inputs_have_sliders_and_weights_if_asked_for():
    costs, models = before_and_after()
    page = str(viz.compare(*costs, titles=("before", "after"), clusters=models))
    assert re.findall(r'<div class="slider[^"]*" role="group" aria-label="([^"]*)"', page) == ["x1", "x2"]
    weight = models[0].parameters()[0]
    page = str(viz.compare(*costs, {weight: (-1, 1)}, titles=("before", "after"), clusters=models))
    assert re.findall(r'<div class="slider[^"]*" role="group" aria-label="([^"]*)"', page) == ["W⁽¹⁾₁₁, before"]


def test_a_still_for_paper_has_what_differs_underlined():
    still = viz.compare(neuron(relu), neuron(sigmoid)).still()
    picture = base64.b64decode(re.search(r"base64,([^\"]*)", still)[1]).decode()
    lit = re.findall(r'text-decoration="underline"[^>]*>([^<]*)<', picture)
    assert {"0.01", "0.06237", "0.2", "−0.4995"} <= {*lit}
    assert "1.6" not in lit
    assert (
        "underline"
        not in base64.b64decode(
            re.search(r"base64,([^\"]*)", viz.compare(neuron(relu), neuron(relu)).still())[1]
        ).decode()
    )


SMALL = "classic", "diamond", "tanh", "softmaxlib"


def test_up_to_eight_nodes_each_can_be_read_on_a_projector_and_are_stacked_on_a_phone(lecture, browse):
    pages = {name: viz.compare(lecture(name)[0], lecture(name)[0]) for name in SMALL}
    pages["neuron"] = viz.compare(neuron(relu), neuron(sigmoid))
    pages["circuit"] = viz.compare(neuron(relu), neuron(sigmoid), style="circuit")
    pixels = {}
    for name, page in pages.items():
        shown = browse(page).execute_script(READ)
        assert shown["whole"], name
        pixels[name] = shown["pixels"]
        (left, top), (its_left, its_top) = browse(page, size="phone").execute_script(READ)["titles"]
        assert left == its_left, name
        assert top < its_top
    assert {name: size for name, size in pixels.items() if size < 20.0} == {}


def test_large_graphs_are_laid_out_once(lecture):
    def layouts(name):
        return str(viz.compare(lecture(name)[0], lecture(name)[0])).count("<svg")

    assert layouts("mixed200") == 1
    assert layouts("wild") > 1


@pytest.mark.parametrize("stacked", [False, True])
def test_two_pictures_become_one_in_which_each_has_its_place(lecture, stacked):
    from viz.drawing.paths import points_of
    from viz.drawing.picture import Shape, lay_out
    from viz.drawing.side_by_side import side_by_side

    pictures = [lay_out(describe([lecture(name)[0]]), None, 4) for name in ("classic", "softmax")]
    whole = side_by_side(pictures, ("a", "b"), stacked=stacked)
    line = next(i for i, group in enumerate(whole.groups) if group.classes[0] == "cluster")
    (x, y), *_ = points_of(whole.groups[line].items[0].path)
    for i, group in enumerate(whole.groups):
        for item in group.items:
            points = points_of(item.path) if isinstance(item, Shape) else [(item.x, item.y)]
            for px, py in points:
                assert -0.01 <= px <= whole.width + 0.01
                assert -0.01 <= py <= whole.height + 0.01
                if i != line:
                    assert ((py < y) if stacked else (px < x)) == (i < line)
    assert len(whole.groups) == sum(len(picture.groups) for picture in pictures) + 3


X = Value(2.0, "x")


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((X * X, 3.0), {}, TypeError, "compare: expected two Values, got float"),
        (
            (X * X, X + 1),
            {"titles": ["one"]},
            ValueError,
            "compare: expected two different titles, as in ('before', 'after'), got ['one']",
        ),
        (
            (X * X, X + 1),
            {"titles": ("f", "f")},
            ValueError,
            "compare: expected two different titles, as in ('before', 'after'), got ('f', 'f')",
        ),
        (
            (X * X, X + 1),
            {"clusters": (None, None, None)},
            ValueError,
            "compare: expected clusters to be a model, or one for each graph, got 3",
        ),
        (
            (X * X, X + 1, {Value(1.0, "y"): (0, 1)}),
            {},
            ValueError,
            (
                "compare: expected sliders for leaves that the output was computed from, "
                "got Value(data=1.0, grad=0.0, label='y')"
            ),
        ),
        (
            (X * X, X + 1),
            {"max_nodes": 1},
            ValueError,
            (
                "compare: expected a graph of at most 1 nodes, got 2; "
                "compare a part of it (an inner node, one sample), or pass max_nodes=2"
            ),
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        viz.compare(*arguments, **options)
