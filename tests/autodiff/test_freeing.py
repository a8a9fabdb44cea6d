"""Graphs of any depth are freed at once, on a small stack, in any thread, by reference counting alone.

Python frees an object's operands inside the freeing of the object. That has to stop short of the end of the stack, and
what was put off must not be forgotten: each test counts, on a string that only one node holds, that it let go of it.
"""

import gc
import sys
import threading
import weakref

import pytest

import autodiff
from autodiff import Value, defprimitive, dot, logsumexp, relu
from autodiff import sum as total

DEPTH = 200_000  # without a limit, a stack of 8 MB ends before 100,000 nodes


def alternate(y, x):
    """A step through every kind of node."""
    return [lambda: y * 1.0, lambda: x + y, lambda: relu(y), lambda: dot([x, y], [x, x]), lambda: total([x, y])]


STEPS = {
    "first": lambda y, x, i: y * x,
    "second": lambda y, x, i: x - y,
    "only": lambda y, x, i: -y,
    "twice": lambda y, x, i: y + y * 0.5,
    "left of a dot": lambda y, x, i: dot([y, x], [x, x]),
    "right of a dot": lambda y, x, i: dot([x, x], [x, y]),
    "wide": lambda y, x, i: logsumexp([x, y]),
    "mixed": lambda y, x, i: alternate(y, x)[i % 5](),
}


def held(token):
    """How many hold it, besides whoever asks."""
    return sys.getrefcount(token)


def build(step, depth, label):
    """A deep graph, whose deepest node holds the label."""
    x = Value(0.5)
    y = Value(0.5, label)
    for i in range(depth):
        y = step(y, x, i)
        y.data = 0.5
    return y


@pytest.fixture
def token():
    """A string that nobody else holds."""
    return "the deepest node".upper()


@pytest.fixture
def _collector_off():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.full
@pytest.mark.usefixtures("_collector_off")
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_deep_graph_is_freed_with_the_collector_off(step, token):
    before = held(token)
    y = build(step, DEPTH, token)
    assert held(token) == before + 1
    del y
    assert held(token) == before


@pytest.mark.full
@pytest.mark.skipif(
    autodiff.build() == "pure" and sys.version_info >= (3, 13),
    reason="Python 3.13 counts its own recursion when it frees objects, not the stack: any deep structure of plain "
    "objects ends a thread with a stack of 512 KB",
)
def test_deep_graphs_are_freed_in_threads_with_small_stacks(token):
    before, done = held(token), []

    def work(step):
        for _ in range(3):
            y = build(step, DEPTH // 10, token)
            del y
        done.append(step)

    size = threading.stack_size(256 * 1024)
    try:
        threads = [threading.Thread(target=work, args=(step,)) for step in STEPS.values()]
        for thread in threads:
            thread.start()
    finally:
        threading.stack_size(size)
    for thread in threads:
        thread.join()
    assert len(done) == len(STEPS)
    assert held(token) == before


class Runs:
    """The function of a primitive; Python code runs when the last node of it is freed."""

    def __init__(self, when_freed):
        self.when_freed = when_freed

    def __call__(self, x):
        return x

    def __del__(self):
        self.when_freed()


def then(y, when_freed):
    """A node that runs code when it is freed."""
    return defprimitive("same", Runs(when_freed), lambda out, x: 1.0)(y)


def test_code_that_runs_while_a_graph_is_freed_may_build_and_free_others():
    freed = []

    def when_freed():
        inner = build(STEPS["first"], 100, "inner")
        inner.backward()
        del inner
        freed.append(True)

    x = y = Value(1.0)
    for i in range(10_000):
        y = then(y, when_freed) if i % 100 == 0 else y * x
    del y
    assert len(freed) == 100


@pytest.mark.skipif(sys.platform == "emscripten", reason="it starts a thread where an error is not seen")
def test_a_thread_frees_its_own_graph_while_another_is_in_the_middle_of_it(token):
    before = held(token)
    counts = []

    def when_freed():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    def elsewhere():
        y = build(STEPS["mixed"], 1000, token)
        del y
        counts.append(held(token))

    y = then(Value(1.0), when_freed)
    for _ in range(1000):
        y = y * 0.5
    del y
    assert counts == [before]


class Named(str):
    """A text that could hold a node, which holds it as its label."""


def test_a_label_is_text_alone_and_cannot_close_a_cycle():
    text = Named("x")
    x = text.holds = Value(1.0, text)
    y = Value(2.0)
    y.label = text
    assert (type(x.label), x.label, type(y.label), y.label) == (str, "x", str, "x")
    freed = weakref.ref(text)
    del x, y, text
    assert freed() is None


def test_a_graph_lives_as_long_as_a_node_of_it_is_held(token):
    y = build(STEPS["second"], 1000, token)
    middle = y
    for _ in range(500):
        middle = middle.operands[1]
    before = held(token)
    del y
    assert held(token) == before
    middle.backward()
    del middle
    assert held(token) == before - 1


@pytest.mark.skipif(autodiff.build() == "pure", reason="Python's own classes are all known to the collector")
def test_the_collector_does_not_know_of_compiled_nodes():
    x = Value(1.0)
    assert not any(map(gc.is_tracked, [x, x + x, x * 2.0, dot([x, x], [x, x])]))
