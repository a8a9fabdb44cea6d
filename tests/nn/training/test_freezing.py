"""A model whose `parameters()` returns a part of them trains that part; the others stay as they are."""

import random

import pytest

from nn import MLP, SGD, Module, fit, load, losses, save

INPUTS, TARGETS = [[0.5, -1.0], [2.0, 0.3], [-0.7, 0.8]], [1.0, -1.0, 0.5]


class Head(Module):
    """The last layer of a model is trained."""

    def __init__(self, model):
        self.model = model

    def __call__(self, x):
        return self.model(x)

    def parameters(self):
        return self.model.layers[-1].parameters()


def trained(backend):
    """The data of all parameters before and after three steps."""
    head = Head(MLP(2, [3, 1], activation="tanh", rng=random.Random(0)))
    before = head.state()
    fit(head, losses.squared_error, INPUTS, TARGETS, optimizer=SGD(0.1), max_steps=3, backend=backend)
    return before, head.state()


@pytest.mark.parametrize("backend", ["eager", "python", "arrays", "llvm"])
def test_only_what_parameters_returns_is_trained(backend):
    before, after = trained(backend)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("model.layers.1.")}
    assert after == pytest.approx(trained("eager")[1], rel=1e-12)


def test_the_steps_are_those_of_a_loop_over_the_same_parameters():
    head = Head(MLP(2, [3, 1], activation="tanh", rng=random.Random(0)))
    optimizer = SGD(0.1)
    for _ in range(3):
        head.model.zero_grad()
        for x, t in zip(INPUTS, TARGETS, strict=True):
            losses.squared_error(head(x), t).backward(1.0 / 3.0)
        optimizer.step(head.parameters())
    assert head.state() == pytest.approx(trained("eager")[1], rel=1e-12)


def test_what_is_not_trained_is_saved_too(tmp_path):
    head = Head(MLP(2, [3, 1], rng=random.Random(0)))
    save(tmp_path / "head.json", head)
    other = Head(MLP(2, [3, 1], rng=random.Random(1)))
    load(tmp_path / "head.json", other)
    assert other.state() == head.state()
    assert len(other.state()) == 13
