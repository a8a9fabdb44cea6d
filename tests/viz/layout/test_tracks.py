"""Graphs in columns and rows: that their layout is little work, and that everything can be read."""

import random
import re
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, pairwise
from math import inf

import pytest

import viz
from autodiff import Value, sum, tanh
from nn import MLP
from viz.drawing.content import Content
from viz.drawing.placement import Placement
from viz.graph.description import Graph, describe
from viz.layout.columns import NARROW, RULES, Columns
from viz.layout.crossings import count_crossings, untangle
from viz.layout.geometry import hull
from viz.layout.tracks import TrackLayout
from viz.style.palette import LIGHT


def chain(steps: int) -> Value:
    """y a + b, again and again."""
    a, b, y = Value(0.9, "a"), Value(0.1, "b"), Value(1.0, "y")
    for _ in range(steps):
        y = y * a + b
    return y


def descent(steps: int) -> Value:
    """Gradient descent on (x - c)^2, unrolled."""
    x, c, rate = Value(2.0, "x"), Value(3.0, "c"), Value(0.1, "h")
    for _ in range(steps):
        x = x - rate * (2.0 * (x - c))
    return x


def series(terms: int) -> Value:
    x = Value(1.0, "x")
    total = x * 1.0
    for i in range(2, terms):
        total = total + x**i / float(i)
    return total


def anything(size: int) -> Value:
    """A random graph."""
    rng = random.Random(0)
    nodes = [Value(rng.uniform(-1.0, 1.0), f"x{i}") for i in range(8)]
    while len(nodes) < size:
        a, b = rng.choice(nodes[-20:]), rng.choice(nodes[-20:])
        nodes.append(rng.choice([a + b, a * b, a - b, tanh(a)]))
    used = {operand for node in nodes for operand in node.operands}
    return sum([node for node in nodes if node not in used])


def all_states(steps: int) -> Value:
    """A chain whose every state is in the sum at its end."""
    y, states = Value(0.5, "y"), []
    for _ in range(steps):
        y = tanh(y)
        states.append(y)
    return sum(states)


graphs = pytest.mark.parametrize(
    "output",
    [chain(30), descent(30), series(60), anything(150), all_states(60)],
    ids=["chain", "descent", "series", "anything", "all states"],
)


def laid_out(output: Value, label=(40.0, 14.0)) -> tuple[Graph, TrackLayout]:
    graph = describe([output])
    return graph, TrackLayout(graph, {node.id: (90.0, 52.0) for node in graph.nodes}, [label] * len(graph.edges))


def along(points):
    """Points on a chain of cubic Bezier curves."""
    for i in range(0, len(points) - 1, 3):
        for t in (0.0, 0.25, 0.5, 0.75, 1.0):
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            u, v = (
                weights[0] * p + weights[1] * q + weights[2] * r + weights[3] * s
                for p, q, r, s in zip(*points[i : i + 4], strict=True)
            )
            yield u, v


def test_a_leaf_that_a_chain_uses_all_along_has_one_track():
    """The summed length of the edges is the square of the chain's; the number of items is a few times the chain's."""
    for steps in (100, 200):
        assert len(Columns(describe([chain(steps)])).column) < 8 * steps


@pytest.mark.full
def test_graphviz_lays_out_nothing():
    """Its time grows with the square of the length of the edges."""
    for output in (chain(3), chain(100), descent(60), series(95), anything(300), all_states(100)):
        source = viz.draw(output).source
        assert "nop2" in source
        assert source.count("->") == source.count('pos="e,') == len(describe([output]).edges)


@pytest.mark.parametrize("samples", [1, 3])
def test_graphviz_looks_for_no_way_in_a_network(samples):
    """Graphviz needs 50 ms for a route past 200 nodes, and each sample has a route to every weight."""
    model = MLP(2, [4, 4, 1], activation="tanh", rng=random.Random(0))
    loss = sum([(model([Value(0.5 * i), Value(1.0)]) - 1.0) ** 2 for i in range(samples)])
    source = viz.draw(loss, clusters=model).source
    assert source.count("->") == source.count('pos="e,')


@pytest.mark.parametrize("rule", RULES)
@graphs
def test_a_node_is_in_a_later_column_than_its_operands(output, rule):
    columns = Columns(describe([output]), rule)
    for edge in columns.edges:
        assert [columns.column[item] for item in edge] == [
            *range(columns.column[edge[0]], columns.column[edge[-1]] + 1)
        ]
    assert all(items for items in columns.items)


@graphs
def test_narrow_columns_have_few_nodes(output):
    columns = Columns(describe([output]), "narrow")
    assert max(len([item for item in items if item < columns.n_nodes]) for items in columns.items) <= NARROW


@graphs
def test_columns_are_as_early_as_they_may_be_or_near_their_users(output):
    graph = describe([output])
    near, early, narrow = (Columns(graph, rule) for rule in RULES)
    ends = [(path[0], path[-1]) for path in early.edges]
    users: dict[int, set[int]] = {}
    for node in range(early.n_nodes):
        before = [early.column[source] for source, target in ends if target == node]
        assert early.column[node] == max(before, default=-1) + 1
        users[node] = {target for source, target in ends if source == node}
    once = [node for node, after in users.items() if len(after) == 1 and graph.nodes[node].kind in ("leaf", "constant")]
    assert all(near.column[node] == min(near.column[user] for user in users[node]) - 1 for node in once)
    assert max(near.column) == max(early.column) <= max(narrow.column)


@graphs
def test_sweeps_leave_no_more_crossings(output):
    columns = Columns(describe([output]))
    before = count_crossings(columns)
    untangle(columns)
    assert count_crossings(columns) <= before


def test_crossings_are_counted():
    x, y = Value(1.0), Value(2.0)
    columns = Columns(describe([-x, -y]))
    assert count_crossings(columns) == 0
    columns.items[1].reverse()
    assert count_crossings(columns) == 1
    untangle(columns)
    assert count_crossings(columns) == 0


@pytest.mark.full
@graphs
def test_no_node_lies_on_another_and_no_edge_runs_through_one(output):
    graph, tracks = laid_out(output)
    assert {*tracks.places} == {node.id for node in graph.nodes}
    for one, other in combinations(tracks.places.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for edge, way in zip(graph.edges, tracks.routes, strict=True):
        for node, (u0, v0, u1, v1) in tracks.places.items():
            if node not in (edge.source.id, edge.target.id):
                assert not any(u0 < u < u1 and v0 < v < v1 for u, v in along(way.points)), (edge, node)


@graphs
def test_edges_go_from_side_to_side(output):
    graph, tracks = laid_out(output)
    for edge, way in zip(graph.edges, tracks.routes, strict=True):
        (u, v), (end_u, end_v) = way.points[0], way.points[-1]
        source, target = tracks.places[edge.source.id], tracks.places[edge.target.id]
        assert (u, v) == pytest.approx((source[2], (source[1] + source[3]) / 2), abs=0.1)
        assert end_u == pytest.approx(target[0], abs=0.1)
        assert target[1] < end_v < target[3]
        assert all(one[0] <= other[0] + 0.1 for one, other in pairwise(way.points))


@pytest.mark.parametrize("output", [chain(30), descent(30), anything(150)], ids=["chain", "descent", "anything"])
@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_the_partials_can_all_be_read(output, rankdir):
    graph = describe([output])
    graph = Graph(graph.nodes, [replace(edge, partial=-0.123) for edge in graph.edges])
    placement = Placement(Content(graph, rankdir, frozenset(["partials"]), 3, LIGHT), rankdir)
    places = [edge.label for edge in placement.edges]
    assert not [
        (one, other)
        for one, other in combinations(places, 2)
        if abs(one[0] - other[0]) < 25.0 and abs(one[1] - other[1]) < 9.0
    ]


def test_a_chain_is_level_and_so_are_the_tracks_of_its_leaves():
    graph, tracks = laid_out(chain(50))
    levels = {round(tracks.places[node.id][1], 3) for node in graph.nodes[-80:]}
    assert len(levels) == 1
    longest = [way for edge, way in zip(graph.edges, tracks.routes, strict=True) if edge.source.label == "a"][-1]
    assert len(longest.points) <= 13  # four curves at most: a swing on to the track, the track, a swing off it, the end


def test_operands_that_may_not_be_swapped_arrive_in_order():
    graph, tracks = laid_out(descent(30))
    ends: dict[str, list[float]] = {}
    for edge, way in zip(graph.edges, tracks.routes, strict=True):
        if edge.target.is_ordered:
            ends.setdefault(edge.target.id, []).append(way.points[-1][1])
    assert ends
    assert all(first < second for first, second in ends.values())


def test_two_edges_from_a_node_to_another_arrive_apart():
    y = chain(40)
    _, tracks = laid_out(y * y)
    first, second = (way.points[-1][1] for way in tracks.routes[-2:])
    assert second - first > 5.0


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.full
@pytest.mark.parametrize("size", [(960.0, 540.0), (375.0, 500.0)])
def test_a_long_graph_is_folded_into_rows_and_its_edges_go_back_between_them(size, rule):
    graph = describe([chain(30)])
    sizes = {node.id: (90.0, 52.0) for node in graph.nodes}
    labels = [(40.0, 14.0)] * len(graph.edges)
    flat, folded = (TrackLayout(graph, sizes, labels, frame=frame, rule=rule) for frame in (None, size))
    (width, _), (narrow, height) = ((hull(layout.places)[2], hull(layout.places)[3]) for layout in (flat, folded))
    assert narrow < width / 3
    assert narrow / height < 2 * size[0] / size[1]
    for one, other in combinations(folded.places.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for edge, way in zip(graph.edges, folded.routes, strict=True):
        inside = [
            node.id
            for node in graph.nodes
            if node not in (edge.source, edge.target)
            for u, v in along(way.points)
            if folded.places[node.id][0] < u < folded.places[node.id][2]
            and folded.places[node.id][1] < v < folded.places[node.id][3]
        ]
        assert inside == []


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_a_large_graph_is_drawn_in_every_direction(rankdir):
    output = chain(60)
    svg = viz.render(viz.draw(output, rankdir=rankdir, show=("data", "grad", "partials")), "svg").decode()
    graph = describe([output])
    assert svg.count('class="node ') == len(graph.nodes)
    assert svg.count('class="edge"') == len(graph.edges)
    width, height = (float(x) for x in re.findall(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)[0])
    assert (width > 5 * height) == (rankdir in ("LR", "RL"))


def test_steps_and_explore_show_a_large_graph():
    """Each changing number has a place in the picture, and the gradient is that of the engine."""
    y = chain(40)
    played = viz.steps(y)
    page = str(played.page())
    y.backward()
    assert played.gradient["a"] == pytest.approx(next(n for n in describe([y]).nodes if n.label == "a").grad)
    for html in (page, str(viz.explore(y))):
        for node in describe([y]).nodes:
            assert f'id="{node.id}.grad"' in html
        for i in range(len(describe([y]).edges)):
            assert f'id="e{i}.partial"' in html


def test_the_places_are_the_same_bytes_under_any_hash_seed():
    code = (
        "import viz; from autodiff import Value\n"
        "y = Value(1.0); a = Value(2.0)\nfor _ in range(60): y = (y * a - a) + y\nprint(viz.draw(y).source)"
    )
    run = [sys.executable, "-c", code]
    texts = [subprocess.run(run, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True) for seed in ("1", "2")]
    assert texts[0].stdout == texts[1].stdout
    assert texts[0].stdout.count(b"pos=") > 200


def test_many_rows_are_of_about_the_same_length():
    graph = describe([chain(120)])
    sizes, labels = {node.id: (90.0, 52.0) for node in graph.nodes}, [(40.0, 14.0)] * len(graph.edges)
    rows: list[dict] = []
    bottom = -inf
    for id_, rect in sorted(
        TrackLayout(graph, sizes, labels, frame=(960.0, 540.0)).places.items(), key=lambda x: x[1][1]
    ):
        if rect[1] > bottom + 60.0:
            rows.append({})
        rows[-1][id_] = rect
        bottom = max(bottom, rect[3])
    widths = [right - left for left, _, right, _ in map(hull, rows)]
    assert len(widths) > 4
    assert min(widths) > 0.8 * max(widths)
