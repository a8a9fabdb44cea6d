"""A page of every kind."""

import random

import pytest

import viz
from autodiff import Value, exp, sigmoid, topological_order
from nn import MLP, losses
from viz.__main__ import main


def logistic():
    w, x, b = Value(2.0, "w"), Value(-1.0, "x"), Value(-3.0, "b")
    f = 1 / (1 + exp(-(w * x + b)))
    f.label = "f"
    return f, w


def grouped(show):
    f, w = logistic()
    sums = [node for node in topological_order(f) if w in node.operands or node.label == ""]
    return show(f, groups={"inside": [node for node in sums if not node.is_leaf]})


def network():
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    return losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), 1.0), model


def neurons(cost, model):
    return viz.steps(cost, clusters=model, level="neurons")


def neuron(w, x, b):
    """A neuron."""
    z = w * x + b
    return sigmoid(z)


def curve(x):
    return x**4 / 4 - x**2 + x / 4


def bowl(m, c):
    return 0.5 * (m + c - 2) ** 2 + 0.5 * (3 * m + c - 1) ** 2


def by_command(*options):
    class Command:
        def save(self, path):
            assert main(["2*x**2*y**3", "x=2", "y=1.5", *options, "-o", str(path)]) == 0

    return Command()


PAGES = {
    "steps": lambda: viz.steps(logistic()[0]),
    "steps of a function": lambda: viz.steps(neuron, w=2.0, x=-1.0, b=-3.0),
    "steps of a network": lambda: viz.steps(network()[0], clusters=network()[1]),
    "steps of neurons": lambda: neurons(*network()),
    "backprop": lambda: viz.backprop(network()[1], [0.5, -1.0], 1.0),
    "playground": lambda: viz.playground(network()[1], ([[0.5, -1.0], [1.0, 0.5]], [1.0, 0.0])),
    "misconception": viz.misconception,
    "steps of groups": lambda: grouped(viz.steps),
    "quiz": lambda: viz.quiz(logistic()[0]),
    "explore": lambda: viz.explore(logistic()[0]),
    "explore a circuit": lambda: viz.explore(logistic()[0], style="circuit"),
    "compare": lambda: viz.compare(logistic()[0], logistic()[1] * 2.0),
    "explore groups": lambda: grouped(viz.explore),
    "explore a network": lambda: viz.explore(network()[0]),
    "cost_curve": lambda: viz.cost_curve([(1, 2), (3, 1)]),
    "descent": lambda: viz.descent(curve, 2.2, learning_rate=0.08),
    "cost_contour": lambda: viz.cost_contour(bowl, (1.0, 0.0)),
    "derive": lambda: viz.derive(*logistic()),
    "derive a network": lambda: viz.derive(*network()),
    "the command": by_command,
    "the command --derive": lambda: by_command("--derive"),
}


@pytest.fixture(params=PAGES)
def every_page(request):
    """A page of each kind."""
    return PAGES[request.param]()
