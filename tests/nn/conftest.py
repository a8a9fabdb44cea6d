"""Fixtures of the tests of nn: two models, the numbers of a model, a training of one step, and Ctrl-C."""

import random
import signal
from collections.abc import Callable, Iterator

import pytest

from autodiff import Value
from nn import MLP, SGD, Module, fit, losses


@pytest.fixture(scope="session")
def Line() -> type[Module]:
    """The class of f(x) = m x + c, the article's first model; called with a number."""

    class Line(Module):
        def __init__(self, m=1.0, c=0.0):
            self.m, self.c = Value(m), Value(c)

        def __call__(self, x):
            return self.m * x + self.c

    return Line


@pytest.fixture(scope="session")
def Holder() -> type[Module]:
    """The class of a module without a formula, which holds its keyword arguments."""

    class Holder(Module):
        def __init__(self, **parameters):
            vars(self).update(parameters)

    return Holder


@pytest.fixture(scope="session")
def numbers() -> Callable[[Module], list[float]]:
    """model -> the data of its parameters."""
    return lambda model: [parameter.data for parameter in model.parameters()]


@pytest.fixture(scope="session")
def attempt() -> Callable[..., None]:
    """A training of one step on two samples, with some arguments of `fit` changed."""

    def attempt(**changes):
        options = {"model": MLP(2, [1], rng=random.Random(0)), "loss": losses.squared_error, "max_steps": 1}
        options |= {"inputs": [[1.0, 2.0], [3.0, 4.0]], "targets": [1.0, 0.0], "optimizer": SGD(0.1)}
        fit(**(options | changes))

    return attempt


@pytest.fixture
def _ctrl_c_interrupts() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also if the tests run in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
