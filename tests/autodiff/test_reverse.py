"""The reverse sweep: the chain rule on any graph, held to exact arithmetic and to the sum over all paths."""

import gc
import operator
import sys
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autodiff
from autodiff import Value, counts, dot, logsumexp, topological_order
from autodiff.reverse import recorded_partials, sweep
from autodiff.testing import exact

EPS = sys.float_info.epsilon
index = st.integers(0, 100)  # which earlier node, modulo how many there are


def build(leaves, steps):
    """A graph in which each step applies an operator to two earlier nodes; the last nodes are likely shared."""
    nodes = [*leaves]
    for apply, i, j in steps:
        nodes.append(apply(nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]))
    return nodes[-1]


def steps_of(operators, size):
    return st.lists(st.tuples(st.sampled_from(operators), index, index), min_size=1, max_size=size)


def sum_over_paths(output, leaf):
    """d output / d leaf as Leibniz has it: for each path, the product of the partials on it; all of them added."""
    if output is leaf:
        return 1
    pairs = zip(output.operands, output.partials, strict=True)
    return sum(Fraction(partial) * sum_over_paths(operand, leaf) for operand, partial in pairs)


# ------------------------------------------------------------------------------------------ what it computes


@given(
    leaves=st.lists(st.sampled_from([-2.0, -1.0, 0.5, 1.0, 2.0]), min_size=1, max_size=3),
    steps=steps_of([operator.add, operator.mul, operator.sub], 7),
)
def test_the_gradient_is_the_sum_over_all_paths_of_products_of_partials(leaves, steps):
    leaves = [Value(x) for x in leaves]
    output = build(leaves, steps)
    want = [sum_over_paths(output, leaf) for leaf in leaves]
    output.backward()
    # sums and products of a few halves and twos are floats without rounding, unless they grow past 2**53
    assume(max(map(abs, [output.data, *want])) < 2**20)
    assert [leaf.grad for leaf in leaves] == want


@given(
    leaves=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3),
    steps=steps_of([operator.add, operator.mul, operator.sub, lambda a, b: dot([a, b], [b, b]), lambda a, b: -a], 12),
)
def test_the_fast_sweep_gives_the_floats_of_the_general_one(leaves, steps):
    leaves = [Value(x) for x in leaves]
    output = build(leaves, steps)
    order = topological_order(output)
    adjoints = sweep(reversed(order), {output: 1.5}, recorded_partials)
    output.backward(1.5)
    assert [repr(node.grad) for node in order] == [repr(adjoints[node]) for node in order]


def test_a_sweep_takes_names_for_nodes():
    operands = {"f": [("u", 3.0), ("x", 1.0)], "u": [("x", 2.0)]}
    assert sweep(["f", "u"], {"f": 1.0}, operands.__getitem__) == {"f": 1.0, "u": 3.0, "x": 7.0}


def test_a_sweep_over_a_part_of_a_graph_ends_at_its_operands():
    x, y = Value(2.0), Value(3.0)
    inner = x * y
    outer = inner * inner + y
    part = [outer, outer.operands[0]]
    assert sweep(part, {outer: 1.0}, recorded_partials) == {outer: 1.0, part[1]: 1.0, inner: 12.0, y: 1.0}


@given(
    leaves=st.lists(st.floats(0.5, 2.0), min_size=1, max_size=3),
    steps=steps_of([operator.add, operator.mul, operator.truediv], 6),
)
def test_the_gradient_of_a_rational_expression_is_the_exact_one(leaves, steps):
    values = [Value(x) for x in leaves]
    output = build(values, steps)
    output.backward()
    # Positive numbers, no subtraction: with n nodes, every value and partial has at most 2n roundings, a product of
    # n partials at most 2n(n + 1), and the sum one more for each node: relative to the sum of the absolute products.
    order = topological_order(output)
    n = len(order)
    absolute = dict.fromkeys(order, 0.0) | {output: 1.0}
    for node in reversed(order):
        for operand, partial in zip(node.operands, node.partials, strict=True):
            absolute[operand] += absolute[node] * abs(partial)
    for i, value in enumerate(values):
        want = exact(lambda *xs: build(xs, steps), leaves, i)
        assert abs(Fraction(value.grad) - want) <= Fraction(2 * (n + 1) ** 2 * EPS * absolute.get(value, 0.0))


def test_the_example_of_micrograds_readme_gives_its_numbers():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_an_operand_used_twice_gets_both_contributions():
    a = Value(3.0)
    (a * a).backward()
    assert a.grad == 6.0


def test_the_branches_of_a_diamond_add_up():
    x = Value(3.0)
    y = x * 2
    ((y + 1) * (y - 1)).backward()  # (2x + 1)(2x - 1) = 4x^2 - 1
    assert (y.grad, x.grad) == (12.0, 24.0)


def test_a_node_of_three_consumers_is_visited_once_all_have_contributed():
    x = Value(2.0)
    y = x * x
    z = y * y + y
    (z * y).backward()  # y^3 + y^2, dy = 3y^2 + 2y
    assert (y.grad, x.grad) == (56.0, 224.0)


def test_a_wide_node_differentiates_to_every_operand():
    x, y = Value(2.0), Value(3.0)
    dot([x, y, x], [y, 5.0, x]).backward()  # xy + 5y + x^2
    assert (x.grad, y.grad) == (7.0, 7.0)


# ----------------------------------------------------------------------------------------- what grad means


@given(
    leaves=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3),
    steps=steps_of([operator.add, operator.mul, operator.sub], 8),
)
def test_two_calls_give_exactly_twice_the_gradient_of_a_leaf(leaves, steps):
    leaves = [Value(x) for x in leaves]
    output = build(leaves, steps)
    output.backward()
    once = [leaf.grad for leaf in leaves]
    output.backward()
    assert [leaf.grad for leaf in leaves] == [2.0 * grad for grad in once]


def test_the_gradients_of_several_outputs_add_up_in_a_leaf_until_zeroed():
    x = Value(3.0)
    (x * 2).backward()
    (x * x).backward()
    assert x.grad == 8.0
    x.grad = 0
    (x * 5).backward()
    assert x.grad == 5.0


def test_the_grad_of_an_inner_node_is_its_adjoint_in_the_latest_sweep():
    x = Value(3.0)
    y = x * x
    z = y * 3
    z.backward()
    z.backward()
    assert (z.grad, y.grad, x.grad) == (1.0, 3.0, 36.0)
    (y * 5).backward()
    assert (y.grad, x.grad) == (5.0, 66.0)


def test_a_sweep_leaves_alone_what_its_output_was_not_computed_from():
    x = Value(3.0)
    y, z = x * 2, x * 3
    y.backward()
    z.backward(10.0)
    assert y.grad == 1.0


def test_backward_on_a_leaf_adds_the_seed():
    x = Value(3.0)
    x.backward()
    x.backward(2)
    assert x.grad == 3.0


def test_the_seed_is_the_adjoint_of_the_output():
    x = Value(3.0)
    y = x * x
    y.backward(seed=0.5)
    assert (y.grad, x.grad) == (0.5, 3.0)


@pytest.mark.parametrize(("seed", "came"), [("1", "str '1'"), (True, "bool True"), (None, "NoneType None")])
def test_a_seed_that_is_no_number_is_refused(seed, came, refuses):
    advice = "pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, f"backward: expected a real number, got {came}; {advice}"):
        Value(1.0).backward(seed)


def test_changing_data_after_the_forward_pass_does_not_disturb_the_sweep():
    x, y = Value(3.0), Value(4.0)
    z = x * y + x**2
    x.data, y.data = 100.0, 200.0
    z.backward()
    assert (x.grad, y.grad) == (10.0, 3.0)


@pytest.mark.skipif(autodiff.build() == "compiled", reason="compiled functions cannot be replaced")
def test_an_interrupt_leaves_the_gradients_of_the_leaves_as_they_were(monkeypatch):
    x, y = Value(2.0), Value(3.0)
    z = x * y
    z.backward()

    def interrupted(order, seed):
        x._grad += 1.0
        raise KeyboardInterrupt

    monkeypatch.setattr(autodiff.reverse, "_sweep_in_place", interrupted)
    with pytest.raises(KeyboardInterrupt):
        z.backward()
    assert (x.grad, y.grad) == (3.0, 2.0)


# ------------------------------------------------------------------------------------------ size and memory


def test_a_chain_of_a_million_nodes_builds_counts_differentiates_and_is_freed():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = -y
    assert counts(y) == {"leaf": 1, "neg": 1_000_000}
    y.backward()
    assert x.grad == 1.0
    token = "a label of one node alone".upper()
    before = sys.getrefcount(token)
    y.operands[0].label = token
    assert sys.getrefcount(token) == before + 1
    del y
    assert sys.getrefcount(token) == before


@pytest.mark.full
@pytest.mark.parametrize(
    "make",
    [lambda x: x * x, lambda x: 2 - x, abs, lambda x: x**x, lambda x: dot([x, x], [x, 1]), lambda x: logsumexp([x, x])],
    ids=["binary", "constant", "unary", "pow", "dot", "logsumexp"],
)
def test_a_graph_is_freed_by_reference_counting_alone(make):
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        inner = make(x)
        output = inner + inner * x
        output.backward()
        tokens = [name.upper() for name in ("inner", "output", "x")]  # each held by one node: freed, it lets go of it
        inner.label, output.label, x.label = tokens
        held = [sys.getrefcount(token) for token in tokens]
        del inner, output, x
        assert [sys.getrefcount(token) for token in tokens] == [count - 1 for count in held]
    finally:
        gc.enable()
