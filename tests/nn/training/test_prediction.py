"""`predict` returns the numbers of the model itself, for many samples."""

import random

import numpy as np
import pytest

from nn import MLP, predict


@pytest.fixture
def Branching(Line):
    class Branching(Line):
        """|m x + c| by a branch."""

        def __call__(self, x):
            y = super().__call__(x)
            return y if y > 0.0 else -y

    return Branching


@pytest.mark.parametrize("backend", ["auto", "eager", "python", "llvm"])
@pytest.mark.parametrize("n_out", [1, 2])
def test_predict_gives_the_numbers_of_the_model(backend, n_out):
    model = MLP(3, [4, n_out], activation="tanh", rng=random.Random(0))
    rng = random.Random(1)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(3)] for _ in range(7)]
    expected = [model(x).data if n_out == 1 else [y.data for y in model(x)] for x in inputs]
    for given in (inputs, np.array(inputs)):
        assert np.allclose(predict(model, given, backend=backend), expected, rtol=1e-13, atol=0.0)


@pytest.mark.parametrize("backend", ["auto", "python", "llvm", "arrays"])
def test_a_function_is_a_model_for_many_samples_too(backend):
    neuron = MLP(1, [1], rng=random.Random(0)).layers[0].neurons[0]
    inputs = [[x / 1000.0] for x in range(1000)]
    expected = predict(neuron, inputs, backend="eager")
    assert predict(lambda x: 2.0 * neuron(x), inputs, backend=backend) == [2.0 * y for y in expected]


def test_predict_answers_for_no_sample_with_nothing():
    assert predict(MLP(3, [1]), []) == []


def test_predict_compiles_for_many_samples_unless_the_model_branches(Line, Branching):
    inputs = [x / 1000.0 - 0.5 for x in range(1000)]
    assert predict(Branching(), inputs) == [abs(x) for x in inputs]
    assert predict(Line(2.0, 1.0), inputs) == [2.0 * x + 1.0 for x in inputs]


def test_predict_refuses_to_replay_a_branch(refuses, Branching):
    message = (
        "predict: expected one graph for all samples, but `return y if y > 0.0 else -y` (line 18 of "
        'test_prediction.py) looks at a number, which no graph records; use backend="eager"'
    )
    with refuses(ValueError, message):
        predict(Branching(), [1.0, -2.0], backend="python")


def test_plain_numbers_in_an_answer_are_kept(Line):
    class Marked(Line):
        def __call__(self, x):
            return [super().__call__(x), 1.0]

    class Constant(Line):
        def __call__(self, x):
            return 2

    inputs = [x / 1000.0 for x in range(1000)]
    for backend in ["auto", "eager", "python", "llvm"]:
        assert predict(Marked(2.0, 1.0), inputs, backend=backend) == [[2.0 * x + 1.0, 1.0] for x in inputs]
        assert predict(Constant(), inputs, backend=backend) == [2.0] * 1000


def test_an_answer_that_is_no_number_is_refused(Line):
    class Worded(Line):
        def __call__(self, x):
            return ["yes"]

    for backend in ["auto", "eager", "python"]:
        with pytest.raises((TypeError, ValueError), match=r"yes|str"):
            predict(Worded(), [1.0] * 1000, backend=backend)


@pytest.mark.parametrize("backend", ["auto", "eager", "python", "llvm", "arrays"])
@pytest.mark.parametrize(
    ("result", "kind"), [(None, "NoneType"), ("3.0", "str"), ([0.5, None], "NoneType"), ({"y": 1.0}, "dict")]
)
def test_a_model_that_returns_no_number_is_refused(refuses, backend, result, kind):
    with refuses(TypeError, f"predict: expected the model to return a number, a Value, or a list of them, got {kind}"):
        predict(lambda x: result, [[1.0], [2.0]], backend=backend)
