"""What a type checker says of 44 expressions that people write. mypy and pyright check this file; pytest runs it.

A misspelt name is an error of the checker: the comment that takes it away is itself an error where it is not needed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import numpy.typing as npt
import pytest

import viz
from autodiff import Program, Value, dot, exp, grad, gradients, hypot, logsumexp, maximum, minimum, softmax, tanh
from autodiff import sum as total
from nn import MLP, SGD, History, Layer, Neuron, Sequential, fit, init, losses, predict

v, w = Value(1.0, "v"), Value(2.0, "w")
row = [0.5, -1.0]
rows = [row, [2.0, 0.0]]
model, layer, neuron = MLP(2, [3, 1], activation="tanh"), Layer(2, 3), Neuron(2)


def test_arithmetic() -> None:
    assert_type(v * 2, Value)
    assert_type(2 - v, Value)
    assert_type(v**w, Value)
    assert_type(abs(-v) / 2.0, Value)
    assert_type(v < 3.0, bool)
    assert_type(v.data, float)
    assert_type(float(v), float)
    assert_type(v.operands, tuple[Value, ...])
    assert_type(v.sin().tanh(), Value)
    assert_type(v._prev, set[Value])


def test_functions() -> None:
    assert_type(tanh(v), Value)
    assert_type(tanh(0.5), float)
    assert_type(exp(v + 1), Value)
    assert_type(total([v, w]), Value)
    assert_type(total([1.0, 2.0]), float)
    assert_type(total([v, 2.0]), Any)
    assert_type(dot([v, w], [w, v]), Value)
    assert_type(dot([v, w], row), Value)
    assert_type(dot(row, [v, w]), Value)
    assert_type(dot(row, row), float)
    assert_type(logsumexp([v, w]), Value)
    assert_type(softmax([v, w]), list[Value])
    assert_type(maximum(v, 0.0), Value)
    assert_type(minimum(0.0, v), Value)
    assert_type(maximum(1.0, 2.0, 3.0), float)
    assert_type(hypot(v, 1.0), Value)


def test_derivatives_and_programs() -> None:
    assert_type(grad(tanh), Callable[..., Any])
    assert_type(gradients(v * w, v), Any)
    program = Program(v * w, inputs=[v, w], backend="python")
    assert_type(program(rows), npt.NDArray[Any])
    assert_type(program.value_and_grad(rows)[1], npt.NDArray[Any])
    assert_type(Program(v * w, [v], [w], backend="python").mean_and_grad([[1.0]])[0], float)


def test_networks_and_losses() -> None:
    assert_type(neuron(row), Value)
    assert_type(layer(row), list[Value])
    assert_type(model(row).data, float)
    assert_type(Sequential(layer, "relu")(row)[0], Value)
    assert_type(losses.squared_error(model(row), 1.0), Value)
    assert_type(losses.hinge(neuron(row), 1), Value)
    assert_type(losses.squared_error(layer(row), [1.0, 2.0, 3.0]), Value)
    assert_type(losses.squared_error(1.0, 2.0), float)
    assert_type(losses.cross_entropy(layer(row), 2), Value)
    assert_type(predict(neuron, rows), list[float])
    assert_type(predict(layer, rows), list[list[float]])
    assert_type(predict(model, rows), list[Any])
    assert_type(fit(neuron, losses.hinge, rows, [1, -1], optimizer=SGD(0.1), epochs=1, backend="eager"), History)


def test_a_misspelt_name_is_an_error_of_the_checker_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        MLP(2, [1], activation="tahn")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="did you mean 'uniform'"):
        Neuron(2, init="unifrom")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected one of"):
        Sequential(layer, "rulu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected backend to be one of"):
        Program(v * w, [v, w], backend="lvm")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected backend to be one of"):
        predict(neuron, rows, backend="eagre")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="expected theme to be one of"):
        viz.draw(v * w, theme="drak")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected rankdir to be one of"):
        viz.draw(v * w, rankdir="RT")  # type: ignore[arg-type]


def test_the_names_that_a_checker_knows_are_those_of_the_tables() -> None:
    from typing import get_args

    import nn.activations

    assert get_args(nn.activations.ActivationName) == tuple(nn.ACTIVATIONS)
    assert get_args(init.InitializerName) == ("matched", *init.INITIALIZERS)
