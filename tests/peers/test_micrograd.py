"""Code written for micrograd, its two notebooks and its lecture, with nothing changed but the import.

Where micrograd itself is installed, it runs the same code, and must give the same numbers.
"""

import math
import random
from collections import Counter
from itertools import pairwise

import graphviz
import pytest

from autodiff import Value, dot, where
from nn import MLP, data

try:
    import micrograd.engine
    import micrograd.nn
except ImportError:
    micrograd = None

ITS_VALUE = None if micrograd is None else micrograd.engine.Value
needs_micrograd = pytest.mark.skipif(micrograd is None, reason="needs the package micrograd")
each_engine = pytest.mark.parametrize("V", [Value, pytest.param(ITS_VALUE, marks=needs_micrograd)], ids=["ours", "its"])


# ------------------------------------------------------------------------------- the graph, by `_prev` and `_op`


def trace(root):
    """All nodes and all edges behind a node."""
    nodes, edges = set(), set()

    def visit(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                visit(child)

    visit(root)
    return nodes, edges


def draw_dot(root):
    """A record for each node, and an ellipse for each operation."""
    dot = graphviz.Digraph(graph_attr={"rankdir": "LR"})
    nodes, edges = trace(root)
    for n in nodes:
        dot.node(name=str(id(n)), label=f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for child, n in edges:
        dot.edge(str(id(child)), str(id(n)) + n._op)
    return dot


def build_topo(root):
    """The nodes, each after those that it was computed from."""
    topo, visited = [], set()

    def build(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build(child)
            topo.append(v)

    build(root)
    return topo


@each_engine
def test_a_relu_of_a_line_is_traced_and_drawn_as_in_the_notebook(V):
    x = V(1.0)
    y = (x * 2 + 1).relu()
    y.backward()
    nodes, edges = trace(y)
    assert Counter(n._op for n in nodes) == {"": 3, "*": 1, "+": 1, "ReLU": 1}
    assert len(edges) == 5
    source = draw_dot(y).source
    assert source.count("shape=record") == 6
    assert source.count("->") == 5 + 3
    assert '"{ data 1.0000 | grad 2.0000 }"' in source
    assert "label=ReLU" in source


@each_engine
def test_a_neuron_of_two_inputs_has_the_nodes_of_the_notebook(V):
    x, w = [V(1.0), V(-2.0)], [V(0.5), V(0.25)]
    y = (sum((wi * xi for wi, xi in zip(w, x, strict=True)), V(0.0)) + w[0] * w[0]).relu()
    assert Counter(n._op for n in trace(y)[0]) == {"": 5, "*": 3, "+": 3, "ReLU": 1}


def test_the_operations_have_micrograds_symbols():
    a, b = Value(2.0), Value(3.0)
    made = [a + b, a * b, a**2, a**-0.5, a**b, a.relu(), a.tanh(), a.exp(), a - b, -a, a / b, a]
    assert [v._op for v in made] == ["+", "*", "**2", "**-0.5", "**", "ReLU", "tanh", "exp", "-", "-", "/", ""]


def test_the_operands_are_a_set_without_a_fixed_exponent():
    a, b = Value(2.0), Value(3.0)
    assert [(a * b)._prev, (a * a)._prev, (a**2)._prev, (a**b)._prev, a._prev] == [{a, b}, {a}, {a}, {a, b}, set()]


@pytest.mark.parametrize("name", ["_prev", "_op", "_backward"])
def test_micrograds_names_are_read_only(name):
    with pytest.raises(AttributeError):
        setattr(Value(1.0) + 1.0, name, None)


# ------------------------------------------------------------------------- backpropagation by hand, by `_backward`


def neuron_of_the_lecture(tanh):
    """x1 w1 + x2 w2 + b and its tanh, with the numbers that make the gradients round."""
    x1, x2, w1, w2 = Value(2.0, label="x1"), Value(0.0, label="x2"), Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + b
    return tanh(n), [n, both, x2w2, x1w1], [x1, w1, x2, w2]


def test_the_lectures_neuron_is_differentiated_node_by_node():
    o, inner, leaves = neuron_of_the_lecture(lambda n: n.tanh())
    o.grad = 1.0
    for node in (o, *inner):
        node._backward()
    assert o.data == pytest.approx(math.sqrt(0.5), abs=1e-15)
    assert [leaf.grad for leaf in leaves] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-15)


def test_build_topo_and_backward_of_each_node_give_what_backward_gives():
    def by_hand(o):
        o.grad = 1.0
        for node in reversed(build_topo(o)):
            node._backward()

    def tanh_from_exp(n):
        e = (2 * n).exp()
        return (e - 1) / (e + 1)

    gradients = []
    for backward in (by_hand, Value.backward):
        o, _, leaves = neuron_of_the_lecture(tanh_from_exp)
        backward(o)
        gradients.append([leaf.grad for leaf in leaves])
    assert gradients[0] == gradients[1]
    assert gradients[0] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-14)


@each_engine
def test_an_operand_used_twice_gets_both_contributions_by_hand(V):
    a = V(3.0)
    b = a + a
    b.grad = 1.0
    b._backward()
    assert a.grad == 2.0


def test_a_node_of_many_operands_and_one_of_a_choice_pass_their_gradients_on_by_hand():
    x, y = Value(2.0), Value(-1.0)
    for node, want in (
        (dot([x, y], [y, 3.0]), [-1.0, 5.0]),
        (where(y, x, 1 / (y + 1.0 - y)), [1, 0]),
    ):
        x.grad = y.grad = 0.0
        node.grad = 1.0
        node._backward()
        assert [x.grad, y.grad] == want


# ---------------------------------------------------------------------------------------------- the two trainings


class Neuron:
    """The lecture's."""

    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


class Perceptron:
    """The lecture's layers of neurons."""

    def __init__(self, nin, nouts):
        sizes = [nin, *nouts]
        self.layers = [[Neuron(a) for _ in range(b)] for a, b in pairwise(sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_lectures_network_learns_four_samples(by_hand):
    xs, ys = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]], [1.0, -1.0, -1.0, 1.0]
    random.seed(7)
    n = Perceptron(3, [4, 4, 1])
    assert len(n.parameters()) == 41
    losses = []
    for _ in range(40):
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, map(n, xs), strict=True))
        for p in n.parameters():
            p.grad = 0.0
        if by_hand:
            loss.grad = 1.0
            for node in reversed(build_topo(loss)):
                node._backward()
        else:
            loss.backward()
        for p in n.parameters():
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.02 < 1.0 < losses[0]
    assert [round(n(x).data) for x in xs] == ys


def demo(V, model, steps):
    """The losses and accuracies of the demo: the max-margin loss with L2, by gradient descent at a falling rate."""
    X, labels = data.moons(40, noise=0.1, rng=random.Random(1))
    y = [2 * label - 1 for label in labels]
    course = []
    for k in range(steps):
        scores = [model([V(x) for x in row]) for row in X]
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total_loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = sum((yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)) / len(y)
        course.append((total_loss.data, accuracy))
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
    return course


def test_the_demo_learns_the_moons():
    random.seed(1337)
    course = demo(Value, MLP(2, [16, 16, 1]), 50)
    assert course[0][0] > 0.5
    assert course[-1][0] < 0.1
    assert course[-1][1] == 1.0


@needs_micrograd
def test_the_demo_gives_micrograds_losses():
    random.seed(1337)
    ours = MLP(2, [8, 8, 1], init="uniform")
    random.seed(1337)
    its = micrograd.nn.MLP(2, [8, 8, 1])
    (losses, accuracies), (their_losses, their_accuracies) = (
        zip(*demo(V, model, 5), strict=True) for V, model in ((Value, ours), (ITS_VALUE, its))
    )
    # Five steps, each with sums of up to 40 x 100 terms, about n eps apart in the order in which they add up.
    assert losses == pytest.approx(their_losses, rel=1e-11)
    assert accuracies == their_accuracies
