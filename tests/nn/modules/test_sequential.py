"""Sequential and Linear: networks of parts, and weights as matrices."""

import math
import random

import numpy as np
import pytest

from autodiff import sigmoid
from nn import MLP, Dropout, Layer, Linear, Sequential, load, save


def test_linear_layers_with_activations_between_are_an_mlp():
    rng = random.Random(0)
    parts = Sequential(Linear(2, 3, init="he", rng=rng), "relu", Linear(3, 2, rng=rng), sigmoid)
    whole = MLP(2, [3, 2], output_activation="sigmoid", init="he")
    for part, layer in zip((parts.layers[0], parts.layers[2]), whole.layers, strict=True):
        layer.set_matrix(*part.matrix())
    x = [0.3, -2.0]
    assert [out.data for out in parts(x)] == [out.data for out in whole(x)]


def test_one_output_is_a_value_also_between_two_parts():
    model = Sequential(MLP(2, [1]), "tanh", Linear(1, 1))
    inner = math.tanh(model.layers[0]([1.0, 2.0]).data)
    (out,) = model.layers[2]([inner])
    assert model([1.0, 2.0]).data == out.data


def test_names_of_parameters_count_the_layers_and_a_list_of_layers_will_do(tmp_path):
    model = Sequential([Linear(1, 1), "tanh", Linear(1, 2)])
    names = [name for name, _ in model.named_parameters()]
    assert names[0] == "layers.0.neurons.0.weights.0"
    assert names[-1] == "layers.2.neurons.1.bias"
    assert len(names) == 6
    save(tmp_path / "m.json", model)
    other = Sequential(Linear(1, 1), "tanh", Linear(1, 2))
    load(tmp_path / "m.json", other)
    assert other.state() == model.state()


def test_its_layers_are_had_by_index_slice_and_loop():
    first, last = Linear(2, 3), Linear(3, 1)
    model = Sequential(first, "tanh", last)
    assert (model[0], model[1], model[-1], len(model), [*model]) == (first, "tanh", last, 3, [first, "tanh", last])
    assert type(model[:2]) is Sequential
    assert [*model[:2]] == [first, "tanh"]
    hidden = model[:2]([0.5, -1.0])
    assert [model([0.5, -1.0]).data] == [out.data for out in last(hidden)]
    with pytest.raises(IndexError):
        model[3]


def test_the_summary_has_a_line_for_each_part():
    assert Sequential(Linear(2, 3), "tanh", Dropout(0.5, rng=random.Random(0)), Linear(3, 1)).summary() == (
        "Sequential(Linear(2, 3), 'tanh', Dropout(0.5), Linear(3, 1))\n"
        "  layers.0    Linear(2, 3)   9\n"
        "  layers.2    Dropout(0.5)   0\n"
        "  layers.3    Linear(3, 1)   4\n"
        "  parameters                13"
    )


def test_what_is_no_layer_is_refused(refuses):
    with refuses(ValueError, "Sequential: expected at least one layer, got none"):
        Sequential()
    with refuses(TypeError, "Sequential: expected modules and functions, got the class Dropout"):
        Sequential(Dropout)
    with refuses(TypeError, "Sequential: expected modules and functions, got int"):
        Sequential(16)
    names = "gelu, identity, leaky_relu, relu, sigmoid, sin, softplus, tanh"
    with refuses(ValueError, f"Sequential: expected one of {names}, or a function, got 'Tanh'; did you mean 'tanh'?"):
        Sequential(Linear(1, 1), "Tanh")


def test_a_matrix_has_a_row_for_each_input():
    layer = Layer(2, 3, activation="identity", rng=random.Random(0))
    W, b = layer.matrix()
    assert (W.shape, b.shape, W.dtype) == ((2, 3), (3,), np.float64)
    assert W[1, 2] == layer.neurons[2].weights[1].data
    x = [0.5, -3.0]
    assert [z.data for z in layer(x)] == pytest.approx((np.array(x) @ W + b).tolist(), rel=1e-15)


def test_a_matrix_is_a_copy_and_is_set_as_a_whole(refuses):
    layer = Layer(2, 3)
    W, b = layer.matrix()
    before = W.copy()
    W += 1.0
    assert (layer.matrix()[0] == before).all()
    layer.set_matrix(W, [1, 2, 3])
    assert (layer.matrix()[0] == W).all()
    assert layer.matrix()[1].tolist() == [1.0, 2.0, 3.0]
    with refuses(ValueError, "Layer.set_matrix: expected W of shape (2, 3), got (3, 2); use W.T"):
        layer.set_matrix(W.T, b)
    with refuses(ValueError, "Layer.set_matrix: expected b of shape (3,), got (2,)"):
        layer.set_matrix(W, [1.0, 2.0])
    with refuses(ValueError, "Layer.set_matrix: expected finite numbers in b, got nan or inf"):
        layer.set_matrix(W + 1.0, [1.0, math.nan, 3.0])
    assert (layer.matrix()[0] == W).all()
