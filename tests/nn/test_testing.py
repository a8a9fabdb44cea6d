"""Networks are drawn within the sizes asked for, ready for a loss, and reproducible."""

import random
import runpy
import sys

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from autodiff import MissingDependencyError
from nn import ACTIVATIONS, MLP, losses, testing
from nn.testing import networks


@given(network=networks())
def test_a_loss_takes_what_a_network_gives(network):
    model, inputs, targets = network
    loss = losses.squared_error(model(inputs), targets)
    loss.backward()
    assert loss.data >= 0.0
    parameters = model.parameters()
    before = [parameter.grad for parameter in parameters]
    loss.backward()  # a second time: gradients add up
    assert [parameter.grad for parameter in parameters] == [2 * grad for grad in before]


@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_sizes_stay_within_the_bounds(data, max_inputs, max_layers, max_width):
    model, inputs, targets = data.draw(networks(max_inputs, max_layers, max_width))
    assert len(inputs) == len(model.layers[0].neurons[0].weights) <= max_inputs
    assert len(model.layers) <= max_layers
    assert all(len(layer.neurons) <= max_width for layer in model.layers)
    n_out = len(model.layers[-1].neurons)
    assert isinstance(targets, float) if n_out == 1 else len(targets) == n_out


@given(network=networks())
def test_activations_are_smooth_unless_said_otherwise(network):
    assert {neuron.activation for layer in network[0].layers for neuron in layer.neurons} <= set(testing.SMOOTH)


@given(network=networks(activations=["relu"]))
def test_activations_can_be_chosen(network):
    assert {neuron.activation for layer in network[0].layers for neuron in layer.neurons} == {"relu"}


def test_the_simplest_network_is_one_identity_neuron():
    model, inputs, targets = find(networks(), lambda network: True)
    assert (repr(model), inputs, targets) == ("MLP(1, [1], output_activation='identity')", [0.0], 0.0)


def test_a_falsifying_example_comes_with_the_call_that_makes_its_model():
    failed = []

    @settings(database=None, max_examples=100)
    @given(network=networks())
    def test(network):
        if len(network[0].layers) > 1:
            failed.append(network[0])
            raise AssertionError

    with pytest.raises(AssertionError) as error:
        test()
    (call,) = [line for line in error.value.__notes__ if line.startswith("model = ")]
    again = eval(call.removeprefix("model = "), {"MLP": MLP, "random": random})
    weights = [[parameter.data for parameter in model.parameters()] for model in (again, failed[-1])]
    assert weights[0] == weights[1]


def test_bounds_below_one_are_refused(refuses):
    with refuses(ValueError, "networks: expected max_width >= 1, got 0"):
        networks(max_width=0)
    with refuses(
        ValueError,
        f"networks: expected at least one activation, got none; there are {', '.join(ACTIVATIONS)}",
    ):
        networks(activations=[])


def test_without_hypothesis_the_error_names_the_extra(monkeypatch, refuses):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with refuses(MissingDependencyError, str(MissingDependencyError("nn.testing", "hypothesis", "testing"))):
        runpy.run_path(testing.__file__)
