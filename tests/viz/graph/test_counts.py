"""Products are counted without walking along paths; here, on small graphs, all paths are walked."""

import random

import pytest

import viz
from autodiff import Value, dot, leaves, sin, topological_order
from viz.graph.counts import Counts, count_products
from viz.graph.description import describe
from viz.graph.events import Story
from viz.style.text import format_count


def random_graph(seed: int) -> Value:
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.5, 2.0), name) for name in "abcd"]
    for _ in range(rng.randint(1, 9)):
        one, other = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice([one + other, one * other, 2 * one, sin(one), dot([one, other], [other, one])]))
    return nodes[-1]


def walked(output: Value, wrt: list[Value]) -> Counts:
    """The counts by walking along every path, forward and backward."""

    def paths(node: Value) -> list[list[Value]]:
        below = [[node, *path] for x in node.operands if not x.is_constant for path in paths(x)]
        return below + ([[node]] if node in wrt else [])

    lengths = [len(path) - 1 for path in paths(output)]
    order = topological_order(output)
    forward = 0
    for leaf in wrt:
        moved = {leaf}
        for node in order:
            uses = [x for x in node.operands if x in moved]
            forward += len(uses)
            moved |= {node} if uses else set()
    backward, adjoints = 0, {output}
    leading = {node for path in paths(output) for node in path}
    for node in reversed(order):
        for x in node.operands if node in adjoints and node in leading else ():
            if x in leading:
                backward += 1
                adjoints.add(x)
    return Counts(len(lengths), sum(lengths), forward, backward)


@pytest.mark.parametrize("seed", range(40))
def test_the_counts_are_those_of_all_paths(seed):
    output = random_graph(seed)
    assert count_products(output) == walked(output, [leaf for leaf in leaves(output) if not leaf.is_constant])
    leaf = leaves(output)[0]
    assert count_products(output, [leaf]) == walked(output, [leaf])


@pytest.mark.parametrize("seed", range(20))
def test_the_sweep_of_a_story_sends_as_many_products_as_are_counted(seed):
    output = random_graph(seed)
    story = Story(describe([output]))
    assert sum(len(event.sends) for event in story.events) == count_products(output).backward


def test_an_output_that_is_a_leaf_or_does_not_depend_takes_no_product():
    x = Value(1.0)
    assert count_products(x) == Counts(1, 0, 0, 0)
    assert count_products(x * 2, [Value(1.0)]) == Counts(0, 0, 0, 0)


def test_counts_are_exact_however_many_paths_there_are():
    x = Value(1.0, "x")
    y = x
    for _ in range(2000):
        y = y + y
    counts = count_products(y)
    assert counts == Counts(2**2000, 2000 * 2**2000, 4000, 4000)
    assert format_count(counts.paths) == "1.15·10⁶⁰²"


def test_the_player_says_how_many_products_there_are():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    a = x * y
    assert str(viz.steps((a + x) * a)[-1]).endswith(
        "\n6 products, one for each edge. Path by path, over 5 paths, it takes 12; by forward mode, leaf by leaf, 9."
    )
    assert "products" not in str(viz.steps(2 * x)[-1])


def test_a_plot_says_its_counts_and_what_it_cannot_count_is_refused(refuses, tmp_path):
    def squares(depth):
        x = Value(1.0)
        for _ in range(depth):
            x = x * x
        return x

    figure = viz.products(squares, [1, 5, 3000])
    assert figure.alt == "At depth 3000: path by path 3.69·10⁹⁰⁶ products, forward mode 6,000, backward sweep 6,000."
    path = viz.products(squares, range(1, 4), theme="dark").save(tmp_path / "products.svg")
    assert path.read_text(encoding="utf-8").count("<path") > 3
    with refuses(ValueError, "products: expected at least one depth, got none"):
        viz.products(squares, [])
    with refuses(ValueError, "products: expected each depth to be a positive int, got 0"):
        viz.products(squares, [0])
    with refuses(TypeError, "products: expected a function and its depths, as in range(1, 11), got function and int"):
        viz.products(squares, 5)
    with refuses(TypeError, "products: expected make(1) to return a Value, got float"):
        viz.products(lambda depth: 1.0, [1])
    with refuses(
        ValueError, "products: expected a graph with a leaf below its output at depth 1, got Value(data=1.0, grad=0.0)"
    ):
        viz.products(lambda depth: Value(1.0), [1])
