"""Neuron, Layer and MLP: the formula, the sizes, the order of the random numbers, and the graph they record."""

import math
import pickle
import random

import pytest

from autodiff import PRIMITIVES, Value, counts, leaves, tanh, topological_order
from nn import ACTIVATIONS, MLP, Layer, Neuron


def weights_of(model):
    return [parameter.data for parameter in model.parameters()]


# --------------------------------------------------------------------------------------------------- the formula


def test_a_neuron_is_the_activation_of_the_weighted_sum_plus_bias():
    neuron = Neuron(2, activation="relu")
    for parameter, data in zip(neuron.parameters(), [2.0, -3.0, 0.5], strict=True):
        parameter.data = data
    assert neuron([4.0, 1.0]).data == 5.5
    assert neuron([1.0, 4.0]).data == 0.0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_taken_by_name_or_as_a_function(name):
    by_name = Neuron(2, activation=name, rng=random.Random(1))
    by_function = Neuron(2, activation=ACTIVATIONS[name], rng=random.Random(1))
    assert by_name([1.0, 2.0]).data == by_function([1.0, 2.0]).data


@pytest.mark.parametrize("n_in", [1, 2, 50])
@pytest.mark.parametrize("activation", sorted((ACTIVATIONS.keys() & PRIMITIVES.keys()) - {"identity"}))
def test_a_neuron_is_three_nodes_whatever_its_width(n_in, activation):
    inputs = [Value(1.0) for _ in range(n_in)]
    output = Neuron(n_in, activation=activation)(inputs)
    assert counts(output) == {"leaf": 2 * n_in + 1, "dot": 1, "add": 1, activation: 1}


def test_a_linear_neuron_is_two_nodes():
    assert counts(Neuron(1, activation="identity")([Value(1.0)])) == {"leaf": 3, "dot": 1, "add": 1}


def test_a_layer_gives_a_list_even_for_one_neuron():
    assert [len(Layer(2, n)([1.0, 2.0])) for n in (1, 3)] == [1, 3]


def test_an_mlp_with_one_output_neuron_gives_the_value_itself_else_a_list():
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    outputs = MLP(2, [3, 2])([1.0, 2.0])
    assert [isinstance(output, Value) for output in outputs] == [True, True]


def test_an_mlp_chains_its_layers():
    model = MLP(2, [3, 2], activation="tanh", output_activation="sigmoid")
    hidden, last = model.layers
    want = [output.data for output in last(hidden([1.0, 2.0]))]
    assert [output.data for output in model([1.0, 2.0])] == want


def test_the_last_layer_has_the_output_activation_and_the_others_the_activation():
    model = MLP(2, [3, 2, 1], activation=tanh, output_activation="softplus")
    assert [layer.neurons[0].activation for layer in model.layers] == [tanh, tanh, "softplus"]


def test_the_neurons_of_a_layer_share_their_inputs():
    outputs = MLP(2, [3, 2], activation="tanh")([1.0, 2.0])
    assert sum(node.data == 1.0 and node.is_leaf for node in topological_order(*outputs)) == 1


def test_inputs_may_be_values_and_get_a_gradient():
    x = Value(1.0)
    neuron = Neuron(2, activation="identity")
    neuron([x, 2]).backward()
    assert x.grad == neuron.weights[0].data


def test_inputs_that_are_plain_numbers_become_leaves_with_a_gradient():
    model = MLP(2, [1], rng=random.Random(0))
    output = model([1.0, 2.0])
    output.backward()
    inputs = [leaf for leaf in leaves(output) if leaf not in model.parameters()]
    assert [x.grad for x in inputs] == [w.data for w in model.layers[0].neurons[0].weights]


# ----------------------------------------------------------------------------------------------- random numbers


def test_an_explicit_rng_is_reproducible_and_leaves_pythons_own_alone():
    random.seed(7)
    state = random.getstate()
    models = [MLP(3, [4, 2], rng=random.Random(5)) for _ in range(2)]
    assert weights_of(models[0]) == weights_of(models[1])
    assert random.getstate() == state


def test_random_seed_and_uniform_weights_are_those_of_micrograd():
    random.seed(1337)
    model = MLP(2, [16, 16, 1], init="uniform")
    random.seed(1337)
    want = []
    for n_in, n_out in [(2, 16), (16, 16), (16, 1)]:
        for _ in range(n_out):
            want += [random.uniform(-1, 1) for _ in range(n_in)] + [0]
    assert weights_of(model) == want
    assert len(want) == 337


def test_by_default_each_layer_has_the_initializer_of_its_activation():
    matched = MLP(2, [3, 1], activation="relu", output_activation="tanh", rng=random.Random(0))
    rng = random.Random(0)
    hidden, last = Layer(2, 3, init="he", rng=rng), Layer(3, 1, init="xavier", rng=rng)
    assert weights_of(matched) == weights_of(hidden) + weights_of(last)


def test_the_initializer_sees_the_sizes_of_the_layer():
    seen = set()

    def init(rng, n_in, n_out):
        seen.add((n_in, n_out))
        return 0.0

    MLP(3, [4, 2], init=init)
    assert seen == {(3, 4), (4, 2)}


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Neuron(0), "Neuron: expected n_in to be a positive int, got 0"),
        (lambda: Neuron(2.0), "Neuron: expected n_in to be a positive int, got 2.0"),
        (lambda: Neuron(True), "Neuron: expected n_in to be a positive int, got True"),
        (lambda: Layer(2, 0), "Layer: expected n_out to be a positive int, got 0"),
        (lambda: Layer(-1, 2), "Neuron: expected n_in to be a positive int, got -1"),
        (lambda: MLP(2, [3, 0]), "Layer: expected n_out to be a positive int, got 0"),
        (
            lambda: MLP(2, []),
            "MLP: expected at least one layer, got sizes=[]; give the number of neurons of each layer",
        ),
        (
            lambda: Neuron(2, activation="step"),
            f"activation: expected one of {', '.join(ACTIVATIONS)}, or a function, got 'step'",
        ),
        (
            lambda: MLP(2, [1], init="zero"),
            "init: expected one of matched, he, siren, standard_normal, uniform, xavier, or a function, got 'zero'",
        ),
        (lambda: Neuron(2)([1.0, 2.0, 3.0]), "Neuron: expected 2 inputs, got 3 (built with n_in=2)"),
        (lambda: Layer(2, 3)([1.0]), "Layer: expected 2 inputs, got 1 (built with n_in=2)"),
        (lambda: MLP(2, [3, 1])([]), "MLP: expected 2 inputs, got 0 (built with n_in=2)"),
    ],
)
def test_a_wrong_size_or_name_is_refused(make, message, refuses):
    with refuses(ValueError, message):
        make()


def test_an_activation_that_is_neither_name_nor_function_is_refused(refuses):
    names = "gelu, identity, leaky_relu, relu, sigmoid, sin, softplus, tanh"
    with refuses(TypeError, f"activation: expected one of {names}, or a function, got None"):
        Neuron(2, activation=None)


def test_an_input_that_is_no_number_is_refused(refuses):
    message = "Value: expected a real number, got str 'a'; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        MLP(1, [1])(["a"])


# ------------------------------------------------------------------------------------------------------- reading


def test_repr_is_how_one_would_write_it():
    assert repr(Neuron(2, activation=tanh)) == "Neuron(2, activation=tanh)"
    assert repr(Layer(2, 3, activation="relu")) == "Layer(2, 3, activation='relu')"
    assert repr(MLP(2, [3, 1])) == "MLP(2, [3, 1], activation='relu', output_activation='identity')"
    assert repr(MLP(2, [1])) == "MLP(2, [1], output_activation='identity')"


@pytest.mark.parametrize("rng", [0, 42, random])
def test_an_rng_that_is_no_random_is_refused(rng, refuses):
    got = type(rng).__name__
    with refuses(TypeError, f"Neuron: expected rng to be a random.Random, got {got}; use random.Random(seed)"):
        MLP(2, [2], rng=rng)


def test_an_activation_that_leaves_the_graph_is_refused(refuses):
    message = "Neuron: expected the activation to return a Value, got float from tanh; use autodiff's"
    with refuses(TypeError, message):
        Neuron(1, activation=math.tanh)([1.0])


def test_a_misspelt_activation_is_refused_even_if_no_layer_uses_it(refuses):
    names = "gelu, identity, leaky_relu, relu, sigmoid, sin, softplus, tanh"
    with refuses(ValueError, f"activation: expected one of {names}, or a function, got 'ReLU'; did you mean 'relu'?"):
        MLP(2, [1], activation="ReLU")


@pytest.mark.parametrize("inputs", [0.5, Value(1.0), iter([1.0, 2.0])])
def test_inputs_that_are_no_list_are_refused(inputs, refuses):
    with refuses(TypeError, f"MLP: expected a list of 2 inputs, got {type(inputs).__name__}"):
        MLP(2, [1])(inputs)


def test_a_number_for_a_list_of_one_is_refused_with_the_way_out(refuses):
    message = (
        "MLP: expected a list of 1 inputs, got float; give a row for each sample, as in [[1.0], [2.0]] or "
        "x.reshape(-1, 1)"
    )
    with refuses(TypeError, message):
        MLP(1, [1])(1.0)


def test_sizes_that_are_no_list_are_refused(refuses):
    with refuses(TypeError, "MLP: expected sizes to be a list, as in [16, 16, 1], got int"):
        MLP(2, 3)


def test_a_neuron_and_a_layer_have_micrograds_default_activation():
    assert (Neuron(2).activation, Layer(2, 2).neurons[0].activation) == ("relu", "relu")


def test_a_pickle_of_the_first_version_is_read():
    model = MLP(2, [3, 1], rng=random.Random(0))
    old = pickle.dumps(model, protocol=0).replace(b"nn.modules.perceptron", b"nn.neuron")
    assert pickle.loads(old).state() == model.state()


def test_micrograds_names_for_the_parts_of_a_neuron():
    neuron, layer = Neuron(2, nonlin=False), Layer(2, 3, nonlin=False)
    assert neuron.w is neuron.weights
    assert neuron.b is neuron.bias
    assert {neuron.activation, *(each.activation for each in layer.neurons)} == {"identity"}
    assert Neuron(2, nonlin=True).activation == "relu"


def test_a_batch_is_sent_to_predict(refuses):
    with refuses(
        TypeError,
        (
            "MLP: expected the inputs of one sample, got rows; for many, nn.predict(model, rows), "
            "or [model(row) for row in rows]"
        ),
    ):
        MLP(2, [1])([[1.0, 2.0], [3.0, 4.0]])
