"""Walks over a graph: the order they promise, and what they count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Value, counts, dot, leaves, topological_order
from autodiff import sum as total


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 50)), max_size=20))
def test_every_node_comes_once_and_after_its_operands(steps):
    nodes = [Value(1.0), Value(2.0)]
    for wide, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        nodes.append(total([a, b, a]) if wide else a * b)
    order = topological_order(*nodes)
    place = {node: k for k, node in enumerate(order)}
    assert len(place) == len(order) == len(nodes)
    assert all(place[operand] < place[node] for node in order for operand in node.operands)


def test_the_order_is_depth_first_with_first_operands_first():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    ab = a * b
    abc = ab + c
    assert topological_order(abc) == [a, b, ab, c, abc]
    wide = dot([c, a], [b, b])
    assert topological_order(wide) == [c, a, b, wide]


def test_several_outputs_share_one_order():
    a = Value(1.0)
    b, c = a * 2, a * 3
    order = topological_order(b, c, b)
    assert order.index(a) < order.index(b) < order.index(c)
    assert len(order) == 5  # a, b, c, and the constants 2 and 3


def test_nothing_comes_from_nothing():
    assert (topological_order(), leaves(), counts()) == ([], [], {})


def test_a_leaf_is_its_own_graph():
    a = Value(1.0)
    assert topological_order(a) == leaves(a) == [a]


def test_leaves_are_each_listed_once_and_constants_are_left_out():
    x, y = Value(1.0), Value(2.0)
    assert leaves(3 * x * y + x, y) == [x, y]


def test_counts_are_by_primitive_with_leaves_and_constants_apart():
    x, y = Value(1.0), Value(2.0)
    assert counts(3 * x * x + y, total([x, y])) == {"constant": 1, "leaf": 2, "mul": 2, "add": 1, "sum": 1}


@pytest.mark.parametrize(("thing", "name"), [([Value(1.0)], "list"), (1.0, "float")])
def test_what_is_not_a_value_is_refused(thing, name, refuses):
    with refuses(TypeError, f"graph: expected Values, got {name}; unpack a list as in f(*outputs)"):
        topological_order(thing)
