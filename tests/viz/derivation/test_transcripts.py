"""Derivations as they are written, in text, in LaTeX and on a page: whoever changes how one reads sees it here.

`transcripts.txt` has derivations that are right by the tests beside and by the eye. What is meant to change is written
by `python -m pytest tests/viz/derivation --write`.
"""

import random
import re
from html import unescape
from pathlib import Path

import pytest

import viz
from autodiff import Value, dot, exp, log, logsumexp, maximum, sigmoid, sqrt, tanh
from nn import MLP, losses

FILE = Path(__file__).with_name("transcripts.txt")


def values(*names):
    return [Value(0.5 * i - 0.75 + 0.25 * (i > 1), name) for i, name in enumerate(names, 1)]


def called(label, value):
    value.label = label
    return value


def quotient_without_a_name():
    x, y = values("x", "y")
    g = called("g", (x / y) ** 2)
    return called("f", 3.0 * g + 1.0), [x, y]


def signs_and_powers():
    a, b = values("a", "b_1")
    u = called("u", -(a**3) - 2.5 * b)
    return called("f", (u - a) ** 2 / (1 - b) - sqrt(b * b + 1.0)), [a, b]


def softmax():
    z = values("z1", "z2", "z3")
    powers = [called(f"e{i}", exp(x)) for i, x in enumerate(z, 1)]
    total = called("S", powers[0] + powers[1] + powers[2])
    return called("L", -log(called("p2", powers[1] / total))), z[:2]


def logistic():
    w, x, b = values("w", "x", "b")
    z = called("z", w * x + b)
    return called("f", 1 / (1 + exp(-z))), [w]


def mirrored():
    z, y = values("z", "y")
    p = called("p", sigmoid(z))
    return called("C", -(y * log(p) + (1 - y) * log(sigmoid(-z)))), [z]


def through_time():
    w, h = values("w", "h0")
    for t in (1, 2):
        h = called(f"h{t}", tanh(w * h + 0.5 * t))
    return h, [w]


def many_paths():
    (a,) = values("a")
    x = a
    for i in range(4):
        x = called(f"x{i}", called(f"s{i}", tanh(x)) * x)
    return x, [a]


def long_chain():
    (x,) = values("x")
    y = x
    for i in range(14):
        y = called(f"y{i}", tanh(y))
    return y, [x]


def several_operands():
    a, b, c = values("a", "b", "c")
    m = called("m", maximum(a * b, c))
    return called("f", logsumexp([m, b]) + dot([a, c], [b, m])), [b, c]


def letters_that_are_taken():
    p, q, r, s = values("p", "q", "r", "s")
    return called("f", logsumexp([p, q, r]) * s), [p, s]


def without_names():
    x, y = values("x", "y")
    return 2 * x**2 * y**3, [x]


def layered(sizes, activation="sigmoid", loss=losses.squared_error):
    model = MLP(sizes[0], sizes[1:], activation="tanh", output_activation=activation, rng=random.Random(0))
    outputs = model(values(*(f"x{i}" for i in range(sizes[0]))))
    cost = loss(outputs, [1.0] + [0.0] * (sizes[-1] - 1) if sizes[-1] > 1 else 1.0)
    return called("C", cost), model


GRAPHS = {
    **{
        make.__name__: make
        for make in (
            *(quotient_without_a_name, signs_and_powers, softmax, logistic, mirrored, through_time, many_paths),
            *(long_chain, several_operands, letters_that_are_taken, without_names),
        )
    },
    "a network": lambda: layered([2, 2, 1]),
    "a wide network": lambda: layered([5, 6, 2], "identity"),
    "a classifier": lambda: layered([2, 3], "identity", losses.cross_entropy),
}


def transcript(name):
    """A derivation in text and in LaTeX, and the words of its page."""
    output, wrt = GRAPHS[name]()
    written = viz.derive(output, wrt)
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", written.html())).split())
    return f"{written}\n-- in LaTeX\n{written.latex()}\n-- on a page\n{words}\n"


@pytest.mark.parametrize("name", GRAPHS)
def test_a_derivation_reads_as_it_did(name, as_written):
    as_written(FILE, name, transcript(name).splitlines())
