"""Walks over a graph: the order they promise, and what they count."""

import inspect
import sys
import threading
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import Value, counts, dot, gradients, graph, leaves, relu, topological_order
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


# ----------------------------------------------------------------------------------------------------- threads


@pytest.fixture
def _eager_switches():
    """Threads change every microsecond, not every 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def shared_graphs(n):
    """Graphs of many kinds of nodes, of which each has all of the leaves and many inner nodes in common."""
    leaves_ = [Value(0.5 + i, f"w{i}") for i in range(20)]
    common = [relu(w * leaves_[i - 1] + 1.0) for i, w in enumerate(leaves_)]
    return leaves_, [dot(common, leaves_) * float(i) + total(common[i % 5 :]) for i in range(n)]


@pytest.mark.usefixtures("_eager_switches")
def test_threads_walk_over_graphs_that_share_nodes():
    _, outputs = shared_graphs(4)
    expected = [topological_order(output) for output in outputs]
    start, wrong = threading.Barrier(len(outputs)), []

    def work(i):
        start.wait()
        for _ in range(300):
            if topological_order(outputs[i]) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(outputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_walk_that_starts_inside_another_gives_what_it_would_give_alone():
    _, outputs = shared_graphs(4)
    a, b = Value(1.0), Value(2.0)
    wide = total([a * b, dot([a, b], [b, a]), a * b])
    expected = [topological_order(*outs) for outs in (outputs, [wide, a, wide], [b], [])]
    mark, graph.marks[0] = graph.marks[0], 0  # as while another one is under way
    try:
        for outs, order in zip((outputs, [wide, a, wide], [b], []), expected, strict=True):
            assert topological_order(*outs) == order
    finally:
        graph.marks[0] = mark


def test_a_walk_that_fails_makes_room_for_the_next():
    with pytest.raises((AttributeError, TypeError)):
        topological_order(SimpleNamespace(operands=()))
    assert graph.marks[0] > 0


@pytest.mark.skipif(autodiff.build() != "pure", reason="a trace function sees no line of compiled code")
def test_an_interrupt_at_any_line_makes_room_for_the_next():
    x = Value(1.0)
    lines, first = inspect.getsourcelines(topological_order)
    cleanup = first + lines.index("    finally:\n")  # has no call, so that no signal is handled in it
    interrupted = set()

    def trace(frame, event, argument):
        if frame.f_code is not topological_order.__code__:
            return None
        if event == "line" and frame.f_lineno < cleanup and frame.f_lineno not in interrupted:
            interrupted.add(frame.f_lineno)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    for _ in lines:
        sys.settrace(trace)
        try:
            topological_order(x)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        assert graph.marks[0] > 0
    assert len(interrupted) >= 6


@pytest.mark.usefixtures("_eager_switches")
def test_threads_may_differentiate_graphs_that_share_parameters_by_graphs():
    """`gradients` writes no `grad`, unlike `backward`, which adds to those that the threads share."""
    leaves_, outputs = shared_graphs(4)
    expected = [[slope.data for slope in gradients(output, leaves_)] for output in outputs]
    found = {}

    def work(i):
        found[i] = [[slope.data for slope in gradients(outputs[i], leaves_)] for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(outputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: [expected[i]] * 20 for i in range(len(outputs))}
