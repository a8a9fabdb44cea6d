"""`fit` refuses arguments that do not fit, and says which ones would."""

import pytest

from autodiff import Value
from nn import MLP, SGD, Module, fit, losses, predict

BACKENDS = ["eager", "python", "llvm"]


ONE = [[1.0, 2.0]]
FLOAT = "pass an int or a float (use float(...) to convert)"
CALLED = "expected a model, a Module that can be called with a sample's inputs"
REFUSED = [
    # samples
    ({"targets": [1.0]}, ValueError, "expected as many targets as inputs, got 1 and 2"),
    ({"inputs": [], "targets": []}, ValueError, "expected at least one sample, got none"),
    ({"inputs": 1.0}, TypeError, "expected inputs to be a list of samples or an array, got float"),
    ({"inputs": [[], []]}, ValueError, "inputs[0]: expected at least one number, got none"),
    ({"inputs": [[1, 2], [3]]}, ValueError, "inputs[1]: expected a list of 2 as in inputs[0], got a list of 1"),
    (
        {"inputs": [1, [2]]},
        ValueError,
        "inputs[1]: expected one number without a list as in inputs[0], got a list of 1",
    ),
    ({"targets": ["a", "b"]}, TypeError, f"targets[0]: expected a real number, got str 'a'; {FLOAT}"),
    ({"validation": ONE}, TypeError, "expected validation to be (inputs, targets), got list"),
    (
        {"validation": ([["a", 1]], [1])},
        TypeError,
        f"validation inputs[0][0]: expected a real number, got str 'a'; {FLOAT}",
    ),
    ({"validation": (ONE, [])}, ValueError, "validation: expected as many targets as inputs, got 0 and 1"),
    # functions
    ({"model": Module()}, TypeError, f"{CALLED}, got Module"),
    ({"model": MLP}, TypeError, f"{CALLED}, got the class MLP"),
    ({"loss": "squared_error"}, TypeError, "expected loss to be a function, got str; write nn.losses.squared_error"),
    ({"loss": lambda y, t: 1.0}, TypeError, "expected loss to return a Value, got float; compute with Values"),
    ({"penalty": lambda model: 1}, TypeError, "expected penalty to return a Value, got int; compute with Values"),
    ({"callbacks": print}, TypeError, "expected callbacks to be a list of functions of the History"),
    ({"validation": (ONE, [1.0]), "metrics": {"a": 1}}, TypeError, "expected the metric 'a' to be a function, got int"),
    (
        {"validation": (ONE, [1.0]), "metrics": [print]},
        TypeError,
        'expected metrics to be a dict of functions by name, got list; write metrics={"accuracy": nn.metrics.accuracy}',
    ),
    (
        {"validation": (ONE, [1.0]), "metrics": {"loss": print}},
        ValueError,
        'expected another name for the metric "loss"; the loss is always there',
    ),
    (
        {"validation": (ONE, [1.0]), "validation_split": 0.5},
        ValueError,
        "expected validation or validation_split, got both",
    ),
    ({"validation_split": 1.0}, ValueError, "expected 0 < validation_split < 1, got 1.0"),
    ({"validation_split": True}, ValueError, "expected 0 < validation_split < 1, got True"),
    (
        {"validation_split": 0.5, "inputs": ONE, "targets": [1.0]},
        ValueError,
        "expected at least 2 samples for a validation_split, got 1",
    ),
    ({"sample_weight": [1.0]}, ValueError, "expected a sample_weight for each of 2 samples, got 1"),
    ({"sample_weight": [1.0, -1.0]}, ValueError, "sample_weight[1]: expected a finite number >= 0, got -1.0"),
    ({"sample_weight": [[1.0], [2.0]]}, ValueError, "sample_weight[0]: expected a finite number >= 0, got [1.0]"),
    ({"sample_weight": 2.0}, TypeError, "sample_weight: expected a list of samples, got float"),
    # options
    ({"optimizer": SGD}, TypeError, "expected an optimizer such as SGD(0.1), got the class SGD"),
    ({"optimizer": 0.1}, TypeError, "expected an optimizer such as SGD(0.1), got float"),
    (
        {"max_steps": None},
        ValueError,
        "expected epochs or max_steps, got neither; a bound for the gradient may never be met",
    ),
    ({"max_steps": 0}, ValueError, "expected max_steps to be a positive int, got 0"),
    ({"epochs": 1.5}, ValueError, "expected epochs to be a positive int, got 1.5"),
    ({"batch_size": 0}, ValueError, "expected batch_size to be a positive int, got 0"),
    ({"stop": -1.0}, ValueError, "expected stop >= 0, a bound for the norm of the gradient, got -1.0"),
    ({"rng": 0}, TypeError, "expected rng to be a random.Random, got int; use random.Random(seed)"),
]


@pytest.mark.parametrize(("change", "kind", "message"), REFUSED)
@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_what_does_not_fit_is_refused_with_what_would(backend, change, kind, message, refuses, attempt):
    with refuses(kind, f"fit: {message}"):
        attempt(backend=backend, **change)


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_a_model_or_a_loss_that_refuses_a_sample_says_so_itself(backend, refuses, attempt):
    with refuses(ValueError, "MLP: expected 2 inputs, got 1 (built with n_in=2)"):
        attempt(backend=backend, inputs=[[1.0], [2.0]])
    with refuses(ValueError, "MLP: expected 2 inputs, got 1 (built with n_in=2)"):
        attempt(backend=backend, validation=([[1.0]], [1.0]))
    message = "expected two numbers or two lists, got a list as target and one number as prediction"
    with refuses(ValueError, f"squared_error: {message}"):
        attempt(backend=backend, targets=[[1.0, 2.0], [0.0, 2.0]])


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_a_metric_that_returns_no_number_is_named(backend, refuses, attempt):
    with refuses(TypeError, "fit: expected the metric 'mine' to return a number, got NoneType"):
        attempt(backend=backend, validation=(ONE, [1.0]), metrics={"mine": lambda predictions, targets: None})


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_numbers_as_inputs_of_a_model_that_takes_rows_are_refused_with_the_way_out(backend, refuses, attempt):
    message = (
        "expected a list of 1 inputs, got float; give a row for each sample, as in [[1.0], [2.0]] or x.reshape(-1, 1)"
    )
    with refuses(TypeError, f"MLP: {message}"):
        attempt(backend=backend, model=MLP(1, [1]), inputs=[1.0, 2.0], targets=[1.0, 2.0])


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_model_that_needs_numbers_says_so_on_a_backend_that_gives_values(backend, numbers, attempt):
    class Table(Module):
        def __init__(self):
            self.rows = [Value(0.0), Value(1.0)]

        def __call__(self, x):
            return self.rows[int(x)]

    with pytest.raises(TypeError) as error:
        attempt(model=Table(), inputs=[0.0, 1.0], backend=backend)
    assert error.value.__notes__ == [
        'fit: this backend calls the model with Values; if it needs numbers, use backend="eager"'
    ]
    model = Table()
    history = fit(model, losses.squared_error, [0, 1, 1], [2.0, 1.0, 1.0], optimizer=SGD(3.0), max_steps=1)
    assert (history.backend, numbers(model)) == ("eager", [2.0, 1.0])
    assert predict(model, [0, 1] * 600) == [2.0, 1.0] * 600  # as many as are compiled
    with pytest.raises(TypeError) as error:
        predict(model, [0, 1], backend=backend)
    assert error.value.__notes__ == [
        'predict: this backend calls the model with Values; if it needs numbers, use backend="eager"'
    ]


@pytest.mark.parametrize("error", [AssertionError, NotImplementedError])
def test_a_model_that_refuses_values_in_its_own_way_is_trained_eagerly(error, Line):
    class Strict(Line):
        def __call__(self, x):
            if not isinstance(x, float):
                raise error("a number, please")
            return super().__call__(x)

    options = {"optimizer": SGD(0.1), "max_steps": 1}
    assert fit(Strict(), losses.squared_error, [1.0], [2.0], **options).backend == "eager"


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_an_error_that_eager_training_has_too_comes_without_a_note(backend, attempt):
    with pytest.raises(ValueError, match="expected 2 inputs, got 1") as error:
        attempt(inputs=[[1.0], [2.0]], backend=backend)
    assert not hasattr(error.value, "__notes__")
    with pytest.raises(ValueError, match="expected 2 inputs, got 1") as error:
        predict(MLP(2, [1]), [[1.0], [2.0]], backend=backend)
    assert not hasattr(error.value, "__notes__")


def test_a_model_without_parameters_cannot_learn(refuses, attempt):
    class Nothing(Module):
        def __call__(self, x):
            return Value(1.0)

    with refuses(ValueError, "fit: expected a model with parameters, got Nothing with none"):
        attempt(model=Nothing())


def test_there_is_no_other_backend(attempt):
    with pytest.raises(ValueError, match=r"^fit: expected backend to be one of eager, auto, .*, got 'gpu'$"):
        attempt(backend="gpu")
