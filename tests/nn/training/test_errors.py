"""What `fit` does not let pass: numbers that are not finite, and arguments that do not fit."""

import math
import random

import numpy as np
import pytest

from autodiff import Value, exp, log, sqrt
from nn import MLP, SGD, Module, TrainingError, fit, losses, metrics, predict

BACKENDS = ["eager", "python", "llvm"]


class Line(Module):
    """f(x) = m x + c, the article's first model; called with a number."""

    def __init__(self, m=1.0, c=0.0):
        self.m, self.c = Value(m), Value(c)

    def __call__(self, x):
        return self.m * x + self.c


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


# ----------------------------------------------------------------------------------------- numbers that are not finite


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loss_that_overflows_ends_it_and_the_last_good_parameters_stay(backend):
    line = Line()
    with pytest.raises(TrainingError) as error:
        fit(line, losses.squared_error, [1.0, 1e3], [0.0, 0.0], optimizer=SGD(1e3), max_steps=200, backend=backend)
    history = error.value.history
    assert all(map(math.isfinite, numbers(line) + history.losses))
    assert losses.squared_error(line(1e3), 0.0).data / 2 == pytest.approx(history.losses[-1], rel=1e-5)
    assert isinstance(error.value, ArithmeticError)
    assert f"at step {len(history.losses) + 1}, in sample 0, pow: expected " in str(error.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_message_names_the_step_the_sample_and_the_node(backend, refuses):
    message = (
        "fit: the loss became nan at step 1, in sample 1, the data of inputs became nan\n"
        "    it is a leaf: it was given\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    line = Line()
    with refuses(TrainingError, message):
        fit(line, losses.squared_error, [1.0, math.nan], [1.0, 1.0], optimizer=SGD(0.1), epochs=1, backend=backend)
    assert numbers(line) == [1.0, 0.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operation_outside_its_domain_is_named(backend, refuses):
    class Logarithm(Line):
        def __call__(self, x):
            return log(super().__call__(x))

    message = (
        "fit: the loss became nan at step 2, in sample 0, "
        "log: expected x > 0, got x = -1.0; check or clamp the operand first\n"
        "the model has the parameters of the last finite loss; "
        "try a lower learning rate or clip_norm, and look at the data"
    )
    model = Logarithm()
    with refuses(TrainingError, message):  # the derivative at m x + c = 1 is 1: m = 0, c = -1
        fit(model, lambda y, t: y - t, [1.0], [0.0], optimizer=SGD(1.0), max_steps=3, backend=backend)
    assert numbers(model) == [1.0, 0.0]


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_gradient_that_is_not_finite_is_found_by_the_parameters_it_leads_to(backend):
    class Root(Line):
        def __call__(self, x):
            return sqrt(super().__call__(x))

    model = Root(m=1.0, c=0.0)
    with pytest.raises(TrainingError, match=r"^fit: the gradient was not finite at step 1, in sample 0, the adj"):
        fit(model, lambda y, t: y - t, [0.0], [0.0], optimizer=SGD(1.0), max_steps=1, backend=backend)
    assert numbers(model) == [1.0, 0.0]


def test_numpy_does_not_warn_of_what_fit_reports():
    class Exponential(Line):
        def __call__(self, x):
            return exp(super().__call__(x))

    with pytest.raises(TrainingError, match=r"in sample 0, exp: expected x <= 709\.78"):  # warnings are errors here
        fit(Exponential(), lambda y, t: -y, [5.0], [0.0], optimizer=SGD(1.0), max_steps=100, backend="llvm")


# ------------------------------------------------------------------------------------------------ what is refused


def attempt(**changes):
    """A training that works but for what is changed."""
    options = {"model": MLP(2, [1], rng=random.Random(0)), "loss": losses.squared_error, "max_steps": 1}
    options |= {"inputs": [[1.0, 2.0], [3.0, 4.0]], "targets": [1.0, 0.0], "optimizer": SGD(0.1)}
    fit(**(options | changes))


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
    ({"loss": "squared_error"}, TypeError, "expected loss to be a function, got str"),
    ({"loss": lambda y, t: 1.0}, TypeError, "expected loss to return a Value, got float; compute with Values"),
    ({"penalty": lambda model: 1}, TypeError, "expected penalty to return a Value, got int; compute with Values"),
    ({"callbacks": print}, TypeError, "expected callbacks to be a list of functions of the History"),
    ({"validation": (ONE, [1.0]), "metrics": {"a": 1}}, TypeError, "expected the metric 'a' to be a function, got int"),
    (
        {"validation": (ONE, [1.0]), "metrics": [print]},
        TypeError,
        "expected metrics to be a dict of functions by name, got list",
    ),
    (
        {"validation": (ONE, [1.0]), "metrics": {"loss": print}},
        ValueError,
        'expected another name for the metric "loss"; the loss is always there',
    ),
    (
        {"metrics": {"accuracy": metrics.accuracy}},
        ValueError,
        "expected validation=(inputs, targets) with metrics, got none to compute them on",
    ),
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
def test_what_does_not_fit_is_refused_with_what_would(backend, change, kind, message, refuses):
    with refuses(kind, f"fit: {message}"):
        attempt(backend=backend, **change)


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_a_model_or_a_loss_that_refuses_a_sample_says_so_itself(backend, refuses):
    with refuses(ValueError, "MLP: expected 2 inputs, got 1 (built with n_in=2)"):
        attempt(backend=backend, inputs=[[1.0], [2.0]])
    with refuses(ValueError, "MLP: expected 2 inputs, got 1 (built with n_in=2)"):
        attempt(backend=backend, validation=([[1.0]], [1.0]))
    message = "expected two numbers or two lists, got a list as target and one number as prediction"
    with refuses(ValueError, f"squared_error: {message}"):
        attempt(backend=backend, targets=[[1.0, 2.0], [0.0, 2.0]])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", [losses.squared_error, lambda y, t: (y - t) ** 2])
def test_a_column_of_targets_for_a_single_output_is_refused_with_the_way_out(backend, loss, refuses):
    message = (
        "fit: expected targets of shape (n,) for a model with a single output, got (n, 1); "
        "use targets.ravel() of an array, or a number for each sample"
    )
    with refuses(ValueError, message):
        attempt(backend=backend, targets=[[1.0], [0.0]], loss=loss)


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
def test_labels_that_are_no_probabilities_are_refused_with_the_way_out(backend, refuses):
    message = (
        "cross_entropy: expected the index of a class, an int, or a list of 3 probabilities, got 1.0; "
        "for nn.fit, use nn.data.one_hot(labels, 3)"
    )
    with refuses(TypeError, message):
        attempt(backend=backend, model=MLP(2, [3]), loss=losses.cross_entropy, targets=[1, 2])


YES_OR_NO = "binary_cross_entropy: expected targets from 0 to 1, got {} for sample {}; {}".format
OTHER = "for n classes use cross_entropy with one_hot, for -1 and 1 hinge"
SIGN = (
    "hinge: expected targets -1 or 1, got {} for sample {}; for 0 and 1 use binary_cross_entropy, or make them 2*y - 1"
)
DISTRIBUTION = (
    "cross_entropy: expected probabilities >= 0 that sum to 1, got {} for sample {}; "
    "make them of labels by nn.data.one_hot(labels, n)"
)
OUTSIDE = [
    (losses.binary_cross_entropy, 1, [5, 0], YES_OR_NO("5.0", 0, OTHER)),
    (losses.binary_cross_entropy, 1, [1, -1], YES_OR_NO("-1.0", 1, OTHER)),
    (losses.binary_cross_entropy, 1, [1.0, math.nan], YES_OR_NO("nan", 1, OTHER)),
    (losses.binary_cross_entropy, 2, [[0, 1], [1, 2]], YES_OR_NO("[1.0, 2.0]", 1, OTHER)),
    (losses.hinge, 1, [1, 0], SIGN.format("0.0", 1)),
    (losses.cross_entropy, 2, [[0, 1], [1, 1]], DISTRIBUTION.format("[1.0, 1.0]", 1)),
    (losses.cross_entropy, 2, [[1.5, -0.5], [0, 1]], DISTRIBUTION.format("[1.5, -0.5]", 0)),
    (losses.cross_entropy, 6, [[1] * 6, [1] * 6], DISTRIBUTION.format("[1.0, 1.0, 1.0, 1.0, 1.0, ...]", 0)),
]


@pytest.mark.parametrize("backend", ["eager", "auto"])
@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize(("loss", "n_out", "targets", "message"), OUTSIDE)
def test_targets_outside_the_domain_of_the_loss_are_refused(backend, kind, loss, n_out, targets, message, refuses):
    model = MLP(2, [n_out])
    before = numbers(model)
    with refuses(ValueError, f"fit: {message}"):
        attempt(backend=backend, model=model, loss=loss, targets=kind(targets))
    assert numbers(model) == before


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_so_are_those_of_the_validation(backend, refuses):
    with refuses(ValueError, "fit: validation: " + YES_OR_NO("2.0", 1, OTHER)):
        validation = [[1.0, 2.0], [3.0, 4.0]], [0, 2]
        attempt(backend=backend, loss=losses.binary_cross_entropy, validation=validation)


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_targets_on_the_border_and_those_of_other_losses_are_not(backend):
    third = [0.33, 0.33, 0.33]
    attempt(backend=backend, model=MLP(2, [3]), loss=losses.cross_entropy, targets=[third, [0, 1, 0]])
    attempt(backend=backend, loss=losses.binary_cross_entropy, targets=[0.25, True])
    attempt(backend=backend, loss=losses.hinge, targets=[-1, 1])
    attempt(backend=backend, loss=lambda y, t: losses.binary_cross_entropy(y, t), targets=[5, 0])
    attempt(backend=backend, targets=[5, -3])


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_a_metric_that_returns_no_number_is_named(backend, refuses):
    with refuses(TypeError, "fit: expected the metric 'mine' to return a number, got NoneType"):
        attempt(backend=backend, validation=(ONE, [1.0]), metrics={"mine": lambda predictions, targets: None})


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_numbers_as_inputs_of_a_model_that_takes_rows_are_refused_with_the_way_out(backend, refuses):
    message = (
        "expected a list of 1 inputs, got float; give a row for each sample, as in [[1.0], [2.0]] or x.reshape(-1, 1)"
    )
    with refuses(TypeError, f"MLP: {message}"):
        attempt(backend=backend, model=MLP(1, [1]), inputs=[1.0, 2.0], targets=[1.0, 2.0])


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
@pytest.mark.parametrize("inputs", [[-1.0], [-1.0, 1.0], [1.0, -1.0]])
def test_a_sample_without_a_loss_is_named_wherever_it_is(backend, inputs, refuses):
    class Logarithm(Line):
        def __call__(self, x):
            return log(super().__call__(x))

    message = (
        f"fit: the loss became nan at step 1, in sample {inputs.index(-1.0)}, "
        "log: expected x > 0, got x = -1.0; check or clamp the operand first\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    model = Logarithm()
    with refuses(TrainingError, message):
        fit(model, lambda y, t: y - t, inputs, [0.0] * len(inputs), optimizer=SGD(1.0), max_steps=3, backend=backend)
    assert numbers(model) == [1.0, 0.0]


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
def test_a_penalty_without_a_value_is_named(backend, refuses):
    message = (
        "fit: the loss became nan at step 1, in the penalty, "
        "log: expected x > 0, got x = 0.0; check or clamp the operand first\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    options = {"optimizer": SGD(1.0), "max_steps": 3, "backend": backend, "penalty": lambda model: log(model.c)}
    with refuses(TrainingError, message):
        fit(Line(), losses.squared_error, [1.0], [1.0], **options)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_model_that_needs_numbers_says_so_on_a_backend_that_gives_values(backend):
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


def test_a_model_that_needs_numbers_gets_the_error_of_training_when_they_explode():
    class Table(Module):
        def __init__(self):
            self.rows = [Value(1.0), Value(2.0)]

        def __call__(self, x):
            return self.rows[int(x)]

    model = Table()
    with pytest.raises(TrainingError, match=r"^fit: the loss became nan at step 5, in sample 1, pow: ") as error:
        fit(model, lambda y, t: (y - t) ** 4, [0.0, 1.0], [1.5, 7.0], optimizer=SGD(10.0), max_steps=30)
    history = error.value.history
    assert history.backend == "eager"
    y, t = numbers(model), [1.5, 7.0]
    assert sum((y - t) ** 4 for y, t in zip(y, t, strict=True)) / 2 == history.losses[-1]  # of the last finite loss


@pytest.mark.parametrize("error", [AssertionError, NotImplementedError])
def test_a_model_that_refuses_values_in_its_own_way_is_trained_eagerly(error):
    class Strict(Line):
        def __call__(self, x):
            if not isinstance(x, float):
                raise error("a number, please")
            return super().__call__(x)

    options = {"optimizer": SGD(0.1), "max_steps": 1}
    assert fit(Strict(), losses.squared_error, [1.0], [2.0], **options).backend == "eager"


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_an_error_that_eager_training_has_too_comes_without_a_note(backend):
    with pytest.raises(ValueError, match="expected 2 inputs, got 1") as error:
        attempt(inputs=[[1.0], [2.0]], backend=backend)
    assert not hasattr(error.value, "__notes__")
    with pytest.raises(ValueError, match="expected 2 inputs, got 1") as error:
        predict(MLP(2, [1]), [[1.0], [2.0]], backend=backend)
    assert not hasattr(error.value, "__notes__")


def test_a_model_without_parameters_cannot_learn(refuses):
    class Nothing(Module):
        def __call__(self, x):
            return Value(1.0)

    with refuses(ValueError, "fit: expected a model with parameters, got Nothing with none"):
        attempt(model=Nothing())


def test_there_is_no_other_backend():
    with pytest.raises(ValueError, match=r"^fit: expected backend to be one of eager, auto, .*, got 'gpu'$"):
        attempt(backend="gpu")


@pytest.mark.parametrize("backend", ["auto", "eager"])
def test_the_sample_to_blame_is_found_where_the_loss_branches_on_the_target(backend):
    def cross(y, t):
        return -log(y) if t == 1 else -log(1.0 - y)

    class Constant(Module):
        def __init__(self):
            self.p = Value(0.5)

        def __call__(self, x):
            return self.p + 0.0 * x

    options = {"optimizer": SGD(1.0), "epochs": 50, "backend": backend}
    with pytest.raises(TrainingError, match=r"^fit: the loss became nan at step \d, in sample 2, log: expected x > 0"):
        fit(Constant(), cross, [1.0, 2.0, 3.0], [0.0, 0.0, 1.0], **options)
