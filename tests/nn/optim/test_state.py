"""The state of an optimizer goes through JSON to the last bit, and other data is refused."""

import json
import random

import numpy as np
import pytest

from autodiff import Value
from nn import SGD, Adam, AdamW, RMSProp
from nn.errors import StateError
from nn.schedules import constant, cosine

MAKERS = {
    "plain": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.8, clip_norm=2.0),
    "nesterov": lambda: SGD(0.1, momentum=0.8, nesterov=True),
    "schedule": lambda: SGD(cosine(0.1, 0.0, 15), momentum=0.8),
    "rmsprop": lambda: RMSProp(0.1, decay=0.7),
    "adam": lambda: Adam(0.1, beta1=0.6, beta2=0.7, epsilon=1e-3),
    "adamw": lambda: AdamW(0.1, weight_decay=0.3),
}
each_optimizer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def move(optimizer, theta, steps, rng, eager):
    """Move theta by random gradients."""
    for _ in range(steps):
        gradient = [rng.gauss(0.0, 1.0) for _ in theta]
        if eager:
            parameters = [*map(Value, theta.tolist())]
            for parameter, slope in zip(parameters, gradient, strict=True):
                parameter.grad = slope
            optimizer.step(parameters)
            theta[:] = [parameter.data for parameter in parameters]
        else:
            optimizer.update(theta, np.array(gradient))


@pytest.mark.parametrize("eager", [True, False], ids=["eager", "arrays"])
@each_optimizer
def test_resumed_from_json_it_goes_on_as_if_it_had_never_stopped(make, eager):
    whole, rng = np.linspace(-1.0, 1.0, 5), random.Random(0)
    move(make(), whole, 10, rng, eager)

    theta, rng, first, second = np.linspace(-1.0, 1.0, 5), random.Random(0), make(), make()
    move(first, theta, 4, rng, eager)
    second.load_state(json.loads(json.dumps(first.state())))
    assert second.state() == first.state()
    move(second, theta, 6, rng, not eager)
    assert theta.tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("saved", "other"), [(SGD(0.1, momentum=0.8, nesterov=True), SGD(0.5)), (Adam(0.2, beta1=0.5), Adam())]
)
def test_hyperparameters_are_those_of_the_state(saved, other):
    move(saved, np.ones(2), 3, random.Random(0), True)
    other.load_state(saved.state())
    assert repr(other) == repr(saved)
    assert other.state() == saved.state()


def test_the_state_before_the_first_step_is_one_too():
    optimizer = Adam(0.1)
    optimizer.load_state(Adam(0.2).state())
    optimizer.step([Value(1.0)])
    assert (optimizer.rate, optimizer.steps) == (0.2, 1)


def test_a_state_does_not_follow_the_optimizer():
    optimizer = Adam(0.1)
    move(optimizer, np.ones(2), 2, random.Random(0), True)
    state = optimizer.state()
    twin = json.loads(json.dumps(state))
    move(optimizer, np.ones(2), 2, random.Random(0), True)
    assert state == twin


# --------------------------------------------------------------------------------------------- what is refused


def trained():
    optimizer = Adam(0.1)
    optimizer.step([Value(1.0), Value(2.0)])
    return optimizer


def changed(**changes):
    return {**trained().state(), **changes}


KEYS = "optimizer, steps, hyperparameters, slots"
HYPER = "learning_rate, beta1, beta2, epsilon, clip_norm"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, f"Adam: a state: expected a dict with {KEYS}, got NoneType"),
        ({}, f"Adam: a state: expected a dict with {KEYS}, got one with nothing"),
        (changed(more=1), f"Adam: a state: expected a dict with {KEYS}, got one with {KEYS}, more"),
        (AdamW().state(), "Adam: expected the state of Adam, got that of 'AdamW'"),
        (changed(steps=-1), "Adam: expected steps to be an int, 0 <= steps < 2**53, got -1"),
        (changed(steps=1.0), "Adam: expected steps to be an int, 0 <= steps < 2**53, got 1.0"),
        (
            changed(hyperparameters={"learning_rate": 0.1}),
            f"Adam: hyperparameters: expected a dict with {HYPER}, got one with learning_rate",
        ),
        (
            changed(hyperparameters={**trained().state()["hyperparameters"], "beta1": 1.5}),
            "Adam: expected 0 <= beta1 < 1, got 1.5",
        ),
        (
            changed(hyperparameters={**trained().state()["hyperparameters"], "beta1": "a"}),
            "Adam: beta1: expected a real number, got str 'a'; pass an int or a float (use float(...) to convert)",
        ),
        (changed(slots={"mean": [0.0, 0.0]}), "Adam: slots: expected a dict with mean, square, got one with mean"),
        (
            changed(slots={"mean": [0.0], "square": [0.0, 0.0]}),
            "Adam: expected slots of one length, got [1, 2]",
        ),
        (
            changed(slots={"mean": [0.0], "square": ["a"]}),
            "Adam: slot 'square': expected a list of finite numbers, got ['a']",
        ),
        (
            changed(slots={"mean": [], "square": []}),
            "Adam: expected a number for each parameter in the slots after 1 steps, got none",
        ),
    ],
)
def test_what_is_not_its_state_is_refused_and_nothing_changes(state, message, refuses):
    optimizer = trained()
    before = optimizer.state()
    with refuses(StateError, message):
        optimizer.load_state(state)
    assert optimizer.state() == before


def test_a_schedule_is_not_in_the_state_and_must_be_the_same(refuses):
    saved, hint = SGD(cosine(0.1, 0.0, 10)).state(), "make the optimizer with the schedule of the saved one"
    with refuses(
        StateError, f"SGD: expected a state with learning_rate=0.1, got one with cosine(0.1, 0.0, 10); {hint}"
    ):
        SGD(0.1).load_state(saved)
    with refuses(
        StateError,
        f"SGD: expected a state with learning_rate=constant(0.1), got one with cosine(0.1, 0.0, 10); {hint}",
    ):
        SGD(constant(0.1)).load_state(saved)
    with refuses(
        StateError, f"SGD: expected a state with learning_rate=cosine(0.1, 0.0, 10), got one with 0.1; {hint}"
    ):
        SGD(cosine(0.1, 0.0, 10)).load_state(SGD(0.1).state())


@pytest.mark.parametrize(
    ("make", "slots"),
    [
        ("plain", {}),
        ("momentum", {"velocity": [0.5]}),
        ("rmsprop", {"square": [0.075]}),
        ("adam", {"mean": [0.2], "square": [0.075]}),
    ],
)
def test_what_it_remembers_has_these_names_in_files(make, slots):
    optimizer = MAKERS[make]()
    optimizer.update(np.array([1.0]), np.array([0.5]))
    state = optimizer.state()
    assert state["slots"] == {name: pytest.approx(numbers, rel=1e-15) for name, numbers in slots.items()}
    assert [*state] == ["optimizer", "steps", "hyperparameters", "slots"]
