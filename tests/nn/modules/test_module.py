"""The parameters of a module: where they may be, in which order they come, and their names."""

import copy
import pickle
import random
from typing import Generic, TypeVar

import numpy as np
import pytest

from autodiff import Value
from nn import MLP, Layer, Module, Neuron


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_parameters_go_neuron_by_neuron_weights_then_bias():
    assert names(MLP(2, [2, 1])) == [
        *("layers.0.neurons.0.weights.0", "layers.0.neurons.0.weights.1", "layers.0.neurons.0.bias"),
        *("layers.0.neurons.1.weights.0", "layers.0.neurons.1.weights.1", "layers.0.neurons.1.bias"),
        *("layers.1.neurons.0.weights.0", "layers.1.neurons.0.weights.1", "layers.1.neurons.0.bias"),
    ]


def test_a_name_is_the_path_to_the_parameter():
    model = MLP(2, [3, 1])
    assert dict(model.named_parameters())["layers.0.neurons.2.weights.1"] is model.layers[0].neurons[2].weights[1]


@pytest.mark.parametrize(("module", "count"), [(Neuron(3), 4), (Layer(3, 2), 8), (MLP(2, [16, 16, 1]), 337)])
def test_parameters_are_those_named(module, count):
    assert module.parameters() == [parameter for _, parameter in module.named_parameters()]
    assert len(module.parameters()) == count


class Everything(Module):
    def __init__(self):
        self.a = Value(1.0)
        self.b = {"c": Value(2.0), "d": (Value(3.0), [Value(4.0)])}
        self.inner = Neuron(1)
        self.again = self.a
        self.other = ["text", 5.0, None, len]


def test_values_are_found_in_attributes_modules_lists_tuples_and_dicts():
    assert names(Everything()) == ["a", "b.c", "b.d.0", "b.d.1.0", "inner.weights.0", "inner.bias"]


def test_values_are_found_in_object_arrays_of_numpy():
    model = Module()
    model.w = np.array([Value(1.0), Value(2.0)])
    model.grid = np.array([[Value(3.0)], [Value(4.0)]])
    model.alone = np.array(Value(5.0))
    model.layers = np.array([Neuron(1), None])
    model.numbers, model.words = np.ones(3), np.array(["a", None])
    assert names(model) == ["w.0", "w.1", "grid.0.0", "grid.1.0", "alone.0", "layers.0.weights.0", "layers.0.bias"]
    assert model.parameters() == [parameter for _, parameter in model.named_parameters()]


def test_an_array_that_names_its_kinds_in_another_way_is_no_container():
    class Tensor:
        dtype = "float32"

    model = Module()
    model.tensor = Tensor()
    assert model.parameters() == []


@pytest.mark.parametrize("ask", [Module.parameters, Module.named_parameters])
@pytest.mark.parametrize("held", [{Value(1.0)}, frozenset([Value(1.0)]), [{Neuron(1)}]])
def test_parameters_in_a_set_are_refused(ask, held, refuses):
    message = (
        "parameters: expected them in attributes, lists, tuples, dicts or arrays, got a set, "
        "which has no order; use a list"
    )
    model = Module()
    model.w, model.held = Value(1.0), held
    with refuses(TypeError, message):
        ask(model)


def test_a_set_may_hold_anything_else():
    model = Module()
    model.w, model.tags = Value(1.0), {"a", 1}
    assert names(model) == ["w"]


def test_a_module_without_parameters_has_none():
    assert Module().named_parameters() == Module().parameters() == []


def test_zero_grad_zeroes_every_parameter():
    model = MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    model.layers[0].neurons[0].bias.grad = 1.0
    model.zero_grad()
    assert {parameter.grad for parameter in model.parameters()} == {0.0}


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copied_model_predicts_the_same_and_trains_alone(duplicate):
    model = MLP(2, [3, 1], rng=random.Random(0))
    twin = duplicate(model)
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    twin([1.0, 2.0]).backward()
    assert any(parameter.grad for parameter in twin.parameters())
    assert not any(parameter.grad for parameter in model.parameters())


def test_a_computed_value_in_a_module_is_refused_because_it_would_not_be_trained(refuses):
    class Slope(Module):
        def __init__(self):
            self.layers = [{"w": Value(2.0, "w")}]

    model = Slope()
    w = model.layers[0]["w"]
    model.layers[0]["w"] = w - 0.1 * w.grad
    message = (
        "parameters: expected leaf Values, got layers.0.w = Value(data=2.0, grad=0.0), the result of <primitive sub>; "
        "change a parameter in place, as in `w.data -= rate * w.grad`, or store Value(layers.0.w.data)"
    )
    for search in (model.parameters, model.named_parameters, model.zero_grad, model.state):
        with refuses(ValueError, message):
            search()
    model.layers[0]["w"] = Value(model.layers[0]["w"].data)
    assert [parameter.data for parameter in model.parameters()] == [2.0]


def test_a_module_may_know_its_owner():
    outer, inner = Module(), Module()
    outer.child, inner.owner, inner.w = inner, outer, Value(1.0)
    assert [name for name, _ in outer.named_parameters()] == ["child.w"]


def test_a_module_may_be_a_list_as_well():
    class Stack(list, Module):
        def __init__(self, *parts):
            super().__init__(parts)
            self.bias = Value(0.0)

    assert names(Stack(Neuron(1), Value(1.0))) == ["bias", "0.weights.0", "0.bias", "1"]


def test_modules_held_in_many_places_are_looked_into_once():
    parts = []
    for _ in range(60):  # 2**60 paths
        part = Module()
        part.parts, part.w = [*parts], Value(1.0)
        parts.append(part)
    assert len(parts[-1].parameters()) == len(parts[-1].named_parameters()) == 60


def test_slots_are_refused_since_nothing_would_be_found_there(refuses):
    with refuses(TypeError, "Slotted: expected a Module without __slots__, where parameters would not be found"):

        class Slotted(Module):
            __slots__ = ("w",)


def test_a_module_may_be_generic_and_take_options():
    kind = TypeVar("kind")
    seen = []

    class Mixin:
        def __init_subclass__(cls, tag="", **options):
            super().__init_subclass__(**options)
            seen.append(tag)

    class Box(Module, Mixin, Generic[kind], tag="x"):
        pass

    assert Box[int]
    assert seen == ["x"]


def test_a_chain_without_end_is_refused():
    first = module = Module()
    for _ in range(100_000):
        module.next = module = Module()
    with pytest.raises(
        RecursionError, match=r"^parameters: expected containers at most 500 deep, got more at a module$"
    ):
        first.parameters()
    with pytest.raises(RecursionError, match=r"got more at next\.next\."):
        first.named_parameters()


def test_a_module_is_shown_without_an_address(Line):
    assert repr(Line()) == "<Line>"
