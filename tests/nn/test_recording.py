"""What `fit` records once and replays: programs that are kept, and graphs that must not be replayed."""

import random
import re

import pytest

from autodiff import Value
from nn import MLP, SGD, Module, fit, losses
from nn.recording import KEPT, _kept


class Line(Module):
    """f(x) = m x + c, the article's first model; called with a number."""

    def __init__(self, m=1.0, c=0.0):
        self.m, self.c = Value(m), Value(c)

    def __call__(self, x):
        return self.m * x + self.c


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def test_a_network_of_the_same_shape_is_not_compiled_again():
    def train(seed):
        model = MLP(2, [3, 1], rng=random.Random(seed))
        fit(model, losses.squared_error, [[1.0, 2.0]], [0.5], optimizer=SGD(0.1), max_steps=1, backend="llvm")

    train(0)
    before = list(_kept.values())
    train(1)
    assert [id(program) for program in _kept.values()] == [id(program) for program in before]
    assert len(before) <= KEPT


def test_another_constant_is_another_program():
    def slope(factor):
        line = Line()
        fit(line, lambda y, t: factor * (y - t) ** 2, [1.0], [0.0], optimizer=SGD(1.0), max_steps=1, backend="llvm")
        return line.c.data

    assert (slope(0.5), slope(0.25)) == (-1.0, -0.5)


class Branching(Line):
    """|m x + c| by a branch."""

    def __call__(self, x):
        y = super().__call__(x)
        return y if y > 0.0 else -y


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_model_that_branches_on_its_data_is_not_replayed(backend, refuses):
    message = (
        "fit: expected one graph for all samples, got another for the last than for the first "
        '(sub here and neg there): the model branches on the data, or on chance; use backend="eager"'
    )
    with refuses(ValueError, message):
        x, y = [1.0, -2.0], [1.0, 1.0]
        fit(Branching(), losses.squared_error, x, y, optimizer=SGD(0.1), max_steps=1, backend=backend)


def test_auto_trains_it_eagerly():
    model = Branching()
    history = fit(model, losses.squared_error, [1.0, -2.0], [1.0, 1.0], optimizer=SGD(0.1), max_steps=1)
    assert history.backend == "eager"
    assert numbers(model) == pytest.approx([0.9, 0.05])  # s = (0, 1), dy/dm = -x = 2, dy/dc = -1, mean over 2


def message_of(model, x=(1.0, -2.0)):
    with pytest.raises(ValueError, match=r"^fit: expected one graph") as error:
        fit(model, losses.squared_error, x, x, optimizer=SGD(0.1), max_steps=1, backend="python")
    return re.search(r"\((.*)\)", str(error.value))[1]


def test_the_message_says_where_the_graphs_part():
    class Chance(Line):
        def __call__(self, x):
            return super().__call__(x) * random.random()

    class Constant(Line):
        def __call__(self, x):
            return super().__call__(x.data)  # the number, and not what varies

    class Longer(Line):
        def __call__(self, x):
            return x * self.m if x > 0.0 else self.m * x

    assert re.fullmatch(r"the constant 0\.\d+ here and the constant 0\.\d+ there", message_of(Chance()))
    assert message_of(Constant()) == "the constant 1.0 here and the constant -2.0 there"
    assert message_of(Longer()) == "mul of other operands"


def test_a_branch_is_found_where_the_numbers_are_too_small_to_tell():
    assert message_of(Branching(m=1e-9), x=(1e-9, -1e-9)) == "sub here and neg there"
