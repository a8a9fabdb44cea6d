"""Common mistakes: what `Story` gives is what the code of the mistake gives, run on the same graph."""

import math
import random

import pytest

from autodiff import Value, cos, leaves, topological_order
from autodiff.extend import primitives
from viz.graph.description import describe
from viz.graph.events import wrong_gradients
from viz.graph.mistakes import MISTAKES, slipped

LOOPS = [name for name, mistake in MISTAKES.items() if mistake.slip is None]
RULES = [name for name, mistake in MISTAKES.items() if mistake.slip is not None]


def random_graph(seed: int) -> Value:
    """A graph of sums, products and differences of three leaves, of which all are used more than once."""
    rng = random.Random(seed)
    nodes = [Value(rng.choice([-2.0, 0.5, 1.5, 3.0]), name) for name in "abc"]
    for _ in range(6):
        one, other = rng.choice(nodes), rng.choice(nodes[-3:])
        nodes.append(rng.choice([one + other, one * other, one - other]))
    return nodes[-1] * nodes[-2] + nodes[0]


def run(code: str, output: Value) -> dict[str, float]:
    """Run a code on a graph, and return the gradient that it leaves in the leaves."""

    def partials(node):
        return node.primitive.derivatives(node.data, [x.data for x in node.operands]) if node.primitive else ()

    names = {"topological_order": topological_order, "leaves": leaves, "output": output, "partials": partials}
    output.grad = 1.0
    exec(code, names)
    if "backward" in names:
        names["backward"](output)
    return {leaf.label: leaf.grad for leaf in leaves(output)}


def told(output: Value, mistake: str) -> dict[str, float]:
    graph = describe([output])
    adjoints = wrong_gradients(graph, mistake)
    return {node.name: adjoints[node.id] for node in graph.nodes if node.kind == "leaf"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mistake", LOOPS)
def test_a_mistake_of_the_loop_gives_what_its_code_gives(mistake, seed):
    output = random_graph(seed)
    expected = told(output, mistake)
    before = random_graph(seed)
    if mistake == "not-zeroed":  # the same leaves, in the graph of the pass before
        output.backward()
        for node in topological_order(output):
            node.grad = node.grad if node.is_leaf else 0.0
    assert run(MISTAKES[mistake].wrong, output) == pytest.approx(expected, rel=1e-12)  # sums in another order
    right = told(before, "")
    assert run(MISTAKES[mistake].right, before) == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_seen_on_some_graph(mistake):
    a, b = Value(2.0, "a"), Value(3.0, "b")
    c = a * b
    output = (c - a * c) * a
    assert told(output, mistake) != pytest.approx(told(output, ""))


@pytest.mark.parametrize("mistake", RULES)
def test_a_mistake_of_a_rule_gives_what_its_table_gives(mistake):
    a, b = Value(0.5, "a"), Value(3.0, "b")
    results = {
        "sub": a - b, "neg": -a, "div": a / b, "reciprocal": primitives.RECIPROCAL(a), "cos": cos(a), "mul": a * b,
    }  # fmt: skip
    codes = [getattr(MISTAKES[mistake], name).splitlines() for name in ("wrong", "right")]
    for primitive, (line, _) in MISTAKES[mistake].rules.items():
        if primitive.name not in results:  # products of another kind, by the rule of mul
            continue
        graph = describe([results[primitive.name]])
        for code, partials in zip(codes, (slipped(graph, mistake), graph), strict=True):
            names = {"sin": math.sin}
            exec("RULES = {" + code[line] + "}", names)
            (rule,) = names["RULES"].values()
            assert list(names["RULES"]) == [primitive.name]
            operands = [x.data for x in graph.values[-1].operands]
            assert [edge.partial for edge in partials.edges] == pytest.approx([*rule(*operands)], rel=1e-12)


def test_a_factor_gets_itself_in_a_dot_too():
    w, x = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)]
    graph = slipped(describe([primitives.DOT(*w, *x)]), "product")
    assert [edge.partial for edge in graph.edges] == [2.0, 3.0, 5.0, 7.0]


def test_a_leaf_that_leaves_the_domain_gives_nan():
    x, y = Value(0.25, "x"), Value(2.0, "y")
    assert math.isnan(told(x**y + 30 * x, "in-place")["y"])  # x is 0.25 - 0.1 * 30 when its power sends
