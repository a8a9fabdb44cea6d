"""An interrupt in `load` leaves everything old or everything new: the model, the optimizer and the generator."""

import math
import random
import sys

import pytest

from autodiff import Value
from nn import MLP, Adam, load, save

CHANGING = {"_change", "load_state", "set_data", "setstate", "_with_params"}


@pytest.fixture(params=["model.json", "model.npz"])
def path(request, tmp_path):
    """A checkpoint of a network, an Adam after a step, and a generator."""
    model, optimizer = network(0), Adam(0.5)
    for parameter in model.parameters():
        parameter.grad = 0.1
    optimizer.step(model.parameters())
    save(tmp_path / request.param, model, optimizer=optimizer, rng=random.Random(5))
    return tmp_path / request.param


def network(seed):
    return MLP(2, [2, 1], rng=random.Random(seed))


def interrupted(call, line):
    """Interrupt a call at the line of this number, counted in the functions that change something."""
    passed = 0

    def trace(frame, event, argument):
        nonlocal passed
        if frame.f_code.co_name not in CHANGING:
            return None
        if event == "line":
            passed += 1
            if passed == line:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_everything_is_old_or_everything_is_new(path):
    def states(model, optimizer, rng):
        return model.state(), optimizer.state(), rng.getstate()

    new = network(1), Adam(), random.Random(7)
    load(path, new[0], optimizer=new[1], rng=new[2])
    line, was_old, was_new = 1, 0, 0
    while True:
        model, optimizer, rng = network(1), Adam(), random.Random(7)
        old = states(model, optimizer, rng)
        if not interrupted(lambda: load(path, model, optimizer=optimizer, rng=rng), line):  # noqa: B023
            break
        now = states(model, optimizer, rng)
        was_old, was_new = was_old + (now == old), was_new + (now == states(*new))
        assert was_old + was_new == line
        line += 1
    assert was_old > 20


def test_a_model_is_old_or_new_also_if_the_old_numbers_were_not_finite():
    new = network(0).state()
    line = 1
    while True:
        model = network(1)
        model.parameters()[0].data = math.inf
        old = model.state()
        if not interrupted(lambda: model.load_state(new), line):  # noqa: B023
            break
        assert model.state() in (old, new)
        line += 1
    assert line > 20
    assert model.state() == new


def test_a_model_that_had_diverged_is_restored_with_the_rest(path):
    model = network(1)
    model.parameters()[0].data = math.nan
    before = [parameter.data for parameter in model.parameters()]
    assert interrupted(lambda: load(path, model, optimizer=Adam(), rng=random.Random(7)), 40)
    assert [parameter.data for parameter in model.parameters()][1:] == before[1:]
    assert math.isnan(model.parameters()[0].data)
    load(path, model)
    assert isinstance(model.parameters()[0], Value)
    assert model.state() == network_of(path)


def network_of(path):
    model = network(2)
    load(path, model)
    return model.state()
