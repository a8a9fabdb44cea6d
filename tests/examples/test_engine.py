"""The engine on one page agrees with the real one: on random graphs, at every operation, and in its habits."""

import math
import random
import runpy
from pathlib import Path

import pytest

import autodiff

page = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "engine.py"))
Value = page["Value"]

# Both engines compute these with the same floating-point operations in the same order, so they agree to the last bit.
OPERATIONS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "neg": lambda x, _: -x,
    "relu": lambda x, _: x.relu(),
    "constant on the left": lambda x, _: 0.25 - x,
    "constant on the right": lambda x, _: x * 0.75,
    "exp": lambda x, _: (x * 0.001).exp(),
}


def grow(kind, numbers, steps):
    """The leaves of a graph of Values of this kind, and all of its nodes."""
    leaves = [kind(number) for number in numbers]
    nodes = list(leaves)
    for operation, i, j in steps:
        nodes.append(OPERATIONS[operation](nodes[i], nodes[j]))
    return leaves, nodes


@pytest.mark.parametrize("seed", range(200))
def test_values_and_gradients_of_a_random_graph_are_those_of_the_real_engine_to_the_bit(seed):
    rng = random.Random(seed)
    numbers = [rng.uniform(-1.0, 1.0) for _ in range(4)]
    steps = [
        (rng.choice(list(OPERATIONS)), rng.randrange(4 + n), rng.randrange(4 + n)) for n in range(rng.randrange(1, 20))
    ]
    ours, nodes = grow(Value, numbers, steps)
    theirs, real_nodes = grow(autodiff.Value, numbers, steps)
    nodes[-1].backward()
    real_nodes[-1].backward()
    assert [node.data for node in nodes] == [node.data for node in real_nodes]
    assert [leaf.grad for leaf in ours] == [leaf.grad for leaf in theirs]


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x / 3.0,
        lambda x: 3.0 / x,
        lambda x: x**3,
        lambda x: x**-1.5,
        lambda x: 2.0 + x,
        lambda x: x.exp(),
        lambda x: x.tanh(),
    ],
    ids=["x / 3", "3 / x", "x**3", "x**-1.5", "2 + x", "exp", "tanh"],
)
@pytest.mark.parametrize("at", [0.3, 1.0, 1.7])
def test_an_operation_has_the_value_and_derivative_of_the_real_one(operation, at):
    x, real = Value(at), autodiff.Value(at)
    out, expected = operation(x), operation(real)
    out.backward()
    expected.backward()
    # Each side rounds at most five times, and 1 - tanh(1.7)**2 = 0.12 magnifies a rounding by 8: 40 eps is 8.9e-15.
    assert math.isclose(out.data, expected.data, rel_tol=9e-15)
    assert math.isclose(x.grad, real.grad, rel_tol=9e-15)


def test_gradients_of_leaves_add_up_and_those_of_inner_nodes_start_anew():
    x = Value(3.0)
    inner = x * x
    out = inner + inner
    out.backward()
    out.backward()
    assert (x.grad, inner.grad) == (24.0, 2.0)


def test_a_leaf_is_an_output_too():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_the_page_has_about_a_hundred_lines():
    lines = (Path(__file__).parents[2] / "examples" / "engine.py").read_text().splitlines()
    assert len(lines) <= 125


def test_the_page_prints_the_derivatives_of_a_neuron(capsys):
    assert not page["main"]()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "d out / d w   = 1.572895, by the difference quotient 1.572895",
        "d out / d x   = -0.393224, d out / d b = 0.786448",
    ]
