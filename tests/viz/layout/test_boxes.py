"""The picture of a network: what is where, and what stays clear of what."""

import random
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, product

import pygraphviz
import pytest

import viz
from autodiff import Value, dot
from nn import MLP, Layer, losses
from viz.drawing.placement import place
from viz.graph.description import describe
from viz.layout.boxes import BoxLayout
from viz.layout.geometry import hull, spread
from viz.layout.ranks import ranks
from viz.layout.routing import Route, _past, straight
from viz.style.text import text_width

Rect = tuple[float, float, float, float]  # left, top, right, bottom; y goes down


@dataclass
class Picture:
    """The content of a drawing: nodes by id, boxes by name, edges as (source, target, points of the route), labels."""

    nodes: dict[str, Rect]
    boxes: dict[str, Rect]
    edges: list[tuple[str, str, list[tuple[float, float]]]]
    labels: list[Rect]


def picture(drawing) -> Picture:
    placement = place(drawing.content)
    shown = Picture({}, {}, [], [])
    for key, rect in placement.rects.items():
        if isinstance(key, str):
            shown.nodes[key] = rect
        else:
            shown.boxes["_".join(("cluster", *key)).replace(" ", "_")] = rect
    for edge, at in zip(drawing.content.graph.edges, placement.edges, strict=True):
        shown.edges.append((edge.source.id, edge.target.id, [*along(at.points), at.tip]))
        if partial := drawing.content.partial(edge):
            (x, y), half = at.label, text_width(partial, 11) / 2
            shown.labels.append((x - half, y - 5, x + half, y + 5))
    return shown


def along(points) -> list[tuple[float, float]]:
    """Points on a chain of cubic Bezier curves."""
    found = []
    for i in range(0, len(points) - 1, 3):
        for t in (k / 40 for k in range(41)):
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            curve = points[i : i + 4]
            found.append(tuple(sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1)))
    return found


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(a: Rect, b: Rect) -> bool:
    return b[0] < a[0] and b[1] < a[1] and a[2] < b[2] and a[3] < b[3]


def inputs(*data: float) -> list[Value]:
    return [Value(x, f"x{i + 1}") for i, x in enumerate(data)]


def article():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    return model, losses.squared_error(model(inputs(0.5, -1.0)), [1.0, 0.0])


def deep():
    model = MLP(3, [4, 4, 1], rng=random.Random(1))
    return model, model(inputs(2.0, 3.0, -1.0))


def one_layer():
    model = MLP(3, [2], output_activation="tanh", rng=random.Random(1))
    return model, dot(model(inputs(0.5, -1.0, 2.0)), [Value(1.0, "a"), Value(2.0, "b")])


def two_samples():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    return model, sum(losses.squared_error(model(inputs(*x)), y) for x, y in (((1.0, 2.0), 1.0), ((0.5, -2.0), 0.0)))


def penalty():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    return model, losses.squared_error(model(inputs(1.0, 2.0)), 1.0) + 1e-3 * sum(p * p for p in model.parameters())


def by_hand():
    model = MLP(2, [2], rng=random.Random(0))
    x = inputs(1.0, 2.0)
    products = [[w * x for w, x in zip(n.weights, x, strict=True)] for n in model.layers[0].neurons]
    return model, sum(sum(p, n.bias).relu() for p, n in zip(products, model.layers[0].neurons, strict=True))


def long_labels():
    model = MLP(2, [3, 1], rng=random.Random(0))
    return model, model([Value(1.0, "größe des Eingangs ∂ 日本"), Value(2.0, "two\nlines")])


def to_itself():
    model = MLP(2, [2, 2], activation="tanh", rng=random.Random(0))
    return model, sum(model(model(inputs(1.0, 2.0))))


def recurrent():
    model, state = Layer(3, 2, activation="tanh", rng=random.Random(0)), inputs(0.0, 0.1)
    for t in range(2):
        state = model([Value(t + 0.5, f"x({t})"), *state])
    return model, sum(state)


@cache
def shown_and_drawn(network, rankdir="LR", show=("data", "grad")):
    """The picture of a network, and the graph that it shows."""
    model, out = network()
    out.backward()
    return picture(viz.draw(out, clusters=model, rankdir=rankdir, show=show)), describe([out], clusters=model)


every_network = pytest.mark.parametrize(
    "network",
    [article, deep, one_layer, two_samples, penalty, by_hand, long_labels, to_itself, recurrent],
    ids=lambda network: network.__name__,
)
every_direction = pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
little_or_all = pytest.mark.parametrize("show", [(), ("data", "grad", "partials")], ids=["little", "all"])


@pytest.mark.full
@every_network
@every_direction
@little_or_all
def test_nothing_lies_on_anything_else(network, rankdir, show):
    shown, drawn = shown_and_drawn(network, rankdir, show)
    assert {*shown.nodes} == {node.id for node in drawn.nodes}
    for a, b in combinations(shown.nodes, 2):
        assert not overlap(shown.nodes[a], shown.nodes[b]), (a, b)
    for a, b in combinations(shown.boxes, 2):
        if not (a.startswith(f"{b}_") or b.startswith(f"{a}_")):
            assert not overlap(shown.boxes[a], shown.boxes[b]), (a, b)


@every_network
@every_direction
@little_or_all
def test_a_node_lies_in_its_boxes_and_in_no_other(network, rankdir, show):
    shown, drawn = shown_and_drawn(network, rankdir, show)
    assert shown.boxes
    for node in drawn.nodes:
        own = {"_".join(("cluster", *node.cluster[:n])).replace(" ", "_") for n in range(1, len(node.cluster) + 1)}
        for name, box in shown.boxes.items():
            if name in own:
                assert inside(shown.nodes[node.id], box)
            else:
                assert not overlap(shown.nodes[node.id], box)


@every_network
@every_direction
@little_or_all
def test_no_edge_runs_through_a_node(network, rankdir, show):
    shown, drawn = shown_and_drawn(network, rankdir, show)
    assert len(shown.edges) == len(drawn.edges)
    for source, target, points in shown.edges:
        for node, (left, top, right, bottom) in shown.nodes.items():
            if node not in (source, target):
                assert not any(left < x < right and top < y < bottom for x, y in points), (source, target, node)


@every_direction
@pytest.mark.parametrize("network", [article, deep])
def test_the_partials_can_all_be_read(network, rankdir):
    shown, drawn = shown_and_drawn(network, rankdir, ("data", "grad", "partials"))
    assert len(shown.labels) == sum(edge.partial is not None for edge in drawn.edges)
    assert not [pair for pair in combinations(shown.labels, 2) if overlap(*pair)]
    assert not [pair for pair in product(shown.labels, shown.nodes.values()) if overlap(*pair)]


@pytest.mark.parametrize("network", [article, deep, two_samples, penalty, to_itself])
def test_layers_go_from_left_to_right_between_the_inputs_and_what_follows(network):
    shown, drawn = shown_and_drawn(network)
    first = [shown.nodes[node.id] for node in drawn.nodes if node.label == "x1"]
    last = [shown.nodes[node.id] for node in drawn.nodes if node.is_output and not node.cluster]
    layers = [shown.boxes[name] for name in sorted(shown.boxes) if re.fullmatch(r"cluster_layer_\d", name)]
    assert all(a[2] < b[0] for a, b in pairwise([*first[:1], *layers, *last]))


@pytest.mark.parametrize(("rankdir", "begin", "end"), [("LR", 1, 3), ("RL", 1, 3), ("TB", 0, 2), ("BT", 0, 2)])
@pytest.mark.parametrize("network", [article, deep, two_samples, recurrent])
def test_neurons_and_inputs_are_in_order_from_the_top_or_the_left(network, rankdir, begin, end):
    shown, drawn = shown_and_drawn(network, rankdir)
    layers: dict[str, list[Rect]] = {}
    for name in sorted(shown.boxes):
        layer, is_neuron, _ = name.rpartition("neuron_")
        if is_neuron:
            layers.setdefault(layer, []).append(shown.boxes[name])
    for neurons in layers.values():
        assert all(a[end] < b[begin] for a, b in pairwise(neurons))
        assert len({(neuron[1 - begin], neuron[5 - end]) for neuron in neurons}) == 1
    if network in (article, deep):
        given = sorted((node.label, node.id) for node in drawn.nodes if node.label.startswith("x"))
        assert all(shown.nodes[a][end] < shown.nodes[b][begin] for (_, a), (_, b) in pairwise(given))


def test_neuron_10_comes_after_neuron_2():
    model = MLP(1, [11], rng=random.Random(0))
    boxes = picture(viz.draw(*model([1.0]), clusters=model, rankdir="LR")).boxes
    tops = [boxes[f"cluster_layer_2_neuron_{i}"][1] for i in range(1, 12)]
    assert tops == sorted(tops)


def test_parameters_are_in_order_above_the_operations_of_their_neuron():
    shown, drawn = shown_and_drawn(article)
    neuron = [node for node in drawn.nodes if node.cluster == ("layer 3", "neuron 1")]
    places = {node.label or node.symbol: shown.nodes[node.id] for node in neuron}
    row = [places[name] for name in ("W⁽²⁾₁₁", "W⁽²⁾₂₁", "W⁽²⁾₃₁", "b⁽²⁾₁")]
    operations = [places[name] for name in ("w·x", "z⁽³⁾₁", "a⁽³⁾₁")]
    assert all(a[2] < b[0] for line in (row, operations) for a, b in pairwise(line))
    assert max(bottom for *_, bottom in row) < min(top for _, top, *_ in operations)


def test_the_second_operand_of_a_difference_is_below_it_and_a_factor_above():
    model = MLP(1, [1], rng=random.Random(0))
    out = Value(0.5, "k") * (model(inputs(1.0)) - Value(3.0, "y"))
    places = picture(viz.draw(out, clusters=model, rankdir="LR")).nodes
    nodes = {node.label or node.symbol or str(node.data): node.id for node in describe([out], clusters=model).nodes}
    assert places[nodes["y"]][1] > places[nodes["−"]][3]
    assert places[nodes["k"]][3] < places[nodes["×"]][1]


def test_two_samples_go_through_the_same_neuron_on_two_levels():
    shown, drawn = shown_and_drawn(two_samples)
    neuron = [node for node in drawn.nodes if node.cluster == ("layer 2", "neuron 2")]
    assert len([node for node in neuron if node.kind == "parameter"]) == 3
    levels = {shown.nodes[node.id][1] for node in neuron if node.kind == "operation"}
    assert len(levels) == 2


def test_text_fits_into_its_node():
    """To 3 percent: the widths of letters are estimated here, and Graphviz knows the fonts of the machine."""
    model, out = article()
    out.backward()
    drawing = viz.draw(out, clusters=model)
    free = pygraphviz.AGraph(string=re.sub(r'\b(fixedsize|width|height)="?[\w.]+"?', "", drawing.source))
    free.layout(prog="nop2")
    placed = pygraphviz.AGraph(string=drawing.source)
    for node in describe([out], clusters=model).nodes:
        if node.kind != "constant":
            for side in ("width", "height"):
                assert float(free.get_node(node.id).attr[side]) < 1.03 * float(placed.get_node(node.id).attr[side])


def test_a_network_is_the_same_picture_for_dot_and_for_neato():
    model, out = article()
    graph = pygraphviz.AGraph(string=viz.draw(out, clusters=model).source)
    assert graph.draw(format="svg", prog="dot") == graph.draw(format="svg", prog="neato")


def test_the_places_are_the_same_bytes_under_any_hash_seed():
    code = (
        "import random, viz; from autodiff import Value; from nn import MLP\n"
        "model = MLP(2, [2, 2], activation='tanh', rng=random.Random(0)); out = sum(model(model([Value(1.0), 2.0])))\n"
        "print(viz.draw(out, clusters=model).source)"
    )
    run = [sys.executable, "-c", code]
    texts = [subprocess.run(run, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True) for seed in ("1", "2")]
    assert texts[0].stdout == texts[1].stdout
    assert texts[0].stdout.count(b"pos=") > 50


@pytest.mark.parametrize(
    ("wishes", "places"),
    [
        ([0.0, 100.0], [0.0, 100.0]),
        ([0.0, 0.0], [-6.0, 6.0]),
        ([5.0, 0.0], [-3.5, 8.5]),
        ([0.0, 0.0, 100.0], [-6.0, 6.0, 100.0]),
        ([0.0, 1.0, -1.0], [-12.0, 0.0, 12.0]),
        ([], []),
    ],
)
def test_things_are_as_near_to_their_wishes_as_their_order_and_a_gap_allow(wishes, places):
    assert spread(wishes, [(-5.0, 5.0)] * len(wishes), 2.0) == pytest.approx(places)


def test_ranks_go_forwards_where_a_loop_allows_it():
    users = {"a": {"b", "c"}, "b": {"a", "c"}, "c": set()}
    assert ranks(users, {"a": 1, "b": 1, "c": 5}) == {"a": 0, "b": 0, "c": 1}
    assert ranks(users, {"a": 2, "b": 1, "c": 5}) == {"a": 1, "b": 0, "c": 2}


def test_a_backslash_in_a_label_takes_the_room_of_one_character():
    """Graphviz wants it twice in the text, and shows it once."""
    model = MLP(1, [1], rng=random.Random(0))
    sources = [viz.draw(model([Value(1.0, f"a{letter}" * 9)]), clusters=model).source for letter in "\\/"]
    widths = [re.findall(r"<I>a.*? width=([\d.]+)", source) for source in sources]
    assert widths[0] == widths[1] != []


@pytest.mark.parametrize(
    ("start", "end", "blocks", "us"),
    [
        ((30.0, 0.0), (35.0, 60.0), [(20.0, 10.0, 40.0, 30.0)], (44.0, 46.0, 44.0)),
        ((30.0, 0.0), (25.0, 60.0), [(20.0, 10.0, 40.0, 30.0)], (16.0, 14.0, 16.0)),
        ((25.0, 0.0), (30.0, 60.0), [(20.0, 10.0, 40.0, 30.0)], (16.0, 14.0, 16.0)),
        ((30.0, 60.0), (35.0, 0.0), [(20.0, 10.0, 40.0, 30.0)], (44.0, 46.0, 44.0)),
        ((30.0, 0.0), (35.0, 60.0), [(20.0, 10.0, 40.0, 30.0), (42.0, 20.0, 60.0, 40.0)], (16.0, 14.0, 16.0)),
        ((30.0, 0.0), (35.0, 60.0), [(20.0, 10.0, 40.0, 30.0), (50.0, 20.0, 60.0, 40.0)], (44.0, 46.0, 44.0)),
    ],
    ids=["right", "left", "left too", "upward", "no gap", "in a gap"],
)
def test_a_route_past_other_operations_takes_the_shortest_detour_beside_those_before_it(start, end, blocks, us):
    (edge, _), lanes = describe([Value(1.0) * Value(2.0)]).edges, {}
    beside_ends = (0.0, 52.0, 99.0, 80.0), (0.0, -9.0, 99.0, 8.0)
    free = Route([start, *straight(start, end)], start)
    assert _past(edge, free, beside_ends, lanes) is free
    turn = 9.0 if start[1] < end[1] else -9.0
    for u in us:
        route = _past(edge, free, [*blocks, *beside_ends], lanes)
        assert route.points[::3] == [start, (u, start[1] + turn), (u, end[1] - turn), end]
        curves = zip(*[route.points[i::3] for i in range(3)], route.points[3::3], strict=False)
        assert all((b, c) == ((a[0], (a[1] + d[1]) / 2), (d[0], (a[1] + d[1]) / 2)) for a, b, c, d in curves)
        assert min(u, end[0]) < route.label[0] < max(u, end[0])
        assert min(start[1], end[1]) < route.label[1] < max(start[1], end[1])


def test_layers_fold_into_rows_where_they_are_then_larger():
    model = MLP(2, [2, 1, 2, 1], activation="tanh", rng=random.Random(0))
    graph = describe([model(inputs(1.0, 2.0))], clusters=model)
    sizes, labels = {node.id: (90.0, 52.0) for node in graph.nodes}, [(40.0, 14.0)] * len(graph.edges)
    flat, same, folded = (BoxLayout(graph, sizes, labels, 1, frame) for frame in (None, (1e5, 1e5), (600.0, 900.0)))
    (width, height), unfolded, (narrow, high) = (
        (right - left, bottom - top) for left, top, right, bottom in (hull(one.places) for one in (flat, same, folded))
    )
    assert unfolded == pytest.approx((width, height))
    assert narrow < 0.8 * width
    assert high > 1.5 * height
    for a, b in combinations([node.id for node in graph.nodes], 2):
        assert not overlap(folded.places[a], folded.places[b])
