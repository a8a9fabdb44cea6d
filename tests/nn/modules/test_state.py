"""The state of a model: a number for each name, and refusals; and the summary of a model."""

import math
import random

import pytest

from autodiff import Value
from nn import MLP, StateError


def network(seed=0):
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(seed))


# -------------------------------------------------------------------------------------------- the state of a model


def test_a_state_has_every_parameter_by_its_name():
    model = network()
    assert model.state() == {name: parameter.data for name, parameter in model.named_parameters()}
    assert len(model.state()) == 13


def test_a_state_goes_into_another_model_of_the_same_shape():
    model, other = network(0), network(1)
    other.load_state(model.state())
    assert other.state() == model.state()
    assert other([0.3, 0.4]).data == model([0.3, 0.4]).data


SHAPE = "; it is of a model of another shape"
NEW = [f"layers.1.neurons.1.weights.{i}" for i in range(3)]


def with_state(**changes):
    return {name: number for name, number in (network().state() | changes).items() if number is not None}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1.0], "MLP: expected a state to be a dict of numbers by name, got list"),
        (
            with_state(**{"layers.1.neurons.0.bias": None}),
            "MLP: expected the state of 13 parameters, got one without 'layers.1.neurons.0.bias'" + SHAPE,
        ),
        (
            MLP(2, [3, 2]).state(),
            f"MLP: expected the state of 13 parameters, got one with {', '.join(map(repr, NEW))} and 1 more" + SHAPE,
        ),
        (
            with_state(**{"layers.1.neurons.0.bias": math.nan}),
            "MLP: expected layers.1.neurons.0.bias to be a finite number, got nan",
        ),
        (
            with_state(**{"layers.1.neurons.0.bias": "0"}),
            "MLP: expected layers.1.neurons.0.bias to be a finite number, got '0'",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(state, message, refuses):
    model = network(1)
    before = model.state()
    with refuses(StateError, message):
        model.load_state(state)
    assert model.state() == before


def test_a_name_that_was_changed_is_recognized(refuses, Holder):
    message = (
        "Holder: expected the state of 1 parameters, got one without 'slope' and with 'slopes'; "
        "is 'slopes' the old name of 'slope'?"
    )
    with refuses(StateError, message):
        Holder(slope=Value(1.0)).load_state({"slopes": 2.0})


def test_two_parameters_of_one_name_have_no_state(refuses, Holder):
    model = Holder(table={0: Value(0.0), 1: Value(1.0), "1": Value(2.0)})
    with refuses(StateError, "Holder: expected every parameter to have a name of its own, got two 'table.1'"):
        model.state()


def test_a_shared_parameter_is_in_the_state_once(Holder):
    shared = Value(3.0)
    model = Holder(a=shared, b=shared)
    assert model.state() == {"a": 3.0}
    model.load_state({"a": 4.0})
    assert model.b.data == 4.0


# ------------------------------------------------------------------------------------------------------ summary


def test_a_summary_lists_the_parts_and_counts_a_shared_parameter_once(Holder):
    shared = network()
    model = Holder(
        first=shared, again=[shared, network(1)], bias=Value(0.0), scales=[Value(1.0), Value(2.0)], name="me"
    )
    mlp = "MLP(2, [3, 1], activation='tanh', output_activation='identity')"
    assert model.summary().split("\n") == [
        "Holder",
        f"  first       {mlp}  13",
        f"  again.0     {mlp}   0",
        f"  again.1     {mlp}  13",
        f"  bias        {'Value':{len(mlp)}}   1",
        f"  scales      {'Values':{len(mlp)}}   2",
        f"  parameters  {'':{len(mlp)}}  29",
    ]
